//! What the team wants and pays: prices, volume, must-haves, and how much each criterion weighs.

use serde::{Deserialize, Serialize};

/// Nobody pays, counts or waits for more than this; products of a few such numbers can still be told and drawn.
pub(crate) const MOST: f64 = 1e12;
/// The same of what is divided by.
const LEAST: f64 = 1e-6;

/// Prices, must-haves and weights; what is not said has a default, which the report marks as assumed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// What things cost.
    pub prices: Prices,
    /// How much is asked and changed.
    pub volume: Volume,
    /// Limits that drop an arm.
    pub must: Limits,
    /// Values beyond which more is not worth more.
    pub nice: Limits,
    /// How much each criterion counts; any positive numbers.
    pub weights: Weights,
    /// How sure the weights are: pseudo-votes of a Dirichlet; 50 lets a weight of .5 wander by about .07.
    pub weight_certainty: f64,
    /// The regret, in points of utility from 0 to 1, that is not worth deciding about.
    pub margin: f64,
    /// How sure a recommendation has to be.
    pub confidence: f64,
}

/// A number with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Amount {
    /// The number.
    pub value: f64,
    /// Where it comes from.
    pub basis: Basis,
}

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Measured in this experiment.
    Measured,
    /// Said in the task file.
    Given,
    /// A default nobody confirmed.
    Assumed,
}

impl Basis {
    /// As shown.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Measured => "measured",
            Basis::Given => "given",
            Basis::Assumed => "assumed",
        }
    }
}

impl Amount {
    /// A default.
    pub fn assumed(value: f64) -> Amount {
        Amount { value, basis: Basis::Assumed }
    }

    /// Said by the team.
    pub fn given(value: f64) -> Amount {
        Amount { value, basis: Basis::Given }
    }
}

/// What things cost, all in one currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// The sign before every amount, such as `$`.
    pub currency: String,
    /// One processor core for an hour.
    pub core_hour: Amount,
    /// The share of paid time that is worked, in `(0, 1]`.
    pub utilisation: Amount,
    /// A million tokens sent to a paid model.
    pub tokens_in: Amount,
    /// A million tokens it writes.
    pub tokens_out: Amount,
    /// One label.
    pub label: Amount,
    /// An hour of the person who reviews changes.
    pub person_hour: Amount,
    /// A gigabyte kept for a month.
    pub gigabyte_month: Amount,
    /// Whatever is paid each month for each arm.
    pub hosting_month: Amount,
    /// Months over which labels and the first training are written off.
    pub months: Amount,
}

impl Default for Prices {
    /// A small rented server: about 0.04 a core-hour in 2025's price lists of the large clouds; a label and an hour of a
    /// person as assumed in this project's cost example.
    fn default() -> Prices {
        Prices {
            currency: "$".into(),
            core_hour: Amount::assumed(0.04),
            utilisation: Amount::assumed(0.3),
            tokens_in: Amount::assumed(0.5),
            tokens_out: Amount::assumed(1.5),
            label: Amount::assumed(0.5),
            person_hour: Amount::assumed(60.0),
            gigabyte_month: Amount::assumed(0.1),
            hosting_month: Amount::assumed(0.0),
            months: Amount::assumed(12.0),
        }
    }
}

impl Prices {
    /// Every price with its name and unit, in the order of the cost ledger.
    pub fn list(&self) -> [(&'static str, &'static str, &Amount); 9] {
        [
            ("core_hour", "a processor core for an hour", &self.core_hour),
            ("utilisation", "share of paid time that is worked", &self.utilisation),
            ("tokens_in", "a million tokens sent to a paid model", &self.tokens_in),
            ("tokens_out", "a million tokens it writes", &self.tokens_out),
            ("label", "one label", &self.label),
            ("person_hour", "an hour of a reviewer", &self.person_hour),
            ("gigabyte_month", "a gigabyte kept for a month", &self.gigabyte_month),
            ("hosting_month", "hosting, a month", &self.hosting_month),
            ("months", "months over which labels and training are written off", &self.months),
        ]
    }
}

/// How much is asked and changed in a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Questions.
    pub queries_per_month: Amount,
    /// Changes of documents or labels that answers must follow.
    pub updates_per_month: Amount,
}

impl Default for Volume {
    fn default() -> Volume {
        Volume { queries_per_month: Amount::assumed(10_000.0), updates_per_month: Amount::assumed(4.0) }
    }
}

/// One limit a criterion; as must-have or as nice-to-have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Least quality, in `[0, 1]`.
    pub quality: Option<f64>,
    /// Least groundedness, in `[0, 1]`; a must-have is compared with the lower end of the interval.
    pub groundedness: Option<f64>,
    /// Most milliseconds in 95 of 100 questions.
    pub p95_ms: Option<f64>,
    /// Most cost in a month.
    pub cost_per_month: Option<f64>,
    /// Most seconds until a change shows.
    pub update_lag_s: Option<f64>,
    /// Nothing may leave the team's machines.
    #[serde(default)]
    pub on_premises: bool,
}

/// How much each criterion counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Right answers.
    pub quality: f64,
    /// Answers that stand on evidence.
    pub groundedness: f64,
    /// Speed.
    pub latency: f64,
    /// Money.
    pub cost: f64,
    /// How fast a change shows.
    pub update_lag: f64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { quality: 0.8, groundedness: 0.0, latency: 0.05, cost: 0.05, update_lag: 0.1 }
    }
}

