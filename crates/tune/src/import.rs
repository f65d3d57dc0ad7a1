//! Folders of transformers that come in: what each holds, whether its tensors are those of its class, and how it answers here.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_nn::train::{Body, BodyOptions};
use engraft_nn::{ModelError, Weights};
use serde_json::{Value, json};

use crate::TuneError;
use crate::data::Labelling;
use crate::export::classes::CLASS;
use crate::export::{TOKENIZER_FILES, copy, read_config, write_json};

/// What a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// An encoder; the layers that only its own training needed stay behind.
    Encoder,
    /// A tag for every token: `BertForTokenClassification`.
    Tokens {
        /// One an output.
        tags: Vec<String>,
    },
    /// One score for two texts: `BertForSequenceClassification` with one output.
    Pair,
    /// Classes of a text.
    Classes {
        /// One an output.
        names: Vec<String>,
        /// Whether a text has one of them or any number.
        labelling: Labelling,
        /// Whether all tokens are pooled, as in what [`crate::export`] writes, and not the first one read through a layer of its own.
        pooled: bool,
    },
    /// A score of a prompt with its response, as [`crate::export`] writes it.
    Reward,
}

/// The layer that makes a model's outputs.
pub(crate) const HEAD: &str = "classifier";
/// The layer before it, on the first token.
pub(crate) const POOLER: &str = "bert.pooler.dense";

/// What the folder `dir` holds, by the class that its `config.json` names.
///
/// Refused are classes whose last layer would be lost here, tensors that are missing, that the class has not, or that hold something
/// that is no number.
pub fn foreign(dir: &Path) -> Result<Foreign, TuneError> {
    let config = read_config(dir)?;
    let class = config["architectures"][0].as_str().unwrap_or("BertModel");
    let names = outputs(&config);
    let labelling = match config["problem_type"].as_str() {
        Some("multi_label_classification") => Labelling::Multi,
        _ => Labelling::Single,
    };
    let (found, heads) = match class {
        // What they have besides the encoder was for their own training; sentence-transformers leaves it out as well.
        "BertModel" | "BertForMaskedLM" | "BertForPreTraining" => return Ok(Foreign::Encoder),
        "BertForTokenClassification" => (Foreign::Tokens { tags: names }, &[HEAD][..]),
        "BertForSequenceClassification" if names.len() == 1 => (Foreign::Pair, &[HEAD, POOLER][..]),
        "BertForSequenceClassification" => {
            (Foreign::Classes { names, labelling, pooled: false }, &[HEAD, POOLER][..])
        }
        CLASS if config["problem_type"] == "regression" => (Foreign::Reward, &[HEAD][..]),
        CLASS => (Foreign::Classes { names, labelling, pooled: true }, &[HEAD][..]),
        other => {
            return Err(TuneError::Request {
                message: format!("{} holds a {other}, whose last layer would be lost here", dir.display()),
                hint: "encoders, cross-encoders, adapters of PEFT, and models for sequence or token classification come in".into(),
            });
        }
    };
    must_be_whole(dir, heads)?;
    Ok(found)
}

/// The names of the outputs, as `from_pretrained` has them: two where nothing is said.
fn outputs(config: &Value) -> Vec<String> {
    let named = config["id2label"].as_object().map_or(0, serde_json::Map::len) as u64;
    let count = if named > 0 { named } else { config["num_labels"].as_u64().unwrap_or(2) };
    let name = |n: u64| {
        let name = config["id2label"][n.to_string()].as_str();
        name.map_or_else(|| format!("LABEL_{n}"), str::to_string)
    };
    (0..count).map(name).collect()
}

fn must_be_whole(dir: &Path, heads: &[&str]) -> Result<(), TuneError> {
    let path = dir.join("model.safetensors");
    // Opened as for training: every tensor of the encoder is there and has its shape.
    let body = Body::open(dir, BodyOptions::default())?;
    let weights = Weights::open(&path)?;
    weights.must_be_numbers()?;
    let mut known: BTreeSet<&str> = body.parameters().iter().map(|one| one.name.as_str()).collect();
    // A table of numbers from 0 up, which older versions wrote.
    known.insert("embeddings.position_ids");
    let head = |name: &str| {
        heads.iter().any(|head| [".weight", ".bias"].iter().any(|part| name == format!("{head}{part}")))
    };
    let names = weights.names();
    let stray = |name: &&String| !known.contains(name.strip_prefix("bert.").unwrap_or(name)) && !head(name);
    match names.iter().find(stray) {
        None => Ok(()),
        Some(stray) => {
            let reason = format!("its class has no tensor {stray}");
            Err(ModelError::Damaged { path, reason }.into())
        }
    }
}

