//! The entries of a record, each a property of a form's JSON Schema; the last row waits for one more.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::draw::{check, choice, field, input, kept};
use super::posted::Posted;
use super::setting::only_json;

/// What an entry holds, in words, and how the form's schema says it.
const KINDS: [(&str, &str); 6] = [
    ("words", "Words"),
    ("choice", "One of these"),
    ("number", "A number"),
    ("whole", "A whole number"),
    ("truth", "Yes or no"),
    ("date", "A date"),
];
/// An entry that only the JSON can say.
const OTHER: &str = "other";

/// The rows of the question at `at`.
pub(super) fn draw(at: &str, schema: &Value) -> Markup {
    let name = format!("{at}.schema");
    let Some(properties) = schema["properties"].as_object() else { return only_json("Entries") };
    let blank = (String::new(), json!({ "type": "string" }));
    let rows = properties.iter().map(|(name, property)| (name.clone(), property.clone())).chain([blank]);
    html! {
        div.entries data-follows={ (name) ".entries" } {
            @for (n, (property, inner)) in rows.enumerate() { (row(&format!("{name}.{n}"), &property, &inner, schema)) }
        }
        div.row { button.button.small name="do" value={ "more." (at) } formnovalidate { "One more entry" } }
    }
}

fn row(at: &str, property: &str, inner: &Value, schema: &Value) -> Markup {
    let required = schema["required"].as_array().is_some_and(|names| names.contains(&property.into()));
    let known = kind(inner);
    let mut kinds: Vec<(String, String, bool)> =
        KINDS.iter().map(|(name, words)| (name.to_string(), words.to_string(), known == *name)).collect();
    if known == OTHER {
        kinds.push((OTHER.into(), "As the JSON says".into(), true));
    }
    html! {
        fieldset.pairs {
            legend { @if property.is_empty() { "Another entry" } @else { (property) } }
            (kept(at, inner))
            (input(&format!("{at}.name"), "Name", property, None))
            (input(&format!("{at}.title"), "What people read", inner["title"].as_str().unwrap_or_default(), None))
            (field("It holds", &choice(&format!("{at}.kind"), &kinds), None))
            (input(&format!("{at}.choices"), "Of these (with `;` between)", &listed(inner).join("; "), None))
            (check(&format!("{at}.required"), "Must be filled in", required))
        }
    }
}

/// Which of the kinds a property is.
fn kind(property: &Value) -> &'static str {
    let choices = property.get("enum").is_some();
    match (property["type"].as_str(), property["format"].as_str()) {
        (Some("string") | None, None) if choices && !listed(property).is_empty() => "choice",
        _ if choices || property.get("const").is_some() => OTHER,
        (Some("string"), Some("date")) => "date",
        (Some("string"), None) => "words",
        (Some("number"), None) => "number",
        (Some("integer"), None) => "whole",
        (Some("boolean"), None) => "truth",
        _ => OTHER,
    }
}

/// The words to choose from; none when they are not all words that stand in a line.
fn listed(property: &Value) -> Vec<&str> {
    let words = property["enum"].as_array().map(|words| words.iter().map(Value::as_str).collect());
    let words: Vec<&str> = words.and_then(|words: Option<Vec<&str>>| words).unwrap_or_default();
    if words.iter().all(|word| word.trim() == *word && !word.is_empty() && !word.contains([';', '\n'])) {
        words
    } else {
        Vec::new()
    }
}

/// Puts the rows at the question's `schema`. A row without a name is no entry.
pub(super) fn read(posted: &Posted, name: &str, part: &mut Map<String, Value>) {
    let rows =
        (0..).map(|n| format!("{name}.{n}")).map_while(|at| Some((posted.get(&format!("{at}.name"))?, at)));
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (property, at) in rows.filter(|(property, _)| !property.trim().is_empty()) {
        let mut property = property.trim().to_string();
        while properties.contains_key(&property) {
            property.push('_');
        }
        if posted.get(&format!("{at}.required")).is_some() {
            required.push(Value::from(property.as_str()));
        }
        properties.insert(property, inner(posted, &at));
    }
    if posted.get(&format!("{name}.0.name")).is_none() {
        return;
    }
    let Some(Value::Object(schema)) = part.get_mut("schema") else { return };
    schema.insert("properties".into(), properties.into());
    if required.is_empty() {
        schema.remove("required");
    } else {
        schema.insert("required".into(), required.into());
    }
}

/// A property as it was, with what its row says now; one that holds something else keeps its words only.
fn inner(posted: &Posted, at: &str) -> Value {
    let mut property = posted.kept(at);
    let before = kind(&Value::Object(property.clone()));
    let now = posted.get(&format!("{at}.kind")).unwrap_or(before);
    if now != before {
        property.retain(|key, _| matches!(key.as_str(), "title" | "description"));
        let says = match now {
            "number" => json!({ "type": "number" }),
            "whole" => json!({ "type": "integer" }),
            "truth" => json!({ "type": "boolean" }),
            "date" => json!({ "type": "string", "format": "date" }),
            _ => json!({ "type": "string" }),
        };
        property.extend(says.as_object().cloned().unwrap_or_default());
    }
    if now == "choice" {
        let words = posted.get(&format!("{at}.choices")).unwrap_or_default();
        let words = words.split(';').map(str::trim).filter(|word| !word.is_empty());
        property.insert("enum".into(), words.map(Value::from).collect());
    }
    posted.words(at, "title", &mut property);
    Value::Object(property)
}
