//! Files in the very shapes in which other tools write them, by their documentation (Label Studio's JSON export, Argilla's
//! records, doccano's JSONL with relations, Prodigy's `ner_manual`, brat's standoff): read, written again in the same
//! format, and read once more, nothing may be lost or changed.

use std::path::PathBuf;

use engraft_annotate::Record;
use engraft_annotate::format::{Format, Input, infer_schema};
use serde_json::Value;

use crate::{export, import_with, told};

fn canonical(records: &[Record]) -> Vec<Value> {
    let mut all: Vec<Value> =
        records.iter().map(|record| serde_json::from_str(&record.canonical()).unwrap()).collect();
    all.sort_by_key(|record| record["id"].as_str().unwrap().to_string());
    all
}

/// The records of a file, which come back as they are when they were written in its format and read once more.
#[track_caller]
fn through(format: Format, name: &str, losses: &[&str]) -> Vec<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/formats/as_written").join(name);
    let inferred = infer_schema(format, Input::Path(&path)).unwrap();
    let (records, report) = import_with(format, &inferred.schema, Input::Path(&path), &Default::default());
    assert_eq!((report.rejected.len(), report.repaired), (0, 0), "{format}");
    let said: Vec<&str> = report.losses.iter().map(|loss| loss.what.as_str()).collect();
    assert_eq!(said, losses, "{format}: {}", told(&report.losses));
    let exported = export(format, &inferred.schema, &records);
    let (back, again) =
        import_with(format, &inferred.schema, Input::Path(&exported.path), &Default::default());
    assert_eq!(again.rejected.len(), 0, "{format}");
    let (sent, back) = (canonical(&records), canonical(&back));
    assert_eq!(back, sent, "{format}: {}", told(&exported.report.losses));
    sent
}

fn answers(record: &Value) -> &Value {
    &record["responses"][0]["answers"]
}

/// What is marked in a record, whatever the question is called: words and label.
fn marked(record: &Value) -> Vec<(&str, &str)> {
    let each = answers(record).as_object().unwrap().values().filter_map(Value::as_array).flatten();
    each.filter_map(|mark| Some((mark["quote"].as_str()?, mark["label"].as_str()?))).collect()
}

/// The labels of its relations, from which mark to which.
fn related(record: &Value) -> Vec<(&str, &str, &str)> {
    let each = answers(record).as_object().unwrap().values().filter_map(Value::as_array).flatten();
    each.filter_map(|link| Some((link["from"].as_str()?, link["label"].as_str()?, link["to"].as_str()?)))
        .collect()
}

const FIRST: [(&str, &str); 2] = [("Sony", "ORG"), ("東京", "LOC")];

#[test]
fn label_studio_s_own_export() {
    let records = through(Format::LabelStudio, "label-studio.json", &[]);
    assert_eq!((answers(&records[0])["topic"].as_str(), records.len()), (Some("business"), 2));
    assert_eq!(answers(&records[1])["clarity"], 4);
    assert_eq!((marked(&records[0]), related(&records[0]).len()), (FIRST.to_vec(), 1));
    assert_eq!(marked(&records[1]), [("Sony", "ORG"), ("Ana Ruiz", "PER")]);
    assert_eq!(records[0]["responses"][0]["active_ms"], 4288);
}

#[test]
fn argilla_s_records() {
    let records = through(Format::Argilla, "argilla.json", &[]);
    assert_eq!(marked(&records[0]), FIRST);
    let said = answers(&records[0]);
    assert_eq!(said["traits"], serde_json::json!(["clear", "short"]));
    assert_eq!((said["clarity"].as_u64(), said["notes"].as_str()), (Some(5), Some("read twice")));
    let ranks: Vec<u64> =
        said["order"].as_array().unwrap().iter().map(|one| one["rank"].as_u64().unwrap()).collect();
    assert_eq!(ranks, [1, 1], "a tie");
    assert_eq!(records[0]["suggestions"][0]["model"], "tagger-3");
    assert_eq!(records[1]["metadata"]["source"], "wire");
}

#[test]
fn doccano_s_lines_with_relations() {
    let records = through(Format::Doccano, "doccano.jsonl", &[]);
    assert_eq!((marked(&records[0]), records.len()), (FIRST.to_vec(), 2));
    assert_eq!(related(&records[1]), [("s1", "foundedAt", "s2")]);
}

#[test]
fn prodigy_s_lines() {
    // Their names are hashes, in any order.
    let records = through(Format::Prodigy, "prodigy.jsonl", &[]);
    let found = |marks: &[(&str, &str)]| records.iter().filter(|record| marked(record) == marks).count();
    assert_eq!([found(&FIRST), found(&[("Sony", "ORG"), ("Ana Ruiz", "PER")]), records.len()], [1, 1, 2]);
}

#[test]
fn brat_s_folder_with_a_span_in_two_pieces() {
    let records = through(Format::Brat, "brat", &[]);
    assert_eq!((marked(&records[0]), related(&records[0])), (FIRST.to_vec(), vec![("s1", "Origin", "s2")]));
    assert_eq!(marked(&records[1]).len(), 2);
    assert!(records[1].to_string().contains("America"), "{}", records[1]);
}
