//! Load: questions arrive at random moments, whether or not those before are answered; the rate is halved, doubled and closed in
//! on until it is known how many a second an arm bears.

mod line;

use std::time::{Duration, Instant};

use engraft_decide::{Arm, LoadTrial, Role, Row, Scale};
use engraft_eval::SplitMix;
use serde::{Deserialize, Serialize};

use self::line::{Clock, serve};
use super::asking::Asking;
use super::task::Task;
use crate::Error;

/// Rates tried for an arm, at most.
const RATES: usize = 8;
/// Rates this close are not told apart.
const CLOSE: f64 = 1.15;
/// Seconds for which questions arrive at a rate, and how many at least and at most.
const SECONDS: f64 = 1.0;
const QUESTIONS: (f64, f64) = (40.0, 400.0);
/// Fewer say nothing of 95 of 100.
const LEAST: usize = 20;
/// The first rate takes this share of what the arm can work, by what its answers took one after another.
const FIRST: f64 = 0.7;

/// An arm that is put under load.
#[derive(Clone, Copy)]
pub(super) struct Pressed<'a> {
    pub(super) arm: &'a str,
    /// Questions answered at a time.
    pub(super) workers: usize,
    /// Milliseconds within which 95 of 100 have to be answered.
    pub(super) limit_ms: f64,
    /// Milliseconds of an answer on average, without load.
    pub(super) mean_ms: f64,
    /// Seconds for all rates together.
    pub(super) budget_s: f64,
    pub(super) seed: u64,
    /// Questions there are to ask.
    pub(super) questions: usize,
}