impl Default for Terms {
    fn default() -> Terms {
        Terms {
            prices: Prices::default(),
            volume: Volume::default(),
            must: Limits::default(),
            nice: Limits::default(),
            weights: Weights::default(),
            weight_certainty: 50.0,
            margin: 0.01,
            confidence: 0.9,
        }
    }
}

impl Terms {
    /// What in these terms cannot be, each in a sentence; empty when all is well. A price of zero is well, and so is one of 1e12.
    pub fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (name, _, amount) in self.prices.list() {
            if !amount.value.is_finite() || amount.value < 0.0 {
                found.push(format!("prices.{name} is {}: a price is zero or more", amount.value));
            }
            found.extend(too_much(&format!("prices.{name}"), amount.value));
        }
        let share = self.prices.utilisation.value;
        if share == 0.0 || share > 1.0 {
            found.push(format!("prices.utilisation is {share}: it is a share above 0 and at most 1"));
        }
        if self.prices.months.value == 0.0 {
            found.push("prices.months is 0: labels are written off over one month or more".into());
        }
        for (name, divisor) in [("utilisation", share), ("months", self.prices.months.value)] {
            if divisor > 0.0 && divisor < LEAST {
                found.push(format!("prices.{name} is {divisor:e}: it is {LEAST:e} or more"));
            }
        }
        for (name, amount) in [
            ("queries_per_month", &self.volume.queries_per_month),
            ("updates_per_month", &self.volume.updates_per_month),
        ] {
            if !amount.value.is_finite() || amount.value < 0.0 {
                found.push(format!("volume.{name} is {}: it is zero or more", amount.value));
            }
            found.extend(too_much(&format!("volume.{name}"), amount.value));
        }
        let weights = self.weights.list();
        if weights.iter().any(|weight| !weight.is_finite() || *weight < 0.0)
            || weights.iter().sum::<f64>() <= 0.0
        {
            found.push("weights are zero or more, and at least one is above zero".into());
        }
        found.extend(weights.iter().find_map(|weight| too_much("a weight", *weight)));
        for (name, must, nice, more) in [
            ("quality", self.must.quality, self.nice.quality, true),
            ("groundedness", self.must.groundedness, self.nice.groundedness, true),
            ("p95_ms", self.must.p95_ms, self.nice.p95_ms, false),
            ("cost_per_month", self.must.cost_per_month, self.nice.cost_per_month, false),
            ("update_lag_s", self.must.update_lag_s, self.nice.update_lag_s, false),
        ] {
            for (which, limit) in [("must", must), ("nice", nice)] {
                let Some(limit) = limit else { continue };
                if !limit.is_finite() || limit < 0.0 || (more && limit > 1.0) {
                    let range = if more { "lies between 0 and 1" } else { "is zero or more" };
                    found.push(format!("{which}.{name} is {limit}: it {range}"));
                }
                if !more {
                    found.extend(too_much(&format!("{which}.{name}"), limit));
                }
            }
            if let (Some(must), Some(nice)) = (must, nice)
                && (if more { nice < must } else { nice > must })
            {
                found.push(format!(
                    "nice.{name} ({nice}) is worse than must.{name} ({must}): what is nice goes beyond what must be"
                ));
            }
        }
        if !(0.0..1.0).contains(&self.margin) {
            found.push(format!("margin is {}: it lies between 0 and 1", self.margin));
        }
        if !(0.5..1.0).contains(&self.confidence) {
            found.push(format!("confidence is {}: it lies between .5 and 1", self.confidence));
        }
        if !self.weight_certainty.is_finite() || self.weight_certainty <= 0.0 {
            found.push(format!("weight_certainty is {}: it is above 0", self.weight_certainty));
        }
        found.extend(too_much("weight_certainty", self.weight_certainty));
        found
    }
}

/// That `name` is beyond what can be reckoned with, where it is.
fn too_much(name: &str, value: f64) -> Option<String> {
    (value.is_finite() && value > MOST).then(|| format!("{name} is {value:e}: it is {MOST:e} or less"))
}

impl Weights {
    /// In the order of the criteria.
    pub(crate) fn list(&self) -> [f64; 5] {
        [self.quality, self.groundedness, self.latency, self.cost, self.update_lag]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl Fn(&mut Terms), expected: &[&str]) {
        let mut terms = Terms::default();
        change(&mut terms);
        assert_eq!(terms.contradictions(), expected);
    }

    #[test]
    fn numbers_whose_products_are_beyond_reckoning_are_refused_by_name() {
        check(|_| {}, &[]);
        check(|terms| terms.prices.label = Amount::given(1e12), &[]);
        let label = "prices.label is 1e308: it is 1e12 or less";
        check(|terms| terms.prices.label = Amount::given(1e308), &[label]);
        let share = "prices.utilisation is 1e-308: it is 1e-6 or more";
        check(|terms| terms.prices.utilisation = Amount::given(1e-308), &[share]);
        let months = "prices.months is 1e-300: it is 1e-6 or more";
        check(|terms| terms.prices.months = Amount::given(1e-300), &[months]);
        let questions = "volume.queries_per_month is 2e12: it is 1e12 or less";
        check(|terms| terms.volume.queries_per_month = Amount::given(2e12), &[questions]);
        let wish = "nice.cost_per_month is 1e308: it is 1e12 or less";
        check(|terms| terms.nice.cost_per_month = Some(1e308), &[wish]);
        check(|terms| terms.weights.cost = 1e308, &["a weight is 1e308: it is 1e12 or less"]);
        let sure = "weight_certainty is 1e308: it is 1e12 or less";
        check(|terms| terms.weight_certainty = 1e308, &[sure]);
    }
}
