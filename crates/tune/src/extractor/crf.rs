//! The chain's trainer: scores from hashed word features and, where given, from an encoder's token states.
//!
//! The loss is the negative logarithm of the gold path's probability. It goes down by one AdaGrad step a text (Duchi,
//! Hazan and Singer 2011) at a rate that falls linearly to zero, texts shuffled anew each pass by the seed. Features are
//! dropped at random while training (Hinton et al. 2012), so that a name seen once does not carry a decision alone.

use std::collections::HashMap;

use engraft_core::Cancel;
use engraft_eval::SplitMix;

use crate::TuneError;
use crate::extractor::chain::{Chain, path_score};
use crate::extractor::draw::{shuffle, unit};
use crate::guard::{check_loss, check_norm, unmoved};

/// How a chain is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    /// Trainings whose weights are averaged, each with its own shuffles and drops.
    pub(crate) runs: usize,
    /// Passes over the texts.
    pub(crate) passes: usize,
    /// The rate of the word features.
    pub(crate) rate: f32,
    /// The pull of every touched weight towards zero, per step.
    pub(crate) pull: f32,
    /// The rate of the token states' weights.
    pub(crate) dense_rate: f32,
    /// The pull of the token states' weights.
    pub(crate) dense_pull: f32,
    /// The share of features that a step does not see, in `[0, 1)`.
    pub(crate) dropout: f32,
    /// Features seen less often are not used.
    pub(crate) least: u32,
    /// Shuffles and drops.
    pub(crate) seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            runs: 3,
            passes: 12,
            rate: 0.1,
            pull: 1e-4,
            dense_rate: 0.02,
            dense_pull: 1e-4,
            dropout: 0.3,
            least: 2,
            seed: 0,
        }
    }
}

/// One text as the chain reads it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// Hashed keys of all words, end to end.
    pub(crate) keys: Vec<u64>,
    /// Where each word's keys start, and the end.
    pub(crate) starts: Vec<usize>,
    /// Words × width token states; empty where there are none.
    pub(crate) dense: Vec<f32>,
}

impl Reading {
    /// How many words it has.
    pub(crate) fn words(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }
}

/// A trained chain.
#[derive(Clone, Debug)]
pub(crate) struct Crf {
    pub(crate) chain: Chain,
    /// The feature of each known key.
    pub(crate) features: HashMap<u64, u32>,
    /// Features × tags.
    pub(crate) sparse: Vec<f32>,
    /// Tags × width.
    pub(crate) dense: Vec<f32>,
    /// Tags: added everywhere.
    pub(crate) bias: Vec<f32>,
    /// From × to.
    pub(crate) moves: Vec<f32>,
    /// The width of a token state; 0 where none is read.
    pub(crate) width: usize,
}

impl Crf {
    /// Trains on texts with their gold paths. Stops with an error when asked to, when a loss or a gradient is no number, and after
    /// the first pass over the texts when it moved nothing.
    pub(crate) fn train(
        labels: usize,
        texts: &[&Reading],
        gold: &[&[usize]],
        settings: &Settings,
        cancel: &Cancel,
    ) -> Result<Crf, TuneError> {
        let mut sum: Option<Crf> = None;
        for run in 0..settings.runs.max(1) {
            let settings = Settings { seed: settings.seed.wrapping_add((run as u64) << 32), ..*settings };
            let crf = Crf::train_once(labels, texts, gold, &settings, cancel)?;
            match &mut sum {
                Some(sum) => sum.add(&crf),
                None => sum = Some(crf),
            }
        }
        let sum = sum.ok_or_else(|| TuneError::Bug("a chain was trained no time".into()))?;
        Ok(sum.scaled(1.0 / settings.runs.max(1) as f32))
    }

