//! One answer of each type, good and bad.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::samples::{fields, schema};
use crate::{Answer, canonical_json};

mod laws;
mod whole;

/// Reads one answer to the question of this name; both the good and the bad are shown.
#[track_caller]
fn check(question: &str, value: &Value, expected: &Expect) {
    let schema = schema();
    let question = schema.question(question).unwrap();
    let shown = match Answer::read(question, value, &fields()) {
        Ok(answer) => canonical_json(&answer),
        Err(error) => error.problem(&question.name).to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn an_unknown_option_is_told_its_nearest() {
    check("topic", &json!("biling"), &expect!["topic: `biling` is no option; did you mean `billing`?"]);
    check("moods", &json!(["sad"]), &expect!["moods[0]: `sad` is no option; choose from `angry`, `happy`"]);
    check(
        "class",
        &json!([["Finance", "Invoice"]]),
        &expect!["class[0][1]: `Invoice` is no class there; did you mean `Invoices`?"],
    );
    check("topic", &json!(["billing"]), &expect!["topic: is a list; write one option as a string"]);
}

#[test]
fn none_of_the_labels_is_an_answer_and_the_same_twice_is_not() {
    check("moods", &json!([]), &expect!["[]"]);
    check("moods", &json!(["angry", "angry"]), &expect!["moods[1]: `angry` is there twice; leave one out"]);
    check(
        "class",
        &json!([]),
        &expect!["class: no class was chosen; choose a class, or leave the question out"],
    );
    check(
        "class",
        &json!([[]]),
        &expect![[r#"class[0]: is an empty path; a path from a root, such as ["Finance", "Invoices"]"#]],
    );
}

#[test]
fn a_span_lies_in_the_text_and_says_its_quote() {
    let span = |start: usize, end: usize, quote: &str| json!([{"char_start": start, "char_end": end, "label": "PER", "quote": quote}]);
    check(
        "names",
        &span(4, 7, ""),
        &expect![[r#"[{"char_end":7,"char_start":4,"id":"s1","label":"PER","quote":"Zoë"}]"#]],
    );
    check(
        "names",
        &span(4, 70, ""),
        &expect![
            "names[0]: [4, 70) is no part of a text of 27 code points; offsets count Unicode code points from 0, and the end is one past the last"
        ],
    );
    check(
        "names",
        &span(7, 4, ""),
        &expect![
            "names[0]: [7, 4) is no part of a text of 27 code points; offsets count Unicode code points from 0, and the end is one past the last"
        ],
    );
    // What a tool that counts UTF-16 units would say.
    check(
        "names",
        &span(6, 9, "Zoë"),
        &expect![[r#"names[0]: the text there is "ë l", not "Zoë"; the quote stands at [4, 7)"#]],
    );
    check(
        "names",
        &span(6, 9, "Joe"),
        &expect![[
            r#"names[0]: the text there is "ë l", not "Joe"; the quote is nowhere in the text; offsets count code points"#
        ]],
    );
    check(
        "names",
        &span(6, 7, " "),
        &expect![[
            r#"names[0]: the text there is "ë", not " "; the quote stands in 5 places; correct the offsets"#
        ]],
    );
}

#[test]
fn spans_share_no_characters_unless_they_may_but_stand_in_gaps() {
    let span = |start: usize, end: usize, parts: Value| json!({"char_start": start, "char_end": end, "label": "LOC", "parts": parts});
    check(
        "names",
        &json!([span(4, 10, json!([])), span(8, 12, json!([]))]),
        &expect![
            "names at [8, 12): shares characters with the span at 4; move one of them, or let the question allow `overlapping`"
        ],
    );
    check(
        "names",
        &json!([span(8, 10, json!([])), span(4, 13, json!([[4, 7], [11, 13]]))]),
        &expect![[
            r#"[{"char_end":13,"char_start":4,"id":"s1","label":"LOC","parts":[[4,7],[11,13]],"quote":"Zoë … es"},{"char_end":10,"char_start":8,"id":"s2","label":"LOC","quote":"li"}]"#
        ]],
    );
    check(
        "names",
        &json!([span(4, 13, json!([[4, 7], [7, 13]]))]),
        &expect![[r#"[{"char_end":13,"char_start":4,"id":"s1","label":"LOC","quote":"Zoë lives"}]"#]],
    );
    check(
        "names",
        &json!([span(4, 13, json!([[4, 9], [7, 13]]))]),
        &expect![
            "names[0].parts: [7, 13) is empty, or not behind the part before it; write parts in order, the first from `char_start`, the last to `char_end`"
        ],
    );
    check(
        "names",
        &json!([span(4, 14, json!([[4, 7], [11, 13]]))]),
        &expect![
            "names[0].parts: [4, 13) is empty, or not behind the part before it; write parts in order, the first from `char_start`, the last to `char_end`"
        ],
    );
}

#[test]
fn span_ids_are_given_where_they_are_missing_and_are_unique() {
    let span = |start: usize, id: &str| json!({"char_start": start, "char_end": start + 1, "label": "LOC", "id": id});
    check(
        "names",
        &json!([span(9, ""), span(5, "s1"), span(7, "")]),
        &expect![[
            r#"[{"char_end":6,"char_start":5,"id":"s1","label":"LOC","quote":"o"},{"char_end":8,"char_start":7,"id":"s2","label":"LOC","quote":" "},{"char_end":10,"char_start":9,"id":"s3","label":"LOC","quote":"i"}]"#
        ]],
    );
    check(
        "names",
        &json!([span(9, "x"), span(5, "x")]),
        &expect!["names[1].id: the id `x` is there twice; leave one out"],
    );
    check(
        "names",
        &json!([span(9, "x"), span(9, "y")]),
        &expect!["names: the LOC at [9, 10) is there twice; leave one out"],
    );
}

#[test]
fn ratings_stay_on_their_scale() {
    check("stars", &json!(5.0), &expect!["5"]);
    check("stars", &json!(6), &expect!["stars: 6 is not from 1 to 5; give a whole number from 1 to 5"]);
    check("stars", &json!(3.5), &expect!["stars: is a number; write a whole number"]);
}

#[test]
fn rankings_are_complete_and_without_gaps() {
    let ranked = |one: u32, two: u32| json!([{"value": "p1", "rank": one}, {"value": "p2", "rank": two}]);
    check("order", &ranked(2, 1), &expect![[r#"[{"rank":1,"value":"p2"},{"rank":2,"value":"p1"}]"#]]);
    check(
        "order",
        &ranked(1, 3),
        &expect![
            "order: ranks [1, 3] leave gaps; number them 1, 1, 2 or 1, 1, 3: best first, equal for ties"
        ],
    );
    check(
        "order",
        &ranked(0, 1),
        &expect![
            "order: ranks [0, 1] leave gaps; number them 1, 1, 2 or 1, 1, 3: best first, equal for ties"
        ],
    );
    check(
        "order",
        &json!([{"value": "p1", "rank": 1}]),
        &expect!["order: `p2` has no rank; rank everything that is there"],
    );
    check(
        "order",
        &json!([{"value": "p1", "rank": 1}, {"value": "p1", "rank": 2}]),
        &expect!["order[1].value: `p1` is there twice; leave one out"],
    );
    check(
        "order",
        &json!([{"value": "p3", "rank": 1}]),
        &expect!["order[0].value: `p3` is no thing to rank; did you mean `p2`?"],
    );
}

#[test]
fn a_tie_may_leave_a_gap_and_is_closed() {
    let schema = crate::Schema::read(
        r#"{"fields":[{"name":"t","type":"text"}],"questions":[{"name":"q","type":"ranking","options":["a","b","c","d"]}]}"#,
    )
    .unwrap();
    let read = |ranks: [u32; 4]| {
        let value: Value = ["a", "b", "c", "d"]
            .iter()
            .zip(ranks)
            .map(|(value, rank)| json!({"value": value, "rank": rank}))
            .collect();
        Answer::read(&schema.questions[0], &value, &fields()).ok().map(|answer| match answer {
            Answer::Ranking(placed) => placed.iter().map(|place| place.rank).collect::<Vec<u32>>(),
            _ => Vec::new(),
        })
    };
    assert_eq!(read([1, 1, 3, 4]), Some(vec![1, 1, 2, 3]));
    assert_eq!(read([1, 1, 2, 3]), Some(vec![1, 1, 2, 3]));
    assert_eq!(read([2, 4, 2, 1]), Some(vec![1, 2, 2, 3]));
    assert_eq!(read([1, 1, 3, 3]), Some(vec![1, 1, 2, 2]));
    assert_eq!(read([1, 1, 2, 4]), None);
    assert_eq!(read([2, 2, 3, 4]), None);
}

#[test]
fn preferences_follow_their_question() {
    check(
        "better",
        &json!({"choice": {"id": "b"}, "strength": 3}),
        &expect![[r#"{"choice":{"id":"b"},"strength":3}"#]],
    );
    check("better", &json!({"choice": "tie"}), &expect![[r#"{"choice":"tie"}"#]]);
    check(
        "better",
        &json!({"choice": "both_bad", "strength": 1}),
        &expect!["better.strength: a strength was given where none is asked; leave it out"],
    );
    check(
        "better",
        &json!({"choice": "a"}),
        &expect!["better.strength: no strength was given; say how much better it is"],
    );
    check(
        "better",
        &json!({"choice": "a", "strength": 4}),
        &expect!["better.strength: 4 is not from 1 to 3; give a whole number from 1 to 3"],
    );
    check(
        "better",
        &json!({"choice": "c", "strength": 1}),
        &expect!["better.choice: `c` is no answer of the item; did you mean `a`?"],
    );
    check(
        "better",
        &json!("a"),
        &expect![[
            r#"better: is a string; write {"choice": {"id": …}, "strength": …}; "tie" and "both_bad" are choices too"#
        ]],
    );
}

#[test]
fn texts_are_not_blank_and_not_too_long() {
    check("why", &json!(" \n"), &expect!["why: is blank; write something, or leave the question out"]);
    check("why", &json!("é".repeat(20)), &expect![[r#""éééééééééééééééééééé""#]]);
    check("why", &json!("é".repeat(21)), &expect!["why: has 21 characters, 1 too many; shorten it"]);
}

#[test]
fn a_correction_is_words_and_may_be_the_original() {
    check(
        "fixed",
        &json!("She lives in Brazil. In a city."),
        &expect![[r#""She lives in Brazil. In a city.""#]],
    );
    check("fixed", &json!("\n"), &expect!["fixed: is blank; write something, or leave the question out"]);
    check("fixed", &json!(["She"]), &expect!["fixed: is a list; write a string"]);
}

#[test]
fn only_turns_of_the_role_are_labelled() {
    check(
        "acts",
        &json!([{"turn": 1, "labels": ["asks"]}]),
        &expect![
            "acts[0].turn: turn 1 is of role assistant, and only those of role user are asked about; leave it out"
        ],
    );
    check(
        "acts",
        &json!([{"turn": 3, "labels": ["asks"]}]),
        &expect!["acts[0].turn: 3 is not from 0 to 2; give a whole number from 0 to 2"],
    );
    check(
        "acts",
        &json!([{"turn": 0, "labels": ["asks", "thanks"]}]),
        &expect![
            "acts[0].labels: has 2 labels where one may be; keep one, or let the question allow `multiple`"
        ],
    );
    check(
        "acts",
        &json!([{"turn": 0, "labels": []}]),
        &expect!["acts[0].labels: has no label; give one, or leave the turn out"],
    );
    check(
        "acts",
        &json!([{"turn": 0, "labels": ["asks"]}, {"turn": 0, "labels": ["thanks"]}]),
        &expect!["acts: turn 0 is there twice; leave one out"],
    );
    check("acts", &json!([]), &expect!["[]"]);
}

#[test]
fn every_passage_has_one_grade() {
    check(
        "grades",
        &json!([{"id": "p1", "grade": 3}]),
        &expect!["grades: passage `p2` has no grade; grade every passage, 0 for not relevant"],
    );
    check(
        "grades",
        &json!([{"id": "p1", "grade": 4}]),
        &expect!["grades[0].grade: 4 is not from 0 to 3; give a whole number from 0 to 3"],
    );
    check(
        "grades",
        &json!([{"id": "p1", "grade": 1}, {"id": "p1", "grade": 2}]),
        &expect!["grades[1]: passage `p1` is there twice; leave one out"],
    );
    check(
        "grades",
        &json!([{"id": "p1", "grade": 1, "evidence": [[0, 5]]}]),
        &expect![
            "grades[0].evidence: [0, 5) is no part of a text of 4 code points; offsets count Unicode code points from 0, and the end is one past the last"
        ],
    );
}

#[test]
fn every_sentence_has_one_verdict() {
    let first = json!({"char_start": 0, "char_end": 20, "verdict": "partly"});
    check(
        "proof",
        &json!([first]),
        &expect!["proof: the sentence at [21, 31) has no verdict; judge every sentence"],
    );
    check(
        "proof",
        &json!([{"char_start": 0, "char_end": 19, "verdict": "partly"}]),
        &expect![
            "proof[0]: [0, 19) is no sentence of the answer; judge whole sentences, as the item shows them"
        ],
    );
    check(
        "proof",
        &json!([{"char_start": 0, "char_end": 20, "verdict": "maybe"}]),
        &expect![[
            r#"proof[0]: cannot be read: unknown variant `maybe`, expected one of `supported`, `partly`, `not`, `no_citation`; write [{"char_start", "char_end", "verdict"}], one a sentence"#
        ]],
    );
    check(
        "proof",
        &json!([{"char_start": 0, "char_end": 20, "verdict": "not", "passages": ["p9"]}]),
        &expect!["proof[0].passages: `p9` is no passage of the item; did you mean `p2`?"],
    );
    check(
        "proof",
        &json!([first, first]),
        &expect!["proof: the sentence at 0 is there twice; leave one out"],
    );
}

#[test]
fn forms_follow_their_schema() {
    check(
        "facts",
        &json!({"party": ""}),
        &expect!["facts.party: has 0 characters; from 1 to any number characters"],
    );
    check(
        "facts",
        &json!({"signed": "2023-02-29", "party": "x"}),
        &expect!["facts.signed: `2023-02-29` is no date; write a day such as 2026-02-28"],
    );
    check(
        "facts",
        &json!({"party": "x", "sums": [1, -1]}),
        &expect!["facts.sums[1]: -1 is out of range; from 0 to any"],
    );
    check("facts", &json!({"partie": "x"}), &expect!["facts.party: is missing; the form requires it"]);
    check(
        "facts",
        &json!({"party": "x", "sings": []}),
        &expect!["facts.sings: is no property of the form; choose from `party`, `signed`, `sums`"],
    );
}

#[test]
fn a_relation_does_not_join_a_span_with_itself() {
    check(
        "links",
        &json!([{"from": "a", "to": "a", "label": "lives in"}]),
        &expect!["links[0]: joins `a` with itself; join two different spans"],
    );
    check(
        "links",
        &json!([{"from": "a", "to": "b", "label": "live in"}]),
        &expect!["links[0].label: `live in` is no label; did you mean `lives in`?"],
    );
}
