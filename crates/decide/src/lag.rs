//! How fast a change shows: the update lag of an arm, and the share of changes still unseen after a time.

use engraft_eval::{Metric, Resampling, wilson};
use serde::{Deserialize, Serialize};

use crate::draws::Series;
use crate::random::Random;
use crate::{Arm, Renewed, UpdateTrial};

/// How fast an arm follows changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lag {
    /// Changes tried.
    pub trials: usize,
    /// Of which never showed while it was waited for.
    pub never: usize,
    /// Median seconds; with an interval where five or more were tried.
    pub median_s: Metric,
    /// The 95th percentile of seconds; no value when more than 5 % never showed.
    pub p95_s: Metric,
    /// The median of the seconds in which the arm was trained again, where it learns and this was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrain_s: Option<Metric>,
    /// The same of the seconds in which the model that came of it was written to disk and opened from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deploy_s: Option<Metric>,
    /// Deletions honoured, as a share.
    pub deletions: Metric,
    /// The share of changes that answers did not show a minute after they were saved; one that never showed is among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_after_minute: Option<Metric>,
    /// The same after an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_after_hour: Option<Metric>,
    /// The share of citations, in answers to the probes, that pointed to the version that was current then; where answers cite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh_citations: Option<Metric>,
    /// How it was taken, in words.
    pub how: String,
}

/// The lag of an arm, and its median as a series for the utility. `None` without trials.
pub(crate) fn lag(arm: &Arm, seed: u64, resamples: usize) -> Option<(Lag, Series)> {
    if arm.updates.is_empty() {
        return None;
    }
    let times: Vec<f64> = arm.updates.iter().map(time).collect();
    let never = times.iter().filter(|time| time.is_infinite()).count();
    let [median, slowest] = resampled(&times, seed, resamples);
    let deletes = arm.updates.iter().filter(|trial| trial.what == "delete");
    let honoured = deletes.clone().filter(|trial| trial.seconds.is_some()).count();
    let deletes = deletes.count();
    let deletions = if deletes == 0 {
        let why = Some("no deletion was tried".to_string());
        Metric { value: None, low: None, high: None, n: 0, why }
    } else {
        share(honoured, deletes)
    };
    let stale = |after: f64| share(times.iter().filter(|time| **time > after).count(), times.len());
    let renewed: Vec<Renewed> = arm.updates.iter().filter_map(|trial| trial.renewed).collect();
    let part = |of: fn(&Renewed) -> f64| {
        let times: Vec<f64> = renewed.iter().map(of).collect();
        (!times.is_empty()).then(|| seconds(&resampled(&times, seed, resamples)[0]))
    };
    let fresh: Vec<f64> = arm.updates.iter().filter_map(|trial| trial.fresh).collect();
    let how = arm.updates_how.clone();
    let lag = Lag {
        trials: times.len(),
        never,
        median_s: seconds(&median),
        p95_s: seconds(&slowest),
        retrain_s: part(|renewed| renewed.retrain_s),
        deploy_s: part(|renewed| renewed.deploy_s),
        deletions,
        stale_after_minute: Some(stale(60.0)),
        stale_after_hour: Some(stale(3600.0)),
        fresh_citations: (!fresh.is_empty()).then(|| Metric::mean(&fresh, &Resampling { seed, resamples })),
        how,
    };
    Some((lag, median))
}

/// So many of so many, with Wilson's interval; `all` is above 0.
fn share(some: usize, all: usize) -> Metric {
    let interval = wilson(some, all);
    let value = Some(some as f64 / all as f64);
    Metric { value, low: Some(interval.low), high: Some(interval.high), n: all, why: None }
}

fn time(trial: &UpdateTrial) -> f64 {
    trial.seconds.unwrap_or(f64::INFINITY)
}

/// The median and the 95th percentile, without interpolation, so that a change that never showed is never averaged away.
fn resampled(times: &[f64], seed: u64, resamples: usize) -> [Series; 2] {
    let pick = |mut times: Vec<f64>| {
        times.sort_unstable_by(f64::total_cmp);
        [0.5, 0.95].map(|q| times[((times.len() as f64 * q).ceil() as usize).clamp(1, times.len()) - 1])
    };
    let draw = |resample: usize| {
        // Another set of streams than the questions': changes were tried apart from them.
        let mut random = Random::new(seed ^ 0x6c61_6700, resample as u64);
        pick(times.iter().map(|_| times[random.below(times.len())]).collect())
    };
    let (points, draws) = (pick(times.to_vec()), (0..resamples).map(draw).collect::<Vec<[f64; 2]>>());
    [0, 1].map(|which| Series {
        point: points[which],
        draws: draws.iter().map(|drawn| drawn[which]).collect(),
        n: times.len(),
        limits: Vec::new(),
    })
}

