//! Tuning search from passages that people graded in a dataset, and from texts that are longer than what is read.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::ranking::{ROOMS, THINGS, furnished, pairs, refused, report_is_whole, tune};
use crate::tuning::lines;

fn file(bench: &Bench, name: &str, rows: &[Value]) -> String {
    let path = bench.path(name);
    std::fs::write(&path, lines(rows)).unwrap();
    path.to_str().unwrap().to_string()
}

const SCHEMA: &str = r#"{"fields":[{"name":"query","type":"text"},{"name":"passages","type":"passages"}],
    "questions":[{"name":"sure","type":"label","options":["yes","no"],"required":false},
        {"name":"relevance","type":"relevance","field":"passages","query":"query"}]}"#;

/// An item that asks for a thing: the passage of its room answers, that of another room does not.
fn item(at: usize, folder: &str) -> Value {
    let passage = |id: &str, at: usize| {
        json!({ "id": id, "text": format!("The {} is kept in the {}.", THINGS[at], ROOMS[at]),
            "uri": format!("{folder}{}.md", ROOMS[at]) })
    };
    json!({
        "id": format!("q{at}"),
        "fields": { "query": format!("Where do I find a {}?", THINGS[at]),
            "passages": [passage("other", (at + 5) % 12), passage("own", at)] },
        "resolution": { "source": "adjudicated",
            "answers": { "relevance": [{ "id": "other", "grade": 0 }, { "id": "own", "grade": 3 }] } },
    })
}

/// The dataset `judge` of these items.
fn judge(bench: &Bench, items: &[Value]) {
    let schema = bench.path("schema.json");
    std::fs::write(&schema, SCHEMA).unwrap();
    bench.json(&["dataset", "create", "judge", "--schema", schema.to_str().unwrap()]);
    let items = file(bench, "items.jsonl", items);
    bench.json(&["dataset", "import", "judge", &items, "--format", "jsonl"]);
}

/// Twelve graded questions, one that nobody has decided, and one whose answer is not among the documents.
fn house() -> Bench {
    let bench = furnished(Bench::tiny());
    let mut items: Vec<Value> = (0..12).map(|at| item(at, "")).collect();
    let mut open = item(0, "");
    open["id"] = "open".into();
    open["fields"]["query"] = "Who has seen the kettle?".into();
    open.as_object_mut().unwrap().remove("resolution");
    let mut far = item(1, "attic/");
    far["id"] = "far".into();
    far["fields"]["query"] = "Which map shows the moon?".into();
    items.extend([open, far]);
    judge(&bench, &items);
    bench
}

#[test]
fn grades_of_a_dataset_teach_a_retriever_and_a_reranker() {
    let bench = house();
    let retriever = bench.json(&tune("retriever", "judge", &[]));
    let more = ["--method", "cross-encoder", "--epochs", "1", "--window", "64"];
    let reranker = bench.json(&tune("reranker", "judge", &more));
    let snapshot = &bench.json(&["dataset", "show", "judge"])["snapshot"];
    for (kind, report) in [("retriever", &retriever), ("reranker", &reranker)] {
        report_is_whole(report, kind);
        assert_eq!(report["model"], format!("judge-{kind}"));
        assert_eq!(&report["data_snapshot"], snapshot, "{report}");
        let data = &report["data"];
        assert_eq!((&data["unresolved"], &data["audit"]["rows"]), (&2.into(), &13.into()), "{data}");
        assert!(report["lineage"][0].as_str().unwrap().starts_with("dataset:judge@"), "{report}");
    }
    assert_eq!(reranker["method"], "cross-encoder");
    refused(&bench, &["tune", "reranker", "--data", "judge", "--method", "magic"], 2, "cross-encoder");
}

