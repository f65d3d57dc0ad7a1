//! One label for each item: accuracy, F1, Matthews' correlation and the confusion of labels.

use serde::Serialize;

use super::{F1Report, Tally, f1_report};
use crate::measured::estimate;
use crate::{Metric, Resampling};

/// How good predicted labels are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelReport {
    /// The share of items with the right label.
    pub accuracy: Metric,
    /// Matthews' correlation of many labels (Gorodkin 2004), in `[-1, 1]`; undefined when all items have one label, or all
    /// predictions are one label.
    pub mcc: Metric,
    /// F1 by label and over labels.
    #[serde(flatten)]
    pub f1: F1Report,
    /// By right label, how often each label was predicted; the last column is no prediction.
    pub confusion: Vec<Vec<usize>>,
}

/// Compares predicted labels with the right ones, both as places in `labels`; no prediction is wrong.
pub fn label_report(
    gold: &[usize],
    predicted: &[Option<usize>],
    labels: &[String],
    resampling: &Resampling,
) -> LabelReport {
    let mut confusion = vec![vec![0; labels.len() + 1]; labels.len()];
    for (right, said) in gold.iter().zip(predicted) {
        confusion[*right][said.unwrap_or(labels.len())] += 1;
    }
    let correct: Vec<f64> =
        gold.iter().zip(predicted).map(|(right, said)| f64::from(*said == Some(*right))).collect();
    let tallies: Vec<Vec<Tally>> =
        gold.iter().zip(predicted).map(|(right, said)| tally(*right, *said)).collect();
    let mcc = estimate(gold.len(), resampling, |weights| vec![mcc(gold, predicted, labels.len(), weights)]);
    let why = "all items have one label, or all predictions are one label";
    LabelReport {
        accuracy: Metric::mean(&correct, resampling),
        mcc: mcc[0].covering(gold.len(), gold.len(), why).metric,
        f1: f1_report(&tallies, labels, resampling),
        confusion,
    }
}

fn tally(right: usize, said: Option<usize>) -> Vec<Tally> {
    let hits = usize::from(said == Some(right));
    let mut tallies = vec![Tally { label: right, hits, predicted: hits, gold: 1 }];
    tallies.extend(said.filter(|said| *said != right).map(|label| Tally {
        label,
        hits: 0,
        predicted: 1,
        gold: 0,
    }));
    tallies
}

fn mcc(gold: &[usize], predicted: &[Option<usize>], labels: usize, weights: &[f64]) -> Option<f64> {
    // No prediction is one more label to predict.
    let (mut right, mut said) = (vec![0.0; labels + 1], vec![0.0; labels + 1]);
    let (mut n, mut correct) = (0.0, 0.0);
    for ((gold, predicted), weight) in gold.iter().zip(predicted).zip(weights) {
        right[*gold] += weight;
        said[predicted.unwrap_or(labels)] += weight;
        n += weight;
        correct += if *predicted == Some(*gold) { *weight } else { 0.0 };
    }
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let spread = (n * n - product(&said, &said)) * (n * n - product(&right, &right));
    (spread > 0.0).then(|| (correct * n - product(&right, &said)) / spread.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn report(gold: &[usize], predicted: &[Option<usize>]) -> LabelReport {
        let labels = ["a", "b", "c"].map(String::from);
        label_report(gold, predicted, &labels, &Resampling { seed: 0, resamples: 30 })
    }

    #[test]
    fn a_missing_prediction_is_wrong_and_nobody_s_false_alarm() {
        let report = report(&[0, 0, 1], &[Some(0), None, Some(1)]);
        assert_eq!(report.accuracy.value, Some(2.0 / 3.0));
        assert_eq!(report.f1.micro.precision.value, Some(1.0));
        assert_eq!(report.confusion, [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]]);
    }

    #[test]
    fn one_label_everywhere_has_no_correlation() {
        let mcc = report(&[0, 0], &[Some(0), Some(0)]).mcc;
        assert!(mcc.value.is_none() && mcc.why.unwrap().contains("one label"));
    }

    proptest! {
        #[test]
        fn the_order_of_items_does_not_matter_and_perfect_is_one(
            rows in prop::collection::vec((0usize..3, prop::option::of(0usize..3)), 1..20).prop_shuffle()
        ) {
            let values = |rows: &[(usize, Option<usize>)]| {
                let (gold, predicted): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
                let report = report(&gold, &predicted);
                let f1 = report.f1;
                [report.accuracy.value, report.mcc.value, f1.micro.f1.value, f1.macro_average.f1.value, f1.weighted.f1.value]
            };
            let mut sorted = rows.clone();
            sorted.sort();
            for (a, b) in values(&rows).into_iter().zip(values(&sorted)) {
                prop_assert!(a.is_some() == b.is_some() && a.zip(b).is_none_or(|(a, b)| (a - b).abs() < 1e-12));
                prop_assert!(a.is_none_or(|a| (-1.0..=1.0 + 1e-12).contains(&a)));
            }
            let perfect: Vec<_> = rows.iter().map(|(right, _)| (*right, Some(*right))).collect();
            prop_assert!(values(&perfect).into_iter().all(|value| value.is_none_or(|value| (value - 1.0).abs() < 1e-12)));
        }
    }
}
