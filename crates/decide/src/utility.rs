//! What an arm is worth to this team: must-haves, then one number from 0 to 1 out of five criteria.

use engraft_eval::Metric;
use serde::{Deserialize, Serialize};

use crate::cost::Cost;
use crate::draws::Series;
use crate::random::Random;
use crate::{Arm, Basis, Terms};

/// The criteria, in the order in which weights are listed.
pub(crate) const CRITERIA: [&str; 5] = ["quality", "groundedness", "latency", "cost", "update lag"];
pub(crate) const QUALITY: usize = 0;
pub(crate) const GROUNDED: usize = 1;
pub(crate) const LATENCY: usize = 2;
pub(crate) const COST: usize = 3;
pub(crate) const LAG: usize = 4;

/// A question answered by a person costs more than this; a month at this much a question is worth nothing.
const DEAREST_QUESTION: f64 = 0.05;
/// Where nobody said how long an answer may take, one after so many milliseconds is worth nothing.
pub(crate) const WORTHLESS_MS: f64 = 2000.0;

/// Between which numbers a criterion's value runs from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// The criterion.
    pub criterion: String,
    /// Worth 0: the must-have, or a default.
    pub zero: f64,
    /// Worth 1: the nice-to-have, or a default.
    pub one: f64,
    /// Such as `ms`.
    pub unit: String,
    /// Its weight; all sum to one. 0 when left out.
    pub weight: f64,
    /// Where the anchors come from.
    pub basis: Basis,
    /// Why it is left out, when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
}

impl Anchor {
    pub(crate) fn value(&self, x: f64) -> f64 {
        let span = self.one - self.zero;
        // Anchors that coincide make a step.
        if span == 0.0 {
            let met = if self.more_is_better() { x >= self.one } else { x <= self.one };
            return if met { 1.0 } else { 0.0 };
        }
        ((x - self.zero) / span).clamp(0.0, 1.0)
    }

    fn more_is_better(&self) -> bool {
        self.criterion == CRITERIA[QUALITY] || self.criterion == CRITERIA[GROUNDED]
    }
}

/// Everything about one candidate that the criteria ask for.
pub(crate) struct Facts<'a> {
    pub(crate) arm: &'a Arm,
    /// One a criterion; `None`: not measured on this arm.
    pub(crate) values: [Option<Series>; 5],
    /// The lower end of the 95 % interval of groundedness; every what-if asks for it.
    pub(crate) grounded_low: Option<f64>,
    pub(crate) cost: Cost,
}

/// The anchors under `terms`; a criterion that is not measured on every candidate is left out, but for groundedness where it
/// weighs something and some arm was measured on it: there an arm that shows no evidence is worth nothing.
pub(crate) fn anchors(terms: &Terms, facts: &[Facts]) -> Vec<Anchor> {
    let (must, nice) = (&terms.must, &terms.nice);
    let dearest = DEAREST_QUESTION * terms.volume.queries_per_month.value.max(1.0);
    let ends = [
        (must.quality, nice.quality, 0.0, 1.0, "share"),
        (must.groundedness, nice.groundedness, 0.0, 1.0, "share"),
        (must.p95_ms, nice.p95_ms, WORTHLESS_MS, 100.0, "ms"),
        (must.cost_per_month, nice.cost_per_month, dearest, 0.0, "a month"),
        (must.update_lag_s, nice.update_lag_s, 86_400.0, 60.0, "s"),
    ];
    let weights = terms.weights.list();
    let mut anchors: Vec<Anchor> = Vec::new();
    for (at, (must, nice, zero, one, unit)) in ends.into_iter().enumerate() {
        let zero = match (must, nice) {
            (Some(must), _) => must,
            // A nice-to-have beyond the default would turn the scale around, too.
            (None, Some(nice)) if at >= LATENCY && nice >= zero => 10.0 * nice,
            _ => zero,
        };
        // A default that is worse than the must-have would turn the scale around.
        let default = if (one < zero) == (at >= LATENCY) { one } else { zero / 10.0 };
        let measured = |facts: &Facts| facts.values[at].is_some();
        let left_out = match at {
            GROUNDED if !facts.iter().any(measured) => Some("no arm was measured on it".to_string()),
            GROUNDED if weights[at] > 0.0 => None,
            _ => facts
                .iter()
                .find(|facts| !measured(facts))
                .map(|facts| format!("it was not measured on `{}`", facts.arm.name)),
        };
        let basis = if must.is_some() && nice.is_some() { Basis::Given } else { Basis::Assumed };
        anchors.push(Anchor {
            criterion: CRITERIA[at].into(),
            zero,
            one: nice.unwrap_or(default),
            unit: unit.into(),
            weight: if left_out.is_some() { 0.0 } else { weights[at] },
            basis,
            left_out,
        });
    }
    let sum: f64 = anchors.iter().map(|anchor| anchor.weight).sum();
    match sum > 0.0 {
        true => anchors.iter_mut().for_each(|anchor| anchor.weight /= sum),
        false => anchors[QUALITY].weight = 1.0,
    }
    anchors
}

