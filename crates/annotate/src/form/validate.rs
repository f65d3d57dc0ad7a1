//! Checking a record against a form's schema, as JSON Schema 2020-12 has it for the keywords that are understood.

use serde_json::{Map, Value};

use super::{FormSchema, Node, Type};
use crate::canonical::canonical_json;
use crate::check::kind;
use crate::distance::suggest;
use crate::problem::Problem;

impl FormSchema {
    /// The first thing wrong with `value`; its place is relative to the form, such as `.party.name`.
    ///
    /// A form that is half done may lack what is required, at any depth.
    pub(crate) fn validate(&self, value: &Value, half_done: bool) -> Result<(), Problem> {
        check("", &self.root, value, half_done)
    }
}

fn check(at: &str, node: &Node, value: &Value, half_done: bool) -> Result<(), Problem> {
    let wrong = |what: String, hint: String| Err(Problem::new(at, what, hint));
    if !node.types.is_empty() && !node.types.iter().any(|kind| is(*kind, value)) {
        let names: Vec<&str> = node.types.iter().map(|kind| kind.name()).collect();
        return wrong(format!("is {}", kind(value)), format!("write one of type {}", names.join(" or ")));
    }
    if !node.choices.is_empty() && !node.choices.iter().any(|choice| same(choice, value)) {
        let words: Vec<&str> = node.choices.iter().filter_map(Value::as_str).collect();
        let hint = suggest(value.as_str().unwrap_or_default(), &words);
        return wrong(format!("{} is none of its choices", canonical_json(value)), hint);
    }
    match value {
        Value::Object(entries) => object(at, node, entries, half_done),
        Value::Array(values) => {
            let n = values.len() as u64;
            if node.min_items.is_some_and(|least| n < least) && !half_done {
                return wrong(
                    format!("has {n} entries"),
                    format!("at least {}", node.min_items.unwrap_or(0)),
                );
            }
            if node.max_items.is_some_and(|most| n > most) {
                return wrong(format!("has {n} entries"), format!("at most {}", node.max_items.unwrap_or(0)));
            }
            let Some(items) = &node.items else { return Ok(()) };
            let mut places = values.iter().enumerate();
            places.try_for_each(|(number, value)| check(&format!("{at}[{number}]"), items, value, half_done))
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            if node.minimum.is_some_and(|least| number < least)
                || node.maximum.is_some_and(|most| number > most)
            {
                let end = |end: Option<f64>| end.map_or("any".to_string(), |end| end.to_string());
                let hint = format!("from {} to {}", end(node.minimum), end(node.maximum));
                return wrong(format!("{number} is out of range"), hint);
            }
            Ok(())
        }
        Value::String(text) => string(at, node, text),
        Value::Null | Value::Bool(_) => Ok(()),
    }
}

fn object(at: &str, node: &Node, entries: &Map<String, Value>, half_done: bool) -> Result<(), Problem> {
    if let Some(missing) =
        node.required.iter().find(|name| !entries.contains_key(*name)).filter(|_| !half_done)
    {
        return Err(Problem::new(format!("{at}.{missing}"), "is missing", "the form requires it"));
    }
    for (key, value) in entries {
        let place = format!("{at}.{key}");
        match node.properties.get(key) {
            Some(property) => check(&place, property, value, half_done)?,
            None if node.closed => {
                let known: Vec<&str> = node.properties.keys().map(String::as_str).collect();
                return Err(Problem::new(place, "is no property of the form", suggest(key, &known)));
            }
            None => {}
        }
    }
    Ok(())
}

fn string(at: &str, node: &Node, text: &str) -> Result<(), Problem> {
    let n = text.chars().count() as u64;
    if node.min_length.is_some_and(|least| n < least) || node.max_length.is_some_and(|most| n > most) {
        let most = node.max_length.map_or("any number".to_string(), |most| most.to_string());
        let hint = format!("from {} to {most} characters", node.min_length.unwrap_or(0));
        return Err(Problem::new(at, format!("has {n} characters"), hint));
    }
    if let Some(pattern) = node.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
        let what = format!("`{text}` does not fit its pattern");
        return Err(Problem::new(at, what, format!("write what fits `{}`", pattern.as_str())));
    }
    if node.date && !is_date(text) {
        return Err(Problem::new(at, format!("`{text}` is no date"), "write a day such as 2026-02-28"));
    }
    Ok(())
}

fn is(kind: Type, value: &Value) -> bool {
    match kind {
        Type::Object => value.is_object(),
        Type::Array => value.is_array(),
        Type::String => value.is_string(),
        Type::Number => value.is_number(),
        // 4.0 is an integer in JSON Schema.
        Type::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Type::Boolean => value.is_boolean(),
        Type::Null => value.is_null(),
    }
}

/// Equal as JSON Schema has it: 1 and 1.0 are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// Whether it is a `full-date` of RFC 3339: a day that exists in the Gregorian calendar.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    if !shaped {
        return false;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
