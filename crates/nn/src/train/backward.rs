//! The way back: from the gradients of token states to the gradients of every trained tensor.
//!
//! Written out by hand, layer by layer, in the reverse order of `Body::forward`; there is no tape. Within a layer the
//! groups of sequences go side by side, then each weight's gradient is summed over all tokens.

use rayon::prelude::*;

use super::body::{Body, Forward, LayerAt, LinearAt, NormAt};
use super::kept::Kept;
use super::lora::Adapter;
use super::product::{BLOCK, Dense, Filled, Filler, Sums, add_weight_grads};
use crate::Config;
use crate::kernels::{AttentionGrad, AttentionGradScratch, Finish, GeluGrad, Job, NormaliseGrad};

/// Gradients inside one layer, of all tokens.
struct Grads {
    /// Of the sums before the last normalisation.
    down: Vec<f32>,
    /// What came out of GELU, once more.
    inner: Vec<f32>,
    /// Of what went into GELU.
    pre: Vec<f32>,
    /// Of the sums before the first normalisation.
    mixed: Vec<f32>,
    /// Of queries, keys and values, token by token.
    qkv: Vec<f32>,
    /// Per group: of gain and bias of the first normalisation, then of the last.
    norms: Vec<f32>,
}

/// One group's part of [`Grads`] and of what the layer kept.
struct Part<'a> {
    lengths: &'a [usize],
    /// Of the layer's outputs on the way in, of its inputs on the way out.
    states: &'a mut [f32],
    down: &'a mut [f32],
    inner: &'a mut [f32],
    pre: &'a mut [f32],
    mixed: &'a mut [f32],
    qkv: &'a mut [f32],
    norms: &'a mut [f32],
    kept: KeptPart<'a>,
}

struct KeptPart<'a> {
    qkv: &'a [f32],
    mixed: &'a [f32],
    mixed_inverse: &'a [f32],
    pre: &'a [f32],
    down: &'a [f32],
    down_inverse: &'a [f32],
}

impl Body {
    /// Adds to the gradients of all trained tensors, given those of the states: `[tokens, hidden]`.
    ///
    /// The parameters must not have moved since the pass forward.
    pub fn backward(&mut self, mut forward: Forward, mut states: Vec<f32>) {
        let Config { hidden, inner, .. } = self.config;
        let tokens = forward.groups.tokens();
        assert_eq!(states.len(), tokens * hidden, "one gradient for every state");
        let mut grads = Grads {
            down: self.take(tokens * hidden),
            inner: self.take(tokens * inner),
            pre: self.take(tokens * inner),
            mixed: self.take(tokens * hidden),
            qkv: self.take(tokens * 3 * hidden),
            norms: vec![0.0; forward.groups.count() * 4 * hidden],
        };
        let mut filler = [Filler::default(), Filler::default()];
        for n in (0..self.layers.len()).rev() {
            grads.norms.fill(0.0);
            let parts = split(&forward, n, &mut grads, &mut states, &self.config).into_par_iter();
            parts.for_each_init(
                || (AttentionGradScratch::default(), Vec::new()),
                |(scratch, context), part| self.layer_grads(n, part, scratch, context),
            );
            let kept = forward.kept.pop().expect("one for every layer");
            let rows = forward.inputs.pop().expect("one for every layer");
            self.weight_grads(n, &rows, &kept, &grads, &mut filler);
            self.spare.push(rows);
            self.spare.extend(kept.into_buffers());
        }
        self.embedding_grads(&forward, states);
        let Grads { down, inner, pre, mixed, qkv, .. } = grads;
        self.spare.extend([down, inner, pre, mixed, qkv]);
        self.forget(forward);
    }

    /// The gradients inside a layer of one group, and of its inputs.
    fn layer_grads(
        &self,
        n: usize,
        part: Part<'_>,
        scratch: &mut AttentionGradScratch,
        context: &mut Vec<f32>,
    ) {
        let Config { hidden, heads, inner: wide, .. } = self.config;
        let (packs, at) = (&self.layers[n], &self.places.layers[n]);
        let Part { lengths, states, down, inner, pre, mixed, qkv, norms, kept } = part;
        let (mixed_norm, down_norm) = norms.split_at_mut(2 * hidden);
        let tokens = states.len() / hidden;
        context.resize(tokens * hidden, 0.0);
        for from in (0..tokens).step_by(BLOCK) {
            let rows = from..tokens.min(from + BLOCK);
            let narrow = rows.start * hidden..rows.end * hidden;
            let broad = rows.start * wide..rows.end * wide;
            let (down, mixed) = (&mut down[narrow.clone()], &mut mixed[narrow.clone()]);
            let pre = &mut pre[broad.clone()];
            down.copy_from_slice(&states[narrow.clone()]);
            let inverse = &kept.down_inverse[rows.clone()];
            self.normalise_grads(at.down_norm, &kept.down[narrow.clone()], inverse, down, down_norm);
            packs.down.input_grads(down, Finish::Store, pre);
            let job = GeluGrad { pre: &kept.pre[broad.clone()], out: &mut inner[broad], grad: pre };
            self.isa.run(Job::GeluGrad(job));
            mixed.copy_from_slice(down);
            packs.up.input_grads(pre, Finish::Add, mixed);
            let inverse = &kept.mixed_inverse[rows];
            self.normalise_grads(at.mixed_norm, &kept.mixed[narrow.clone()], inverse, mixed, mixed_norm);
            packs.mixed.input_grads(mixed, Finish::Store, &mut context[narrow]);
        }
        let mut first = 0;
        for &len in lengths {
            let own = first * hidden..(first + len) * hidden;
            self.isa.run(Job::AttentionGrad(AttentionGrad {
                qkv: kept.qkv,
                heads,
                rows: tokens,
                first,
                context_grad: &context[own],
                grad: &mut qkv[first * 3 * hidden..(first + len) * 3 * hidden],
                scratch,
            }));
            first += len;
        }
        for from in (0..tokens).step_by(BLOCK) {
            let end = tokens.min(from + BLOCK);
            let states = &mut states[from * hidden..end * hidden];
            states.copy_from_slice(&mixed[from * hidden..end * hidden]);
            packs.qkv.input_grads(&qkv[from * 3 * hidden..end * 3 * hidden], Finish::Add, states);
        }
    }