/// The weights of every draw: `[draw][criterion]`, scattered around those of the anchors as surely as the terms say.
pub(crate) fn weights(anchors: &[Anchor], terms: &Terms, seed: u64, draws: usize) -> Vec<Vec<f64>> {
    let said: Vec<f64> = anchors.iter().map(|anchor| anchor.weight).collect();
    // Another set of streams than the questions': how sure the weights are has nothing to do with them.
    let draw =
        |draw: usize| Random::new(seed ^ 0x7765_6967, draw as u64).weights(&said, terms.weight_certainty);
    (0..draws).map(draw).collect()
}

/// The utility of every candidate in every draw: `[candidate][draw]`.
///
/// `shrink` below 1 draws everything sampled closer to what was measured, as more questions would; how far training seeds
/// differ stays, as no question changes that.
pub(crate) fn utilities(
    facts: &[Facts],
    anchors: &[Anchor],
    weights: &[Vec<f64>],
    shrink: f64,
) -> Vec<Vec<f64>> {
    let of = |facts: &Facts| {
        let worth = |(draw, weights): (usize, &Vec<f64>)| -> f64 {
            let mut sum = 0.0;
            for ((series, anchor), weight) in facts.values.iter().zip(anchors).zip(weights) {
                if let Some(series) = series
                    && *weight > 0.0
                {
                    sum += weight * anchor.value(shrunk(series, draw, shrink));
                }
            }
            sum
        };
        weights.iter().enumerate().map(worth).collect()
    };
    facts.iter().map(of).collect()
}

fn shrunk(series: &Series, draw: usize, shrink: f64) -> f64 {
    let (drawn, limit) = (series.draws[draw], series.limit(draw));
    if shrink == 1.0 || !drawn.is_finite() || !limit.is_finite() {
        return drawn;
    }
    limit + shrink * (drawn - limit)
}

/// The must-haves that `facts` breaks, each in a sentence, with the name of the constraint.
pub(crate) fn broken(facts: &Facts, terms: &Terms) -> Vec<(&'static str, String)> {
    let must = &terms.must;
    let mut broken = Vec::new();
    let point = |at: usize| facts.values[at].as_ref().map(|series| series.point);
    if let (Some(least), Some(quality)) = (must.quality, point(QUALITY))
        && quality < least
    {
        broken.push(("quality", format!("quality {:.1} % is below {:.1} %", 100.0 * quality, 100.0 * least)));
    }
    if let Some(least) = must.groundedness {
        match facts.grounded_low {
            Some(low) if low >= least => {}
            Some(low) => broken.push((
                "groundedness",
                format!("groundedness may be as low as {:.1} %, below {:.1} %", 100.0 * low, 100.0 * least),
            )),
            None => broken.push(("groundedness", "it shows no evidence to be grounded in".into())),
        }
    }
    if let (Some(most), Some(p95)) = (must.p95_ms, point(LATENCY))
        && p95 > most
    {
        broken.push(("p95_ms", format!("95 of 100 answers take up to {p95:.0} ms, above {most:.0} ms")));
    }
    if let (Some(most), Some(month)) = (must.cost_per_month, point(COST))
        && month > most
    {
        let sign = &terms.prices.currency;
        broken.push((
            "cost_per_month",
            format!("it costs {sign}{month:.2} a month, above the budget of {sign}{most:.2}"),
        ));
    }
    if let Some(most) = must.update_lag_s {
        match point(LAG) {
            Some(lag) if lag <= most => {}
            Some(lag) if lag.is_finite() => {
                broken.push((
                    "update_lag_s",
                    format!("a change shows after {lag:.1} s, later than {most:.0} s"),
                ));
            }
            Some(_) => broken.push(("update_lag_s", "most changes never showed".into())),
            None => broken.push(("update_lag_s", "how fast a change shows was not measured".into())),
        }
    }
    if must.on_premises && !facts.arm.on_premises {
        broken.push(("on_premises", "it sends text to another machine".into()));
    }
    broken
}

