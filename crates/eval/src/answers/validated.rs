//! When a judge's score may be shown as quality, and corrected by how much: never before enough people looked as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{JUDGED_BY_PEOPLE, JudgeCard, Judged, judge_card, ppi_mean_of_clusters};
use crate::{Metric, Resampling};

/// One item a judge looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion<'a> {
    /// Items of one cluster, such as a document, are not independent.
    pub cluster: &'a str,
    /// The judge's score, in `[0, 1]`; `None`: it gave no verdict that can be read.
    pub judge: Option<f64>,
    /// What a person says of it, in `[0, 1]`; `None`: nobody looked.
    pub human: Option<f64>,
}

/// What may be said on a judge's word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validated {
    /// `unvalidated, N of 100 labels`, `checked against N labels`, or why the judge is refused.
    pub status: String,
    /// People's labels of items that it gave a verdict on.
    pub labels: usize,
    /// How many more of them it takes until a score may be shown.
    pub labels_needed: usize,
    /// How far it agrees with people; from 100 labels on.
    pub card: Option<JudgeCard>,
    /// The mean of what people would say of all items, corrected by PPI++; from 100 labels on, and only for a judge that is
    /// better than chance.
    pub quality: Option<Metric>,
    /// How far the judge was believed, in `[0, 1]`.
    pub lambda: Option<f64>,
    /// The width of the interval over that of the labels alone.
    pub width_ratio: Option<f64>,
}

/// What may be said of items by a judge's opinions of them and people's of some.
///
/// A verdict that cannot be read counts as 0 in the mean, which the correction makes up for, and is left out of the card. A
/// score above a half counts as good there.
pub fn validated(opinions: &[Opinion], resampling: &Resampling) -> Validated {
    let people = opinions.iter().filter(|opinion| opinion.human.is_some()).count();
    let both = opinions.iter().filter_map(|opinion| {
        let (human, judge) = opinion.human.zip(opinion.judge)?;
        Some(Judged { human: human > 0.5, judge: judge > 0.5 })
    });
    let both: Vec<Judged> = both.collect();
    let (labels, labels_needed) = (both.len(), JUDGED_BY_PEOPLE.saturating_sub(both.len()));
    let shut = |status: String, card: Option<JudgeCard>| Validated {
        status,
        labels,
        labels_needed,
        card,
        quality: None,
        lambda: None,
        width_ratio: None,
    };
    if people < JUDGED_BY_PEOPLE {
        return shut(format!("unvalidated, {people} of {JUDGED_BY_PEOPLE} labels"), None);
    }
    if labels_needed > 0 {
        let status = format!(
            "unvalidated, {labels} of {JUDGED_BY_PEOPLE} labels are of items the judge gave a verdict on"
        );
        return shut(status, None);
    }
    let card = judge_card(&both, resampling);
    if card.no_better_than_chance {
        return shut("refused, the judge is no better than chance".into(), Some(card));
    }
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut labelled, mut theirs, mut unlabelled, mut others) = (vec![], vec![], vec![], vec![]);
    for opinion in opinions {
        let next = numbers.len();
        let cluster = *numbers.entry(opinion.cluster).or_insert(next);
        let judge = opinion.judge.unwrap_or(0.0);
        match opinion.human {
            Some(human) => {
                labelled.push((human, judge));
                theirs.push(cluster);
            }
            None => {
                unlabelled.push(judge);
                others.push(cluster);
            }
        }
    }
    let tuned = ppi_mean_of_clusters(&labelled, &theirs, &unlabelled, &others);
    // People say something from 0 to 1 of each item, and the normal interval of their mean knows nothing of that.
    let within = |end: Option<f64>| end.map(|end| end.clamp(0.0, 1.0));
    let Metric { value, low, high, n, why } = tuned.mean;
    let quality = Metric { value: within(value), low: within(low), high: within(high), n, why };
    Validated {
        status: format!("checked against {people} labels"),
        labels,
        labels_needed,
        card: Some(card),
        quality: Some(quality),
        lambda: Some(tuned.lambda),
        width_ratio: tuned.width_ratio,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `labels` of 400 items, of which three in five are good; the judge says `judge(good, at)`.
    fn found(labels: usize, judge: impl Fn(bool, usize) -> Option<f64>) -> Validated {
        let names: Vec<String> = (0..400).map(|at| format!("d{at}")).collect();
        let opinion = |at: usize| {
            let good = at % 5 < 3;
            let human = (at < labels).then_some(f64::from(u8::from(good)));
            Opinion { cluster: &names[at], judge: judge(good, at), human }
        };
        let opinions: Vec<Opinion> = (0..400).map(opinion).collect();
        validated(&opinions, &Resampling { seed: 0, resamples: 200 })
    }

    fn number(truth: bool) -> Option<f64> {
        Some(f64::from(u8::from(truth)))
    }

    #[test]
    fn below_a_hundred_labels_nothing_is_shown_as_quality() {
        let found = found(99, |good, _| number(good));
        assert_eq!(found.status, "unvalidated, 99 of 100 labels");
        assert_eq!((found.card, found.quality), (None, None));
        assert_eq!((found.labels, found.labels_needed), (99, 1));
    }

    #[test]
    fn from_a_hundred_on_the_judge_is_corrected() {
        // It calls one bad item in four good, which would make .6 look like .7.
        let found = found(100, |good, at| number(good || at % 8 == 3));
        let quality = found.quality.unwrap();
        assert!((quality.value.unwrap() - 0.6).abs() < 0.03, "{quality:?}");
        assert!(found.card.unwrap().sensitivity.value == Some(1.0) && found.width_ratio.unwrap() < 0.8);
    }

    #[test]
    fn what_people_would_say_lies_between_0_and_1() {
        let names: Vec<String> = (0..120).map(|at| format!("d{at}")).collect();
        let opinion = |at: usize| {
            let said = number(at > 0);
            Opinion { cluster: &names[at], judge: said, human: said }
        };
        let opinions: Vec<Opinion> = (0..120).map(opinion).collect();
        let quality = validated(&opinions, &Resampling { seed: 0, resamples: 100 }).quality.unwrap();
        assert!(quality.low.unwrap() < 0.99 && quality.high == Some(1.0), "{quality:?}");
    }

    #[test]
    fn a_coin_is_refused_and_verdicts_that_cannot_be_read_are_no_labels() {
        let coin = found(100, |_, at| number(at % 2 == 0));
        assert_eq!(
            (coin.status.as_str(), coin.quality),
            ("refused, the judge is no better than chance", None)
        );
        let mute = found(120, |good, at| number(good).filter(|_| at % 2 == 0));
        assert_eq!(mute.status, "unvalidated, 60 of 100 labels are of items the judge gave a verdict on");
        assert_eq!((coin.labels_needed, mute.labels, mute.labels_needed), (0, 60, 40));
    }
}