impl<'a> Pressed<'a> {
    /// The arm under the terms of the task; `None`: it cannot be chosen, was not measured, or nothing is to be put under load.
    pub(super) fn of(arm: &'a Arm, task: &Task, workers: usize) -> Option<Pressed<'a>> {
        let run = arm.runs.first().filter(|_| arm.role == Role::Candidate)?;
        Pressed::within((&arm.name, &run.rows), task, workers, task.scale.load_s)
    }

    /// An arm that asks a language model, with its rows; `None`: no request is to be paid for under load.
    pub(super) fn paid(arm: (&'a str, &[Row]), task: &Task, workers: usize) -> Option<Pressed<'a>> {
        Pressed::within(arm, task, workers, task.scale.paid_load_s)
    }

    fn within(
        (arm, rows): (&'a str, &[Row]),
        task: &Task,
        workers: usize,
        budget_s: f64,
    ) -> Option<Pressed<'a>> {
        (budget_s > 0.0 && !rows.is_empty()).then(|| Pressed {
            arm,
            workers,
            limit_ms: task.terms().waiting_limit().ms,
            mean_ms: rows.iter().map(Row::ms).sum::<f64>() / rows.len() as f64,
            budget_s,
            seed: task.seed,
            questions: rows.len(),
        })
    }
}

/// The most questions that one arm is asked under load.
pub(super) fn most() -> usize {
    RATES * QUESTIONS.1 as usize
}

/// A rate that was tried, with the seconds that took.
#[derive(Serialize, Deserialize)]
struct Tried {
    trial: LoadTrial,
    seconds: f64,
}

/// Every rate that was tried on an arm; `answer` answers the question of that number and says whether it could.
///
/// Rates that are kept from an interrupted run are not tried again. The first is tried with a few questions whatever the budget,
/// and no other that it does not allow for.
pub(super) fn press(
    asking: &Asking,
    pressed: &Pressed,
    answer: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Vec<LoadTrial>, Error> {
    let began = Instant::now();
    let clock = Clock {
        now: &|| began.elapsed().as_secs_f64(),
        wait: &|until| {
            let left = until - began.elapsed().as_secs_f64();
            std::thread::sleep(Duration::from_secs_f64(left.max(0.0)));
        },
    };
    let name = format!("load-{}-{}-{}", pressed.arm, pressed.workers, pressed.limit_ms);
    let (mut tried, mut more) = asking.kept.results::<Tried>(&name, asking.fingerprint)?;
    asking.context.progress.stage(&format!("load {}", pressed.arm), None);
    while let Some((per_second, n)) = next(pressed, &tried) {
        asking.go_on()?;
        let mut random = SplitMix::new(pressed.seed ^ 0x6c6f_6164, tried.len() as u64);
        let due = arrivals(per_second, n, &mut random);
        let asked: Vec<usize> = due.iter().map(|_| random.below(pressed.questions)).collect();
        let from = (clock.now)();
        let served = serve(clock, &due, pressed.workers, pressed.limit_ms, &|at| answer(asked[at]));
        let seconds = (clock.now)() - from;
        let trial = LoadTrial {
            arm: pressed.arm.into(),
            per_second,
            workers: pressed.workers,
            unanswered: n - served.ms.len(),
            ms: served.ms,
            busy_s: served.busy_s,
        };
        let one = Tried { trial, seconds };
        more.keep(&one)?;
        tried.push(one);
    }
    Ok(tried.into_iter().map(|tried| tried.trial).collect())
}

/// The next rate and how many questions arrive at it; `None` when it is known closely enough, or the budget is spent.
fn next(pressed: &Pressed, tried: &[Tried]) -> Option<(f64, usize)> {
    let first = FIRST * 1e3 * pressed.workers as f64 / pressed.mean_ms.max(1e-3);
    let rates: Vec<(f64, bool)> =
        tried.iter().map(|one| (one.trial.per_second, one.trial.keeps_up(pressed.limit_ms))).collect();
    let rate = next_rate(&rates, first)?;
    let left = pressed.budget_s - tried.iter().map(|one| one.seconds).sum::<f64>();
    let n = (SECONDS * rate).clamp(QUESTIONS.0, QUESTIONS.1).min(rate * left) as usize;
    let n = if tried.is_empty() { n.max(LEAST) } else { n };
    (n >= LEAST).then_some((rate, n))
}

/// The rate to try after those that were tried, each with whether it kept up.
fn next_rate(tried: &[(f64, bool)], first: f64) -> Option<f64> {
    if tried.is_empty() {
        return Some(first);
    }
    if tried.len() >= RATES {
        return None;
    }
    let too_many = tried.iter().filter(|one| !one.1).map(|one| one.0).fold(f64::INFINITY, f64::min);
    let bore = tried.iter().filter(|one| one.1 && one.0 < too_many).map(|one| one.0).fold(0.0, f64::max);
    match (bore > 0.0, too_many.is_finite()) {
        (true, true) => (too_many / bore > CLOSE).then(|| (too_many * bore).sqrt()),
        (true, false) => Some(2.0 * bore),
        (false, _) => Some(too_many / 2.0),
    }
}

/// When `n` questions arrive, in seconds from now, at random with so many a second on average.
fn arrivals(per_second: f64, n: usize, random: &mut SplitMix) -> Vec<f64> {
    let mut at = 0.0;
    let mut next = || {
        let unit = ((random.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
        at -= unit.ln() / per_second;
        at
    };
    (0..n).map(|_| next()).collect()
}

/// How load was made, for the report.
pub(super) fn how(workers: usize) -> String {
    let at_a_time = match workers {
        1 => "One question is".to_string(),
        n => format!("{n} questions are"),
    };
    format!(
        "Questions arrive at random moments (a Poisson process), whether or not those before are answered, and wait in line; each is \
         timed from when it was due to arrive. {at_a_time} answered at a time, first come first served, on the machine that \
         measured everything else. They are those of the evaluation set, drawn again and again. A rate that takes more than the \
         arm can work does not keep up, however short the line still is"
    )
}

/// What load did to arms that ask a language model; `None` where none was put under any.
pub(super) fn paid(loads: Vec<LoadTrial>, workers: usize) -> Option<Scale> {
    let load_how = format!(
        "{}. The language model answers behind its endpoint: what others ask of it meanwhile counts too",
        how(workers)
    );
    (!loads.is_empty()).then(|| Scale { load_how, loads, ..Scale::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rates tried on an arm that bears `most` a second.
    fn tried(most: f64, first: f64) -> Vec<(f64, bool)> {
        let mut tried = Vec::new();
        while let Some(rate) = next_rate(&tried, first) {
            tried.push((rate, rate <= most));
        }
        tried
    }

    #[test]
    fn the_rate_closes_in_on_what_the_arm_bears_from_either_side() {
        for (most, first) in [(37.0, 30.0), (37.0, 5.0), (37.0, 300.0)] {
            let tried = tried(most, first);
            let bore = tried.iter().filter(|one| one.1).map(|one| one.0).fold(0.0, f64::max);
            let too_many = tried.iter().filter(|one| !one.1).map(|one| one.0).fold(f64::INFINITY, f64::min);
            assert!(bore <= most && most < too_many && too_many / bore <= CLOSE, "{first}: {tried:?}");
            assert!(tried.len() <= RATES);
        }
        assert_eq!(tried(f64::INFINITY, 1.0).last(), Some(&(128.0, true)));
    }

    #[test]
    fn a_budget_that_is_spent_ends_it_and_a_short_one_asks_less_but_not_nothing() {
        let pressed = |budget_s: f64| Pressed {
            arm: "retrieval",
            workers: 1,
            limit_ms: 1000.0,
            mean_ms: 70.0,
            budget_s,
            seed: 0,
            questions: 5,
        };
        let tried = |seconds: f64| {
            let ms = vec![70.0; 40];
            let arm = "retrieval".into();
            let trial = LoadTrial { arm, per_second: 10.0, workers: 1, ms, busy_s: 2.8, unanswered: 0 };
            [Tried { trial, seconds }]
        };
        assert_eq!(next(&pressed(10.0), &[]), Some((10.0, 40)));
        assert_eq!(next(&pressed(3.0), &[]), Some((10.0, 30)));
        assert_eq!(next(&pressed(1.0), &[]), Some((10.0, 20)));
        assert_eq!(next(&pressed(10.0), &tried(4.0)), Some((20.0, 40)));
        assert_eq!(next(&pressed(10.0), &tried(9.5)), None);
    }

    #[test]
    fn arrivals_come_at_the_rate_asked_for_and_not_evenly() {
        let due = arrivals(50.0, 5000, &mut SplitMix::new(1, 1));
        assert!((due[4999] - 100.0).abs() < 5.0, "{}", due[4999]);
        let gaps: Vec<f64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let short = gaps.iter().filter(|gap| **gap < 0.02).count() as f64 / gaps.len() as f64;
        // Of exponential gaps 63 % are shorter than their mean.
        assert!((short - 0.632).abs() < 0.03, "{short}");
        assert!(gaps.iter().all(|gap| *gap > 0.0));
    }
}