    fn normalise_grads(&self, at: NormAt, rows: &[f32], inverse: &[f32], grad: &mut [f32], sums: &mut [f32]) {
        let gain = &self.parameters[at.gain].values[..];
        let (gain_grad, bias_grad) = sums.split_at_mut(gain.len());
        let job = NormaliseGrad { grad, rows, inverse, gain, gain_grad, bias_grad };
        self.isa.run(Job::NormaliseGrad(job));
    }

    /// The gradients of a layer's weights, summed over all tokens.
    fn weight_grads(&mut self, n: usize, rows: &[f32], kept: &Kept, grads: &Grads, filler: &mut [Filler; 2]) {
        let Config { hidden, inner, .. } = self.config;
        let LayerAt { qkv, mixed, mixed_norm, up, down, down_norm } = self.places.layers[n];
        for group in grads.norms.chunks_exact(4 * hidden) {
            self.add_norm_grads(mixed_norm, &group[..2 * hidden]);
            self.add_norm_grads(down_norm, &group[2 * hidden..]);
        }
        let [narrow, wide] = filler;
        let isa = self.isa;
        self.linear_grads(&[down], &grads.down, &grads.inner, &wide.fill(isa, &grads.inner, inner));
        self.linear_grads(&[up], &grads.pre, &kept.middle, &narrow.fill(isa, &kept.middle, hidden));
        self.linear_grads(&[mixed], &grads.mixed, &kept.context, &narrow.fill(isa, &kept.context, hidden));
        self.linear_grads(&qkv, &grads.qkv, rows, &narrow.fill(isa, rows, hidden));
    }

    fn add_norm_grads(&mut self, at: NormAt, sums: &[f32]) {
        let (gain, bias) = sums.split_at(sums.len() / 2);
        for (place, sums) in [(at.gain, gain), (at.bias, bias)] {
            // Nothing is there to add to where nothing is trained.
            for (x, y) in self.parameters[place].gradient.iter_mut().zip(sums) {
                *x += y;
            }
        }
    }

    /// The gradients of linear layers that share their inputs, given those of their outputs side by side.
    fn linear_grads(&mut self, linears: &[LinearAt], grads: &[f32], rows: &[f32], filled: &Filled<'_>) {
        let width: usize = linears.iter().map(|linear| self.parameters[linear.bias].values.len()).sum();
        let mut from = 0;
        for linear in linears {
            let outputs = self.parameters[linear.bias].values.len();
            let columns = from..from + outputs;
            from += outputs;
            if let Some(adapter) = linear.adapter {
                self.adapter_grads(adapter, grads, width, columns, rows, filled);
            } else if self.parameters[linear.weight].trained {
                let mut weight = std::mem::take(&mut self.parameters[linear.weight].gradient);
                let mut bias = std::mem::take(&mut self.parameters[linear.bias].gradient);
                let sums = Sums { weight: &mut weight, bias: &mut bias };
                add_weight_grads(self.isa, grads, width, columns, filled, sums);
                self.parameters[linear.weight].gradient = weight;
                self.parameters[linear.bias].gradient = bias;
            }
        }
    }

