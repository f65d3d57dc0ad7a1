//! Percent agreement and Gwet's AC1 and AC2 (Gwet 2008; weights and missing data as in his Handbook of Inter-Rater
//! Reliability, 4th edition 2014).
//!
//! Agreement is seen on items with at least two labels; how common each label is comes from all items, each counting one.

use super::Ready;
use super::patterns::Patterns;

/// The share of pairs of labels on an item that agree, mean over items with at least two.
pub(super) struct Percent<'a> {
    patterns: &'a Patterns,
    agreeing: Vec<f64>,
}

impl<'a> Percent<'a> {
    pub(super) fn of(patterns: &'a Patterns) -> Percent<'a> {
        Percent { patterns, agreeing: agreeing(patterns, |a, b| f64::from(a == b)) }
    }
}

impl Ready for Percent<'_> {
    fn value(&self, drawn: &[f64]) -> Option<f64> {
        seen(self.patterns, &self.agreeing, drawn)
    }

    fn used(&self) -> usize {
        self.patterns.items(|size| size >= 2.0)
    }

    fn undefined(&self) -> &'static str {
        "no item has two labels"
    }
}

pub(super) struct Gwet<'a> {
    patterns: &'a Patterns,
    agreeing: Vec<f64>,
    /// The sum of all weights, over the pairs of different labels.
    chance: f64,
}

impl<'a> Gwet<'a> {
    pub(super) fn identity(patterns: &'a Patterns) -> Gwet<'a> {
        Gwet::with(patterns, |a, b| f64::from(a == b))
    }

    /// The weight of two labels is one less the pairs of labels from one to the other, over those from the first label to
    /// the last.
    pub(super) fn ordinal(patterns: &'a Patterns) -> Gwet<'a> {
        let pairs = |steps: usize| (steps * (steps + 1)) as f64 / 2.0;
        let most = pairs(patterns.labels.saturating_sub(1));
        Gwet::with(patterns, |a, b| if a == b { 1.0 } else { 1.0 - pairs(a.abs_diff(b)) / most })
    }

    pub(super) fn quadratic(patterns: &'a Patterns, values: &[f64]) -> Gwet<'a> {
        let (least, most) = range(values);
        let weight = |a: f64, b: f64| 1.0 - ((a - b) / (most - least)).powi(2);
        Gwet::with(patterns, |a, b| if a == b { 1.0 } else { weight(values[a], values[b]) })
    }

    pub(super) fn ratio(patterns: &'a Patterns, values: &[f64]) -> Gwet<'a> {
        let (least, most) = range(values);
        let part = |a: f64, b: f64| ((a - b) / (a + b)).powi(2);
        let weight = |a: f64, b: f64| if a == b { 1.0 } else { 1.0 - part(a, b) / part(most, least) };
        Gwet::with(patterns, |a, b| if a == b { 1.0 } else { weight(values[a], values[b]) })
    }

    fn with(patterns: &'a Patterns, weight: impl Fn(usize, usize) -> f64) -> Gwet<'a> {
        let labels = patterns.labels;
        let weights: f64 = (0..labels).map(|a| (0..labels).map(|b| weight(a, b)).sum::<f64>()).sum();
        let chance = weights / (labels * labels.saturating_sub(1)).max(1) as f64;
        Gwet { patterns, agreeing: agreeing(patterns, weight), chance }
    }
}

impl Ready for Gwet<'_> {
    fn value(&self, drawn: &[f64]) -> Option<f64> {
        if self.patterns.labels < 2 {
            return None;
        }
        let seen = seen(self.patterns, &self.agreeing, drawn)?;
        let mut common = vec![0.0; self.patterns.labels];
        for ((counts, size), times) in self.patterns.counts.iter().zip(&self.patterns.sizes).zip(drawn) {
            for (label, n) in counts {
                common[*label as usize] += times * f64::from(*n) / size;
            }
        }
        let items: f64 = drawn.iter().sum();
        let chance = self.chance * common.iter().map(|n| n / items * (1.0 - n / items)).sum::<f64>();
        (chance < 1.0).then(|| (seen - chance) / (1.0 - chance))
    }

    fn used(&self) -> usize {
        self.patterns.items(|size| size >= 2.0)
    }

    fn undefined(&self) -> &'static str {
        if self.used() == 0 { "no item has two labels" } else { "there is only one label" }
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(*value), most.max(*value)))
}

/// The weighted share of agreeing pairs within an item of each pattern; 0 for one with a single label.
fn agreeing(patterns: &Patterns, weight: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let share = |counts: &[(u32, u32)], size: f64| -> f64 {
        let with = |a: u32| -> f64 {
            counts.iter().map(|(b, m)| weight(a as usize, *b as usize) * f64::from(*m)).sum::<f64>() - 1.0
        };
        counts.iter().map(|(a, n)| f64::from(*n) * with(*a)).sum::<f64>() / (size * (size - 1.0))
    };
    let sizes = patterns.counts.iter().zip(&patterns.sizes);
    sizes.map(|(counts, size)| if *size >= 2.0 { share(counts, *size) } else { 0.0 }).collect()
}

fn seen(patterns: &Patterns, agreeing: &[f64], drawn: &[f64]) -> Option<f64> {
    let (mut items, mut sum) = (0.0, 0.0);
    for ((agreeing, size), times) in agreeing.iter().zip(&patterns.sizes).zip(drawn) {
        if *size >= 2.0 {
            items += times;
            sum += times * agreeing;
        }
    }
    (items > 0.0).then(|| sum / items)
}
