//! Cohen's kappa (Cohen 1960, weighted 1968) of two people, and its mean over all pairs of people.
//!
//! A pair counts by the items its two people share. A pair whose kappa is undefined, because both gave one and the same
//! label throughout, is left out: among crowds whose members share few items this makes the mean too low, and alpha or
//! AC1 is the better choice. Weighted kappa takes labels to be equal steps apart, in their order.
//!
//! Plain and weighted kappa differ in nothing but how far two labels are apart, so they are counted together. What is
//! counted is, for each pair of people, how often one said this while the other said that; a pair that shares one item only
//! has kappa 0 when they disagree and none when they agree, which is what makes large crowds cheap.

use crate::Labels;
use crate::draws::{Block, LANES, Lanes};

/// How far apart two labels are, by their places.
pub(super) type Distance = fn(u32, u32) -> f64;

pub(super) fn plain(a: u32, b: u32) -> f64 {
    f64::from(a != b)
}

pub(super) fn linear(a: u32, b: u32) -> f64 {
    f64::from(a.abs_diff(b))
}

pub(super) fn quadratic(a: u32, b: u32) -> f64 {
    f64::from(a.abs_diff(b)).powi(2)
}

/// What two people said of an item.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    pair: (u32, u32),
    labels: (u32, u32),
    item: u32,
}

/// Every pair of people who share items.
pub(super) struct Cohen {
    /// Pairs that share several items.
    pairs: Vec<Pair>,
    /// The items of those pairs, pair by pair, each with the cell of its pair it falls into.
    said: Vec<(u32, u32)>,
    /// Items on which two people who share nothing else disagreed, and how often.
    once: Vec<(u32, u32)>,
    /// Whether any two people share an item.
    shared: bool,
    distances: Vec<Distance>,
}

/// Two people: which of `said` is theirs, and the distinct things they said.
struct Pair {
    said: std::ops::Range<usize>,
    /// What one and the other said, as places in `ones` and `others`.
    cells: Vec<(u32, u32)>,
    ones: Vec<u32>,
    others: Vec<u32>,
}

impl Cohen {
    pub(super) fn of(labels: &Labels, distances: Vec<Distance>) -> Cohen {
        let mut all = Vec::new();
        for task in 0..labels.tasks().len() {
            let given = labels.of_task(task);
            for (at, one) in given.iter().enumerate() {
                all.extend(given[at + 1..].iter().map(|other| Said {
                    pair: (one.worker, other.worker),
                    labels: (one.label, other.label),
                    item: task as u32,
                }));
            }
        }
        all.sort_unstable();
        let mut cohen = Cohen {
            pairs: Vec::new(),
            said: Vec::new(),
            once: Vec::new(),
            shared: !all.is_empty(),
            distances,
        };
        for theirs in all.chunk_by(|a, b| a.pair == b.pair) {
            match theirs {
                [Said { labels: (a, b), item, .. }] if a != b => cohen.once.push((*item, 1)),
                [_] => {}
                several => cohen.pair(several),
            }
        }
        cohen.once.sort_unstable();
        cohen.once.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += u32::from(same) * next.1;
            same
        });
        cohen
    }

    /// Adds a pair by what it said, which is in the order of its labels.
    fn pair(&mut self, theirs: &[Said]) {
        let begin = self.said.len();
        let places = |labels: &mut Vec<u32>| {
            labels.sort_unstable();
            labels.dedup();
        };
        let mut ones: Vec<u32> = theirs.iter().map(|said| said.labels.0).collect();
        let mut others: Vec<u32> = theirs.iter().map(|said| said.labels.1).collect();
        places(&mut ones);
        places(&mut others);
        // Nothing but one and the same label: kappa is undefined, now and in every resample.
        if ones.len() == 1 && ones == others {
            return;
        }
        let place = |labels: &[u32], label| labels.partition_point(|known| *known < label) as u32;
        let mut cells: Vec<(u32, u32)> = Vec::new();
        for alike in theirs.chunk_by(|a, b| a.labels == b.labels) {
            let (a, b) = alike[0].labels;
            self.said.extend(alike.iter().map(|said| (said.item, cells.len() as u32)));
            cells.push((place(&ones, a), place(&others, b)));
        }
        self.pairs.push(Pair { said: begin..self.said.len(), cells, ones, others });
    }

    /// The mean kappa by each distance in each lane.
    pub(super) fn values(&self, block: &Block) -> Vec<Lanes<Option<f64>>> {
        let mut sums = vec![Sum::default(); self.distances.len()];
        let mut scratch = Scratch::default();
        for pair in &self.pairs {
            scratch.count(pair, &self.said[pair.said.clone()], block);
            for (distance, sum) in self.distances.iter().zip(&mut sums) {
                scratch.kappa(pair, *distance, sum);
            }
        }
        let mut alone = [0u64; LANES];
        for (item, times) in &self.once {
            let drawn = &block[*item as usize];
            alone
                .iter_mut()
                .zip(drawn)
                .for_each(|(sum, drawn)| *sum += u64::from(*drawn) * u64::from(*times));
        }
        let mean = |sum: Sum| {
            std::array::from_fn(|lane| {
                let shared = sum.shared[lane] + alone[lane] as f64;
                (shared > 0.0).then(|| sum.kappas[lane] / shared)
            })
        };
        sums.into_iter().map(mean).collect()
    }

    /// How many items it can use: those of pairs that have a kappa.
    pub(super) fn used(&self) -> usize {
        let mut items: Vec<u32> = self.said.iter().chain(&self.once).map(|(item, _)| *item).collect();
        items.sort_unstable();
        items.dedup();
        items.len()
    }

    pub(super) fn undefined(&self) -> &'static str {
        match self.shared {
            false => "no two people labelled the same item",
            true => "each pair of people gave one and the same label throughout",
        }
    }
}

