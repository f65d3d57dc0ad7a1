//! Training rows say little of the items they are made of; the rest is counted.

use engraft_annotate::format::{ExportOptions, Format, Voices};
use engraft_annotate::{Record, Schema};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::{export, export_with, record, schema, told};

fn rich() -> (Schema, Record) {
    let schema = schema(&json!({
        "fields": [
            { "name": "question", "type": "text" }, { "name": "replies", "type": "answers" },
            { "name": "found", "type": "passages" }, { "name": "notes", "type": "text" },
        ],
        "questions": [
            { "name": "better", "type": "preference", "field": "replies", "required": false },
            { "name": "fix", "type": "correction", "field": "replies", "required": false },
            { "name": "grades", "type": "relevance", "field": "found", "query": "question", "required": false },
        ],
    }));
    let answers = json!({
        "better": { "choice": { "id": "a" } }, "fix": "A, better",
        "grades": [{ "id": "d1", "grade": 3 }, { "id": "d2", "grade": 0 }],
    });
    let record = record(
        &schema,
        &json!({
            "id": "q-7", "metadata": { "source": "s" },
            "fields": {
                "question": "Q", "notes": "n",
                "replies": [{ "id": "a", "text": "A", "model": "m1" }, { "id": "b", "text": "B" }],
                "found": [{ "id": "d1", "text": "one", "title": "One", "uri": "one.md" }, { "id": "d2", "text": "two" }],
            },
            "responses": [
                { "user": "ann", "status": "submitted", "answers": answers, "at": "2026-01-01T00:00:00Z", "active_ms": 5,
                  "guideline": "g1", "accepted": ["better"] },
                { "user": "ben", "status": "skipped", "answers": {}, "reason": "unclear" },
                { "user": "cat", "status": "draft", "answers": {} },
            ],
            "suggestions": [{ "model": "m", "score": 0.5, "answers": { "better": { "choice": { "id": "a" } } } }],
            "gold": { "better": { "choice": { "id": "a" } } },
            "comments": [{ "user": "ann", "text": "Which one?" }, { "user": "ben", "text": "Look here", "flag": true }],
        }),
    );
    (schema, record)
}

/// What all rows lose of that item.
const ALWAYS: [&str; 13] = [
    "1 × a comment: the format has no place for it",
    "1 × a draft: rows are made of what was submitted",
    "1 × a flag: the format has no place for it",
    "1 × a skipped item: the format holds one set of answers an item",
    "1 × a suggestion: the format holds one set of answers an item",
    "1 × how long a response took: the format has no place for it",
    "1 × that an answer is a model's, unchanged: the format has no place for it",
    "1 × that an answer is known to be right: the format has no place for it",
    "1 × the field `notes`: ",
    "1 × the guideline version of a response: the format has no place for it",
    "1 × when somebody responded: the format has no place for it",
    "1 × who responded: the format has no place for it",
    "1 × why somebody skipped an item: the format has no place for it",
];

/// The losses of each of these formats besides those of all rows.
#[track_caller]
fn check(formats: &[Format], expected: Expect) {
    let (schema, record) = rich();
    for format in formats {
        let losses = told(&export(*format, &schema, std::slice::from_ref(&record)).report.losses);
        for always in ALWAYS {
            assert!(losses.lines().any(|line| line.starts_with(always)), "{format} lacks {always}: {losses}");
        }
        let is_own = |line: &&str| !ALWAYS.iter().any(|always| line.starts_with(always));
        expected.assert_eq(&losses.lines().filter(is_own).collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn rows_of_compared_answers_say_what_they_lose() {
    check(
        &[Format::TrlDpo, Format::TrlReward, Format::TrlKto],
        expect![[r#"
            1 × an answer to `grades`: the rows are made of other questions
            1 × metadata: the format has no place for it
            1 × the `model` of an answer: the format has no place for it
            1 × the field `found`: a row is a prompt and its answers
            1 × the name of an item: the format has no place for it"#]],
    );
}

#[test]
fn chats_to_imitate_say_what_they_lose() {
    check(
        &[Format::SftMessages, Format::Sharegpt, Format::Alpaca],
        expect![[r#"
            1 × an answer to `better`: the rows are made of other questions
            1 × an answer to `grades`: the rows are made of other questions
            1 × metadata: the format has no place for it
            1 × the field `found`: a row is a prompt and the answer to imitate
            1 × the field `replies`: a row is a prompt and the answer to imitate
            1 × the name of an item: the format has no place for it"#]],
    );
}

#[test]
fn graded_passages_say_what_they_lose() {
    check(
        &[Format::Beir],
        expect![[r#"
            1 × an answer to `better`: the rows are made of other questions
            1 × an answer to `fix`: the rows are made of other questions
            1 × the `uri` of a passage: the format has no place for it
            1 × the field `replies`: rows are about a query and its passages"#]],
    );
    check(
        &[Format::TrecQrels],
        expect![[r#"
            1 × an answer to `better`: the rows are made of other questions
            1 × an answer to `fix`: the rows are made of other questions
            1 × metadata: the format has no place for it
            1 × the `title` of a passage: the format has no place for it
            1 × the `uri` of a passage: the format has no place for it
            1 × the field `replies`: rows are about a query and its passages
            1 × the text of a query and its passages: qrels hold names, not texts"#]],
    );
    check(
        &[Format::RerankTriplets],
        expect![[r#"
            1 × an answer to `better`: the rows are made of other questions
            1 × an answer to `fix`: the rows are made of other questions
            1 × metadata: the format has no place for it
            2 × the `id` of a passage: the format has no place for it
            1 × the `title` of a passage: the format has no place for it
            1 × the `uri` of a passage: the format has no place for it
            1 × the field `replies`: rows are about a query and its passages
            1 × the name of an item: the format has no place for it"#]],
    );
}

#[test]
fn what_rows_lose_of_an_item_is_counted_once_however_many_it_makes() {
    let (schema, mut record) = rich();
    let another = engraft_annotate::Given { user: "dan".to_string(), ..record.responses[0].clone() };
    record.responses.push(another);
    let options = ExportOptions { voices: Voices::Every, ..ExportOptions::default() };
    let losses = told(&export_with(Format::TrlDpo, &schema, &[record], &options).report.losses);
    for what in [
        "1 × metadata: ",
        "1 × the `model` of an answer: ",
        "1 × the field `notes`: ",
        "1 × the name of an item: ",
        "2 × who responded: ",
        "2 × the guideline version of a response: ",
        "1 × a known answer: every response is written instead",
    ] {
        assert!(losses.contains(what), "{what}: {losses}");
    }
}

#[test]
fn an_item_that_makes_no_row_is_counted_with_what_was_suggested_of_it() {
    let (schema, mut record) = rich();
    (record.responses, record.gold, record.comments) = (Vec::new(), None, Vec::new());
    for format in [Format::TrlKto, Format::SftMessages, Format::Beir, Format::TrecQrels] {
        let exported = export(format, &schema, std::slice::from_ref(&record));
        assert_eq!(exported.report.rows, 0, "{format}");
        expect![[r#"
            1 × a suggestion: the format holds one set of answers an item
            1 × an item without an answer to write: rows are made of answers"#]]
        .assert_eq(&told(&exported.report.losses));
    }
}
