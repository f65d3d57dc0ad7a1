//! Cohen's kappa (Cohen 1960, weighted 1968) of two people, and its mean over all pairs of people.
//!
//! A pair counts by the items its two people share. A pair whose kappa is undefined, because both gave one and the same
//! label throughout, is left out: among crowds whose members share few items this makes the mean too low, and alpha or
//! AC1 is the better choice. Weighted kappa takes labels to be equal steps apart, in their order.

use std::collections::BTreeMap;

use super::Ready;
use crate::Labels;

/// Resampling costs as much as there are pairs, and tells little where so many people share so few items.
const MOST_PAIRS: usize = 1000;

/// What two people said of an item: the item, one's label, the other's.
type Said = (u32, u32, u32);

pub(super) struct Cohen {
    pairs: Vec<Vec<Said>>,
    labels: usize,
    distance: fn(u32, u32) -> f64,
}

impl Cohen {
    pub(super) fn plain(labels: &Labels) -> Cohen {
        Cohen::with(labels, |a, b| f64::from(a != b))
    }

    pub(super) fn linear(labels: &Labels) -> Cohen {
        Cohen::with(labels, |a, b| f64::from(a.abs_diff(b)))
    }

    pub(super) fn quadratic(labels: &Labels) -> Cohen {
        Cohen::with(labels, |a, b| f64::from(a.abs_diff(b)).powi(2))
    }

    fn with(labels: &Labels, distance: fn(u32, u32) -> f64) -> Cohen {
        let mut pairs: BTreeMap<(u32, u32), Vec<Said>> = BTreeMap::new();
        for task in 0..labels.tasks().len() {
            let given = labels.of_task(task);
            for (at, one) in given.iter().enumerate() {
                for other in &given[at + 1..] {
                    let said = (task as u32, one.label, other.label);
                    pairs.entry((one.worker, other.worker)).or_default().push(said);
                }
            }
        }
        Cohen { pairs: pairs.into_values().collect(), labels: labels.labels().len(), distance }
    }

    /// The items a pair shares and its kappa over them.
    fn kappa(&self, pair: &[Said], items: &[f64], scratch: &mut Scratch) -> Option<(f64, f64)> {
        let (mut shared, mut seen) = (0.0, 0.0);
        for (item, a, b) in pair {
            let times = items[*item as usize];
            if times > 0.0 {
                shared += times;
                seen += times * (self.distance)(*a, *b);
                scratch.one.add(*a, times);
                scratch.other.add(*b, times);
            }
        }
        let mut expected = 0.0;
        for a in &scratch.one.used {
            for b in &scratch.other.used {
                expected += scratch.one.times[*a as usize]
                    * scratch.other.times[*b as usize]
                    * (self.distance)(*a, *b);
            }
        }
        scratch.one.clear();
        scratch.other.clear();
        (expected > 0.0).then(|| (shared, 1.0 - seen * shared / expected))
    }
}

impl Ready for Cohen {
    fn value(&self, items: &[f64], _drawn: &[f64]) -> Option<f64> {
        let mut scratch = Scratch { one: Tally::new(self.labels), other: Tally::new(self.labels) };
        let (mut shared, mut sum) = (0.0, 0.0);
        for pair in &self.pairs {
            if let Some((weight, kappa)) = self.kappa(pair, items, &mut scratch) {
                shared += weight;
                sum += weight * kappa;
            }
        }
        (shared > 0.0).then(|| sum / shared)
    }

    fn used(&self) -> usize {
        let items = self.pairs.iter().flatten().map(|(item, ..)| *item as usize + 1).max().unwrap_or(0);
        let (once, mut used) = (vec![1.0; items], vec![false; items]);
        let mut scratch = Scratch { one: Tally::new(self.labels), other: Tally::new(self.labels) };
        for pair in &self.pairs {
            if self.kappa(pair, &once, &mut scratch).is_some() {
                pair.iter().for_each(|(item, ..)| used[*item as usize] = true);
            }
        }
        used.into_iter().filter(|used| *used).count()
    }

    fn undefined(&self) -> &'static str {
        match self.pairs.len() {
            0 => "no two people labelled the same item",
            _ => "each pair of people gave one and the same label throughout",
        }
    }

    fn unresampled(&self) -> Option<&'static str> {
        (self.pairs.len() > MOST_PAIRS).then_some("more than 1,000 pairs of people are not resampled")
    }
}

struct Scratch {
    one: Tally,
    other: Tally,
}

/// How often each label was seen, with the ones seen at all.
struct Tally {
    times: Vec<f64>,
    used: Vec<u32>,
}

impl Tally {
    fn new(labels: usize) -> Tally {
        Tally { times: vec![0.0; labels], used: Vec::new() }
    }

    fn add(&mut self, label: u32, times: f64) {
        if self.times[label as usize] == 0.0 {
            self.used.push(label);
        }
        self.times[label as usize] += times;
    }

    fn clear(&mut self) {
        for label in self.used.drain(..) {
            self.times[label as usize] = 0.0;
        }
    }
}
