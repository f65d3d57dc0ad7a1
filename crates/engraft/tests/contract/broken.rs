//! Tuning that cannot go well: rows that say nothing, weights that are none, numbers that run away.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::{judges, ranking, reading, tuning};

fn file(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// It ends with that status, says that, has something to do next, and leaves nothing that is a model or the half of one.
#[track_caller]
fn refused(bench: &Bench, words: &[&str], status: i32, says: &str) {
    let (found, value) = bench.json_status(words);
    let message = value["error"]["message"].as_str().unwrap_or_default();
    assert!(found == status && message.contains(says), "{words:?}: {found} {value}");
    assert_eq!(left(bench), Vec::<String>::new(), "{words:?}");
}

/// Everything in the folder of tuned models.
fn left(bench: &Bench) -> Vec<String> {
    let entries = std::fs::read_dir(bench.path("kb/.engraft/models")).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_file_without_rows_is_told_by_every_tuner() {
    let bench = ranking::furnished(Bench::tiny());
    let empty = file(&bench, "empty.jsonl", "");
    for (tuner, says) in [
        ("classifier", "there is no row to train on"),
        ("extractor", "there is no row to train on"),
        ("reader", "has no rows"),
        ("reward", "has no rows"),
        ("groundedness", "has no rows"),
        ("retriever", "empty.jsonl"),
        ("reranker", "empty.jsonl"),
        ("fusion", "empty.jsonl"),
    ] {
        let window = if tuner == "reranker" { &["--window", "64"][..] } else { &[] };
        refused(&bench, &[&["tune", tuner, "--data", &empty], window].concat(), 2, says);
    }
}

#[test]
fn an_id_that_stands_twice_is_named_with_both_lines() {
    let bench = Bench::tiny();
    let twice = |row: &Value| [row.to_string(), row.to_string(), String::new()].join("\n");
    let marked =
        json!({ "id": "a", "text": "At Acme", "spans": [{ "start": 3, "end": 7, "label": "FIRM" }] });
    for (tuner, row) in [
        ("classifier", &tuning::rows(1, 0)[0]),
        ("extractor", &marked),
        ("reader", &reading::rows(1)[0]),
        ("reward", &judges::pairs(1)[0]),
        ("groundedness", &judges::claims(1)[0]),
    ] {
        let data = file(&bench, &format!("{tuner}.jsonl"), &twice(row));
        refused(&bench, &["tune", tuner, "--data", &data], 2, "stands on lines 1 and 2");
    }
}

#[test]
fn a_document_judged_twice_for_a_question_is_named_with_its_line() {
    let bench = ranking::furnished(Bench::tiny());
    file(&bench, "queries.jsonl", "{\"_id\":\"1\",\"text\":\"Where is the kettle?\"}\n");
    let twice = file(&bench, "qrels.tsv", "1\tkitchen.md\t1\n1\tlibrary.md\t0\n1\tkitchen.md\t0\n");
    let says = "qrels.tsv: line 3: `kitchen.md` is judged a second time for query `1`";
    for tuner in ["retriever", "reranker", "fusion"] {
        let window = if tuner == "reranker" { &["--window", "64"][..] } else { &[] };
        refused(&bench, &[&["tune", tuner, "--data", &twice], window].concat(), 2, says);
    }
}

#[test]
fn judged_pairs_that_are_all_relevant_are_refused_by_the_reranker() {
    let bench = ranking::furnished(Bench::tiny());
    let judged = ranking::pairs(&bench);
    let words = ["tune", "reranker", "--data", &judged, "--window", "64", "--wrong", "0"];
    refused(&bench, &words, 2, "all judged pairs are alike");
}

#[test]
fn an_answer_that_does_not_match_its_quote_is_put_aside_with_its_line() {
    let bench = Bench::tiny();
    let mut rows = reading::rows(60);
    let wrong = json!({ "question": "Where?", "passage": "Here or here.", "answers": [{ "char_start": 0, "char_end": 2, "quote": "there" }] });
    rows.insert(3, wrong);
    let data = file(&bench, "answers.jsonl", &tuning::lines(&rows));
    let report = bench.json(&["tune", "reader", "--data", &data, "--seeds", "1"]);
    let rejected = &report["data"]["rejected"];
    assert_eq!(rejected.as_array().map(Vec::len), Some(1), "{report}");
    assert_eq!(rejected[0]["uri"], "answers.jsonl:4", "{report}");
}

#[test]
fn weights_that_are_cut_or_hold_no_numbers_are_not_started_from() {
    let bench = Bench::tiny();
    let data = file(&bench, "topics.jsonl", &tuning::lines(&tuning::rows(60, 0)));
    let base = bench.path("broken");
    engraft_testkit::tiny_encoder(&base).unwrap();
    let weights = base.join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    let words =
        |tuner| ["tune", tuner, "--data", &data, "--method", "full", "--base", base.to_str().unwrap()];
    std::fs::write(&weights, &whole[..whole.len() - 64]).unwrap();
    refused(&bench, &words("classifier"), 3, "model.safetensors is damaged");
    let mut broken = whole.clone();
    let last = broken.len() - 4;
    broken[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&weights, &broken).unwrap();
    let marked = file(&bench, "marked.jsonl", &crate::extraction::rows(0, 30));
    refused(&bench, &words("classifier"), 3, "holds something that is no number");
    let words =
        ["tune", "extractor", "--data", &marked, "--method", "full", "--base", base.to_str().unwrap()];
    refused(&bench, &words, 3, "holds something that is no number");
    let (status, value) = bench.json_status(&["model", "import", base.to_str().unwrap(), "--name", "broken"]);
    assert!(status == 3 && value.to_string().contains("no number"), "{value}");
}

#[test]
fn another_base_than_the_one_it_was_tuned_from_is_refused() {
    let bench = Bench::tiny();
    let marked = file(&bench, "marked.jsonl", &crate::extraction::rows(0, 60));
    bench.json(&[
        "tune",
        "extractor",
        "--data",
        &marked,
        "--method",
        "frozen",
        "--seeds",
        "1",
        "--name",
        "parties",
    ]);
    let weights = bench.path("tiny/model.safetensors");
    let mut other = std::fs::read(&weights).unwrap();
    let last = other.len() - 4;
    other[last..].copy_from_slice(&0.25_f32.to_le_bytes());
    std::fs::write(&weights, &other).unwrap();
    let (status, value) = bench.json_status(&["predict", "parties", "--input", &marked]);
    let message = value["error"]["message"].as_str().unwrap_or_default();
    assert!(status == 3 && message.starts_with("`parties` was tuned from"), "{value}");
}

#[test]
fn numbers_that_run_away_end_it_with_the_step_and_what_to_do() {
    let bench = ranking::furnished(Bench::tiny());
    let (pairs, judged) = (ranking::pairs(&bench), bench.path("judged.jsonl"));
    for more in [
        &["reranker", "--data", &pairs, "--window", "64"][..],
        &["retriever", "--data", judged.to_str().unwrap(), "--method", "encoder", "--epochs", "4"],
    ] {
        let words = [&["tune"][..], more, &["--seeds", "1", "--rate", "1e30"]].concat();
        refused(&bench, &words, 3, "training failed");
        let (_, value) = bench.json_status(&words);
        assert!(value["error"]["hint"].as_str().unwrap().contains("lower learning rate"), "{value}");
    }
}
