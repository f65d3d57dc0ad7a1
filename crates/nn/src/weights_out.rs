//! Named tensors into a safetensors file.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use crate::ModelError;

/// Writes named `f32` tensors, row-major, each with its shape, with the metadata that PyTorch's readers ask for.
pub fn write_tensors(path: &Path, tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Result<(), ModelError> {
    let damaged = |reason: String| ModelError::Damaged { path: path.into(), reason };
    let bytes: Vec<Vec<u8>> =
        tensors.iter().map(|(_, _, values)| values.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
    let mut views = BTreeMap::new();
    for ((name, shape, _), bytes) in tensors.iter().zip(&bytes) {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        views.insert(name.clone(), view.map_err(|error| damaged(format!("{name}: {error}")))?);
    }
    let metadata = [("format".to_string(), "pt".to_string())].into();
    let file = safetensors::serialize(&views, Some(metadata)).map_err(|error| damaged(error.to_string()))?;
    std::fs::write(path, file).map_err(|source| {
        let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded].contains(&source.kind());
        if full && path.is_file() {
            // A part of it is no use to anybody, and would take the room that is left.
            let _ = std::fs::remove_file(path);
        }
        ModelError::Write { path: path.into(), source }
    })
}
