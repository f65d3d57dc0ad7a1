//! Merging by policy.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::read::{Stage, read_answers};
use crate::resolve::{Belief, merge};
use crate::{Answers, Schema, canonical_json};

/// Merges these responses by this policy; agreed answers, conflicts, and how it was resolved.
#[track_caller]
fn merged(policy: &Value, responses: &[Value], beliefs: &BTreeMap<String, Belief>, expected: &Expect) {
    let schema = json!({
        "fields": [{"name": "t", "type": "text"}],
        "questions": [
            {"name": "topic", "type": "label", "options": ["a", "b", "c"]},
            {"name": "why", "type": "text", "required": false, "visible_when": {"question": "topic", "any_of": ["c"]}},
            {"name": "names", "type": "spans", "field": "t", "options": ["PER"], "required": false},
            {"name": "links", "type": "relations", "spans": "names", "options": ["knows"], "required": false}
        ],
        "distribution": {"overlap": 3},
        "merge": policy
    });
    let schema = Schema::read_value(&schema).unwrap();
    let fields = json!({"t": "Ann met Bob"}).as_object().unwrap().clone();
    let read: Vec<Answers> = responses
        .iter()
        .map(|answers| read_answers(&schema, &fields, answers, Stage::Submit).unwrap())
        .collect();
    let merge = merge(&schema, &fields, &read.iter().collect::<Vec<_>>(), beliefs);
    let conflicts: Vec<String> = merge
        .conflicts
        .iter()
        .map(|conflict| {
            let said = conflict
                .candidates
                .iter()
                .map(|said| format!("{}x{}", said.responses.len(), canonical_json(&said.answer)));
            format!("{}: {}", conflict.question, said.collect::<Vec<_>>().join(" "))
        })
        .collect();
    let source = merge.resolution().map(|resolution| canonical_json(&resolution.source));
    expected.assert_eq(&format!(
        "{} | {} | {}",
        canonical_json(&merge.agreed),
        conflicts.join(", "),
        source.unwrap_or_default()
    ));
}

