//! Tuned models leave for transformers and come back, and what transformers trained comes in, with its last layer or not at all.

use std::path::Path;

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::{extraction, judges, ranking, reading, tuning};

fn file(bench: &Bench, name: &str, text: &str) -> String {
    let path = bench.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_string()
}

/// Tunes with one seed; the report.
#[track_caller]
fn tune(bench: &Bench, kind: &str, data: &str, more: &[&str]) -> Value {
    bench.json(&[&["tune", kind, "--data", data, "--seeds", "1"], more].concat())
}

/// Writes the model `name` to the folder `to` of the bench; what the export says of itself.
#[track_caller]
fn leave(bench: &Bench, name: &str, format: &str, to: &str) -> Value {
    let dir = bench.path(to);
    bench.json(&["model", "export", name, dir.to_str().unwrap(), "--format", format]);
    json_of(&dir.join("engraft-export.json"))
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Brings a folder of the bench in as `name`; what there is then.
#[track_caller]
fn come(bench: &Bench, from: &str, name: &str) -> Value {
    let dir = bench.path(from);
    let model = bench.json(&["model", "import", dir.to_str().unwrap(), "--name", name]);
    assert_eq!((&model["name"], &model["source"]), (&name.into(), &"workspace".into()), "{model}");
    lists_its_files(&model);
    model
}

/// What came in is told file by file, each with its hash, and with one over all.
#[track_caller]
fn lists_its_files(model: &Value) {
    let is_hash = |value: &Value| value.as_str().is_some_and(|hash| hash.len() == 64);
    assert!(is_hash(&model["sha256"]), "{model}");
    let folder = Path::new(model["path"].as_str().unwrap());
    let files = model["files"].as_array().unwrap();
    assert!(
        files.iter().any(|file| file["name"].as_str().unwrap().ends_with("model.safetensors")),
        "{model}"
    );
    for file in files {
        assert!(folder.join(file["name"].as_str().unwrap()).is_file() && is_hash(&file["sha256"]), "{file}");
    }
}

#[test]
fn what_comes_in_is_told_file_by_file() {
    let bench = ranking::furnished(Bench::tiny());
    let dir = bench.path("tiny");
    let encoder = bench.json(&["model", "import", dir.to_str().unwrap(), "--name", "small"]);
    assert_eq!((&encoder["kind"], &encoder["source"]), (&"encoder".into(), &"cache".into()), "{encoder}");
    lists_its_files(&encoder);
    let words = ["--name", "again", "--epochs", "1", "--window", "64"];
    tune(&bench, "reranker", &ranking::pairs(&bench), &words);
    // A tuned model is brought in as it lies in the other workspace.
    let came = come(&bench, "kb/.engraft/models/again", "came");
    let made = bench.json(&["model", "show", "again"]);
    let hashes = made["manifest"]["files"].as_object().unwrap();
    let files = came["files"].as_array().unwrap();
    for (name, hash) in hashes {
        let found = files.iter().find(|file| file["name"] == name.as_str()).unwrap();
        assert_eq!(&found["sha256"], hash, "{name}");
    }
    // Beside those only the manifest itself.
    assert_eq!(files.len(), hashes.len() + 1, "{came}");
}

#[track_caller]
fn refused(bench: &Bench, from: &str, says: &str) {
    let before = bench.json(&["model", "list"]);
    let dir = bench.path(from);
    let (status, value) =
        bench.json_status(&["model", "import", dir.to_str().unwrap(), "--name", "stranger"]);
    let message = value["error"]["message"].as_str().unwrap_or_default();
    assert!(status > 1 && message.contains(says), "{status} {value}");
    assert_eq!(bench.json(&["model", "list"]), before, "something was registered");
}

fn predicted(bench: &Bench, model: &str, rows: &[Value]) -> Vec<Value> {
    let input = file(bench, "new.jsonl", &tuning::lines(rows));
    let run = bench.run(&["predict", model, "--input", &input]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-4
}

#[test]
fn an_extractor_leaves_as_a_token_classifier_that_finds_what_it_said_it_would() {
    let bench = Bench::tiny();
    let train = file(&bench, "train.jsonl", &extraction::rows(0, 120));
    let eval = file(&bench, "eval.jsonl", &extraction::rows(200, 260));
    let words = ["--eval", &eval, "--method", "full", "--name", "parties"];
    let report = tune(&bench, "extractor", &train, &words);
    let by_tokens = &report["eval"]["span_f1_by_tokens"];
    assert_eq!(by_tokens["n"], 60, "{report}");

    let note = leave(&bench, "parties", "transformers", "tagger");
    let config = json_of(&bench.path("tagger/config.json"));
    assert_eq!(config["architectures"], json!(["BertForTokenClassification"]));
    assert_eq!((&config["id2label"]["0"], &config["label2id"]["I-STAFF"]), (&json!("O"), &json!(4)));
    let told = note["losses"].to_string();
    let (left, whole) =
        (by_tokens["value"].as_f64().unwrap(), report["eval"]["span_f1"]["value"].as_f64().unwrap());
    assert!(told.contains(&format!("{left:.3} instead of {whole:.3}")), "{told}");
    for probe in note["probes"].as_array().unwrap() {
        let logits = numbers(&probe["output"]).len();
        // The letters and marks of the text and the two tokens around it, five tags each.
        assert!(logits.is_multiple_of(5) && logits / 5 > 10, "{probe}");
    }

    let model = come(&bench, "tagger", "came");
    assert_eq!((&model["kind"], &model["dim"]), (&"extractor".into(), &2.into()), "{model}");
    assert_eq!(model["manifest"]["ship"], false);
    let measured = bench.json(&["eval", "model", "came", "--data", &eval]);
    assert_eq!(measured["measures"]["micro_f1"]["value"], by_tokens["value"], "{measured}");
    // It leaves once more as it came.
    leave(&bench, "came", "transformers", "again");
    let weights = |folder: &str| std::fs::read(bench.path(folder).join("model.safetensors")).unwrap();
    assert!(weights("tagger") == weights("again"));
}

#[test]
fn an_extractor_on_the_encoder_as_it_is_leaves_with_it_and_one_without_any_says_what_to_tune() {
    let bench = Bench::tiny();
    let train = file(&bench, "train.jsonl", &extraction::rows(0, 120));
    let eval = file(&bench, "eval.jsonl", &extraction::rows(200, 260));
    let report =
        tune(&bench, "extractor", &train, &["--eval", &eval, "--method", "frozen", "--name", "parties"]);
    let left = &report["eval"]["span_f1_by_tokens"];
    assert_eq!(left["n"], 60, "{report}");
    let note = leave(&bench, "parties", "transformers", "tagger");
    assert!(note["losses"].to_string().contains("span F1 on the evaluation rows is"), "{note}");
    come(&bench, "tagger", "came");
    let measured = bench.json(&["eval", "model", "came", "--data", &eval]);
    assert_eq!(measured["measures"]["micro_f1"]["value"], left["value"], "{measured}");

    tune(&bench, "extractor", &train, &["--eval", &eval, "--method", "crf", "--name", "shapes"]);
    let to = bench.path("nothing");
    let words = ["model", "export", "shapes", to.to_str().unwrap(), "--format", "transformers"];
    let (status, error) = bench.json_status(&words);
    assert!(status == 2 && error.to_string().contains("--method frozen"), "{error}");
    assert!(!to.exists(), "half a model was written");
}

#[test]
fn a_classifier_comes_back_with_the_probabilities_that_were_noted() {
    let bench = Bench::tiny();
    let data = file(&bench, "topics.jsonl", &tuning::lines(&tuning::rows(60, 0)));
    for method in ["frozen", "setfit", "lora", "full"] {
        tune(&bench, "classifier", &data, &["--method", method, "--name", method]);
        let (classes, came) = (format!("{method}-classes"), format!("{method}-came"));
        let note = leave(&bench, method, "transformers", &classes);
        assert_eq!(come(&bench, &classes, &came)["kind"], "classifier");
        for probe in note["probes"].as_array().unwrap() {
            let logits = numbers(&probe["output"]);
            let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
            let said = &predicted(&bench, &came, &[json!({ "text": probe["input"] })])[0];
            for (label, logit) in ["card", "fee", "transfer"].iter().zip(&logits) {
                assert!(near(said["scores"][label].as_f64().unwrap(), logit.exp() / sum), "{said} {probe}");
            }
        }
    }
    // Of a text beyond the window its beginning is read, as transformers does, and the line says so.
    let long = [json!({ "text": "card ".repeat(80) }), json!({ "text": "card" })];
    let said = predicted(&bench, "frozen-came", &long);
    assert!(said[0]["truncated_tokens"].as_u64() > Some(0), "{said:?}");
    assert!(said[1].get("truncated_tokens").is_none(), "{said:?}");
    // What has a layer behind its pooling is no encoder, and would be another one without it.
    leave(&bench, "frozen", "sentence-transformers", "pooled");
    refused(&bench, "pooled", "the module Dense");
}

#[test]
fn a_cross_encoder_comes_back_as_a_reranker_with_the_same_scores() {
    let bench = ranking::furnished(Bench::tiny());
    let words = ["--name", "again", "--epochs", "2", "--window", "64"];
    tune(&bench, "reranker", &ranking::pairs(&bench), &words);
    leave(&bench, "again", "transformers", "pairs");
    assert_eq!(come(&bench, "pairs", "came")["kind"], "reranker");
    let rows = [
        json!({ "query": "Where is the rake?", "text": "The rake is here." }),
        json!({ "query": "who", "text": "Ana." }),
    ];
    let scores = |model: &str| -> Vec<f64> {
        predicted(&bench, model, &rows).iter().map(|line| line["score"].as_f64().unwrap()).collect()
    };
    assert!(scores("again").iter().zip(scores("came")).all(|(a, b)| near(*a, b)));
    // It reads letters, 64 with the three around the two texts.
    let long = json!({ "query": "who", "text": "rake ".repeat(20) });
    let said = predicted(&bench, "again", &[long, rows[0].clone()]);
    assert_eq!(
        (&said[0]["truncated_tokens"], said[1].get("truncated_tokens")),
        (&22.into(), None),
        "{said:?}"
    );
    let (status, error) = bench.json_status(&["model", "serve", "came"]);
    assert!(status == 2 && error.to_string().contains("trained elsewhere"), "{error}");
    bench.json(&["model", "serve", "came", "--anyway"]);
    let hits = bench.json(&["search", "Where do I find a rake?", "--rerank"]);
    assert_eq!(hits["hits"][0]["rerank"]["weight"], 0.5, "{hits}");
}

#[test]
fn a_reward_leaves_for_transformers_and_comes_back_with_the_same_scores() {
    let bench = Bench::tiny();
    let data = file(&bench, "pairs.jsonl", &tuning::lines(&judges::pairs(150)));
    tune(&bench, "reward", &data, &["--method", "encoder", "--over-length", "truncate", "--name", "likes"]);
    let note = leave(&bench, "likes", "transformers", "score");
    let config = json_of(&bench.path("score/config.json"));
    assert_eq!((&config["problem_type"], &config["classifier_norm"]), (&json!("regression"), &json!(false)));
    assert_eq!(come(&bench, "score", "came")["kind"], "reward");
    for probe in note["probes"].as_array().unwrap() {
        let (prompt, response) = probe["input"].as_str().unwrap().split_once(" [SEP] ").unwrap();
        let said = &predicted(&bench, "came", &[json!({ "prompt": prompt, "response": response })])[0];
        assert!(near(said["score"].as_f64().unwrap(), numbers(&probe["output"])[0]), "{said} {probe}");
    }
    // It reads letters, 160 with the three around the two texts: 152 of a response beside a prompt of five.
    let long = json!({ "prompt": "What?", "response": "wine ".repeat(60) });
    let said = predicted(&bench, "likes", &[long, json!({ "prompt": "What?", "response": "Any wine." })]);
    assert_eq!(
        (&said[0]["truncated_tokens"], said[1].get("truncated_tokens")),
        (&88.into(), None),
        "{said:?}"
    );
}

#[test]
fn what_would_lose_its_last_layer_or_lacks_a_tensor_does_not_come_in() {
    let bench = Bench::tiny();
    let data = file(&bench, "answers.jsonl", &tuning::lines(&reading::rows(60)));
    tune(&bench, "reader", &data, &["--name", "faq"]);
    leave(&bench, "faq", "transformers", "answers");
    refused(&bench, "answers", "BertForQuestionAnswering, whose last layer would be lost");
    let config = std::fs::read_to_string(bench.path("tiny/config.json")).unwrap();
    std::fs::write(bench.path("tiny/config.json"), config.replace("BertModel", "BertForTokenClassification"))
        .unwrap();
    refused(&bench, "tiny", "no tensor classifier.weight");
    refused(&bench, "nowhere", "nowhere: No such file or directory");
}
