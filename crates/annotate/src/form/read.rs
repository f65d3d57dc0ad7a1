//! Reading a form's JSON Schema.

use regex_lite::Regex;
use serde_json::Value;

use super::{FormSchema, Node, TYPES, Type};
use crate::distance::suggest;
use crate::problem::Problem;

const KEYWORDS: [&str; 23] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "enum",
    "const",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "title",
    "description",
    "default",
    "examples",
    "$schema",
    "$id",
    "$comment",
    "deprecated",
];

/// A form nests no deeper than this.
const DEPTH: usize = 32;

type Read<T> = Result<T, Problem>;

impl FormSchema {
    /// Reads a schema of type `object`. A problem's place begins with a dot, ready to follow the schema's own place.
    pub(crate) fn read(schema: &Value) -> Result<FormSchema, Problem> {
        let root = node("", schema, 0)?;
        if root.types != [Type::Object] {
            return Err(Problem::new(
                ".type",
                "is not \"object\"",
                "a form is an object: write \"type\": \"object\"",
            ));
        }
        Ok(FormSchema { root })
    }
}

fn node(at: &str, schema: &Value, depth: usize) -> Read<Node> {
    let Some(entries) = schema.as_object() else {
        return Err(Problem::new(at, "is no schema", "write an object with a `type`"));
    };
    if depth > DEPTH {
        return Err(Problem::new(at, format!("lies more than {DEPTH} levels deep"), "flatten the form"));
    }
    let mut node = Node::default();
    for (key, value) in entries {
        let place = format!("{at}.{key}");
        match key.as_str() {
            "type" => node.types = types(&place, value)?,
            "properties" => {
                let Some(properties) = value.as_object() else {
                    return Err(Problem::new(
                        place,
                        "is not an object",
                        "write { \"name\": { \"type\": … } }",
                    ));
                };
                for (name, schema) in properties {
                    node.properties
                        .insert(name.clone(), self::node(&format!("{place}.{name}"), schema, depth + 1)?);
                }
            }
            "required" => node.required = strings(&place, value)?.into_iter().collect(),
            "additionalProperties" => node.closed = !flag(&place, value)?,
            "items" => node.items = Some(Box::new(self::node(&place, value, depth + 1)?)),
            "minItems" => node.min_items = Some(count(&place, value)?),
            "maxItems" => node.max_items = Some(count(&place, value)?),
            "minLength" => node.min_length = Some(count(&place, value)?),
            "maxLength" => node.max_length = Some(count(&place, value)?),
            "minimum" => node.minimum = Some(number(&place, value)?),
            "maximum" => node.maximum = Some(number(&place, value)?),
            "const" => node.choices = vec![value.clone()],
            "enum" => match value.as_array().filter(|values| !values.is_empty()) {
                Some(values) => node.choices.clone_from(values),
                None => return Err(Problem::new(place, "is not a list of values", "list at least one")),
            },
            "pattern" => node.pattern = Some(pattern(&place, value)?),
            "format" if value == "date" => node.date = true,
            "format" => {
                return Err(Problem::new(
                    place,
                    format!("{value} is not understood"),
                    "use \"date\" or a `pattern`",
                ));
            }
            known if KEYWORDS.contains(&known) => {}
            unknown => {
                let hint = format!("{}; the form cannot keep this rule", suggest(unknown, &KEYWORDS));
                return Err(Problem::new(place, "is not understood", hint));
            }
        }
    }
    consistent(at, &node)?;
    Ok(node)
}

fn consistent(at: &str, node: &Node) -> Read<()> {
    if let Some(missing) = node.required.iter().find(|name| !node.properties.contains_key(*name)) {
        let known: Vec<&str> = node.properties.keys().map(String::as_str).collect();
        let what = format!("names no property: `{missing}`");
        return Err(Problem::new(format!("{at}.required"), what, suggest(missing, &known)));
    }
    let crossed =
        |low: Option<u64>, high: Option<u64>| matches!((low, high), (Some(low), Some(high)) if low > high);
    let numbers = matches!((node.minimum, node.maximum), (Some(low), Some(high)) if low > high);
    for (bad, key) in [
        (crossed(node.min_items, node.max_items), "minItems"),
        (crossed(node.min_length, node.max_length), "minLength"),
        (numbers, "minimum"),
    ] {
        if bad {
            return Err(Problem::new(format!("{at}.{key}"), "is above its maximum", "swap them"));
        }
    }
    Ok(())
}

fn types(at: &str, value: &Value) -> Read<Vec<Type>> {
    let one = |value: &Value| {
        let name = value.as_str().unwrap_or_default();
        let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        let found = TYPES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        found.ok_or_else(|| Problem::new(at, format!("{value} is no type"), suggest(name, &names)))
    };
    match value {
        Value::Array(values) if !values.is_empty() => values.iter().map(one).collect(),
        single => Ok(vec![one(single)?]),
    }
}

fn strings(at: &str, value: &Value) -> Read<Vec<String>> {
    let list = value.as_array().map(|values| values.iter().map(|v| v.as_str().map(str::to_string)).collect());
    let list: Option<Option<Vec<String>>> = list;
    list.flatten().ok_or_else(|| Problem::new(at, "is not a list of strings", "write [\"name\", …]"))
}

fn flag(at: &str, value: &Value) -> Read<bool> {
    value.as_bool().ok_or_else(|| Problem::new(at, "is not true or false", "write true or false"))
}

fn count(at: &str, value: &Value) -> Read<u64> {
    value.as_u64().ok_or_else(|| Problem::new(at, "is not a whole number from 0", "write such a number"))
}

fn number(at: &str, value: &Value) -> Read<f64> {
    value.as_f64().ok_or_else(|| Problem::new(at, "is not a number", "write a number"))
}

fn pattern(at: &str, value: &Value) -> Read<Regex> {
    let Some(pattern) = value.as_str() else {
        return Err(Problem::new(at, "is not a string", "write a regular expression"));
    };
    Regex::new(pattern).map_err(|error| {
        Problem::new(at, format!("is no regular expression: {error}"), "correct it; look-around is not known")
    })
}
