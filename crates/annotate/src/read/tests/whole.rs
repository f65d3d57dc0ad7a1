//! Whole responses: what is asked, what is missing, what does not fit together.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::canonical_json;
use crate::read::samples::{answers, fields, schema};
use crate::read::{Stage, read_answers};

/// Reads the good answers with these changes; null takes one out.
#[track_caller]
fn response(stage: Stage, changes: &Value, expected: &Expect) {
    let mut all = answers();
    all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let shown = match read_answers(&schema(), &fields(), &all, stage) {
        Ok(answers) => format!("{} answers", answers.len()),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn all_fourteen_answers_come_out_in_normal_form() {
    let read = read_answers(&schema(), &fields(), &answers(), Stage::Submit).unwrap();
    let shown: Vec<String> =
        read.iter().map(|(name, answer)| format!("{name} {}", canonical_json(answer))).collect();
    expect![[r#"
        acts [{"labels":["asks"],"turn":0},{"labels":["thanks"],"turn":2}]
        better {"choice":{"id":"a"},"strength":2}
        class [["Finance","Taxes"],["Legal"]]
        facts {"party":"Zoë","signed":"2024-02-29","sums":[1,2.5]}
        fixed "She lives in Brazil, in a city."
        grades [{"evidence":[[0,9]],"grade":2,"id":"p2"},{"grade":0,"id":"p1"}]
        links [{"from":"zoe","label":"lives in","to":"city"}]
        moods ["angry","happy"]
        names [{"char_end":7,"char_start":4,"id":"zoe","label":"PER","quote":"Zoë"},{"char_end":26,"char_start":17,"id":"city","label":"LOC","quote":"São Paulo"}]
        order [{"rank":1,"value":"p1"},{"rank":1,"value":"p2"}]
        proof [{"char_end":20,"char_start":0,"passages":["p1","p2"],"quote":"She lives in Brazil.","verdict":"supported"},{"char_end":31,"char_start":21,"quote":"In a city.","verdict":"no_citation"}]
        stars 4
        topic "other"
        why "it is odd""#]].assert_eq(&shown.join("\n"));
}

#[test]
fn a_submission_answers_what_is_asked_and_nothing_else() {
    response(
        Stage::Submit,
        &json!({"stars": null}),
        &expect![[r#"
        stars: has no answer; answer it: it is required
    "#]],
    );
    response(
        Stage::Submit,
        &json!({"topic": "refund"}),
        &expect![[r#"
        why: was answered though it is not asked here; leave it out: its condition is not met, or the item lacks its field
    "#]],
    );
    response(Stage::Submit, &json!({"topic": "refund", "why": null}), &expect!["13 answers"]);
    response(
        Stage::Submit,
        &json!({"topics": "refund"}),
        &expect![[r#"
        topics: is no question of the schema; did you mean `topic`?
    "#]],
    );
    response(
        Stage::Submit,
        &json!({"topic": "refnd"}),
        &expect![[r#"
        topic: `refnd` is no option; did you mean `refund`?
    "#]],
    );
}

#[test]
fn a_draft_may_be_half_done_and_not_wrong() {
    let half = json!({
        "topic": null, "stars": null, "why": " ", "order": [{"value": "p1", "rank": 4}], "grades": [],
        "proof": [], "facts": {}, "better": {"choice": "a"}, "class": []
    });
    response(Stage::Draft, &half, &expect!["12 answers"]);
    response(
        Stage::Draft,
        &json!({"stars": 9}),
        &expect![[r#"
        stars: 9 is not from 1 to 5; give a whole number from 1 to 5
    "#]],
    );
    response(
        Stage::Part,
        &json!({"topic": null, "grades": []}),
        &expect![[r#"
        grades: passage `p2` has no grade; grade every passage, 0 for not relevant
    "#]],
    );
}

#[test]
fn a_question_about_a_field_the_item_lacks_is_not_asked() {
    let schema = crate::Schema::read(
        r#"{"fields":[{"name":"t","type":"text"},{"name":"note","type":"text","required":false}],
        "questions":[{"name":"fix","type":"correction","field":"note"},{"name":"ok","type":"label","options":["yes"]}]}"#,
    )
    .unwrap();
    let read = |fields: Value| {
        read_answers(&schema, fields.as_object().unwrap(), &json!({"ok": "yes"}), Stage::Submit)
    };
    assert!(read(json!({"t": "x"})).is_ok());
    assert!(read(json!({"t": "x", "note": "y"})).is_err());
}

#[test]
fn relations_join_spans_of_the_same_response() {
    response(
        Stage::Submit,
        &json!({"links": [{"from": "zoe", "to": "citi", "label": "lives in"}]}),
        &expect![[r#"
        links[0].to: `citi` is no span of this response; did you mean `city`?
    "#]],
    );
}
