//! A BERT sentence encoder: token ids in, vectors of length 1 out.
//!
//! Sequences are laid end to end and never padded. A group of sequences goes through all layers on one thread; every
//! token's numbers depend on its own sequence alone, so a vector is the same to the bit in any batch, in any order and
//! on any number of threads.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kernels::{
    Attention, AttentionScratch, Finish, Isa, Job, Linear, Packed, Planes, Precision, Rounded,
};
use crate::layers::{Bert, Layer, Norm};
use crate::{Config, ModelError, Pooling};

/// How an encoder runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderOptions {
    /// What weights and activations are rounded to.
    pub precision: Precision,
    /// How many threads a call may use; at least 1.
    pub threads: usize,
    /// The instruction set, one of [`Encoder::instruction_sets`]; `None`: the fastest for the precision.
    pub instructions: Option<&'static str>,
    /// How many layers are run, from the first; `None`: all there are.
    pub layers: Option<usize>,
}

impl Default for EncoderOptions {
    fn default() -> EncoderOptions {
        EncoderOptions { precision: Precision::F32, threads: 1, instructions: None, layers: None }
    }
}

/// A BERT sentence encoder, ready to run.
#[derive(Debug)]
pub struct Encoder {
    config: Config,
    bert: Bert,
    isa: Isa,
    precision: Precision,
    threads: usize,
    // Working memory is handed from call to call: fresh pages cost more than they look.
    scratch: Mutex<Vec<Scratch>>,
}

/// Rows that pass through the token-wise part of a layer together, so that their numbers stay in the second-level
/// cache; a multiple of the rows of a tile.
const BLOCK: usize = 96;

/// Tokens that a group of sequences has at least, where there are as many: enough that reading the weights once a group
/// costs little.
const GROUP: usize = 768;

/// What is made of the states of a sequence.
#[derive(Clone, Copy)]
enum Wanted {
    /// One vector of norm 1.
    Pooled,
    /// All of them.
    States,
    /// The first one.
    First,
}

/// Working memory of one thread.
#[derive(Debug, Default)]
struct Scratch {
    hidden: Vec<f32>,
    /// Planes of queries, keys and values, as attention reads them.
    qkv: Vec<f32>,
    context: Vec<f32>,
    inner: Vec<f32>,
    attention: AttentionScratch,
    rounded: Rounded,
}

impl Encoder {
    /// Opens a model folder in the layout of sentence-transformers: BERT weights, mean or first-token pooling.
    pub fn open(dir: &Path, options: EncoderOptions) -> Result<Encoder, ModelError> {
        let mut config = Config::open(dir)?;
        if let Some(wanted) = options.layers.filter(|&wanted| wanted != config.layers) {
            if wanted > config.layers {
                let what = format!("{wanted} layers where there are {}", config.layers);
                return Err(ModelError::Unsupported { path: dir.into(), what });
            }
            config.layers = wanted;
        }
        let isa = match options.instructions {
            None => Isa::best(options.precision),
            Some(name) => {
                let found = Isa::all().into_iter().find(|isa| isa.name() == name);
                found.ok_or_else(|| ModelError::Unsupported {
                    path: dir.into(),
                    what: format!("the instruction set `{name}` on this CPU"),
                })?
            }
        };
        let threads = options.threads.max(1);
        let bert = Bert::open(dir, &config, isa, options.precision, threads)?;
        let precision = isa.offered(options.precision);
        Ok(Encoder { config, bert, isa, precision, threads, scratch: Mutex::default() })
    }

