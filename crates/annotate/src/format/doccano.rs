//! doccano's JSON lines: a text with its classes, spans, relations or words.
//!
//! Which of doccano's shapes a line has depends on the schema: spans with relations are `entities` and `relations`, spans
//! with a class `cats` and `entities`, spans alone and classes alone are `label`, and so are words.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, FoundSpan, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::items::Items;
use crate::format::one_text::{OneText, Slot};
use crate::format::report::Losses;
use crate::format::{ExportOptions, Format, FormatError, Input};
use crate::{Answer, Answers, LabelledSpan, Question, Record, Schema};

pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let mut items = Items::new(input.open()?);
    while let Some((line, item)) = items.next().map_err(|source| input.failed(source))? {
        let found = match item {
            Ok(Value::Object(row)) => found(row, losses),
            Ok(_) => Err("a line is an object with `text`".to_string()),
            Err(message) => Err(message),
        };
        tell(match found {
            Ok(found) => Find::Item(line, Box::new(found)),
            Err(message) => Find::Bad(line, message),
        })?;
    }
    Ok(())
}

fn found(mut row: Map<String, Value>, losses: &mut Losses) -> Result<Found, String> {
    let text = match row.remove("text").or_else(|| row.remove("data")) {
        Some(Value::String(text)) => text,
        _ => return Err("the line has no `text`".to_string()),
    };
    let mut said = Vec::new();
    let mut marked = false;
    if let Some(value) = row.remove("label").or_else(|| row.remove("labels")) {
        said.push(Said::nameless(label(&value)?));
    }
    if let Some(value) = row.remove("cats") {
        said.push(Said::nameless(label(&value)?));
    }
    if let Some(value) = row.remove("entities") {
        marked = true;
        said.push(Said::nameless(What::Spans(entities(&value).ok_or("`entities` are no spans")?)));
    }
    if let Some(value) = row.remove("relations") {
        let arrows = arrows(&value).ok_or("`relations` are no relations")?;
        // A project without relations writes the empty list, too.
        if marked || !arrows.is_empty() {
            said.push(Said::nameless(What::Arrows(arrows)));
        }
    }
    let comments = row.remove("Comments").or_else(|| row.remove("comments"));
    let comments = comments.and_then(|comments| comments.as_array().map(Vec::len)).unwrap_or(0);
    losses.add_many("a comment", "it does not say whose it is", comments as u64);
    let id = match row.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let responses = if said.is_empty() { Vec::new() } else { vec![response(said)] };
    Ok(Found { id, text: Some(text), data: row, responses, ..Found::default() })
}

fn response(said: Vec<Said>) -> FoundResponse {
    FoundResponse { complete: false, ..FoundResponse::submitted(said) }
}

fn label(value: &Value) -> Result<What, String> {
    match value {
        Value::String(label) => Ok(What::Choices(vec![label.clone()])),
        Value::Array(entries) if entries.iter().all(Value::is_string) => {
            Ok(What::Choices(entries.iter().filter_map(Value::as_str).map(str::to_string).collect()))
        }
        value => {
            entities(value).map(What::Spans).ok_or_else(|| "`label` is neither classes nor spans".to_string())
        }
    }
}

/// `[[0,2,"ORG"]]` or `[{"id":0,"start_offset":0,"end_offset":2,"label":"ORG"}]`.
fn entities(value: &Value) -> Option<Vec<FoundSpan>> {
    let offset = |value: &Value| usize::try_from(value.as_u64()?).ok();
    let entity = |entry: &Value| {
        if let [start, end, label] = entry.as_array().map_or(&[][..], Vec::as_slice) {
            return Some(span(String::new(), offset(start)?, offset(end)?, label.as_str()?));
        }
        let id = entry.get("id").map(Value::to_string).unwrap_or_default();
        Some(span(
            id,
            offset(entry.get("start_offset")?)?,
            offset(entry.get("end_offset")?)?,
            entry.get("label")?.as_str()?,
        ))
    };
    value.as_array()?.iter().map(entity).collect()
}

fn span(id: String, start: usize, end: usize, label: &str) -> FoundSpan {
    FoundSpan { id, label: label.to_string(), parts: vec![(start, end)], quote: None, passages: Vec::new() }
}

fn arrows(value: &Value) -> Option<Vec<(String, String, String)>> {
    let arrow = |entry: &Value| {
        let label = entry.get("type").and_then(Value::as_str).unwrap_or("related");
        Some((entry.get("from_id")?.to_string(), entry.get("to_id")?.to_string(), label.to_string()))
    };
    value.as_array()?.iter().map(arrow).collect()
}

/// Writes one line a set of answers.
pub(crate) struct Rows {
    item: OneText,
}

