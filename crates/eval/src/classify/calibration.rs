//! Whether a confidence of 0.8 is right eight times in ten.

use serde::Serialize;

use crate::interval::quantile;
use crate::measured::estimate_grouped;
use crate::{Metric, Resampling};

/// A confidence and whether it was right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// In `[0, 1]`.
    pub confidence: f64,
    /// Whether what was said is so.
    pub right: bool,
}

/// Calibration error with both kinds of bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ece {
    /// 15 bins of equal width (Guo et al. 2017).
    pub equal_width: Metric,
    /// 15 bins of equal size (Nixon et al. 2019).
    pub equal_mass: Metric,
}

/// How well confidences fit. All in `[0, 1]`, less is better except resolution.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Expected calibration error: the mean distance, over bins, of confidence and accuracy. Too high with few items: even a
    /// perfect predictor shows about 0.1 at n = 100.
    pub ece: Ece,
    /// The mean squared distance of confidence and truth (Brier 1950).
    pub brier: Metric,
    /// How far bins are off, squared (Murphy 1973, over the bins of equal width).
    pub reliability: Metric,
    /// How far bins are from the mean, squared: more is better.
    pub resolution: Metric,
    /// The spread of the truth itself.
    pub uncertainty: Metric,
    /// The bins of equal width that hold anything, from unsure to sure.
    pub bins: Vec<CalibrationBin>,
}

/// What was said and what was so in one bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// The mean confidence.
    pub confidence: f64,
    /// The share that was right.
    pub right: f64,
    /// How many predictions.
    pub n: usize,
}

/// Bins.
const COUNT: usize = 15;

/// Brier's score is reliability - resolution + uncertainty where all confidences of a bin are the same, else nearly so.
pub fn calibration(predictions: &[Prediction], resampling: &Resampling) -> Calibration {
    calibration_of_groups(predictions, &[], resampling)
}

/// The same where predictions of one group, such as those about one document, vary together. `groups` has the group of each
/// prediction, numbered from 0 without gaps; empty, where each stands for itself.
pub fn calibration_of_groups(
    predictions: &[Prediction],
    groups: &[u32],
    resampling: &Resampling,
) -> Calibration {
    let equal: Vec<f64> = (1..COUNT).map(|edge| edge as f64 / COUNT as f64).collect();
    let width = bins(predictions, &equal);
    let mass = bins(predictions, &quantiles(predictions));
    let estimates = estimate_grouped(predictions.len(), groups, resampling, |weights| {
        let n: f64 = weights.iter().sum();
        if n == 0.0 {
            return vec![None; 6];
        }
        let (width, mass) = (sums(predictions, &width, weights), sums(predictions, &mass, weights));
        let error =
            |sums: &[Sums]| sums.iter().map(|bin| (bin.right - bin.confidence).abs()).sum::<f64>() / n;
        let squared = |prediction: &Prediction| (prediction.confidence - f64::from(prediction.right)).powi(2);
        let brier: f64 = predictions.iter().zip(weights).map(|(one, weight)| squared(one) * weight).sum();
        let rate = width.iter().map(|bin| bin.right).sum::<f64>() / n;
        let over_bins = |distance: &dyn Fn(&Sums) -> f64| {
            width.iter().filter(|bin| bin.n > 0.0).map(|bin| bin.n * distance(bin).powi(2)).sum::<f64>() / n
        };
        let reliability = over_bins(&|bin| (bin.confidence - bin.right) / bin.n);
        let resolution = over_bins(&|bin| bin.right / bin.n - rate);
        let values = [error(&width), error(&mass), brier / n, reliability, resolution, rate * (1.0 - rate)];
        values.map(Some).to_vec()
    });
    let metric = |place: usize| {
        estimates[place].covering(predictions.len(), predictions.len(), "nothing to measure").metric
    };
    let ones = vec![1.0; predictions.len()];
    let seen = sums(predictions, &width, &ones).into_iter().filter(|bin| bin.n > 0.0);
    let bin = |bin: Sums| CalibrationBin {
        confidence: bin.confidence / bin.n,
        right: bin.right / bin.n,
        n: bin.n as usize,
    };
    Calibration {
        bins: seen.map(bin).collect(),
        ece: Ece { equal_width: metric(0), equal_mass: metric(1) },
        brier: metric(2),
        reliability: metric(3),
        resolution: metric(4),
        uncertainty: metric(5),
    }
}

/// The edges between bins of nearly equal size; equal confidences share a bin.
fn quantiles(predictions: &[Prediction]) -> Vec<f64> {
    let mut sorted: Vec<f64> = predictions.iter().map(|one| one.confidence).collect();
    sorted.sort_by(f64::total_cmp);
    let inner = if sorted.is_empty() { 1..1 } else { 1..COUNT };
    inner.map(|edge| quantile(&sorted, edge as f64 / COUNT as f64)).collect()
}