    /// The instruction sets of this CPU that an encoder can use, the fastest first.
    pub fn instruction_sets() -> Vec<&'static str> {
        Isa::all().into_iter().map(Isa::name).collect()
    }

    /// What the model folder says; of layers, how many are run.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What is really computed with: `f32` where the CPU gains nothing by the precision asked for.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Twelve hex digits that tell apart models and their revisions.
    pub fn fingerprint(&self) -> String {
        self.bert.weights.fingerprint()
    }

    /// The instruction set in use.
    pub fn instructions(&self) -> &'static str {
        self.isa.name()
    }

    /// One vector of norm 1 per sequence of ids, special tokens included, in order.
    pub fn encode_ids(&self, sequences: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, ModelError> {
        let flat = self.encode_flat(sequences)?;
        Ok(flat.chunks_exact(self.config.hidden).map(<[f32]>::to_vec).collect())
    }

    /// As [`Self::encode_ids`], the vectors end to end.
    pub fn encode_flat(&self, sequences: &[Vec<u32>]) -> Result<Vec<f32>, ModelError> {
        self.encode(sequences, &[], Wanted::Pooled)
    }

    /// The state of every token after the last layer that is run, neither pooled nor normalised: tokens × hidden, sequences end to end.
    pub fn encode_states(&self, sequences: &[Vec<u32>]) -> Result<Vec<f32>, ModelError> {
        self.encode(sequences, &[], Wanted::States)
    }

    /// As [`Self::encode_states`], of pairs: the ids of the nth from `seconds[n]` on belong to its second text.
    pub fn encode_pair_states(
        &self,
        sequences: &[Vec<u32>],
        seconds: &[usize],
    ) -> Result<Vec<f32>, ModelError> {
        self.encode(sequences, seconds, Wanted::States)
    }

    /// The state of the first token of each pair, as cross-encoders score it: pairs × hidden.
    pub fn encode_pairs(&self, sequences: &[Vec<u32>], seconds: &[usize]) -> Result<Vec<f32>, ModelError> {
        self.encode(sequences, seconds, Wanted::First)
    }

    /// `seconds` is empty where no sequence has a second text.
    fn encode(
        &self,
        sequences: &[Vec<u32>],
        seconds: &[usize],
        wanted: Wanted,
    ) -> Result<Vec<f32>, ModelError> {
        self.check(sequences)?;
        let hidden = self.config.hidden;
        let rows = |sequence: usize| match wanted {
            Wanted::Pooled | Wanted::First => 1,
            Wanted::States => sequences[sequence].len(),
        };
        let groups = groups(sequences, self.threads);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut scratch = self.borrow_scratch();
            let mut done = Vec::new();
            while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                let count: usize = group.iter().map(|&sequence| rows(sequence)).sum();
                let mut vectors = vec![0.0; count * hidden];
                self.encode_group(sequences, seconds, group, wanted, &mut scratch, &mut vectors);
                done.push((group, vectors));
            }
            self.return_scratch(scratch);
            done
        };
        let parts = std::thread::scope(|scope| {
            let others: Vec<_> = (1..self.threads.min(groups.len())).map(|_| scope.spawn(work)).collect();
            let mut parts = work();
            for other in others {
                parts.extend(other.join().expect("encoding does not panic"));
            }
            parts
        });
        let mut starts = vec![0];
        starts.extend((0..sequences.len()).scan(0, |sum, sequence| {
            *sum += rows(sequence) * hidden;
            Some(*sum)
        }));
        let mut out = vec![0.0; starts[sequences.len()]];
        for (group, vectors) in parts {
            let mut from = 0;
            for &sequence in group {
                let own = &mut out[starts[sequence]..starts[sequence + 1]];
                own.copy_from_slice(&vectors[from..][..own.len()]);
                from += own.len();
            }
        }
        Ok(out)
    }

    fn check(&self, sequences: &[Vec<u32>]) -> Result<(), ModelError> {
        let Config { vocabulary, positions, .. } = self.config;
        for (text, ids) in sequences.iter().enumerate() {
            let reason = match ids.iter().find(|&&id| id as usize >= vocabulary) {
                _ if ids.is_empty() => "it has no ids".to_string(),
                _ if ids.len() > positions => {
                    format!("it has {} ids, the model reads {positions}", ids.len())
                }
                Some(id) => format!("id {id} is outside the vocabulary of {vocabulary}"),
                None => continue,
            };
            return Err(ModelError::Input { text, reason });
        }
        Ok(())
    }

    /// Writes what is wanted of the sequences that `group` names.
    fn encode_group(
        &self,
        sequences: &[Vec<u32>],
        seconds: &[usize],
        group: &[usize],
        wanted: Wanted,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let hidden = self.config.hidden;
        let lengths: Vec<usize> = group.iter().map(|&sequence| sequences[sequence].len()).collect();
        let tokens: usize = lengths.iter().sum();
        scratch.fit(tokens, &self.config);
        let Scratch { hidden: state, qkv, context, inner, attention, rounded } = scratch;
        let (state, qkv, context) =
            (&mut state[..tokens * hidden], &mut qkv[..tokens * 3 * hidden], &mut context[..tokens * hidden]);
        let second = |sequence: usize| seconds.get(sequence).copied().unwrap_or(usize::MAX);
        self.embed(group.iter().map(|&n| (&sequences[n], second(n))), state);
        let Some(first) = self.bert.layers.first() else {
            return self.finish(state, &lengths, wanted, out);
        };
        let mut linear = |rows: &[f32], count: usize, layer: &Packed, finish: Finish, out: &mut [f32]| {
            self.isa.run(Job::Linear(Linear { rows, count, layer, finish, out, scratch: rounded }));
        };
        let planes = |first| Finish::Split(Planes { width: hidden / self.config.heads, rows: tokens, first });
        linear(state, tokens, &first.qkv, planes(0), qkv);
        for (n, layer) in self.bert.layers.iter().enumerate() {
            let mut first = 0;
            for &len in &lengths {
                let (qkv, heads, rows, scratch) = (&*qkv, self.config.heads, tokens, &mut *attention);
                let context = &mut context[first * hidden..][..len * hidden];
                self.isa.run(Job::Attention(Attention { qkv, heads, rows, first, context, scratch }));
                first += len;
            }
            // The rest of the layer and the next one's queries, keys and values, block by block.
            let Layer { mixed, mixed_norm, up, down, down_norm, .. } = layer;
            let blocks = state.chunks_mut(BLOCK * hidden).zip(context.chunks(BLOCK * hidden));
            for (block, (state, context)) in blocks.enumerate() {
                let count = state.len() / hidden;
                let inner = &mut inner[..count * self.config.inner];
                linear(context, count, mixed, Finish::Add, state);
                self.normalise(state, mixed_norm);
                linear(state, count, up, Finish::Gelu, inner);
                linear(inner, count, down, Finish::Add, state);
                self.normalise(state, down_norm);
                if let Some(next) = self.bert.layers.get(n + 1) {
                    linear(state, count, &next.qkv, planes(block * BLOCK), qkv);
                }
            }
        }
        self.finish(state, &lengths, wanted, out);
    }

    fn finish(&self, state: &[f32], lengths: &[usize], wanted: Wanted, out: &mut [f32]) {
        match wanted {
            Wanted::Pooled => self.pool(state, lengths, out),
            Wanted::States => out.copy_from_slice(state),
            Wanted::First => {
                let hidden = self.config.hidden;
                let firsts = lengths.iter().scan(0, |from, len| Some(std::mem::replace(from, *from + len)));
                for (first, out) in firsts.zip(out.chunks_exact_mut(hidden)) {
                    out.copy_from_slice(&state[first * hidden..][..hidden]);
                }
            }
        }
    }

    /// The sum of word, position and type vectors, normalised; each sequence with where its second text begins.
    fn embed<'a>(&self, sequences: impl Iterator<Item = (&'a Vec<u32>, usize)>, out: &mut [f32]) {
        let hidden = self.config.hidden;
        let tokens = sequences.flat_map(|(ids, second)| {
            ids.iter().enumerate().map(move |(place, &id)| (place, id, place >= second))
        });
        for ((position, id, second), row) in tokens.zip(out.chunks_exact_mut(hidden)) {
            self.bert.weights.row(self.bert.words, id as usize, row);
            for (x, y) in row.iter_mut().zip(&self.bert.positions[position * hidden..]) {
                *x += y;
            }
            if second {
                for (x, y) in row.iter_mut().zip(&self.bert.second) {
                    *x += y;
                }
            }
        }
        self.normalise(out, &self.bert.norm);
    }

    fn normalise(&self, rows: &mut [f32], norm: &Norm) {
        let Norm { gain, bias } = norm;
        self.isa.run(Job::Normalise { rows, gain, bias, eps: self.config.eps });
    }

    /// One vector of norm 1 per sequence.
    fn pool(&self, state: &[f32], lengths: &[usize], out: &mut [f32]) {
        let hidden = self.config.hidden;
        let mut from = 0;
        for (&len, out) in lengths.iter().zip(out.chunks_exact_mut(hidden)) {
            let used = match self.config.pooling {
                Pooling::Mean => len,
                Pooling::First => 1,
            };
            for row in state[from * hidden..][..used * hidden].chunks_exact(hidden) {
                for (sum, x) in out.iter_mut().zip(row) {
                    *sum += x;
                }
            }
            // The mean and the sum point the same way.
            let norm = out.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
            let inverse = 1.0 / norm.max(1e-12);
            for x in out {
                *x = (f64::from(*x) * inverse) as f32;
            }
            from += len;
        }
    }

    fn borrow_scratch(&self) -> Scratch {
        let mut free = self.scratch.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        free.pop().unwrap_or_default()
    }

    fn return_scratch(&self, scratch: Scratch) {
        let mut free = self.scratch.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if free.len() < self.threads {
            free.push(scratch);
        }
    }
}