impl Rows {
    pub(crate) fn new(schema: &Schema, options: &ExportOptions) -> Result<Rows, FormatError> {
        let spans_wanted = [Slot::Spans, Slot::Relations];
        let needs = "a text with a question for a label, labels, spans or words";
        // Spans go with relations or with a class, words go alone.
        let has = |slots: &[Slot]| OneText::new(Format::Doccano, schema, options, slots, needs);
        let both = has(&spans_wanted);
        let item = match both {
            Ok(item) if item.question(Slot::Relations).is_some() => item,
            Ok(_) => has(&[Slot::Spans, Slot::Choice])?,
            Err(_) => has(&[Slot::Choice]).or_else(|_| has(&[Slot::Words]))?,
        };
        Ok(Rows { item })
    }

    fn add_answers(&self, row: &mut Map<String, Value>, answers: &Answers, losses: &mut Losses) {
        let given = |slot: Slot| {
            let question: Option<&Question> = self.item.question(slot);
            question.and_then(|question| answers.get(&question.name))
        };
        let classes = match given(Slot::Choice) {
            Some(Answer::Label(label)) => Some(json!([label])),
            Some(Answer::Labels(labels)) => Some(json!(labels)),
            _ => None,
        };
        let words = match given(Slot::Words) {
            Some(Answer::Text(words) | Answer::Correction(words)) => Some(json!([words])),
            _ => None,
        };
        let Some(Answer::Spans(spans)) = given(Slot::Spans) else {
            let key = if self.item.question(Slot::Spans).is_some() { "cats" } else { "label" };
            row.extend(classes.or(words).map(|value| (key.to_string(), value)));
            return;
        };
        let whole: Vec<&LabelledSpan> = spans.iter().filter(|span| span.parts.is_empty()).collect();
        losses.add_many(
            "a span with gaps",
            "a doccano span has one start and one end",
            (spans.len() - whole.len()) as u64,
        );
        let triples: Vec<Value> =
            whole.iter().map(|span| json!([span.char_start, span.char_end, span.label])).collect();
        match (self.item.question(Slot::Relations), classes) {
            (None, None) if self.item.question(Slot::Choice).is_none() => {
                row.insert("label".to_string(), json!(triples));
            }
            (None, classes) => {
                row.extend(classes.map(|classes| ("cats".to_string(), classes)));
                row.insert("entities".to_string(), json!(triples));
            }
            (Some(_), _) => {
                let numbers: BTreeMap<&str, usize> =
                    whole.iter().enumerate().map(|(number, span)| (span.id.as_str(), number)).collect();
                let entity = |(id, span): (usize, &&LabelledSpan)| json!({"id": id, "label": span.label, "start_offset": span.char_start, "end_offset": span.char_end});
                row.insert("entities".to_string(), whole.iter().enumerate().map(entity).collect());
                let Some(Answer::Relations(relations)) = given(Slot::Relations) else { return };
                let mut arrows = Vec::new();
                for relation in relations {
                    match (numbers.get(relation.from.as_str()), numbers.get(relation.to.as_str())) {
                        (Some(from), Some(to)) => arrows.push(json!({
                            "id": arrows.len(), "from_id": from, "to_id": to, "type": relation.label,
                        })),
                        _ => losses.add(
                            "a relation of a span with gaps",
                            "a doccano span has one start and one end",
                        ),
                    }
                }
                row.insert("relations".to_string(), json!(arrows));
            }
        }
    }
}

impl RowWriter for Rows {
    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        let Some(text) = self.item.text_of(record, losses) else { return Vec::new() };
        let Some(heard) = self.item.heard(record, losses) else { return Vec::new() };
        self.item.count_fields(record, &[], true, losses);
        const OWN: [&str; 9] =
            ["id", "text", "data", "label", "labels", "cats", "entities", "relations", "Comments"];
        let mut row = Map::new();
        for (key, value) in &record.metadata {
            if OWN.contains(&key.as_str()) || key == "comments" {
                losses.add(format!("metadata `{key}`"), "doccano means something else by that name");
            } else {
                row.insert(key.clone(), value.clone());
            }
        }
        // doccano numbers its examples.
        let number = record.id.parse::<u64>().ok().filter(|number| number.to_string() == record.id);
        row.insert("id".to_string(), number.map_or_else(|| json!(record.id), |number| json!(number)));
        row.insert("text".to_string(), json!(text));
        if heard.is_empty() {
            return vec![format!("{}\n", Value::Object(row))];
        }
        let line = |answers: &Answers| {
            let mut row = row.clone();
            self.add_answers(&mut row, answers, losses);
            format!("{}\n", Value::Object(row))
        };
        heard.iter().map(line).collect()
    }
}
