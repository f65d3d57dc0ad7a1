//! Our own records, one a line; and flat rows such as `{"text": …, "label": …}`, whose keys are fields and questions, or
//! `{"tokens": […], "tags": […]}`.

use serde_json::{Map, Value};

use crate::format::answer_fit::field_of;
use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, FoundSuggestion, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::items::Items;
use crate::format::report::Losses;
use crate::format::{FormatError, Input, conll};
use crate::{Record, Repair, ResponseStatus, Schema, repair, text_of};

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
    let mut row = Value::Object(row);
    let mut read = Record::read(schema, &row);
    let mut moved = 0;
    if read.is_err() {
        moved = follow_quotes(schema, &mut row);
        read = if moved > 0 { Record::read(schema, &row) } else { read };
    }
    match read {
        Ok(record) => Find::Record(Box::new(record), moved),
        Err(problems) => {
            let told: Vec<String> = problems.iter().take(3).map(ToString::to_string).collect();
            Find::Bad(line, told.join("; "))
        }
    }
}

/// Moves what is marked in one piece, and quotes what stands in another place and only there, to that place; how many.
fn follow_quotes(schema: &Schema, row: &mut Value) -> u64 {
    let Some(fields) = row["fields"].as_object().cloned() else { return 0 };
    let mut moved = 0;
    let mut mend = |answers: Option<&mut Value>| {
        for (name, answer) in answers.and_then(Value::as_object_mut).into_iter().flatten() {
            let about = schema.question(name).and_then(|question| field_of(&question.kind));
            let Some(text) = about.and_then(|field| text_of(&fields, field)) else { continue };
            let marks = answer.as_array_mut().into_iter().flatten();
            moved += marks.filter_map(|mark| follow_quote(text, mark)).count() as u64;
        }
    };
    mend(row.get_mut("gold"));
    mend(row.get_mut("resolution").and_then(|resolution| resolution.get_mut("answers")));
    for key in ["responses", "suggestions"] {
        let entries = row.get_mut(key).and_then(Value::as_array_mut);
        entries.into_iter().flatten().for_each(|entry| mend(entry.get_mut("answers")));
    }
    moved
}

fn follow_quote(text: &str, mark: &mut Value) -> Option<()> {
    let offset = |key: &str| usize::try_from(mark.get(key)?.as_u64()?).ok();
    let given = (offset("char_start")?, offset("char_end")?);
    let has_gaps = mark.get("parts").and_then(Value::as_array).is_some_and(|parts| !parts.is_empty());
    let Repair::Found(place) = repair(text, mark.get("quote")?.as_str()?, given.0) else { return None };
    if has_gaps || given == (place.start(), place.end()) {
        return None;
    }
    mark["char_start"] = place.start().into();
    mark["char_end"] = place.end().into();
    Some(())
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
