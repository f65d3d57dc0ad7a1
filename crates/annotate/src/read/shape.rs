//! What all readers share: lists, options, and the ids of what an item shows.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::AnswerError;
use crate::check::kind;
use crate::distance::suggest;
use crate::{LabelOption, text_of};

pub(super) fn wrong<T>(at: &str, value: &Value, wanted: &'static str) -> Result<T, AnswerError> {
    Err(AnswerError::Shape { at: at.to_string(), what: format!("is {}", kind(value)), wanted })
}

pub(super) fn list<'a>(at: &str, value: &'a Value, wanted: &'static str) -> Result<&'a [Value], AnswerError> {
    value.as_array().map_or_else(|| wrong(at, value, wanted), |values| Ok(values.as_slice()))
}

/// The entries of a list of objects, each by its own place.
pub(super) fn entries<T: DeserializeOwned>(
    value: &Value,
    wanted: &'static str,
) -> Result<Vec<T>, AnswerError> {
    let read = |(number, entry): (usize, &Value)| {
        T::deserialize(entry).map_err(|error| AnswerError::Shape {
            at: format!("[{number}]"),
            what: format!("cannot be read: {error}"),
            wanted,
        })
    };
    list("", value, wanted)?.iter().enumerate().map(read).collect()
}

/// Whether `value` is one of the options.
pub(super) fn option(
    at: &str,
    value: &str,
    options: &[LabelOption],
    sort: &'static str,
) -> Result<(), AnswerError> {
    if options.iter().any(|option| option.value == value) {
        return Ok(());
    }
    let known: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
    unknown(at, value, &known, sort)
}

pub(super) fn unknown<T>(
    at: &str,
    value: &str,
    known: &[&str],
    sort: &'static str,
) -> Result<T, AnswerError> {
    let hint = suggest(value, known);
    Err(AnswerError::Unknown { at: at.to_string(), value: value.to_string(), sort, hint })
}

/// The ids of the answers or passages a field shows, in order.
pub(super) fn ids<'a>(fields: &'a Map<String, Value>, field: &str) -> Result<Vec<&'a str>, AnswerError> {
    let shown = fields.get(field).and_then(Value::as_array);
    let ids =
        shown.map(|shown| shown.iter().map(|entry| entry.get("id")?.as_str()).collect::<Option<Vec<&str>>>());
    ids.flatten().ok_or_else(|| AnswerError::NoField { field: field.to_string() })
}

pub(super) fn field_text<'a>(fields: &'a Map<String, Value>, field: &str) -> Result<&'a str, AnswerError> {
    text_of(fields, field).ok_or_else(|| AnswerError::NoField { field: field.to_string() })
}
