//! A BERT encoder in training: its parameters, and the way from token ids to token states that keeps what the way back
//! needs.

use std::path::Path;

use rayon::prelude::*;

use super::kept::{Groups, Kept, Parts};
use super::lora::{Adapter, merge};
use super::product::{BLOCK, Dense};
use super::save::POOLER;
use super::{Adapt, Parameter};
use crate::kernels::{Attention, AttentionScratch, Finish, Isa, Job, NormaliseKeep, Planes};
use crate::weights::Weights;
use crate::{Config, ModelError, Precision};

/// What the encoder reads: one text, or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Token ids, special tokens included.
    pub ids: Vec<u32>,
    /// Where the second text begins: tokens from there on are of type 1. The length of `ids` where there is one text.
    pub second: usize,
}

impl Sequence {
    /// One text.
    pub fn single(ids: Vec<u32>) -> Sequence {
        Sequence { second: ids.len(), ids }
    }
}

/// How a body is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyOptions {
    /// What moves.
    pub adapt: Adapt,
    /// Whether word, position and type vectors move too, where `adapt` is full.
    pub embeddings: bool,
}

impl Default for BodyOptions {
    fn default() -> BodyOptions {
        BodyOptions { adapt: Adapt::Full, embeddings: true }
    }
}

/// A BERT encoder in training.
#[derive(Debug)]
pub struct Body {
    pub(super) config: Config,
    pub(super) isa: Isa,
    pub(super) parameters: Vec<Parameter>,
    pub(super) places: Places,
    pub(super) layers: Vec<Packs>,
    pub(super) adapt: Adapt,
    // Whether the packed weights are older than the parameters.
    stale: bool,
    /// Working memory, handed from pass to pass.
    pub(super) spare: Vec<Vec<f32>>,
}

/// Where each tensor is among the parameters.
#[derive(Debug)]
pub(super) struct Places {
    pub(super) words: usize,
    pub(super) positions: usize,
    pub(super) types: usize,
    pub(super) norm: NormAt,
    pub(super) layers: Vec<LayerAt>,
}

/// Gain and bias of a layer normalisation.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormAt {
    pub(super) gain: usize,
    pub(super) bias: usize,
}

/// A linear layer and, under LoRA, its adapter.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinearAt {
    pub(super) weight: usize,
    pub(super) bias: usize,
    pub(super) adapter: Option<Adapter>,
}

/// One transformer layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerAt {
    pub(super) qkv: [LinearAt; 3],
    pub(super) mixed: LinearAt,
    pub(super) mixed_norm: NormAt,
    pub(super) up: LinearAt,
    pub(super) down: LinearAt,
    pub(super) down_norm: NormAt,
}

/// The packed weights of one transformer layer.
#[derive(Debug)]
pub(super) struct Packs {
    pub(super) qkv: Dense,
    pub(super) mixed: Dense,
    pub(super) up: Dense,
    pub(super) down: Dense,
}

/// Token states, and what [`Body::backward`] needs to go back from them.
#[derive(Debug)]
pub struct Forward {
    /// Where each sequence's tokens start; one more, the number of tokens, at the end.
    pub starts: Vec<usize>,
    /// The states of the last layer: `[tokens, hidden]`, sequences end to end.
    pub hidden: Vec<f32>,
    pub(super) batch: Vec<Sequence>,
    pub(super) groups: Groups,
    /// The embeddings' sums at mean 0 and variance 1, and one over the deviation they had.
    pub(super) embedded: (Vec<f32>, Vec<f32>),
    /// The inputs of every layer.
    pub(super) inputs: Vec<Vec<f32>>,
    pub(super) kept: Vec<Kept>,
}

