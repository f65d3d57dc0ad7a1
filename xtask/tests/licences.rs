//! Every dependency's licence is one that `deny.toml` allows, and none comes from anywhere but the registry.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What `[licenses] allow` of `deny.toml` lists.
fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = text.split_once("allow = [").unwrap().1.split_once(']').unwrap().0;
    list.split('"').skip(1).step_by(2).map(str::to_string).collect()
}

/// The triple of this machine: crates for other systems are not downloaded.
fn host() -> String {
    let run = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_string()
}

/// Every package of the workspace and below it, for this machine.
fn packages() -> Vec<Value> {
    let run = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let mut metadata: Value = serde_json::from_slice(&run.stdout).unwrap();
    let Value::Array(packages) = metadata["packages"].take() else { panic!("no packages") };
    let used: BTreeSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap())
        .collect();
    packages.into_iter().filter(|package| used.contains(package["id"].as_str().unwrap())).collect()
}

/// Whether an SPDX expression can be met by the licences that `allow` takes; `/` is the old way to write `OR`.
fn is_met(expression: &str, allow: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (met, read) = either(&words, allow);
    met && read == words.len()
}

/// `A OR B …` at the start of `words`: whether it is met, and how many words it takes.
fn either(words: &[&str], allow: &dyn Fn(&str) -> bool) -> (bool, usize) {
    let (mut met, mut read) = both(words, allow);
    while words.get(read) == Some(&"OR") {
        let (other, more) = both(&words[read + 1..], allow);
        met |= other;
        read += 1 + more;
    }
    (met, read)
}

/// `A AND B …`, which binds closer.
fn both(words: &[&str], allow: &dyn Fn(&str) -> bool) -> (bool, usize) {
    let (mut met, mut read) = one(words, allow);
    while words.get(read) == Some(&"AND") {
        let (other, more) = one(&words[read + 1..], allow);
        met &= other;
        read += 1 + more;
    }
    (met, read)
}

/// A licence, one with an exception, or an expression in brackets.
fn one(words: &[&str], allow: &dyn Fn(&str) -> bool) -> (bool, usize) {
    match words {
        ["(", inside @ ..] => {
            let (met, read) = either(inside, allow);
            (met && inside.get(read) == Some(&")"), read + 2)
        }
        [licence, "WITH", exception, ..] => (allow(&format!("{licence} WITH {exception}")), 3),
        [licence, ..] => (allow(licence), 1),
        [] => (false, 0),
    }
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let allowed = allowed();
    assert!(allowed.contains("MIT") && allowed.contains("Apache-2.0"), "{allowed:?}");
    let packages = packages();
    assert!(packages.len() > 100, "only {} packages were found", packages.len());
    let strays: Vec<String> = packages
        .iter()
        .filter(|package| {
            let licence = package["license"].as_str().unwrap_or_default();
            !is_met(licence, &|name| allowed.contains(name))
        })
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(strays.is_empty(), "deny.toml does not allow these licences: {strays:#?}");
}

#[test]
fn every_dependency_comes_from_the_registry() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    for package in packages() {
        let from = package["source"].as_str().unwrap_or(registry);
        assert_eq!(from, registry, "{}", package["name"]);
    }
}

#[test]
fn expressions_are_read_as_spdx_says() {
    #[track_caller]
    fn check(expression: &str, expected: bool) {
        let allow = |name: &str| ["MIT", "Apache-2.0 WITH LLVM-exception"].contains(&name);
        assert_eq!(is_met(expression, &allow), expected, "{expression}");
    }
    check("MIT", true);
    check("GPL-3.0", false);
    check("GPL-3.0 OR MIT", true);
    check("GPL-3.0/MIT", true);
    check("MIT AND GPL-3.0", false);
    check("(MIT OR GPL-3.0) AND MIT", true);
    check("GPL-3.0 OR MIT AND ISC", false);
    check("Apache-2.0 WITH LLVM-exception", true);
    check("MIT WITH LLVM-exception", false);
    check("", false);
    check("(MIT", false);
}
