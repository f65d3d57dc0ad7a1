//! `metrics rank|text|labels|spans`: files in, numbers with intervals out, outside any workspace.

use std::process::Command;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::bench::metrics;

/// A folder of files and no workspace.
struct Files(tempfile::TempDir);

impl Files {
    fn of(files: &[(&str, &str)]) -> Files {
        let folder = Files(tempfile::tempdir().unwrap());
        for (name, text) in files {
            std::fs::write(folder.0.path().join(name), text).unwrap();
        }
        folder
    }

    fn run(&self, words: &str) -> crate::bench::Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_engraft"));
        command
            .arg("metrics")
            .args(words.split(' '))
            .current_dir(self.0.path())
            .env_remove("ENGRAFT_WORKSPACE");
        crate::bench::run(command)
    }

    #[track_caller]
    fn json(&self, words: &str) -> Value {
        let run = self.run(&format!("{words} --json"));
        assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
        let report = serde_json::from_str(&run.stdout).unwrap();
        assert!(metrics(&report) > 0, "{report}");
        report
    }

    #[track_caller]
    fn refused(&self, words: &str, expected: Expect) {
        let run = self.run(words);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        expected.assert_eq(&run.stderr);
    }
}

const QRELS: &str = "q1 0 a 1\nq1 0 b 0\nq2 0 c 2\nq2 0 d 1\nq3 0 e 1\nq4 0 a 0\n";
const RUN: &str = "q1 Q0 b 1 2.0 x\nq1 Q0 a 2 1.0 x\nq2 Q0 c 1 3 x\nq2 Q0 zz 2 2.5 x\nq9 Q0 c 1 3 x\n";

fn ranked() -> Files {
    let line = |query: &str, doc: &str, key: &str, value: f64| {
        json!({"query": query, "doc": doc, key: value}).to_string()
    };
    let run = [line("q1", "b", "score", 2.0), line("q1", "a", "score", 1.0), line("q2", "c", "score", 3.0)]
        .join("\n");
    let qrels = r#"{"q1": {"a": 1, "b": 0},
        "q2": {"c": 2, "d": 1}}"#;
    Files::of(&[("qrels", QRELS), ("run", RUN), ("run.jsonl", &run), ("qrels.json", qrels)])
}

#[test]
fn a_run_is_measured_and_every_query_accounted_for() {
    let files = ranked();
    let found = files.json("rank --qrels qrels --run run --measures RR,R@1,AP,rr --per-query");
    assert_eq!(found["measures"]["RR"]["value"], 0.5);
    assert_eq!(found["measures"]["RR"]["n"], 3);
    assert!(
        found["measures"]["RR"]["low"].as_f64().unwrap() < found["measures"]["RR"]["high"].as_f64().unwrap()
    );
    assert_eq!(found["states"], json!({"scored": 2, "missing": 1, "undefined": 1, "unjudged": 1}));
    assert_eq!(found["missing"], json!(["q3"]));
    assert_eq!(found["per_query"]["q1"], json!({"RR": 0.5, "R@1": 0.0, "AP": 0.5, "Judged@1": 1.0}));
    assert_eq!(found["per_query"]["q4"]["RR"], Value::Null);
}

#[test]
fn json_and_trec_say_the_same_and_the_defaults_are_six_measures_with_what_was_judged() {
    let files = ranked();
    let found = files.json("rank --qrels qrels.json --run run.jsonl");
    let names: Vec<&String> = found["measures"].as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 9, "{names:?}");
    assert_eq!(found["measures"]["RR"]["value"], 0.75);
}

#[test]
fn evidence_is_found_however_the_documents_are_cut() {
    let gold = "{\"query\":\"q1\",\"doc\":\"a\",\"char_start\":10,\"char_end\":30}\n";
    let run = "{\"query\":\"q1\",\"doc\":\"a\",\"char_start\":0,\"char_end\":20,\"score\":2}\n\
               {\"query\":\"q1\",\"doc\":\"a\",\"char_start\":20,\"char_end\":40,\"score\":1}\n";
    let files = Files::of(&[("gold.jsonl", gold), ("run.jsonl", run)]);
    let found =
        files.json("rank --qrels gold.jsonl --run run.jsonl --measures EvidenceR@1,EvidenceR@2,EvidenceP@2");
    let value = |name: &str| found["measures"][name]["value"].as_f64().unwrap();
    assert_eq!((value("EvidenceR@1"), value("EvidenceR@2"), value("EvidenceP@2")), (0.5, 1.0, 0.5));
}

