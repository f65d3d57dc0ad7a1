//! Tuned models as folders that other tools load: the classic layout of sentence-transformers, which every reader of the
//! last years understands, classifiers of transformers, and adapters as PEFT keeps them.

pub(crate) mod classes;
mod peft;
mod sentences;
mod tokens;

pub use classes::{Classes, transformers_classifier};
pub use peft::{ADAPTER, merge_adapter};
pub(crate) use peft::{ADAPTER_FILES, save_adapter};
pub use sentences::{Behind, Dense, sentence_transformers};
pub use tokens::transformers_tokens;

use std::path::Path;

use serde_json::Value;

use crate::TuneError;
use crate::artefact::write;

/// The files of a model folder that say how text becomes ids.
pub const TOKENIZER_FILES: [&str; 4] =
    ["tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"];

/// Refuses a folder that has something in it; one that is not there is as good as empty.
pub fn must_be_empty(dir: &Path) -> Result<(), TuneError> {
    let occupied = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(TuneError::Request {
            message: format!("{} is not empty", dir.display()),
            hint: "name a new folder to export to".into(),
        });
    }
    Ok(())
}

/// Copies the files of `names` that are in `from`; folders in between are made.
pub(crate) fn copy(from: &Path, to: &Path, names: &[&str]) -> Result<(), TuneError> {
    for name in names {
        let (source, target) = (from.join(name), to.join(name));
        if !source.is_file() {
            continue;
        }
        let parent = target.parent().unwrap_or(to);
        std::fs::create_dir_all(parent).map_err(TuneError::io("create", parent))?;
        std::fs::copy(&source, &target).map_err(TuneError::io("copy", &source))?;
    }
    Ok(())
}

/// The `config.json` of a model folder.
pub(crate) fn read_config(dir: &Path) -> Result<Value, TuneError> {
    let path = dir.join("config.json");
    let text = std::fs::read(&path).map_err(TuneError::io("read", &path))?;
    serde_json::from_slice(&text)
        .map_err(|error| TuneError::Damaged { path: dir.into(), reason: format!("config.json: {error}") })
}

/// Tensors of an encoder under the names they have inside a model of transformers with a head, its pooler left out.
pub(crate) fn inside(tensors: Vec<Named>) -> Vec<Named> {
    let inside = tensors.into_iter().filter(|(name, _, _)| !name.contains("pooler."));
    let renamed = inside.map(|(name, shape, values)| {
        let bare = name.strip_prefix("bert.").unwrap_or(&name);
        (format!("bert.{bare}"), shape, values)
    });
    renamed.collect()
}

/// A tensor's name, shape and numbers.
pub(crate) type Named = (String, Vec<usize>, Vec<f32>);

pub(crate) fn write_json(path: &Path, value: &Value) -> Result<(), TuneError> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(TuneError::io("create", parent))?;
    write(path, format!("{value:#}\n").as_bytes())
}
