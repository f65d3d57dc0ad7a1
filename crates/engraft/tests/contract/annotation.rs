//! dataset, queue, agreement, resolve, user, token, audit: their JSON, and what becomes of wrong use.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::bench::{Bench, shape};

const SCHEMA: &str = r#"{"fields":[{"name":"message","type":"text"}],
    "questions":[{"name":"topic","type":"label","options":["fault","order","use"]}],
    "distribution":{"overlap":2}}"#;

/// A workspace with a dataset of three items and two annotators.
fn bench() -> Bench {
    let bench = Bench::lexical();
    let schema = file(&bench, "schema.json", SCHEMA);
    bench.json(&["dataset", "create", "topics", "--schema", &schema]);
    let items: Vec<String> = ["The lamp is red.", "A price list, please.", "How do I switch it off?"]
        .iter()
        .enumerate()
        .map(|(place, text)| json!({ "id": format!("m{place}"), "fields": { "message": text } }).to_string())
        .collect();
    let items = file(&bench, "items.jsonl", &items.join("\n"));
    bench.json(&["dataset", "import", "topics", &items, "--format", "jsonl"]);
    for name in ["ana", "ben"] {
        bench.json(&["user", "add", name, "--role", "annotator"]);
    }
    bench
}

fn file(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

fn next(bench: &Bench, user: &str) -> Value {
    bench.json(&["queue", "next", "--dataset", "topics", "--as", user])
}

fn submit(bench: &Bench, user: &str, item: &Value, topic: &str) -> (i32, Value) {
    let answers = json!({ "topic": topic }).to_string();
    let (name, lease) = (item["item"].as_str().unwrap(), item["lease"].as_str().unwrap());
    let words =
        ["queue", "submit", "--item", name, "--as", user, "--lease", lease, "--answers", answers.as_str()];
    bench.json_status(&words)
}

#[track_caller]
fn check(value: &Value, expected: Expect) {
    expected.assert_eq(&shape(value));
}

#[track_caller]
fn refused(bench: &Bench, words: &[&str], status: i32, expected: Expect) {
    let (found, value) = bench.json_status(words);
    assert_eq!(found, status, "{value}");
    let error = &value["error"];
    let scratch = bench.path("").to_str().unwrap().to_string();
    let line = |key: &str| error[key].as_str().unwrap_or("-").replace(&scratch, "");
    expected.assert_eq(&format!("{}: {}\nhint: {}", line("kind"), line("message"), line("hint")));
}

#[test]
fn a_dataset_in_json() {
    let bench = bench();
    check(
        &bench.json(&["dataset", "list"]),
        expect!["{datasets[{created_at dataset items resolved responses snapshot}]}"],
    );
    let shown = bench.json(&["dataset", "show", "topics"]);
    assert_eq!((&shown["items"], &shown["schema"]["distribution"]["overlap"]), (&3.into(), &2.into()));
    let taken = bench.json(&["dataset", "snapshot", "topics"]);
    check(&taken, expect!["{created dataset items responses snapshot}"]);
    assert_eq!(bench.json(&["dataset", "snapshot", "topics"])["snapshot"], taken["snapshot"]);
    let id = taken["snapshot"].as_str().unwrap();
    check(&bench.json(&["dataset", "diff", id, id]), expect!["{added changed removed unchanged}"]);
    check(
        &bench.json(&["dataset", "audit", "topics"]),
        expect![
            "{balance{topic{classes{fault order use} items}} dataset duplicates empty items judged_by label_issues leakage over_long}"
        ],
    );
}

#[test]
fn a_dataset_is_deleted_by_whoever_repeats_its_name() {
    let bench = bench();
    let item = next(&bench, "ana");
    assert_eq!(submit(&bench, "ana", &item, "fault").0, 0);
    refused(
        &bench,
        &["dataset", "delete", "topics", "--confirm", "topic"],
        2,
        expect![[r#"
            user: topics was not deleted, for its name was not repeated
            hint: take a copy with `engraft dataset export`, then repeat the name: topics"#]],
    );
    let gone = bench.json(&["dataset", "delete", "topics", "--confirm", "topics"]);
    assert_eq!(gone, json!({ "dataset": "topics", "items": 3, "responses": 1, "snapshots": 0 }));
    assert_eq!(bench.json(&["dataset", "list"])["datasets"], json!([]));
    let log = bench.json(&["audit", "log", "--verify"]);
    assert_eq!(log["verified"], true, "{log}");
}

/// A dataset of these items with a suggestion's score each, in the order that `dataset order --by` puts them for ana.
fn ordered(bench: &Bench, name: &str, items: &[(&str, f64)], by: &str, seed: usize) -> Vec<String> {
    let lines = items.iter().enumerate().map(|(place, (text, score))| {
        let said = json!([{ "model": "m1", "score": score, "answers": { "topic": "use" } }]);
        json!({ "id": format!("{place}"), "fields": { "message": text }, "suggestions": said }).to_string()
    });
    let items = file(bench, "ordered.jsonl", &lines.collect::<Vec<_>>().join("\n"));
    let schema = file(bench, "schema.json", SCHEMA);
    bench.json(&["dataset", "create", name, "--schema", &schema]);
    bench.json(&["dataset", "import", name, &items, "--format", "jsonl"]);
    let done = bench.json(&["dataset", "order", name, "--by", by, "--seed", &seed.to_string()]);
    assert_eq!(done["items"], done["suggested"], "{done}");
    let next = bench.json(&["queue", "next", "--dataset", name, "--as", "ana", "-n", "6"]);
    let served = next["items"].as_array().unwrap();
    served.iter().map(|item| item["item"].as_str().unwrap().to_string()).collect()
}

#[test]
fn what_is_labelled_first_follows_the_strategy() {
    let bench = bench();
    // Of three options, a suggestion that is 30 % sure ties the other two, and one that is 34 % sure is the most even.
    let unsure = [("one", 0.99), ("two", 0.30), ("three", 0.34), ("four", 0.60)];
    assert_eq!(ordered(&bench, "margin", &unsure, "margin", 0), ["1", "2", "3", "0"]);
    assert_eq!(ordered(&bench, "entropy", &unsure, "uncertainty", 0), ["2", "1", "3", "0"]);
    let alike = [
        ("the red lamp blinks", 0.5),
        ("the red lamp blinks again", 0.5),
        ("please send a price list", 0.5),
        ("please send a price list today", 0.5),
        ("how can I switch it off", 0.5),
        ("how can I switch it off now", 0.5),
    ];
    for seed in 0..6 {
        let order = ordered(&bench, &format!("diverse-{seed}"), &alike, "diversity", seed);
        let mut first: Vec<usize> =
            order[..3].iter().map(|item| item.parse::<usize>().unwrap() / 2).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2], "seed {seed}: one of each kind comes before a second of any: {order:?}");
    }
}

#[test]
fn more_items_than_can_be_compared_are_not_ordered_by_how_unlike_they_are() {
    let bench = bench();
    let line = |n: usize| {
        json!({ "id": format!("n{n}"), "fields": { "message": format!("Lamp {n}.") } }).to_string()
    };
    // With the three that are there.
    let items = file(&bench, "many.jsonl", &(3..5_001).map(line).collect::<Vec<_>>().join("\n"));
    bench.json(&["dataset", "import", "topics", &items, "--format", "jsonl"]);
    refused(
        &bench,
        &["dataset", "order", "topics", "--by", "diversity"],
        2,
        expect![[r#"
            user: 5001 items are too many to be ordered by how unlike they are
            hint: use --by uncertainty, margin or random above 5000 items"#]],
    );
    assert_eq!(bench.json(&["dataset", "order", "topics", "--by", "random"])["items"], 5_001);
}

#[test]
fn the_queue_in_json() {
    let bench = bench();
    let item = next(&bench, "ana");
    check(
        &item,
        expect![
            "{active_ms answers dataset draft_version expires_at fields{message} guideline item layout[{name required type}] lease presented{} questions[{name options[{value}] required type}] read_only returned status suggestions version}"
        ],
    );
    assert_eq!(next(&bench, "ana")["item"], item["item"], "what one holds comes first");
    let (status, done) = submit(&bench, "ana", &item, "fault");
    assert_eq!(status, 0, "{done}");
    check(
        &done,
        expect![
            "{counts{draft pending pending_fewer returned skipped submitted} gold response_id saved_at version}"
        ],
    );
    let skipped = next(&bench, "ana");
    let (name, lease) = (skipped["item"].as_str().unwrap(), skipped["lease"].as_str().unwrap());
    let words = ["queue", "skip", "--item", name, "--as", "ana", "--lease", lease, "--reason", "unclear"];
    check(
        &bench.json(&words),
        expect!["{counts{draft pending pending_fewer returned skipped submitted} item response_id version}"],
    );
    check(
        &bench.json(&["queue", "status", "--as", "ana"]),
        expect![
            "{queues[{counts{draft pending pending_fewer returned skipped submitted} dataset done_today guidelines_changed median_seconds minutes_left paused}] user}"
        ],
    );
    let last = next(&bench, "ana");
    assert_eq!(submit(&bench, "ana", &last, "use").0, 0);
    let (status, finished) = bench.json_status(&["queue", "next", "--dataset", "topics", "--as", "ana"]);
    assert_eq!((status, &finished["finished"]["why"]), (1, &"waiting".into()), "{finished}");
    let back = bench.json(&["queue", "undo", "--dataset", "topics", "--as", "ana"]);
    assert_eq!((&back["item"], &back["answers"]["topic"]), (&last["item"], &"use".into()));
}

#[test]
fn answers_become_agreement_and_resolutions() {
    let bench = bench();
    for user in ["ana", "ben"] {
        for topic in ["fault", "order", if user == "ana" { "use" } else { "order" }] {
            let item = next(&bench, user);
            assert_eq!(submit(&bench, user, &item, topic).0, 0);
        }
    }
    let agreed = bench.json(&["agreement", "topics"]);
    for key in ["percent", "cohen", "fleiss", "alpha_nominal", "ac1"] {
        let metric = &agreed["coefficients"][key];
        assert!(metric["value"].is_f64() && metric["n"] == 3, "{key}: {metric}");
    }
    assert_eq!((&agreed["n_items"], &agreed["n_workers"]), (&3.into(), &2.into()));
    assert!(agreed["per_label"]["fault"].is_object() && agreed["per_worker"]["ana"].is_object(), "{agreed}");
    let resolved = bench.json(&["resolve", "topics", "--method", "majority"]);
    check(
        &resolved,
        expect![
            "{dataset items[{label posterior probabilities[] task}] method question workers[{answers quality worker}] written{aggregated agreed left}}"
        ],
    );
    assert_eq!(
        resolved["written"],
        json!({ "agreed": 0, "aggregated": 0, "left": 1 }),
        "two were settled at once"
    );
    assert_eq!(bench.json(&["dataset", "show", "topics"])["resolved"], 2);
    let lineage = bench.json(&["lineage", "topics/m0"]);
    assert_eq!(lineage["item"]["responses"].as_array().unwrap().len(), 2);
    check(&lineage["events"][0], expect!["{at body{version} by dataset hash item seq what}"]);
    check(&bench.json(&["dataset", "order", "topics", "--by", "random"]), expect!["{items suggested}"]);
    let log = bench.json(&["audit", "log", "--verify"]);
    check(&log, expect!["{entries head problems verified}"]);
    assert_eq!(log["verified"], true);
    check(
        &bench.json(&["audit", "log", "--limit", "2"]),
        expect!["{events[{at body{version} by dataset hash item seq what}]}"],
    );
}

#[test]
fn a_file_of_labels_needs_no_workspace() {
    let bench = Bench::lexical();
    let labels =
        "task,worker,label\nt1,a,x\nt1,b,x\nt1,c,y\nt2,a,y\nt2,b,y\nt2,c,y\nt3,a,x\nt3,b,y\nt3,c,x\n";
    let labels = file(&bench, "labels.csv", labels);
    let gold = file(&bench, "gold.csv", "task,label\nt1,x\nt2,y\nt3,x\n");
    let agreed = bench.json(&["agreement", "--labels", &labels]);
    assert_eq!((&agreed["n_items"], &agreed["n_workers"]), (&3.into(), &3.into()));
    assert!(agreed["coefficients"]["alpha_nominal"]["low"].is_f64(), "{agreed}");
    for method in ["majority", "dawid-skene", "one-coin", "mace", "glad", "auto"] {
        let words = ["resolve", "--labels", &labels, "--gold", &gold, "--method", method];
        let resolved = bench.json(&words);
        assert_eq!(resolved["items"][1]["label"], "y", "{method}: {resolved}");
        assert!(resolved["accuracy"]["value"].is_number() && resolved["workers"][0]["quality"].is_number());
        assert!(resolved["method"].is_string());
    }
    let without = bench.json(&["resolve", "--labels", &labels, "--method", "majority"]);
    assert_eq!(without.get("accuracy").filter(|accuracy| !accuracy.is_null()), None);
}

#[test]
fn crowd_labels_are_resolved_as_well_as_published() {
    let Some(data) = engraft_testkit::data("crowd-labels") else { return };
    let bench = Bench::lexical();
    for (set, least) in [("rte", 0.925), ("relevance", 0.61), ("product", 0.935)] {
        let (labels, gold) = (data.join(set).join("label.csv"), data.join(set).join("truth.csv"));
        let words = ["resolve", "--labels", labels.to_str().unwrap(), "--gold", gold.to_str().unwrap()];
        let resolved = bench.json(&[&words[..], &["--method", "dawid-skene"]].concat());
        let accuracy = resolved["accuracy"]["value"].as_f64().unwrap();
        assert!(accuracy >= least, "{set}: {accuracy}");
    }
}

#[test]
fn a_dataset_travels_and_a_lossy_way_is_named() {
    let bench = bench();
    let item = next(&bench, "ana");
    submit(&bench, "ana", &item, "fault");
    let out = bench.path("out.jsonl");
    let out = out.to_str().unwrap();
    let report = bench.json(&["dataset", "export", "topics", out, "--format", "jsonl"]);
    check(&report, expect!["{dataset files[{path rows sha256}] losses rows seconds sha256 snapshot}"]);
    let again = bench.json(&["dataset", "import", "copy", out, "--format", "jsonl"]);
    check(
        &again,
        expect![
            "{comments created dataset differing drafts gold items known losses rejected rejected_total repaired resolutions responses seconds suggestions}"
        ],
    );
    assert_eq!(
        (&again["created"], &again["items"], &again["responses"]),
        (&true.into(), &3.into(), &1.into())
    );
    let split = bench.path("parts.jsonl");
    let words = [
        "dataset",
        "export",
        "topics",
        split.to_str().unwrap(),
        "--format",
        "jsonl",
        "--split",
        "train=.5,test=.5",
    ];
    let parts = bench.json(&words);
    assert_eq!((parts["files"].as_array().unwrap().len(), &parts["rows"]), (2, &3.into()));
    for format in ["label-studio", "argilla", "csv", "prodigy", "doccano"] {
        let path = bench.path(&format!("{format}.out"));
        let report = bench.json(&["dataset", "export", "topics", path.to_str().unwrap(), "--format", format]);
        assert_eq!(report["dataset"], "topics");
        assert!(path.is_file(), "{format}");
    }
    refused(
        &bench,
        &["dataset", "export", "topics", out, "--format", "trl-dpo"],
        2,
        expect![[r#"
            user: trl-dpo needs a preference, ranking or correction question about answers; this dataset has none
            hint: add a preference, ranking or correction question about answers to the schema, or choose another format: `engraft dataset show` lists what is asked"#]],
    );
}

#[test]
fn strict_refuses_what_would_be_lost_and_writes_nothing() {
    let bench = bench();
    let item = next(&bench, "ana");
    submit(&bench, "ana", &item, "fault");
    let out = bench.path("lossy.jsonl");
    let export = ["dataset", "export", "topics", out.to_str().unwrap(), "--format", "doccano"];
    let losses = bench.json(&export)["losses"].clone();
    assert!(!losses.as_array().unwrap().is_empty(), "{losses}");
    std::fs::remove_file(&out).unwrap();
    let (status, refused) = bench.json_status(&[&export[..], &["--strict"]].concat());
    assert_eq!((status, &refused["error"]["kind"]), (2, &"user".into()), "{refused}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("nothing was written, for something would be lost: "), "{message}");
    assert!(!out.exists());

    let line = json!({ "text": "Is it on?", "label": ["use"], "Comments": ["odd"] }).to_string();
    let commented = file(&bench, "commented.jsonl", &line);
    let import = ["dataset", "import", "topics", commented.as_str(), "--format", "doccano"];
    let (status, refused) = bench.json_status(&[&import[..], &["--strict"]].concat());
    assert_eq!((status, &refused["error"]["kind"]), (2, &"user".into()), "{refused}");
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("nothing was imported, for something would be lost: "), "{message}");
    assert_eq!(bench.json(&["dataset", "show", "topics"])["items"], 3);
    assert_eq!(bench.json(&import)["items"], 1, "without --strict it comes in, less its comment");
}

#[test]
fn wrong_use_is_told_what_to_do() {
    let bench = bench();
    let broken = file(
        &bench,
        "broken.json",
        r#"{"fields":[],"questions":[{"name":"q","type":"label","options":[]}]}"#,
    );
    refused(
        &bench,
        &["dataset", "create", "broken", "--schema", &broken],
        2,
        expect![[r#"
            user: the schema cannot be used: fields is empty (and 1 more)
            hint: a dataset needs at least one of its fields"#]],
    );
    let schema = file(&bench, "schema.json", SCHEMA);
    refused(
        &bench,
        &["dataset", "create", "topics", "--schema", &schema],
        3,
        expect![[r#"
        conflict: there is a dataset topics already
        hint: choose another name"#]],
    );
    refused(
        &bench,
        &["dataset", "create", "a b", "--schema", &schema],
        2,
        expect![[r#"
        user: `a b` cannot be a dataset's name
        hint: use up to 64 letters a-z, digits and . - _, the first a letter or digit"#]],
    );
    refused(
        &bench,
        &["dataset", "show", "nowhere"],
        2,
        expect![[r#"
        missing: there is no dataset `nowhere`
        hint: run `engraft dataset create nowhere --schema FILE`, or `engraft dataset list`"#]],
    );
    refused(
        &bench,
        &["dataset", "import", "topics", "nowhere.jsonl", "--format", "jsonl"],
        2,
        expect![[r#"
        missing: cannot read nowhere.jsonl: No such file or directory (os error 2)
        hint: check the path"#]],
    );
    refused(
        &bench,
        &["dataset", "import", "topics", &schema, "--format", "excel"],
        2,
        expect![[r#"
        user: there is no format `excel`
        hint: use one of label-studio, argilla, doccano, prodigy, brat, conll, jsonl, csv, trl-dpo, trl-kto, trl-reward, sft-messages, sharegpt, alpaca, beir, trec-qrels, rerank-triplets"#]],
    );
    refused(
        &bench,
        &["queue", "next", "--dataset", "topics", "--as", "nobody"],
        2,
        expect![[r#"
        missing: there is no person `nobody`
        hint: run `engraft user add nobody --role annotator`, or `engraft user list`"#]],
    );
    refused(
        &bench,
        &["user", "add", "ana", "--role", "viewer"],
        3,
        expect![[r#"
        conflict: there is a user ana already
        hint: choose another name"#]],
    );
    refused(
        &bench,
        &["agreement", "topics", "--question", "colour"],
        2,
        expect![[r#"
        user: topics does not ask that
        hint: run `engraft dataset show topics` to see its questions"#]],
    );
    refused(
        &bench,
        &["resolve", "topics", "--method", "dice"],
        2,
        expect![[r#"
        user: `dice` is no method
        hint: use majority, weighted, dawid-skene, one-coin, mace, glad or auto"#]],
    );
    let item = next(&bench, "ana");
    let (name, lease) = (item["item"].as_str().unwrap(), item["lease"].as_str().unwrap());
    let submit = |lease: &str, answers: &'static str| {
        vec!["queue", "submit", "--item", name, "--as", "ana", "--lease", lease, "--answers", answers]
            .into_iter()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let stale = submit("4711", r#"{"topic":"use"}"#);
    refused(
        &bench,
        &stale.iter().map(String::as_str).collect::<Vec<_>>(),
        3,
        expect![[r#"
        conflict: m0 is no longer held for you; your answers are kept as a draft
        hint: go on with the next item; this one comes again if it is still open"#]],
    );
    let wrong = submit(lease, r#"{"topic":"rain"}"#);
    refused(
        &bench,
        &wrong.iter().map(String::as_str).collect::<Vec<_>>(),
        2,
        expect![[r#"
            user: the answers do not fit: topic `rain` is no option
            hint: choose from `fault`, `order`, `use`"#]],
    );
    let no_json = submit(lease, "fault");
    refused(
        &bench,
        &no_json.iter().map(String::as_str).collect::<Vec<_>>(),
        2,
        expect![[r#"
        user: the answers are no JSON: expected ident at line 1 column 3
        hint: write them by question, such as --answers '{"topic":"billing"}'"#]],
    );
}

#[test]
fn passwords_and_tokens_are_shown_once_or_read_from_stdin() {
    let bench = Bench::lexical();
    let added = bench.json(&["user", "add", "olga", "--role", "owner"]);
    assert_eq!(added["password"].as_str().unwrap().len(), 23);
    check(&bench.json(&["user", "list"]), expect!["{users[{can_log_in created_at erased role user}]}"]);
    let mut child = bench
        .command(&["--json", "user", "add", "otto", "--role", "lead", "--password-stdin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"correct horse\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), r#"{"user":"otto","role":"lead"}"#);
    let made = bench.json(&["token", "create", "--scope", "read,annotate", "--as", "otto"]);
    check(&made, expect!["{expires_at id scopes[] token user}"]);
    let list = bench.run(&["--json", "token", "list"]).stdout;
    assert!(!list.contains(made["token"].as_str().unwrap()));
    let bytes = std::fs::read(bench.path("kb/.engraft/truth.sqlite")).unwrap();
    for secret in [made["token"].as_str().unwrap(), added["password"].as_str().unwrap(), "correct horse"] {
        assert!(
            !bytes.windows(secret.len()).any(|window| window == secret.as_bytes()),
            "{secret} is in the file"
        );
    }
}

#[test]
fn queries_become_passages_to_judge() {
    let bench = Bench::lexical();
    bench.write("leave.md", "# Leave\n\nEverybody has 28 days of annual leave.\n");
    bench.write("it.md", "# Laptops\n\nA laptop is replaced every four years.\n");
    bench.ingest();
    let queries = file(&bench, "q.jsonl", "{\"_id\":\"q1\",\"text\":\"annual leave\"}\nno json\n");
    let report = bench.json(&["dataset", "import", "judge", &queries, "--format", "queries", "-k", "3"]);
    assert_eq!((&report["items"], &report["rejected"][0]["line"]), (&1.into(), &2.into()));
    bench.json(&["user", "add", "ana", "--role", "annotator"]);
    let item = bench.json(&["queue", "next", "--dataset", "judge", "--as", "ana"]);
    assert_eq!(item["fields"]["passages"][0]["uri"], "leave.md", "{item}");
    let id = item["fields"]["passages"][0]["id"].as_str().unwrap();
    let all = item["fields"]["passages"].as_array().unwrap().iter();
    let grades: Vec<Value> = all
        .map(|passage| json!({ "id": passage["id"], "grade": if passage["id"] == id { 3 } else { 0 } }))
        .collect();
    let answers = json!({ "relevance": grades }).to_string();
    let lease = item["lease"].as_str().unwrap();
    bench.json(&["queue", "submit", "--item", "q1", "--as", "ana", "--lease", lease, "--answers", &answers]);
    let out = bench.path("qrels.txt");
    bench.json(&["dataset", "export", "judge", out.to_str().unwrap(), "--format", "trec-qrels"]);
    let text = std::fs::read_to_string(out).unwrap();
    assert!(text.lines().any(|line| line.starts_with("q1 0 ") && line.ends_with(" 3")), "{text}");
}

#[test]
fn a_kill_in_the_middle_of_an_import_leaves_nothing_of_it() {
    let bench = Bench::lexical();
    let schema = file(&bench, "schema.json", SCHEMA);
    bench.json(&["dataset", "create", "topics", "--schema", &schema]);
    let lines: Vec<String> = (0..20_000)
        .map(|place| {
            json!({ "id": format!("m{place}"), "fields": { "message": format!("Message {place}") },
                "responses": [{ "user": format!("u{}", place % 7), "status": "submitted", "answers": { "topic": "use" } }] })
            .to_string()
        })
        .collect();
    let items = file(&bench, "items.jsonl", &lines.join("\n"));
    let import = ["dataset", "import", "topics", &items, "--format", "jsonl"];
    let mut cut = 0;
    for round in 0..8 {
        let mut child = bench.command(&import).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20 + round * 150));
        child.kill().unwrap();
        let whole = child.wait().unwrap().success();
        let shown = bench.json(&["dataset", "show", "topics"]);
        let users = bench.json(&["user", "list"])["users"].as_array().unwrap().len();
        let found = (shown["items"].as_u64().unwrap(), shown["responses"].as_u64().unwrap(), users);
        assert!(found == (0, 0, 0) || found == (20_000, 20_000, 7), "round {round}: {found:?}");
        assert!(!whole || found.0 == 20_000, "acknowledged and gone");
        cut += usize::from(found.0 == 0);
    }
    assert!(cut > 0, "every import was through before it was killed");
    bench.json(&import);
    assert_eq!(bench.json(&["dataset", "show", "topics"])["items"], 20_000);
    assert_eq!(bench.json(&["audit", "log", "--verify"])["verified"], true);
}

#[test]
fn the_bundled_annotation_is_whole() {
    let bench = Bench::lexical();
    let sample = engraft_testkit::repository().join("sample/annotation");
    let (schema, records) = (sample.join("schema.json"), sample.join("records.jsonl"));
    bench.json(&["dataset", "create", "support-topics", "--schema", schema.to_str().unwrap()]);
    let words =
        ["dataset", "import", "support-topics", records.to_str().unwrap(), "--format", "jsonl", "--strict"];
    let report = bench.json(&words);
    assert_eq!((&report["items"], &report["responses"]), (&72.into(), &180.into()));
    let alpha = &bench.json(&["agreement", "support-topics"])["coefficients"]["alpha_nominal"];
    let value = alpha["value"].as_f64().unwrap();
    assert!((0.5..0.7).contains(&value) && alpha["low"].is_f64() && alpha["n"] == 60, "{alpha}");
    let written = &bench.json(&["resolve", "support-topics", "--method", "dawid-skene"])["written"];
    assert_eq!((&written["agreed"], &written["left"]), (&55.into(), &5.into()));
}

#[test]
fn what_is_known_to_be_right_is_said_changed_and_forgotten() {
    let bench = bench();
    let gold =
        |words: &[&str]| bench.json_status(&[&["dataset", "gold", "topics", "--item", "m0"], words].concat());
    let none = (0, json!({ "item": "m0", "gold": null }));
    assert_eq!(gold(&[]), none);
    for topic in ["fault", "use"] {
        let answers = json!({ "topic": topic });
        let known = (0, json!({ "item": "m0", "gold": answers }));
        assert_eq!(gold(&["--answers", &answers.to_string()]), known);
        assert_eq!(gold(&[]), known);
        assert_eq!(bench.json(&["dataset", "show", "topics"])["gold"], 1);
    }
    let said = bench.run(&["dataset", "gold", "topics", "--item", "m0"]).stdout;
    assert_eq!(said, "m0: {\"topic\":\"use\"} is known to be right.\n");
    assert_eq!(gold(&["--answers", "{\"topic\":\"rain\"}"]).0, 2);
    assert_eq!(gold(&["--answers", "{}"]).0, 2);
    assert_eq!(gold(&["--forget"]), none);
    assert_eq!(gold(&[]), none);
}
