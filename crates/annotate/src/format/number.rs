//! A number that may have a fraction. A scale has whole numbers only, so it is a form with one entry.

use serde_json::{Map, Value, json};

/// The form that asks for a number between these, where they are said.
pub(crate) fn form(min: Option<f64>, max: Option<f64>) -> Value {
    let ends = [("minimum", min), ("maximum", max)];
    let mut number: Map<String, Value> =
        ends.into_iter().filter_map(|(key, end)| Some((key.to_string(), plain(end?)))).collect();
    number.insert("type".to_string(), "number".into());
    json!({ "type": "object", "required": ["number"], "properties": { "number": number } })
}

/// The answer that is this number, when the form asks for one number and nothing else.
pub(crate) fn answer(form: &Value, number: f64) -> Option<Value> {
    let properties = form.get("properties")?.as_object().filter(|properties| properties.len() == 1)?;
    let (name, _) = properties.iter().find(|(_, property)| property["type"] == "number")?;
    Some(json!({ name: plain(number) }))
}

/// Without a fraction where there is none.
fn plain(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { (number as i64).into() } else { number.into() }
}
