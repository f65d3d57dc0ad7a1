//! Whether a JSON value fits a JSON Schema: the keywords that formats of short texts need; any other is refused when read.
//!
//! A validator of the whole standard brings 35 crates along, for a check that is one line of a report.

use regex_lite::Regex;
use serde_json::{Map, Value};

/// Keywords that say nothing about values.
const SILENT: [&str; 5] = ["$schema", "$id", "title", "description", "examples"];

/// A schema, checked.
#[derive(Clone, Debug)]
pub(super) struct JsonSchema {
    kinds: Vec<String>,
    choices: Option<Vec<Value>>,
    properties: Vec<(String, JsonSchema)>,
    required: Vec<String>,
    closed: bool,
    items: Option<Box<JsonSchema>>,
    /// Of numbers, of characters, of items: least and most.
    ranges: [(Option<f64>, Option<f64>); 3],
    pattern: Option<Regex>,
}

impl JsonSchema {
    /// Reads a schema; else where it cannot be followed, and why.
    pub(super) fn read(value: &Value, at: &str) -> Result<JsonSchema, String> {
        let Value::Object(fields) = value else { return Err(format!("{at} is no object")) };
        let known = [
            "type",
            "enum",
            "const",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "pattern",
        ];
        if let Some(other) =
            fields.keys().find(|key| !known.contains(&key.as_str()) && !SILENT.contains(&key.as_str()))
        {
            return Err(format!("{at}: the keyword `{other}` is not known; use {}", known.join(", ")));
        }
        let closed = match fields.get("additionalProperties") {
            None | Some(Value::Bool(true)) => false,
            Some(Value::Bool(false)) => true,
            Some(_) => return Err(format!("{at}: additionalProperties must be true or false")),
        };
        let range = |least: &str, most: &str| {
            let number = |name: &str| fields.get(name).and_then(Value::as_f64);
            (number(least), number(most))
        };
        let pattern = match fields.get("pattern") {
            None => None,
            Some(value) => {
                let pattern = value.as_str().ok_or_else(|| format!("{at}: pattern is no string"))?;
                Some(Regex::new(pattern).map_err(|error| format!("{at}: pattern: {error}"))?)
            }
        };
        let choices = match (fields.get("enum"), fields.get("const")) {
            (Some(Value::Array(all)), _) => Some(all.clone()),
            (Some(_), _) => return Err(format!("{at}: enum is no list")),
            (None, one) => one.map(|one| vec![one.clone()]),
        };
        Ok(JsonSchema {
            kinds: words(fields, "type", at)?,
            choices,
            properties: properties(fields, at)?,
            required: words(fields, "required", at)?,
            closed,
            items: match fields.get("items") {
                None => None,
                Some(items) => Some(Box::new(JsonSchema::read(items, &format!("{at}.items"))?)),
            },
            ranges: [
                range("minimum", "maximum"),
                range("minLength", "maxLength"),
                range("minItems", "maxItems"),
            ],
            pattern,
        })
    }

    /// Whether a value fits.
    pub(super) fn fits(&self, value: &Value) -> bool {
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| is_of(value, kind));
        let chosen = self.choices.as_ref().is_none_or(|choices| choices.contains(value));
        let within = |place: usize, size: f64| {
            let (least, most) = self.ranges[place];
            least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most)
        };
        let inside = match value {
            Value::Number(number) => number.as_f64().is_some_and(|number| within(0, number)),
            Value::String(text) => {
                within(1, text.chars().count() as f64)
                    && self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
            }
            Value::Array(all) => {
                within(2, all.len() as f64)
                    && self.items.as_ref().is_none_or(|items| all.iter().all(|one| items.fits(one)))
            }
            Value::Object(fields) => self.fits_fields(fields),
            Value::Null | Value::Bool(_) => true,
        };
        kind && chosen && inside
    }

    fn fits_fields(&self, fields: &Map<String, Value>) -> bool {
        let known = |name: &String| self.properties.iter().any(|(known, _)| known == name);
        self.required.iter().all(|name| fields.contains_key(name))
            && (!self.closed || fields.keys().all(known))
            && self
                .properties
                .iter()
                .all(|(name, schema)| fields.get(name).is_none_or(|value| schema.fits(value)))
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

/// A word, or a list of words.
fn words(fields: &Map<String, Value>, name: &str, at: &str) -> Result<Vec<String>, String> {
    match fields.get(name) {
        None => Ok(Vec::new()),
        Some(Value::String(word)) => Ok(vec![word.clone()]),
        Some(Value::Array(all)) => {
            let words: Option<Vec<String>> = all.iter().map(|one| one.as_str().map(str::to_string)).collect();
            words.ok_or_else(|| format!("{at}: {name} holds something that is no string"))
        }
        Some(_) => Err(format!("{at}: {name} is neither a string nor a list of them")),
    }
}

fn properties(fields: &Map<String, Value>, at: &str) -> Result<Vec<(String, JsonSchema)>, String> {
    match fields.get("properties") {
        None => Ok(Vec::new()),
        Some(Value::Object(all)) => {
            let read = |(name, schema): (&String, &Value)| {
                Ok((name.clone(), JsonSchema::read(schema, &format!("{at}.{name}"))?))
            };
            all.iter().map(read).collect()
        }
        Some(_) => Err(format!("{at}: properties is no object")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn letter() -> Value {
        json!({ "$schema": "x", "type": "object", "required": ["subject", "lines"], "additionalProperties": false,
            "properties": { "subject": { "type": "string", "maxLength": 20, "pattern": "^Re: " },
                "lines": { "type": "array", "minItems": 1, "items": { "type": "string" } },
                "urgency": { "type": ["integer", "null"], "minimum": 1, "maximum": 3 },
                "tone": { "enum": ["warm", "plain"] } } })
    }

    #[track_caller]
    fn check(value: Value, fits: bool) {
        assert_eq!(JsonSchema::read(&letter(), "schema").unwrap().fits(&value), fits, "{value}");
    }

    #[test]
    fn values_fit_or_do_not() {
        check(json!({ "subject": "Re: rain", "lines": ["Dear"], "urgency": 2.0, "tone": "warm" }), true);
        check(json!({ "subject": "Re: rain", "lines": ["Dear"], "urgency": null }), true);
        for (name, wrong) in [
            ("subject", json!("rain")),
            ("subject", json!("Re: much too long a subject")),
            ("lines", json!([])),
            ("lines", json!([1])),
            ("urgency", json!(4)),
            ("urgency", json!(1.5)),
            ("tone", json!("cold")),
            ("other", json!(1)),
        ] {
            let mut letter = json!({ "subject": "Re: rain", "lines": ["Dear"] });
            letter[name] = wrong;
            check(letter, false);
        }
        check(json!({ "subject": "Re: rain" }), false);
        check(json!("Re: rain"), false);
    }

    #[test]
    fn a_keyword_that_is_not_followed_is_refused_where_it_stands() {
        let read = |value: Value| JsonSchema::read(&value, "schema").map(|_| ()).unwrap_err();
        let nested = read(json!({ "properties": { "a": { "oneOf": [] } } }));
        assert!(nested.starts_with("schema.a: the keyword `oneOf`"), "{nested}");
        assert!(read(json!({ "pattern": "(" })).contains("pattern"));
        assert!(read(json!(true)).contains("no object"));
        assert!(read(json!({ "additionalProperties": {} })).contains("true or false"));
    }
}
