//! Offsets of other tools: in their unit, held to their quotes, repaired where only one place is possible.

use engraft_annotate::format::{Format, ImportOptions, ImportReport, Input, OffsetUnit};
use engraft_annotate::{Answer, Record, Schema};
use serde_json::{Value, json};

use crate::{import_with, schema};

const TEXT: &str = "👩‍👩‍👧 Zoe\u{308}\r\nAnn and Bob, Ann";

fn spans() -> Schema {
    schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "entities", "type": "spans", "field": "text", "options": ["PER"] }],
    }))
}

fn task(start: usize, end: usize, quote: Option<&str>) -> String {
    let mut value = json!({ "start": start, "end": end, "labels": ["PER"] });
    if let Some(quote) = quote {
        value["text"] = json!(quote);
    }
    let result =
        json!({ "id": "r", "from_name": "entities", "to_name": "text", "type": "labels", "value": value });
    json!([{ "data": { "text": TEXT }, "annotations": [{ "completed_by": 1, "result": [result] }] }])
        .to_string()
}

fn read(unit: OffsetUnit, file: &str) -> (Vec<Record>, ImportReport) {
    let options = ImportOptions { offset_unit: unit, ..ImportOptions::default() };
    import_with(Format::LabelStudio, &spans(), Input::Bytes(file.as_bytes()), &options)
}

/// The one span read, as its offsets in code points, and how many were repaired.
#[track_caller]
fn check(unit: OffsetUnit, file: &str, expected: (usize, usize), repaired: u64) {
    let (records, report) = read(unit, file);
    assert_eq!(report.rejected, []);
    let Answer::Spans(spans) = &records[0].responses[0].answers["entities"] else { panic!("no spans") };
    assert_eq!((spans[0].char_start, spans[0].char_end), expected);
    assert_eq!(report.repaired, repaired);
}

#[test]
fn each_unit_is_understood() {
    let bob = TEXT.find("Bob").unwrap();
    let before = &TEXT[..bob];
    let chars = before.chars().count();
    let utf16 = before.encode_utf16().count();
    // One family, a space, Z, o, ë, the line break, and `Ann and `.
    let graphemes = 6 + 8;
    for (unit, start) in [
        (OffsetUnit::Codepoint, chars),
        (OffsetUnit::Utf16, utf16),
        (OffsetUnit::Byte, bob),
        (OffsetUnit::Grapheme, graphemes),
    ] {
        check(unit, &task(start, start + 3, Some("Bob")), (chars, chars + 3), 0);
        check(unit, &task(start, start + 3, None), (chars, chars + 3), 0);
    }
}

#[test]
fn offsets_that_leaked_in_utf16_are_moved_though_the_quote_stands_twice() {
    let last = TEXT.rfind("Ann").unwrap();
    let (chars, utf16) = (TEXT[..last].chars().count(), TEXT[..last].encode_utf16().count());
    assert_ne!(chars, utf16);
    check(OffsetUnit::Codepoint, &task(utf16, utf16 + 3, Some("Ann")), (chars, chars + 3), 1);
}

#[test]
fn a_quote_that_stands_once_says_where_the_span_is() {
    let chars = TEXT[..TEXT.find("Bob").unwrap()].chars().count();
    check(OffsetUnit::Codepoint, &task(2, 5, Some("Bob")), (chars, chars + 3), 1);
    check(OffsetUnit::Codepoint, &task(900, 903, Some("Bob")), (chars, chars + 3), 1);
}

#[test]
fn a_quote_that_stands_twice_or_nowhere_is_rejected_with_its_line() {
    for (quote, why) in [("Ann", "2 times elsewhere"), ("Cid", "nowhere in its text")] {
        let (records, report) = read(OffsetUnit::Codepoint, &format!("\n\n{}", task(1, 4, Some(quote))));
        assert_eq!(report.rejected.len(), 1);
        assert_eq!(report.rejected[0].line, 3);
        assert!(report.rejected[0].message.contains(why), "{}", report.rejected[0].message);
        assert_eq!(
            (records.len(), records[0].responses.len()),
            (1, 0),
            "the item stays, the response does not"
        );
    }
}

