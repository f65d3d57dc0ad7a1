//! An extractor in files: settings in the manifest, hashed features, weights and, where it was moved, the encoder.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use engraft_nn::{Weights, write_tensors};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TuneError;
use crate::artefact::{Artefact, write};
use crate::dense::read_matrix;
use crate::extractor::chain::Chain;
use crate::extractor::crf::Crf;
use crate::extractor::decoder::{Decoder, Decoding};
use crate::extractor::model::{Extractor, How};
use crate::extractor::patterns::Patterns;
use crate::extractor::states::States;
use crate::extractor::tokens::Tokens;

/// The keys of the features, eight bytes each, the lowest first; the number of a key is its row among the weights.
const FEATURES: &str = "features.bin";
/// The weights: `sparse` (features × tags), `dense` (tags × width), `bias` and `moves` (tags × tags).
const WEIGHTS: &str = "chain.safetensors";
/// The layer on token states alone: `weight` (tags × width) and `bias`.
const TOKENS: &str = "tokens.safetensors";
/// The folder of a moved encoder.
pub(crate) const ENCODER: &str = "encoder";
/// Its weights.
pub(crate) const MOVED: &str = "model.safetensors";

/// The part of a manifest that is an extractor's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "how")]
enum Settings {
    Patterns {
        values: BTreeMap<String, Vec<String>>,
        precision: Vec<f64>,
    },
    Chain {
        decoding: Decoding,
        features: usize,
        width: usize,
        /// Where token states come from.
        encoder: Reads,
        /// After how many of the base's layers; after all of them where it does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layers: Option<usize>,
        /// The tags of the layer on token states alone; none where there is no such layer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String>,
    },
    Tokens {
        tags: Vec<String>,
        width: usize,
    },
}

/// Whose token states a chain reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reads {
    /// None.
    None,
    /// The base's, as it is.
    Base,
    /// Those of the encoder that was moved for it.
    Own,
}

impl Extractor {
    /// Writes its numbers into a folder; returns what belongs in the manifest's settings. A moved encoder is there already.
    pub fn save(&self, dir: &Path) -> Result<Value, TuneError> {
        let settings = match &self.how {
            How::Patterns { values, precision, .. } => {
                Settings::Patterns { values: values.clone(), precision: precision.clone() }
            }
            How::Tokens { tokens, states } => {
                save_tokens(dir, tokens)?;
                Settings::Tokens { tags: tokens.names.clone(), width: states.width() }
            }
            How::Chain { crf, decoder, states, tokens } => {
                save_chain(dir, crf)?;
                tokens.iter().try_for_each(|tokens| save_tokens(dir, tokens))?;
                let encoder = match (crf.width > 0, dir.join(ENCODER).is_dir()) {
                    (false, _) => Reads::None,
                    (true, false) => Reads::Base,
                    (true, true) => Reads::Own,
                };
                let layers = states.as_ref().filter(|_| encoder == Reads::Base).map(|states| states.layers());
                let (decoding, features) = (decoder.decoding, crf.features.len());
                let tags = tokens.as_ref().map_or(Vec::new(), |tokens| tokens.names.clone());
                Settings::Chain { decoding, features, width: crf.width, encoder, layers, tags }
            }
        };
        serde_json::to_value(settings).map_err(|error| TuneError::Bug(error.to_string()))
    }

    /// Reads a registered extractor. `base` is the folder of the encoder it stands on, asked for only where it stands on
    /// one that was not moved.
    pub fn load(
        artefact: &Artefact,
        base: impl FnOnce() -> Result<std::path::PathBuf, TuneError>,
        threads: usize,
    ) -> Result<Extractor, TuneError> {
        let (dir, manifest) = (&artefact.dir, &artefact.manifest);
        let damaged = |reason: String| TuneError::Damaged { path: dir.clone(), reason };
        if manifest.kind != "extractor" {
            return Err(TuneError::Request {
                message: format!("`{}` is no extractor but a {}", manifest.name, manifest.kind),
                hint: "run `engraft model list` to see what there is".into(),
            });
        }
        let labels = manifest.labels.clone();
        let settings: Settings = serde_json::from_value(manifest.settings.clone())
            .map_err(|error| damaged(format!("settings: {error}")))?;
        let how = match settings {
            Settings::Patterns { values, precision } => {
                if precision.len() != labels.len() {
                    return Err(damaged("its precisions do not fit its labels".into()));
                }
                How::Patterns { patterns: Patterns::new(&labels, &values), values, precision }
            }
            Settings::Tokens { tags, width } => {
                let states = Arc::new(States::open(&dir.join(ENCODER), threads)?);
                How::Tokens { tokens: load_tokens(artefact, tags, width)?, states }
            }
            Settings::Chain { decoding, features, width, encoder, layers, tags } => {
                let crf = load_chain(artefact, labels.len(), features, width)?;
                let states = match encoder {
                    Reads::None => None,
                    Reads::Own => Some(Arc::new(States::open(&dir.join(ENCODER), threads)?)),
                    Reads::Base => {
                        let states = States::open_first(layers, &base()?, threads)?;
                        let name = manifest.base.as_ref().map_or("the base", |base| &base.name);
                        artefact.must_fit(name, &states.fingerprint())?;
                        Some(Arc::new(states))
                    }
                };
                if states.as_ref().is_some_and(|states| states.width() != width) {
                    return Err(damaged(format!("its weights want token states of length {width}")));
                }
                let decoder = Decoder::new(crf.chain.clone(), &crf.moves, decoding);
                let tokens = match tags.is_empty() {
                    true => None,
                    false => Some(load_tokens(artefact, tags, width)?),
                };
                How::Chain { crf: Box::new(crf), decoder, states, tokens }
            }
        };
        Ok(Extractor { labels, how })
    }
}

