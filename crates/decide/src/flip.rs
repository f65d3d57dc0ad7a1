//! What would change the recommendation: the nearest value of each number at which another arm would be in front.

use serde::{Deserialize, Serialize};

use crate::cost::month;
use crate::utility::{Anchor, COST, CRITERIA, Facts, GROUNDED, LAG, LATENCY, QUALITY, anchors, broken};
use crate::words::money;
use crate::{Amount, Terms};

/// One number whose change would change the recommendation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlipPoint {
    /// Such as `queries_per_month`.
    pub what: String,
    /// Its value now.
    pub now: f64,
    /// Its value where the recommendation changes.
    pub at: f64,
    /// The arm that is in front beyond it.
    pub to: String,
    /// In plain words.
    pub words: String,
    /// How far away it is: 0 is here, 1 is doubling or halving.
    pub far: f64,
}

/// How strongly the utility of the front arm and its rival depends on one weight; a bar of the tornado.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sensitivity {
    /// Such as `weight of quality`.
    pub what: String,
    /// The lead of the front arm over the best other one when the number is low, in points of utility.
    pub low_lead: f64,
    /// The same when it is high.
    pub high_lead: f64,
    /// The low value.
    pub low: f64,
    /// The high value.
    pub high: f64,
}

/// How a number of the terms is read and changed.
struct Dial {
    what: &'static str,
    /// Such as `questions a month`.
    unit: &'static str,
    read: fn(&Terms) -> f64,
    turn: fn(&mut Terms, f64),
}

const DIALS: [Dial; 6] = [
    Dial {
        what: "queries_per_month",
        unit: "questions a month",
        read: |terms| terms.volume.queries_per_month.value,
        turn: |terms, to| terms.volume.queries_per_month = Amount::given(to),
    },
    Dial {
        what: "updates_per_month",
        unit: "changes a month",
        read: |terms| terms.volume.updates_per_month.value,
        turn: |terms, to| terms.volume.updates_per_month = Amount::given(to),
    },
    Dial {
        what: "prices.label",
        unit: "a label",
        read: |terms| terms.prices.label.value,
        turn: |terms, to| terms.prices.label = Amount::given(to),
    },
    Dial {
        what: "prices.core_hour",
        unit: "a core-hour",
        read: |terms| terms.prices.core_hour.value,
        turn: |terms, to| terms.prices.core_hour = Amount::given(to),
    },
    Dial {
        what: "prices.person_hour",
        unit: "an hour of a reviewer",
        read: |terms| terms.prices.person_hour.value,
        turn: |terms, to| terms.prices.person_hour = Amount::given(to),
    },
    Dial {
        what: "prices.tokens_in",
        unit: "a million tokens",
        read: |terms| terms.prices.tokens_in.value,
        turn: |terms, to| terms.prices.tokens_in = Amount::given(to),
    },
];

/// The candidates as seen by every what-if: the front one, and whether equals are told apart by cost.
pub(crate) struct WhatIf<'a> {
    /// Every candidate, those that break a must-have too.
    pub(crate) facts: &'a [Facts<'a>],
    pub(crate) terms: &'a Terms,
    /// The arm recommended or in front.
    pub(crate) front: usize,
    /// Whether the cheapest of equals was recommended.
    pub(crate) equals: bool,
}

