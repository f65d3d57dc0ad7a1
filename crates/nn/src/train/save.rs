//! A trained encoder as files: merged weights, or the adapters alone.

use std::path::Path;

use super::body::Body;
use super::lora::{Adapt, merge};
use crate::ModelError;
use crate::weights::Weights;
use crate::weights_out::write_tensors;

/// What PEFT puts before the name of every tensor.
const PEFT_PREFIX: &str = "base_model.model.";

/// The layer that other tools put on the first token.
pub(super) const POOLER: &str = "pooler.dense";

/// A tensor's name, shape and numbers.
type Named = (String, Vec<usize>, Vec<f32>);

impl Body {
    /// All tensors under their names in a BERT's file, adapters merged, in order of their names.
    pub fn merged(&self) -> Vec<Named> {
        let adapters: Vec<_> = self
            .places
            .layers
            .iter()
            .flat_map(|layer| layer.qkv.into_iter().chain([layer.mixed, layer.up, layer.down]))
            .collect();
        let tensors = self.parameters.iter().enumerate().filter(|(_, p)| !p.name.contains(".lora_"));
        let mut named: Vec<Named> = tensors
            .map(|(n, parameter)| {
                let linear = adapters.iter().find(|linear| linear.weight == n);
                let values = linear.map_or_else(
                    || parameter.values.clone(),
                    |linear| merge(&self.parameters, *linear).into_owned(),
                );
                (parameter.name.clone(), parameter.shape.clone(), values)
            })
            .collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }

    /// The adapters alone, under the names PEFT gives them; empty without LoRA.
    pub fn adapters(&self) -> Vec<Named> {
        let adapters = self.parameters.iter().filter(|parameter| parameter.name.contains(".lora_"));
        let name = |name: &str| format!("{PEFT_PREFIX}{name}");
        let mut named: Vec<Named> =
            adapters.map(|p| (name(&p.name), p.shape.clone(), p.values.clone())).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }

    /// Takes adapters of a file that PEFT wrote, strictly: each tensor of the file belongs to an adapter of this body, has its
    /// shape, and comes with its other half. A layer that the file leaves out stays as it is; what belongs to the pooler, which
    /// nothing here reads, is passed over.
    pub fn load_adapters(&mut self, path: &Path) -> Result<(), ModelError> {
        let weights = Weights::open(path)?;
        let damaged = |reason: String| ModelError::Damaged { path: path.into(), reason };
        let names = weights.names();
        for name in &names {
            let bare = name.strip_prefix(PEFT_PREFIX).unwrap_or(name);
            let bare = bare.strip_prefix("bert.").unwrap_or(bare);
            if bare.starts_with(POOLER) {
                continue;
            }
            let mut adapters =
                self.parameters.iter_mut().filter(|parameter| parameter.name.contains(".lora_"));
            let Some(parameter) = adapters.find(|parameter| parameter.name == bare) else {
                return Err(damaged(format!("no layer of the encoder takes its tensor {name}")));
            };
            let tensor = weights.tensor(name, &parameter.shape)?;
            let width = parameter.shape[1];
            for (n, row) in parameter.values.chunks_exact_mut(width).enumerate() {
                weights.row(tensor, n, row);
            }
            let half = match name.contains(".lora_A.") {
                true => name.replace(".lora_A.", ".lora_B."),
                false => name.replace(".lora_B.", ".lora_A."),
            };
            if !names.contains(&half) {
                return Err(damaged(format!("it has {name} without {half}")));
            }
        }
        if names.is_empty() {
            return Err(damaged("it has no tensors".to_string()));
        }
        self.parameters_mut();
        Ok(())
    }

    /// Writes `model.safetensors` with merged weights into a folder that has the base's other files.
    ///
    /// Readers that ask for a pooler find the base's, or one that passes the first token's state on: none is made up on loading.
    pub fn save(&self, dir: &Path) -> Result<(), ModelError> {
        let mut tensors = self.merged();
        if !tensors.iter().any(|(name, _, _)| name.starts_with(POOLER)) {
            let hidden = self.config.hidden;
            let identity = (0..hidden * hidden).map(|at| f32::from(u8::from(at % (hidden + 1) == 0)));
            tensors.push((format!("{POOLER}.weight"), vec![hidden, hidden], identity.collect()));
            tensors.push((format!("{POOLER}.bias"), vec![hidden], vec![0.0; hidden]));
        }
        write_tensors(&dir.join("model.safetensors"), &tensors)
    }

    /// Writes the adapters as PEFT reads them: `adapter_model.safetensors` and `adapter_config.json`, which names `base`.
    ///
    /// Without LoRA there is nothing to write; whether something was is returned. The configuration has only the keys that
    /// every version of PEFT, vLLM and mistral.rs knows.
    pub fn save_adapters(&self, dir: &Path, base: &str) -> Result<bool, ModelError> {
        let Adapt::Lora(lora) = self.adapt else { return Ok(false) };
        write_tensors(&dir.join("adapter_model.safetensors"), &self.adapters())?;
        let names =
            self.parameters.iter().filter_map(|parameter| parameter.name.strip_suffix(".lora_A.weight"));
        let targets: Vec<&str> = names.collect();
        let config = serde_json::json!({
            "peft_type": "LORA", "task_type": "FEATURE_EXTRACTION", "base_model_name_or_path": base, "revision": null,
            "r": lora.rank, "lora_alpha": lora.alpha, "lora_dropout": 0.0, "bias": "none", "target_modules": targets,
            "fan_in_fan_out": false, "use_rslora": false, "use_dora": false,
            "modules_to_save": null, "inference_mode": true,
        });
        let path = dir.join("adapter_config.json");
        let text = format!("{config:#}\n");
        std::fs::write(&path, text).map_err(|source| ModelError::Write { path, source })?;
        Ok(true)
    }
}
