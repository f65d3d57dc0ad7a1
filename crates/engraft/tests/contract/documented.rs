//! What the reference lists is what there is: keys of `engraft.toml`, variables of the environment, exit statuses, kinds of
//! errors and of failures, names of metrics.

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

/// A source without the items that only tests are built with.
fn without_tests(text: &str) -> String {
    let (mut kept, mut lines) = (String::new(), text.lines());
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept.extend([line, "\n"]);
            continue;
        }
        // The item ends with the brace under its first letter, or with its first line when it has no body.
        let end = line.replace("#[cfg(test)]", "}");
        let mut open = false;
        for line in lines.by_ref() {
            open |= line.ends_with('{');
            if line == end || !open && line.ends_with(';') {
                break;
            }
        }
    }
    kept
}

/// The words in quotation marks of our own sources that `wanted` picks; `tests` modules and test crates left out.
fn words(crates: &[&str], wanted: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let root = engraft_testkit::repository().join("crates");
    let texts = crates
        .iter()
        .flat_map(|name| sources(&root.join(name).join("src")))
        .map(|path| without_tests(&read_to_string(path).unwrap()));
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
    for path in sources(&root.join("app/src")) {
        let text = without_tests(&read_to_string(path).unwrap());
        made.extend(after(&text, "failed("));
        // Where a failure is put together: its kind is one of the first things said.
        let parts = text.split("Diagnostic {").skip(1);
        let begins = parts.map(|part| part.chars().take(150).collect::<String>());
        made.extend(begins.flat_map(|begin| after(&begin, "kind: ")));
    }
    made.retain(|kind| kind != "warning");
    assert!(made.len() > 10, "{made:?}");
    let made: BTreeSet<String> = made.into_iter().collect();
    assert_eq!(made, listed("errors.md", "Failures of single items"));
}

#[test]
fn test_code_is_left_out_and_what_follows_it_is_not() {
    let text = "a();\n#[cfg(test)]\nmod tests;\nb();\n    #[cfg(test)]\n    fn c() {\n        d();\n    }\n    e();\n#[cfg(test)]\nmod f {\n    g();\n}\nh();\n";
    assert_eq!(without_tests(text), "a();\nb();\n    e();\nh();\n");
}

/// Files that have everything in them that metrics are made for.
fn judged(folder: &Path) {
    let write = |name: &str, lines: &[&str]| std::fs::write(folder.join(name), lines.join("\n")).unwrap();
    write("qrels", &["q 0 a 1", "q 0 b 0", "q 0 c 2", "r 0 a 1"]);
    write("run", &["q Q0 b 1 2.0 x", "q Q0 a 2 1.0 x", "r Q0 a 1 1.0 x"]);
    write("evidence", &[r#"{"query":"q","doc":"a","char_start":10,"char_end":30}"#]);
    write("passages", &[r#"{"query":"q","doc":"a","char_start":0,"char_end":20,"score":2}"#]);
    write("answers", &[r#"{"id":"1","answer":"in 30 days"}"#, r#"{"id":"2","answerable":false}"#]);
    write("answered", &[r#"{"id":"1","answer":"30 days"}"#, r#"{"id":"2","answer":"","answerable":false}"#]);
    write("labels", &[r#"{"label":"a"}"#, r#"{"label":"b"}"#, r#"{"label":"a"}"#, r#"{"label":"b"}"#]);
    let guess =
        |label: &str, a: f64| format!(r#"{{"label":"{label}","scores":{{"a":{a},"b":{}}}}}"#, 1.0 - a);
    let guesses = [guess("a", 0.9), guess("b", 0.25), guess("b", 0.4), guess("b", 0.1)];
    write("labelled", &guesses.each_ref().map(String::as_str));
    let span = r#"{"id":"1","text":"On 1 May","spans":[{"char_start":3,"char_end":8,"label":"date"}]}"#;
    write("spans", &[span]);
}

/// What `metrics` prints for those files, by name.
fn measured(bench: &Bench, words: &str) -> BTreeSet<String> {
    let words = format!("--json metrics {words}");
    let mut command = bench.bare(&words.split(' ').collect::<Vec<_>>());
    command.current_dir(bench.docs());
    let run = crate::bench::run(command);
    assert_eq!(run.status, 0, "{words}: {}{}", run.stdout, run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(crate::bench::metrics(&report) > 0, "{report}");
    report["measures"].as_object().unwrap().keys().cloned().collect()
}

/// Whether a documented name, in which `…` stands for anything, is that of a metric.
fn names(documented: &str, metric: &str) -> bool {
    match documented.split_once('…') {
        Some((start, end)) => metric.starts_with(start) && metric.ends_with(end),
        None => documented == metric,
    }
}

#[test]
fn every_metric_that_is_printed_is_documented_and_every_documented_one_is_printed() {
    let bench = Bench::lexical();
    judged(&bench.docs());
    for (what, files) in [
        ("text", "--pred answered --gold answers"),
        ("labels", "--pred labelled --gold labels"),
        ("spans", "--pred spans --gold spans"),
    ] {
        let documented = listed("metrics.md", what);
        let printed = measured(&bench, &format!("{what} {files}"));
        let asked_for = documented.iter().filter(|name| !name.contains('…')).cloned().collect::<Vec<_>>();
        let printed = match what {
            "text" => {
                &printed | &measured(&bench, &format!("{what} {files} --measures {}", only(&asked_for)))
            }
            _ => printed,
        };
        let unknown: Vec<_> =
            printed.iter().filter(|name| !documented.iter().any(|one| names(one, name))).collect();
        assert!(unknown.is_empty(), "{what}: {unknown:?} are not in metrics.md");
        let never: Vec<_> =
            documented.iter().filter(|one| !printed.iter().any(|name| names(one, name))).collect();
        assert!(never.is_empty(), "{what}: {never:?} are in metrics.md alone");
    }
}

/// Those that can be asked for by name, separated by commas; the measures of silence come by themselves.
fn only(names: &[String]) -> String {
    let alone = ["correct_", "false_", "over_", "abstention", "coverage", "selective", "utility"];
    let named = names.iter().filter(|name| !alone.iter().any(|start| name.starts_with(start)));
    named.cloned().chain(["rouge1_unicode".to_string()]).collect::<Vec<_>>().join(",")
}

#[test]
fn every_measure_of_a_ranking_that_is_documented_can_be_asked_for() {
    let bench = Bench::lexical();
    judged(&bench.docs());
    let written = |name: &str| {
        name.replace("[@k]", "@10").replace("@k", "@10").replace("@r", "@0.5").replace("@m", "@0.5")
    };
    let (of_spans, of_documents): (Vec<String>, Vec<String>) = listed("metrics.md", "rank")
        .iter()
        .map(|name| written(name))
        .partition(|name| name.starts_with("Evidence"));
    for (files, wanted) in
        [("--qrels qrels --run run", of_documents), ("--qrels evidence --run passages", of_spans)]
    {
        assert!(wanted.len() > 2, "{wanted:?}");
        for name in &wanted {
            let printed = measured(&bench, &format!("rank {files} --measures {name}"));
            assert!(printed.contains(name), "{name} was asked for: {printed:?}");
        }
    }
    let printed = measured(&bench, "rank --qrels qrels --run run");
    let documented = listed("metrics.md", "rank");
    let base = |name: &str| name.split(['@', '[', '(']).next().unwrap().to_string();
    for name in &printed {
        assert!(documented.iter().any(|one| base(one) == base(name)), "{name} is not in metrics.md");
    }
}
