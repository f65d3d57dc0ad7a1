//! A folder for sentence-transformers, in the classic layout that versions 2 to 6 load.

use std::path::Path;

use engraft_nn::{Config, Pooling, write_tensors};
use serde_json::{Value, json};

use super::{TOKENIZER_FILES, copy, write_json};
use crate::TuneError;

/// A linear layer behind the pooled vector: the logits of a classifier, a score.
#[derive(Clone, Copy, Debug)]
pub struct Dense<'a> {
    /// `[outputs, inputs]`
    pub weight: &'a [f32],
    /// `[outputs]`
    pub bias: &'a [f32],
}

/// What becomes of a text's token states.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behind<'a> {
    /// How they become one vector; `None`: as the encoder's folder says.
    pub pooling: Option<Pooling>,
    /// Whether the vector keeps its length instead of being brought to norm 1.
    pub raw: bool,
    /// The layer that comes last, where there is one.
    pub dense: Option<Dense<'a>>,
}

/// Writes the encoder in `encoder` to the folder `to`, and what comes behind its token states.
pub fn sentence_transformers(encoder: &Path, behind: Behind<'_>, to: &Path) -> Result<(), TuneError> {
    let config = Config::open(encoder)?;
    let Behind { pooling, raw, dense } = behind;
    copy(encoder, to, &TOKENIZER_FILES)?;
    copy(encoder, to, &["config.json", "model.safetensors"])?;
    let first = pooling.unwrap_or(config.pooling) == Pooling::First;
    let pooling = json!({
        "word_embedding_dimension": config.hidden, "pooling_mode_cls_token": first,
        "pooling_mode_mean_tokens": !first, "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false, "pooling_mode_weightedmean_tokens": false,
        "pooling_mode_lasttoken": false, "include_prompt": true,
    });
    write_json(&to.join("1_Pooling/config.json"), &pooling)?;
    let window = json!({ "max_seq_length": config.window, "do_lower_case": false });
    write_json(&to.join("sentence_bert_config.json"), &window)?;
    let settings = json!({
        "__version__": { "sentence_transformers": "5.1.0" }, "model_type": "SentenceTransformer",
        "prompts": { "query": "", "document": "" }, "default_prompt_name": null, "similarity_fn_name": "cosine",
    });
    write_json(&to.join("config_sentence_transformers.json"), &settings)?;
    let module = |n: usize, path: &str, kind: &str| -> Value {
        json!({ "idx": n, "name": n.to_string(), "path": path, "type": format!("sentence_transformers.models.{kind}") })
    };
    let mut modules = vec![module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling")];
    if !raw {
        modules.push(module(2, "2_Normalize", "Normalize"));
        let normalize = to.join("2_Normalize");
        std::fs::create_dir_all(&normalize).map_err(TuneError::io("create", &normalize))?;
    }
    if let Some(Dense { weight, bias }) = dense {
        modules.push(module(modules.len(), "3_Dense", "Dense"));
        let layer = json!({
            "in_features": config.hidden, "out_features": bias.len(), "bias": true,
            "activation_function": "torch.nn.modules.linear.Identity",
        });
        write_json(&to.join("3_Dense/config.json"), &layer)?;
        let tensors = [
            ("linear.weight".to_string(), vec![bias.len(), config.hidden], weight.to_vec()),
            ("linear.bias".to_string(), vec![bias.len()], bias.to_vec()),
        ];
        write_tensors(&to.join("3_Dense/model.safetensors"), &tensors)?;
    }
    write_json(&to.join("modules.json"), &Value::Array(modules))
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_nn::{Encoder, EncoderOptions, Weights};

    #[test]
    fn the_folder_holds_the_same_encoder_and_the_layer_behind_it() {
        let encoder = engraft_testkit::repository().join("crates/nn/tests/golden/training");
        let to = tempfile::tempdir().unwrap();
        let weight: Vec<f32> = (0..48).map(|n| n as f32).collect();
        let dense = Dense { weight: &weight, bias: &[1.0, 2.0] };
        sentence_transformers(&encoder, Behind { dense: Some(dense), ..Behind::default() }, to.path())
            .unwrap();
        let modules: Value =
            serde_json::from_slice(&std::fs::read(to.path().join("modules.json")).unwrap()).unwrap();
        let kinds: Vec<&str> =
            modules.as_array().unwrap().iter().map(|m| m["path"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["", "1_Pooling", "2_Normalize", "3_Dense"]);
        // With a layer behind it, it is no encoder.
        assert!(Encoder::open(to.path(), EncoderOptions::default()).is_err());
        std::fs::remove_file(to.path().join("modules.json")).unwrap();
        let vectors = |dir: &Path| {
            let encoder = Encoder::open(dir, EncoderOptions::default()).unwrap();
            encoder.encode_flat(&[vec![1, 2, 3], vec![4, 5]]).unwrap()
        };
        assert_eq!(vectors(&encoder), vectors(to.path()));
        let layer = Weights::open(&to.path().join("3_Dense/model.safetensors")).unwrap();
        assert!(layer.tensor("linear.weight", &[2, 24]).is_ok() && layer.tensor("linear.bias", &[2]).is_ok());
    }
}