#[test]
fn spans_of_our_own_records_follow_their_quotes_too() {
    let marked = |start: usize, end: usize, quote: &str| {
        let span = json!({ "char_start": start, "char_end": end, "label": "PER", "quote": quote });
        let answers = json!({ "entities": [span] });
        json!({ "id": "i", "fields": { "text": TEXT }, "gold": answers,
            "suggestions": [{ "model": "m", "answers": answers }],
            "responses": [{ "user": "u", "status": "submitted", "answers": answers }] })
    };
    let read = |row: Value| {
        let row = row.to_string();
        let input = Input::Bytes(row.as_bytes());
        import_with(Format::Jsonl, &spans(), input, &ImportOptions::default())
    };
    let bob = TEXT[..TEXT.find("Bob").unwrap()].chars().count();
    let (records, report) = read(marked(2, 5, "Bob"));
    assert_eq!((report.rejected, report.repaired), (vec![], 3));
    let Answer::Spans(spans) = &records[0].responses[0].answers["entities"] else { panic!("no spans") };
    assert_eq!((spans[0].char_start, spans[0].char_end), (bob, bob + 3));
    assert_eq!(read(marked(bob, bob + 3, "Bob")).1.repaired, 0);
    let (records, report) = read(marked(2, 5, "Ann"));
    assert_eq!((records.len(), report.rejected_total, report.repaired), (0, 1, 0), "it stands there twice");
}

#[test]
fn offsets_beyond_the_text_or_inside_a_character_are_rejected() {
    for (unit, start, end) in
        [(OffsetUnit::Codepoint, 5, 500), (OffsetUnit::Byte, 1, 9), (OffsetUnit::Codepoint, 5, 5)]
    {
        let (_, report) = read(unit, &task(start, end, None));
        assert_eq!(report.rejected_total, 1, "{unit:?} {start}..{end}");
    }
}

#[test]
fn line_breaks_that_a_tool_wrote_as_spaces_are_the_same_quote() {
    let start = TEXT[..TEXT.find("Zoe").unwrap()].chars().count();
    let end = TEXT[..TEXT.find(" and").unwrap()].chars().count();
    for quote in ["Zoe\u{308}\r\nAnn", "Zoe\u{308} Ann", "Zoe\u{308}\\nAnn"] {
        check(OffsetUnit::Codepoint, &task(start, end, Some(quote)), (start, end), 0);
    }
}

#[test]
fn every_format_of_spans_takes_a_unit() {
    let schema = spans();
    let rows: [(Format, Value); 4] = [
        (Format::Doccano, json!({ "text": "👍 Ann", "label": [[3, 6, "PER"]] })),
        (
            Format::Prodigy,
            json!({ "text": "👍 Ann", "spans": [{ "start": 3, "end": 6, "label": "PER" }], "answer": "accept" }),
        ),
        (
            Format::Jsonl,
            json!({ "text": "👍 Ann", "entities": [{ "char_start": 3, "char_end": 6, "label": "PER" }] }),
        ),
        (
            Format::Argilla,
            json!([{ "fields": { "text": "👍 Ann" }, "responses": { "entities": [
                { "value": [{ "label": "PER", "start": 3, "end": 6 }], "user_id": "u" },
            ]}}]),
        ),
    ];
    for (format, row) in rows {
        let options = ImportOptions { offset_unit: OffsetUnit::Utf16, ..ImportOptions::default() };
        let (records, report) =
            import_with(format, &schema, Input::Bytes(row.to_string().as_bytes()), &options);
        assert_eq!(report.rejected, [], "{format}");
        let Answer::Spans(spans) = &records[0].responses[0].answers["entities"] else { panic!("{format}") };
        assert_eq!(spans[0].quote, "Ann", "{format}");
    }
}
