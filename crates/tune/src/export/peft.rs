//! Adapters from and to PEFT: `adapter_config.json` and `adapter_model.safetensors`.

use std::path::Path;

use engraft_nn::train::{Adapt, Body, BodyOptions, Lora};
use serde::Deserialize;

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
}

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
/// What this build cannot add exactly is refused: DoRA, trained biases, whole modules, tensors of no layer.
pub fn merge_adapter(base: &Path, adapter: &Path, to: &Path) -> Result<(), TuneError> {
    let path = adapter.join("adapter_config.json");
    let text = std::fs::read_to_string(&path).map_err(TuneError::io("read", &path))?;
    let damaged = |reason: String| TuneError::Damaged { path: adapter.into(), reason };
    let config: AdapterConfig =
        serde_json::from_str(&text).map_err(|error| damaged(format!("adapter_config.json: {error}")))?;
    let refused = [
        (config.peft_type != "LORA", format!("peft_type {}", config.peft_type)),
        (config.use_dora, "DoRA".to_string()),
        (config.bias.as_deref().is_some_and(|bias| bias != "none"), "trained biases".to_string()),
        (config.modules_to_save.is_some_and(|all| !all.is_empty()), "whole modules besides".to_string()),
        (config.r == 0, "rank 0".to_string()),
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