#[test]
fn people_read_a_table_with_what_is_missing() {
    let run = ranked().run("rank --qrels qrels --run run --measures RR,P@1");
    assert_eq!(run.status, 0, "{}", run.stderr);
    expect![[r#"
        RR        0.5000  [0.0000, 1.0000]  n 3
        P@1       0.3333  [0.0000, 1.0000]  n 3
        Judged@1  0.5000  [0.0000, 1.0000]  n 4
        1 missing, 2 scored, 1 undefined, 1 unjudged
          missing, scored 0: q3
    "#]]
    .assert_eq(&run.stdout);
}

#[test]
fn a_bad_rank_file_is_named_with_its_line_and_what_to_write() {
    let files = Files::of(&[
        ("qrels", QRELS),
        ("twice", "q1 Q0 a 1 2 x\nq1 Q0 b 2 1 x\nq1 Q0 a 3 0 x\n"),
        ("other", "x1 Q0 a 1 2 x\n"),
        ("run", RUN),
        ("broken.jsonl", "{\"query\":\"q1\",\"doc\":\"a\",\"score\":1}\n{\"query\":\"q1\",\"doc\":\"b\"}\n"),
    ]);
    files.refused("rank --qrels qrels --run twice", expect![[r#"
        error: twice: line 3: `a` is returned a second time for query `q1`
        hint: judgements: `query 0 document relevance`, or a table `query-id corpus-id score`; runs: `query Q0 document rank score name`
    "#]]);
    files.refused(
        "rank --qrels qrels --run other",
        expect![[r#"
        error: other: no judged query is in the run: it has `x1`, judgements have `q1`
        hint: use the same query ids in both files
    "#]],
    );
    files.refused("rank --qrels qrels --run broken.jsonl", expect![[r#"
        error: broken.jsonl: line 2: `b` has no score that is a number of the right kind
        hint: write {"query","doc","relevance"} (judgements) or {"query","doc","score"} (runs) a line, or TREC's columns
    "#]]);
    files.refused("rank --qrels qrels --run run --measures nDCG@x", expect![[r#"
        error: `nDCG@x` is no measure
        hint: try nDCG@10, R@100, RR, AP, P@5, Success@5, Rprec, Bpref, RBP(p=0.8) or ERR@10 (docs/reference/metrics.md has them all)
    "#]]);
    files.refused(
        "rank --qrels nowhere --run run",
        expect![[r#"
        error: cannot read nowhere: No such file or directory (os error 2)
        hint: check the path
    "#]],
    );
}

const GOLD: &str = "{\"id\":\"1\",\"answers\":[\"the Eiffel Tower\",\"Eiffel\"]}\n{\"id\":\"2\",\"answer\":\"30 days\"}\n\
                    {\"id\":\"3\",\"answerable\":false}\n{\"id\":\"4\",\"answer\":\"yes\"}\n";

#[test]
fn answers_are_measured_and_so_is_silence() {
    let pred = "{\"id\":\"1\",\"answer\":\"Eiffel Tower.\"}\n{\"id\":\"2\",\"answer\":\"within 30 days\"}\n\
                {\"id\":\"3\",\"answer\":\"\",\"answerable\":false}\n";
    let files = Files::of(&[("gold", GOLD), ("pred", pred)]);
    let found = files.json("text --pred pred --gold gold --measures em,f1,rouge1 --per-query");
    let value = |name: &str| found["measures"][name]["value"].as_f64().unwrap();
    assert_eq!((value("em"), value("f1")), (0.5, (1.0 + 0.8 + 1.0) / 4.0));
    assert_eq!(
        (found["measures"]["em"]["n"].as_u64(), found["measures"]["rouge1"]["n"].as_u64()),
        (Some(4), Some(3))
    );
    assert_eq!((value("correct_refusal_rate"), value("over_refusal_rate")), (1.0, 1.0 / 3.0));
    assert_eq!(found["states"], json!({"scored": 2, "abstained": 1, "missing": 1}));
    assert_eq!(found["per_query"]["4"]["f1"], 0.0);
    assert_eq!(found["missing"], json!(["4"]));
}

#[test]
fn ids_that_do_not_meet_are_refused_with_the_line() {
    let files = Files::of(&[
        ("gold", GOLD),
        ("pred", "{\"id\":\"1\",\"answer\":\"x\"}\n{\"id\":\"9\",\"answer\":\"x\"}\n"),
    ]);
    files.refused(
        "text --pred pred --gold gold",
        expect![[r#"
        error: pred: line 2: `9` is not in gold
        hint: use the same ids in both files, such as `1`
    "#]],
    );
    let twice =
        Files::of(&[("gold", "{\"id\":1,\"label\":\"a\"}\n{\"id\":1,\"label\":\"a\"}\n"), ("pred", "")]);
    twice.refused(
        "labels --pred pred --gold gold",
        expect![[r#"
        error: gold: line 2: `1` comes a second time, after line 1
        hint: give every item one line
    "#]],
    );
}

#[test]
fn labels_without_ids_are_joined_by_line_and_confidences_are_judged() {
    let gold = "{\"label\":\"a\"}\n{\"label\":\"a\"}\n{\"label\":\"b\"}\n{\"label\":\"b\"}\n";
    let pred = "{\"label\":\"a\",\"scores\":{\"a\":0.9,\"b\":0.1}}\n{\"label\":\"b\",\"scores\":{\"a\":0.4,\"b\":0.6}}\n\
                {\"label\":\"b\",\"scores\":{\"a\":0.2,\"b\":0.8}}\n{\"label\":\"b\",\"scores\":{\"a\":0.3,\"b\":0.7}}\n";
    let found = Files::of(&[("gold", gold), ("pred", pred)]).json("labels --pred pred --gold gold");
    let value = |name: &str| found["measures"][name]["value"].as_f64().unwrap();
    assert_eq!((value("accuracy"), value("auroc")), (0.75, 1.0));
    assert!(
        (value("macro_f1") - (2.0 / 3.0 + 0.8) / 2.0).abs() < 1e-12 && (value("brier") - 0.125).abs() < 1e-12
    );
    assert_eq!(found["confusion"], json!({"labels": ["a", "b"], "counts": [[1, 1, 0], [0, 2, 0]]}));
    assert_eq!(found["per_label"]["a"]["recall"]["value"], 0.5);
}

#[test]
fn spans_are_strict_lenient_and_by_document() {
    let span = |id: u32, spans: &[(u32, u32, &str)]| {
        let spans: Vec<Value> = spans
            .iter()
            .map(|(start, end, label)| json!({"char_start": start, "char_end": end, "label": label}))
            .collect();
        json!({"id": id, "text": "On 1 May 2026 ACME paid 1,000 euros", "spans": spans}).to_string()
    };
    let gold = [span(1, &[(3, 13, "date"), (14, 18, "org")]), span(2, &[(24, 29, "amount")])].join("\n");
    let pred = [span(1, &[(3, 13, "date"), (14, 23, "org")]), span(2, &[(24, 29, "amount")])].join("\n");
    let found = Files::of(&[("gold", &gold), ("pred", &pred)]).json("spans --pred pred --gold gold");
    let value = |name: &str| found["measures"][name]["value"].as_f64().unwrap();
    assert_eq!((value("f1"), value("lenient_f1")), (2.0 / 3.0, 1.0));
    assert_eq!((value("document_exact"), value("value_f1")), (0.5, 2.0 / 3.0));
    assert_eq!(found["per_label"]["org"]["exact"]["value"], 0.0);
}

#[test]
fn tags_are_read_strictly_and_as_conlleval_reads_them() {
    let row = |tags: &[&str]| json!({"id": "1", "tags": tags}).to_string();
    let files = Files::of(&[
        ("gold", &row(&["B-x", "I-x", "O"])),
        ("pred", &row(&["I-x", "I-x", "O"])),
        ("short", &row(&["B-x"])),
        ("odd", &row(&["B-x", "X-y", "O"])),
    ]);
    let found = files.json("spans --pred pred --gold gold");
    assert_eq!(
        (found["measures"]["f1"]["value"].as_f64(), found["measures"]["lenient_f1"]["value"].as_f64()),
        (Some(0.0), Some(1.0))
    );
    files.refused(
        "spans --pred short --gold gold",
        expect![[r#"
        error: short: line 1: 1 tags, the gold file has 3 for `1`
        hint: tag the same tokens in both files
    "#]],
    );
    files.refused(
        "spans --pred odd --gold gold",
        expect![[r#"
        error: odd: line 1: `X-y` is no tag: write O, B-LABEL or I-LABEL
        hint: write {"id","spans":[{"char_start","char_end","label"}]} or {"id","tags":["B-LABEL",…]} a line
    "#]],
    );
}

#[test]
fn well_formed_tags_are_the_same_strictly_and_leniently() {
    fn rows(tags: [&[&str]; 2]) -> String {
        let row = |id: usize| json!({"id": id.to_string(), "tags": tags[id]}).to_string();
        [row(0), row(1)].join("\n")
    }
    // The first entity ends elsewhere: it overlaps, which is not enough for tags.
    let gold = rows([&["B-x", "I-x", "O", "B-y"], &["O", "B-x"]]);
    let pred = rows([&["B-x", "O", "O", "B-y"], &["O", "B-x"]]);
    let files = Files::of(&[("gold", &gold), ("pred", &pred)]);
    let found = files.json("spans --pred pred --gold gold --per-query");
    let value = |name: &str| found["measures"][name]["value"].as_f64().unwrap();
    assert_eq!((value("f1"), value("lenient_f1")), (2.0 / 3.0, 2.0 / 3.0));
    assert_eq!(found["per_query"]["0"], json!({"f1": 0.5, "lenient_f1": 0.5}));
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let files = ranked();
    let bytes =
        |words: &str| files.run(&format!("rank --qrels qrels --run run --per-query --json {words}")).stdout;
    assert_eq!(bytes("--threads 1"), bytes("--threads 3"));
}
