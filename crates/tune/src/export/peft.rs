//! Adapters from and to PEFT: `adapter_config.json` and `adapter_model.safetensors`.

use std::path::Path;

use engraft_nn::train::{Adapt, Body, BodyOptions, Lora};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{TOKENIZER_FILES, copy};
use crate::TuneError;

/// The keys of an adapter's configuration that matter to the numbers.
#[derive(Deserialize)]
struct AdapterConfig {
    peft_type: String,
    r: usize,
    lora_alpha: f32,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    bias: Option<String>,
    #[serde(default)]
    modules_to_save: Option<Vec<String>>,
    #[serde(default)]
    rank_pattern: Option<Map<String, Value>>,
    #[serde(default)]
    alpha_pattern: Option<Map<String, Value>>,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    lora_bias: bool,
    /// `true`, or the name of a way.
    #[serde(default)]
    init_lora_weights: Value,
}

/// Ways to begin that change the base's weights, too: the file of the adapter alone does not say what it stands on.
const OFF_BASE: [&str; 4] = ["pissa", "olora", "corda", "loftq"];

/// Where an encoder that was trained through adapters keeps them, in its folder.
pub const ADAPTER: &str = "adapter";

/// Its files there.
pub(crate) const ADAPTER_FILES: [&str; 2] =
    ["adapter/adapter_config.json", "adapter/adapter_model.safetensors"];

/// Writes the adapters of `body`, where it has any, beside its merged weights in `encoder`; `base` is the folder it came from.
pub(crate) fn save_adapter(body: &Body, base: &Path, encoder: &Path) -> Result<(), TuneError> {
    if body.adapters().is_empty() {
        return Ok(());
    }
    let adapter = encoder.join(ADAPTER);
    std::fs::create_dir_all(&adapter).map_err(TuneError::io("create", &adapter))?;
    let name = base.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    body.save_adapters(&adapter, &name)?;
    Ok(())
}