/// Whether each candidate is on the Pareto set of quality, cost, update lag and latency as measured.
pub(crate) fn pareto(facts: &[&Facts]) -> Vec<bool> {
    let goods = |facts: &Facts| -> [f64; 4] {
        let point = |at: usize| facts.values[at].as_ref().map_or(f64::INFINITY, |series| series.point);
        let quality = facts.values[QUALITY].as_ref().map_or(f64::NEG_INFINITY, |series| series.point);
        [-quality, point(COST), point(LAG), point(LATENCY)]
    };
    let all: Vec<[f64; 4]> = facts.iter().map(|facts| goods(facts)).collect();
    let beats = |a: &[f64; 4], b: &[f64; 4]| a.iter().zip(b).all(|(a, b)| a <= b) && a != b;
    all.iter().map(|mine| !all.iter().any(|other| beats(other, mine))).collect()
}

/// A metric with no value, and why.
pub(crate) fn none(why: &str) -> Metric {
    Metric { value: None, low: None, high: None, n: 0, why: Some(why.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(at: usize, change: impl Fn(&mut Terms)) -> Anchor {
        let mut terms = Terms::default();
        change(&mut terms);
        anchors(&terms, &[]).swap_remove(at)
    }

    #[track_caller]
    fn check_scale(anchor: &Anchor, good: f64, poor: f64) {
        assert!(anchor.zero > anchor.one, "{anchor:?}");
        assert_eq!(anchor.value(good), 1.0, "{anchor:?}");
        assert!(anchor.value(poor) < 1.0, "{anchor:?}");
    }

    #[test]
    fn a_nice_to_have_beyond_the_default_does_not_turn_the_scale_around() {
        check_scale(&anchor(COST, |terms| terms.nice.cost_per_month = Some(1000.0)), 10.0, 1100.0);
        check_scale(&anchor(LATENCY, |terms| terms.nice.p95_ms = Some(3000.0)), 50.0, 3100.0);
        check_scale(&anchor(LAG, |terms| terms.nice.update_lag_s = Some(100_000.0)), 5.0, 200_000.0);
        check_scale(&anchor(LATENCY, |terms| terms.nice.p95_ms = Some(2000.0)), 2000.0, 2001.0);
    }

    #[test]
    fn a_step_of_quality_is_worth_everything_above_it() {
        let equal = anchor(QUALITY, |terms| {
            (terms.must.quality, terms.nice.quality) = (Some(0.8), Some(0.8));
        });
        assert_eq!([0.7, 0.8, 0.9].map(|x| equal.value(x)), [0.0, 1.0, 1.0]);
        let perfect = anchor(QUALITY, |terms| terms.must.quality = Some(1.0));
        assert_eq!([0.9, 1.0].map(|x| perfect.value(x)), [0.0, 1.0]);
        let budget = anchor(COST, |terms| {
            (terms.must.cost_per_month, terms.nice.cost_per_month) = (Some(80.0), Some(80.0));
        });
        assert_eq!([70.0, 80.0, 90.0].map(|x| budget.value(x)), [1.0, 1.0, 0.0]);
    }
}