    fn train_once(
        labels: usize,
        texts: &[&Reading],
        gold: &[&[usize]],
        settings: &Settings,
        cancel: &Cancel,
    ) -> Result<Crf, TuneError> {
        let mut trainer = Trainer::new(labels, texts, settings);
        let mut order: Vec<usize> = (0..texts.len()).filter(|&text| texts[text].words() > 0).collect();
        let steps = (order.len() * settings.passes).max(1);
        let mut step = 0;
        for pass in 0..settings.passes {
            shuffle(&mut SplitMix::new(settings.seed, pass as u64), &mut order);
            for &text in &order {
                if cancel.is_cancelled() {
                    return Err(TuneError::Cancelled);
                }
                let fade = 1.0 - step as f32 / steps as f32;
                let draw = SplitMix::new(settings.seed ^ DROPS, step as u64);
                let (loss, norm) = trainer.step(text, gold[text], fade, draw);
                step += 1;
                check_loss(step as u64, loss)?;
                check_norm(step as u64, norm)?;
            }
            if pass == 0 && step > 0 {
                trainer.must_have_moved(step as u64)?;
            }
        }
        Ok(trainer.finish())
    }

    /// Features are numbered by the texts alone, so the weights of two trainings on the same texts belong together.
    fn add(&mut self, other: &Crf) {
        for (own, other) in
            self.weights().into_iter().zip([&other.sparse, &other.dense, &other.bias, &other.moves])
        {
            add(own, other);
        }
    }

    fn scaled(mut self, by: f32) -> Crf {
        self.weights().into_iter().flatten().for_each(|weight| *weight *= by);
        self
    }

    fn weights(&mut self) -> [&mut Vec<f32>; 4] {
        [&mut self.sparse, &mut self.dense, &mut self.bias, &mut self.moves]
    }

    /// Words × tags: the score of each tag at each word, in natural logarithms.
    pub(crate) fn unary(&self, text: &Reading) -> Vec<f32> {
        let tags = self.chain.tags();
        let mut unary = vec![0.0; text.words() * tags];
        for (at, row) in unary.chunks_exact_mut(tags).enumerate() {
            row.copy_from_slice(&self.bias);
            for key in &text.keys[text.starts[at]..text.starts[at + 1]] {
                if let Some(&feature) = self.features.get(key) {
                    add(row, &self.sparse[feature as usize * tags..][..tags]);
                }
            }
            if self.width > 0 {
                add_product(row, &self.dense, &text.dense[at * self.width..][..self.width]);
            }
        }
        unary
    }
}

/// Weights in the making.
struct Trainer<'a> {
    settings: &'a Settings,
    crf: Crf,
    texts: Vec<Features<'a>>,
    // Sums of squared slopes, for AdaGrad.
    sparse_seen: Vec<f32>,
    dense_seen: Vec<f32>,
    moves_seen: Vec<f32>,
    // Token states are read less their mean, over their deviation.
    mean: Vec<f32>,
    inverse: Vec<f32>,
}

/// A text with its keys looked up.
struct Features<'a> {
    ids: Vec<u32>,
    starts: Vec<usize>,
    dense: &'a [f32],
}

/// Sets the drops apart from the orders.
const DROPS: u64 = 0xd209;

/// Keeps the first step finite.
const FLOOR: f32 = 1e-8;

