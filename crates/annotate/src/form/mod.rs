//! Forms: a documented part of JSON Schema, enough for records that people fill in.
//!
//! Understood are `type` (`object array string number integer boolean null`, or a list of them), `properties`,
//! `required`, `additionalProperties` (true or false), `items`, `minItems`, `maxItems`, `enum`, `const`, `minimum`,
//! `maximum`, `minLength`, `maxLength` (code points), `pattern`, `format` (`date` only) and the words `title`,
//! `description`, `default`, `examples`, `$schema`, `$id`, `$comment`. Anything else is refused when the schema is read:
//! a rule that is quietly not kept is worse than none.

mod leaves;
mod read;
mod validate;

pub(crate) use leaves::{build, leaves};

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;
use serde_json::Value;

/// A form's schema, ready to check records with.
#[derive(Clone, Debug)]
pub(crate) struct FormSchema {
    root: Node,
}

/// What one value must be.
#[derive(Clone, Debug, Default)]
struct Node {
    /// Any of these; empty: anything.
    types: Vec<Type>,
    properties: BTreeMap<String, Node>,
    required: BTreeSet<String>,
    /// Properties that are not named are refused.
    closed: bool,
    items: Option<Box<Node>>,
    min_items: Option<u64>,
    max_items: Option<u64>,
    /// Exactly one of these, when there are any.
    choices: Vec<Value>,
    minimum: Option<f64>,
    maximum: Option<f64>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    pattern: Option<Regex>,
    date: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Object,
    Array,
    String,
    Number,
    Integer,
    Boolean,
    Null,
}

const TYPES: [(&str, Type); 7] = [
    ("object", Type::Object),
    ("array", Type::Array),
    ("string", Type::String),
    ("number", Type::Number),
    ("integer", Type::Integer),
    ("boolean", Type::Boolean),
    ("null", Type::Null),
];

impl Type {
    fn name(self) -> &'static str {
        TYPES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

#[cfg(test)]
mod tests;
