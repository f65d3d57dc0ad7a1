//! How often a positive item is ranked above a negative one: the area under the ROC curve (Hanley and McNeil 1982).

use crate::measured::estimate;
use crate::{Metric, Resampling};

/// The chance that a positive item scores higher than a negative one, ties half; in `[0, 1]`, 0.5 is luck. Undefined without
/// both. Items are `(score, positive)`; a score that is no number counts as the lowest.
pub fn auroc(items: &[(f64, bool)], resampling: &Resampling) -> Metric {
    let score = |at: usize| if items[at].0.is_nan() { f64::NEG_INFINITY } else { items[at].0 };
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| score(*a).total_cmp(&score(*b)));
    let area = |weights: &[f64]| {
        let (mut negatives, mut positives, mut pairs) = (0.0, 0.0, 0.0);
        for tied in order.chunk_by(|a, b| score(*a) == score(*b)) {
            let weight = |positive: bool| -> f64 {
                tied.iter().filter(|at| items[**at].1 == positive).map(|at| weights[*at]).sum()
            };
            let (here, below) = (weight(false), negatives);
            pairs += weight(true) * (below + here / 2.0);
            negatives += here;
            positives += weight(true);
        }
        vec![(positives > 0.0 && negatives > 0.0).then(|| pairs / (positives * negatives))]
    };
    let why = "there are no positive items, or no negative ones";
    estimate(items.len(), resampling, area)[0].covering(items.len(), items.len(), why).metric
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(items: &[(f64, bool)], expected: Option<f64>) {
        assert_eq!(auroc(items, &Resampling { seed: 0, resamples: 20 }).value, expected);
    }

    #[test]
    fn it_counts_pairs_in_the_right_order() {
        check(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)], Some(0.75));
        check(&[(1.0, false), (2.0, true)], Some(1.0));
    }

    #[test]
    fn a_tie_is_half_a_pair() {
        check(&[(0.5, false), (0.5, true)], Some(0.5));
        check(&[(0.0, true), (-0.0, false)], Some(0.5));
    }

    #[test]
    fn with_one_kind_of_item_there_is_nothing_to_order() {
        check(&[(0.5, true)], None);
        check(&[], None);
    }
}
