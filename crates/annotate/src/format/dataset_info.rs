//! `dataset_info.json`: how LLaMA-Factory finds ShareGPT and Alpaca files and their columns.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::format::files::write_whole;
use crate::format::input::unreadable;
use crate::format::{Exported, Format, FormatError};

/// Adds the files to the `dataset_info.json` beside them, keeping what it says about others; where that is.
pub(crate) fn add(
    path: &Path,
    format: Format,
    preference: bool,
    files: &[Exported],
) -> Result<PathBuf, FormatError> {
    let info = path.with_file_name("dataset_info.json");
    let mut entries: Map<String, Value> = match fs::read_to_string(&info) {
        Ok(text) => serde_json::from_str(&text)
            .map_err(|error| FormatError::Config { message: format!("{}: {error}", info.display()) })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
        Err(source) => return Err(unreadable(&info, source)),
    };
    for file in files {
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        let mut entry =
            json!({ "file_name": name, "formatting": format.name(), "columns": columns(format, preference) });
        if preference {
            entry["ranking"] = json!(true);
        }
        if format == Format::Sharegpt {
            entry["tags"] = json!({
                "role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt",
            });
        }
        entries.insert(stem, entry);
    }
    write_whole(&info, &format!("{:#}\n", Value::Object(entries)))?;
    Ok(info)
}

fn columns(format: Format, preference: bool) -> Value {
    let mut columns = match format {
        Format::Sharegpt => json!({ "messages": "conversations", "system": "system" }),
        _ => json!({ "prompt": "instruction", "query": "input", "system": "system", "history": "history" }),
    };
    if preference {
        columns["chosen"] = json!("chosen");
        columns["rejected"] = json!("rejected");
    } else if format == Format::Alpaca {
        columns["response"] = json!("output");
    }
    columns
}
