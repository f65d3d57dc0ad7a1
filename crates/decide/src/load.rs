//! How many questions a second an arm answers before 95 of 100 wait longer than they may.

use engraft_eval::Metric;
use serde::{Deserialize, Serialize};

use crate::utility::{WORTHLESS_MS, none};
use crate::words::{duration, rate};
use crate::{Basis, Experiment, LoadTrial, Terms, WaitingLimit};

/// What an arm bears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The arm.
    pub arm: String,
    /// Questions it answers at a time, at most.
    pub workers: usize,
    /// Milliseconds within which 95 of 100 questions have to be answered, waiting in line included.
    pub limit_ms: f64,
    /// Whether that was given.
    pub limit_basis: Basis,
    /// The most questions a second it was seen to bear; `null`: not even the fewest that were tried.
    pub most_per_second: Option<f64>,
    /// The fewest it was seen not to bear; `null`: it bore the most that were tried.
    pub too_many_per_second: Option<f64>,
    /// Every rate that was tried, lowest first.
    pub trials: Vec<RateMean>,
    /// In plain words.
    pub words: String,
}

/// What was measured at one rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateMean {
    /// Questions that arrived in a second.
    pub per_second: f64,
    /// Questions that arrived in all.
    pub arrived: usize,
    /// The 95th percentile of milliseconds from when a question was due until its answer.
    pub p95_ms: Metric,
    /// The share of what it can work that this rate takes.
    pub busy: Option<f64>,
    /// Whether it kept up.
    pub kept_up: bool,
}

impl Terms {
    /// The waiting time by which load is judged.
    pub fn waiting_limit(&self) -> WaitingLimit {
        match self.must.p95_ms {
            Some(ms) => WaitingLimit { ms, basis: Basis::Given },
            None => WaitingLimit { ms: WORTHLESS_MS, basis: Basis::Assumed },
        }
    }
}

/// The load of every arm that was put under any, in the order of the arms.
pub(crate) fn loads(experiment: &Experiment) -> Vec<Load> {
    let Some(scale) = &experiment.scale else { return Vec::new() };
    let limit = experiment.terms.waiting_limit();
    let of = |name: &str| {
        let mut trials: Vec<&LoadTrial> = scale.loads.iter().filter(|trial| trial.arm == name).collect();
        trials.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        (!trials.is_empty()).then(|| of_arm(&trials, limit))
    };
    experiment.arms.iter().filter_map(|arm| of(&arm.name)).collect()
}

fn of_arm(trials: &[&LoadTrial], limit: WaitingLimit) -> Load {
    let keeps_up = |trial: &&&LoadTrial| trial.keeps_up(limit.ms);
    let too_many = trials.iter().find(|trial| !keeps_up(trial)).map(|trial| trial.per_second);
    let bore = trials.iter().take_while(keeps_up).last().map(|trial| trial.per_second);
    let means = trials.iter().map(|trial| RateMean {
        per_second: trial.per_second,
        arrived: trial.ms.len() + trial.unanswered,
        p95_ms: p95(trial),
        busy: Some(trial.busy()).filter(|busy| busy.is_finite()),
        kept_up: trial.keeps_up(limit.ms),
    });
    let (arm, workers) = (trials[0].arm.clone(), trials[0].workers);
    Load {
        words: words(&arm, workers, limit, bore, too_many),
        arm,
        workers,
        limit_ms: limit.ms,
        limit_basis: limit.basis,
        most_per_second: bore,
        too_many_per_second: too_many,
        trials: means.collect(),
    }
}

/// The 95th percentile with the interval of order statistics; questions without an answer are later than all others.
fn p95(trial: &LoadTrial) -> Metric {
    let Some(value) = trial.p95() else {
        return none("more than five of 100 questions got no answer in time");
    };
    let mut sorted = trial.ms.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let all = (sorted.len() + trial.unanswered) as f64;
    let (middle, spread) = (0.95 * all, 1.96 * (all * 0.95 * 0.05).sqrt());
    let at = |rank: f64| sorted.get((rank.max(1.0) - 1.0) as usize).copied();
    let n = sorted.len() + trial.unanswered;
    match (at((middle - spread).floor()), at((middle + spread).ceil())) {
        (Some(low), Some(high)) => {
            Metric { value: Some(value), low: Some(low), high: Some(high), n, why: None }
        }
        _ => {
            let why = Some("too few questions for an interval".to_string());
            Metric { value: Some(value), low: None, high: None, n, why }
        }
    }
}

fn words(arm: &str, workers: usize, limit: WaitingLimit, bore: Option<f64>, too_many: Option<f64>) -> String {
    let within = format!("95 of 100 within {}", duration(limit.ms / 1e3));
    let at_a_time = match workers {
        1 => "one at a time".to_string(),
        n => format!("{n} at a time"),
    };
    match (bore, too_many) {
        (Some(most), Some(beyond)) => format!(
            "`{arm}` answers {} questions a second, {at_a_time}, with {within}, waiting in line included; {} are too many.",
            rate(most),
            rate(beyond)
        ),
        (Some(most), None) => format!(
            "`{arm}` answers at least {} questions a second, {at_a_time}, with {within}, waiting in line included.",
            rate(most)
        ),
        (None, Some(beyond)) => format!(
            "`{arm}` does not answer {} questions a second, {at_a_time}, with {within}; fewer were not tried.",
            rate(beyond)
        ),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(per_second: f64, ms: f64) -> LoadTrial {
        let arm = "retrieval".into();
        LoadTrial { arm, per_second, workers: 1, ms: vec![ms; 100], busy_s: 1.0, unanswered: 0 }
    }

    #[track_caller]
    fn check(rates: &[(f64, f64)], bore: Option<f64>, too_many: Option<f64>, said: &str) {
        let trials: Vec<LoadTrial> = rates.iter().map(|(rate, ms)| trial(*rate, *ms)).collect();
        let limit = WaitingLimit { ms: 500.0, basis: Basis::Given };
        let load = of_arm(&trials.iter().collect::<Vec<_>>(), limit);
        assert_eq!((load.most_per_second, load.too_many_per_second), (bore, too_many));
        assert!(load.words.contains(said), "{}", load.words);
    }

    #[test]
    fn the_most_it_bears_lies_below_the_fewest_that_are_too_many() {
        let both = "answers 20 questions a second, one at a time, with 95 of 100 within 500 ms";
        check(&[(10.0, 30.0), (20.0, 90.0), (40.0, 900.0), (60.0, 100.0)], Some(20.0), Some(40.0), both);
        check(&[(10.0, 30.0)], Some(10.0), None, "at least 10");
        check(&[(10.0, 800.0)], None, Some(10.0), "does not answer 10 questions");
    }

    #[test]
    fn a_percentile_has_the_interval_of_its_order_statistics() {
        let mut one = trial(1.0, 0.0);
        one.ms = (1..=200).map(f64::from).collect();
        let metric = p95(&one);
        assert_eq!((metric.value, metric.low, metric.high), (Some(190.0), Some(183.0), Some(197.0)));
        one.unanswered = 11;
        assert_eq!(p95(&one).value, None);
    }
}
