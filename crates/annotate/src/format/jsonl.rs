//! Our own records, one a line; and flat rows such as `{"text": …, "label": …}`, whose keys are fields and questions, or
//! `{"tokens": […], "tags": […]}`.

use serde_json::{Map, Value};

use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, FoundSuggestion, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::items::Items;
use crate::format::report::Losses;
use crate::format::{FormatError, Input, conll};
use crate::{Record, ResponseStatus, Schema};

pub(crate) fn read(
    input: Input,
    schema: Option<&Schema>,
    tell: &mut Tell,
    _losses: &mut Losses,
) -> Result<(), FormatError> {
    let mut items = Items::new(input.open()?);
    while let Some((line, item)) = items.next().map_err(|source| input.failed(source))? {
        tell(match item {
            Ok(Value::Object(row)) => find(line, row, schema),
            Ok(_) => Find::Bad(line, "a line is an object".to_string()),
            Err(message) => Find::Bad(line, message),
        })?;
    }
    Ok(())
}

fn find(line: u64, row: Map<String, Value>, schema: Option<&Schema>) -> Find {
    if !row.get("fields").is_some_and(Value::is_object) {
        return Find::Item(line, Box::new(flat(row)));
    }
    let Some(schema) = schema else { return Find::Item(line, Box::new(ours(row))) };
    match Record::read(schema, &Value::Object(row)) {
        Ok(record) => Find::Record(Box::new(record)),
        Err(problems) => {
            let told: Vec<String> = problems.iter().take(3).map(ToString::to_string).collect();
            Find::Bad(line, told.join("; "))
        }
    }
}

/// A row whose keys are the fields, the questions and the metadata.
pub(crate) fn flat(mut row: Map<String, Value>) -> Found {
    let id = match row.remove("id").or_else(|| row.remove("_id")) {
        Some(Value::String(id)) if !id.is_empty() => Some(id),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let words =
        |key: &str| row.get(key).and_then(|words| serde_json::from_value::<Vec<String>>(words.clone()).ok());
    if let (Some(tokens), Some(tags)) = (words("tokens"), words("tags"))
        && tokens.len() == tags.len()
    {
        row.retain(|key, _| key != "tokens" && key != "tags");
        return Found { id, data: row, ..conll::sentence(&tokens, &tags) };
    }
    Found { id, data: row, flat: true, ..Found::default() }
}

/// One of our records, for whoever only wants to see what is in it.
fn ours(mut row: Map<String, Value>) -> Found {
    let Some(Value::Object(data)) = row.remove("fields") else { return Found::default() };
    let said = |answers: Option<&Value>| -> Vec<Said> {
        let answers = answers.and_then(Value::as_object).cloned().unwrap_or_default();
        answers.into_iter().map(|(question, value)| Said::to(&question, What::Ours(value))).collect()
    };
    let list =
        |value: Option<Value>| if let Some(Value::Array(entries)) = value { entries } else { Vec::new() };
    let responses = list(row.remove("responses"));
    let suggestions = list(row.remove("suggestions"));
    Found {
        data,
        responses: responses
            .iter()
            .filter(|response| response.get("status").and_then(Value::as_str) != Some("draft"))
            .map(|response| FoundResponse {
                status: ResponseStatus::Submitted,
                ..FoundResponse::submitted(said(response.get("answers")))
            })
            .collect(),
        suggestions: suggestions
            .iter()
            .map(|suggestion| FoundSuggestion {
                model: String::new(),
                score: None,
                said: said(suggestion.get("answers")),
            })
            .collect(),
        gold: said(row.get("gold")),
        ..Found::default()
    }
}

/// Writes records in their one canonical form.
pub(crate) struct Rows;

impl RowWriter for Rows {
    fn rows(&mut self, record: &Record, _losses: &mut Losses) -> Vec<String> {
        vec![record.canonical() + "\n"]
    }
}
