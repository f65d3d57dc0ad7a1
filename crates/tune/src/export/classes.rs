//! A classifier or a reward for transformers. `BertForSequenceClassification` reads the first token alone, and the tuned head a
//! pooled vector, so the folder brings a class of its own, which transformers loads when it is trusted to.

use std::path::Path;

use engraft_nn::train::{Body, BodyOptions};
use engraft_nn::{Pooling, write_tensors};
use serde_json::{Map, Value, json};

use super::{Dense, TOKENIZER_FILES, copy, inside, read_config, write_json};
use crate::TuneError;
use crate::artefact::write;
use crate::data::Labelling;

/// The class, and the file it is in.
pub(crate) const CLASS: &str = "PooledBertForSequenceClassification";
const CODE: &str = include_str!("modeling_engraft.py");

/// What a model says of a text.
#[derive(Clone, Copy, Debug)]
pub struct Classes<'a> {
    /// What each output of the head is.
    pub names: &'a [String],
    /// Whether a text has one of those classes or any number; `None`: the one output is a score.
    pub labelling: Option<Labelling>,
    /// From the pooled vector to logits.
    pub head: Dense<'a>,
    /// How token states become a vector; `None`: as the encoder's folder says.
    pub pooling: Option<Pooling>,
    /// Whether that keeps its length instead of being brought to norm 1.
    pub raw: bool,
}

/// Writes the encoder in `encoder` with a head as a model for sequence classification to the folder `to`.
pub fn transformers_classifier(encoder: &Path, classes: Classes<'_>, to: &Path) -> Result<(), TuneError> {
    let body = Body::open(encoder, BodyOptions::default())?;
    let mut config = read_config(encoder)?;
    config["architectures"] = json!([CLASS]);
    config["auto_map"] = json!({ "AutoModelForSequenceClassification": format!("modeling_engraft.{CLASS}") });
    name_outputs(&mut config, classes.names);
    config["problem_type"] = json!(match classes.labelling {
        Some(Labelling::Single) => "single_label_classification",
        Some(Labelling::Multi) => "multi_label_classification",
        None => "regression",
    });
    config["classifier_norm"] = json!(!classes.raw);
    config["classifier_pooling"] = json!(match classes.pooling.unwrap_or(body.config().pooling) {
        Pooling::Mean => "mean",
        Pooling::First => "cls",
    });
    copy(encoder, to, &TOKENIZER_FILES)?;
    write_json(&to.join("config.json"), &config)?;
    write(&to.join("modeling_engraft.py"), CODE.as_bytes())?;
    let Dense { weight, bias } = classes.head;
    let mut tensors = inside(body.merged());
    tensors.push(("classifier.weight".into(), vec![bias.len(), body.config().hidden], weight.to_vec()));
    tensors.push(("classifier.bias".into(), vec![bias.len()], bias.to_vec()));
    Ok(write_tensors(&to.join("model.safetensors"), &tensors)?)
}

/// Says in a `config.json` what each output is.
pub(crate) fn name_outputs(config: &mut Value, names: &[String]) {
    let numbered = || names.iter().enumerate();
    let labels: Map<String, Value> = numbered().map(|(n, name)| (n.to_string(), json!(name))).collect();
    let ids: Map<String, Value> = numbered().map(|(n, name)| (name.clone(), json!(n))).collect();
    config["id2label"] = Value::Object(labels);
    config["label2id"] = Value::Object(ids);
}

#[cfg(test)]
mod tests {
    use engraft_nn::Weights;

    use super::*;

    #[test]
    fn the_folder_names_its_classes_and_holds_every_tensor_its_class_asks_for() {
        let encoder = engraft_testkit::repository().join("crates/nn/tests/golden/training");
        let to = tempfile::tempdir().unwrap();
        let names = ["card".to_string(), "fee".to_string()];
        let weight: Vec<f32> = (0..48).map(|n| n as f32).collect();
        let head = Dense { weight: &weight, bias: &[1.0, 2.0] };
        let labelling = Some(Labelling::Multi);
        let classes = Classes { names: &names, labelling, head, pooling: None, raw: false };
        transformers_classifier(&encoder, classes, to.path()).unwrap();
        let config = read_config(to.path()).unwrap();
        assert_eq!((&config["id2label"]["1"], &config["label2id"]["fee"]), (&json!("fee"), &json!(1)));
        assert_eq!(config["problem_type"], "multi_label_classification");
        assert_eq!(
            (&config["classifier_pooling"], &config["classifier_norm"]),
            (&json!("mean"), &json!(true))
        );
        let names = Weights::open(&to.path().join("model.safetensors")).unwrap().names();
        assert!(names.iter().all(|name| name.starts_with("bert.") || name.starts_with("classifier.")));
        // Three tables, five norms, twelve linear layers of gain or weight and bias; and the head.
        assert_eq!(names.len(), 3 + 2 * (5 + 12) + 2);
        assert!(!names.iter().any(|name| name.contains("pooler")));
        assert!(CODE.contains(&format!("class {CLASS}(")));
    }
}
