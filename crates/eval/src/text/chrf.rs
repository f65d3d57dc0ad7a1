//! chrF (Popović 2015), as sacrebleu computes it: signature `case:mixed|eff:yes|nc:6|nw:0|space:no`.

use std::collections::HashMap;

use super::overlap::counts;
use super::words::is_space;

const ORDERS: usize = 6;
/// Recall weighs this much more than precision, squared.
const FACTOR: f64 = 4.0;

/// What chrF needs of one item, by length of the runs of characters; sums of these give the score of all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ChrfCounts {
    said: [f64; ORDERS],
    wanted: [f64; ORDERS],
    both: [f64; ORDERS],
}

impl ChrfCounts {
    /// Against the reference that fits best.
    pub(super) fn of(prediction: &str, references: &[String]) -> ChrfCounts {
        let said = Text::of(prediction);
        let mut best = (-1.0, ChrfCounts::default());
        for reference in references {
            let found = ChrfCounts::of_pair(&said, &Text::of(reference));
            if found.score() > best.0 {
                best = (found.score(), found);
            }
        }
        best.1
    }

    fn of_pair(said: &Text, wanted: &Text) -> ChrfCounts {
        let mut found = ChrfCounts::default();
        for order in 0..ORDERS {
            let (said, wanted) = (said.runs(order + 1), wanted.runs(order + 1));
            for (run, count) in &said {
                // What the reference is too short to have does not count.
                found.said[order] += if wanted.is_empty() { 0.0 } else { *count as f64 };
                found.both[order] += *count.min(wanted.get(run).unwrap_or(&0)) as f64;
            }
            found.wanted[order] = wanted.values().sum::<usize>() as f64;
        }
        found
    }

    pub(super) fn add(&mut self, other: &ChrfCounts, weight: f64) {
        for order in 0..ORDERS {
            self.said[order] += other.said[order] * weight;
            self.wanted[order] += other.wanted[order] * weight;
            self.both[order] += other.both[order] * weight;
        }
    }

    /// In `[0, 100]`.
    pub(super) fn score(&self) -> f64 {
        let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
        for order in 0..ORDERS {
            if self.said[order] > 0.0 && self.wanted[order] > 0.0 {
                precision += self.both[order] / self.said[order];
                recall += self.both[order] / self.wanted[order];
                orders += 1.0;
            }
        }
        if precision + recall == 0.0 {
            return 0.0;
        }
        let (precision, recall) = (precision / orders, recall / orders);
        100.0 * (1.0 + FACTOR) * precision * recall / (FACTOR * precision + recall)
    }
}

/// A text's characters without spaces.
struct Text(Vec<char>);

impl Text {
    fn of(text: &str) -> Text {
        Text(text.chars().filter(|c| !is_space(*c)).collect())
    }

    fn runs(&self, length: usize) -> HashMap<&[char], usize> {
        counts(self.0.windows(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_do_not_count_and_the_best_reference_does() {
        let score = |prediction: &str, references: &[&str]| {
            let references: Vec<String> = references.iter().map(ToString::to_string).collect();
            ChrfCounts::of(prediction, &references).score()
        };
        assert_eq!(score("good morning", &["x", "goodmorning"]), 100.0);
        assert_eq!((score("abc", &["xyz"]), score("", &["xyz"]), score("abc", &[])), (0.0, 0.0, 0.0));
    }
}
