//! A token classifier for transformers: `BertForTokenClassification`, a linear layer on the state of every token.

use std::path::Path;

use engraft_nn::train::{Body, BodyOptions};
use engraft_nn::write_tensors;
use serde_json::json;

use super::classes::name_outputs;
use super::{Dense, TOKENIZER_FILES, copy, inside, read_config, write_json};
use crate::TuneError;

/// Writes the first `layers` layers of the encoder in `encoder` with a layer on top, whose outputs are the tags `names`, to the
/// folder `to`.
pub fn transformers_tokens(
    encoder: &Path,
    layers: usize,
    layer: Dense<'_>,
    names: &[String],
    to: &Path,
) -> Result<(), TuneError> {
    let body = Body::open(encoder, BodyOptions::default())?;
    let mut config = read_config(encoder)?;
    config["architectures"] = json!(["BertForTokenClassification"]);
    config["num_hidden_layers"] = json!(layers);
    name_outputs(&mut config, names);
    copy(encoder, to, &TOKENIZER_FILES)?;
    write_json(&to.join("config.json"), &config)?;
    let mut tensors = inside(body.merged());
    let left_out: Vec<String> =
        (layers..body.config().layers).map(|n| format!("bert.encoder.layer.{n}.")).collect();
    tensors.retain(|(name, _, _)| !left_out.iter().any(|layer| name.starts_with(layer)));
    tensors.push((
        "classifier.weight".into(),
        vec![names.len(), body.config().hidden],
        layer.weight.to_vec(),
    ));
    tensors.push(("classifier.bias".into(), vec![names.len()], layer.bias.to_vec()));
    Ok(write_tensors(&to.join("model.safetensors"), &tensors)?)
}

#[cfg(test)]
mod tests {
    use engraft_nn::Weights;

    use super::*;

    #[test]
    fn the_folder_holds_a_plain_bert_with_a_layer_and_names_its_tags() {
        let encoder = engraft_testkit::repository().join("crates/nn/tests/golden/training");
        let to = tempfile::tempdir().unwrap();
        let names = ["O", "B-ORG", "I-ORG"].map(String::from);
        let weight: Vec<f32> = (0..72).map(|n| n as f32).collect();
        let layer = Dense { weight: &weight, bias: &[1.0, 2.0, 3.0] };
        transformers_tokens(&encoder, 1, layer, &names, to.path()).unwrap();
        let config = read_config(to.path()).unwrap();
        assert_eq!((&config["id2label"]["1"], &config["label2id"]["I-ORG"]), (&json!("B-ORG"), &json!(2)));
        assert_eq!(config["architectures"], json!(["BertForTokenClassification"]));
        assert_eq!(config["num_hidden_layers"], json!(1));
        let weights = Weights::open(&to.path().join("model.safetensors")).unwrap();
        assert!(weights.tensor("classifier.weight", &[3, 24]).is_ok());
        assert!(!weights.names().iter().any(|name| name.contains("layer.1.")), "{:?}", weights.names());
        let stray = |name: &String| name.contains("pooler") || !name.starts_with("bert.");
        assert_eq!(weights.names().iter().filter(|name| stray(name)).count(), 2, "{:?}", weights.names());
    }
}
