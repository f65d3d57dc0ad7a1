//! First steps in the wrong order, or with the wrong thing: each says what is wrong, and what to do instead.

use serde_json::{Value, json};

use crate::bench::{Bench, run};

/// The error of a command whose words are at fault.
#[track_caller]
fn astray(bench: &Bench, words: &[&str], says: &str, hint: &str) {
    told(&bench.json_status(words), says, hint);
}

#[track_caller]
fn told((status, value): &(i32, Value), says: &str, hint: &str) {
    let part = |name: &str| value["error"][name].as_str().unwrap_or_default();
    assert_eq!(*status, 2, "{value}");
    assert!(part("message").contains(says), "{value}");
    assert!(part("hint").contains(hint), "{value}");
}

/// A file of the bench.
fn file(bench: &Bench, name: &str, bytes: &[u8]) -> String {
    let path = bench.path(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn a_workspace_that_is_none_is_named_and_where_a_file_is_in_the_way_another_folder_is_asked_for() {
    let bench = Bench::lexical();
    let file = file(&bench, "file", b"");
    astray(&bench, &["init", &file], "file: File exists", "choose another folder");
    astray(&bench, &["init", &format!("{file}/kb")], "Not a directory", "choose another folder");
    for named in [file.as_str(), bench.path("nowhere").to_str().unwrap()] {
        let run = run(bench.bare(&["--json", "--workspace", named, "docs", "list"]));
        let value = serde_json::from_str(&run.stdout).unwrap();
        told(&(run.status, value), "is no workspace", &format!("engraft init {named}"));
    }
}

#[test]
fn a_folder_that_should_be_a_file_and_a_file_that_is_no_text_are_told() {
    let bench = Bench::lexical();
    let folder = bench.docs();
    let folder = folder.to_str().unwrap();
    for words in [["ask", "--batch", folder], ["decide", folder, "--dry-run"], ["dataset", "create", "d"]] {
        let schema = ["--schema", folder];
        let words = if words[0] == "dataset" { [&words[..], &schema].concat() } else { words.to_vec() };
        astray(&bench, &words, "Is a directory", "name a file");
    }
    let latin = file(&bench, "latin.jsonl", b"{\"id\":\"q\",\"question\":\"Gr\xfc\xdfe?\"}\n");
    astray(&bench, &["ask", "--batch", &latin], "latin.jsonl", "UTF-8");
}

#[test]
fn words_that_are_empty_or_missing_are_told() {
    let bench = Bench::lexical();
    let docs = bench.docs();
    astray(&bench, &["ingest", ""], "a path is empty", "name a file");
    astray(&bench, &["ingest", docs.to_str().unwrap(), "--source", " "], "name is empty", "--source NAME");
    astray(&bench, &["ask", "why?", "-k", "0"], "-k is 0", "at least one");
    astray(&bench, &["docs"], "not complete", "--help");
    let bare = run(bench.bare(&["--json", "docs"]));
    told(&(bare.status, serde_json::from_str(&bare.stdout).unwrap()), "not complete", "--help");
    let nowhere = bench.path("nowhere");
    astray(&bench, &["model", "import", nowhere.to_str().unwrap()], "nowhere", "check the path");
    let empty = file(&bench, "empty", b"");
    astray(&bench, &["eval", "answers", "--questions", &empty], "holds no question", "each line");
    astray(&bench, &["decide", &empty, "--dry-run"], "missing field", "decide.md");
}

#[test]
fn a_file_that_shows_no_question_makes_no_dataset() {
    let bench = Bench::lexical();
    let import = |path: &str, format: &str, says: &str| {
        let words = ["dataset", "import", "new", path, "--format", format];
        astray(&bench, &words, says, "engraft dataset create new --schema FILE");
        assert_eq!(bench.json(&["dataset", "list"])["datasets"], json!([]), "{format}");
    };
    let empty = file(&bench, "empty", b"");
    for format in ["label-studio", "argilla", "doccano", "prodigy", "conll", "jsonl", "csv", "trl-dpo"] {
        import(&empty, format, "holds no item");
    }
    std::fs::create_dir(bench.path("brat")).unwrap();
    import(bench.path("brat").to_str().unwrap(), "brat", "holds no item");
    import(&file(&bench, "broken", b"no JSON\n"), "jsonl", "holds no item");
    let plain = file(&bench, "plain", br#"{"fields":{"text":"Nobody said anything of it."}}"#);
    import(&plain, "jsonl", "holds no answers");
    let task = file(&bench, "task", br#"[{"data":{"text":"Nobody said anything of it."}}]"#);
    import(&task, "label-studio", "holds no answers");
}

#[test]
fn an_import_says_which_units_of_offsets_there_are() {
    let bench = Bench::lexical();
    let empty = file(&bench, "empty", b"");
    let words = ["dataset", "import", "new", &empty, "--format", "jsonl", "--offset-unit", "meter"];
    astray(&bench, &words, "`meter` is no unit of offsets", "codepoint");
}
