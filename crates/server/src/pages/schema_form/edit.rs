//! What the form's buttons do to a schema: a part comes, goes, moves, or becomes one of another type.

use serde_json::{Map, Value, json};

use super::types;

/// What all questions have, whatever their type.
const COMMON: [&str; 5] = ["name", "title", "help", "required", "visible_when"];

/// Does what a button says: `add.fields`, `remove.questions.1`, `up.questions.1`, `down.fields.0`. Anything else does nothing.
pub(crate) fn edit(schema: &mut Value, what: &str) {
    let mut words = what.split('.');
    let (verb, list) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let place: usize = words.next().and_then(|place| place.parse().ok()).unwrap_or(0);
    if !matches!(list, "fields" | "questions") {
        return;
    }
    let made = (verb == "add").then(|| fresh(schema, list));
    let Some(Value::Array(parts)) = schema.get_mut(list) else { return };
    match verb {
        "add" => parts.extend(made),
        "remove" if place < parts.len() => drop(parts.remove(place)),
        "up" if (1..parts.len()).contains(&place) => parts.swap(place - 1, place),
        "down" if place + 1 < parts.len() => parts.swap(place, place + 1),
        _ => {}
    }
}

fn fresh(schema: &Value, list: &str) -> Value {
    let word = if list == "fields" { "text" } else { "question" };
    let taken = |name: &str| schema[list].as_array().into_iter().flatten().any(|part| part["name"] == *name);
    let numbered = |n: usize| if n == 1 { word.to_string() } else { format!("{word}{n}") };
    let name = (1..).map(numbered).find(|name| !taken(name)).unwrap_or_default();
    match list {
        "fields" => json!({ "name": name, "type": "text" }),
        _ => json!({ "name": name, "type": "label", "options": ["yes", "no"] }),
    }
}

/// Makes the `n`th question one of another type: what both types have stays, what is new begins with something that fits.
pub(super) fn retype(schema: &mut Value, n: usize, kind: &str) {
    let list = |key: &str| schema[key].as_array().cloned().unwrap_or_default();
    let (fields, questions) = (list("fields"), list("questions"));
    let Some(Value::Object(was)) = questions.get(n) else { return };
    let mut part: Map<String, Value> = was
        .iter()
        .filter(|(key, _)| COMMON.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    part.insert("type".into(), kind.into());
    for setting in types::settings(kind) {
        if let Some(value) = setting.begin(was, &fields, &questions[..n]) {
            part.insert(setting.key().to_string(), value);
        }
    }
    if kind == "ranking" && part.contains_key("field") {
        part.remove("options");
    }
    schema["questions"][n] = Value::Object(part);
}