fn seconds(series: &Series) -> Metric {
    let n = series.n;
    let bare = |value, why: &str| Metric { value, low: None, high: None, n, why: Some(why.into()) };
    if series.point.is_infinite() {
        return bare(None, "too many changes never showed while it was waited for");
    }
    if n < 5 {
        return bare(Some(series.point), "fewer than five changes were tried");
    }
    let mut sorted = series.draws.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |q: f64| sorted[((sorted.len() - 1) as f64 * q).round() as usize];
    let (low, high) = (at(0.025), at(0.975));
    if high.is_infinite() {
        return bare(Some(series.point), "in some resamples too many changes never showed");
    }
    Metric { value: Some(series.point), low: Some(low), high: Some(high), n, why: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Upkeep;

    fn arm(seconds: &[Option<f64>]) -> Arm {
        let trial = |seconds: &Option<f64>| UpdateTrial {
            what: "change".into(),
            probe: "q".into(),
            seconds: *seconds,
            limit_s: 60.0,
            fresh: None,
            renewed: None,
        };
        Arm {
            name: "retrieval".into(),
            description: String::new(),
            retrieval: true,
            tuned: false,
            role: crate::Role::Candidate,
            beside: None,
            on_premises: true,
            absent: None,
            runs: Vec::new(),
            upkeep: Upkeep::default(),
            updates: seconds.iter().map(trial).collect(),
            updates_how: String::new(),
        }
    }

    #[test]
    fn the_median_is_a_time_that_was_measured() {
        let (lag, _) = lag(&arm(&[Some(1.0), Some(2.0), Some(9.0), Some(3.0), Some(2.5)]), 0, 500).unwrap();
        assert_eq!((lag.median_s.value, lag.p95_s.value, lag.never), (Some(2.5), Some(9.0), 0));
    }

    #[test]
    fn a_change_that_never_shows_is_not_averaged_away() {
        let (lag, series) = lag(&arm(&[Some(1.0), None, None]), 0, 500).unwrap();
        assert_eq!((lag.median_s.value, lag.never), (None, 2));
        assert!(series.point.is_infinite());
    }

    #[test]
    fn citations_of_an_old_version_are_counted_over_the_changes_that_were_cited() {
        let mut stale = arm(&[Some(1.0), Some(2.0), Some(3.0)]);
        assert_eq!(lag(&stale, 0, 500).unwrap().0.fresh_citations, None);
        (stale.updates[0].fresh, stale.updates[2].fresh) = (Some(0.5), Some(1.0));
        let fresh = lag(&stale, 0, 500).unwrap().0.fresh_citations.unwrap();
        assert_eq!((fresh.value, fresh.n), (Some(0.75), 2));
    }

    #[test]
    fn training_and_deploying_are_told_apart_of_the_changes_where_they_were_taken() {
        let mut learning = arm(&[Some(4.0), Some(5.0), None, Some(6.0), Some(7.0), Some(8.0)]);
        let before = lag(&learning, 0, 500).unwrap().0;
        assert_eq!((before.retrain_s, before.deploy_s), (None, None));
        for (trial, retrain_s) in learning.updates.iter_mut().zip([3.0, 4.0, 5.0, 6.0, 7.0]) {
            trial.renewed = Some(Renewed { retrain_s, deploy_s: 0.5 });
        }
        let lag = lag(&learning, 0, 500).unwrap().0;
        let told = [lag.retrain_s, lag.deploy_s].map(|part| part.unwrap());
        assert_eq!(told.each_ref().map(|part| (part.value, part.n)), [(Some(5.0), 5), (Some(0.5), 5)]);
        assert!(told[0].low.unwrap() < 5.0 && told[0].high.unwrap() > 5.0, "{told:?}");
    }

    #[test]
    fn what_shows_late_or_never_is_stale_after_a_minute_and_what_never_shows_after_an_hour_too() {
        let (lag, _) = lag(&arm(&[Some(1.0), Some(59.0), Some(61.0), None]), 0, 500).unwrap();
        let stale = [lag.stale_after_minute, lag.stale_after_hour].map(|share| share.unwrap());
        assert_eq!(stale.each_ref().map(|share| (share.value, share.n)), [(Some(0.5), 4), (Some(0.25), 4)]);
        assert!(stale[0].low.unwrap() < 0.5 && stale[0].high.unwrap() > 0.5, "{stale:?}");
    }

    #[test]
    fn an_arm_without_trials_has_no_lag() {
        assert!(lag(&arm(&[]), 0, 10).is_none());
    }
}
