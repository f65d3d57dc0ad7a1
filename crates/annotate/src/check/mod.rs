//! Reading a schema file: every mistake found at once, each with its place and what to do about it.

mod choices;
mod questions;
mod rules;
mod shape;

pub(crate) use shape::kind;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::canonical::canonical_json;
use crate::problem::{Problem, SchemaError};
use crate::{Field, Question, Schema};
use shape::{Fit, fit};

impl Schema {
    /// Reads a schema file; of a file with mistakes, all of them.
    ///
    /// A part that has the wrong shape is judged no further: what else is wrong with that one question comes out next time.
    pub fn read(json: &str) -> Result<Schema, SchemaError> {
        let value: Value = serde_json::from_str(json).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            SchemaError {
                problems: vec![Problem::new(place, format!("is not JSON: {error}"), "correct it there")],
            }
        })?;
        Schema::read_value(&value)
    }

    /// Reads a schema that is JSON already.
    pub fn read_value(value: &Value) -> Result<Schema, SchemaError> {
        let mut problems = Vec::new();
        let value = &without_nulls(value);
        fit("", value, &shape::schema(), &mut problems);
        let fields: Vec<Option<Field>> = each(value, "fields", &mut problems, shape::field);
        let questions: Vec<Option<Question>> = each(value, "questions", &mut problems, shape::question);
        questions::check(&fields, &questions, &mut problems);
        rules::check(value, &mut problems);
        if problems.is_empty() {
            match serde_json::from_value(value.clone()) {
                Ok(schema) => return Ok(schema),
                Err(error) => problems.push(Problem::new("", error.to_string(), "correct that setting")),
            }
        }
        Err(SchemaError { problems })
    }

    /// The content address of the schema, guidelines included; what stamps a response as the guideline version.
    ///
    /// A setting left out and the same setting written with its default are the same schema.
    pub fn version(&self) -> String {
        engraft_core::content_hash(canonical_json(self).as_bytes())
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The question of that name.
    pub fn question(&self, name: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.name == name)
    }
}

/// Without entries that are null: that is how many tools write "not set". A form's schema is left as it is.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_nulls).collect(),
        Value::Object(entries) => {
            let set = entries.iter().filter(|(_, value)| !value.is_null());
            let keep = |key: &String, value| {
                if key == "schema" { Value::clone(value) } else { without_nulls(value) }
            };
            set.map(|(key, value)| (key.clone(), keep(key, value))).collect()
        }
        scalar => scalar.clone(),
    }
}

/// The entries of a list at `key`, each `None` where its shape is wrong, which then is among the problems.
fn each<T: DeserializeOwned>(
    schema: &Value,
    key: &str,
    problems: &mut Vec<Problem>,
    shape: fn(&Value) -> Result<Fit, Problem>,
) -> Vec<Option<T>> {
    let Some(entries) = schema.get(key).and_then(Value::as_array) else { return Vec::new() };
    if entries.is_empty() {
        problems.push(Problem::new(key, "is empty", format!("a dataset needs at least one of its {key}")));
    }
    let mut read = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let path = format!("{key}[{at}]");
        let before = problems.len();
        match shape(entry) {
            Ok(shape) => fit(&path, entry, &shape, problems),
            Err(problem) => problems.push(Problem { at: shape::join(&path, &problem.at), ..problem }),
        }
        if problems.len() > before {
            read.push(None);
            continue;
        }
        match serde_json::from_value(entry.clone()) {
            Ok(entry) => read.push(Some(entry)),
            Err(error) => {
                problems.push(Problem::new(path, error.to_string(), "correct that setting"));
                read.push(None);
            }
        }
    }
    read
}

#[cfg(test)]
mod tests;
