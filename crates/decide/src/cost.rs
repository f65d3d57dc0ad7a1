//! What an arm costs: per question, per month, per change; and the volume at which one arm becomes the cheaper.

use engraft_eval::Metric;
use serde::{Deserialize, Serialize};

use crate::draws::{Draws, Extra, Series};
use crate::{Arm, Basis, Experiment, Terms};

/// What an arm costs, each part with its interval where it was measured on questions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cost {
    /// One question.
    pub(crate) query: Series,
    /// A month without any question or change.
    pub(crate) fixed: f64,
    /// One change.
    pub(crate) update: f64,
    /// A month at the team's volume.
    pub(crate) month: Series,
    /// Core-seconds, tokens in and tokens out of a mean question.
    pub(crate) spent: [f64; 3],
    /// Where it goes.
    pub(crate) ledger: Vec<CostLine>,
}

/// One line of the cost ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostLine {
    /// Such as `processor time of questions`.
    pub what: String,
    /// How it is computed, with the numbers.
    pub how: String,
    /// In the currency, a month.
    pub per_month: f64,
    /// The weakest basis of the numbers in it.
    pub basis: Basis,
}

impl Cost {
    pub(crate) fn of(experiment: &Experiment, draws: &Draws, at: usize) -> Option<Cost> {
        let (arm, terms) = (&experiment.arms[at], &experiment.terms);
        let prices = &terms.prices;
        let second = prices.core_hour.value / 3600.0 / prices.utilisation.value;
        let cpu = draws.extra(at, Extra::Cpu)?;
        let (sent, written) = (draws.extra(at, Extra::TokensIn)?, draws.extra(at, Extra::TokensOut)?);
        let parts =
            [(second, cpu), (prices.tokens_in.value / 1e6, sent), (prices.tokens_out.value / 1e6, written)];
        let query = Series::sum(&parts);
        let (fixed, update) = (fixed(arm, terms, second), update(arm, terms, second));
        let rest = fixed + update * terms.volume.updates_per_month.value;
        let month = query.map(|query| query * terms.volume.queries_per_month.value + rest);
        let spent = [cpu.point, sent.point, written.point];
        let ledger = ledger(arm, terms, second, spent);
        Some(Cost { query, fixed, update, month, spent, ledger })
    }
}

/// What a month would cost under other `terms`, with `spent` a question as measured.
pub(crate) fn month(arm: &Arm, terms: &Terms, [cpu, sent, written]: [f64; 3]) -> f64 {
    let prices = &terms.prices;
    let second = prices.core_hour.value / 3600.0 / prices.utilisation.value;
    let tokens = (sent * prices.tokens_in.value + written * prices.tokens_out.value) / 1e6;
    (cpu * second + tokens) * terms.volume.queries_per_month.value
        + fixed(arm, terms, second)
        + update(arm, terms, second) * terms.volume.updates_per_month.value
}

fn fixed(arm: &Arm, terms: &Terms, second: f64) -> f64 {
    let (prices, upkeep) = (&terms.prices, &arm.upkeep);
    let once = upkeep.labels as f64 * prices.label.value + upkeep.build_cpu_s * second;
    prices.hosting_month.value
        + upkeep.bytes as f64 / 1e9 * prices.gigabyte_month.value
        + once / prices.months.value
}

fn update(arm: &Arm, terms: &Terms, second: f64) -> f64 {
    arm.upkeep.update_cpu_s * second + arm.upkeep.update_person_min / 60.0 * terms.prices.person_hour.value
}

fn ledger(arm: &Arm, terms: &Terms, second: f64, [cpu, sent, written]: [f64; 3]) -> Vec<CostLine> {
    let (prices, volume, upkeep) = (&terms.prices, &terms.volume, &arm.upkeep);
    let (queries, updates) = (&volume.queries_per_month, &volume.updates_per_month);
    let weakest = |bases: &[Basis]| {
        let all = [Basis::Assumed, Basis::Given, Basis::Measured];
        all.into_iter().find(|basis| bases.contains(basis)).unwrap_or(Basis::Assumed)
    };
    let mut lines = Vec::new();
    let mut line = |what: &str, how: String, per_month: f64, bases: &[Basis]| {
        lines.push(CostLine { what: what.into(), how, per_month, basis: weakest(bases) });
    };
    line(
        "Processor time of questions",
        format!(
            "{} questions × {cpu:.6} core-seconds × {}{} an hour at {:.0} % use",
            queries.value,
            prices.currency,
            prices.core_hour.value,
            prices.utilisation.value * 100.0
        ),
        queries.value * cpu * second,
        &[queries.basis, prices.core_hour.basis, prices.utilisation.basis, Basis::Measured],
    );
    if sent + written > 0.0 {
        line(
            "Tokens of a paid model",
            format!("{} questions × ({sent:.0} in, {written:.0} out)", queries.value),
            queries.value * (sent * prices.tokens_in.value + written * prices.tokens_out.value) / 1e6,
            &[queries.basis, prices.tokens_in.basis, prices.tokens_out.basis],
        );
    }
    if upkeep.labels > 0 {
        line(
            "Labels, written off",
            format!(
                "{} labels × {}{} over {} months",
                upkeep.labels, prices.currency, prices.label.value, prices.months.value
            ),
            upkeep.labels as f64 * prices.label.value / prices.months.value,
            &[prices.label.basis, prices.months.basis],
        );
    }
    line(
        "Building, written off",
        format!("{:.1} core-seconds over {} months", upkeep.build_cpu_s, prices.months.value),
        upkeep.build_cpu_s * second / prices.months.value,
        &[prices.core_hour.basis, prices.months.basis],
    );
    line(
        "Changes",
        format!(
            "{} changes × ({:.1} core-seconds and {:.0} minutes of a person)",
            updates.value, upkeep.update_cpu_s, upkeep.update_person_min
        ),
        updates.value * update(arm, terms, second),
        &[updates.basis, prices.person_hour.basis, prices.core_hour.basis],
    );
    line(
        "Storage",
        format!("{:.1} MB", upkeep.bytes as f64 / 1e6),
        upkeep.bytes as f64 / 1e9 * prices.gigabyte_month.value,
        &[prices.gigabyte_month.basis],
    );
    if prices.hosting_month.value > 0.0 {
        line("Hosting", "as said".into(), prices.hosting_month.value, &[prices.hosting_month.basis]);
    }
    lines
}

