//! A mean from few human labels and many machine scores, corrected for the machine's bias: PPI++ (Angelopoulos, Duchi and
//! Zrnic 2023).

use std::collections::BTreeMap;

use crate::Metric;

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A corrected mean.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerTuned {
    /// The mean of the human label, with its 95 % interval (normal, for 100 labels or more); `n` is the labels.
    pub mean: Metric,
    /// How far the machine is trusted, in `[0, 1]`: 0 is the mean of the labels alone.
    pub lambda: f64,
    /// The width of the interval over that of the labels alone; `None` when the labels show no spread.
    pub width_ratio: Option<f64>,
}

/// `labelled` holds the human label and the machine's score of each labelled item, `unlabelled` the machine's of all others.
///
/// Items of both must come from the same questions. Undefined with fewer than two labels; without unlabelled items, or with
/// scores that never vary, it is the mean of the labels.
pub fn ppi_mean(labelled: &[(f64, f64)], unlabelled: &[f64]) -> PowerTuned {
    let alone: Vec<usize> = (0..labelled.len() + unlabelled.len()).collect();
    let (theirs, others) = alone.split_at(labelled.len());
    ppi_mean_of_clusters(labelled, theirs, unlabelled, others)
}

/// [`ppi_mean`] of items that come in clusters, such as claims of one document, and are not independent within one:
/// `theirs` and `others` number the cluster of each labelled and each other item.
pub fn ppi_mean_of_clusters(
    labelled: &[(f64, f64)],
    theirs: &[usize],
    unlabelled: &[f64],
    others: &[usize],
) -> PowerTuned {
    let (n, rest) = (labelled.len() as f64, unlabelled.len() as f64);
    if labelled.len() < 2 {
        let why = Some("fewer than two human labels".to_string());
        let mean = Metric { value: None, low: None, high: None, n: 0, why };
        return PowerTuned { mean, lambda: 0.0, width_ratio: None };
    }
    let (labels, scores): (Vec<f64>, Vec<f64>) = labelled.iter().copied().unzip();
    let all: Vec<f64> = scores.iter().chain(unlabelled).copied().collect();
    let lambda = if unlabelled.is_empty() {
        0.0
    } else {
        // The sample variance, as the reference has it; the covariance is that of the population.
        let spread = covariance(&all, &all) * all.len() as f64 / (all.len() as f64 - 1.0);
        let tuned = covariance(&labels, &scores) / ((1.0 + n / rest) * spread);
        if tuned.is_finite() { tuned.clamp(0.0, 1.0) } else { 0.0 }
    };
    let corrected: Vec<f64> = labelled.iter().map(|(label, score)| label - lambda * score).collect();
    let imputed: Vec<f64> = unlabelled.iter().map(|score| lambda * score).collect();
    let value = mean(&corrected) + if imputed.is_empty() { 0.0 } else { mean(&imputed) };
    let half = Z * error(&[(&corrected, theirs), (&imputed, others)]);
    let alone = Z * error(&[(&labels, theirs)]);
    PowerTuned {
        mean: Metric {
            value: Some(value),
            low: Some(value - half),
            high: Some(value + half),
            n: labelled.len(),
            why: None,
        },
        lambda,
        width_ratio: (alone > 0.0).then(|| half / alone),
    }
}

/// The standard error of a sum of means, each of values in clusters: what a cluster adds to any of them goes together.
fn error(means: &[(&[f64], &[usize])]) -> f64 {
    let mut of_cluster: BTreeMap<usize, f64> = BTreeMap::new();
    for (values, clusters) in means.iter().filter(|(values, _)| !values.is_empty()) {
        let centre = mean(values);
        for (value, cluster) in values.iter().zip(*clusters) {
            *of_cluster.entry(*cluster).or_default() += (value - centre) / values.len() as f64;
        }
    }
    of_cluster.values().map(|share| share * share).sum::<f64>().sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (of_a, of_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - of_a) * (b - of_b)).sum::<f64>() / a.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_machine_that_knows_nothing_is_not_listened_to() {
        let labelled = [(1.0, 0.3), (0.0, 0.3), (1.0, 0.3)];
        let found = ppi_mean(&labelled, &[0.3; 10]);
        assert_eq!((found.lambda, found.width_ratio), (0.0, Some(1.0)));
        assert!((found.mean.value.unwrap() - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_machine_that_is_right_but_shifted_is_corrected_and_narrows_the_interval() {
        let truth = |at: usize| f64::from(at % 5 < 2);
        let labelled: Vec<(f64, f64)> = (0..100).map(|at| (truth(at), truth(at) * 0.8 + 0.1)).collect();
        let unlabelled: Vec<f64> = (0..900).map(|at| truth(at) * 0.8 + 0.1).collect();
        let found = ppi_mean(&labelled, &unlabelled);
        assert!(
            (found.mean.value.unwrap() - 0.4).abs() < 1e-9 && found.width_ratio.unwrap() < 0.5,
            "{found:?}"
        );
    }

    #[test]
    fn items_that_go_together_are_no_more_certain_than_one_of_them() {
        let labels: Vec<(f64, f64)> = (0..50).map(|at| (f64::from(at % 2), f64::from(at % 2))).collect();
        let scores = [0.0, 1.0, 1.0, 0.0];
        let each = |n: usize| (0..n).collect::<Vec<usize>>();
        let one = ppi_mean_of_clusters(&labels, &each(50), &scores, &[50, 51, 52, 53]);
        assert_eq!(one, ppi_mean(&labels, &scores));
        // Every item four times over, in a cluster with its copies.
        let four: Vec<(f64, f64)> = labels.iter().flat_map(|pair| [*pair; 4]).collect();
        let clusters: Vec<usize> = (0..50).flat_map(|at| [at; 4]).collect();
        let alone = |found: PowerTuned| found.mean.high.unwrap() - found.mean.low.unwrap();
        let together = ppi_mean_of_clusters(&four, &clusters, &[], &[]);
        assert!((alone(together) - alone(ppi_mean(&labels, &[]))).abs() < 1e-12);
        assert!(alone(ppi_mean(&four, &[])) < 0.6 * alone(ppi_mean(&labels, &[])));
    }

    #[test]
    fn one_label_is_no_measurement() {
        assert_eq!(ppi_mean(&[(1.0, 1.0)], &[1.0]).mean.value, None);
    }

    proptest! {
        #[test]
        fn it_is_a_number_and_without_unlabelled_items_the_plain_mean(
            labelled in prop::collection::vec((0u8..2, 0u8..5), 2..30), unlabelled in prop::collection::vec(0u8..5, 0..30)
        ) {
            let labelled: Vec<(f64, f64)> = labelled.into_iter().map(|(y, f)| (f64::from(y), f64::from(f))).collect();
            let unlabelled: Vec<f64> = unlabelled.into_iter().map(f64::from).collect();
            let found = ppi_mean(&labelled, &unlabelled).mean;
            prop_assert!([found.value, found.low, found.high].into_iter().all(|end| end.is_some_and(f64::is_finite)));
            let plain = labelled.iter().map(|(label, _)| label).sum::<f64>() / labelled.len() as f64;
            prop_assert!((ppi_mean(&labelled, &[]).mean.value.unwrap() - plain).abs() < 1e-12);
        }
    }
}