#[test]
fn grades_that_people_gave_are_resolved_and_then_learnt() {
    let bench = furnished(Bench::tiny());
    let given = |at: usize| {
        let mut item = item(at, "");
        let answers = item["resolution"]["answers"].take();
        item.as_object_mut().unwrap().remove("resolution");
        item["responses"] = json!([{ "user": "ana", "status": "submitted", "answers": answers }]);
        item
    };
    judge(&bench, &(0..12).map(given).collect::<Vec<_>>());
    refused(&bench, &["tune", "retriever", "--data", "judge"], 2, "engraft resolve judge");
    let resolved = bench.json(&["resolve", "judge"]);
    assert_eq!((&resolved["question"], &resolved["method"]), (&"relevance".into(), &"majority".into()));
    assert_eq!((&resolved["items"], &resolved["choice"]), (&json!([]), &Value::Null), "{resolved}");
    assert_eq!(resolved["written"], json!({ "agreed": 12, "aggregated": 0, "left": 0 }));
    let report = bench.json(&tune("retriever", "judge", &[]));
    assert_eq!(report["data"]["audit"]["rows"], 12, "{report}");
}

#[test]
fn the_bundled_judgements_are_whole_and_stand_beside_questions_that_wait() {
    let bench = furnished(Bench::lexical());
    let queries = file(&bench, "queries.jsonl", &[json!({ "_id": "open", "text": "kettle" })]);
    bench.json(&["dataset", "import", "judge", &queries, "--format", "queries", "-k", "3"]);
    let judged = engraft_testkit::repository().join("sample/annotation/judged.jsonl");
    let words = ["dataset", "import", "judge", judged.to_str().unwrap(), "--format", "jsonl", "--strict"];
    let report = bench.json(&words);
    assert_eq!((&report["items"], &report["responses"]), (&100.into(), &100.into()));
    let written = &bench.json(&["resolve", "judge"])["written"];
    assert_eq!((&written["agreed"], &written["left"]), (&100.into(), &0.into()));
    let shown = bench.json(&["dataset", "show", "judge"]);
    assert_eq!((&shown["items"], &shown["resolved"]), (&101.into(), &100.into()));
}

#[test]
fn a_dataset_counts_for_fusion_as_the_judgements_that_it_holds() {
    let bench = house();
    refused(&bench, &["tune", "fusion", "--data", "judge"], 2, "there are 12: 38 more");
}

#[test]
fn an_item_with_one_passage_is_judged_together_with_others_of_its_question() {
    let bench = furnished(Bench::tiny());
    let one = |at: usize, passage: usize| {
        let mut item = item(at, "");
        item["id"] = format!("q{at}-{passage}").into();
        let shown = item["fields"]["passages"][passage].clone();
        let grade = item["resolution"]["answers"]["relevance"][passage].clone();
        item["fields"]["passages"] = json!([shown]);
        item["resolution"]["answers"]["relevance"] = json!([grade]);
        item
    };
    let items: Vec<Value> = (0..24).map(|n| one(n % 12, n / 12)).collect();
    judge(&bench, &items);
    let report = bench.json(&tune("retriever", "judge", &[]));
    let data = &report["data"];
    assert_eq!((&data["audit"]["rows"], &data["rejected_total"]), (&12.into(), &0.into()), "{data}");
}

#[test]
fn a_dataset_that_grades_no_passages_or_is_not_resolved_says_what_to_do() {
    let bench = house();
    for kind in ["retriever", "reranker", "fusion"] {
        let window: &[&str] = if kind == "reranker" { &["--window", "64"] } else { &[] };
        let asked = [&["tune", kind, "--data", "judge", "--question", "sure"], window].concat();
        refused(&bench, &asked, 2, "judge has no question `sure` of type relevance");
    }
    let schema = bench.path("labels.json");
    let text = r#"{"fields":[{"name":"text","type":"text"}],
        "questions":[{"name":"topic","type":"label","options":["a","b"]}]}"#;
    std::fs::write(&schema, text).unwrap();
    bench.json(&["dataset", "create", "labels", "--schema", schema.to_str().unwrap()]);
    refused(
        &bench,
        &["tune", "retriever", "--data", "labels"],
        2,
        "labels asks no question of type relevance",
    );
    bench.json(&["dataset", "delete", "judge", "--confirm", "judge"]);
    let mut open = item(0, "");
    open.as_object_mut().unwrap().remove("resolution");
    judge(&bench, &[open]);
    refused(&bench, &["tune", "retriever", "--data", "judge"], 2, "engraft resolve judge");
}

