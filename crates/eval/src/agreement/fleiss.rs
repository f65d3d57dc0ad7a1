//! Fleiss' kappa (Fleiss 1971), which wants the same number of labels on every item.

use std::collections::BTreeMap;

use super::Ready;
use super::patterns::Patterns;

pub(super) struct Fleiss<'a> {
    patterns: &'a Patterns,
    /// How many labels the items it uses have; 0 when no item has two.
    size: usize,
    used: usize,
}

impl<'a> Fleiss<'a> {
    /// Uses the items of the most common size of at least two; the larger size when two are as common.
    pub(super) fn of(patterns: &'a Patterns) -> Fleiss<'a> {
        let mut items = BTreeMap::new();
        for pattern in &patterns.of_item {
            *items.entry(patterns.sizes[*pattern as usize] as usize).or_insert(0) += 1;
        }
        let several = items.into_iter().filter(|(size, _)| *size >= 2);
        let (size, used) = several.max_by_key(|(size, items)| (*items, *size)).unwrap_or((0, 0));
        Fleiss { patterns, size, used }
    }
}

impl Ready for Fleiss<'_> {
    fn value(&self, drawn: &[f64]) -> Option<f64> {
        let size = self.size as f64;
        let (mut items, mut agreeing) = (0.0, 0.0);
        let mut given = vec![0.0; self.patterns.labels];
        for ((counts, its_size), times) in self.patterns.counts.iter().zip(&self.patterns.sizes).zip(drawn) {
            if *its_size != size {
                continue;
            }
            items += times;
            for (label, n) in counts {
                let n = f64::from(*n);
                agreeing += times * n * (n - 1.0);
                given[*label as usize] += times * n;
            }
        }
        let by_chance: f64 = given.iter().map(|n| (n / (items * size)).powi(2)).sum();
        let seen = agreeing / (items * size * (size - 1.0));
        let several_labels = given.iter().filter(|n| **n > 0.0).count() > 1;
        several_labels.then(|| (seen - by_chance) / (1.0 - by_chance))
    }

    fn used(&self) -> usize {
        self.used
    }

    fn undefined(&self) -> &'static str {
        match self.used {
            0 => "no item has two labels",
            _ => "all labels on shared items are the same, so chance agreement is complete",
        }
    }
}
