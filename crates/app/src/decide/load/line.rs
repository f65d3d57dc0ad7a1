//! A line of questions: each is due at a moment of its own, and is answered when those before it are taken up.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Of twenty questions one may be late.
const MAY_BE_LATE: usize = 20;

/// What time it is in seconds, and a way to let it become later.
#[derive(Clone, Copy)]
pub(super) struct Clock<'a> {
    pub(super) now: &'a (dyn Fn() -> f64 + Sync),
    /// Returns once it is that late.
    pub(super) wait: &'a (dyn Fn(f64) + Sync),
}

/// What became of a line of questions.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Served {
    /// Milliseconds from when each answered question was due until its answer, in the order in which they were due.
    pub(super) ms: Vec<f64>,
    /// Seconds spent on those answers.
    pub(super) busy_s: f64,
}

/// An answer that was given: to which question, after how many milliseconds, and the seconds it took by itself.
type Given = (usize, f64, f64);

/// Answers the questions that are `due` so many seconds from now, `workers` at a time and first come first served.
///
/// Once more are late than may be, the rest is not answered: the rate is known to be too high.
pub(super) fn serve(
    clock: Clock,
    due: &[f64],
    workers: usize,
    limit_ms: f64,
    answer: &(dyn Fn(usize) -> bool + Sync),
) -> Served {
    let (next, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = (clock.now)();
    let work = || -> Vec<Given> {
        let mut given = Vec::new();
        while late.load(Ordering::Relaxed) <= due.len() / MAY_BE_LATE {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(due) = due.get(at) else { break };
            (clock.wait)(began + due);
            let from = (clock.now)();
            let answered = answer(at);
            let to = (clock.now)();
            let ms = 1e3 * (to - began - due);
            if answered {
                given.push((at, ms, to - from));
            }
            if !answered || ms > limit_ms {
                late.fetch_add(1, Ordering::Relaxed);
            }
        }
        given
    };
    let mut all: Vec<Given> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        // What a thread that panicked answered counts as unanswered.
        all.extend(others.into_iter().flat_map(|other| other.join().unwrap_or_default()));
        all
    });
    all.sort_unstable_by_key(|given| given.0);
    Served { ms: all.iter().map(|given| given.1).collect(), busy_s: all.iter().map(|given| given.2).sum() }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// One worker whose every answer takes `takes` seconds, on a clock of its own.
    fn served(due: &[f64], takes: f64, limit_ms: f64, fails: impl Fn(usize) -> bool + Sync) -> Served {
        let time = Mutex::new(100.0_f64);
        let clock = Clock {
            now: &|| *time.lock().unwrap(),
            wait: &|until| {
                let mut time = time.lock().unwrap();
                *time = time.max(until);
            },
        };
        serve(clock, due, 1, limit_ms, &|at| {
            *time.lock().unwrap() += takes;
            !fails(at)
        })
    }

    fn near(found: &[f64], expected: &[f64]) {
        let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(found.len() == expected.len() && close, "{found:?}");
    }

    #[test]
    fn waiting_in_line_counts_from_when_a_question_was_due() {
        // Due at 0, 0.1 and 0.2 s, half a second each: the second is begun at 0.5 s and the third at 1 s.
        let served = served(&[0.0, 0.1, 0.2, 9.0], 0.5, 1e6, |_| false);
        near(&served.ms, &[500.0, 900.0, 1300.0, 500.0]);
        near(&[served.busy_s], &[2.0]);
    }

    #[test]
    fn a_line_that_is_late_is_given_up() {
        let due: Vec<f64> = (0..40).map(|at| 0.1 * f64::from(at)).collect();
        let served = served(&due, 0.5, 1000.0, |_| false);
        // Two of forty may be late; waiting grows by 0.4 s a question, from 0.5 s: the third is over a second, and two more are.
        near(&served.ms, &[500.0, 900.0, 1300.0, 1700.0, 2100.0]);
    }

    #[test]
    fn what_fails_is_no_answer_and_counts_as_late() {
        let due: Vec<f64> = (0..40).map(f64::from).collect();
        let one = served(&due, 0.1, 1000.0, |at| at == 7);
        assert_eq!(one.ms.len(), 39);
        assert_eq!(served(&due, 0.1, 1000.0, |_| true).ms.len(), 0);
    }

    #[test]
    fn several_workers_answer_every_question_once() {
        let began = std::time::Instant::now();
        let clock = Clock { now: &|| began.elapsed().as_secs_f64(), wait: &|_| () };
        let asked = Mutex::new(vec![0; 200]);
        let served = serve(clock, &[0.0; 200], 4, f64::INFINITY, &|at| {
            asked.lock().unwrap()[at] += 1;
            true
        });
        assert_eq!((served.ms.len(), asked.into_inner().unwrap()), (200, vec![1; 200]));
    }
}