/// The files of the encoder that is made, besides its weights.
const FILES: [&str; 4] =
    ["config.json", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json"];

/// Makes the encoder in `base` with the adapter in `adapter` merged into it, in the folder `to`.
///
/// What this build cannot add exactly is refused: DoRA, trained biases, whole modules, ranks and scales that differ by layer, bases
/// that were changed to begin with, tensors of no layer.
pub fn merge_adapter(base: &Path, adapter: &Path, to: &Path) -> Result<(), TuneError> {
    let path = adapter.join("adapter_config.json");
    let text = std::fs::read_to_string(&path).map_err(TuneError::io("read", &path))?;
    let damaged = |reason: String| TuneError::Damaged { path: adapter.into(), reason };
    let config: AdapterConfig =
        serde_json::from_str(&text).map_err(|error| damaged(format!("adapter_config.json: {error}")))?;
    let has = |pattern: &Option<Map<String, Value>>| pattern.as_ref().is_some_and(|all| !all.is_empty());
    let way = config.init_lora_weights.as_str().unwrap_or_default();
    let refused = [
        (config.peft_type != "LORA", format!("peft_type {}", config.peft_type)),
        (config.use_dora, "DoRA".to_string()),
        (config.bias.as_deref().is_some_and(|bias| bias != "none"), "trained biases".to_string()),
        (config.modules_to_save.is_some_and(|all| !all.is_empty()), "whole modules besides".to_string()),
        (config.r == 0, "rank 0".to_string()),
        (has(&config.rank_pattern), "ranks that differ by layer".to_string()),
        (has(&config.alpha_pattern), "scales that differ by layer".to_string()),
        (config.fan_in_fan_out, "weights of inputs by outputs".to_string()),
        (config.lora_bias, "biases of its own".to_string()),
        (OFF_BASE.iter().any(|off| way.starts_with(off)), format!("init_lora_weights {way}")),
    ];
    if let Some((_, what)) = refused.into_iter().find(|(refused, _)| *refused) {
        return Err(TuneError::Request {
            message: format!("the adapter in {} has {what}, which cannot be merged here", adapter.display()),
            hint: "merge it with PEFT and import the merged folder".into(),
        });
    }
    // rsLoRA divides by the root of the rank.
    let scale = if config.use_rslora { (config.r as f32).sqrt() } else { 1.0 };
    let lora = Lora { rank: config.r, alpha: config.lora_alpha * scale, all_linear: true, seed: 0 };
    let mut body = Body::open(base, BodyOptions { adapt: Adapt::Lora(lora), embeddings: false })?;
    body.load_adapters(&adapter.join("adapter_model.safetensors"))?;
    copy(base, to, &TOKENIZER_FILES)?;
    copy(base, to, &FILES)?;
    Ok(body.save(to)?)
}

#[cfg(test)]
mod tests {
    use engraft_nn::write_tensors;
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::export::{Named, must_be_empty, write_json};
    use crate::trainer::laws;

    const RANK: usize = 4;
    const ALPHA: f32 = 6.0;
    /// The layers that have an adapter, each with its outputs and inputs.
    const LAYERS: [(&str, usize, usize); 2] =
        [("encoder.layer.0.attention.self.query", 24, 24), ("encoder.layer.1.intermediate.dense", 33, 24)];

    /// `A`, rank × inputs, and `B`, outputs × rank.
    fn halves(outputs: usize, inputs: usize) -> [Vec<f32>; 2] {
        let numbers = |count: usize, step: usize| -> Vec<f32> {
            (0..count).map(|n| (n * step % 13) as f32 / 13.0 - 0.4).collect()
        };
        [numbers(RANK * inputs, 5), numbers(outputs * RANK, 7)]
    }

    /// Merges an adapter as PEFT writes it into the made-up encoder; `said` stands in its configuration under `key`, and `stray`
    /// is among its tensors.
    fn merge(key: &str, said: Value, stray: Option<&str>) -> (TempDir, Result<(), TuneError>) {
        let (adapter, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut config = json!({ "peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, "bias": "none" });
        config[key] = said;
        write_json(&adapter.path().join("adapter_config.json"), &config).unwrap();
        let named = |layer: &str, half: &str| format!("base_model.model.{layer}.lora_{half}.weight");
        let mut tensors: Vec<Named> = Vec::new();
        for (layer, outputs, inputs) in LAYERS {
            let [a, b] = halves(outputs, inputs);
            tensors.push((named(layer, "A"), vec![RANK, inputs], a));
            tensors.push((named(layer, "B"), vec![outputs, RANK], b));
        }
        tensors.extend(stray.map(|name| (name.to_string(), vec![1], vec![1.0])));
        write_tensors(&adapter.path().join("adapter_model.safetensors"), &tensors).unwrap();
        let merged = merge_adapter(&laws::base(), adapter.path(), to.path());
        (to, merged)
    }

    /// Adapted layers are `W + scale · B·A`, and all else is as it was.
    #[track_caller]
    fn check(rank_stabilised: bool, scale: f32) {
        let (to, merged) = merge("use_rslora", json!(rank_stabilised), None);
        merged.unwrap();
        let tensors = |dir: &Path| Body::open(dir, BodyOptions::default()).unwrap().merged();
        let after = tensors(to.path());
        for (name, _, before) in tensors(&laws::base()) {
            let (_, _, found) = after.iter().find(|(other, _, _)| *other == name).unwrap();
            let adapted = LAYERS.into_iter().find(|(layer, _, _)| name == format!("{layer}.weight"));
            let Some((_, outputs, inputs)) = adapted else {
                assert_eq!(*found, before, "{name}");
                continue;
            };
            let [a, b] = halves(outputs, inputs);
            for (at, (found, before)) in found.iter().zip(&before).enumerate() {
                let (row, column) = (at / inputs, at % inputs);
                let product: f32 = (0..RANK).map(|k| b[row * RANK + k] * a[k * inputs + column]).sum();
                let wanted = before + scale * product;
                assert!((found - wanted).abs() < 1e-5, "{name} [{row}, {column}]: {found} {wanted}");
            }
        }
    }

    #[test]
    fn an_adapter_counts_alpha_over_its_rank() {
        check(false, ALPHA / 4.0);
    }

    #[test]
    fn a_rank_stabilised_adapter_counts_alpha_over_the_root_of_its_rank() {
        check(true, ALPHA / 2.0);
    }

    #[test]
    fn what_adapts_the_pooler_is_passed_over() {
        let pooler = "base_model.model.pooler.dense.lora_A.weight";
        merge("bias", json!("none"), Some(pooler)).1.unwrap();
    }

    #[test]
    fn what_cannot_be_added_exactly_is_named_and_nothing_is_written() {
        let layer_9 = "base_model.model.encoder.layer.9.output.dense.lora_A.weight";
        let magnitude = "base_model.model.encoder.layer.0.attention.self.query.lora_magnitude_vector";
        let bias = "base_model.model.encoder.layer.0.attention.self.query.bias";
        let cases = [
            ("use_dora", json!(true), None, "has DoRA,"),
            ("rank_pattern", json!({ "query": 2 }), None, "has ranks that differ by layer,"),
            ("alpha_pattern", json!({ "query": 2 }), None, "has scales that differ by layer,"),
            ("fan_in_fan_out", json!(true), None, "has weights of inputs by outputs,"),
            ("lora_bias", json!(true), None, "has biases of its own,"),
            ("init_lora_weights", json!("pissa_niter_4"), None, "has init_lora_weights pissa_niter_4,"),
            ("bias", json!("all"), None, "has trained biases,"),
            ("bias", json!("lora_only"), None, "has trained biases,"),
            ("modules_to_save", json!(["classifier"]), None, "has whole modules besides,"),
            ("peft_type", json!("LOHA"), None, "has peft_type LOHA,"),
            ("r", json!(0), None, "has rank 0,"),
            ("bias", json!("none"), Some(layer_9), "no layer of the encoder takes its tensor"),
            ("init_lora_weights", json!(true), Some(bias), "no layer of the encoder takes its tensor"),
            ("use_dora", json!(false), Some(magnitude), "no layer of the encoder takes its tensor"),
        ];
        for (key, said, stray, expected) in cases {
            let (to, merged) = merge(key, said, stray);
            let refused = merged.unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
            assert!(refused.contains(stray.unwrap_or_default()), "{refused}");
            assert!(must_be_empty(to.path()).is_ok(), "{refused}");
        }
    }
}
