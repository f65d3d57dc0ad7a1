//! What a lead asks about a dataset beside its answers: what an hour costs, who writes better answers, what models say,
//! the configuration that goes out with it, and what training rows leave behind.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::bench::{Bench, shape};

fn file(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// A dataset of four answered comparisons with a model's suggestions, two people each.
fn bench() -> Bench {
    let bench = Bench::lexical();
    let schema = json!({
        "fields": [{ "name": "question", "type": "text" }, { "name": "replies", "type": "answers" }],
        "questions": [
            { "name": "topic", "type": "label", "options": ["use", { "value": "order", "example": "Two, please" }] },
            { "name": "better", "type": "preference", "field": "replies" },
        ],
        "distribution": { "overlap": 2 },
    });
    let schema = file(&bench, "schema.json", &schema.to_string());
    bench.json(&["dataset", "create", "pairs", "--schema", &schema]);
    let replies = json!([{ "id": "a", "text": "Yes.", "model": "small" }, { "id": "b", "text": "Yes: 2.", "model": "large" }]);
    let line = |place: usize| {
        let topic = if place == 0 { "order" } else { "use" };
        let given = |user: &str, topic: &str, choice: &Value| json!({ "user": user, "status": "submitted", "answers": { "topic": topic, "better": { "choice": choice } } });
        let other = if place == 3 { "order" } else { topic };
        let tie = if place == 2 { json!("tie") } else { json!({ "id": "b" }) };
        json!({
            "id": format!("p{place}"), "fields": { "question": "How many?", "replies": replies },
            "responses": [given("ana", topic, &json!({ "id": "b" })), given("ben", other, &tie)],
            "suggestions": [{ "model": "sorter", "score": 0.8, "answers": { "topic": topic } }],
        })
    };
    let lines: Vec<String> = (0..4).map(|place| line(place).to_string()).collect();
    let items = file(&bench, "items.jsonl", &lines.join("\n"));
    bench.json(&["dataset", "import", "pairs", &items, "--format", "jsonl"]);
    bench
}

#[track_caller]
fn check(value: &Value, expected: Expect) {
    expected.assert_eq(&shape(value));
}

#[test]
fn what_an_hour_costs_is_set_and_forgotten() {
    let bench = bench();
    let set = bench.json(&["dataset", "rate", "pairs", "--hour", "18.5", "--currency", "eur"]);
    assert_eq!(set, json!({ "dataset": "pairs", "hourly_rate": 18.5, "currency": "EUR" }));
    let (status, refused) =
        bench.json_status(&["dataset", "rate", "pairs", "--hour", "0", "--currency", "EUR"]);
    assert_eq!((status, &refused["error"]["kind"]), (2, &"user".into()), "{refused}");
    let forgotten = bench.json(&["dataset", "rate", "pairs", "--forget"]);
    assert_eq!(forgotten, json!({ "dataset": "pairs", "hourly_rate": null, "currency": null }));
    let said = bench.run(&["dataset", "rate", "pairs", "--hour", "20", "--currency", "EUR"]).stdout;
    assert_eq!(said, "An hour of work on pairs costs EUR 20.00.\n");
    assert_eq!(
        bench.run(&["dataset", "rate", "pairs"]).status,
        2,
        "neither an hour nor that it is forgotten"
    );
}

#[test]
fn resolving_tells_who_writes_better_and_what_a_model_says() {
    let bench = bench();
    let resolved = bench.json(&["resolve", "pairs", "--method", "majority"]);
    check(
        &resolved["strengths"],
        expect!["{better{items[{item losses strength{high low n value why} ties wins}] tie}}"],
    );
    check(
        &resolved["together"],
        expect![
            "[{items[{agreement answers label quality task}] model model_weight workers[{agreement answers quality worker}]}]"
        ],
    );
    let large = &resolved["strengths"]["better"]["items"][0];
    assert_eq!((&large["item"], &large["wins"], &large["ties"]), (&"large".into(), &7.into(), &1.into()));
    let why = large["strength"]["why"].as_str().unwrap();
    assert!(large["strength"]["low"].is_null() && why.starts_with("it never lost"), "{why}");
    let least = &resolved["together"][0]["items"][0];
    assert_eq!(
        (&least["task"], &least["label"]),
        (&"p3".into(), &"use".into()),
        "where people differ comes first"
    );
    let said = bench.run(&["resolve", "pairs", "--method", "majority"]).stdout;
    assert!(
        said.contains("With sorter, whose vote weighs") && said.contains("7 won, 0 lost, 1 tied"),
        "{said}"
    );
}

#[test]
fn a_configuration_goes_out_with_the_tasks_and_strict_minds_what_it_lacks() {
    let bench = bench();
    let out = bench.path("tasks.json");
    let words = ["dataset", "export", "pairs", out.to_str().unwrap(), "--format", "label-studio"];
    let report = bench.json(&words);
    let config = bench.path("tasks.config.xml");
    assert_eq!(report["beside"], json!([config.to_str().unwrap()]));
    let again = ["dataset", "create", "again", "--schema", config.to_str().unwrap()];
    assert_eq!(bench.json(&again)["dataset"], "again");
    let lost: Vec<&str> =
        report["losses"].as_array().unwrap().iter().filter_map(|loss| loss["what"].as_str()).collect();
    assert!(lost.contains(&"in the schema: an example of an option of `topic`"), "{lost:?}");
    std::fs::remove_file(&config).unwrap();
    let (status, refused) = bench.json_status(&[&words[..], &["--strict"]].concat());
    assert_eq!(status, 2, "{refused}");
    assert!(!config.exists(), "nothing was written");
}

#[test]
fn training_rows_go_out_and_strict_minds_what_they_leave_behind() {
    let bench = Bench::lexical();
    let schema = json!({
        "fields": [
            { "name": "prompt", "type": "text" }, { "name": "replies", "type": "answers" },
            { "name": "found", "type": "passages" },
        ],
        "questions": [
            { "name": "better", "type": "preference", "field": "replies" },
            { "name": "fix", "type": "correction", "field": "replies" },
            { "name": "grades", "type": "relevance", "field": "found", "query": "prompt" },
        ],
    });
    let schema = file(&bench, "pairs.schema.json", &schema.to_string());
    bench.json(&["dataset", "create", "pairs", "--schema", &schema]);
    let better = json!({ "better": { "choice": { "id": "a" } } });
    let mut said = json!({ "fix": "A, better", "grades": [{ "id": "d1", "grade": 3 }] });
    said["better"] = better["better"].clone();
    let item = json!({
        "id": "p1", "metadata": { "source": "web" },
        "fields": {
            "prompt": "Q", "replies": [{ "id": "a", "text": "A", "model": "m1" }, { "id": "b", "text": "B" }],
            "found": [{ "id": "d1", "text": "one", "uri": "one.md" }],
        },
        "responses": [{ "user": "ana", "status": "submitted", "answers": said }],
        "suggestions": [{ "model": "m", "score": 0.5, "answers": better }],
    });
    let items = file(&bench, "pairs.jsonl", &item.to_string());
    bench.json(&["dataset", "import", "pairs", &items, "--format", "jsonl", "--strict"]);
    for format in [
        "trl-dpo",
        "trl-reward",
        "trl-kto",
        "sft-messages",
        "sharegpt",
        "alpaca",
        "beir",
        "trec-qrels",
        "rerank-triplets",
    ] {
        let (loose, strict) =
            (bench.path(&format!("{format}.loose")), bench.path(&format!("{format}.strict")));
        let words = |path: &str| {
            ["dataset", "export", "pairs", path, "--format", format].map(str::to_string).to_vec()
        };
        let export = words(loose.to_str().unwrap());
        let report = bench.json(&export.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(report["rows"].as_u64().unwrap() > 0, "{format}: {report}");
        let losses = report["losses"].as_array().unwrap();
        for what in ["who responded", "when somebody responded", "a suggestion"] {
            assert!(losses.iter().any(|loss| loss["what"] == what), "{format}: {what}: {losses:?}");
        }
        let mut export = words(strict.to_str().unwrap());
        export.push("--strict".to_string());
        let (status, refused) = bench.json_status(&export.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((status, &refused["error"]["kind"]), (2, &"user".into()), "{format}: {refused}");
        assert!(!strict.exists(), "{format}");
    }
}