/// Kappas of pairs, weighted by the items they share.
#[derive(Clone, Default)]
struct Sum {
    shared: Lanes<f64>,
    kappas: Lanes<f64>,
}

/// What one pair said, counted.
#[derive(Default)]
struct Scratch {
    counts: Vec<Lanes<u32>>,
    shared: Lanes<f64>,
    cells: Vec<Lanes<f64>>,
    ones: Vec<Lanes<f64>>,
    others: Vec<Lanes<f64>>,
}

impl Scratch {
    fn count(&mut self, pair: &Pair, said: &[(u32, u32)], block: &Block) {
        self.counts.resize(pair.cells.len(), [0; LANES]);
        crate::draws::tally(&mut self.counts, block, said.iter().copied());
        let zero = |all: &mut Vec<Lanes<f64>>, n: usize| {
            all.clear();
            all.resize(n, [0.0; LANES]);
        };
        zero(&mut self.ones, pair.ones.len());
        zero(&mut self.others, pair.others.len());
        zero(&mut self.cells, pair.cells.len());
        self.shared = [0.0; LANES];
        for ((counts, (a, b)), cell) in self.counts.iter().zip(&pair.cells).zip(&mut self.cells) {
            let (one, other) = (&mut self.ones[*a as usize], &mut self.others[*b as usize]);
            for lane in 0..LANES {
                let times = f64::from(counts[lane]);
                cell[lane] = times;
                self.shared[lane] += times;
                one[lane] += times;
                other[lane] += times;
            }
        }
    }

    fn kappa(&self, pair: &Pair, distance: Distance, sum: &mut Sum) {
        let (mut seen, mut expected) = ([0.0; LANES], [0.0; LANES]);
        for (cell, (a, b)) in self.cells.iter().zip(&pair.cells) {
            let apart = distance(pair.ones[*a as usize], pair.others[*b as usize]);
            seen.iter_mut().zip(cell).for_each(|(seen, times)| *seen += apart * times);
        }
        for (one, a) in self.ones.iter().zip(&pair.ones) {
            for (other, b) in self.others.iter().zip(&pair.others) {
                let apart = distance(*a, *b);
                for lane in 0..LANES {
                    expected[lane] += apart * one[lane] * other[lane];
                }
            }
        }
        for lane in 0..LANES {
            if expected[lane] > 0.0 {
                let shared = self.shared[lane];
                sum.shared[lane] += shared;
                sum.kappas[lane] += shared * (1.0 - seen[lane] * shared / expected[lane]);
            }
        }
    }
}