/// The bin of each prediction; a confidence on an edge is in the lower one.
fn bins(predictions: &[Prediction], edges: &[f64]) -> Vec<usize> {
    predictions.iter().map(|one| edges.partition_point(|edge| *edge < one.confidence)).collect()
}

#[derive(Clone, Copy, Default)]
struct Sums {
    n: f64,
    confidence: f64,
    right: f64,
}

fn sums(predictions: &[Prediction], bins: &[usize], weights: &[f64]) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); COUNT];
    for ((prediction, bin), weight) in predictions.iter().zip(bins).zip(weights) {
        sums[*bin].n += weight;
        sums[*bin].confidence += weight * prediction.confidence;
        sums[*bin].right += weight * f64::from(prediction.right);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn measure(rows: &[(f64, bool)]) -> Calibration {
        let rows: Vec<_> = rows
            .iter()
            .map(|(confidence, right)| Prediction { confidence: *confidence, right: *right })
            .collect();
        calibration(&rows, &Resampling { seed: 0, resamples: 20 })
    }

    #[test]
    fn the_error_is_the_distance_of_confidence_and_accuracy_over_bins() {
        // Two bins: 0.9 said, half right; 0.1 said, none right.
        let found = measure(&[(0.9, true), (0.9, false), (0.1, false), (0.1, false)]);
        let close = |metric: &Metric, expected: f64| (metric.value.unwrap() - expected).abs() < 1e-12;
        assert!(close(&found.ece.equal_width, 0.25) && close(&found.ece.equal_mass, 0.25), "{found:?}");
        assert!(close(&found.brier, (0.01 + 0.81 + 0.01 + 0.01) / 4.0));
    }

    #[test]
    fn a_perfect_predictor_shows_about_a_tenth_on_a_hundred_items() {
        let mut draw = crate::interval::SplitMix::new(5, 0);
        let mut item = || {
            let confidence = draw.below(1000) as f64 / 1000.0;
            (confidence, (draw.below(1000) as f64) < confidence * 1000.0)
        };
        let errors = (0..50)
            .map(|_| measure(&(0..100).map(|_| item()).collect::<Vec<_>>()).ece.equal_width.value.unwrap());
        let mean = errors.sum::<f64>() / 50.0;
        assert!((0.08..0.13).contains(&mean), "{mean}");
    }

    #[test]
    fn nothing_measured_is_a_state() {
        assert_eq!(measure(&[]).brier.value, None);
    }

    #[test]
    fn bins_that_hold_nothing_are_left_out() {
        let bins = measure(&[(0.9, true), (0.9, false), (0.1, false)]).bins;
        let seen: Vec<(f64, usize)> = bins.iter().map(|bin| (bin.right, bin.n)).collect();
        assert_eq!(seen, [(0.0, 1), (0.5, 2)]);
        assert!((bins[1].confidence - 0.9).abs() < 1e-12);
    }

    #[test]
    fn copies_of_a_prediction_in_one_group_say_nothing_new() {
        let row = |at: usize| Prediction { confidence: 0.7, right: !at.is_multiple_of(3) };
        let single: Vec<Prediction> = (0..60).map(row).collect();
        let copied: Vec<Prediction> = single.iter().flat_map(|one| [*one; 3]).collect();
        let groups: Vec<u32> = (0..180).map(|at| at / 3).collect();
        let resampling = Resampling { seed: 2, resamples: 200 };
        let (once, thrice) =
            (calibration(&single, &resampling), calibration_of_groups(&copied, &groups, &resampling));
        let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-12;
        assert!(close(once.brier.low, thrice.brier.low) && close(once.brier.high, thrice.brier.high));
        assert!(once.brier.low < once.brier.value && once.brier.value < once.brier.high, "{once:?}");
    }

    proptest! {
        #[test]
        fn brier_falls_into_its_parts_and_order_does_not_matter(
            rows in prop::collection::vec((0usize..15, any::<bool>()), 1..40).prop_shuffle()
        ) {
            // One confidence a bin, so that the parts add up.
            let mut rows: Vec<(f64, bool)> = rows.into_iter().map(|(bin, right)| ((bin as f64 + 0.5) / 15.0, right)).collect();
            let found = measure(&rows);
            let value = |metric: &Metric| metric.value.unwrap();
            let parts = value(&found.reliability) - value(&found.resolution) + value(&found.uncertainty);
            prop_assert!((value(&found.brier) - parts).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&value(&found.ece.equal_mass)));
            rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let sorted = measure(&rows);
            prop_assert!((value(&found.ece.equal_mass) - value(&sorted.ece.equal_mass)).abs() < 1e-12);
        }
    }
}
