//! A card that says how far a judge (a model) can be trusted, by human labels of the same items.

use serde::{Deserialize, Serialize};

use crate::{Coefficient, Labels, Metric, Resampling, coefficient, wilson};

/// So many human labels are needed before a judge's score is shown as quality.
pub const JUDGED_BY_PEOPLE: usize = 100;

/// One item that a person and the judge looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// What the person says.
    pub human: bool,
    /// What the judge says.
    pub judge: bool,
}

/// How far the judge agrees with people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeCard {
    /// How many items both looked at.
    pub labels: usize,
    /// Whether that is enough for the judge's score to be shown as quality.
    pub enough: bool,
    /// How many labels are still needed.
    pub missing: usize,
    /// The share of items they agree on.
    pub agreement: Metric,
    /// Cohen's kappa.
    pub kappa: Metric,
    /// Gwet's AC1, which does not collapse when almost all items are alike.
    pub ac1: Metric,
    /// Of what people call good, what the judge calls good; Wilson's interval.
    pub sensitivity: Metric,
    /// Of what people call bad, what the judge calls bad; Wilson's interval.
    pub specificity: Metric,
    /// Whether the judge is no better than a coin: then its score cannot be corrected, and is refused.
    pub no_better_than_chance: bool,
}

/// The card of a judge.
pub fn judge_card(verdicts: &[Judged], resampling: &Resampling) -> JudgeCard {
    let names: Vec<String> = (0..verdicts.len()).map(|at| format!("{at:09}")).collect();
    let word = |good: bool| if good { "good" } else { "bad" };
    let rows = names.iter().zip(verdicts).flat_map(|(name, verdict)| {
        [(name.as_str(), "human", word(verdict.human)), (name.as_str(), "judge", word(verdict.judge))]
    });
    let labels = Labels::with_order(rows, &["bad", "good"]);
    let measure = |which| coefficient(&labels, which, resampling).metric;
    let rate = |good: bool| {
        let of = verdicts.iter().filter(|verdict| verdict.human == good).count();
        let hits = verdicts.iter().filter(|verdict| verdict.human == good && verdict.judge == good).count();
        share(hits, of, if good { "people call nothing good" } else { "people call nothing bad" })
    };
    let (sensitivity, specificity) = (rate(true), rate(false));
    let both = sensitivity.value.zip(specificity.value);
    JudgeCard {
        labels: verdicts.len(),
        enough: verdicts.len() >= JUDGED_BY_PEOPLE,
        missing: JUDGED_BY_PEOPLE.saturating_sub(verdicts.len()),
        agreement: measure(Coefficient::Percent),
        kappa: measure(Coefficient::Cohen),
        ac1: measure(Coefficient::Ac1),
        no_better_than_chance: both
            .is_some_and(|(sensitivity, specificity)| sensitivity + specificity <= 1.0),
        sensitivity,
        specificity,
    }
}

fn share(part: usize, of: usize, why: &str) -> Metric {
    if of == 0 {
        return Metric { value: None, low: None, high: None, n: 0, why: Some(why.to_string()) };
    }
    let interval = wilson(part, of);
    let value = Some(part as f64 / of as f64);
    Metric { value, low: Some(interval.low), high: Some(interval.high), n: of, why: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many of each: both good, human only, judge only, both bad.
    fn card(counts: [usize; 4]) -> JudgeCard {
        let kinds = [(true, true), (true, false), (false, true), (false, false)];
        let verdicts: Vec<Judged> = counts
            .into_iter()
            .zip(kinds)
            .flat_map(|(count, (human, judge))| vec![Judged { human, judge }; count])
            .collect();
        judge_card(&verdicts, &Resampling { seed: 0, resamples: 100 })
    }

    #[test]
    fn the_numbers_are_those_of_the_four_fold_table() {
        let card = card([45, 15, 25, 15]);
        let close = |metric: &Metric, expected: f64| (metric.value.unwrap() - expected).abs() < 1e-9;
        // Agreement .60; chance .6*.7 + .4*.3 = .54, so kappa = .06/.46.
        assert!(close(&card.agreement, 0.6) && close(&card.kappa, 0.06 / 0.46), "{card:?}");
        // AC1: mean share of good .65, chance 2 x .65 x .35.
        assert!(close(&card.ac1, (0.6 - 0.455) / (1.0 - 0.455)), "{card:?}");
        assert!(close(&card.sensitivity, 0.75) && close(&card.specificity, 0.375));
        assert!(card.enough && card.missing == 0 && !card.no_better_than_chance);
    }

    #[test]
    fn below_a_hundred_labels_it_is_not_enough() {
        let card = card([40, 10, 10, 39]);
        assert!(!card.enough && card.missing == 1);
    }

    #[test]
    fn a_judge_that_is_a_coin_is_refused() {
        assert!(card([30, 30, 30, 30]).no_better_than_chance);
    }

    #[test]
    fn nothing_judged_is_a_state() {
        let card = card([0, 0, 0, 0]);
        assert!(
            card.kappa.value.is_none() && card.sensitivity.value.is_none() && !card.no_better_than_chance
        );
    }
}
