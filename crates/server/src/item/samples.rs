//! One small item for each of the fourteen question types, with answers: what the tests render, post and read back, and
//! what people answer by keyboard in the browser tests.

use engraft_app::annotate::Schema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An item with its schema, and an answer to each question.
#[derive(Deserialize)]
#[serde(from = "Written")]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) schema: Schema,
    pub(crate) fields: Map<String, Value>,
    pub(crate) answers: Value,
}

/// A sample as its file has it.
#[derive(Deserialize)]
struct Written {
    name: String,
    fields: Value,
    questions: Value,
    item: Map<String, Value>,
    answers: Value,
}

impl From<Written> for Sample {
    fn from(Written { name, fields, questions, item, answers }: Written) -> Sample {
        let schema = serde_json::from_value(json!({ "fields": fields, "questions": questions })).unwrap();
        Sample { name, schema, fields: item, answers }
    }
}

/// All of them.
pub(crate) fn samples() -> Vec<Sample> {
    serde_json::from_str(include_str!("../../tests/browser/samples.json")).unwrap()
}
