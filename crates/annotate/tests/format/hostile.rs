//! Files that are cut, wrong or meant to hurt: a rejection with its line, and the rest goes on.

use engraft_annotate::Schema;
use engraft_annotate::format::{Format, Input, import, infer_schema, read_config};
use proptest::prelude::*;
use serde_json::json;

use crate::{import_text, schema};

fn some() -> Schema {
    schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [
            { "name": "label", "type": "label", "options": ["a", "b"], "required": false },
            { "name": "entities", "type": "spans", "field": "text", "options": ["ORG"], "required": false },
        ],
    }))
}

const LINES: [Format; 5] =
    [Format::LabelStudio, Format::Argilla, Format::Doccano, Format::Prodigy, Format::Jsonl];

/// A line that is right; without an id, the same text would be the same item.
fn good(format: Format, text: &str) -> String {
    match format {
        Format::LabelStudio => format!(r#"{{"data":{{"text":"{text}"}}}}"#),
        Format::Argilla => format!(r#"{{"fields":{{"text":"{text}"}}}}"#),
        _ => format!(r#"{{"text":"{text}"}}"#),
    }
}

#[test]
fn a_bad_line_costs_only_itself() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let bad = [
        "{\"text\":",
        "nonsense",
        "42",
        "[]",
        "{\"text\": {\"a\": 1}}",
        "{\"text\": \"\u{0}\"}",
        &deep,
        "{\"data\": [], \"text\": []}",
    ];
    for format in LINES {
        for bad in bad {
            let file = format!("\u{feff}{}\r\n{bad}\r\n\r\n{}\r\n", good(format, "x"), good(format, "y"));
            let (records, report) = import_text(format, &some(), &file);
            assert_eq!(records.len(), 2, "{format} {bad:.40}");
            assert_eq!(report.rejected_total, 1, "{format} {bad:.40} {:?}", report.rejected);
            assert_eq!(report.rejected[0].line, 2, "{format} {bad:.40}");
        }
    }
}

#[test]
fn an_array_cut_short_keeps_its_whole_items() {
    for format in [Format::LabelStudio, Format::Argilla] {
        let (one, two) = (good(format, "x"), good(format, "y"));
        let (records, report) = import_text(format, &some(), &format!("[{one},\n{two},\n{}", &one[..12]));
        assert_eq!((records.len(), report.rejected_total), (2, 1), "{format}");
        assert_eq!(report.rejected[0].line, 3, "{format}");
    }
}

#[test]
fn a_line_longer_than_memory_should_hold_is_refused_and_the_rest_read() {
    let long = format!("{{\"text\":\"{}\"}}", "x".repeat(33 << 20));
    let (records, report) =
        import_text(Format::Doccano, &some(), &format!("{long}\n{}\n", good(Format::Doccano, "x")));
    assert_eq!(records.len(), 1);
    assert_eq!(report.rejected[0].message, "the item is longer than 32 MiB");
    let (records, report) =
        import_text(Format::Conll, &some(), &format!("{}\nAnn B-ORG\n", "x".repeat(33 << 20)));
    assert_eq!((records.len(), report.rejected_total), (1, 1));
}

#[test]
fn a_table_with_a_short_row_or_other_letters_loses_that_row_only() {
    let file = b"text,label\nx,a\nonly\ny,b,c\n\xff\xfe,a\nz,\"b\"\n";
    let mut count = 0;
    let report = import(Format::Csv, &some(), Input::Bytes(file), &Default::default(), &mut |_| {
        count += 1;
        Ok(())
    });
    let lines: Vec<u64> = report.unwrap().rejected.iter().map(|rejected| rejected.line).collect();
    assert_eq!((count, lines), (2, vec![3, 4, 5]));
}

#[test]
fn a_brat_folder_with_bad_lines_names_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| std::fs::write(folder.path().join(name), content).unwrap();
    put("a.txt", b"Ann");
    put("a.ann", b"T1\tORG 0 3\tAnn\nT2\tORG 0\nR1\tin Arg1:T1\nE1\tx:T1\n#1\tNote T1\tx\n?\n");
    put("b.txt", b"\xff\xfe");
    put("c.txt", b"Bob");
    put("c.ann", b"T1\tORG 0 9\tBob\n");
    let mut seen = Vec::new();
    let report =
        import(Format::Brat, &some(), Input::Path(folder.path()), &Default::default(), &mut |record| {
            seen.push((record.id.clone(), record.responses.len()));
            Ok(())
        })
        .unwrap();
    let told: Vec<String> = report.rejected.iter().map(|r| format!("{} {}", r.line, r.message)).collect();
    expect_test::expect![[r#"
        2 a.ann: "T2\tORG 0" is no annotation
        3 a.ann: "R1\tin Arg1:T1" is no annotation
        6 a.ann: "?" is no annotation
        1 b.txt: the file is not UTF-8"#]]
    .assert_eq(&told.join("\n"));
    assert_eq!(report.repaired, 1, "the span that is too long quotes what it means");
    assert_eq!(seen, [("a".to_string(), 1), ("c".to_string(), 1)]);
}

#[test]
fn what_is_not_there_or_not_a_folder_is_an_error() {
    let missing = std::path::Path::new("no/such/file");
    for format in Format::ALL {
        let error =
            import(format, &some(), Input::Path(missing), &Default::default(), &mut |_| Ok(())).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
    let folder = tempfile::tempdir().unwrap();
    let error =
        import(Format::Jsonl, &some(), Input::Path(folder.path()), &Default::default(), &mut |_| Ok(()));
    assert!(error.unwrap_err().to_string().contains("jsonl is a file"));
}

#[test]
fn whoever_receives_the_records_can_stop_the_import() {
    let file = "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n";
    let mut count = 0;
    let stopped =
        import(Format::Jsonl, &some(), Input::Bytes(file.as_bytes()), &Default::default(), &mut |_| {
            count += 1;
            Err("full".into())
        });
    assert!(stopped.is_err());
    assert_eq!(count, 1);
}

fn read_everything(bytes: &[u8]) {
    for format in Format::ALL.into_iter().filter(|format| format.imports() && !format.folder()) {
        let _ = import(format, &some(), Input::Bytes(bytes), &Default::default(), &mut |_| Ok(()));
        let _ = infer_schema(format, Input::Bytes(bytes));
    }
    let _ = read_config(&String::from_utf8_lossy(bytes));
}

const GRAMMAR: [&str; 22] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\n",
    "\t",
    " ",
    "\r\n",
    "-DOCSTART-",
    " B-ORG",
    "O",
    "1",
    "-1",
    "1e9",
    "null",
    "<View>",
    "</View>",
    "<Text name=\"t\" value=\"$t\"/>",
];

const KEYS: [&str; 28] = [
    "data",
    "text",
    "annotations",
    "result",
    "value",
    "start",
    "end",
    "labels",
    "type",
    "choices",
    "fields",
    "responses",
    "spans",
    "label",
    "entities",
    "relations",
    "from_id",
    "to_id",
    "predictions",
    "meta",
    "id",
    "answer",
    "accept",
    "parts",
    "questions",
    "settings",
    "name",
    "options",
];

/// Pieces of real files, so that more than the first byte is understood.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        prop::sample::select(GRAMMAR.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        prop::sample::select(KEYS.to_vec()).prop_map(|key| format!("\"{key}\":").into_bytes()),
        prop::sample::select(KEYS.to_vec()).prop_map(|key| format!("\"{key}\"").into_bytes()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A good task with one value anywhere replaced by another.
fn crooked() -> impl Strategy<Value = Vec<u8>> {
    let wrong = prop_oneof![
        Just("null"),
        Just("-1"),
        Just("1e300"),
        Just("18446744073709551615"),
        Just("\"x\""),
        Just("[]"),
        Just("{}"),
        Just("[[[]]]"),
        Just("true"),
        Just("[null]"),
        Just("{\"a\":null}"),
    ];
    let tasks = [
        r#"{"id":1,"data":{"text":"Ann"},"meta":{"a":1},"annotations":[{"completed_by":{"email":"e"},"was_cancelled":false,"ground_truth":true,"lead_time":1.5,"created_at":"2026-01-01T00:00:00Z","result":[{"id":"a","from_name":"entities","to_name":"text","type":"labels","value":{"start":0,"end":3,"text":"Ann","labels":["ORG"]}},{"id":"b","from_name":"label","to_name":"text","type":"choices","value":{"choices":["a"]}},{"type":"paragraphlabels","from_name":"x","value":{"start":"0","end":"99","startOffset":0,"paragraphlabels":["a"]}},{"type":"ranker","value":{"ranker":{"rank":["a"]}}},{"from_id":"a","to_id":"b","type":"relation","direction":"right","labels":["x"]}]}],"drafts":[{"user":"u","result":[]}],"predictions":[{"model_version":"m","score":0.5,"result":[]}]}"#,
        r#"{"id":"1","text":"Ann","label":[[0,3,"ORG"]],"entities":[{"id":0,"label":"ORG","start_offset":0,"end_offset":3}],"relations":[{"id":0,"from_id":0,"to_id":0,"type":"x"}],"spans":[{"start":0,"end":3,"label":"ORG"}],"tokens":[],"accept":["a"],"answer":"reject","_timestamp":5,"meta":{"score":1,"source":"m"},"cats":["a"],"Comments":["c"]}"#,
        r#"{"id":"1","fields":{"text":"Ann"},"metadata":{},"vectors":{"v":[1]},"suggestions":{"label":{"value":"a","score":0.5,"agent":"m"}},"responses":{"entities":[{"value":[{"label":"ORG","start":0,"end":3}],"user_id":"u","status":"draft"}],"label":[{"value":"a","user_id":"v"}]}}"#,
        r#"{"prompt":[{"role":"user","content":"q"}],"chosen":[{"role":"assistant","content":"y"}],"rejected":"z","margin":2}"#,
        r#"{"fields":[{"name":"text","settings":{"type":"text"}}],"questions":[{"name":"q","settings":{"type":"rating","options":[{"value":1}]}}],"distribution":{"min_submitted":1}}"#,
    ];
    (prop::sample::select(tasks.to_vec()), any::<prop::sample::Index>(), wrong).prop_map(
        |(task, at, wrong)| {
            let places: Vec<usize> = task.match_indices(':').map(|(at, _)| at + 1).collect();
            let place = places[at.index(places.len())];
            // The value that begins there, whole where it is simple.
            let rest = &task[place..];
            let end = rest.find([',', '}', ']']).unwrap_or(rest.len());
            let simple = !rest.starts_with(['{', '[']);
            let tail = if simple { &rest[end..] } else { &rest[1..] };
            format!("{}{wrong}{tail}", &task[..place]).into_bytes()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in pieces()) {
        read_everything(&bytes);
    }

    #[test]
    fn no_wrong_value_makes_a_reader_panic(bytes in crooked()) {
        read_everything(&bytes);
        // Once more with the item closed, whatever the wrong value broke.
        let text = String::from_utf8_lossy(&bytes);
        if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
            read_everything(format!("[{text}]").as_bytes());
        }
    }
}