fn save_chain(dir: &Path, crf: &Crf) -> Result<(), TuneError> {
    let tags = crf.chain.tags();
    // In the order of the keys: the same model has the same bytes whatever the order of its training.
    let mut keys: Vec<(u64, u32)> = crf.features.iter().map(|(key, feature)| (*key, *feature)).collect();
    keys.sort_unstable();
    let bytes: Vec<u8> = keys.iter().flat_map(|(key, _)| key.to_le_bytes()).collect();
    write(&dir.join(FEATURES), &bytes)?;
    let rows = keys.iter().flat_map(|(_, feature)| &crf.sparse[*feature as usize * tags..][..tags]);
    let tensors = [
        ("bias".to_string(), vec![tags], crf.bias.clone()),
        ("dense".to_string(), vec![tags, crf.width], crf.dense.clone()),
        ("moves".to_string(), vec![tags, tags], crf.moves.clone()),
        ("sparse".to_string(), vec![keys.len(), tags], rows.copied().collect()),
    ];
    let written: Vec<_> = tensors.into_iter().filter(|(_, _, values)| !values.is_empty()).collect();
    Ok(write_tensors(&dir.join(WEIGHTS), &written)?)
}

fn load_chain(artefact: &Artefact, labels: usize, features: usize, width: usize) -> Result<Crf, TuneError> {
    let damaged =
        |reason: &str| TuneError::Damaged { path: artefact.dir.clone(), reason: reason.to_string() };
    let chain = Chain::new(labels);
    let tags = chain.tags();
    let path = artefact.file(FEATURES)?;
    let bytes = std::fs::read(&path).map_err(TuneError::io("read", &path))?;
    let keys: Vec<u64> = bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
    if bytes.len() != features * 8 || !keys.is_sorted_by(|a, b| a < b) {
        return Err(damaged("its features do not fit its settings"));
    }
    let weights = Weights::open(&artefact.file(WEIGHTS)?)?;
    let matrix = |name: &str, rows: usize, columns: usize| -> Result<Vec<f32>, TuneError> {
        let mut all = vec![0.0; rows * columns];
        if all.is_empty() {
            return Ok(all);
        }
        let tensor = weights.tensor(name, &[rows, columns])?;
        for (at, row) in all.chunks_exact_mut(columns).enumerate() {
            weights.row(tensor, at, row);
        }
        Ok(all)
    };
    let numbered = keys.into_iter().zip(0u32..);
    Ok(Crf {
        sparse: matrix("sparse", features, tags)?,
        dense: matrix("dense", tags, width)?,
        bias: weights.vector("bias", tags)?,
        moves: matrix("moves", tags, tags)?,
        features: numbered.collect::<HashMap<u64, u32>>(),
        width,
        chain,
    })
}

fn save_tokens(dir: &Path, tokens: &Tokens) -> Result<(), TuneError> {
    let (tags, width) = (tokens.bias.len(), tokens.weight.len() / tokens.bias.len().max(1));
    let tensors = [
        ("bias".to_string(), vec![tags], tokens.bias.clone()),
        ("weight".to_string(), vec![tags, width], tokens.weight.clone()),
    ];
    Ok(write_tensors(&dir.join(TOKENS), &tensors)?)
}

fn load_tokens(artefact: &Artefact, names: Vec<String>, width: usize) -> Result<Tokens, TuneError> {
    let weights = Weights::open(&artefact.file(TOKENS)?)?;
    let bias = weights.vector("bias", names.len())?;
    let weight = read_matrix(&weights, "weight", names.len(), width)?.data;
    Ok(Tokens { names, weight, bias })
}

/// The files of a model folder that a moved encoder needs beside its weights.
const BESIDE: [&str; 7] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "special_tokens_map.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
];

/// Makes a folder for a moved encoder with all of its base's files but the weights.
pub(crate) fn beside(base: &Path, dir: &Path) -> Result<(), TuneError> {
    for file in BESIDE {
        let (from, to) = (base.join(file), dir.join(file));
        if !from.is_file() {
            continue;
        }
        let folder = to.parent().unwrap_or(dir);
        std::fs::create_dir_all(folder).map_err(TuneError::io("create", folder))?;
        std::fs::copy(&from, &to).map_err(TuneError::io("write", &to))?;
    }
    Ok(())
}