impl<'a> Trainer<'a> {
    fn new(labels: usize, texts: &[&'a Reading], settings: &'a Settings) -> Trainer<'a> {
        let chain = Chain::new(labels);
        let tags = chain.tags();
        let mut seen: HashMap<u64, (u32, u32)> = HashMap::new();
        for key in texts.iter().flat_map(|text| &text.keys) {
            let next = seen.len() as u32;
            seen.entry(*key).or_insert((0, next)).0 += 1;
        }
        // Numbered in the order of first sight, which no hash map decides.
        let mut kept: Vec<(u32, u64)> = seen
            .iter()
            .filter(|(_, (times, _))| *times >= settings.least)
            .map(|(key, (_, first))| (*first, *key))
            .collect();
        kept.sort_unstable();
        let features: HashMap<u64, u32> =
            kept.iter().zip(0u32..).map(|((_, key), feature)| (*key, feature)).collect();
        let looked_up = texts.iter().map(|text| {
            let mut ids = Vec::with_capacity(text.keys.len());
            let mut starts = vec![0];
            for at in 0..text.words() {
                let keys = &text.keys[text.starts[at]..text.starts[at + 1]];
                ids.extend(keys.iter().filter_map(|key| features.get(key)));
                starts.push(ids.len());
            }
            Features { ids, starts, dense: &text.dense }
        });
        let texts_looked_up = looked_up.collect();
        let words: usize = texts.iter().map(|text| text.words()).sum();
        let width = texts.iter().map(|text| text.dense.len()).sum::<usize>() / words.max(1);
        let (mean, inverse) = spread(texts, width);
        Trainer {
            settings,
            texts: texts_looked_up,
            sparse_seen: vec![FLOOR; features.len() * tags],
            dense_seen: vec![FLOOR; width * tags],
            moves_seen: vec![FLOOR; tags * tags],
            mean,
            inverse,
            crf: Crf {
                sparse: vec![0.0; features.len() * tags],
                dense: vec![0.0; width * tags],
                bias: vec![0.0; tags],
                moves: vec![0.0; tags * tags],
                chain,
                features,
                width,
            },
        }
    }

    /// One step down on one text, of which it returns the loss and how long the gradient of its scores is; `fade` is what is left of
    /// the rate.
    fn step(&mut self, text: usize, gold: &[usize], fade: f32, mut draw: SplitMix) -> (f64, f64) {
        let tags = self.crf.chain.tags();
        let (width, settings) = (self.crf.width, self.settings);
        let text = &self.texts[text];
        let words = gold.len();
        let keep = 1.0 - settings.dropout;
        let mut kept: Vec<u32> = Vec::with_capacity(text.ids.len());
        let mut starts = vec![0; words + 1];
        let mut unary = vec![0.0_f32; words * tags];
        let mut states = vec![0.0_f32; words * width];
        for (at, row) in unary.chunks_exact_mut(tags).enumerate() {
            for &feature in &text.ids[text.starts[at]..text.starts[at + 1]] {
                if settings.dropout == 0.0 || unit(&mut draw) < keep {
                    kept.push(feature);
                    add(row, &self.crf.sparse[feature as usize * tags..][..tags]);
                }
            }
            starts[at + 1] = kept.len();
            if keep < 1.0 {
                row.iter_mut().for_each(|x| *x /= keep);
            }
            if width > 0 {
                let state = &mut states[at * width..][..width];
                let raw = &text.dense[at * width..][..width];
                for (((x, raw), mean), inverse) in
                    state.iter_mut().zip(raw).zip(&self.mean).zip(&self.inverse)
                {
                    *x = (raw - mean) * inverse;
                }
                add_product(row, &self.crf.dense, state);
            }
        }
        let exp_moves: Vec<f64> = self.crf.moves.iter().map(|&x| f64::from(x).exp()).collect();
        let inferred = self.crf.chain.infer(&unary, &exp_moves);
        let loss = inferred.log_sum - path_score(gold, &unary, &self.crf.moves, tags);
        let mut slope: Vec<f32> = inferred.at.iter().map(|&p| p as f32).collect();
        for (at, &tag) in gold.iter().enumerate() {
            slope[at * tags + tag] -= 1.0;
        }
        let norm = slope.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();

        let rate = settings.rate * fade;
        for (at, slope) in slope.chunks_exact(tags).enumerate() {
            for &feature in &kept[starts[at]..starts[at + 1]] {
                let from = feature as usize * tags;
                let weights = &mut self.crf.sparse[from..from + tags];
                let seen = &mut self.sparse_seen[from..from + tags];
                for ((weight, seen), slope) in weights.iter_mut().zip(seen).zip(slope) {
                    let slope = slope + settings.pull * *weight;
                    *seen += slope * slope;
                    *weight -= rate * slope / seen.sqrt();
                }
            }
        }
        let mut move_slope = vec![0.0; tags * tags];
        self.crf.chain.expected_moves(&inferred, &exp_moves, &mut move_slope);
        gold.windows(2).for_each(|pair| move_slope[pair[0] * tags + pair[1]] -= 1.0);
        for ((weight, seen), slope) in self.crf.moves.iter_mut().zip(&mut self.moves_seen).zip(&move_slope) {
            let slope = *slope as f32 + settings.pull * *weight;
            *seen += slope * slope;
            *weight -= rate * slope / seen.sqrt();
        }
        if width > 0 {
            self.dense_step(&slope, &states, settings.dense_rate * fade);
        }
        (loss, norm)
    }

