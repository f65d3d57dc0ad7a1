//! What a schema file may say, and what is said about its mistakes.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::Schema;
use crate::read::any_json;

#[track_caller]
fn check(schema: &str, expected: &Expect) {
    let shown = match Schema::read(schema) {
        Ok(_) => "read".to_string(),
        Err(error) => error.problems.iter().map(|problem| format!("{problem}\n")).collect(),
    };
    expected.assert_eq(&shown);
}

/// A schema with a field of every type and these questions.
fn with(questions: &Value) -> String {
    json!({
        "fields": [
            {"name": "text", "type": "text"}, {"name": "page", "type": "document"},
            {"name": "chat", "type": "chat"}, {"name": "hits", "type": "passages"},
            {"name": "replies", "type": "answers"}
        ],
        "questions": questions
    })
    .to_string()
}

#[test]
fn a_schema_with_all_fourteen_types_is_read() {
    check(&with(&crate::read::fourteen()), &expect!["read"]);
}

#[test]
fn what_is_no_json_says_where() {
    check(
        "{\n  \"fields\": [}",
        &expect![[r#"
        line 2 column 14: is not JSON: expected value at line 2 column 14; correct it there
    "#]],
    );
}

#[test]
fn every_mistake_is_found_at_once() {
    check(
        r#"{
            "feilds": [],
            "fields": [{"name": "text", "type": "txt"}, {"name": "page", "type": "document", "requierd": true}],
            "questions": [
                {"name": "topic", "type": "label", "options": ["a", "a", {"value": "b", "color": "red", "key": "xy"}]},
                {"name": "stars", "type": "rating", "min": 5, "max": 1, "meaning": {"five": "good"}},
                {"name": "topic", "type": "lable"},
                {"type": "text", "required": "yes"}
            ],
            "hide_suggestions": 1
        }"#,
        &expect![[r#"
            feilds: is no setting of a schema; did you mean `fields`?
            hide_suggestions: is a number, not true or false; write true or false
            fields[0].type: `txt` is no type of field; did you mean `text`?
            fields[1].requierd: is no setting of a field of type `document`; did you mean `required`?
            questions[0].options[2].key: is a string, not one character; write one character
            questions[1].meaning.five: is not words by whole number; write "1": "what 1 means"
            questions[2].type: `lable` is no type of question; did you mean `label`?
            questions[3].required: is a string, not true or false; write true or false
            questions[3]: has no `name`; a question of type `text` needs it
        "#]],
    );
}

#[test]
fn references_must_lead_somewhere() {
    check(
        &with(&json!([
            {"name": "names", "type": "spans", "field": "txt", "options": ["PER"]},
            {"name": "links", "type": "relations", "spans": "topic", "options": ["knows"]},
            {"name": "topic", "type": "label", "options": ["a"], "visible_when": {"question": "why"}},
            {"name": "why", "type": "text", "visible_when": {"question": "topic", "any_of": ["A", "a", "a", 3]}},
            {"name": "better", "type": "preference", "field": "hits"},
            {"name": "order", "type": "ranking"},
            {"name": "after", "type": "text", "visible_when": {"question": "why", "any_of": ["x"]}}
        ])),
        &expect![[r#"
            questions[0].field: names no field: `txt`; did you mean `text`?
            questions[1].spans: names no earlier question: `topic`; choose from `names`
            questions[2].visible_when.question: names no earlier question: `why`; choose from `names`, `links`; a condition looks back, never forward
            questions[3].visible_when.any_of[0]: `A` is no answer of `topic`; did you mean `a`?
            questions[3].visible_when.any_of[3]: 3 is no answer of `topic`; did you mean `a`?
            questions[3].visible_when.any_of[2]: is there twice; leave one out
            questions[4].field: `hits` is a field of type passages; name a field of type answers
            questions[5]: says nothing to rank; name a `field` of answers or passages, or list `options`
            questions[6].visible_when.any_of[0]: "x" is compared with the free answer of `why`; leave `any_of` empty: any answer will do
        "#]],
    );
}

#[test]
fn options_have_their_own_values_keys_and_colours() {
    check(
        &with(&json!([
            {"name": "a", "type": "label", "options": []},
            {"name": "b", "type": "labels", "options": [
                {"value": " x"}, {"value": "y", "key": "q"}, {"value": "z", "key": "Q"},
                {"value": "w", "key": "?"}, {"value": "v", "color": "#12345g"}, {"valeu": "u"}, 7
            ]},
            {"name": "c", "type": "taxonomy", "options": [
                {"value": "A", "children": [{"value": "B"}, {"value": "B"}]}, {"value": "", "kids": []}
            ]},
            {"name": "d", "type": "taxonomy", "options": [{"value": "A", "children": [{"value": "B"}, {"value": "B"}]}]}
        ])),
        &expect![[r#"
            questions[1].options[5].valeu: is no setting of an option; did you mean `value`?
            questions[1].options[5]: has no `value`; an option needs it
            questions[1].options[6]: is a number, not an object; write { … }
            questions[2].options[1].kids: is no setting of a class; choose from `value`, `children`
            questions[0].options: is empty; list at least one option
            questions[3].options[0].children[1].value: `B` is there twice; leave one out
        "#]],
    );
}

#[test]
fn numbers_stay_in_their_ranges() {
    check(
        &with(&json!([
            {"name": "a", "type": "rating", "min": 1, "max": 1},
            {"name": "b", "type": "rating", "min": 0, "max": 5000, "meaning": {"-1": "bad"}},
            {"name": "c", "type": "text", "max_chars": 0},
            {"name": "d", "type": "preference", "field": "replies", "strength": 12},
            {"name": "e", "type": "rating", "min": 1.5, "max": "5"}
        ])),
        &expect![[r#"
            questions[3].strength: is 12, not a whole number from 0 to 9; correct the number
            questions[4].max: is a string, not a whole number; correct the number
            questions[4].min: is 1.5, not a whole number; correct the number
            questions[0].min: 1 is not below `max` 1; swap them, or widen the scale
            questions[1].max: 5000 leaves more than 1000 numbers to choose from; use a shorter scale
            questions[1].meaning.-1: -1 is not between `min` 0 and `max` 5000; leave it out
            questions[2].max_chars: is 0; allow at least 1, or leave it out
        "#]],
    );
}

#[test]
fn rules_that_cannot_be_kept_are_refused() {
    let rules = |rules: Value| {
        let mut schema: Value = serde_json::from_str(&with(&json!([{"name": "q", "type": "text"}]))).unwrap();
        schema.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
        schema.to_string()
    };
    check(
        &rules(json!({
            "distribution": {"overlap": 3, "max_overlap": 2, "until_posterior": 1.5, "lease_seconds": 0},
            "gold": {"rate": 1, "pause_below": 70, "least": 0},
            "merge": {"policy": "quorum", "quorum": 5}
        })),
        &expect![[r#"
            distribution.max_overlap: 2 is below `overlap` 3; raise it, or leave it out
            distribution.until_posterior: is 1.5; write a probability above 0, up to 1
            distribution.until_posterior: can ask nobody more; set `max_overlap` above `overlap`, or leave this out
            distribution.lease_seconds: is 0; give people time, such as 1800
            gold.rate: is 1; write a share from 0 up to, not including, 1
            gold.pause_below: is 70; write a share from 0 to 1
            gold.least: is 0; judge people on at least 1 gold answer
            merge.quorum: 5 is more than the 3 who may answer an item; lower it, or raise `distribution.max_overlap`
        "#]],
    );
    check(
        &rules(json!({
            "distribution": {"overlap": 0, "max_overlap": 0, "until_posterior": 0.9, "lease": 5},
            "gold": {"rate": -0.1, "least": -3},
            "merge": {"policy": "posterior", "quorum": 2}
        })),
        &expect![[r#"
            distribution.lease: is no setting of distribution; choose from `overlap`, `max_overlap`, `until_posterior`, `lease_seconds`
            gold.least: is -3, not a whole number from 0 to 4294967295; correct the number
            merge.quorum: is no setting of a merge policy of type `posterior`; choose from `policy`, `least`
            merge: has no `least`; a merge policy of type `posterior` needs it
        "#]],
    );
    check(
        &rules(json!({"merge": {"policy": "majority"}, "distribution": 2, "gold": null})),
        &expect![[r#"
            distribution: is a number, not an object; write { … }
            merge.policy: `majority` is no type of merge policy; choose from `unanimous`, `quorum`, `posterior`, `never`
        "#]],
    );
}

#[test]
fn a_form_schema_with_a_rule_that_cannot_be_kept_is_refused() {
    check(
        &with(&json!([
            {"name": "f", "type": "form", "schema": {"type": "object", "properties": {
                "party": {"type": "string", "patern": "x"}
            }}}
        ])),
        &expect![[r#"
            questions[0].schema.properties.party.patern: is not understood; did you mean `pattern`?; the form cannot keep this rule
        "#]],
    );
}

#[test]
fn the_version_forgets_defaults_and_order_and_keeps_the_rest() {
    let version = |schema: &str| Schema::read(schema).unwrap().version();
    let short = r#"{"fields":[{"name":"t","type":"text"}],"questions":[{"name":"q","type":"label","options":["a"]}]}"#;
    let long = r#"{"questions":[{"type":"label","name":"q","options":[{"value":"a"}],"required":true,"help":null}],
        "fields":[{"type":"text","name":"t"}],"distribution":{"overlap":1},"merge":{"policy":"unanimous"}}"#;
    assert_eq!(version(short), version(long));
    assert_ne!(version(short), version(&short.replace("\"a\"", "\"b\"")));
    assert_eq!(version(short).len(), 64);
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json(), question in any_json()) {
        let _ = Schema::read_value(&value);
        let _ = Schema::read(&with(&json!([question])));
    }

    #[test]
    fn a_schema_reads_back_as_itself(cut in 1usize..15) {
        let all = crate::read::fourteen();
        let some: Vec<Value> = all.as_array().unwrap().iter().take(cut).cloned().collect();
        let schema = Schema::read(&with(&Value::Array(some))).unwrap();
        let written = crate::canonical_json(&schema);
        prop_assert_eq!(Schema::read(&written).unwrap(), schema);
    }
}
