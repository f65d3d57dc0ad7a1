//! The rules of the house that no compiler keeps: who may use whom, and how long a file may grow.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The edges of the crate graph as ARCHITECTURE.md draws it.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("engraft-core", &[]),
    ("engraft-ingest", &["engraft-core"]),
    ("engraft-search", &["engraft-core"]),
    ("engraft-nn", &["engraft-core"]),
    ("engraft-eval", &["engraft-core"]),
    ("engraft-answer", &["engraft-core"]),
    ("engraft-store", &["engraft-core"]),
    ("engraft-annotate", &["engraft-core", "engraft-eval"]),
    ("engraft-tune", &["engraft-core", "engraft-nn", "engraft-eval"]),
    ("engraft-decide", &["engraft-core", "engraft-eval"]),
    (
        "engraft-app",
        &[
            "engraft-core",
            "engraft-ingest",
            "engraft-search",
            "engraft-nn",
            "engraft-eval",
            "engraft-answer",
            "engraft-store",
            "engraft-annotate",
            "engraft-tune",
            "engraft-decide",
        ],
    ),
    ("engraft-server", &["engraft-app", "engraft-core"]),
    ("engraft", &["engraft-app", "engraft-server", "engraft-core"]),
    ("engraft-testkit", &[]),
    ("xtask", &[]),
];

/// Libraries that belong to one place.
const ONLY_IN: [(&str, &[&str]); 10] = [
    ("rusqlite", &["engraft-store"]),
    ("ureq", &["engraft-app", "engraft-answer"]),
    ("safetensors", &["engraft-nn"]),
    ("roaring", &["engraft-search"]),
    ("clap", &["engraft"]),
    ("indicatif", &["engraft"]),
    ("tokio", &["engraft-server"]),
    ("axum", &["engraft-server"]),
    ("maud", &["engraft-server"]),
    ("anyhow", &["engraft", "xtask"]),
];

const LONGEST: usize = 600;
/// What a newcomer reads first is short.
const LONGEST_MAP: usize = 200;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The direct, non-development dependencies of every member of the workspace.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let run = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_string();
    packages
        .iter()
        .map(|package| {
            let needs = package["dependencies"].as_array().unwrap().iter();
            (name(package), needs.filter(|need| need["kind"].is_null()).map(name).collect())
        })
        .collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates"), root().join("xtask")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn crates_use_only_what_the_drawing_allows() {
    let graph = dependencies();
    for (member, needs) in &graph {
        let (_, allowed) =
            MAY_USE.iter().find(|(name, _)| name == member).expect("a crate is missing in the drawing");
        let inside = needs.iter().filter(|need| graph.contains_key(*need));
        let strays: Vec<_> = inside.filter(|need| !allowed.contains(&need.as_str())).collect();
        assert!(strays.is_empty(), "{member} must not use {strays:?}");
    }
}

#[test]
fn the_map_of_the_house_stays_short() {
    let lines = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap().lines().count();
    assert!(lines <= LONGEST_MAP, "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn each_library_stays_at_its_place() {
    for (member, needs) in dependencies() {
        for (library, places) in ONLY_IN {
            let here = needs.contains(library) && !places.contains(&member.as_str());
            assert!(!here, "{library} belongs to {places:?}, not to {member}");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "these files open without a `//!` line: {silent:#?}");
}

#[test]
fn no_file_is_too_long_to_hold_in_the_head() {
    for (path, text) in sources() {
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let count = text.lines().filter(is_code).count();
        let table = path.components().any(|part| part.as_os_str() == "tables");
        assert!(table || count <= LONGEST, "{} has {count} code lines, at most {LONGEST}", path.display());
    }
}

#[test]
fn lints_are_expected_with_a_reason_never_allowed() {
    let forbidden = ["#[", "allow("].concat();
    for (path, text) in sources() {
        assert!(!text.contains(&forbidden), "{} allows a lint; use #[expect(…, reason)]", path.display());
    }
}