impl WhatIf<'_> {
    /// Utilities of all candidates under `terms`; `None` for one that breaks a must-have.
    fn worths(&self, terms: &Terms) -> Vec<Option<f64>> {
        let anchors = anchors(terms, self.facts);
        let worth = |facts: &Facts| {
            let month = month(facts.arm, terms, facts.cost.spent);
            let over = terms.must.cost_per_month.is_some_and(|most| month > most);
            let others = broken(facts, terms).iter().any(|(name, _)| *name != "cost_per_month");
            (!over && !others).then(|| {
                let parts = facts.values.iter().zip(&anchors).enumerate();
                parts
                    .map(|(at, (series, anchor))| match series {
                        Some(_) if at == COST => anchor.weight * anchor.value(month),
                        Some(series) => anchor.weight * anchor.value(series.point),
                        None => 0.0,
                    })
                    .sum()
            })
        };
        self.facts.iter().map(worth).collect()
    }

    /// The arm in front under `terms`, by what was measured.
    fn front(&self, terms: &Terms) -> Option<usize> {
        let worths = self.worths(terms);
        let best = worths.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
        let slack = if self.equals { terms.margin } else { 0.0 };
        let month = |at: usize| month(self.facts[at].arm, terms, self.facts[at].cost.spent);
        let inside = (0..worths.len()).filter(|&at| worths[at].is_some_and(|worth| worth >= best - slack));
        inside.min_by(|&a, &b| {
            if self.equals {
                month(a).total_cmp(&month(b))
            } else {
                worths[b].unwrap_or(0.0).total_cmp(&worths[a].unwrap_or(0.0))
            }
        })
    }

    /// The lead of the front arm over the best other one.
    fn lead(&self, terms: &Terms) -> f64 {
        let worths = self.worths(terms);
        let others = worths.iter().enumerate().filter(|(at, _)| *at != self.front);
        let best = others.filter_map(|(_, worth)| *worth).fold(f64::NEG_INFINITY, f64::max);
        let best = if best.is_finite() { best } else { 0.0 };
        worths[self.front].unwrap_or(0.0) - best
    }

    /// Every flip point, nearest first.
    pub(crate) fn points(&self) -> Vec<FlipPoint> {
        let mut points = Vec::new();
        // A verdict that weighs doubt need not be the one of the bare measurements; then only what stands apart of them flips.
        if self.front(self.terms) == Some(self.front) {
            points.extend(DIALS.iter().flat_map(|dial| self.dial(dial)));
            points
                .extend([QUALITY, GROUNDED, LATENCY, COST, LAG].into_iter().filter_map(|at| self.weight(at)));
        }
        points.extend(self.rival());
        points.extend(self.relaxed());
        points.sort_by(|a, b| a.far.total_cmp(&b.far).then_with(|| a.what.cmp(&b.what)));
        points
    }

    fn name(&self, at: usize) -> &str {
        &self.facts[at].arm.name
    }

    /// Where turning `dial` down or up changes the front arm.
    fn dial(&self, dial: &Dial) -> Vec<FlipPoint> {
        let now = (dial.read)(self.terms);
        let start = if now > 0.0 { now } else { 1.0 };
        let front = |value: f64| {
            let mut terms = self.terms.clone();
            (dial.turn)(&mut terms, value);
            self.front(&terms)
        };
        let mut found = Vec::new();
        // Below 0 there is nothing; from 0 it only goes up.
        let directions: &[f64] = if now > 0.0 { &[-1.0, 1.0] } else { &[1.0] };
        for &direction in directions {
            // A thousandfold either way in steps of a tenth of a doubling.
            let at = |step: i32| start * (direction * f64::from(step) * 0.1).exp2();
            let Some(step) = (1..=100).find(|&step| front(at(step)) != Some(self.front)) else { continue };
            let (mut same, mut other) = (if step == 1 { now } else { at(step - 1) }, at(step));
            for _ in 0..40 {
                let middle = 0.5 * (same + other);
                if front(middle) == Some(self.front) { same = middle } else { other = middle }
            }
            let Some(to) = front(other).map(|to| self.name(to).to_string()) else { continue };
            let (sign, number) = match dial.what.starts_with("prices") {
                true => (self.terms.prices.currency.as_str(), money(&self.terms.prices.currency, other)),
                false if other < 9.95 => ("", format!("{other:.1}")),
                false => ("", format!("{other:.0}")),
            };
            let beyond = match (direction > 0.0, number.strip_prefix("under ")) {
                (true, None) => format!("more than {number}"),
                (false, None) => format!("less than {number}"),
                // An amount too small to be written out.
                (true, Some(least)) => format!("{least} or more"),
                (false, Some(least)) => format!("under {least}"),
            };
            let words = format!("At {beyond} {} (now {sign}{now}) `{to}` would be in front.", dial.unit);
            let far = (other / start).log2().abs();
            found.push(FlipPoint { what: dial.what.into(), now, at: other, to, words, far });
        }
        found
    }

    fn with_weight(&self, criterion: usize, share: f64) -> Terms {
        let base = anchors(self.terms, self.facts);
        let mut weights: Vec<f64> = base.iter().map(|anchor| anchor.weight).collect();
        let rest: f64 = weights.iter().sum::<f64>() - weights[criterion];
        for (at, weight) in weights.iter_mut().enumerate() {
            *weight = match at == criterion {
                true => share,
                false if rest > 0.0 => *weight / rest * (1.0 - share),
                false => 0.0,
            };
        }
        let mut terms = self.terms.clone();
        let [quality, groundedness, latency, cost, update_lag] = [0, 1, 2, 3, 4].map(|at| weights[at]);
        terms.weights = crate::Weights { quality, groundedness, latency, cost, update_lag };
        terms
    }

    /// Where more or less weight on a criterion changes the front arm.
    fn weight(&self, criterion: usize) -> Option<FlipPoint> {
        let anchor = &anchors(self.terms, self.facts)[criterion];
        if anchor.left_out.is_some() {
            return None;
        }
        let now = anchor.weight;
        let flips =
            |share: f64| self.front(&self.with_weight(criterion, share)).filter(|front| *front != self.front);
        let steps = (1..=200).flat_map(|step| [now - f64::from(step) * 0.005, now + f64::from(step) * 0.005]);
        let at = steps.filter(|share| (0.0..=1.0).contains(share)).find(|share| flips(*share).is_some())?;
        let to = self.name(flips(at)?).to_string();
        let more = if at > now { "more" } else { "less" };
        let words = format!(
            "If {} counted for {more}, {:.1} % instead of {:.1} %, `{to}` would be in front.",
            CRITERIA[criterion],
            100.0 * at,
            100.0 * now
        );
        let far = ((at + 0.01) / (now + 0.01)).log2().abs();
        Some(FlipPoint {
            what: format!("weights.{}", CRITERIA[criterion].replace(' ', "_")),
            now,
            at,
            to,
            words,
            far,
        })
    }

    /// By how much the next arm would have to be better at quality.
    fn rival(&self) -> Option<FlipPoint> {
        let worths = self.worths(self.terms);
        let mine = worths[self.front]?;
        let (rival, worth) = worths
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != self.front)
            .filter_map(|(at, worth)| Some((at, (*worth)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let anchors = anchors(self.terms, self.facts);
        let slope = slope(&anchors[QUALITY]);
        let gap = (mine - worth) / slope;
        let quality = self.facts[rival].values[QUALITY].as_ref()?.point;
        if !(gap > 0.0 && quality + gap <= 1.0) {
            return None;
        }
        let to = self.name(rival).to_string();
        let words = match 100.0 * gap {
            points if points < 0.05 => {
                format!("If `{to}` were less than 0.1 points better, it would draw level.")
            }
            points => format!(
                "If `{to}` were {points:.1} points better ({:.1} % instead of {:.1} %), it would draw level.",
                100.0 * (quality + gap),
                100.0 * quality
            ),
        };
        // A point of quality is taken for a tenth of a doubling.
        Some(FlipPoint {
            what: format!("quality of {to}"),
            now: quality,
            at: quality + gap,
            to,
            words,
            far: 10.0 * gap,
        })
    }

    /// Must-haves without which an arm that they drop would be in front.
    fn relaxed(&self) -> Vec<FlipPoint> {
        let must = &self.terms.must;
        let limits = [
            ("must.quality", must.quality),
            ("must.groundedness", must.groundedness),
            ("must.p95_ms", must.p95_ms),
            ("must.cost_per_month", must.cost_per_month),
            ("must.update_lag_s", must.update_lag_s),
            ("must.on_premises", must.on_premises.then_some(1.0)),
        ];
        let mut found = Vec::new();
        for (what, limit) in limits {
            let Some(now) = limit else { continue };
            let mut terms = self.terms.clone();
            match what {
                "must.quality" => terms.must.quality = None,
                "must.groundedness" => terms.must.groundedness = None,
                "must.p95_ms" => terms.must.p95_ms = None,
                "must.cost_per_month" => terms.must.cost_per_month = None,
                "must.update_lag_s" => terms.must.update_lag_s = None,
                _ => terms.must.on_premises = false,
            }
            let Some(to) = self.front(&terms).filter(|to| *to != self.front) else { continue };
            if broken(&self.facts[to], self.terms).is_empty() {
                continue;
            }
            let to = self.name(to).to_string();
            let words =
                format!("Without the must-have `{}` `{to}` would be in front.", &what["must.".len()..]);
            found.push(FlipPoint { what: what.into(), now, at: now, to, words, far: 2.0 });
        }
        found
    }

    /// The lead of the front arm when each weight is halved and doubled, and each dial quartered and quadrupled.
    pub(crate) fn tornado(&self) -> Vec<Sensitivity> {
        let base = anchors(self.terms, self.facts);
        let mut bars = Vec::new();
        for (at, anchor) in base.iter().enumerate().filter(|(_, anchor)| anchor.weight > 0.0) {
            let (low, high) = (0.5 * anchor.weight, (2.0 * anchor.weight).min(0.5 * (1.0 + anchor.weight)));
            bars.push(Sensitivity {
                what: format!("weight of {}", CRITERIA[at]),
                low_lead: self.lead(&self.with_weight(at, low)),
                high_lead: self.lead(&self.with_weight(at, high)),
                low,
                high,
            });
        }
        for dial in &DIALS {
            let now = (dial.read)(self.terms);
            let (low, high) = (now / 4.0, now * 4.0);
            let lead = |value: f64| {
                let mut terms = self.terms.clone();
                (dial.turn)(&mut terms, value);
                self.lead(&terms)
            };
            let (low_lead, high_lead) = (lead(low), lead(high));
            if low_lead != high_lead {
                bars.push(Sensitivity { what: dial.unit.into(), low_lead, high_lead, low, high });
            }
        }
        bars.sort_by(|a, b| {
            (b.high_lead - b.low_lead)
                .abs()
                .total_cmp(&(a.high_lead - a.low_lead).abs())
                .then_with(|| a.what.cmp(&b.what))
        });
        bars
    }
}

/// Points of utility a point of the criterion is worth.
fn slope(anchor: &Anchor) -> f64 {
    anchor.weight / (anchor.one - anchor.zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide;
    use crate::random::Random;
    use crate::worlds::{measured, truths};

    #[test]
    fn a_price_of_zero_can_only_rise() {
        let mut random = Random::new(6, 6);
        let mut truths = truths(&mut random);
        for (truth, threshold) in truths.iter_mut().zip([-3.0, 0.5, 0.9, -3.0]) {
            (truth.threshold, truth.ms, truth.cpu_s) = (threshold, 100.0, 0.01);
            (truth.lag_s, truth.labels) = (5.0, 0);
        }
        truths[2].labels = 2000;
        let mut experiment = measured(&truths, 400, 1, 1, &mut random);
        experiment.terms.prices.label = Amount::given(0.0);
        experiment.terms.must.cost_per_month = Some(50.0);
        let decision = decide(&experiment, "").unwrap();
        let flips = decision.flip_points.iter().filter(|flip| flip.what == "prices.label");
        let flips: Vec<&FlipPoint> = flips.collect();
        // 2000 labels over twelve months use the budget up at .3 a label.
        let [flip] = flips.as_slice() else { panic!("{} {flips:?}", decision.verdict) };
        assert!((0.0..0.31).contains(&flip.at) && flip.to == "retrieval", "{flip:?}");
        assert!(flip.words.starts_with("At more than $"), "{}", flip.words);
    }
}
