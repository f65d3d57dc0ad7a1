//! The prompt of an item as a chat: what every row about answers begins with.

use serde_json::{Value, json};

use crate::format::report::Losses;
use crate::split::{normalised, words_of};
use crate::{FieldKind, Record, Schema};

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) role: String,
    pub(crate) content: String,
}

impl Turn {
    pub(crate) fn new(role: &str, content: &str) -> Turn {
        Turn { role: role.to_string(), content: content.to_string() }
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "role": self.role, "content": self.content })
    }
}

/// Turns as `[{"role","content"}]`.
pub(crate) fn messages(turns: &[Turn]) -> Value {
    turns.iter().map(Turn::json).collect()
}

/// The fields that a prompt shows, where the answers are about the field `but`.
pub(crate) fn shown<'s>(schema: &'s Schema, but: &str) -> impl Iterator<Item = &'s str> {
    prompt_field(schema, but).into_iter().chain([SYSTEM])
}

/// The field a prompt is made of: the first chat, else the first text, but not the field the answers are about.
fn prompt_field<'s>(schema: &'s Schema, but: &str) -> Option<&'s str> {
    let first = |kinds: &[FieldKind]| {
        let fits =
            |field: &&crate::Field| kinds.contains(&field.kind) && field.name != but && field.name != SYSTEM;
        schema.fields.iter().find(fits).map(|field| field.name.as_str())
    };
    first(&[FieldKind::Chat]).or_else(|| first(&[FieldKind::Text, FieldKind::Markdown]))
}

/// The prompt's words, normalised: items with the same belong to one split.
pub(crate) fn group(schema: &Schema, record: &Record, but: &str) -> Option<String> {
    let value = record.fields.get(prompt_field(schema, but)?)?;
    Some(normalised(&words_of(value)))
}

/// A text field of this name is the system turn.
const SYSTEM: &str = "system";

/// The turns before the answer; a text is one turn of the user. `None`, and a loss, where the item has no prompt.
pub(crate) fn prompt(schema: &Schema, record: &Record, but: &str, losses: &mut Losses) -> Option<Vec<Turn>> {
    let field = prompt_field(schema, but).and_then(|field| record.fields.get(field));
    let mut turns = match field {
        Some(Value::String(text)) => vec![Turn::new("user", text)],
        Some(Value::Array(chat)) => {
            let turn =
                |turn: &Value| Some(Turn::new(turn.get("role")?.as_str()?, turn.get("content")?.as_str()?));
            chat.iter().filter_map(turn).collect()
        }
        _ => Vec::new(),
    };
    if turns.is_empty() {
        losses.add("an item without a prompt", "a row begins with the chat or text that was answered");
        return None;
    }
    if let Some(Value::String(system)) = record.fields.get(SYSTEM) {
        turns.insert(0, Turn::new("system", system));
    }
    Some(turns)
}
