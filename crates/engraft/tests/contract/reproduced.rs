//! `docs/decisions/run.py`: data that is missing or another is named before anything is measured, and so is every digit of a
//! decision that differs from the one kept, but for what hangs on times.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::bench::{Run, run};

const KEPT: &str = "banking77-10-shots";

/// What the script does with these words, looking for data in `data`; `None` where there is no Python.
fn again(words: &[&str], data: Option<&Path>) -> Option<Run> {
    let asked = Command::new("python3").arg("--version").output();
    if !asked.is_ok_and(|output| output.status.success()) {
        engraft_testkit::skip("python3 is not there");
        return None;
    }
    let mut command = Command::new("python3");
    command.arg(engraft_testkit::repository().join("docs/decisions/run.py")).args(words);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    if let Some(data) = data {
        command.env("ENGRAFT_TEST_DATA", data);
    }
    Some(run(command))
}

/// A decision like the kept one but for `change`, compared with it.
#[track_caller]
fn check(change: impl Fn(&mut Value), status: i32, expected: &[&str]) {
    let kept = engraft_testkit::repository().join("docs/decisions").join(KEPT).join("decision.json");
    let mut decision: Value = serde_json::from_slice(&std::fs::read(kept).unwrap()).unwrap();
    change(&mut decision);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("decision.json"), decision.to_string()).unwrap();
    let Some(run) = again(&[KEPT, "--compare", folder.path().to_str().unwrap()], None) else { return };
    assert_eq!(run.status, status, "{}{}", run.stdout, run.stderr);
    for words in expected {
        assert!(run.stdout.contains(words), "{words}: {}", run.stdout);
    }
}

fn tuned(decision: &mut Value) -> &mut Value {
    let arms = decision["arms"].as_array_mut().unwrap();
    arms.iter_mut().find(|arm| arm["name"] == "tuned").unwrap()
}

#[test]
fn digits_that_come_out_otherwise_are_named_and_times_are_not_compared() {
    check(|_| (), 0, &["0 differ, 0 are gone; 0 are new."]);
    let slower = |decision: &mut Value| {
        tuned(decision)["latency_ms"]["value"] = json!(1e6);
        decision["recommendation"] = json!("base");
    };
    check(slower, 0, &["0 differ", "now base (this hangs on times, too)"]);
    let worse = |decision: &mut Value| tuned(decision)["quality"]["value"] = json!(0.5);
    check(worse, 1, &["tuned.quality.value: kept 0.", ", now 0.5\n", "1 differ, 0 are gone"]);
    let unsure = |decision: &mut Value| decision["effects"]["interaction"]["low"] = Value::Null;
    check(unsure, 1, &["effects.interaction.low: kept ", ", now none\n"]);
    let without = |decision: &mut Value| decision["slices"] = json!([]);
    check(without, 1, &["slices[", "not there now", "0 differ"]);
}

#[test]
fn data_that_is_missing_or_another_is_named_with_its_hash_and_nothing_is_measured() {
    let data = tempfile::tempdir().unwrap();
    let Some(run) = again(&["handbook"], Some(data.path())) else { return };
    assert_eq!(run.status, 2, "{}", run.stdout);
    assert!(run.stderr.contains("kb-18f-handbook/t1/ is missing; its sha256 is "), "{}", run.stderr);
    assert!(run.stderr.contains("ENGRAFT_TEST_DATA") && !run.stderr.contains("banking"), "{}", run.stderr);

    std::fs::create_dir(data.path().join("cls-banking77")).unwrap();
    std::fs::write(data.path().join("cls-banking77/test.jsonl"), "{}\n").unwrap();
    let Some(run) = again(&[KEPT, "--engraft", "never asked"], Some(data.path())) else { return };
    assert_eq!(run.status, 2, "{}", run.stdout);
    // `{}` and a line's end.
    let other = "cls-banking77/test.jsonl has the sha256 ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356";
    assert!(run.stderr.contains(other), "{}", run.stderr);
    assert!(run.stderr.contains("cls-banking77/train.jsonl is missing"), "{}", run.stderr);
}

#[test]
fn what_cannot_be_decided_or_compared_is_no_difference_in_digits() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("decision.json"), "half of it").unwrap();
    let Some(run) = again(&[KEPT, "--compare", folder.path().to_str().unwrap()], None) else { return };
    assert!(run.status == 2 && run.stderr.contains("decision.json is no decision"), "{}", run.stderr);
    if engraft_testkit::data("cls-banking77").is_none() {
        return;
    }
    let Some(run) = again(&[KEPT, "--engraft", "never/built"], None) else { return };
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    // It is looked for where it was named from, and not from the repository's root.
    let named = std::path::absolute("never/built").unwrap();
    assert!(run.stderr.contains(named.to_str().unwrap()), "{}", run.stderr);
}

#[test]
fn the_data_at_hand_is_what_was_decided_on() {
    for (task, folder) in [
        (KEPT, "cls-banking77"),
        ("clinc150", "cls-clinc150"),
        ("handbook", "kb-18f-handbook"),
        ("scifact", "rag-scifact"),
        ("sec-filings", "ner-sec-filings"),
    ] {
        if engraft_testkit::data(folder).is_none() {
            continue;
        }
        let Some(run) = again(&[task, "--check"], None) else { return };
        assert_eq!(run.status, 0, "{task}: {}{}", run.stdout, run.stderr);
    }
}