#[test]
fn unanimous_parts_are_merged_and_the_rest_is_open() {
    let none = BTreeMap::new();
    let unanimous = json!({"policy": "unanimous"});
    merged(
        &unanimous,
        &[json!({"topic": "a"}), json!({"topic": "a"})],
        &none,
        &expect![[r#"{"topic":"a"} |  | "agreed""#]],
    );
    merged(
        &unanimous,
        &[json!({"topic": "a"}), json!({"topic": "b"}), json!({"topic": "b"})],
        &none,
        &expect![[r#"{} | topic: 2x"b" 1x"a" | "#]],
    );
    merged(
        &unanimous,
        &[json!({"topic": "c", "why": "Odd"}), json!({"topic": "c", "why": "odd "})],
        &none,
        &expect![[r#"{"topic":"c","why":"Odd"} |  | "agreed""#]],
    );
    merged(
        &unanimous,
        &[json!({"topic": "c", "why": "odd"}), json!({"topic": "c"})],
        &none,
        &expect![[r#"{"topic":"c"} | why: 1x"odd" 1xnull | "#]],
    );
    merged(
        &json!({"policy": "never"}),
        &[json!({"topic": "a"}), json!({"topic": "a"})],
        &none,
        &expect![[r#"{"topic":"a"} |  | "#]],
    );
    merged(&unanimous, &[], &none, &expect!["{} |  | "]);
}

#[test]
fn a_quorum_settles_and_takes_its_conditional_questions_along() {
    let none = BTreeMap::new();
    let two = json!({"policy": "quorum", "quorum": 2});
    merged(
        &two,
        &[json!({"topic": "a"}), json!({"topic": "b"}), json!({"topic": "a"})],
        &none,
        &expect![[r#"{"topic":"a"} |  | "agreed""#]],
    );
    merged(
        &two,
        &[json!({"topic": "a"}), json!({"topic": "c", "why": "x"}), json!({"topic": "a"})],
        &none,
        &expect![[r#"{"topic":"a"} |  | "agreed""#]],
    );
    merged(
        &two,
        &[json!({"topic": "c", "why": "x"}), json!({"topic": "c", "why": "x"}), json!({"topic": "a"})],
        &none,
        &expect![[r#"{"topic":"c","why":"x"} |  | "agreed""#]],
    );
    merged(
        &two,
        &[json!({"topic": "a"})],
        &none,
        &expect![[r#"{} | topic: 1x"a", names: 1xnull, links: 1xnull | "#]],
    );
}

#[test]
fn a_posterior_settles_where_a_belief_is_strong_enough() {
    let believed = |posterior| -> BTreeMap<String, Belief> {
        let answer = crate::Answer::Label("b".to_string());
        [("topic".to_string(), Belief { answer, posterior })].into()
    };
    let policy = json!({"policy": "posterior", "least": 0.9});
    let said = [json!({"topic": "a"}), json!({"topic": "b"}), json!({"topic": "a"})];
    merged(&policy, &said, &believed(0.95), &expect![[r#"{"topic":"b"} |  | "aggregated""#]]);
    let one = [json!({"topic": "b"})];
    merged(&policy, &one, &believed(0.8), &expect![[r#"{} | topic: 1x"b" | "#]]);
    merged(&policy, &one, &BTreeMap::new(), &expect![[r#"{"topic":"b"} |  | "agreed""#]]);
    merged(&policy, &said, &believed(0.85), &expect![[r#"{} | topic: 2x"a" 1x"b" | "#]]);
}

#[test]
fn arrows_are_the_same_whatever_their_spans_are_called() {
    let said = |ann: &str, bob: &str| {
        json!({"topic": "a",
            "names": [{"char_start": 0, "char_end": 3, "label": "PER", "id": ann}, {"char_start": 8, "char_end": 11, "label": "PER", "id": bob}],
            "links": [{"from": ann, "to": bob, "label": "knows"}]})
    };
    let none = BTreeMap::new();
    merged(
        &json!({"policy": "unanimous"}),
        &[said("x", "y"), said("b", "a")],
        &none,
        &expect![[
            r#"{"links":[{"from":"s1","label":"knows","to":"s2"}],"names":[{"char_end":3,"char_start":0,"id":"s1","label":"PER","quote":"Ann"},{"char_end":11,"char_start":8,"id":"s2","label":"PER","quote":"Bob"}],"topic":"a"} |  | "agreed""#
        ]],
    );
    let fewer =
        json!({"topic": "a", "names": [{"char_start": 0, "char_end": 3, "label": "PER"}], "links": []});
    merged(
        &json!({"policy": "quorum", "quorum": 2}),
        &[said("x", "y"), said("b", "a"), fewer],
        &none,
        &expect![[
            r#"{"links":[{"from":"s1","label":"knows","to":"s2"}],"names":[{"char_end":3,"char_start":0,"id":"s1","label":"PER","quote":"Ann"},{"char_end":11,"char_start":8,"id":"s2","label":"PER","quote":"Bob"}],"topic":"a"} |  | "agreed""#
        ]],
    );
    let open = json!({"topic": "a"});
    merged(
        &json!({"policy": "unanimous"}),
        &[said("x", "y"), open],
        &none,
        &expect![[
            r#"{"topic":"a"} | names: 1x[{"char_end":3,"char_start":0,"id":"x","label":"PER","quote":"Ann"},{"char_end":11,"char_start":8,"id":"y","label":"PER","quote":"Bob"}] 1xnull, links: 1x[{"from":"x","label":"knows","to":"y"}] 1xnull | "#
        ]],
    );
}

#[test]
fn a_believed_arrow_ends_at_the_believed_spans() {
    let said = |second: usize| {
        json!({"topic": "a",
            "names": [{"char_start": 0, "char_end": 3, "label": "PER", "id": "x"}, {"char_start": second, "char_end": 11, "label": "PER", "id": "y"}],
            "links": [{"from": "x", "to": "y", "label": "knows"}]})
    };
    let span = |start, end, id: &str, quote: &str| crate::LabelledSpan {
        char_start: start,
        char_end: end,
        label: "PER".to_string(),
        quote: quote.to_string(),
        id: id.to_string(),
        parts: Vec::new(),
    };
    let names = crate::Answer::Spans(vec![span(0, 3, "s1", "Ann"), span(8, 11, "s2", "Bob")]);
    let arrow = crate::Relation { from: "s1".to_string(), to: "s2".to_string(), label: "knows".to_string() };
    let believed = [("names", names), ("links", crate::Answer::Relations(vec![arrow]))];
    let beliefs =
        believed.map(|(name, answer)| (name.to_string(), Belief { answer, posterior: 0.95 })).into();
    let policy = json!({"policy": "posterior", "least": 0.9});
    merged(
        &policy,
        &[said(8), said(4), said(8)],
        &beliefs,
        &expect![[
            r#"{"links":[{"from":"s1","label":"knows","to":"s2"}],"names":[{"char_end":3,"char_start":0,"id":"s1","label":"PER","quote":"Ann"},{"char_end":11,"char_start":8,"id":"s2","label":"PER","quote":"Bob"}],"topic":"a"} |  | "aggregated""#
        ]],
    );
}
