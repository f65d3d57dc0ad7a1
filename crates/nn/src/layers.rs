//! The weights of a BERT encoder, packed for the kernels.

use std::path::Path;

use crate::kernels::{Isa, Packed, Precision};
use crate::weights::{Tensor, Weights};
use crate::{Config, ModelError};

/// All weights but the word table, which stays in its file.
#[derive(Debug)]
pub(crate) struct Bert {
    /// The file.
    pub(crate) weights: Weights,
    /// The vector of each token id, in the file.
    pub(crate) words: Tensor,
    /// The vector of each position, that of the first token type added.
    pub(crate) positions: Vec<f32>,
    /// What tokens of a second text have more than those of the first; empty where the model knows one text only.
    pub(crate) second: Vec<f32>,
    /// Applied to the sum of the three.
    pub(crate) norm: Norm,
    /// The transformer.
    pub(crate) layers: Vec<Layer>,
}

/// One transformer layer.
#[derive(Debug)]
pub(crate) struct Layer {
    /// Queries, keys and values in one product.
    pub(crate) qkv: Packed,
    pub(crate) mixed: Packed,
    pub(crate) mixed_norm: Norm,
    pub(crate) up: Packed,
    pub(crate) down: Packed,
    pub(crate) down_norm: Norm,
}

/// Gain and bias of a layer normalisation.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) gain: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Bert {
    /// Checks and packs the weights of a model folder, on as many threads.
    pub(crate) fn open(
        dir: &Path,
        config: &Config,
        isa: Isa,
        precision: Precision,
        threads: usize,
    ) -> Result<Bert, ModelError> {
        let weights = Weights::open(&dir.join("model.safetensors"))?;
        // Some exports keep the encoder under the name of its class.
        let prefix = if weights.has("bert.embeddings.word_embeddings.weight") { "bert." } else { "" };
        let loader = Loader { weights: &weights, prefix, config, isa, precision };
        let hidden = config.hidden;
        let words = loader.tensor("embeddings.word_embeddings.weight", &[config.vocabulary, hidden])?;
        let (positions, second) = loader.positions()?;
        let norm = loader.norm("embeddings.LayerNorm")?;
        let layers = loader.layers(threads)?;
        Ok(Bert { words, positions, second, norm, layers, weights })
    }
}

struct Loader<'a> {
    weights: &'a Weights,
    prefix: &'a str,
    config: &'a Config,
    isa: Isa,
    precision: Precision,
}

impl Loader<'_> {
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        self.weights.tensor(&format!("{}{name}", self.prefix), shape)
    }

    fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, ModelError> {
        self.weights.vector(&format!("{}{name}", self.prefix), len)
    }

    fn norm(&self, name: &str) -> Result<Norm, ModelError> {
        let hidden = self.config.hidden;
        let gain = self.vector(&format!("{name}.weight"), hidden)?;
        Ok(Norm { gain, bias: self.vector(&format!("{name}.bias"), hidden)? })
    }

    /// The position table with the first type added, and by how much the second type differs.
    fn positions(&self) -> Result<(Vec<f32>, Vec<f32>), ModelError> {
        let Config { hidden, positions, types, .. } = *self.config;
        let places = self.tensor("embeddings.position_embeddings.weight", &[positions, hidden])?;
        let sorts = self.tensor("embeddings.token_type_embeddings.weight", &[types, hidden])?;
        let mut sort = vec![0.0; hidden];
        self.weights.row(sorts, 0, &mut sort);
        let mut table = vec![0.0; positions * hidden];
        for (position, row) in table.chunks_exact_mut(hidden).enumerate() {
            self.weights.row(places, position, row);
            for (x, y) in row.iter_mut().zip(&sort) {
                *x += y;
            }
        }
        let mut second = Vec::new();
        if types > 1 {
            second.resize(hidden, 0.0);
            self.weights.row(sorts, 1, &mut second);
            second.iter_mut().zip(&sort).for_each(|(x, y)| *x -= y);
        }
        Ok((table, second))
    }

    /// Every thread packs every so-manieth layer.
    fn layers(&self, threads: usize) -> Result<Vec<Layer>, ModelError> {
        let count = self.config.layers;
        let threads = threads.clamp(1, count.max(1));
        let share =
            |thread: usize| -> Vec<_> { (thread..count).step_by(threads).map(|n| self.layer(n)).collect() };
        let shares: Vec<Vec<_>> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || share(thread))).collect();
            let own = share(0);
            let joined = others.into_iter().map(|other| other.join().expect("packing does not panic"));
            std::iter::once(own).chain(joined).collect()
        });
        let mut shares: Vec<_> = shares.into_iter().map(Vec::into_iter).collect();
        (0..count).filter_map(|n| shares[n % threads].next()).collect()
    }

    fn layer(&self, n: usize) -> Result<Layer, ModelError> {
        let Config { hidden, inner, .. } = *self.config;
        let name = |part: &str| format!("encoder.layer.{n}.{part}");
        let attention = ["query", "key", "value"].map(|part| name(&format!("attention.self.{part}")));
        Ok(Layer {
            qkv: self.linear(&attention, hidden, hidden)?,
            mixed: self.linear(&[name("attention.output.dense")], hidden, hidden)?,
            mixed_norm: self.norm(&name("attention.output.LayerNorm"))?,
            up: self.linear(&[name("intermediate.dense")], hidden, inner)?,
            down: self.linear(&[name("output.dense")], inner, hidden)?,
            down_norm: self.norm(&name("output.LayerNorm"))?,
        })
    }

    /// Packs linear layers of one shape side by side, so that one product does them all.
    fn linear(&self, names: &[String], inputs: usize, outputs: usize) -> Result<Packed, ModelError> {
        let mut parts = Vec::new();
        let mut bias = Vec::new();
        for name in names {
            parts.push(self.tensor(&format!("{name}.weight"), &[outputs, inputs])?);
            bias.extend(self.vector(&format!("{name}.bias"), outputs)?);
        }
        let mut row = |output: usize, out: &mut [f32]| {
            self.weights.row(parts[output / outputs], output % outputs, out);
        };
        Ok(Packed::new(self.isa, self.precision, inputs, &bias, &mut row))
    }
}
