//! What a sentence encoder's folder says about its architecture, pooling and window.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ModelError;

/// The shape of a BERT encoder and how its token vectors become one vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The length of every vector.
    pub hidden: usize,
    /// Transformer layers.
    pub layers: usize,
    /// Attention heads of a layer; they divide `hidden` evenly.
    pub heads: usize,
    /// Units of the feed-forward part of a layer.
    pub inner: usize,
    /// Token ids go from 0 to one below this.
    pub vocabulary: usize,
    /// Rows of the position table.
    pub positions: usize,
    /// Rows of the token type table; sentences use the first.
    pub types: usize,
    /// Added to the variance by layer normalisation.
    pub eps: f32,
    /// How token vectors become one.
    pub pooling: Pooling,
    /// The most tokens a text may have, special tokens included.
    pub window: usize,
}

/// How token vectors become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over all tokens, special tokens included.
    Mean,
    /// The first token's vector.
    First,
}

#[derive(Deserialize)]
struct BertJson {
    model_type: Option<String>,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f32,
    hidden_act: String,
    position_embedding_type: Option<String>,
}

#[derive(Deserialize)]
struct ModuleJson {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct WindowJson {
    max_seq_length: Option<usize>,
}

#[derive(Deserialize)]
struct TokenizerJson {
    /// Beyond any whole number where there is no limit.
    model_max_length: Option<f64>,
}

impl Config {
    /// Reads `config.json`, `1_Pooling/config.json` and `sentence_bert_config.json` of a model folder.
    ///
    /// The last two may be absent: then pooling is the mean and the window is as long as the position table. Where the last one says
    /// nothing of a window, as since sentence-transformers 6, `tokenizer_config.json` does.
    pub fn open(dir: &Path) -> Result<Config, ModelError> {
        must_end_with_pooling(dir)?;
        let path = dir.join("config.json");
        let bert: BertJson = read_json(&path)?;
        let unsupported = |what: String| ModelError::Unsupported { path: path.clone(), what };
        let sort = bert.model_type.as_deref().unwrap_or("bert");
        if sort != "bert" {
            return Err(unsupported(format!("model_type `{sort}`")));
        }
        if bert.hidden_act != "gelu" {
            return Err(unsupported(format!("hidden_act `{}`", bert.hidden_act)));
        }
        let positions = bert.position_embedding_type.as_deref().unwrap_or("absolute");
        if positions != "absolute" {
            return Err(unsupported(format!("position_embedding_type `{positions}`")));
        }
        let sizes = [
            ("hidden_size", bert.hidden_size),
            ("num_attention_heads", bert.num_attention_heads),
            ("intermediate_size", bert.intermediate_size),
            ("vocab_size", bert.vocab_size),
            ("max_position_embeddings", bert.max_position_embeddings),
            ("type_vocab_size", bert.type_vocab_size),
        ];
        // Also keeps the sums of rounded products from overflowing.
        let sane = |size: usize| (1..=MOST).contains(&size);
        if let Some((name, size)) =
            sizes.into_iter().find(|&(name, size)| !sane(size) && name != "vocab_size")
        {
            return Err(unsupported(format!("{name} {size}")));
        }
        if !bert.hidden_size.is_multiple_of(bert.num_attention_heads) {
            let (heads, hidden) = (bert.num_attention_heads, bert.hidden_size);
            return Err(unsupported(format!("{heads} heads over a hidden size of {hidden}")));
        }
        Ok(Config {
            hidden: bert.hidden_size,
            layers: bert.num_hidden_layers,
            heads: bert.num_attention_heads,
            inner: bert.intermediate_size,
            vocabulary: bert.vocab_size,
            positions: bert.max_position_embeddings,
            types: bert.type_vocab_size,
            eps: bert.layer_norm_eps,
            pooling: pooling(dir)?,
            window: window(dir, bert.max_position_embeddings)?,
        })
    }
}

/// No dimension of a supported model is greater: four times those of the largest BERT.
const MOST: usize = 16_384;

/// Refuses a model of sentence-transformers that has more behind its pooling than a norm of 1: its vectors would be others here.
fn must_end_with_pooling(dir: &Path) -> Result<(), ModelError> {
    let path = dir.join("modules.json");
    if !path.exists() {
        return Ok(());
    }
    let modules: Vec<ModuleJson> = read_json(&path)?;
    let mut kinds = modules.iter().map(|module| module.kind.rsplit('.').next().unwrap_or_default());
    match kinds.find(|kind| !["Transformer", "Pooling", "Normalize", "Dropout"].contains(kind)) {
        None => Ok(()),
        Some(other) => Err(ModelError::Unsupported { path, what: format!("the module {other}") }),
    }
}

fn pooling(dir: &Path) -> Result<Pooling, ModelError> {
    let path = dir.join("1_Pooling").join("config.json");
    if !path.exists() {
        return Ok(Pooling::Mean);
    }
    let json: Map<String, Value> = read_json(&path)?;
    // One switch for every way; since sentence-transformers 6 the name of the way.
    let switched = json.iter().filter(|(_, on)| **on == true);
    let mut ways: Vec<&str> = switched.filter_map(|(key, _)| key.strip_prefix("pooling_mode_")).collect();
    ways.extend(json.get("pooling_mode").and_then(Value::as_str));
    match ways[..] {
        ["mean_tokens" | "mean"] => Ok(Pooling::Mean),
        ["cls_token" | "cls"] => Ok(Pooling::First),
        _ => {
            Err(ModelError::Unsupported { path, what: "pooling other than mean or first token".to_string() })
        }
    }
}

fn window(dir: &Path, positions: usize) -> Result<usize, ModelError> {
    let path = dir.join("sentence_bert_config.json");
    if !path.exists() {
        return Ok(positions);
    }
    let json: WindowJson = read_json(&path)?;
    let tokenizer = dir.join("tokenizer_config.json");
    let most = match json.max_seq_length {
        None if tokenizer.exists() => read_json::<TokenizerJson>(&tokenizer)?.model_max_length,
        said => said.map(|most| most as f64),
    };
    Ok(most.filter(|most| *most < positions as f64).map_or(positions, |most| most.max(0.0) as usize))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ModelError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ModelError::Read { path: path.into(), source })?;
    serde_json::from_str(&text)
        .map_err(|error| ModelError::Damaged { path: path.into(), reason: error.to_string() })
}