impl Body {
    /// Opens a model folder in the layout of sentence-transformers or transformers, to train it as `options` say.
    pub fn open(dir: &Path, options: BodyOptions) -> Result<Body, ModelError> {
        let config = Config::open(dir)?;
        let weights = Weights::open(&dir.join("model.safetensors"))?;
        let prefix = if weights.has("bert.embeddings.word_embeddings.weight") { "bert." } else { "" };
        let mut reader = Reader { weights: &weights, prefix, options, parameters: Vec::new() };
        let Config { hidden, inner, vocabulary, positions, types, .. } = config;
        let places = Places {
            words: reader.table("embeddings.word_embeddings.weight", vocabulary, hidden)?,
            positions: reader.table("embeddings.position_embeddings.weight", positions, hidden)?,
            types: reader.table("embeddings.token_type_embeddings.weight", types, hidden)?,
            norm: reader.norm("embeddings.LayerNorm", hidden)?,
            layers: (0..config.layers).map(|n| reader.layer(n, hidden, inner)).collect::<Result<_, _>>()?,
        };
        reader.pooler(hidden)?;
        let parameters = reader.parameters;
        let isa = Isa::best(Precision::F32);
        let layers = (0..config.layers).map(|_| Packs {
            qkv: Dense::new(isa, hidden, 3 * hidden),
            mixed: Dense::new(isa, hidden, hidden),
            up: Dense::new(isa, hidden, inner),
            down: Dense::new(isa, inner, hidden),
        });
        let layers = layers.collect();
        let adapt = options.adapt;
        Ok(Body { config, isa, parameters, places, layers, adapt, stale: true, spare: Vec::new() })
    }

    /// What the model folder says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All tensors.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// All tensors, to be moved; the next pass forward reads them anew.
    pub fn parameters_mut(&mut self) -> &mut [Parameter] {
        self.stale = true;
        &mut self.parameters
    }

    /// The states of all tokens of a batch.
    ///
    /// A pass keeps about 12 × `hidden` × layers numbers a token until [`Self::backward`] takes them, 110 KB a token for
    /// all-MiniLM-L6-v2: what is too large for the memory is trained in parts whose gradients add up.
    pub fn forward(&mut self, batch: &[Sequence]) -> Result<Forward, ModelError> {
        self.check(batch)?;
        if self.stale {
            self.pack();
        }
        let hidden = self.config.hidden;
        let groups = Groups::of(batch.iter().map(|sequence| sequence.ids.len()));
        let tokens = groups.tokens();
        let mut first = self.take(tokens * hidden);
        let mut embedded = (self.take(tokens * hidden), self.take(tokens));
        self.embed(batch, &mut embedded, &mut first);
        let mut inputs = vec![first];
        let mut kept = Vec::new();
        for n in 0..self.layers.len() {
            let mut keep = Kept::new(self, tokens);
            let mut out = self.take(tokens * hidden);
            let parts = keep.split(&groups, &self.config).into_par_iter();
            let rows = groups.split(&inputs[n], hidden).into_par_iter();
            let outs = groups.split_mut(&mut out, hidden).into_par_iter();
            parts.zip(rows.zip(outs)).enumerate().for_each_init(
                || (AttentionScratch::default(), Vec::new()),
                |(scratch, inner), (group, (part, (rows, out)))| {
                    self.layer(n, groups.lengths(group), rows, part, out, scratch, inner);
                },
            );
            kept.push(keep);
            inputs.push(out);
        }
        let states = inputs.pop().unwrap_or_default();
        Ok(Forward {
            starts: groups.starts(),
            hidden: states,
            batch: batch.to_vec(),
            groups,
            embedded,
            inputs,
            kept,
        })
    }

    /// Takes back the memory of a pass that needs no gradients.
    pub fn forget(&mut self, forward: Forward) {
        let Forward { hidden, embedded: (units, inverse), inputs, kept, .. } = forward;
        self.spare.extend(inputs);
        self.spare.extend([hidden, units, inverse]);
        for keep in kept {
            self.spare.extend(keep.into_buffers());
        }
    }

    fn check(&self, batch: &[Sequence]) -> Result<(), ModelError> {
        let Config { vocabulary, positions, types, .. } = self.config;
        for (text, Sequence { ids, second }) in batch.iter().enumerate() {
            let reason = match ids.iter().find(|&&id| id as usize >= vocabulary) {
                _ if ids.is_empty() => "it has no ids".to_string(),
                _ if ids.len() > positions => {
                    format!("it has {} ids, the model reads {positions}", ids.len())
                }
                _ if *second < ids.len() && types < 2 => "the model knows one type of token only".to_string(),
                Some(id) => format!("id {id} is outside the vocabulary of {vocabulary}"),
                None => continue,
            };
            return Err(ModelError::Input { text, reason });
        }
        Ok(())
    }

