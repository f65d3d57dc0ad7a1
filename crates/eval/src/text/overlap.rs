//! How far two bags of things hold the same.

use std::collections::HashMap;
use std::hash::Hash;

/// Precision, recall and F1, in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// The share of the prediction that is in the reference.
    pub precision: f64,
    /// The share of the reference that is in the prediction.
    pub recall: f64,
    /// Their harmonic mean; 0 when both are.
    pub f1: f64,
}

impl Overlap {
    /// Of `both` things that two bags share; a share of nothing is 0.
    pub(super) fn of_counts(both: usize, predicted: usize, right: usize) -> Overlap {
        let share = |whole: usize| if whole == 0 { 0.0 } else { both as f64 / whole as f64 };
        let (precision, recall) = (share(predicted), share(right));
        let f1 = if both == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
        Overlap { precision, recall, f1 }
    }

    /// Of two bags: what is in both counts as often as it is in each.
    pub(super) fn of_bags<T: Eq + Hash>(
        predicted: impl IntoIterator<Item = T>,
        right: impl IntoIterator<Item = T>,
    ) -> Overlap {
        let (said, wanted) = (counts(predicted), counts(right));
        let both = said.iter().map(|(thing, count)| *count.min(wanted.get(thing).unwrap_or(&0))).sum();
        Overlap::of_counts(both, said.values().sum(), wanted.values().sum())
    }
}

/// How often each thing occurs.
pub(super) fn counts<T: Eq + Hash>(things: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for thing in things {
        *counts.entry(thing).or_insert(0) += 1;
    }
    counts
}
