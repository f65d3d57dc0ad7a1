//! eval, metrics compare and gate: runs are kept, compared pair by pair, and go on after an interruption.

use std::path::PathBuf;

use engraft_testkit::nulls::unexplained;
use expect_test::expect;
use serde_json::Value;

use crate::bench::{Bench, shape};

fn file(bench: &Bench, name: &str, lines: &str) -> String {
    let path: PathBuf = bench.path(name);
    std::fs::write(&path, lines).unwrap();
    path.to_str().unwrap().to_string()
}

fn handbook() -> Bench {
    let bench = Bench::lexical();
    bench.write("leave.md", "# Leave\n\nEvery employee has 28 days of annual leave.\n");
    bench.write("travel.md", "# Travel\n\nHotels are booked by the travel desk.\n");
    bench.write("keys.md", "# Keys\n\nLost keys are reported to the porter at once.\n");
    bench.ingest();
    bench
}

const QUERIES: &str = "{\"_id\":\"1\",\"text\":\"annual leave\"}\n{\"_id\":\"2\",\"text\":\"hotels\"}\n\
                       {\"_id\":\"3\",\"text\":\"nobody judged this\"}\n";

fn retrieval(bench: &Bench, qrels: &str) -> Value {
    let (queries, qrels) = (file(bench, "queries.jsonl", QUERIES), file(bench, "qrels.tsv", qrels));
    bench.json(&["eval", "retrieval", "--queries", &queries, "--qrels", &qrels, "--mode", "lexical"])
}

/// Scores of `n` items of which the first `right` are right.
fn scores(bench: &Bench, name: &str, n: usize, right: impl Fn(usize) -> bool) -> String {
    let line = |at: usize| format!("{{\"id\":\"q{at}\",\"score\":{}}}\n", u8::from(right(at)));
    file(bench, name, &(0..n).map(line).collect::<String>())
}