    /// Packs the weights as they are now.
    fn pack(&mut self) {
        let Body { parameters, places, layers, .. } = self;
        let parameters = &parameters[..];
        let fill = |dense: &mut Dense, linears: &[LinearAt]| {
            let merged: Vec<_> = linears.iter().map(|linear| merge(parameters, *linear)).collect();
            let weights: Vec<&[f32]> = merged.iter().map(|weight| &weight[..]).collect();
            let biases: Vec<&[f32]> =
                linears.iter().map(|linear| &parameters[linear.bias].values[..]).collect();
            dense.fill(&weights, &biases, true);
        };
        layers.par_iter_mut().zip(&places.layers).for_each(|(packs, at)| {
            fill(&mut packs.qkv, &at.qkv);
            fill(&mut packs.mixed, &[at.mixed]);
            fill(&mut packs.up, &[at.up]);
            fill(&mut packs.down, &[at.down]);
        });
        self.stale = false;
    }

    /// Writes the normalised sums of word, position and type vectors.
    fn embed(&self, batch: &[Sequence], (units, inverse): &mut (Vec<f32>, Vec<f32>), out: &mut [f32]) {
        let hidden = self.config.hidden;
        let table = |n: usize, row: usize| &self.parameters[n].values[row * hidden..][..hidden];
        let tokens = batch.iter().flat_map(|sequence| {
            sequence
                .ids
                .iter()
                .enumerate()
                .map(|(place, &id)| (place, id, usize::from(place >= sequence.second)))
        });
        for ((place, id, sort), row) in tokens.zip(units.chunks_exact_mut(hidden)) {
            let sums = table(self.places.words, id as usize).iter().zip(table(self.places.positions, place));
            for ((x, (word, place)), sort) in row.iter_mut().zip(sums).zip(table(self.places.types, sort)) {
                *x = word + (place + sort);
            }
        }
        self.normalise(self.places.norm, units, inverse, out);
    }

    fn normalise(&self, at: NormAt, rows: &mut [f32], inverse: &mut [f32], out: &mut [f32]) {
        let (gain, bias) = (&self.parameters[at.gain].values[..], &self.parameters[at.bias].values[..]);
        let eps = self.config.eps;
        self.isa.run(Job::NormaliseKeep(NormaliseKeep { rows, out, inverse, gain, bias, eps }));
    }

    /// One layer of one group of sequences.
    #[expect(clippy::too_many_arguments, reason = "one call, in one place")]
    fn layer(
        &self,
        n: usize,
        lengths: &[usize],
        rows: &[f32],
        part: Parts<'_>,
        out: &mut [f32],
        scratch: &mut AttentionScratch,
        inner: &mut Vec<f32>,
    ) {
        let Config { hidden, heads, inner: wide, .. } = self.config;
        let (packs, at) = (&self.layers[n], &self.places.layers[n]);
        let Parts { qkv, context, mixed, mixed_inverse, middle, pre, down, down_inverse } = part;
        let tokens = rows.len() / hidden;
        for (block, rows) in rows.chunks(BLOCK * hidden).enumerate() {
            let planes = Planes { width: hidden / heads, rows: tokens, first: block * BLOCK };
            packs.qkv.outputs(rows, Finish::Split(planes), qkv);
        }
        let mut first = 0;
        for &len in lengths {
            let context = &mut context[first * hidden..][..len * hidden];
            let job = Attention { qkv, heads, rows: tokens, first, context, scratch };
            self.isa.run(Job::Attention(job));
            first += len;
        }
        inner.resize(BLOCK.min(tokens) * wide, 0.0);
        for from in (0..tokens).step_by(BLOCK) {
            let count = BLOCK.min(tokens - from);
            let narrow = from * hidden..(from + count) * hidden;
            let pre = &mut pre[from * wide..(from + count) * wide];
            let inner = &mut inner[..count * wide];
            let mixed = &mut mixed[narrow.clone()];
            mixed.copy_from_slice(&rows[narrow.clone()]);
            packs.mixed.outputs(&context[narrow.clone()], Finish::Add, mixed);
            let middle = &mut middle[narrow.clone()];
            self.normalise(at.mixed_norm, mixed, &mut mixed_inverse[from..from + count], middle);
            packs.up.outputs(middle, Finish::Store, pre);
            self.isa.run(Job::Gelu { pre, out: inner });
            let down = &mut down[narrow.clone()];
            down.copy_from_slice(middle);
            packs.down.outputs(inner, Finish::Add, down);
            self.normalise(at.down_norm, down, &mut down_inverse[from..from + count], &mut out[narrow]);
        }
    }