    /// With `y = x·Wᵀ + s·x·Aᵀ·Bᵀ`: `dB = s·dyᵀ·(x·Aᵀ)` and `dA = s·(dy·B)ᵀ·x`.
    fn adapter_grads(
        &mut self,
        adapter: Adapter,
        grads: &[f32],
        width: usize,
        columns: std::ops::Range<usize>,
        rows: &[f32],
        filled: &Filled<'_>,
    ) {
        let isa = self.isa;
        let Adapter { a, b, scale } = adapter;
        let (rank, inputs) = (self.parameters[a].shape[0], self.parameters[a].shape[1]);
        let outputs = columns.len();
        let own: Vec<f32> = match outputs == width {
            true => Vec::new(),
            false => grads.chunks_exact(width).flat_map(|row| row[columns.clone()].iter().copied()).collect(),
        };
        let grads = if own.is_empty() { grads } else { &own };
        let scaled = |values: &[f32]| values.iter().map(|x| x * scale).collect::<Vec<f32>>();
        let (scaled_a, scaled_b) = (scaled(&self.parameters[a].values), scaled(&self.parameters[b].values));
        let mut thin = Dense::new(isa, inputs, rank);
        thin.fill(&[&scaled_a], &[&vec![0.0; rank]], false);
        let mut back = Dense::new(isa, rank, outputs);
        back.fill(&[&scaled_b], &[&vec![0.0; outputs]], true);
        let tokens = rows.len() / inputs;
        let (mut down, mut up) = (vec![0.0; tokens * rank], vec![0.0; tokens * rank]);
        let downs = down.par_chunks_mut(BLOCK * rank).zip(rows.par_chunks(BLOCK * inputs));
        downs.for_each(|(out, rows)| thin.outputs(rows, Finish::Store, out));
        let ups = up.par_chunks_mut(BLOCK * rank).zip(grads.par_chunks(BLOCK * outputs));
        ups.for_each(|(out, grads)| back.input_grads(grads, Finish::Store, out));
        let mut filler = Filler::default();
        let mut sum = |place: usize, grads: &[f32], width: usize, filled: &Filled<'_>| {
            let mut weight = std::mem::take(&mut self.parameters[place].gradient);
            let sums = Sums { weight: &mut weight, bias: &mut [] };
            add_weight_grads(isa, grads, width, 0..width, filled, sums);
            self.parameters[place].gradient = weight;
        };
        sum(a, &up, rank, filled);
        sum(b, grads, outputs, &filler.fill(isa, &down, rank));
    }

    /// The gradients of word, position and type vectors; a word's is the sum over its places.
    fn embedding_grads(&mut self, forward: &Forward, mut states: Vec<f32>) {
        let hidden = self.config.hidden;
        if !self.parameters[self.places.norm.gain].trained {
            return self.spare.push(states);
        }
        let mut sums = vec![0.0; 2 * hidden];
        let (units, inverse) = &forward.embedded;
        self.normalise_grads(self.places.norm, units, inverse, &mut states, &mut sums);
        self.add_norm_grads(self.places.norm, &sums);
        let (words, positions, types) = (self.places.words, self.places.positions, self.places.types);
        if self.parameters[words].trained {
            let tokens = forward.batch.iter().flat_map(|sequence| {
                let sort = |place| usize::from(place >= sequence.second);
                sequence.ids.iter().enumerate().map(move |(place, &id)| (place, id as usize, sort(place)))
            });
            for ((place, id, sort), grad) in tokens.zip(states.chunks_exact(hidden)) {
                for (table, row) in [(words, id), (positions, place), (types, sort)] {
                    let table = &mut self.parameters[table];
                    table.touched.get_or_insert_default().insert(row);
                    for (x, y) in table.gradient[row * hidden..][..hidden].iter_mut().zip(grad) {
                        *x += y;
                    }
                }
            }
        }
        self.spare.push(states);
    }
}

fn split<'a>(
    forward: &'a Forward,
    n: usize,
    grads: &'a mut Grads,
    states: &'a mut [f32],
    config: &Config,
) -> Vec<Part<'a>> {
    let Config { hidden, inner, .. } = *config;
    let (groups, kept) = (&forward.groups, &forward.kept[n]);
    let read = |buffer: &'a [f32], width| groups.split(buffer, width);
    let (qkvs, mixeds) = (read(&kept.qkv, 3 * hidden), read(&kept.mixed, hidden));
    let (pres, downs) = (read(&kept.pre, inner), read(&kept.down, hidden));
    let (mixed_inverses, down_inverses) = (read(&kept.mixed_inverse, 1), read(&kept.down_inverse, 1));
    let write = |buffer: &'a mut [f32], width| groups.split_mut(buffer, width).into_iter();
    let states = write(states, hidden);
    let firsts = write(&mut grads.down, hidden).zip(write(&mut grads.inner, inner));
    let seconds = write(&mut grads.pre, inner).zip(write(&mut grads.mixed, hidden));
    let thirds = write(&mut grads.qkv, 3 * hidden).zip(grads.norms.chunks_exact_mut(4 * hidden));
    let all = states.zip(firsts).zip(seconds).zip(thirds).enumerate();
    let parts = all.map(|(group, (((states, (down, inner)), (pre, mixed)), (qkv, norms)))| {
        let kept = KeptPart {
            qkv: qkvs[group],
            mixed: mixeds[group],
            mixed_inverse: mixed_inverses[group],
            pre: pres[group],
            down: downs[group],
            down_inverse: down_inverses[group],
        };
        Part { lengths: groups.lengths(group), states, down, inner, pre, mixed, qkv, norms, kept }
    });
    parts.collect()
}
