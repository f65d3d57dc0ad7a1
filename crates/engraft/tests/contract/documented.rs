//! What the reference lists is what there is: keys of `engraft.toml`, variables of the environment, exit statuses, kinds of
//! errors and of failures.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use engraft_core::Kind;

use crate::bench::Bench;

fn reference(page: &str) -> String {
    read_to_string(engraft_testkit::repository().join("docs/reference").join(page)).unwrap()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_string)
}

/// The names in the first column of the tables of a page under the heading that ends so.
fn listed(page: &str, heading: &str) -> BTreeSet<String> {
    let text = reference(page);
    let after = text.split("\n## ").find(|part| part.lines().next().unwrap().ends_with(heading)).unwrap();
    let rows = after.lines().filter_map(|line| line.strip_prefix("| "));
    rows.flat_map(|row| quoted(row.split(" |").next().unwrap()).collect::<Vec<_>>()).collect()
}

/// The keys that the product names when it is given one that does not exist.
fn keys(bench: &Bench, section: &str) -> Vec<String> {
    let head = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
    std::fs::write(bench.path("kb/engraft.toml"), format!("{head}no-such-key = 1\n")).unwrap();
    let (status, report) = bench.json_status(&["docs", "list"]);
    let message = report["error"]["message"].as_str().unwrap_or_default().to_string();
    match message.split_once("expected") {
        Some((unknown, expected)) if status == 2 && unknown.contains("no-such-key") => {
            quoted(expected).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_key_that_is_read_is_documented_and_every_documented_key_is_read() {
    let bench = Bench::lexical();
    let mut read = BTreeSet::new();
    for key in keys(&bench, "") {
        let inside = keys(&bench, &key);
        if inside.is_empty() {
            read.insert(key.clone());
        }
        read.extend(inside.into_iter().map(|inner| format!("{key}.{inner}")));
    }
    assert!(read.len() > 20 && read.contains("name") && read.contains("search.k1"), "{read:?}");
    let documented = &listed("config.md", "engraft.toml") | &listed("config.md", "A language model");
    assert_eq!(read, documented);
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let found = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The words in quotation marks of our own sources that `wanted` picks; `tests` modules and test crates left out.
fn words(crates: &[&str], wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let root = engraft_testkit::repository().join("crates");
    let texts = crates.iter().flat_map(|name| sources(&root.join(name).join("src"))).map(|path| {
        let text = read_to_string(path).unwrap();
        text.split("#[cfg(test)]").next().unwrap_or_default().to_string()
    });
    let all: Vec<String> =
        texts.flat_map(|text| text.split('"').map(str::to_string).collect::<Vec<_>>()).collect();
    all.into_iter().filter(|word| wanted(word)).collect()
}

#[test]
fn every_variable_that_is_read_is_documented() {
    let ours = [
        "answer", "annotate", "app", "core", "decide", "engraft", "eval", "ingest", "nn", "search", "server",
        "store", "tune",
    ];
    let named = |word: &str| {
        ["ENGRAFT_", "HF_"].iter().any(|start| word.starts_with(start))
            && !word.starts_with("ENGRAFT_TEST_")
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let read = words(&ours, named);
    assert!(read.contains("ENGRAFT_WORKSPACE"), "{read:?}");
    let documented = listed("config.md", "Environment").into_iter().filter(|name| named(name)).collect();
    assert_eq!(read, documented);
}

#[test]
fn every_exit_status_and_kind_of_error_is_documented() {
    let kinds = [Kind::User, Kind::Missing, Kind::Conflict, Kind::Unavailable, Kind::Bug];
    // A new kind is missing above; the compiler says so here.
    let all = |kind: &Kind| match kind {
        Kind::User | Kind::Missing | Kind::Conflict | Kind::Unavailable | Kind::Bug => true,
    };
    assert!(kinds.iter().all(all));
    let page = reference("errors.md");
    let intro = page.split("\n## ").next().unwrap();
    let statuses: BTreeSet<u8> =
        intro.lines().filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect();
    assert_eq!(statuses, kinds.iter().map(|kind| kind.exit_code()).chain([0, 1]).collect());
    let named: BTreeSet<String> = quoted(intro.split("with `kind` one of").nth(1).unwrap()).collect();
    let word = |kind: &Kind| serde_json::to_value(kind).unwrap().as_str().unwrap().to_string();
    assert_eq!(named, kinds.iter().map(word).collect());
}

#[test]
fn every_kind_of_failure_is_documented() {
    let root = engraft_testkit::repository().join("crates");
    let read = |path: &str| read_to_string(root.join(path)).unwrap();
    let after = |text: &str, mark: &str| -> Vec<String> {
        let parts = text.split(mark).skip(1).filter_map(|part| part.trim_start().strip_prefix('"'));
        parts.map(|part| part.split('"').next().unwrap().to_string()).collect()
    };
    let codes = read("ingest/src/parse/error.rs");
    let codes = codes.split("fn code(").nth(1).unwrap().split("fn ").next().unwrap();
    let mut made = after(codes, "=>");
    for file in ["isolate.rs", "read.rs", "scan.rs"] {
        let text = read(&format!("app/src/{file}"));
        made.extend(["failed(", "kind: "].iter().flat_map(|mark| after(&text, mark)));
    }
    assert!(made.len() > 10, "{made:?}");
    let made: BTreeSet<String> = made.into_iter().collect();
    assert_eq!(made, listed("errors.md", "Failures of single items"));
}
