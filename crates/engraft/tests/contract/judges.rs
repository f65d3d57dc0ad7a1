//! tune groundedness and tune reward: judges from people's own labels, their JSON, and what becomes of wrong use.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::bench::{Bench, shape};

fn file(bench: &Bench, name: &str, rows: &[Value]) -> String {
    let path = bench.path(name);
    let text: String = rows.iter().map(|row| row.to_string() + "\n").collect();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// Claims about offices; those that are not supported name a town and a thing that the page lacks. One label of thirteen is
/// wrong.
pub(crate) fn claims(n: usize) -> Vec<Value> {
    let towns = ["Oslo", "Rome", "Lima", "Cairo", "Paris"];
    (0..n)
        .map(|i| {
            let page = format!("Office {i} is in {}. It opened in {}.", towns[i % 5], 1950 + i % 60);
            let claim = match i % 2 {
                0 => format!("Office {i} in {} opened in {}.", towns[i % 5], 1950 + i % 60),
                _ => format!("Office {i} in Berlin closed its canteen in {}.", 1950 + i % 60),
            };
            let label = if (i % 2 == 0) == (i % 13 != 12) { "supported" } else { "not" };
            json!({ "id": format!("c{i}"), "claim": claim, "evidence": [page], "label": label })
        })
        .collect()
}

/// Pairs in which the shorter response, which asks back, is chosen; in one of nine the other.
pub(crate) fn pairs(n: usize) -> Vec<Value> {
    (0..n)
        .map(|i| {
            let told = vec!["wine"; 5 + i * 7 % 20].join(" ");
            let (asks, tells) = (format!("How is dish {i} made?"), format!("Any {told} goes with dish {i}."));
            let (chosen, rejected) = if i % 9 == 8 { (tells, asks) } else { (asks, tells) };
            let prompt = format!("What goes with dish {} of table {i}?", i * 31 % 97);
            json!({ "id": format!("p{i}"), "prompt": prompt, "chosen": chosen, "rejected": rejected })
        })
        .collect()
}

#[track_caller]
fn refused(bench: &Bench, words: &[&str], status: i32, expected: Expect) {
    let (found, value) = bench.json_status(words);
    assert_eq!(found, status, "{value}");
    let error = &value["error"];
    let scratch = bench.path("").to_str().unwrap().to_string();
    let line = |key: &str| error[key].as_str().unwrap_or("-").replace(&scratch, "");
    expected.assert_eq(&format!("{}: {}\nhint: {}", line("kind"), line("message"), line("hint")));
    let models = bench.json(&["model", "list"]);
    let tuned = models["models"].as_array().unwrap().iter().filter(|model| model["source"] == "workspace");
    assert_eq!(tuned.count(), 0, "something was registered");
}

fn predicted(bench: &Bench, model: &str, rows: &[Value]) -> Vec<Value> {
    let input = file(bench, "new.jsonl", rows);
    let run = bench.run(&["predict", model, "--input", &input]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn labelled_claims_become_a_judge_that_says_when_it_is_unsure() {
    let bench = Bench::lexical();
    let data = file(&bench, "claims.jsonl", &claims(140));
    let report = bench.json(&["tune", "groundedness", "--data", &data, "--name", "grounded"]);
    assert_eq!(
        (&report["kind"], &report["ship"], &report["train"]["rows"]),
        (&"groundedness".into(), &true.into(), &140.into()),
        "{report}"
    );
    for key in ["auroc", "balanced_accuracy", "brier", "decided", "decided_accuracy", "ece"] {
        expect!["{high low n value}"].assert_eq(&shape(&report["eval"][key]).replace(" why", ""));
    }
    assert!(report["eval"]["auroc"]["value"].as_f64().unwrap() > 0.8, "{report}");

    let page = "Office 9 is in Rome. It opened in 1959.";
    let said = predicted(
        &bench,
        "grounded",
        &[
            json!({ "id": "a", "claim": "Office 9 in Rome opened in 1959.", "evidence": page }),
            json!({ "claim": "", "evidence": page }),
            json!({ "claim": "Office 9 in Berlin closed its canteen in 1959.", "evidence": [page] }),
        ],
    );
    expect!["{id missing score verdict}"].assert_eq(&shape(&said[0]));
    let told = |at: usize| (said[at]["id"].as_str().unwrap(), said[at]["verdict"].as_str().unwrap_or("-"));
    assert_eq!([told(0), told(1), told(2)], [("a", "supported"), ("2", "-"), ("3", "unsupported")]);
    assert_eq!(said[2]["missing"], json!(["berlin", "closed", "canteen"]));
    assert_eq!(said[1]["error"]["kind"], "empty");
}

#[test]
fn what_an_encoder_cannot_read_of_a_claim_is_refused_or_counted() {
    let bench = Bench::tiny();
    // The encoder reads letters: this claim has 120 and its place 64.
    let long =
        json!({ "id": "long", "claim": "opened ".repeat(20), "evidence": "It opened.", "label": "not" });
    let data = file(&bench, "claims.jsonl", &[claims(60), vec![long.clone()]].concat());
    let asked = ["tune", "groundedness", "--data", &data, "--method", "encoder", "--seeds", "1"];
    refused(
        &bench,
        &asked,
        2,
        expect![[r#"
            user: 1 claims are longer, with the sentence that holds most of them, than the 128 tokens an encoder reads
            hint: say what should become of them: `--over-length drop` or `truncate`; or use `--method features`"#]],
    );
    let tuned =
        |policy: &str| bench.json(&[&asked[..], &["--over-length", policy, "--name", policy]].concat());
    let (dropped, cut) = (tuned("drop"), tuned("truncate"));
    let told = |report: &Value| {
        let done = &report["data"]["over_length"];
        ["too_long", "dropped", "truncated", "tokens_lost"].map(|key| done[key].as_u64().unwrap())
    };
    // What was left out is the claim and its sentence, 120 letters and 9 with its full stop.
    assert_eq!((&dropped["train"]["rows"], told(&dropped)), (&60.into(), [1, 1, 0, 129]));
    assert_eq!((&cut["train"]["rows"], told(&cut)), (&61.into(), [1, 0, 1, 56]));
    assert_eq!(cut["data"]["rows_unused"], 0);
    let said = predicted(&bench, "truncate", &[long, claims(1)[0].clone()]);
    assert_eq!(
        (&said[0]["truncated_tokens"], said[1].get("truncated_tokens")),
        (&56.into(), None),
        "{said:?}"
    );
}

#[test]
fn what_is_said_twice_and_what_contradicts_it_is_named() {
    let bench = Bench::lexical();
    let mut rows = claims(40);
    let (claim, evidence) = (rows[0]["claim"].clone(), rows[0]["evidence"].clone());
    rows.push(json!({ "id": "again", "claim": claim, "evidence": evidence, "label": "not" }));
    let data = file(&bench, "claims.jsonl", &rows);
    let report = bench.json(&["tune", "groundedness", "--data", &data, "--method", "features"]);
    let audit = &report["data"]["audit"];
    assert_eq!((&audit["rows"], &audit["duplicates"]), (&41.into(), &1.into()), "{audit}");
    assert_eq!(audit["conflicts"], json!([{ "ids": ["c0", "again"], "labels": ["supported", "not"] }]));
    let of_classes: u64 =
        audit["classes"].as_array().unwrap().iter().map(|class| class["rows"].as_u64().unwrap()).sum();
    assert!(of_classes == 41 && audit["lengths"]["most"].as_u64() > Some(20), "{audit}");

    let mut rows = pairs(40);
    let [prompt, chosen, rejected] = ["prompt", "rejected", "chosen"].map(|part| rows[3][part].clone());
    rows.push(json!({ "id": "again", "prompt": prompt, "chosen": chosen, "rejected": rejected }));
    let data = file(&bench, "pairs.jsonl", &rows);
    let report = bench.json(&["tune", "reward", "--data", &data, "--method", "style"]);
    let audit = &report["data"]["audit"];
    assert_eq!((&audit["duplicates"], &audit["conflicts"][0]["ids"]), (&1.into(), &json!(["p3", "again"])));
}

#[test]
fn few_labels_make_a_judge_that_never_decides() {
    let bench = Bench::lexical();
    let data = file(&bench, "claims.jsonl", &claims(40));
    let report = bench.json(&["tune", "groundedness", "--data", &data, "--name", "few"]);
    assert_eq!(report["ship"], false);
    assert!(report["why"].as_str().unwrap().starts_with("40 labels are too few"), "{report}");
    let said = predicted(&bench, "few", &claims(2));
    assert!(said.iter().all(|line| line["verdict"] == "unsure"), "{said:?}");
}

#[test]
fn sentences_that_people_checked_become_a_judge() {
    let bench = Bench::lexical();
    let schema = bench.path("schema.json");
    let text = r#"{"fields":[{"name":"answer","type":"text"},{"name":"cited","type":"passages"}],
        "questions":[{"name":"holds","type":"support","answer":"answer","passages":"cited"}],
        "distribution":{"overlap":1}}"#;
    std::fs::write(&schema, text).unwrap();
    bench.json(&["dataset", "create", "checked", "--schema", schema.to_str().unwrap()]);
    let verdict = |claim: &Value| match claim["label"].as_str() {
        Some("supported") => "supported",
        _ => "partly",
    };
    let item = |claim: &Value| {
        let answer = claim["claim"].as_str().unwrap();
        let verdicts = json!([{ "char_start": 0, "char_end": answer.chars().count(), "quote": answer,
            "verdict": verdict(claim), "passages": [] }]);
        json!({ "id": claim["id"], "fields": { "answer": answer,
            "cited": [{ "id": "1", "text": claim["evidence"][0] }] },
            "resolution": { "answers": { "holds": verdicts }, "source": "adjudicated" },
            "responses": [{ "user": "ana", "status": "submitted", "answers": { "holds": verdicts } }] })
    };
    let items: Vec<Value> = claims(120).iter().map(item).collect();
    let items = file(&bench, "items.jsonl", &items);
    bench.json(&["user", "add", "ana", "--role", "annotator"]);
    bench.json(&["dataset", "import", "checked", &items, "--format", "jsonl"]);
    let report = bench.json(&["tune", "groundedness", "--data", "checked"]);
    assert_eq!((&report["train"]["rows"], &report["model"]), (&120.into(), &"checked-groundedness".into()));
    assert!(report["lineage"][0].as_str().unwrap().starts_with("dataset:checked@"), "{report}");
    assert!(report["eval"]["auroc"]["value"].as_f64().unwrap() > 0.8, "{report}");
}

#[test]
fn preferences_become_a_reward_that_tells_its_bias_to_length() {
    let bench = Bench::lexical();
    let data = file(&bench, "pairs.jsonl", &pairs(80));
    let report = bench.json(&["tune", "reward", "--data", &data, "--name", "likes"]);
    assert_eq!((&report["kind"], &report["ship"]), (&"reward".into(), &true.into()), "{report}");
    expect!["{high low n value}"].assert_eq(&shape(&report["against_base"]["accuracy"]));
    // Length alone tells these pairs, so whatever knows more is compared with it.
    let style = bench.json(&["tune", "reward", "--data", &data, "--method", "style"]);
    for measure in ["accuracy_over_longer", "log_likelihood_over_longer"] {
        expect!["{high low n value}"].assert_eq(&shape(&style["against_base"][measure]).replace(" why", ""));
    }
    let why = style["why"].as_str().unwrap();
    assert!(why.contains("preferring the longer response") && why.contains("`longer`"), "{why}");
    for key in [
        "accuracy",
        "accuracy_of_longer",
        "accuracy_where_chosen_is_shorter",
        "length_correlation",
        "log_loss",
    ] {
        expect!["{high low n value}"].assert_eq(&shape(&report["eval"][key]).replace(" why", ""));
    }
    let value = |key: &str| report["eval"][key]["value"].as_f64().unwrap();
    assert!(value("reward_min") < value("reward_mean") && value("reward_mean") < value("reward_max"));
    assert!(value("accuracy") > 0.8 && value("length_correlation") < 0.0, "{report}");
    let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
    let said = predicted(
        &bench,
        "likes",
        &[
            json!({ "id": "asks", "prompt": "What goes with fish?", "response": "How is it made?" }),
            json!({ "id": "tells", "messages": [turn("user", "What goes with fish?"),
                turn("assistant", "Any wine wine wine wine wine wine goes with it.")] }),
            json!({ "prompt": "What goes with fish?" }),
        ],
    );
    let score = |at: usize| said[at]["score"].as_f64().unwrap();
    assert!(score(0) > score(1), "{said:?}");
    assert_eq!(said[2]["error"]["kind"], "no_response");
}

#[test]
fn compared_answers_become_a_reward() {
    let bench = Bench::lexical();
    let schema = bench.path("schema.json");
    let text = r#"{"fields":[{"name":"question","type":"text"},{"name":"answers","type":"answers"}],
        "questions":[{"name":"better","type":"preference","field":"answers"}],"distribution":{"overlap":1}}"#;
    std::fs::write(&schema, text).unwrap();
    bench.json(&["dataset", "create", "compared", "--schema", schema.to_str().unwrap()]);
    let item = |pair: &Value| {
        let better = json!({ "better": { "choice": { "id": "b" } } });
        json!({ "id": pair["id"], "fields": { "question": pair["prompt"],
            "answers": [{ "id": "a", "text": pair["rejected"] }, { "id": "b", "text": pair["chosen"] }] },
            "responses": [{ "user": "ana", "status": "submitted", "answers": better }] })
    };
    let items: Vec<Value> = pairs(60).iter().map(item).collect();
    let items = file(&bench, "items.jsonl", &items);
    bench.json(&["user", "add", "ana", "--role", "annotator"]);
    bench.json(&["dataset", "import", "compared", &items, "--format", "jsonl"]);
    bench.json(&["resolve", "compared"]);
    let report = bench.json(&["tune", "reward", "--data", "compared", "--method", "style"]);
    assert_eq!(report["train"]["rows"], 60);
    assert!(report["eval"]["accuracy"]["value"].as_f64().unwrap() > 0.8, "{report}");
}

#[test]
fn what_cannot_be_judged_by_is_refused_with_what_to_do() {
    let bench = Bench::lexical();
    let one_kind: Vec<Value> =
        claims(65).into_iter().filter(|claim| claim["label"] == "supported").take(30).collect();
    let one_kind = file(&bench, "one.jsonl", &one_kind);
    refused(
        &bench,
        &["tune", "groundedness", "--data", &one_kind],
        2,
        expect![[r#"
            user: the training data has 30 supported claims and 0 that are not; 5 of each are needed
            hint: label claims of both kinds; a hundred or more make a model that decides"#]],
    );
    let twice = [claims(1), claims(1)].concat();
    let twice = file(&bench, "twice.jsonl", &twice);
    refused(
        &bench,
        &["tune", "groundedness", "--data", &twice],
        2,
        expect![[r#"
            user: id `c0` stands on lines 1 and 2 of twice.jsonl
            hint: give every row an id of its own, or leave ids out"#]],
    );
    let wrong = file(&bench, "wrong.jsonl", &[json!({ "claim": "x", "evidence": "y", "label": "good" })]);
    refused(
        &bench,
        &["tune", "groundedness", "--data", &wrong],
        2,
        expect![[r#"
            user: no row of wrong.jsonl can be used; wrong.jsonl:1: label `good` says neither supported nor not
            hint: write supported, partly or not, true or false, or a number from 0 to 1"#]],
    );
    let few = file(&bench, "few.jsonl", &pairs(3));
    refused(
        &bench,
        &["tune", "reward", "--data", &few, "--method", "style"],
        2,
        expect![[r#"
            user: 3 pairs are too few to learn from, 20 are needed
            hint: compare more answers; some hundreds make a model"#]],
    );
    refused(
        &bench,
        &["tune", "reward", "--data", &few, "--method", "magic"],
        2,
        expect![[r#"
            user: `magic` is no method for a reward
            hint: choose auto, longer, style, words, meaning or encoder"#]],
    );
    for tuner in ["groundedness", "reward"] {
        refused(
            &bench,
            &["tune", tuner, "--data", &few, "--over-length", "shrug"],
            2,
            expect![[r#"
                user: --over-length: `shrug` is not one of error, drop, split, truncate
                hint: choose one of those"#]],
        );
    }
}
