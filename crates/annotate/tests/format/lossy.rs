//! What a format cannot hold is counted, with what it is and why.

use engraft_annotate::format::Format;
use engraft_annotate::{Record, Schema};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::{export, import_text, record, schema, told};

fn rich() -> (Schema, Record) {
    let schema = schema(&json!({
        "fields": [
            { "name": "text", "type": "text" }, { "name": "replies", "type": "answers" },
            { "name": "found", "type": "passages" },
        ],
        "questions": [
            { "name": "entities", "type": "spans", "field": "text", "options": ["ORG", "big city"], "overlapping": true, "discontinuous": true, "required": false },
            { "name": "links", "type": "relations", "spans": "entities", "options": ["in"], "required": false },
            { "name": "mood", "type": "label", "options": ["glad", "sad"], "required": false },
            { "name": "better", "type": "preference", "field": "replies", "strength": 3, "required": false },
            { "name": "relevance", "type": "relevance", "field": "found", "query": "text", "required": false },
            { "name": "support", "type": "support", "answer": "replies", "passages": "found", "required": false },
        ],
    }));
    let answers = json!({
        "entities": [
            { "char_start": 0, "char_end": 23, "label": "ORG", "parts": [[0, 5], [16, 23]] },
            { "char_start": 10, "char_end": 23, "label": "big city" },
            { "char_start": 10, "char_end": 15, "label": "ORG" },
            { "char_start": 24, "char_end": 28, "label": "ORG" },
            { "char_start": 33, "char_end": 37, "label": "ORG" },
        ],
        "links": [{ "from": "s1", "to": "s2", "label": "in" }, { "from": "s2", "to": "s3", "label": "in" }],
        "mood": "glad",
        "better": { "choice": "both_bad" },
        "relevance": [{ "id": "d1", "grade": 3, "evidence": [[0, 2]] }],
        "support": [{ "char_start": 0, "char_end": 6, "verdict": "partly", "passages": ["d1"] }],
    });
    let record = record(
        &schema,
        &json!({
            "id": "an id", "metadata": { "source": "s", "label": "l" },
            "fields": {
                "text": "North and South America Ctrl-Md  x\nyz", "replies": [{ "id": "a", "text": "First." }, { "id": "b", "text": "B" }],
                "found": [{ "id": "d1", "text": "one" }],
            },
            "responses": [
                { "user": "ann", "status": "submitted", "answers": answers, "at": "2026-01-01T00:00:00.5+01:00", "active_ms": 5,
                  "guideline": "g1", "accepted": ["mood"] },
                { "user": "ben", "status": "submitted", "answers": { "mood": "sad" } },
                { "user": "cat", "status": "draft", "answers": {} },
                { "user": "dan", "status": "skipped", "answers": {}, "reason": "unclear" },
            ],
            "suggestions": [{ "model": "m", "score": 0.5, "answers": { "mood": "sad" } }, { "model": "n", "answers": { "mood": "sad" } }],
            "gold": { "mood": "sad" },
            "resolution": { "answers": answers, "source": "adjudicated" },
            "comments": [{ "user": "ann", "text": "Which one?" }, { "user": "ben", "text": "Look here", "flag": true }],
        }),
    );
    (schema, record)
}

#[track_caller]
fn check(format: Format, expected: Expect) {
    let (schema, record) = rich();
    let exported = export(format, &schema, &[record]);
    expected.assert_eq(&told(&exported.report.losses));
}

