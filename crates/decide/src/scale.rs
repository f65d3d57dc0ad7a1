//! What was measured of growth and of load: arms asked among less and among more, and by many at once.

use serde::{Deserialize, Serialize};

use crate::Basis;

/// How arms bear growth and load; times are kept here and never taken again when a decision is replayed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// What there was less and more of, such as `passages`.
    pub unit: String,
    /// How there was less and more, in words.
    pub how: String,
    /// One an arm and size.
    pub sizes: Vec<SizeRun>,
    /// How questions were made to arrive, in words.
    pub load_how: String,
    /// One a rate that was tried, in the order they were tried.
    pub loads: Vec<LoadTrial>,
}

/// One arm asked some of the questions while there was so much to look through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeRun {
    /// The arm.
    pub arm: String,
    /// How much there was, in the unit.
    pub size: usize,
    /// How much of it was made up.
    pub made_up: usize,
    /// Which questions were asked, as places among those of the experiment; the same at every size of an arm.
    pub questions: Vec<usize>,
    /// The quality of each answer, in `[0, 1]`; empty where only time was taken.
    pub quality: Vec<f64>,
    /// Milliseconds to each answer.
    pub ms: Vec<f64>,
}

/// One arm while questions arrive at random moments (a Poisson process), whether or not it is done with those before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadTrial {
    /// The arm.
    pub arm: String,
    /// Questions that arrive in a second, on average.
    pub per_second: f64,
    /// Questions it answers at a time, at most.
    pub workers: usize,
    /// Milliseconds from when each question was due to arrive until its answer, waiting in line included.
    pub ms: Vec<f64>,
    /// Seconds spent on those answers, waiting in line left out.
    pub busy_s: f64,
    /// Questions without an answer: it failed, or was given up once too many were late.
    pub unanswered: usize,
}

impl LoadTrial {
    /// The least share of `workers` that this rate keeps busy; from 1 on the line grows without end.
    pub fn busy(&self) -> f64 {
        let each = self.busy_s / self.ms.len() as f64;
        if each.is_finite() { self.per_second * each / self.workers.max(1) as f64 } else { f64::INFINITY }
    }

    /// Milliseconds within which 95 of 100 questions were answered; `None` when more than five of 100 were not.
    pub fn p95(&self) -> Option<f64> {
        let mut sorted = self.ms.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let all = sorted.len() + self.unanswered;
        all.checked_sub(1).and_then(|last| sorted.get(last - all / 20).copied())
    }

    /// Whether 95 of 100 questions were answered within `limit_ms` and the line does not grow without end.
    pub fn keeps_up(&self, limit_ms: f64) -> bool {
        self.busy() < 1.0 && self.p95().is_some_and(|p95| p95 <= limit_ms)
    }
}

/// The waiting time that load is judged by: a must-have, or what counts as worthless where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaitingLimit {
    /// Milliseconds.
    pub ms: f64,
    /// Whether it was given.
    pub basis: Basis,
}

impl Scale {
    /// What does not fit together, for an experiment of so many questions.
    pub(crate) fn misfit(&self, questions: usize) -> Option<String> {
        let size = |run: &&SizeRun| {
            let n = run.questions.len();
            let numbers = run.quality.iter().chain(&run.ms).all(|number| number.is_finite());
            let whole = run.ms.len() == n && (run.quality.is_empty() || run.quality.len() == n);
            let known = run.questions.iter().all(|&at| at < questions);
            !(n > 0 && run.size > 0 && numbers && whole && known)
        };
        if let Some(run) = self.sizes.iter().find(size) {
            return Some(format!("{} at {} {}: numbers are missing", run.arm, run.size, self.unit));
        }
        let load = |trial: &&LoadTrial| {
            let numbers = trial.ms.iter().chain([&trial.busy_s, &trial.per_second]);
            !(numbers.into_iter().all(|number| number.is_finite()) && trial.per_second > 0.0)
        };
        let trial = self.loads.iter().find(load)?;
        Some(format!("{} at {} questions a second: numbers are missing", trial.arm, trial.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(per_second: f64, ms: &[f64], busy_s: f64, unanswered: usize) -> LoadTrial {
        LoadTrial { arm: "retrieval".into(), per_second, workers: 2, ms: ms.to_vec(), busy_s, unanswered }
    }

    #[test]
    fn of_twenty_questions_one_may_be_late_and_two_may_not() {
        let times: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(trial(1.0, &times, 0.1, 0).p95(), Some(19.0));
        assert_eq!(trial(1.0, &times[..19], 0.1, 1).p95(), Some(19.0));
        assert_eq!(trial(1.0, &times[..18], 0.1, 2).p95(), None);
        assert_eq!(trial(1.0, &[], 0.0, 0).p95(), None);
    }

    #[test]
    fn a_rate_that_two_workers_cannot_work_off_does_not_keep_up_however_short_the_line_is() {
        // 20 answers of 50 ms each: two workers do 40 a second.
        let times = [60.0; 20];
        assert!(trial(30.0, &times, 1.0, 0).keeps_up(100.0));
        assert!(!trial(41.0, &times, 1.0, 0).keeps_up(100.0));
        assert!(!trial(30.0, &times, 1.0, 0).keeps_up(50.0));
        assert!(!trial(30.0, &[], 0.0, 20).keeps_up(100.0));
    }
}