/// Where the monthly costs of two arms cross.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BreakEven {
    /// One arm.
    pub a: String,
    /// The other.
    pub b: String,
    /// Questions a month at which both cost the same, all else as said; no value: one is cheaper at every volume.
    pub queries_per_month: Metric,
    /// Changes a month at which both cost the same, all else as said.
    pub updates_per_month: Option<f64>,
    /// In plain words.
    pub words: String,
}

/// The break-even of two arms.
pub(crate) fn break_even(terms: &Terms, (a, left): (&str, &Cost), (b, right): (&str, &Cost)) -> BreakEven {
    let updates = terms.volume.updates_per_month.value;
    let rest = |cost: &Cost| cost.fixed + cost.update * updates;
    let crossing = |c_a: f64, c_b: f64| {
        let volume = (rest(right) - rest(left)) / (c_a - c_b);
        if volume.is_finite() && volume > 0.0 { volume } else { f64::INFINITY }
    };
    let point = crossing(left.query.point, right.query.point);
    let mut draws: Vec<f64> =
        left.query.draws.iter().zip(&right.query.draws).map(|(c_a, c_b)| crossing(*c_a, *c_b)).collect();
    draws.sort_unstable_by(f64::total_cmp);
    let n = left.query.n.min(right.query.n);
    let cheaper = |volume: f64| {
        let month = |cost: &Cost| cost.query.point * volume + rest(cost);
        if month(left) <= month(right) { a } else { b }
    };
    let (queries_per_month, words) = if point.is_finite() {
        let at = |q: f64| draws[((draws.len() - 1) as f64 * q).round() as usize];
        let (low, high) = (at(0.025), at(0.975));
        let bounded = high.is_finite();
        let why = (!bounded).then(|| "in some resamples the two never cross".to_string());
        let metric = Metric {
            value: Some(point),
            low: Some(low).filter(|low| bounded && low.is_finite()),
            high: Some(high).filter(|_| bounded),
            n,
            why,
        };
        let (below, above) = (cheaper(0.0), cheaper(2.0 * point));
        let words =
            format!("Below {point:.0} questions a month `{below}` is the cheaper, above it `{above}`.");
        (metric, words)
    } else {
        let why = Some("one is cheaper at every volume".to_string());
        let metric = Metric { value: None, low: None, high: None, n, why };
        (
            metric,
            format!("`{}` is the cheaper at every volume.", cheaper(terms.volume.queries_per_month.value)),
        )
    };
    let queries = terms.volume.queries_per_month.value;
    let without = |cost: &Cost| cost.query.point * queries + cost.fixed;
    let updates_at = (without(right) - without(left)) / (left.update - right.update);
    BreakEven {
        a: a.into(),
        b: b.into(),
        queries_per_month,
        updates_per_month: Some(updates_at).filter(|at| at.is_finite() && *at > 0.0),
        words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Amount;

    fn cost(query: f64, fixed: f64, update: f64) -> Cost {
        let series = |point: f64| Series { point, draws: vec![point; 10], n: 100, limits: Vec::new() };
        Cost { query: series(query), fixed, update, month: series(0.0), spent: [0.0; 3], ledger: Vec::new() }
    }

    /// The project's worked example: retrieval adds 2,000 tokens at 0.5 a million; tuning is 1,000 labels at 0.5 and 100 of
    /// training over six months; a retraining is 30 of machine and an hour at 60.
    #[track_caller]
    fn check(updates: f64, expected: Option<f64>) {
        let (retrieval, tuned) = (cost(2000.0 * 0.5 / 1e6, 0.0, 0.0), cost(0.0, 600.0 / 6.0, 90.0));
        let mut terms = Terms::default();
        terms.volume.updates_per_month = Amount::given(updates);
        let pair = break_even(&terms, ("retrieval", &retrieval), ("tuned", &tuned));
        let found = pair.queries_per_month.value.map(f64::round);
        assert_eq!(found, expected, "{}", pair.words);
    }

    #[test]
    fn retrieval_is_cheaper_below_100_000_questions_a_month() {
        check(0.0, Some(100_000.0));
    }

    #[test]
    fn a_retraining_a_week_moves_that_to_490_000() {
        check(52.0 / 12.0, Some(490_000.0));
    }

    #[test]
    fn an_arm_that_costs_less_in_everything_never_breaks_even() {
        let pair = break_even(&Terms::default(), ("a", &cost(0.1, 5.0, 0.0)), ("b", &cost(0.2, 9.0, 0.0)));
        assert_eq!((pair.queries_per_month.value, pair.updates_per_month), (None, None));
        assert_eq!(pair.words, "`a` is the cheaper at every volume.");
    }
}
