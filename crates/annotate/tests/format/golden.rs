//! What other tools read of our exports, and what they write for us to read: files made by `xtask/golden/formats.py`.

use std::path::PathBuf;

use engraft_annotate::format::{Format, Input};
use engraft_annotate::{Answer, Record, Schema};
use serde_json::Value;

use crate::{export, import_text, import_with, told};

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/formats").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn dataset() -> (Schema, Vec<Record>) {
    let schema = Schema::read(&file("schema.json")).unwrap();
    let (records, report) = import_text(Format::Jsonl, &schema, &file("records.jsonl"));
    assert_eq!(report.rejected, []);
    (schema, records)
}

fn read() -> Value {
    serde_json::from_str(&file("read.json")).unwrap()
}

#[test]
fn what_is_written_is_what_trl_beir_trec_eval_and_label_studio_read() {
    let (schema, records) = dataset();
    let read = read();
    for name in [
        "trl-dpo",
        "trl-reward",
        "trl-kto",
        "sft-messages",
        "sharegpt",
        "alpaca",
        "beir",
        "trec-qrels",
        "label-studio",
    ] {
        let exported = export(name.parse().unwrap(), &schema, &records);
        let checked = read[name]["sha256"].as_str().unwrap();
        assert_eq!(
            exported.report.sha256, checked,
            "{name}: run xtask/golden/formats.py, it loads the new bytes"
        );
    }
}

#[test]
fn trl_reads_the_pairs_and_verdicts_that_were_meant() {
    let read = read();
    let dpo = read["trl-dpo"]["read"].to_string();
    assert!(!dpo.contains("東京"), "the tie of q-3 is no pair");
    let margins: Vec<f64> =
        read["trl-dpo"]["read"].as_array().unwrap().iter().map(|row| row[3].as_f64().unwrap()).collect();
    assert_eq!(margins, [1.0, 0.0, 3.0, 0.0, 2.0], "strengths, and 0 for the corrections");
    assert_eq!(
        read["trl-dpo"]["read"], read["trl-reward"]["read"],
        "the prompt that TRL finds in whole chats is ours"
    );
    let bad = read["trl-kto"]["read"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row[0][0].as_str().unwrap().starts_with("متى"));
    let labels: Vec<bool> = bad.map(|row| row[2].as_bool().unwrap()).collect();
    assert_eq!(labels, [false, false, true, false], "both bad, then a correction and what it corrects");
}

#[test]
fn what_label_studios_converter_makes_of_our_tasks_has_our_spans() {
    let (schema, records) = dataset();
    let mut marks = schema.clone();
    marks.fields.truncate(1);
    marks.questions.truncate(1);
    let (back, report) = import_text(Format::Conll, &marks, &file("converter.conll"));
    assert_eq!(report.rejected, []);
    assert_eq!(told(&report.losses), "");
    let all = |records: &[Record]| -> Vec<(Value, Option<Answer>)> {
        let one = |record: &Record| {
            (record.fields["question"].clone(), record.responses[0].answers.get("entities").cloned())
        };
        records.iter().map(one).collect()
    };
    assert_eq!(all(&back), all(&records));
}

#[test]
fn beir_comes_back_with_the_same_judgements() {
    let (schema, records) = dataset();
    let exported = export(Format::Beir, &schema, &records);
    let inferred = engraft_annotate::format::infer_schema(Format::Beir, Input::Path(&exported.path)).unwrap();
    let (back, report) =
        import_with(Format::Beir, &inferred.schema, Input::Path(&exported.path), &Default::default());
    assert_eq!(report.rejected, []);
    for (back, sent) in back.iter().zip(&records) {
        assert_eq!(back.responses[0].answers["relevance"], sent.responses[0].answers["relevance"]);
        assert_eq!(back.fields["query"], sent.fields["question"]);
    }
    assert_eq!(back.len(), records.len());
}
