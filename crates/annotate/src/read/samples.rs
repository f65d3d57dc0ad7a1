//! What the tests of reading share: a schema with all fourteen types, an item for it, good answers, and any JSON at all.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Stage, read_answers};
use crate::{Answers, Schema};

/// One question of each type.
pub(crate) fn fourteen() -> Value {
    json!([
        {"name": "topic", "type": "label", "options": ["billing", "refund", "other"]},
        {"name": "moods", "type": "labels", "options": ["angry", "happy"]},
        {"name": "class", "type": "taxonomy", "multiple": true,
         "options": [{"value": "Finance", "children": [{"value": "Invoices"}, {"value": "Taxes"}]}, {"value": "Legal"}]},
        {"name": "names", "type": "spans", "field": "text", "options": ["PER", "LOC"], "discontinuous": true},
        {"name": "links", "type": "relations", "spans": "names", "options": ["lives in"]},
        {"name": "stars", "type": "rating", "min": 1, "max": 5, "meaning": {"1": "bad", "5": "good"}},
        {"name": "order", "type": "ranking", "field": "hits"},
        {"name": "better", "type": "preference", "field": "replies", "strength": 3},
        {"name": "why", "type": "text", "max_chars": 20, "visible_when": {"question": "topic", "any_of": ["other"]}},
        {"name": "fixed", "type": "correction", "field": "replies"},
        {"name": "acts", "type": "turns", "field": "chat", "options": ["asks", "thanks"], "role": "user"},
        {"name": "grades", "type": "relevance", "field": "hits", "query": "text"},
        {"name": "proof", "type": "support", "answer": "replies", "passages": "hits"},
        {"name": "facts", "type": "form", "schema": {
            "type": "object", "required": ["party"], "additionalProperties": false,
            "properties": {
                "party": {"type": "string", "minLength": 1},
                "signed": {"type": "string", "format": "date"},
                "sums": {"type": "array", "items": {"type": "number", "minimum": 0}}
            }
        }}
    ])
}

pub(crate) fn schema() -> Schema {
    let schema = json!({
        "fields": [
            {"name": "text", "type": "text"}, {"name": "chat", "type": "chat"},
            {"name": "hits", "type": "passages"}, {"name": "replies", "type": "answers"}
        ],
        "questions": fourteen()
    });
    Schema::read_value(&schema).unwrap()
}

pub(crate) fn fields() -> Map<String, Value> {
    let fields = json!({
        "text": "👩‍👧 Zoë lives in São Paulo.",
        "chat": [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "Ta"}],
        "hits": [{"id": "p2", "text": "São Paulo is big."}, {"id": "p1", "text": "Zoë."}],
        "replies": [{"id": "a", "text": "She lives in Brazil. In a city."}, {"id": "b", "text": "No idea."}]
    });
    fields.as_object().unwrap().clone()
}

/// A whole answer to each question, all in normal form but for quotes and ids.
pub(crate) fn answers() -> Value {
    json!({
        "topic": "other",
        "moods": ["happy", "angry"],
        "class": [["Legal"], ["Finance", "Taxes"]],
        "names": [
            {"id": "city", "char_start": 17, "char_end": 26, "label": "LOC"},
            {"id": "zoe", "char_start": 4, "char_end": 7, "label": "PER", "quote": "Zoë"}
        ],
        "links": [{"from": "zoe", "to": "city", "label": "lives in"}],
        "stars": 4.0,
        "order": [{"value": "p1", "rank": 1}, {"value": "p2", "rank": 1}],
        "better": {"choice": "a", "strength": 2},
        "why": "it is odd",
        "fixed": "She lives in Brazil, in a city.",
        "acts": [{"turn": 2, "labels": ["thanks"]}, {"turn": 0, "labels": ["asks"]}],
        "grades": [{"id": "p1", "grade": 0}, {"id": "p2", "grade": 2, "evidence": [[0, 9]]}],
        "proof": [
            {"char_start": 21, "char_end": 31, "verdict": "no_citation"},
            {"char_start": 0, "char_end": 20, "verdict": "supported", "passages": ["p2", "p1"]}
        ],
        "facts": {"party": "Zoë", "signed": "2024-02-29", "sums": [1, 2.5]}
    })
}

