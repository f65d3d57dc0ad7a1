//! The bundled handbook: its questions asked through the binary, and the whole demonstration.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bench::Bench;
use crate::studio::Studio;

/// Of the questions the handbook does not answer, at most this share may be answered: 2 of 24 are.
const MOST_FALSE: f64 = 0.10;
/// Of those it answers, at least this share must be answered with the gold words in the quotes.
const LEAST_RIGHT: f64 = 0.50;

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn quotes(answer: &Value) -> Vec<String> {
    let citations = answer["citations"].as_array().unwrap();
    citations.iter().map(|citation| flat(citation["quote"].as_str().unwrap())).collect()
}

#[test]
fn the_sample_is_answered_from_its_own_words_and_what_it_lacks_is_not() {
    let Some(bench) = Bench::full() else { return };
    let sample = engraft_testkit::repository().join("sample");
    bench.json(&["ingest", sample.join("handbook").to_str().unwrap()]);
    let questions = std::fs::read_to_string(sample.join("questions.jsonl")).unwrap();
    let questions: Vec<Value> = questions.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let run = bench.run(&["--json", "ask", "--batch", sample.join("questions.jsonl").to_str().unwrap()]);
    let answers: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), questions.len());

    let mut texts: BTreeMap<String, Vec<char>> = BTreeMap::new();
    let (mut right, mut answerable, mut wrong) = (0, 0, 0);
    for (question, answer) in questions.iter().zip(&answers) {
        assert_eq!(question["id"], answer["id"]);
        for citation in answer["citations"].as_array().unwrap() {
            let text = texts.entry(citation["doc_id"].as_str().unwrap().to_string()).or_insert_with(|| {
                let shown = bench.json(&["docs", "show", citation["doc_id"].as_str().unwrap()]);
                shown["text"].as_str().unwrap().chars().collect()
            });
            let at = |name: &str| citation[name].as_u64().unwrap() as usize;
            let span: String = text[at("char_start")..at("char_end")].iter().collect();
            assert_eq!(citation["quote"], span.as_str(), "{}", question["question"]);
        }
        let given = quotes(answer);
        if question["answerable"] == false {
            wrong += usize::from(answer["answerable"] == true);
            continue;
        }
        answerable += 1;
        let golds = question["gold"].as_array().unwrap().iter();
        let mut golds = golds.map(|gold| flat(gold["quote"].as_str().unwrap()));
        right += usize::from(
            golds.any(|gold| given.iter().any(|quote| quote.contains(&gold) || gold.contains(quote))),
        );
    }
    let unanswerable = questions.len() - answerable;
    let (right, wrong) = (right as f64 / answerable as f64, wrong as f64 / unanswerable as f64);
    assert!(wrong <= MOST_FALSE, "{wrong:.3} of the unanswerable questions are answered");
    assert!(right >= LEAST_RIGHT, "only {right:.3} of the questions have the gold words in their quotes");
}

#[test]
fn the_demonstration_tunes_a_classifier_and_a_reranker_and_says_what_each_gained() {
    let Some(bench) = Bench::full() else { return };
    let mut command = bench.command(&["--json", "demo", bench.path("demo").to_str().unwrap()]);
    // The demonstration takes the encoder that is known by name, from the folder of this machine's models.
    let models = bench.path("home").join("models");
    std::fs::create_dir_all(&models).unwrap();
    let link = models.join("all-MiniLM-L6-v2");
    std::os::unix::fs::symlink(engraft_testkit::model().unwrap().canonicalize().unwrap(), link).unwrap();
    command.current_dir(bench.path(""));
    let run = crate::bench::run(command);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let annotated = &report["annotated"];
    assert_eq!((&annotated["dataset"], &annotated["items"]), (&"support-topics".into(), &72.into()));
    let agreement = &annotated["agreement"][0];
    assert_eq!(agreement["measure"], "alpha_nominal", "{annotated}");
    assert!(
        agreement["metric"]["value"].is_number() && agreement["metric"]["low"].is_number(),
        "{annotated}"
    );
    for (tuned, measure) in [("tuned", "accuracy"), ("reranked", "nDCG@10")] {
        let tuned = &report[tuned];
        for metric in [&tuned["eval"][measure], &tuned["against_base"][measure]] {
            assert!(metric["value"].is_number() && metric["n"].as_u64() > Some(10), "{tuned}");
        }
        assert!(tuned["why"].as_str().unwrap().contains(measure), "{tuned}");
    }
    let reranked = &report["reranked"];
    assert!(reranked["eval"]["nDCG@10 before"]["low"].is_number(), "{reranked}");
    assert_eq!((&reranked["served"], &reranked["kind"]), (&reranked["ship"], &"reranker".into()));
    // Every question of the handbook that was judged has its document there after the update.
    assert_eq!(reranked["data"]["unresolved"], 0, "{reranked}");
    assert!(bench.path("demo/judgements.jsonl").is_file());
    look_in_the_studio(&bench, report["workspace"].as_str().unwrap());
}

/// What the demonstration made, as `engraft serve` shows it to somebody who was added as it says.
fn look_in_the_studio(bench: &Bench, workspace: &str) {
    let there = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_engraft"));
        command
            .args(["--workspace", workspace, "--quiet"])
            .args(words)
            .env("ENGRAFT_HOME", bench.path("home"));
        command
    };
    let run = |words: &[&str]| {
        let run = crate::bench::run(there(words));
        assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
        run.stdout
    };
    run(&["user", "add", "kim", "--role", "owner"]);
    let made: Value =
        serde_json::from_str(&run(&["--json", "token", "create", "--as", "kim", "--scope", "read"])).unwrap();
    let studio = Studio::start(there(&["serve", "--addr", "127.0.0.1:0"]));
    let token = made["token"].as_str().unwrap();
    let datasets = studio.get("/api/v1/datasets", token);
    assert!(datasets.contains("support-topics"), "{datasets}");
    let dashboard = studio.get("/d/support-topics/dashboard", token);
    assert!(dashboard.contains("Agreement"), "{dashboard}");
    let decision = studio.get("/decisions/1", token);
    assert!(decision.contains("data-weigh"), "{decision}");
}
