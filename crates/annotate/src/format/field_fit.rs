//! Values of other tools made the values of a field.

use serde_json::{Map, Value, json};

use crate::{Field, FieldKind, QuestionKind, Schema};

/// The field that a format with one nameless text means: what spans are marked in, else the first text.
pub(crate) fn main_text(schema: &Schema) -> Option<&Field> {
    let marked = schema.questions.iter().find_map(|question| match &question.kind {
        QuestionKind::Spans { field, .. } => schema.field(field),
        _ => None,
    });
    let is_text =
        |field: &&Field| matches!(field.kind, FieldKind::Text | FieldKind::Markdown | FieldKind::Document);
    marked.or_else(|| schema.fields.iter().find(is_text))
}

/// The name of a field of answers that two texts are in: Label Studio shows each in a tag of its own.
pub(crate) fn pair_name(one: &str, other: &str) -> String {
    format!("{one}_{other}")
}

/// Makes two texts the answers of one field, where the schema has it under both their names: `answer1` and `answer2` are those of
/// `answer1_answer2`, in this order, each by its name. A text that is a field besides stays one, too.
pub(crate) fn paired(schema: &Schema, data: &mut Map<String, Value>) {
    for field in schema.fields.iter().filter(|field| field.kind == FieldKind::Answers) {
        let text = |name: &str| data.get(name).and_then(Value::as_str);
        let cuts = field.name.match_indices('_').map(|(at, _)| [&field.name[..at], &field.name[at + 1..]]);
        let mut pairs = cuts.filter_map(|[one, other]| Some([(one, text(one)?), (other, text(other)?)]));
        let Some(pair) =
            pairs.find(|[one, other]| one.0 != other.0).filter(|_| !data.contains_key(&field.name))
        else {
            continue;
        };
        let answers = pair.map(|(name, text)| json!({ "id": name, "text": text }));
        for name in pair.map(|(name, _)| name).into_iter().filter(|name| schema.field(name).is_none()) {
            data.remove(name);
        }
        data.insert(field.name.clone(), answers.to_vec().into());
    }
}

/// A text as the value of a field.
pub(crate) fn of_text(field: &Field, text: String) -> Value {
    match field.kind {
        FieldKind::Document => json!({ "text": text }),
        _ => Value::String(text),
    }
}

/// A value in the shape of its field, as far as it can be told; what cannot is left as it is, for the check to refuse.
pub(crate) fn shaped(field: &Field, value: Value) -> Value {
    match (field.kind, value) {
        (FieldKind::Text | FieldKind::Markdown, Value::Number(number)) => Value::String(number.to_string()),
        (FieldKind::Text | FieldKind::Markdown, Value::Bool(flag)) => Value::String(flag.to_string()),
        (FieldKind::Text | FieldKind::Markdown, value) => value,
        (FieldKind::Document, Value::String(text)) => match serde_json::from_str::<Map<String, Value>>(&text)
        {
            Ok(document) if document.contains_key("text") => Value::Object(document),
            _ => json!({ "text": text }),
        },
        (FieldKind::Document, value) => value,
        // A table's cell holds a list as JSON.
        (_, Value::String(text)) => match serde_json::from_str::<Vec<Value>>(&text) {
            Ok(entries) => Value::Array(listed(field.kind, entries)),
            Err(_) if field.kind == FieldKind::Chat => json!([{ "role": "user", "content": text }]),
            Err(_) => Value::String(text),
        },
        (kind, Value::Array(entries)) => Value::Array(listed(kind, entries)),
        (_, value) => value,
    }
}

fn listed(kind: FieldKind, entries: Vec<Value>) -> Vec<Value> {
    let entry = |(number, entry): (usize, Value)| match (kind, entry) {
        (FieldKind::Chat, Value::Object(turn)) => chat_turn(turn),
        (FieldKind::Passages | FieldKind::Answers, Value::Object(entry)) => passage(number, entry),
        (FieldKind::Passages | FieldKind::Answers, Value::String(text)) => {
            json!({ "id": (number + 1).to_string(), "text": text })
        }
        (_, entry) => entry,
    };
    entries.into_iter().enumerate().map(entry).collect()
}

/// The turn with its speaker under `role` and its words under `content`.
pub(crate) fn chat_turn(mut turn: Map<String, Value>) -> Value {
    rename(&mut turn, "role", &["from", "author", "speaker", "name"]);
    rename(&mut turn, "content", &["value", "text"]);
    if let Some(Value::String(role)) = turn.get_mut("role") {
        match role.as_str() {
            "human" => *role = "user".to_string(),
            "gpt" => *role = "assistant".to_string(),
            _ => {}
        }
    }
    Value::Object(turn)
}

fn passage(number: usize, mut entry: Map<String, Value>) -> Value {
    rename(&mut entry, "text", &["body", "content", "html"]);
    rename(&mut entry, "id", &["_id", "doc_id"]);
    match entry.get("id") {
        Some(Value::Number(id)) => {
            let id = id.to_string();
            entry.insert("id".to_string(), Value::String(id));
        }
        None => _ = entry.insert("id".to_string(), Value::String((number + 1).to_string())),
        _ => {}
    }
    Value::Object(entry)
}

/// Gives the first of the other names that is there the wanted one, if that is free.
fn rename(entry: &mut Map<String, Value>, wanted: &str, others: &[&str]) {
    if entry.contains_key(wanted) {
        return;
    }
    if let Some(value) = others.iter().find_map(|other| entry.remove(*other)) {
        entry.insert(wanted.to_string(), value);
    }
}
