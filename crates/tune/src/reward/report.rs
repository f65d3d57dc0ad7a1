//! What is said of a tuned reward: its measures, its bias to length, its gains, and whether it ships.

use std::collections::BTreeMap;

use engraft_eval::{Metric, Resampling};

use super::tuner::{BASE, Candidate, Material, TunedReward};
use crate::calibrate::{BINS, sigmoid, softplus};
use crate::climb::Climb;
use crate::data::Fitted;
use crate::ship;

/// Tiers from the bottom up, as they did on the judged pairs; `mean` is that of a gain a pair.
pub(super) fn climb<'a, 'b>(
    tiers: impl Iterator<Item = &'b Candidate>,
    mean: &'a dyn Fn(&[f64]) -> Metric,
) -> Climb<'a> {
    // How much each pair surprises, in nats.
    let lost = |one: &Candidate| -> (&'static str, Vec<f64>) {
        (one.tier.name(), one.leads.iter().map(|lead| softplus(-lead)).collect())
    };
    Climb { tiers: tiers.map(lost).collect(), measure: "its log-likelihood a pair", mean }
}

/// 1 for a pair in the right order, ½ for a tie.
fn right(leads: &[f64]) -> Vec<f64> {
    let one = |lead: &f64| match *lead {
        above if above > 0.0 => 1.0,
        below if below < 0.0 => 0.0,
        _ => 0.5,
    };
    leads.iter().map(one).collect()
}

/// The report on `candidate`, judged on the pairs of `judged` beside the `cheaper` tiers, from the bottom up.
pub(super) fn report(
    candidate: Candidate,
    cheaper: &[Candidate],
    judged: &Material,
    rows: usize,
    fits: usize,
    stopped: Option<String>,
    resampling: &Resampling,
) -> TunedReward {
    let mean = |values: &[f64]| judged.clusters.mean(values, resampling);
    let gained = |gains: &[f64]| judged.clusters.gain(gains, resampling);
    let beside = climb(cheaper.iter().chain([&candidate]), &gained).beside(cheaper.len());
    let Candidate { tier, model, leads } = candidate;
    let longer = judged.longer();
    let (own, base) = (right(&leads), right(&longer));
    let accuracy_where = |kind: &dyn Fn(f64) -> bool| {
        judged.clusters.measure(resampling, "there is no such pair", |weights| {
            let of = (0..own.len()).filter(|&pair| kind(longer[pair]));
            let (all, won) = of
                .fold((0.0, 0.0), |(all, won), pair| (all + weights[pair], won + weights[pair] * own[pair]));
            (all > 0.0).then(|| won / all)
        })
    };
    let scores: Vec<f64> =
        judged.chosen.iter().chain(&judged.rejected).map(|seen| model.score(seen)).collect();
    let bare = |value: Option<f64>, why: &str| Metric {
        value,
        low: None,
        high: None,
        n: scores.len(),
        why: Some(why.to_string()),
    };
    let mean_score = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
    let extreme = "an extreme has no interval";
    let losses: Vec<f64> = leads.iter().map(|lead| softplus(-lead)).collect();
    let correlation = |weights: &[f64]| correlation(&leads, &longer, weights);
    let eval = BTreeMap::from([
        ("accuracy".to_string(), mean(&own)),
        ("accuracy_where_chosen_is_longer".to_string(), accuracy_where(&|longer| longer > 0.0)),
        ("accuracy_where_chosen_is_shorter".to_string(), accuracy_where(&|longer| longer < 0.0)),
        ("accuracy_of_longer".to_string(), mean(&base)),
        ("ece".to_string(), calibration_error(&leads)),
        (
            "length_correlation".to_string(),
            judged.clusters.measure(resampling, "lengths or scores are all the same", correlation),
        ),
        ("log_loss".to_string(), mean(&losses)),
        ("margin".to_string(), mean(&leads)),
        ("reward_max".to_string(), bare(scores.iter().copied().reduce(f64::max), extreme)),
        ("reward_mean".to_string(), bare(Some(mean_score), "only differences of rewards mean something")),
        ("reward_min".to_string(), bare(scores.iter().copied().reduce(f64::min), extreme)),
    ]);
    let more_than = |base: &[f64]| -> Metric {
        let gains: Vec<f64> = own.iter().zip(base).map(|(own, base)| own - base).collect();
        gained(&gains)
    };
    let gain = more_than(&base);
    let mut verdict = ship::verdict(&gain, "its accuracy", BASE);
    let mut against_base = BTreeMap::from([("accuracy".to_string(), gain)]);
    if let Some(beside) = beside {
        let below = &cheaper[beside.below];
        let name = below.tier.name();
        against_base.insert(format!("accuracy_over_{name}"), more_than(&right(&below.leads)));
        against_base.insert(format!("log_likelihood_over_{name}"), beside.gain);
        verdict = verdict.and(beside.verdict);
    }
    TunedReward {
        model,
        tier,
        rows,
        judged: judged.chosen.len(),
        fits,
        eval,
        against_base,
        verdict,
        stopped,
        pair: None,
        over_length: Fitted::default(),
        cut_prompts: 0,
    }
}

/// Pearson's correlation of rows drawn so often; `None` where one side does not vary.
fn correlation(a: &[f64], b: &[f64], weights: &[f64]) -> Option<f64> {
    let all: f64 = weights.iter().sum();
    let mean = |values: &[f64]| values.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() / all;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut own, mut other) = (0.0, 0.0, 0.0);
    for ((x, y), weight) in a.iter().zip(b).zip(weights) {
        let (x, y) = (x - mean_a, y - mean_b);
        both += weight * x * y;
        own += weight * x * x;
        other += weight * y * y;
    }
    (own > 0.0 && other > 0.0).then(|| both / (own * other).sqrt())
}

/// How far the chances of the preferred side are from how often it was chosen, in 15 bins of equal width from one half to 1.
fn calibration_error(leads: &[f64]) -> Metric {
    let mut bins = [[0.0; 3]; BINS];
    for lead in leads {
        let chance = sigmoid(lead.abs());
        let bin = &mut bins[(((chance - 0.5) * 2.0 * BINS as f64) as usize).min(BINS - 1)];
        bin[0] += 1.0;
        bin[1] += chance;
        bin[2] += if *lead > 0.0 { 1.0 } else { f64::from(u8::from(*lead == 0.0)) / 2.0 };
    }
    let n = leads.len();
    let value = bins.iter().map(|[_, told, seen]| (told - seen).abs()).sum::<f64>() / n.max(1) as f64;
    let why = "resampling shows more of this error than there is".to_string();
    Metric { value: (n > 0).then_some(value), low: None, high: None, n, why: Some(why) }
}
