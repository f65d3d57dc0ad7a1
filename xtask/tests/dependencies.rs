//! Every dependency is one that `deny.toml` takes: its licence, what is banned, any version at all, where it comes from.
//! What needs a database from elsewhere (advisories, yanked versions) is left to `cargo deny check`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What `deny.toml` says.
fn deny() -> toml::Table {
    std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

/// The texts of a list.
fn texts(list: &toml::Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_string()).collect()
}

/// The triple of this machine: crates for other systems are not downloaded.
fn host() -> String {
    let run = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_string()
}

/// The packages of the workspace and below it, for this machine, and who needs whom.
fn metadata() -> Value {
    let run = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).unwrap()
}

/// Every package in use.
fn packages() -> Vec<Value> {
    let mut metadata = metadata();
    let Value::Array(packages) = metadata["packages"].take() else { panic!("no packages") };
    let used: BTreeSet<&str> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["id"].as_str().unwrap())
        .collect();
    packages.into_iter().filter(|package| used.contains(package["id"].as_str().unwrap())).collect()
}

/// The names of the packages in use, each with the names of those that need it.
fn needed_by() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let list = |value: &Value| value.as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let names: BTreeMap<String, String> = list(&metadata["packages"])
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let name = |id: &Value| names[id.as_str().unwrap()].clone();
    let mut needed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in list(&metadata["resolve"]["nodes"]) {
        let by = name(&node["id"]);
        needed.entry(by.clone()).or_default();
        for dependency in list(&node["deps"]) {
            needed.entry(name(&dependency["pkg"])).or_default().insert(by.clone());
        }
    }
    needed
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
    let allowed = texts(&deny()["licenses"]["allow"]);
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
fn what_is_banned_is_needed_by_nobody_but_its_wrappers() {
    let needed = needed_by();
    let bans = deny()["bans"]["deny"].as_array().unwrap().clone();
    assert!(bans.len() >= 2 && needed["tokio"].contains("axum"), "{bans:?}");
    for ban in bans {
        let name = ban["name"].as_str().unwrap();
        let wrappers = ban.get("wrappers").map(texts);
        let strays = needed.get(name).map(|by| by - &wrappers.clone().unwrap_or_default());
        // Without wrappers it may not be there at all.
        let fine = strays.as_ref().is_none_or(|strays| strays.is_empty() && wrappers.is_some());
        assert!(fine, "{name} is banned, but needed by {strays:?}");
    }
}

#[test]
fn every_dependency_of_ours_says_its_version() {
    assert_eq!(deny()["bans"]["wildcards"].as_str(), Some("deny"));
    let ours = packages().into_iter().filter(|package| package["source"].is_null());
    for package in ours {
        for needed in package["dependencies"].as_array().unwrap() {
            let any = needed["req"] == "*" && needed["path"].is_null();
            assert!(!any, "{} takes any version of {}", package["name"], needed["name"]);
        }
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
