//! The three products of a linear layer in training: outputs, gradients of inputs, gradients of weights.
//!
//! Every number is summed by one thread in an order that depends on the sizes alone, so results are the same to the bit
//! at any number of threads.

use rayon::prelude::*;

use crate::kernels::{Finish, Isa, Job, Linear, Packed, Panels, Rounded};

/// Rows that are worked on together, so that their numbers stay in the second-level cache.
pub(super) const BLOCK: usize = 96;

/// Rows whose gradients are summed in registers before they are added to the rest.
const CHUNK: usize = 256;

/// The weights of one linear layer, or of several side by side, packed for outputs and for gradients of inputs.
#[derive(Debug)]
pub(super) struct Dense {
    isa: Isa,
    inputs: usize,
    forward: Packed,
    backward: Packed,
}

impl Dense {
    pub(super) fn new(isa: Isa, inputs: usize, outputs: usize) -> Dense {
        let (forward, backward) = (Panels::blank(isa, outputs), Panels::blank(isa, inputs));
        Dense { isa, inputs, forward: Packed::F32(forward), backward: Packed::F32(backward) }
    }

    /// Packs weights, `[outputs, inputs]` each, and biases; without `trains`, for outputs only.
    pub(super) fn fill(&mut self, weights: &[&[f32]], biases: &[&[f32]], trains: bool) {
        if let Packed::F32(panels) = &mut self.forward {
            panels.fill_columns(self.inputs, weights, biases);
        }
        if let (Packed::F32(panels), true) = (&mut self.backward, trains) {
            panels.fill_steps(weights);
        }
    }

    /// `finish(rows · Wᵀ + b)` of a block of rows.
    pub(super) fn outputs(&self, rows: &[f32], finish: Finish, out: &mut [f32]) {
        run(self.isa, rows, rows.len() / self.inputs, &self.forward, finish, out);
    }

    /// `finish(grads · W)` of a block of rows of gradients.
    pub(super) fn input_grads(&self, grads: &[f32], finish: Finish, out: &mut [f32]) {
        let outputs = self.forward.columns();
        run(self.isa, grads, grads.len() / outputs, &self.backward, finish, out);
    }
}

fn run(isa: Isa, rows: &[f32], count: usize, layer: &Packed, finish: Finish, out: &mut [f32]) {
    let scratch = &mut Rounded::default();
    isa.run(Job::Linear(Linear { rows, count, layer, finish, out, scratch }));
}

/// A weight and a bias that gradients are added to; either may be left out.
pub(super) struct Sums<'a> {
    /// `[outputs, inputs]`
    pub(super) weight: &'a mut [f32],
    /// `[outputs]`, or empty.
    pub(super) bias: &'a mut [f32],
}

/// Adds `gradsᵀ · rows` to the weight and the column sums of `grads` to the bias.
///
/// `columns` are those of `grads` that belong to the weight, of `grads_width` in all.
pub(super) fn add_weight_grads(
    isa: Isa,
    grads: &[f32],
    grads_width: usize,
    columns: std::ops::Range<usize>,
    rows: &Filled<'_>,
    sums: Sums<'_>,
) {
    let inputs = rows.inputs;
    let outputs = columns.len();
    debug_assert_eq!(sums.weight.len(), outputs * inputs);
    // A bias that is not wanted is summed into nothing.
    let mut nothing = vec![0.0; if sums.bias.is_empty() { outputs } else { 0 }];
    let bias = if sums.bias.is_empty() { &mut nothing[..] } else { sums.bias };
    for (chunk, panels) in rows.chunks.iter().enumerate() {
        let first = chunk * CHUNK;
        let count = CHUNK.min(grads.len() / grads_width - first);
        let grads = &grads[first * grads_width..][..count * grads_width];
        let weights = sums.weight.par_chunks_mut(BLOCK * inputs).zip(bias.par_chunks_mut(BLOCK));
        weights.enumerate().for_each(|(block, (weight, bias))| {
            let mut transposed = vec![0.0; bias.len() * count];
            let from = columns.start + block * BLOCK;
            transpose(grads, grads_width, from, count, &mut transposed);
            for (sum, column) in bias.iter_mut().zip(transposed.chunks_exact(count)) {
                *sum += column.iter().sum::<f32>();
            }
            run(isa, &transposed, bias.len(), panels, Finish::Add, weight);
        });
    }
}

/// Writes columns of `grads`, from column `from` on, as rows of `out`, each `count` long.
fn transpose(grads: &[f32], width: usize, from: usize, count: usize, out: &mut [f32]) {
    const AT_ONCE: usize = 16;
    for first in (0..count).step_by(AT_ONCE) {
        let last = count.min(first + AT_ONCE);
        for (column, line) in out.chunks_exact_mut(count).enumerate() {
            for row in first..last {
                line[row] = grads[row * width + from + column];
            }
        }
    }
}

/// Rows packed for [`add_weight_grads`], chunk by chunk; several gradients may share them.
pub(super) struct Filled<'a> {
    inputs: usize,
    chunks: &'a [Packed],
}

/// Working memory of [`Filled`].
#[derive(Debug, Default)]
pub(super) struct Filler(Vec<Packed>);

impl Filler {
    /// Packs `rows`, each `inputs` long.
    pub(super) fn fill<'a>(&'a mut self, isa: Isa, rows: &[f32], inputs: usize) -> Filled<'a> {
        let needed = rows.len().div_ceil(CHUNK * inputs);
        if self.0.first().is_some_and(|packed| packed.columns() != inputs) {
            self.0.clear();
        }
        while self.0.len() < needed {
            self.0.push(Packed::F32(Panels::blank(isa, inputs)));
        }
        for (packed, rows) in self.0.iter_mut().zip(rows.chunks(CHUNK * inputs)) {
            if let Packed::F32(panels) = packed {
                panels.fill_steps(&[rows]);
            }
        }
        Filled { inputs, chunks: &self.0[..needed] }
    }
}