/// Different good answers to one question.
pub(crate) fn variants(question: &str) -> Vec<Answers> {
    let ranked = |one: u32, two: u32| json!([{"value": "p1", "rank": one}, {"value": "p2", "rank": two}]);
    let span = |start: usize, end: usize, label: &str| json!({"char_start": start, "char_end": end, "label": label, "id": format!("{start}")});
    let verdict = |start: usize, end: usize, verdict: &str| json!({"char_start": start, "char_end": end, "verdict": verdict});
    let values = match question {
        "topic" => vec![json!("other"), json!("refund"), json!("billing")],
        "moods" => vec![json!([]), json!(["angry"]), json!(["happy"]), json!(["angry", "happy"])],
        "class" => vec![
            json!([["Finance"]]),
            json!([["Finance"], ["Finance", "Taxes"]]),
            json!([["Finance", "Taxes"]]),
            json!([["Legal"]]),
        ],
        "names" => vec![
            json!([span(4, 7, "PER"), span(17, 26, "LOC")]),
            json!([span(4, 7, "LOC"), span(17, 20, "LOC")]),
            json!([span(4, 13, "PER"), span(17, 26, "LOC")]),
        ],
        "stars" => vec![json!(1), json!(3), json!(4), json!(5)],
        "order" => vec![ranked(1, 1), ranked(1, 2), ranked(2, 1)],
        "better" => vec![
            json!({"choice": "a", "strength": 1}),
            json!({"choice": "a", "strength": 3}),
            json!({"choice": "tie"}),
            json!({"choice": "both_bad"}),
        ],
        "why" => vec![json!("so slow"), json!("So  slow"), json!("very slow"), json!("x")],
        "fixed" => vec![json!("She lives."), json!("she lives."), json!("She\nlives."), json!("No.")],
        "acts" => vec![
            json!([]),
            json!([{"turn": 0, "labels": ["asks"]}]),
            json!([{"turn": 2, "labels": ["asks"]}]),
        ],
        "grades" => vec![
            json!([{"id": "p1", "grade": 0}, {"id": "p2", "grade": 2}]),
            json!([{"id": "p1", "grade": 3}, {"id": "p2", "grade": 2}]),
            json!([{"id": "p1", "grade": 0}, {"id": "p2", "grade": 2, "evidence": [[0, 3]]}]),
        ],
        "proof" => vec![
            json!([verdict(0, 20, "supported"), verdict(21, 31, "not")]),
            json!([verdict(0, 20, "partly"), verdict(21, 31, "not")]),
        ],
        "facts" => vec![
            json!({"party": "A"}),
            json!({"party": "B"}),
            json!({"party": "A", "sums": []}),
            json!({"party": "A", "sums": [1, 2]}),
        ],
        _ => vec![answers()["links"].clone(), json!([])],
    };
    let mut all: Vec<Answers> = Vec::new();
    for value in values {
        let mut response = answers();
        response[question] = value;
        if question == "names" {
            response["links"] = json!([{"from": "4", "to": "17", "label": "lives in"}]);
        }
        all.push(read_answers(&schema(), &fields(), &response, Stage::Part).unwrap());
    }
    all
}

/// Any JSON, with the words of schemas and answers in it more often than chance would have them.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    const WORDS: [&str; 40] = [
        "fields",
        "questions",
        "name",
        "type",
        "options",
        "value",
        "key",
        "color",
        "text",
        "label",
        "labels",
        "spans",
        "field",
        "rating",
        "min",
        "max",
        "meaning",
        "schema",
        "properties",
        "required",
        "object",
        "visible_when",
        "question",
        "any_of",
        "children",
        "taxonomy",
        "form",
        "char_start",
        "char_end",
        "quote",
        "parts",
        "rank",
        "choice",
        "id",
        "strength",
        "turn",
        "grade",
        "verdict",
        "evidence",
        "p1",
    ];
    let word =
        prop_oneof![3 => prop::sample::select(WORDS.as_slice()).prop_map(str::to_string), 1 => "\\PC{0,4}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3i64..9).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}