#[test]
fn retrieval_is_measured_and_kept_item_by_item() {
    let bench = handbook();
    let report = retrieval(&bench, "1 0 leave.md 1\n2 0 keys.md 1\n2 0 travel.md 2\n");
    assert_eq!(report["states"]["scored"], 2, "{report}");
    assert_eq!(report["measures"]["RR@10"]["value"], 1.0);
    assert_eq!(report["measures"]["RR@10"]["n"], 2);
    let run = report["run_id"].as_str().unwrap();
    let shown = bench.json(&["eval", "show", &run[..10]]);
    assert_eq!(shown["rows"][0]["id"], "1");
    assert_eq!(shown["rows"][0]["scores"]["RR@10"], 1.0);
    assert_eq!(shown["about"]["mode"], "lexical");
    let again = retrieval(&bench, "1 0 leave.md 1\n2 0 keys.md 1\n2 0 travel.md 2\n");
    assert_eq!(again["run_id"], run, "the same outcome has the same id");
    assert_eq!(bench.json(&["eval", "list"])["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn two_queries_with_one_id_are_refused_wherever_queries_are_read() {
    let bench = handbook();
    let queries = "{\"_id\":\"1\",\"text\":\"annual leave\"}\n{\"_id\":\"1\",\"text\":\"hotels\"}\n";
    let (queries, qrels) = (file(&bench, "q.jsonl", queries), file(&bench, "q.tsv", "1 0 leave.md 1\n"));
    let run = bench.path("run.trec");
    let measured = ["eval", "retrieval", "--queries", &queries, "--qrels", &qrels, "--mode", "lexical"];
    let searched = ["search", "--batch", &queries, "--out", run.to_str().unwrap()];
    for words in [&measured[..], &searched] {
        let (status, told) = bench.json_status(words);
        let message = told["error"]["message"].as_str().unwrap_or_default();
        assert!(
            status == 2 && message.ends_with("q.jsonl: two queries have the `_id` `1`"),
            "{status} {told}"
        );
    }
    assert!(!run.exists());
}

#[test]
fn what_cannot_be_measured_has_a_state_and_is_counted() {
    let bench = handbook();
    let report = retrieval(&bench, "1 0 leave.md 1\n2 0 travel.md 0\n9 0 keys.md 1\n");
    let states = &report["states"];
    assert_eq!(
        (&states["scored"], &states["undefined"], &states["skipped"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(report["failures"][0]["uri"], "9");
    // The one that is missing may have been right or wrong.
    assert_eq!(
        (&report["bounds"]["RR@10"]["worst"], &report["bounds"]["RR@10"]["best"]),
        (&0.5.into(), &1.0.into())
    );
    for part in ["measures", "states", "bounds"] {
        let unexplained = unexplained(&report[part], &[]);
        assert!(unexplained.is_empty(), "{part}: {unexplained:?}");
    }
}

#[test]
fn judgements_of_other_queries_are_refused_with_a_hint() {
    let bench = handbook();
    let (queries, qrels) = (file(&bench, "q.jsonl", QUERIES), file(&bench, "r.tsv", "77 0 leave.md 1\n"));
    let (status, error) = bench.json_status(&["eval", "retrieval", "--queries", &queries, "--qrels", &qrels]);
    assert_eq!((status, &error["error"]["kind"]), (2, &"user".into()), "{error}");
    assert!(error["error"]["hint"].as_str().unwrap().contains("_id"));
}

#[test]
fn answers_are_measured_and_one_bad_line_does_not_stop_the_rest() {
    let Some(bench) = Bench::full() else { return };
    bench.write("leave.md", "# Leave\n\nEvery employee has 28 days of annual leave.\n");
    bench.ingest();
    let questions = file(
        &bench,
        "questions.jsonl",
        "{\"id\":\"a\",\"question\":\"How many days of annual leave do I get?\",\"answers\":[{\"text\":\"28 days\",\"uri\":\"leave.md\"}]}\n\
         no json\n\
         {\"id\":\"b\",\"question\":\"What is the melting point of tungsten?\",\"answerable\":false}\n",
    );
    let report = bench.json(&["eval", "answers", "--questions", &questions]);
    expect!["{abstained failed no_claims scored skipped timeout undefined}"]
        .assert_eq(&shape(&report["states"]));
    let states = &report["states"];
    assert_eq!(
        (&states["scored"], &states["abstained"], &states["failed"]),
        (&1.into(), &1.into(), &1.into())
    );
    assert_eq!(report["measures"]["right"]["n"], 2, "{report}");
    assert_eq!(report["measures"]["gold_in_quotes"]["value"], 1.0);
    assert_eq!(report["measures"]["citation_exact"]["value"], 1.0);
    assert_eq!(report["outcomes"]["answered_right"], 1);
    assert_eq!(report["failures"][0]["uri"], "line 2");
}

#[test]
fn two_runs_of_the_workspace_are_compared_by_their_ids() {
    let bench = handbook();
    let good = retrieval(&bench, "1 0 leave.md 1\n2 0 travel.md 1\n");
    let other = retrieval(&bench, "1 0 leave.md 1\n2 0 keys.md 1\n");
    let id = |report: &Value| report["run_id"].as_str().unwrap()[..12].to_string();
    let report = bench.json(&["metrics", "compare", &id(&good), &id(&other), "--metric", "RR@10"]);
    assert_eq!(report["difference"]["value"], 0.5, "{report}");
    assert_eq!((&report["verdict"], &report["difference"]["n"]), (&"need more".into(), &2.into()));
    assert!(report["need_n"].as_u64().unwrap() > 0);
}

#[test]
fn files_of_scores_are_compared_without_a_workspace() {
    let bench = Bench::lexical();
    let good = scores(&bench, "good.jsonl", 200, |at| at % 10 < 8);
    let bad = scores(&bench, "bad.jsonl", 200, |at| at % 10 < 6);
    let run = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_engraft"));
        command.args(["--json", "metrics", "compare"]).args(words).current_dir(bench.path("docs"));
        crate::bench::run(command)
    };
    let report: Value = serde_json::from_str(&run(&[&good, &bad]).stdout).unwrap();
    expect!["{a{mean{high low n value} only_here states{abstained failed no_claims scored skipped timeout undefined}} b{mean{high low n value} only_here states{abstained failed no_claims scored skipped timeout undefined}} bounds difference{high low n value} documents margin mde method metric need_n one_sided{high low} p seeds standard_error verdict}"]
        .assert_eq(&shape(&report));
    assert_eq!((&report["verdict"], &report["need_n"]), (&"better".into(), &0.into()), "{report}");
    // Forty pairs differ, all in one direction: McNemar's exact p is 2 to the power of -39.
    assert!((report["p"].as_f64().unwrap() / 2f64.powi(-39) - 1.0).abs() < 1e-9);
    let swapped: Value = serde_json::from_str(&run(&[&bad, &good]).stdout).unwrap();
    assert_eq!((&swapped["verdict"], &swapped["difference"]["value"]), (&"worse".into(), &(-0.2).into()));
    let same: Value = serde_json::from_str(&run(&[&good, &good]).stdout).unwrap();
    assert_eq!(same["verdict"], "equivalent");
    let one = run(&[&good, &bad, "--threads", "1"]).stdout;
    assert_eq!(one, run(&[&good, &bad, "--threads", "2"]).stdout, "the same bytes at any number of threads");
}

#[test]
fn a_gate_passes_fails_or_asks_for_more_and_exits_so() {
    let bench = Bench::lexical();
    let base = scores(&bench, "base.jsonl", 600, |at| at % 10 < 7);
    let worse = scores(&bench, "worse.jsonl", 600, |at| at % 10 < 6);
    let few = scores(&bench, "few.jsonl", 20, |at| at % 10 < 7);
    let gate = |run: &str, baseline: &str| {
        let words = ["gate", run, "--baseline", baseline, "--metric", "score", "--margin", "0.02"];
        let (status, report) = bench.json_status(&words);
        (status, report["verdict"].as_str().unwrap().to_string())
    };
    assert_eq!(gate(&base, &base), (0, "pass".to_string()));
    assert_eq!(gate(&worse, &base), (1, "fail".to_string()));
    assert_eq!(gate(&few, &few), (1, "need more".to_string()));
}

#[test]
fn a_run_that_fails_half_its_items_does_not_pass() {
    let bench = Bench::lexical();
    let base = scores(&bench, "base.jsonl", 600, |at| at % 10 < 7);
    let lines = |at: usize| match at % 2 {
        0 => format!("{{\"id\":\"q{at}\",\"state\":\"failed\"}}\n"),
        _ => format!("{{\"id\":\"q{at}\",\"score\":1}}\n"),
    };
    let broken = file(&bench, "broken.jsonl", &(0..600).map(lines).collect::<String>());
    let words = ["gate", &broken, "--baseline", &base, "--metric", "score", "--margin", "0.02"];
    let (status, report) = bench.json_status(&words);
    assert_eq!(
        (status, &report["verdict"], &report["states"]["failed"]),
        (1, &"need more".into(), &300.into())
    );
}

#[test]
fn what_is_no_run_and_no_file_is_named() {
    let bench = Bench::lexical();
    let (status, error) = bench.json_status(&["metrics", "compare", "0123456789", "nowhere.jsonl"]);
    assert_eq!((status, &error["error"]["kind"]), (2, &"missing".into()), "{error}");
    assert!(error["error"]["hint"].as_str().unwrap().contains("engraft eval list"));
}

#[test]
fn a_tuned_model_is_measured_on_rows_it_has_not_seen() {
    let bench = Bench::lexical();
    let row = |at: usize, from: usize| {
        let (word, label) = [("card", "cards"), ("transfer", "money"), ("fee", "fees")][at % 3];
        format!(
            "{{\"id\":\"r{}\",\"text\":\"about my {word} number {at}\",\"label\":\"{label}\"}}\n",
            from + at
        )
    };
    let data = file(&bench, "train.jsonl", &(0..60).map(|at| row(at, 0)).collect::<String>());
    let seen =
        (0..30).map(|at| row(at, 1000)).collect::<String>() + "{\"id\":\"bad\",\"text\":\"no label\"}\n";
    let held_out = file(&bench, "eval.jsonl", &seen);
    bench.json(&["tune", "classifier", "--data", &data, "--method", "linear", "--name", "topics"]);
    let report = bench.json(&["eval", "model", "topics", "--data", &held_out]);
    assert_eq!(
        (&report["states"]["scored"], &report["states"]["failed"]),
        (&30.into(), &1.into()),
        "{report}"
    );
    assert!(report["measures"]["accuracy"]["value"].as_f64().unwrap() > 0.9, "{report}");
    for name in ["macro_f1", "micro_f1", "precision", "recall", "ece"] {
        assert!(report["measures"][name]["value"].is_number(), "{name} in {report}");
    }
    let again = bench.json(&["eval", "model", "topics", "--data", &held_out]);
    assert_eq!(again["run_id"], report["run_id"]);
}
