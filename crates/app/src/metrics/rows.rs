//! The rows of JSON files: one object a line, or one document that maps ids to values.

use std::path::Path;

use serde_json::{Map, Value};

use super::wrong;
use crate::Error;

/// One object of a file.
pub(super) struct Row {
    /// From 1; in a file that is one document, the place of the entry.
    pub(super) line: usize,
    /// Its fields.
    pub(super) fields: Map<String, Value>,
}

impl Row {
    /// The first of the named fields it has, unless that is null.
    pub(super) fn field(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| self.fields.get(*name)).filter(|value| !value.is_null())
    }

    /// A string, or a number or truth value as one.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        self.field(names).and_then(scalar)
    }

    /// A position in a text.
    pub(super) fn position(&self, names: &[&str]) -> Option<usize> {
        self.field(names).and_then(Value::as_u64).map(|position| position as usize)
    }
}

/// A string, or a number or truth value as one.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Whether a file holds JSON objects.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
}

/// The text of a file that should be UTF-8.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        wrong(path, &format!("line {line} is not UTF-8"), "save the file as UTF-8")
    })
}

/// The objects of a file, one a line; blank lines are skipped. `expected` says what a line should look like.
pub(super) fn of_lines(path: &Path, text: &str, expected: &str) -> Result<Vec<Row>, Error> {
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => rows.push(Row { line: at + 1, fields }),
            Ok(_) => return Err(wrong(path, &format!("line {} is not an object", at + 1), expected)),
            Err(error) => {
                return Err(wrong(path, &format!("line {} is not JSON: {error}", at + 1), expected));
            }
        }
    }
    Ok(rows)
}

/// Fields of a row: an object that has one of them is a row, and no document that maps ids to values.
const FIELDS: [&str; 14] = [
    "id",
    "_id",
    "query",
    "query_id",
    "query-id",
    "qid",
    "doc",
    "label",
    "answer",
    "answers",
    "prediction",
    "text",
    "tags",
    "spans",
];

/// The one document a file may be instead of rows.
pub(super) fn document(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let first = text.lines().next()?;
    if first.len() < text.len() && serde_json::from_str::<Value>(first).is_ok() {
        return None;
    }
    let document: Map<String, Value> = serde_json::from_str(text).ok()?;
    FIELDS.iter().all(|field| !document.contains_key(*field)).then_some(document)
}