    /// A buffer of that length, with whatever it held before.
    pub(super) fn take(&mut self, len: usize) -> Vec<f32> {
        // The smallest that is large enough, or the largest of all.
        let fit = (0..self.spare.len()).min_by_key(|&n| {
            let capacity = self.spare[n].capacity();
            (capacity < len, capacity.abs_diff(len))
        });
        let mut buffer = fit.map(|n| self.spare.swap_remove(n)).unwrap_or_default();
        if buffer.capacity() < len {
            buffer = Vec::new();
        }
        buffer.resize(len, 0.0);
        buffer
    }
}

/// Reads tensors into parameters.
struct Reader<'a> {
    weights: &'a Weights,
    prefix: &'a str,
    options: BodyOptions,
    parameters: Vec<Parameter>,
}

impl Reader<'_> {
    fn read(&mut self, name: &str, shape: &[usize], trained: bool) -> Result<usize, ModelError> {
        let tensor = self.weights.tensor(&format!("{}{name}", self.prefix), shape)?;
        let width = shape.last().copied().unwrap_or(1);
        let mut values = vec![0.0; shape.iter().product()];
        for (row, values) in values.chunks_exact_mut(width).enumerate() {
            self.weights.row(tensor, row, values);
        }
        self.parameters.push(match trained {
            true => Parameter::new(name, shape, values),
            false => Parameter::frozen(name, shape, values),
        });
        Ok(self.parameters.len() - 1)
    }

    fn full(&self) -> bool {
        self.options.adapt == Adapt::Full
    }

    fn table(&mut self, name: &str, rows: usize, width: usize) -> Result<usize, ModelError> {
        let at = self.read(name, &[rows, width], self.full() && self.options.embeddings)?;
        let table = std::mem::take(&mut self.parameters[at]);
        self.parameters[at] = if table.trained { table.sparse() } else { table };
        Ok(at)
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<NormAt, ModelError> {
        let trained = self.full();
        let gain = self.read(&format!("{name}.weight"), &[width], trained)?;
        Ok(NormAt { gain, bias: self.read(&format!("{name}.bias"), &[width], trained)? })
    }

    fn linear(&mut self, name: &str, inputs: usize, outputs: usize) -> Result<LinearAt, ModelError> {
        let trained = self.full();
        let weight = self.read(&format!("{name}.weight"), &[outputs, inputs], trained)?;
        let bias = self.read(&format!("{name}.bias"), &[outputs], trained)?;
        let adapter = match self.options.adapt {
            Adapt::Lora(options) => options.adapter(name, inputs, outputs, &mut self.parameters),
            Adapt::Full => None,
        };
        Ok(LinearAt { weight, bias, adapter })
    }

    /// The layer that other tools put on the first token. Nothing here reads it; it is kept as it is for them.
    fn pooler(&mut self, hidden: usize) -> Result<(), ModelError> {
        if self.weights.has(&format!("{}{POOLER}.weight", self.prefix)) {
            self.read(&format!("{POOLER}.weight"), &[hidden, hidden], false)?;
            self.read(&format!("{POOLER}.bias"), &[hidden], false)?;
        }
        Ok(())
    }

    fn layer(&mut self, n: usize, hidden: usize, inner: usize) -> Result<LayerAt, ModelError> {
        let name = |part: &str| format!("encoder.layer.{n}.{part}");
        Ok(LayerAt {
            qkv: [
                self.linear(&name("attention.self.query"), hidden, hidden)?,
                self.linear(&name("attention.self.key"), hidden, hidden)?,
                self.linear(&name("attention.self.value"), hidden, hidden)?,
            ],
            mixed: self.linear(&name("attention.output.dense"), hidden, hidden)?,
            mixed_norm: self.norm(&name("attention.output.LayerNorm"), hidden)?,
            up: self.linear(&name("intermediate.dense"), hidden, inner)?,
            down: self.linear(&name("output.dense"), inner, hidden)?,
            down_norm: self.norm(&name("output.LayerNorm"), hidden)?,
        })
    }
}
