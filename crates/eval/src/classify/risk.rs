//! What is gained by answering only when confident: risk against coverage (El-Yaniv and Wiener 2010).

use serde::Serialize;

use super::Prediction;
use crate::measured::estimate_grouped;
use crate::{Metric, Resampling};

/// The most mistakes allowed by [`RiskCoverage::coverage_at_5`].
const ALLOWED: f64 = 0.05;

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RiskPoint {
    /// Answer when at least this confident.
    pub confidence: f64,
    /// The share of items answered then.
    pub coverage: f64,
    /// The share of them that is wrong.
    pub risk: f64,
}

/// Mistakes against coverage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RiskCoverage {
    /// The mean risk over all coverages (Geifman et al. 2019), in `[0, 1]`; less is better.
    pub aurc: Metric,
    /// The largest share of items that can be answered with at most 5 % wrong.
    pub coverage_at_5: Metric,
    /// One point for each confidence, from sure to unsure.
    pub curve: Vec<RiskPoint>,
}

/// Items of equal confidence are answered together: along the way through them, as many are wrong as among all of them.
pub fn risk_coverage(predictions: &[Prediction], resampling: &Resampling) -> RiskCoverage {
    risk_coverage_of_groups(predictions, &[], resampling)
}

/// The same where predictions of one group vary together; `groups` as in [`crate::calibration_of_groups`].
pub fn risk_coverage_of_groups(
    predictions: &[Prediction],
    groups: &[u32],
    resampling: &Resampling,
) -> RiskCoverage {
    let mut order: Vec<usize> = (0..predictions.len()).collect();
    order.sort_by(|a, b| predictions[*b].confidence.total_cmp(&predictions[*a].confidence));
    let alike: Vec<&[usize]> =
        order.chunk_by(|a, b| predictions[*a].confidence == predictions[*b].confidence).collect();
    let walk = |weights: &[f64], each: &mut dyn FnMut(usize, f64, f64, f64, f64)| {
        let (mut seen, mut wrong) = (0.0, 0.0);
        for group in &alike {
            let n: f64 = group.iter().map(|at| weights[*at]).sum();
            let mistakes = group.iter().filter(|at| !predictions[**at].right).map(|at| weights[*at]).sum();
            each(group[0], seen, wrong, n, mistakes);
            seen += n;
            wrong += mistakes;
        }
        seen
    };
    let estimates = estimate_grouped(predictions.len(), groups, resampling, |weights| {
        let (mut area, mut covered) = (0.0, 0.0);
        let all = walk(weights, &mut |_, seen, wrong, n, mistakes| {
            area += (1..=n as usize)
                .map(|step| (wrong + mistakes * step as f64 / n) / (seen + step as f64))
                .sum::<f64>();
            if n > 0.0 && wrong + mistakes <= ALLOWED * (seen + n) {
                covered = seen + n;
            }
        });
        vec![(all > 0.0).then(|| area / all), (all > 0.0).then(|| covered / all)]
    });
    let total = predictions.len() as f64;
    let mut curve = Vec::with_capacity(alike.len());
    walk(&vec![1.0; predictions.len()], &mut |first, seen, wrong, n, mistakes| {
        let confidence = predictions[first].confidence;
        curve.push(RiskPoint {
            confidence,
            coverage: (seen + n) / total,
            risk: (wrong + mistakes) / (seen + n),
        });
    });
    let metric = |place: usize| {
        estimates[place].covering(predictions.len(), predictions.len(), "nothing to measure").metric
    };
    RiskCoverage { aurc: metric(0), coverage_at_5: metric(1), curve }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn measure(rows: &[(f64, bool)]) -> RiskCoverage {
        let rows: Vec<_> = rows
            .iter()
            .map(|(confidence, right)| Prediction { confidence: *confidence, right: *right })
            .collect();
        risk_coverage(&rows, &Resampling { seed: 0, resamples: 20 })
    }

    #[test]
    fn the_area_is_the_mean_risk_and_mistakes_at_the_end_cost_least() {
        let good = measure(&[(0.9, true), (0.8, true), (0.7, false)]);
        let bad = measure(&[(0.9, false), (0.8, true), (0.7, true)]);
        assert_eq!(good.aurc.value, Some(1.0 / 9.0));
        assert!((bad.aurc.value.unwrap() - (1.0 + 0.5 + 1.0 / 3.0) / 3.0).abs() < 1e-12);
        assert_eq!((good.coverage_at_5.value, bad.coverage_at_5.value), (Some(2.0 / 3.0), Some(0.0)));
        assert_eq!(good.curve[2], RiskPoint { confidence: 0.7, coverage: 1.0, risk: 1.0 / 3.0 });
    }

    #[test]
    fn equal_confidences_cannot_be_told_apart() {
        let one = measure(&[(0.5, true), (0.5, false)]);
        assert_eq!((one.aurc, one.curve.len()), (measure(&[(0.5, false), (0.5, true)]).aurc, 1));
    }

    #[test]
    fn nothing_measured_is_a_state() {
        let none = measure(&[]);
        assert!(none.aurc.value.is_none() && none.curve.is_empty());
    }

    proptest! {
        #[test]
        fn it_is_a_number_between_0_and_1(rows in prop::collection::vec((0u8..5, any::<bool>()), 1..30)) {
            let rows: Vec<(f64, bool)> = rows.into_iter().map(|(c, right)| (f64::from(c) / 4.0, right)).collect();
            let found = measure(&rows);
            prop_assert!((0.0..=1.0).contains(&found.aurc.value.unwrap()));
            prop_assert!(found.curve.windows(2).all(|pair| pair[0].coverage < pair[1].coverage));
        }
    }
}