#[test]
fn graded_passages_whose_documents_are_not_here_can_be_learnt_by_their_own_words() {
    let bench = furnished(Bench::tiny());
    let items: Vec<Value> = (0..12).map(|at| item(at, "elsewhere/")).collect();
    judge(&bench, &items);
    let asked = ["tune", "reranker", "--data", "judge", "--window", "64"];
    refused(&bench, &asked, 2, "12 have no answer among the documents here");
    refused(&bench, &asked, 2, "engraft dataset export judge FILE --format rerank-triplets");
    refused(&bench, &asked, 2, "only grades 2 and 3");
    let triplets = bench.path("triplets.jsonl");
    let triplets = triplets.to_str().unwrap();
    bench.json(&["dataset", "export", "judge", triplets, "--format", "rerank-triplets"]);
    let report = bench.json(&tune("reranker", triplets, &["--epochs", "1", "--window", "64"]));
    report_is_whole(&report, "reranker");
}

/// The figures of a report on what was too long: all, left out, cut, and the tokens lost.
fn too_long(report: &Value) -> [u64; 4] {
    let done = &report["data"]["over_length"];
    ["too_long", "dropped", "truncated", "tokens_lost"].map(|key| done[key].as_u64().unwrap())
}

/// The rows that were learned from.
fn learnt(report: &Value) -> u64 {
    report["train"]["rows"].as_u64().unwrap_or_else(|| panic!("{report}"))
}

#[test]
fn pairs_longer_than_the_window_are_cut_left_out_or_refused() {
    let bench = furnished(Bench::tiny());
    let short = pairs(&bench);
    // The encoder reads letters: these passages have a hundred. More of them than are kept back to choose the weight on.
    let long = |at: usize| {
        let away = format!("The moon of the {} is {}far away.", ROOMS[at], "very ".repeat(16));
        json!({ "query": format!("How far is the {} moon?", ROOMS[at]), "positive": away, "negatives": ["No."] })
    };
    let long = lines(&(0..5).map(long).collect::<Vec<_>>());
    let all = bench.path("long.jsonl");
    std::fs::write(&all, std::fs::read_to_string(&short).unwrap() + &long).unwrap();
    let tuned = |policy: &str| {
        let words = ["--eval", &short, "--epochs", "1", "--window", "64", "--wrong", "1"];
        let policy = ["--over-length", policy, "--name", policy];
        bench.json_status(&tune("reranker", all.to_str().unwrap(), &[&words[..], &policy[..]].concat()))
    };
    let ((_, cut), (_, left)) = (tuned("truncate"), tuned("drop"));
    let ([long, dropped, truncated, lost], [as_long, left_out, also_cut, _]) =
        (too_long(&cut), too_long(&left));
    assert!(dropped == 0 && truncated == long && lost > long, "{cut}");
    assert!((1..=5).contains(&left_out) && as_long == long, "{left}");
    // What is measured is read as search reads it.
    assert_eq!(also_cut, long - left_out, "{left}");
    assert_eq!(learnt(&left), learnt(&cut) - left_out);
    for (policy, says) in [
        ("error", "pairs are longer than the 64 tokens that are read together"),
        ("split", "a passage was judged as a whole"),
        ("shrug", "`shrug` is not one of error, drop, split, truncate"),
    ] {
        let (status, value) = tuned(policy);
        assert!(status == 2 && value["error"]["message"].as_str().unwrap().contains(says), "{value}");
    }
}