    /// Refuses weights that are still where they started, all of a kind: nothing they read tells one text from another.
    fn must_have_moved(&self, step: u64) -> Result<(), TuneError> {
        for (weights, name) in [(&self.crf.sparse, "features.weight"), (&self.crf.dense, "states.weight")] {
            if !weights.is_empty() && weights.iter().all(|&weight| weight == 0.0) {
                return Err(unmoved(name, step));
            }
        }
        Ok(())
    }

    fn dense_step(&mut self, slope: &[f32], states: &[f32], rate: f32) {
        let (tags, width) = (self.crf.chain.tags(), self.crf.width);
        let mut gradient = vec![0.0_f32; tags * width];
        for (slope, state) in slope.chunks_exact(tags).zip(states.chunks_exact(width)) {
            for (row, &slope) in gradient.chunks_exact_mut(width).zip(slope) {
                if slope.abs() > 1e-6 {
                    row.iter_mut().zip(state).for_each(|(sum, x)| *sum += slope * x);
                }
            }
        }
        for ((weight, seen), slope) in self.crf.dense.iter_mut().zip(&mut self.dense_seen).zip(&gradient) {
            let slope = slope + self.settings.dense_pull * *weight;
            *seen += slope * slope;
            *weight -= rate * slope / seen.sqrt();
        }
    }

    /// The weights, with the spread of the token states worked into them.
    fn finish(mut self) -> Crf {
        let (tags, width) = (self.crf.chain.tags(), self.crf.width);
        for tag in 0..tags {
            let row = &mut self.crf.dense[tag * width..][..width];
            for ((weight, inverse), mean) in row.iter_mut().zip(&self.inverse).zip(&self.mean) {
                *weight *= inverse;
                self.crf.bias[tag] -= *weight * mean;
            }
        }
        self.crf
    }
}

/// The mean of each number of a token state, and one over its deviation.
fn spread(texts: &[&Reading], width: usize) -> (Vec<f32>, Vec<f32>) {
    let mut sum = vec![0.0_f64; width];
    let mut square = vec![0.0_f64; width];
    let mut count = 0.0_f64;
    for state in texts.iter().flat_map(|text| text.dense.chunks_exact(width.max(1))) {
        count += 1.0;
        for ((sum, square), &x) in sum.iter_mut().zip(&mut square).zip(state) {
            *sum += f64::from(x);
            *square += f64::from(x) * f64::from(x);
        }
    }
    let count = count.max(1.0);
    let inverse = sum.iter().zip(&square).map(|(sum, square)| {
        let mean = sum / count;
        (1.0 / (square / count - mean * mean).max(1e-6).sqrt()) as f32
    });
    (sum.iter().map(|sum| (sum / count) as f32).collect(), inverse.collect())
}

fn add(row: &mut [f32], other: &[f32]) {
    row.iter_mut().zip(other).for_each(|(x, y)| *x += y);
}

/// Adds to each of `row` the inner product of its row of `matrix` with `state`.
pub(crate) fn add_product(row: &mut [f32], matrix: &[f32], state: &[f32]) {
    for (x, weights) in row.iter_mut().zip(matrix.chunks_exact(state.len())) {
        *x += product(weights, state);
    }
}

/// Sixteen sums side by side, so that the compiler can use wide registers; always in the same order.
fn product(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<16>();
    let (b, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests;