#[test]
fn label_studio_says_what_it_loses() {
    check(
        Format::LabelStudio,
        expect![[r#"
        1 × a comment: the format has no place for it
        1 × a flag: the format has no place for it
        1 × a relation of a span with gaps: a region has one start and one end
        1 × a resolution: Label Studio has no place for it
        1 × a span with gaps in `entities`: a region has one start and one end
        1 × in the schema: that `support` judges whole sentences by passages: a labelling configuration has no place for it
        1 × in the schema: that a span of `entities` may have gaps: a labelling configuration has no place for it
        1 × that `entities` was not answered: no result at all reads as nothing to mark
        1 × that `links` was not answered: no result at all reads as nothing to mark
        1 × the evidence in a passage: Label Studio has no place for it
        1 × the guideline version of a response: Label Studio has no place for it
        1 × the passages that support a sentence: Label Studio has no place for it
        1 × why somebody skipped an item: the format has no place for it"#]],
    );
}

#[test]
fn argilla_says_what_it_loses() {
    check(
        Format::Argilla,
        expect![[r#"
        1 × a comment: the format has no place for it
        1 × a flag: the format has no place for it
        1 × a known answer: Argilla has no place for it
        1 × a resolution: Argilla has no place for it
        2 × a response without answers: responses stand with the questions they answer
        1 × a span with gaps in `entities`: an Argilla span has one start and one end
        1 × an answer to `links` (relations): Argilla has no place for it
        1 × an answer to `relevance` (relevance): Argilla has no place for it
        1 × an answer to `support` (support): Argilla has no place for it
        1 × another suggestion for `mood`: Argilla holds one a question
        1 × how long a response took: Argilla has no place for it
        1 × in the schema: how much better, asked by `better`: Argilla's settings have no place for it
        1 × in the schema: that `better` is about what each item shows: Argilla's settings have no place for it
        1 × in the schema: that `found` is of type passages, not any JSON: Argilla's settings have no place for it
        1 × in the schema: that `replies` is of type answers, not any JSON: Argilla's settings have no place for it
        1 × in the schema: that a span of `entities` may have gaps: Argilla's settings have no place for it
        1 × in the schema: the question `links` (relations): Argilla's settings have no place for it
        1 × in the schema: the question `relevance` (relevance): Argilla's settings have no place for it
        1 × in the schema: the question `support` (support): Argilla's settings have no place for it
        1 × that an answer is a model's, unchanged: Argilla has no place for it
        1 × the guideline version of a response: Argilla has no place for it
        1 × when somebody responded: Argilla has no place for it
        1 × why somebody skipped an item: the format has no place for it"#]],
    );
}

#[test]
fn doccano_says_what_it_loses() {
    check(
        Format::Doccano,
        expect![[r#"
        1 × a comment: the format has no place for it
        1 × a draft: the format holds one set of answers an item
        1 × a flag: the format has no place for it
        1 × a relation of a span with gaps: a doccano span has one start and one end
        2 × a response: the format holds one set of answers an item
        1 × a skipped item: the format holds one set of answers an item
        1 × a span with gaps: a doccano span has one start and one end
        2 × a suggestion: the format holds one set of answers an item
        1 × an answer to `better` (preference): doccano has no place for it
        1 × an answer to `mood` (label): doccano has no place for it
        1 × an answer to `relevance` (relevance): doccano has no place for it
        1 × an answer to `support` (support): doccano has no place for it
        1 × how a resolution came about: the format has no place for it
        1 × metadata `label`: doccano means something else by that name
        1 × that an answer is known to be right: the format has no place for it
        1 × the field `found`: doccano holds one text an item
        1 × the field `replies`: doccano holds one text an item
        1 × why somebody skipped an item: the format has no place for it"#]],
    );
}

#[test]
fn prodigy_says_what_it_loses() {
    check(
        Format::Prodigy,
        expect![[r#"
        1 × a comment: the format has no place for it
        1 × a draft: Prodigy keeps no drafts
        1 × a flag: the format has no place for it
        1 × a known answer: Prodigy has no place for it
        1 × a relation of a span with gaps: a Prodigy span has one start and one end
        1 × a resolution: Prodigy has no place for it
        1 × a span with gaps: a Prodigy span has one start and one end
        1 × an answer to `better` (preference): prodigy has no place for it
        1 × an answer to `relevance` (relevance): prodigy has no place for it
        1 × an answer to `support` (support): prodigy has no place for it
        1 × how long a response took: Prodigy has no place for it
        2 × metadata `source`: a suggestion's line means something else by that name
        1 × that an answer is a model's, unchanged: Prodigy has no place for it
        1 × the field `found`: prodigy holds one text an item
        1 × the field `replies`: prodigy holds one text an item
        1 × the guideline version of a response: Prodigy has no place for it
        1 × the part of a second and the zone of a time: a timestamp has whole seconds
        1 × why somebody skipped an item: the format has no place for it"#]],
    );
}

#[test]
fn brat_says_what_it_loses() {
    check(
        Format::Brat,
        expect![[r#"
        1 × a comment: the format has no place for it
        1 × a draft: the format holds one set of answers an item
        1 × a flag: the format has no place for it
        2 × a response: the format holds one set of answers an item
        1 × a skipped item: the format holds one set of answers an item
        1 × a space in a label: `_` is written for it
        2 × a suggestion: the format holds one set of answers an item
        1 × an answer to `better` (preference): brat has no place for it
        1 × an answer to `mood` (label): brat has no place for it
        1 × an answer to `relevance` (relevance): brat has no place for it
        1 × an answer to `support` (support): brat has no place for it
        1 × how a resolution came about: the format has no place for it
        2 × metadata: brat has no place for it
        1 × that an answer is known to be right: the format has no place for it
        1 × the field `found`: brat holds one text an item
        1 × the field `replies`: brat holds one text an item
        1 × why somebody skipped an item: the format has no place for it"#]],
    );
}

#[test]
fn conll_says_what_it_loses() {
    check(
        Format::Conll,
        expect![[r#"
        1 × a comment: the format has no place for it
        1 × a draft: the format holds one set of answers an item
        1 × a flag: the format has no place for it
        2 × a response: the format holds one set of answers an item
        1 × a second label on a token: a token has one tag
        1 × a skipped item: the format holds one set of answers an item
        1 × a space in a label: `_` is written for it
        1 × a span over a line break: tags do not go from one sentence to the next
        1 × a span with gaps: tags mark tokens without a gap
        2 × a suggestion: the format holds one set of answers an item
        1 × an answer to `better` (preference): conll has no place for it
        1 × an answer to `links` (relations): conll has no place for it
        1 × an answer to `mood` (label): conll has no place for it
        1 × an answer to `relevance` (relevance): conll has no place for it
        1 × an answer to `support` (support): conll has no place for it
        1 × how a resolution came about: the format has no place for it
        2 × metadata: conll has no place for it
        1 × that an answer is known to be right: the format has no place for it
        1 × the field `found`: conll holds one text an item
        1 × the field `replies`: conll holds one text an item
        1 × the name of an item: a document has none
        1 × the white space of a text: tokens come back with one space between them, lines with one line break
        1 × why somebody skipped an item: the format has no place for it"#]],
    );
}

#[test]
fn a_table_says_what_it_loses() {
    check(
        Format::Csv,
        expect![[r#"
        1 × a comment: the format has no place for it
        1 × a flag: the format has no place for it
        1 × a known answer: a table has no column for it
        1 × a resolution: a table has no column for it
        2 × a suggestion: a table has no column for it
        1 × how long a response took: a table has no column for it
        1 × that an answer is a model's, unchanged: a table has no column for it
        1 × the guideline version of a response: a table has no column for it
        1 × why somebody skipped an item: the format has no place for it"#]],
    );
}

#[test]
fn our_own_lines_lose_nothing() {
    check(Format::Jsonl, expect![[""]]);
}

#[test]
fn formats_of_one_text_say_what_they_do_not_keep_of_the_response_they_write() {
    let schema = schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "names", "type": "spans", "field": "text", "options": ["PER"] }],
    }));
    let said = json!({
        "user": "ann", "status": "submitted", "answers": { "names": [{ "char_start": 0, "char_end": 3, "label": "PER" }] },
        "at": "2026-01-01T00:00:00Z", "active_ms": 5, "guideline": "g1", "accepted": ["names"],
    });
    let record = record(&schema, &json!({ "fields": { "text": "Ann" }, "responses": [said] }));
    for format in [Format::Doccano, Format::Brat, Format::Conll] {
        let exported = export(format, &schema, std::slice::from_ref(&record));
        expect![[r#"
            1 × how long a response took: the format has no place for it
            1 × that an answer is a model's, unchanged: the format has no place for it
            1 × the guideline version of a response: the format has no place for it
            1 × when somebody responded: the format has no place for it
            1 × who responded: the format has no place for it"#]]
        .assert_eq(&told(&exported.report.losses));
    }
}

#[test]
fn a_draft_of_an_item_that_is_left_out_is_counted_too() {
    let schema = schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "mood", "type": "label", "options": ["glad", "sad"] }],
    }));
    let given = |user: &str, status: &str, mood: &str| json!({ "user": user, "status": status, "answers": { "mood": mood } });
    let responses =
        [given("ann", "submitted", "glad"), given("ben", "submitted", "sad"), given("cat", "draft", "sad")];
    let disputed = record(&schema, &json!({ "id": "1", "fields": { "text": "x" }, "responses": responses }));
    let exported = export(Format::Doccano, &schema, &[disputed]);
    let losses = told(&exported.report.losses);
    assert_eq!(exported.report.rows, 0, "{losses}");
    assert!(losses.contains("1 × a draft: the format holds one set of answers an item"), "{losses}");
}

#[test]
fn a_loss_names_the_first_item_it_is_lost_of() {
    let (schema, record) = rich();
    let quiet = Record { id: "quiet".into(), fields: record.fields.clone(), ..Record::default() };
    let another = Record { id: "another".into(), ..record.clone() };
    let losses = export(Format::Argilla, &schema, &[quiet, record, another]).report.losses;
    let first = |what: &str| losses.iter().find(|loss| loss.what == what).unwrap().first.clone();
    assert_eq!(first("a flag").as_deref(), Some("an id"));
    assert_eq!(first("how long a response took").as_deref(), Some("an id"));
    assert_eq!(first("in the schema: the question `links` (relations)"), None, "it is no item's");
}

#[test]
fn conll_keeps_the_longest_of_nested_spans() {
    let (schema, record) = rich();
    let text = export(Format::Conll, &schema, &[record]).text();
    expect![[r#"
        -DOCSTART- -X- _ O

        North -X- _ O
        and -X- _ O
        South -X- _ B-big_city
        America -X- _ I-big_city
        Ctrl -X- _ B-ORG
        - -X- _ O
        Md -X- _ O
        x -X- _ O

        yz -X- _ O

    "#]]
    .assert_eq(&text);
}

#[test]
fn brat_gives_a_space_in_a_label_back() {
    let (schema, record) = rich();
    let exported = export(Format::Brat, &schema, &[record]);
    let ann = std::fs::read_to_string(exported.path.join("an%20id.ann")).unwrap();
    expect![[r#"
        T1	ORG 0 5;16 23	North America
        T2	ORG 10 15	South
        T3	big_city 10 23	South America
        T4	ORG 24 28	Ctrl
        T5	ORG 33 37	x yz
        R1	in Arg1:T1 Arg2:T2
        R2	in Arg1:T2 Arg2:T3
    "#]]
    .assert_eq(&ann);
    let input = engraft_annotate::format::Input::Path(&exported.path);
    let text_only = schema_of_text(&schema);
    let (records, _) = crate::import_with(Format::Brat, &text_only, input, &Default::default());
    assert!(records[0].canonical().contains("big city"));
}

/// The same questions about the text alone.
fn schema_of_text(from: &Schema) -> Schema {
    let mut schema = from.clone();
    schema.fields.truncate(1);
    schema.questions.truncate(2);
    schema
}

#[test]
fn a_tool_without_strengths_costs_the_preference_and_not_the_response() {
    let schema = rich().0;
    let said = json!({ "mood": "glad", "better": { "choice": { "id": "b" }, "strength": 2 } });
    let record = record(
        &schema,
        &json!({
            "id": "1",
            "fields": {
                "text": "Ann", "replies": [{ "id": "a", "text": "A" }, { "id": "b", "text": "B" }],
                "found": [{ "id": "d1", "text": "one" }],
            },
            "responses": [{ "user": "ann", "status": "submitted", "answers": said }],
        }),
    );
    for format in [Format::LabelStudio, Format::Argilla] {
        let exported = export(format, &schema, std::slice::from_ref(&record));
        // As a Label Studio writes it where only sides are asked for; Argilla knows no strengths at all.
        let text = exported.text().replace("right is better by 2", "right is better");
        let (back, report) = import_text(format, &schema, &text);
        assert_eq!(report.rejected, [], "{format}");
        assert!(
            told(&report.losses).contains("1 × an answer to `better`: it does not say how much better"),
            "{format}"
        );
        let given = &back[0].responses[0].answers;
        assert!(given.contains_key("mood") && !given.contains_key("better"), "{format}: {given:?}");
    }
}

#[test]
fn a_side_that_is_no_side_of_two_is_counted() {
    let schema = schema(&json!({
        "fields": [{ "name": "replies", "type": "answers" }],
        "questions": [{ "name": "better", "type": "preference", "field": "replies" }],
    }));
    let said = json!({ "better": { "choice": { "id": "c" } } });
    let replies = ["a", "b", "c"].map(|id| json!({ "id": id, "text": id }));
    let responses = json!([{ "user": "ann", "status": "submitted", "answers": said }]);
    let record =
        record(&schema, &json!({ "id": "1", "fields": { "replies": replies }, "responses": responses }));
    let exported = export(Format::LabelStudio, &schema, &[record]);
    let expected = "1 × a preference in `better` for none of two: a side is left or right";
    assert_eq!(told(&exported.report.losses), expected);
}

#[test]
fn a_name_too_long_for_a_file_is_counted() {
    let (schema, mut record) = rich();
    record.id = "名".repeat(90);
    let exported = export(Format::Brat, &schema, &[record]);
    assert!(told(&exported.report.losses).contains("the long name of an item"));
}
