//! Extraction forms: a JSON Schema of type `object` as native controls, and their pairs as a record again.

use engraft_app::annotate::{Answer, Question};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::Sheet;
use super::markup::{string, textarea};

/// What a property is filled in with.
enum Control<'s> {
    /// One of these.
    Choice(&'s [Value]),
    /// Yes or no.
    Truth,
    /// A number; whole when true.
    Number(bool),
    /// Any of these.
    Several(&'s [Value]),
    /// One string a line.
    Lines,
    /// Properties of its own.
    Record,
    /// Characters.
    Text,
    /// Anything else, as JSON.
    Json,
}

/// The controls of a form question.
pub(crate) fn render(sheet: &Sheet, question: &Question, schema: &Value) -> Markup {
    let given = match sheet.given(question) {
        Some(Answer::Form(record)) => record,
        _ => &Value::Null,
    };
    html! { div.record { (properties(&format!("q.{}", question.name), schema, given)) } }
}

fn properties(name: &str, schema: &Value, given: &Value) -> Markup {
    let needed = schema["required"].as_array();
    html! {
        @for (property, inner) in schema["properties"].as_object().into_iter().flatten() {
            @let name = format!("{name}/{property}");
            @let required = needed.is_some_and(|needed| needed.iter().any(|one| one == property.as_str()));
            (control_of(&name, property, inner, given.get(property).unwrap_or(&Value::Null), required))
        }
    }
}

fn control_of(name: &str, property: &str, schema: &Value, given: &Value, required: bool) -> Markup {
    let title = schema["title"].as_str().unwrap_or(property);
    let words = html! { span.words { (title) @if !required { " " span.muted { "optional" } } } };
    let help = html! { @if let Some(help) = schema["description"].as_str() { small.help { (help) } } };
    match control(schema) {
        Control::Record => {
            html! { fieldset.inner { legend { (words) } (help) (properties(name, schema, given)) } }
        }
        Control::Several(values) => html! {
            fieldset.inner { legend { (words) } (help)
                div.options.chips { @for value in values {
                    @let has = given.as_array().is_some_and(|given| given.contains(value));
                    label.option { input type="checkbox" name=(name) value=(plain(value)) checked[has]; span.words { (plain(value)) } }
                } }
            }
        },
        Control::Choice(values) => select(name, words, help, values, given),
        Control::Truth => select(name, words, help, &[Value::Bool(true), Value::Bool(false)], given),
        Control::Number(whole) => html! {
            label.field { (words) (help)
                input type="number" name=(name) step=(if whole { "1" } else { "any" }) value=(plain(given))
                    min=[schema["minimum"].as_f64()] max=[schema["maximum"].as_f64()] data-needed[required];
            }
        },
        Control::Text if schema["maxLength"].as_u64().is_none_or(|most| most <= 200) => html! {
            label.field { (words) (help)
                input type=(if string(schema, "format") == "date" { "date" } else { "text" }) name=(name) dir="auto"
                    value=(plain(given)) data-needed[required];
            }
        },
        Control::Lines => {
            let lines = given.as_array().into_iter().flatten().map(plain).collect::<Vec<_>>().join("\n");
            html! { div.field { (words) (help) small.help { "one a line" } (textarea(name, title, &lines, 3)) } }
        }
        Control::Text => html! { div.field { (words) (help) (textarea(name, title, &plain(given), 3)) } },
        Control::Json => html! {
            div.field { (words) (help) small.help { "JSON" } (textarea(name, title, &plain(given), 3)) }
        },
    }
}

fn select(name: &str, words: Markup, help: Markup, values: &[Value], given: &Value) -> Markup {
    html! {
        label.field { (words) (help)
            select name=(name) {
                option value="" { "–" }
                @for value in values { option value=(plain(value)) selected[value == given] { (label(value)) } }
            }
        }
    }
}

fn control(schema: &Value) -> Control<'_> {
    if let Some(values) = schema["enum"].as_array() {
        return Control::Choice(values);
    }
    match schema["type"].as_str() {
        Some("boolean") => Control::Truth,
        Some("integer") => Control::Number(true),
        Some("number") => Control::Number(false),
        Some("string") => Control::Text,
        Some("object") if schema["properties"].is_object() => Control::Record,
        Some("array") => match schema["items"]["enum"].as_array() {
            Some(values) => Control::Several(values),
            None if schema["items"]["type"] == "string" => Control::Lines,
            None => Control::Json,
        },
        _ => Control::Json,
    }
}

/// A value as an input holds it: a string bare, nothing empty, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn label(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_string(),
        Value::Bool(false) => "no".to_string(),
        other => plain(other),
    }
}

/// The record that pairs named `PATH/PROPERTY` make; empty inputs leave their property out.
pub(crate) fn read(schema: &Value, pairs: &[(&str, &str)]) -> Result<Option<Value>, String> {
    let mut record = Map::new();
    for (property, inner) in schema["properties"].as_object().into_iter().flatten() {
        let below = format!("{property}/");
        let values: Vec<&str> = pairs
            .iter()
            .filter(|(name, value)| name == property && !value.is_empty())
            .map(|pair| pair.1)
            .collect();
        let value = match (control(inner), values.first()) {
            (Control::Record, _) => {
                let strip =
                    |(name, value): &(&'_ str, _)| Some((name.strip_prefix(&below)?.to_string(), *value));
                let inside: Vec<(String, &str)> = pairs.iter().filter_map(strip).collect();
                let inside: Vec<(&str, &str)> =
                    inside.iter().map(|(name, value)| (name.as_str(), *value)).collect();
                read(inner, &inside)?
            }
            (_, None) => None,
            (Control::Several(all), _) => {
                let chosen = all.iter().filter(|value| values.contains(&plain(value).as_str()));
                Some(Value::Array(chosen.cloned().collect()))
            }
            (Control::Choice(all), Some(value)) => all.iter().find(|one| plain(one) == *value).cloned(),
            (Control::Truth, Some(value)) => Some(Value::Bool(*value == "true")),
            (Control::Lines, Some(text)) => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                Some(Value::from(lines.collect::<Vec<_>>()))
            }
            (Control::Text, Some(text)) => Some(Value::from(*text)),
            (Control::Number(_) | Control::Json, Some(text)) => {
                let parsed = serde_json::from_str(text.trim());
                Some(parsed.map_err(|_| format!("`{property}`: `{text}` cannot be read"))?)
            }
        };
        record.extend(value.map(|value| (property.clone(), value)));
    }
    Ok((!record.is_empty()).then_some(Value::Object(record)))
}

/// The pairs that fill a form with `record`; the opposite of [`read`].
pub(crate) fn write(name: &str, schema: &Value, record: &Value, pairs: &mut Vec<(String, String)>) {
    for (property, inner) in schema["properties"].as_object().into_iter().flatten() {
        let Some(value) = record.get(property) else { continue };
        let name = format!("{name}/{property}");
        match control(inner) {
            Control::Record => write(&name, inner, value, pairs),
            Control::Several(_) => {
                pairs.extend(value.as_array().into_iter().flatten().map(|one| (name.clone(), plain(one))));
            }
            Control::Lines => {
                let lines: Vec<String> = value.as_array().into_iter().flatten().map(plain).collect();
                pairs.push((name, lines.join("\n")));
            }
            _ => pairs.push((name, plain(value))),
        }
    }
}