impl Scratch {
    /// Makes room for so many tokens.
    fn fit(&mut self, tokens: usize, config: &Config) {
        let grow = |buffer: &mut Vec<f32>, len: usize| buffer.resize(buffer.len().max(len), 0.0);
        grow(&mut self.hidden, tokens * config.hidden);
        grow(&mut self.qkv, tokens * 3 * config.hidden);
        grow(&mut self.context, tokens * config.hidden);
        grow(&mut self.inner, tokens.min(BLOCK) * config.inner);
    }
}

/// Which sequences go through the layers together: neighbours in length, longest first, so that threads end together.
fn groups(sequences: &[Vec<u32>], threads: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by_key(|&sequence| std::cmp::Reverse(sequences[sequence].len()));
    let total: usize = sequences.iter().map(Vec::len).sum();
    // Four groups a thread even out what is left at the end.
    let enough = GROUP.min(total.div_ceil(threads * if threads > 1 { 4 } else { 1 }));
    let mut groups = Vec::new();
    let mut group = Vec::new();
    let mut tokens = 0;
    for sequence in order {
        tokens += sequences[sequence].len();
        group.push(sequence);
        if tokens >= enough {
            groups.push(std::mem::take(&mut group));
            tokens = 0;
        }
    }
    if !group.is_empty() {
        groups.push(group);
    }
    groups
}