/// A matrix of the model in `dir`, `[outputs, inputs]`, and its bias.
pub(crate) fn layer(
    dir: &Path,
    name: &str,
    outputs: usize,
    inputs: usize,
) -> Result<(Vec<f32>, Vec<f32>), TuneError> {
    let weights = Weights::open(&dir.join("model.safetensors"))?;
    let matrix = crate::dense::read_matrix(&weights, &format!("{name}.weight"), outputs, inputs)?;
    Ok((matrix.data, weights.vector(&format!("{name}.bias"), outputs)?))
}

/// Copies the files of a model that matter here; how it pools is said where encoders are asked for it.
pub fn copy_model(from: &Path, to: &Path) -> Result<(), TuneError> {
    copy(from, to, &TOKENIZER_FILES)?;
    copy(from, to, &["config.json", "sentence_bert_config.json", "model.safetensors"])?;
    let first = read_config(from)?["classifier_pooling"] == "cls";
    let pooling = json!({ "pooling_mode_cls_token": first, "pooling_mode_mean_tokens": !first });
    write_json(&to.join("1_Pooling/config.json"), &pooling)
}

#[cfg(test)]
mod tests {
    use engraft_nn::write_tensors;

    use super::*;
    use crate::export::{Dense, transformers_tokens};

    const TAGS: [&str; 3] = ["O", "B-ORG", "I-ORG"];

    /// A token classifier on the made-up encoder of the training tests, and what is said of it after `harm`.
    fn said(harm: impl FnOnce(&Path)) -> String {
        let encoder = engraft_testkit::repository().join("crates/nn/tests/golden/training");
        let to = tempfile::tempdir().unwrap();
        let weight: Vec<f32> = (0..72).map(|n| n as f32 / 72.0).collect();
        let names = TAGS.map(String::from);
        transformers_tokens(&encoder, 2, Dense { weight: &weight, bias: &[0.0; 3] }, &names, to.path())
            .unwrap();
        harm(to.path());
        match foreign(to.path()) {
            Ok(found) => format!("{found:?}"),
            Err(error) => error.to_string(),
        }
    }

    fn class(name: &'static str) -> impl FnOnce(&Path) {
        move |dir| {
            let mut config = read_config(dir).unwrap();
            config["architectures"] = json!([name]);
            write_json(&dir.join("config.json"), &config).unwrap();
        }
    }

    /// The tensors of the folder, one of them changed or added.
    fn with(dir: &Path, name: &str, values: Vec<f32>) {
        let path = dir.join("model.safetensors");
        let body = Body::open(dir, BodyOptions::default()).unwrap();
        let mut tensors = crate::export::inside(body.merged());
        tensors.push(("classifier.weight".into(), vec![3, 24], vec![0.5; 72]));
        tensors.push(("classifier.bias".into(), vec![3], vec![0.5; 3]));
        tensors.retain(|(other, _, _)| other != name);
        tensors.push((name.into(), vec![values.len()], values));
        write_tensors(&path, &tensors).unwrap();
    }

    #[track_caller]
    fn check(harm: impl FnOnce(&Path), expected: &str) {
        let said = said(harm);
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn a_folder_is_what_the_class_it_names_is() {
        check(|_| {}, r#"Tokens { tags: ["O", "B-ORG", "I-ORG"] }"#);
        check(class("BertModel"), "Encoder");
        check(class("BertForSequenceClassification"), "labelling: Single, pooled: false");
        check(class("PooledBertForSequenceClassification"), "labelling: Single, pooled: true");
        check(
            class("BertForQuestionAnswering"),
            "holds a BertForQuestionAnswering, whose last layer would be lost here",
        );
        let encoder = engraft_testkit::repository().join("crates/nn/tests/golden/training");
        assert_eq!(foreign(&encoder).unwrap(), Foreign::Encoder);
    }

    #[test]
    fn strays_and_what_is_no_number_are_named() {
        check(
            |dir| with(dir, "bert.encoder.extra.weight", vec![0.0; 4]),
            "its class has no tensor bert.encoder.extra.weight",
        );
        check(|dir| with(dir, "qa_outputs.bias", vec![0.0; 2]), "its class has no tensor qa_outputs.bias");
        check(
            |dir| with(dir, "classifier.bias", vec![0.0, f32::NAN, 0.0]),
            "classifier.bias holds something that is no number",
        );
    }

    #[test]
    fn outputs_without_names_are_numbered() {
        assert_eq!(outputs(&json!({})), ["LABEL_0", "LABEL_1"]);
        assert_eq!(outputs(&json!({ "num_labels": 1 })), ["LABEL_0"]);
        assert_eq!(outputs(&json!({ "id2label": { "0": "no", "1": "yes" } })), ["no", "yes"]);
    }
}
