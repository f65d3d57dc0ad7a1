//! queue submit and skip: what the lease says of the item that is meant.

use serde_json::json;

use crate::bench::Bench;

const SCHEMA: &str = r#"{"fields":[{"name":"message","type":"text"}],
    "questions":[{"name":"topic","type":"label","options":["order","use"]}],
    "distribution":{"overlap":2}}"#;

#[test]
fn a_lease_says_which_of_two_datasets_with_the_same_items_is_meant() {
    let bench = Bench::lexical();
    let (schema, items) = (bench.path("schema.json"), bench.path("items.jsonl"));
    std::fs::write(&schema, SCHEMA).unwrap();
    let lines =
        (0..3).map(|n| json!({ "id": format!("m{n}"), "fields": { "message": "Hello" } }).to_string());
    std::fs::write(&items, lines.collect::<Vec<_>>().join("\n")).unwrap();
    for name in ["topics", "copy"] {
        bench.json(&["dataset", "create", name, "--schema", schema.to_str().unwrap()]);
        bench.json(&["dataset", "import", name, items.to_str().unwrap(), "--format", "jsonl"]);
    }
    for name in ["ana", "ben"] {
        bench.json(&["user", "add", name, "--role", "annotator"]);
    }
    let take = |dataset: &str, user: &str| {
        let taken = bench.json(&["queue", "next", "--dataset", dataset, "--as", user, "-n", "3"]);
        taken["items"].as_array().unwrap().clone()
    };
    let held = [take("topics", "ana"), take("copy", "ana")];
    let vague = ["queue", "submit", "--item", "m0", "--as", "ana", "--answers", r#"{"topic":"use"}"#];
    let (status, refused) = bench.json_status(&vague);
    assert_eq!((status, refused["error"]["hint"].as_str()), (2, Some("say which with --dataset")));
    // Held in both, then answered in one and held in the other.
    for item in held.iter().flatten() {
        let (name, lease) = (item["item"].as_str().unwrap(), item["lease"].as_str().unwrap());
        bench.json(&[&vague[..3], &[name], &vague[4..], &["--lease", lease]].concat());
    }
    for dataset in ["topics", "copy"] {
        assert_eq!(bench.json(&["dataset", "show", dataset])["responses"], 3, "{dataset}");
    }
    let held = [take("topics", "ben"), take("copy", "ben")];
    let item = &held[0][0];
    let (name, lease) = (item["item"].as_str().unwrap(), item["lease"].as_str().unwrap());
    let skip = ["queue", "skip", "--item", name, "--as", "ben", "--lease", lease, "--reason", "unclear"];
    assert_eq!(bench.json(&skip)["item"], name);
    // A lease that has ended and is forgotten says nothing.
    let (status, refused) = bench.json_status(&skip);
    assert_eq!((status, refused["error"]["kind"].as_str()), (2, Some("user")), "{refused}");
}
