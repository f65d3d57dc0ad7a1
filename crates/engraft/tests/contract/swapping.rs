//! A server and a watcher that run while models are served, rolled back and broken take each change up without a restart.

use serde_json::json;

use crate::bench::Bench;
use crate::ranking;
use crate::studio::Studio;
use crate::watching::{Watcher, put};

/// A house whose encoder was tuned as `own`, which is not in use.
fn house() -> Bench {
    let bench = ranking::furnished(Bench::tiny());
    let judged = bench.path("judged.jsonl");
    let words = ["tune", "retriever", "--data", judged.to_str().unwrap(), "--seeds", "1", "--name", "own"];
    let more = ["--method", "encoder", "--epochs", "2", "--rate", "1e-3"];
    if bench.json(&[&words[..], &more[..]].concat())["served"] == true {
        bench.json(&["model", "rollback", "retriever"]);
    }
    bench
}

/// That search by meaning uses that retriever and sees every passage.
#[track_caller]
fn sees_all(bench: &Bench, retriever: Option<&str>) {
    let found = bench.json(&["search", "Where is the trunk?", "--mode", "dense", "--explain", "-k", "30"]);
    assert_eq!(found["models"]["retriever"].as_str(), retriever, "{found}");
    assert_eq!(found["explain"]["dense"], found["explain"]["live"], "a passage lacks its vector: {found}");
}

#[test]
fn what_a_watcher_brings_in_has_the_vectors_of_the_retriever_in_use() {
    let bench = house();
    let watcher = Watcher::start(&bench, None);
    bench.json(&["model", "serve", "own", "--anyway"]);
    put(&bench, "attic.md", "# The attic\n\nThe trunk is kept in the attic.\n");
    watcher.hears(&["added attic.md"]);
    sees_all(&bench, Some("own"));
    bench.json(&["model", "rollback", "retriever"]);
    put(&bench, "shed.md", "# The shed\n\nThe spade is kept in the shed.\n");
    watcher.hears(&["added shed.md"]);
    sees_all(&bench, None);
    // As where the shed had come in while passages were still getting the vectors of `own`.
    std::fs::write(bench.path("serving.json"), r#"{"used":{"retriever":["own"]}}"#).unwrap();
    std::fs::rename(bench.path("serving.json"), bench.path("kb/.engraft/serving.json")).unwrap();
    // The third change of models.
    (0..3).for_each(|_| watcher.says("other models are in use: looking at everything again"));
    put(&bench, "barn.md", "# The barn\n\nThe cart is kept in the barn.\n");
    watcher.hears(&["added barn.md"]);
    sees_all(&bench, Some("own"));
}

const SCHEMA: &str = r#"{"fields":[{"name":"text","type":"text"}],
    "questions":[{"name":"topic","type":"label","options":["a","b"]}]}"#;

#[test]
fn a_server_goes_on_with_what_is_served_while_it_runs() {
    let bench = house();
    std::fs::write(bench.path("schema.json"), SCHEMA).unwrap();
    let texts = ["The rake is in the garden.", "A rake in a garden", "The sofa", "Where the lathe stands"];
    let item = |(at, text): (usize, &&str)| {
        json!({ "id": format!("i{at}"), "fields": { "text": text } }).to_string() + "\n"
    };
    std::fs::write(bench.path("items.jsonl"), texts.iter().enumerate().map(item).collect::<String>())
        .unwrap();
    let path = |name: &str| bench.path(name).to_str().unwrap().to_string();
    bench.json(&["dataset", "create", "things", "--schema", &path("schema.json")]);
    bench.json(&["dataset", "import", "things", &path("items.jsonl"), "--format", "jsonl"]);
    bench.json(&["user", "add", "kim", "--role", "owner"]);
    let made = bench.json(&["token", "create", "--as", "kim", "--scope", "annotate"]);
    let studio = Studio::start(bench.command(&["serve", "--addr", "127.0.0.1:0"]));
    let alike = || studio.get("/api/v1/datasets/things/similar?item=i0", made["token"].as_str().unwrap());
    let before = alike();
    assert!(before.contains("score"), "{before}");
    bench.json(&["model", "serve", "own", "--anyway"]);
    let with = alike();
    assert_ne!(with, before, "it still compares by the encoder before");
    studio.says("models in use from now on: retriever own");
    bench.json(&["model", "rollback", "retriever"]);
    assert_eq!(alike(), before);
    bench.json(&["model", "serve", "own", "--anyway"]);
    let weights = bench.path("kb/.engraft/models/own/encoder/model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    bytes.push(0);
    std::fs::write(&weights, bytes).unwrap();
    assert_eq!(alike(), before, "what is broken was taken up");
    studio.says("cannot be opened");
}