#[test]
fn a_question_longer_than_the_encoder_reads_is_cut_left_out_or_refused() {
    let bench = furnished(Bench::tiny());
    let short = bench.path("judged.jsonl");
    let long = json!({ "query": format!("Where is the {}rake?", "old ".repeat(60)), "uri": "garden.md" });
    let all = bench.path("all.jsonl");
    std::fs::write(&all, std::fs::read_to_string(&short).unwrap() + &lines(&[long])).unwrap();
    let tuned = |policy: &str| {
        let words = ["--eval", short.to_str().unwrap(), "--method", "encoder", "--epochs", "1"];
        let policy = ["--over-length", policy, "--name", policy];
        bench.json_status(&tune("retriever", all.to_str().unwrap(), &[&words[..], &policy[..]].concat()))
    };
    let ((_, cut), (_, left)) = (tuned("truncate"), tuned("drop"));
    assert_eq!((learnt(&cut), learnt(&left)), (13, 12), "{cut} {left}");
    let ([.., lost], [.., left_out]) = (too_long(&cut), too_long(&left));
    assert_eq!((too_long(&cut), too_long(&left)), ([1, 0, 1, lost], [1, 1, 0, left_out]));
    assert!(0 < lost && lost < left_out, "{cut} {left}");
    let (status, value) = tuned("error");
    let message = value["error"]["message"].as_str().unwrap_or_default();
    assert!(status == 2 && message.starts_with("1 texts are longer than the"), "{value}");
}

#[test]
fn passages_beyond_the_window_of_training_are_cut_left_out_or_refused_and_counted() {
    let bench = furnished(Bench::tiny());
    let short = pairs(&bench);
    // The encoder reads letters: the passages that answer have more than fifty, the others less than thirty.
    let long = |at: usize| {
        let (right, wrong, room) = (THINGS[at], THINGS[(at + 5) % 12], ROOMS[at]);
        let answer = format!("The {right} is {}far in the {room}.", "very ".repeat(8));
        let other = format!("The {wrong} is not here.");
        json!({ "query": format!("Where is the {right}?"), "positive": answer, "negatives": [other] })
    };
    let long = file(&bench, "long.jsonl", &(0..12).map(long).collect::<Vec<_>>());
    let words = ["--eval", &short, "--method", "encoder", "--epochs", "1"];
    let tuned = |more: &[&str]| bench.json_status(&tune("retriever", &long, &[&words[..], more].concat()));
    let (_, cut) = tuned(&["--window", "40", "--name", "cut"]);
    let [all, dropped, truncated, lost] = too_long(&cut);
    assert!((all, dropped, truncated) == (12, 0, 12) && lost > 12 * 10, "{cut}");
    assert_eq!(learnt(&cut), 12);
    let settings = &bench.json(&["model", "show", "cut"])["manifest"]["settings"];
    assert_eq!(settings["window"], 40, "{settings}");
    // All are read as a whole where no window is named.
    let (_, whole) = tuned(&["--name", "whole"]);
    assert_eq!(too_long(&whole), [0; 4], "{whole}");
    for (more, says) in [
        (["--window", "40", "--over-length", "drop"], "no question with its answer fits"),
        (["--window", "40", "--over-length", "error"], "160 tokens of a question and 40 of a passage"),
        (["--window", "15", "--over-length", "truncate"], "--window 15 leaves too little"),
    ] {
        let (status, value) = tuned(&more);
        let message = value["error"]["message"].as_str().unwrap_or_default();
        assert!(status == 2 && message.contains(says), "{more:?}: {value}");
    }
    let told = bench.run(&tune("retriever", &long, &[&words[..], &["--window", "40"]].concat()));
    let note =
        format!("note: 12 texts or pairs are longer than what is read: 12 cut, 0 left out, {lost} tokens");
    assert!(told.status == 0 && told.stdout.contains(&note), "{}{}", told.stdout, told.stderr);
}
