//! A trained encoder as files: merged weights, or the adapters alone.

use std::path::Path;

use super::body::Body;
use super::lora::merge;
use crate::ModelError;
use crate::weights_out::write_tensors;

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
        let name = |name: &str| format!("base_model.model.{name}");
        let mut named: Vec<Named> =
            adapters.map(|p| (name(&p.name), p.shape.clone(), p.values.clone())).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }

    /// Writes `model.safetensors` with merged weights into a folder that has the base's other files.
    pub fn save(&self, dir: &Path) -> Result<(), ModelError> {
        write_tensors(&dir.join("model.safetensors"), &self.merged())
    }
}
