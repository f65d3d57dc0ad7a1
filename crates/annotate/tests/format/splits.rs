//! Splits and files: no prompt on two sides, the same bytes for the same records, nothing in place before it is whole.

use std::collections::{BTreeMap, BTreeSet};

use engraft_annotate::format::{ExportOptions, Exporter, Format};
use engraft_annotate::{Record, Schema, Shares};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{record, schema};

fn compared() -> Schema {
    schema(&json!({
        "fields": [
            { "name": "prompt", "type": "text" }, { "name": "draft", "type": "text" },
            { "name": "found", "type": "passages" },
        ],
        "questions": [
            { "name": "fix", "type": "correction", "field": "draft" },
            { "name": "relevance", "type": "relevance", "field": "found", "query": "prompt" },
            { "name": "marks", "type": "spans", "field": "draft", "options": ["x"] },
        ],
    }))
}

/// Three items a prompt, each with its own draft.
fn items(schema: &Schema) -> Vec<Record> {
    let item = |number: usize| {
        let prompt = format!("Prompt {}", number / 3);
        record(
            schema,
            &json!({
                "id": format!("i{number}"),
                "fields": { "prompt": prompt, "draft": format!("draft {number}"), "found": [{ "id": format!("d{number}"), "text": "t" }] },
                "responses": [{ "user": "u", "status": "submitted", "answers": {
                    "fix": format!("better {number}"), "relevance": [{ "id": format!("d{number}"), "grade": 2 }], "marks": [],
                }}],
            }),
        )
    };
    (0..300).map(item).collect()
}

fn halves() -> ExportOptions {
    ExportOptions {
        shares: Some(Shares::read("train=.5,test=.5").unwrap()),
        seed: 3,
        ..ExportOptions::default()
    }
}

#[test]
fn a_prompt_never_crosses_a_split() {
    let schema = compared();
    for format in [
        Format::TrlDpo,
        Format::TrlKto,
        Format::TrlReward,
        Format::SftMessages,
        Format::Sharegpt,
        Format::Alpaca,
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut exporter =
            Exporter::create(format, &schema, &folder.path().join("out.jsonl"), &halves()).unwrap();
        items(&schema).iter().for_each(|item| exporter.write(item).unwrap());
        let report = exporter.finish().unwrap();
        let names: Vec<_> =
            report.files.iter().map(|file| file.path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["out.train.jsonl", "out.test.jsonl"]);
        let prompts = |at: usize| -> BTreeSet<String> {
            let text = std::fs::read_to_string(&report.files[at].path).unwrap();
            let numbers = text
                .split("Prompt ")
                .skip(1)
                .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
            numbers.collect()
        };
        let (train, test) = (prompts(0), prompts(1));
        assert_eq!(train.intersection(&test).count(), 0, "{format}");
        assert_eq!(train.len() + test.len(), 100, "{format}");
        assert!(train.len() > 25 && test.len() > 25, "{format}: {} and {}", train.len(), test.len());
    }
}

#[test]
fn beir_gets_a_table_a_split_and_brat_a_folder() {
    let schema = compared();
    let folder = tempfile::tempdir().unwrap();
    for (format, expected) in [
        (Format::Beir, ["corpus.jsonl", "queries.jsonl", "train.tsv", "test.tsv"].as_slice()),
        (Format::Brat, ["train", "test"].as_slice()),
    ] {
        let path = folder.path().join(format.name());
        let mut exporter = Exporter::create(format, &schema, &path, &halves()).unwrap();
        items(&schema).iter().for_each(|item| exporter.write(item).unwrap());
        let report = exporter.finish().unwrap();
        let names: Vec<_> =
            report.files.iter().map(|file| file.path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, expected);
    }
}

fn all_files(folder: &std::path::Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            all_files(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_same_records_are_the_same_bytes_and_the_hash_says_so() {
    let schema = compared();
    let items = &items(&schema)[..60];
    for format in Format::ALL {
        let written = |options: &ExportOptions| {
            let folder = tempfile::tempdir().unwrap();
            let mut exporter =
                Exporter::create(format, &schema, &folder.path().join("out.jsonl"), options).unwrap();
            items.iter().for_each(|item| exporter.write(item).unwrap());
            assert!(
                format.folder() || !folder.path().join("out.jsonl").exists(),
                "{format} is there too early"
            );
            let report = exporter.finish().unwrap();
            let mut files = BTreeMap::new();
            all_files(folder.path(), "", &mut files);
            assert!(files.keys().all(|name| !name.contains("partial")), "{format}: {:?}", files.keys());
            (report.sha256, report.rows, files)
        };
        let (hash, rows, files) = written(&ExportOptions::default());
        assert_eq!((hash.clone(), rows, files.clone()), written(&ExportOptions::default()), "{format}");
        assert!(rows >= 60, "{format} wrote {rows} rows");
        if !format.folder() {
            let whole: String =
                Sha256::digest(&files["out.jsonl"]).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, whole, "{format}");
        }
        let split = written(&halves());
        assert_eq!(split, written(&halves()), "{format}");
        assert_ne!(split.0, hash, "{format}");
    }
}

#[test]
fn a_group_in_the_metadata_keeps_items_together() {
    let schema = compared();
    let mut items = items(&schema);
    for item in &mut items {
        item.metadata.insert("group".to_string(), Value::from("one"));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut exporter =
        Exporter::create(Format::TrlDpo, &schema, &folder.path().join("out.jsonl"), &halves()).unwrap();
    items.iter().for_each(|item| exporter.write(item).unwrap());
    let rows: Vec<u64> = exporter.finish().unwrap().files.iter().map(|file| file.rows).collect();
    assert!(rows == [300, 0] || rows == [0, 300], "{rows:?}");
}

#[test]
fn an_export_given_up_leaves_nothing_behind() {
    let schema = compared();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let mut exporter = Exporter::create(Format::TrlDpo, &schema, &path, &halves()).unwrap();
    exporter.write(&items(&schema)[0]).unwrap();
    drop(exporter);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
