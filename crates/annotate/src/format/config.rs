//! Configurations of other tools, and our own schema files, told apart by what they look like.

use serde_json::Value;

use crate::format::{FormatError, Inferred, argilla_settings, label_studio};
use crate::{Schema, TaxonomyNode};

/// The schema that a Label Studio labelling configuration (XML), Argilla settings or a schema file of ours (JSON) describes.
pub fn read_config(text: &str) -> Result<Inferred, FormatError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('<') {
        return label_studio::read_config(text);
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| FormatError::Config { message: error.to_string() })?;
    if argilla_settings::is_settings(&value) {
        return argilla_settings::read_settings(&value);
    }
    let schema =
        Schema::read_value(&value).map_err(|error| FormatError::Config { message: error.to_string() })?;
    Ok(Inferred { schema, losses: Vec::new() })
}

/// The tree that has exactly these paths, and their beginnings.
pub(crate) fn tree<'a>(paths: impl Iterator<Item = &'a [String]>) -> Vec<TaxonomyNode> {
    let mut roots: Vec<TaxonomyNode> = Vec::new();
    for path in paths {
        let mut level = &mut roots;
        for value in path {
            let at = level.iter().position(|node| node.value == *value).unwrap_or_else(|| {
                level.push(TaxonomyNode { value: value.clone(), children: Vec::new() });
                level.len() - 1
            });
            level = &mut level[at].children;
        }
    }
    roots
}
