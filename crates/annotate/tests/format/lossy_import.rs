//! What an import leaves out of a file is counted, and what it cannot take is rejected with its line.

use engraft_annotate::format::Format;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::{import_text, schema, told};

/// What an import says of answers that the schema has no question for, and of parts of the file that no question stands for.
#[track_caller]
fn check_import(format: Format, file: &Value, expected: Expect) {
    let schema = schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "entities", "type": "spans", "field": "text", "options": ["ORG"] }],
    }));
    let (records, report) = import_text(format, &schema, &file.to_string());
    let rejected: Vec<String> =
        report.rejected.iter().map(|r| format!("line {}: {}", r.line, r.message)).collect();
    let responses: usize = records.iter().map(|record| record.responses.len()).sum();
    expected.assert_eq(&format!(
        "{} items, {responses} responses\n{}\n{}",
        records.len(),
        told(&report.losses),
        rejected.join("\n")
    ));
}

#[test]
fn label_studio_results_without_a_question_are_counted() {
    let result = json!([
        { "id": "1", "from_name": "entities", "to_name": "text", "type": "labels", "value": { "start": 0, "end": 3, "text": "Ann", "labels": ["ORG"] } },
        { "id": "1", "from_name": "mood", "to_name": "text", "type": "choices", "value": { "start": 0, "end": 3, "choices": ["x"] } },
        { "id": "2", "from_name": "mood", "to_name": "text", "type": "choices", "value": { "choices": ["x"] } },
        { "id": "3", "from_name": "box", "to_name": "img", "type": "rectanglelabels", "value": { "x": 1 } },
        { "from_id": "1", "to_id": "1", "type": "relation", "direction": "bi", "labels": [] },
    ]);
    let task = json!({ "data": { "text": "Ann", "other": 1 }, "annotations": [{ "completed_by": 3, "result": result }] });
    check_import(
        Format::LabelStudio,
        &json!([task]),
        expect![[r#"
        1 items, 1 responses
        1 × a result of type `rectanglelabels`: no type of question stands for it
        1 × an answer (relations): the schema asks no such question
        1 × an answer of type `choices` about a single region: questions are about items
        1 × an answer to `mood` (choices): the schema asks no such question
        1 × the second direction of a relation: a relation points one way
    "#]],
    );
}

#[test]
fn an_option_the_question_does_not_have_is_rejected_with_its_line() {
    check_import(
        Format::Doccano,
        &json!({ "text": "Ann", "label": [[0, 3, "PER"]] }),
        expect![[r#"
        1 items, 0 responses

        line 1: the response of imported: `entities`: `PER` is no label"#]],
    );
    check_import(
        Format::Doccano,
        &json!({ "text": "Ann", "label": ["PER"] }),
        expect![[r#"
        1 items, 0 responses
        1 × an answer (choices): the schema asks no such question
    "#]],
    );
    check_import(
        Format::Doccano,
        &json!({ "txt": "Ann" }),
        expect![[r#"
        0 items, 0 responses

        line 1: the line has no `text`"#]],
    );
    check_import(
        Format::Doccano,
        &json!({ "text": "Ann", "label": [[0, 9, "ORG"]], "Comments": ["c"] }),
        expect![[r#"
        1 items, 0 responses
        1 × a comment: it does not say whose it is
        line 1: the response of imported: `entities`: the span 0..9 `ORG` "" is not inside its text"#]],
    );
}

#[test]
fn what_label_studio_says_of_regions_and_tasks_besides_the_answers_is_counted() {
    let result = |id: &str, sort: &str, value: Value, more: Value| {
        let mut result =
            json!({ "id": id, "from_name": "entities", "to_name": "text", "type": sort, "value": value });
        result.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        result
    };
    let region = |id: &str, start: usize, more: Value| {
        result(id, "labels", json!({ "start": start, "end": start + 3, "labels": ["ORG"] }), more)
    };
    let more = json!({ "meta": { "text": ["Is it?"] }, "score": 0.4, "readonly": true });
    let noted = region("1", 0, more.clone());
    // Another result of the same region, which says the same of it.
    let again = result("1", "choices", json!({ "start": 0, "end": 3, "choices": ["x"] }), more);
    let plain = json!({ "meta": { "text": [] }, "score": null, "readonly": false, "hidden": false });
    let guessed = region("3", 0, json!({ "score": 0.9, "hidden": true }));
    let task = json!({
        "data": { "text": "Ann Bob" }, "comments": [{ "text": "Look" }, { "text": "Done" }], "comment_count": 2,
        "annotations": [{ "completed_by": 3, "result": [noted, again, region("2", 4, plain)] }],
        "predictions": [{ "model_version": "m", "score": 0.9, "result": [guessed] }],
    });
    check_import(
        Format::LabelStudio,
        &json!([task]),
        expect![[r#"
        1 items, 1 responses
        2 × a comment: comments come in with jsonl alone
        1 × a note on a region: a span has a label alone
        1 × an answer of type `choices` about a single region: questions are about items
        2 × that a region is hidden or locked: that is how a tool shows it
        2 × the score of a region: a suggestion has one score, an answer none
    "#]],
    );
    let counted = json!({ "data": { "text": "Ann" }, "comment_count": 3 });
    check_import(
        Format::LabelStudio,
        &json!([counted]),
        expect![[r#"
        1 items, 0 responses
        3 × a comment: comments come in with jsonl alone
    "#]],
    );
}
