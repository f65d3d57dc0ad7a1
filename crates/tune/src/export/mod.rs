//! Tuned models as folders that other tools load: the classic layout of sentence-transformers, which every reader of the
//! last years understands, and adapters as PEFT keeps them.

mod peft;
mod sentences;

pub use peft::merge_adapter;
pub use sentences::{Dense, sentence_transformers};

use std::path::Path;

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

pub(crate) fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), TuneError> {
    let parent = path.parent().unwrap_or(path);
    std::fs::create_dir_all(parent).map_err(TuneError::io("create", parent))?;
    write(path, format!("{value:#}\n").as_bytes())
}
