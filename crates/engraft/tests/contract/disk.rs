//! The disk says no: it may not be written to, it is full, a file may not grow, another process holds the database. Each is
//! told with what to do, costs nothing that was acknowledged, and is over once its cause is.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::bench::{Bench, run};
use crate::tuning;

/// The same command, run by another one that takes a command as its last words.
pub(crate) fn by(runner: &[&str], command: &Command) -> Command {
    let mut all = Command::new(runner[0]);
    all.args(&runner[1..]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => all.env(name, value),
            None => all.env_remove(name),
        };
    }
    all
}

#[track_caller]
fn json(command: Command) -> (i32, Value) {
    let run = run(command);
    let report = serde_json::from_str(&run.stdout);
    (run.status, report.unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr)))
}

/// The error says that something is not to be had, which file it is about, and what to do.
#[track_caller]
fn refused(outcome: (i32, Value), about: &str, says: &str, hint: &str) {
    let (status, report) = outcome;
    let error = &report["error"];
    assert_eq!((status, &error["kind"]), (3, &"unavailable".into()), "{report}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(about) && message.contains(says), "{report}");
    assert!(error["hint"].as_str().is_some_and(|said| said.contains(hint)), "{report}");
}

/// A workspace and a page.
fn acknowledged() -> Bench {
    let bench = Bench::lexical();
    bench.write("page.md", "The lighthouse keeper sleeps at noon.\n");
    bench
}

/// Twenty pages more: two megabytes that hardly compress.
fn noise(bench: &Bench) {
    let mut state = 1_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:012x} ", state >> 16)
    };
    for page in 0..20 {
        let text: String =
            (0..8_000).map(|at| if at % 80 == 79 { word() + "\n\n" } else { word() }).collect();
        bench.write(&format!("noise{page}.md"), &text);
    }
}

/// What the workspace lists is whole: the text of each document is that of its file. How many there are.
#[track_caller]
fn whole(bench: &Bench, ask: impl Fn(&[&str]) -> (i32, Value)) -> usize {
    let (status, listed) = ask(&["docs", "list"]);
    assert_eq!(status, 0, "{listed}");
    let documents = listed["documents"].as_array().unwrap();
    assert!(documents.iter().any(|document| document["uri"] == "page.md"), "{listed}");
    for document in documents.iter().take(3).chain(documents.last()) {
        let uri = document["uri"].as_str().unwrap();
        let text = fs::read_to_string(bench.docs().join(uri)).unwrap();
        assert_eq!(ask(&["docs", "show", uri]).1["text"], text.as_str(), "{uri}");
    }
    documents.len()
}

/// A folder whose permissions forbid every change, until it is dropped.
struct Frozen(PathBuf);

impl Frozen {
    fn new(folder: PathBuf) -> Frozen {
        set(&folder, 0o555, 0o444);
        Frozen(folder)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        set(&self.0, 0o755, 0o644);
    }
}

fn set(path: &Path, folder: u32, file: u32) {
    let mode = if path.is_dir() { folder } else { file };
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap().flatten() {
            set(&entry.path(), folder, file);
        }
    }
}

#[test]
fn a_workspace_that_may_not_be_written_to_says_so_and_keeps_what_it_has() {
    let bench = acknowledged();
    bench.ingest();
    let before = bench.json(&["docs", "list"]);
    // Root may write anywhere; a child of root that gave up that right may not.
    let root = fs::metadata(bench.path("kb")).unwrap().uid() == 0;
    let runner: &[&str] = if root { &["setpriv", "--bounding-set=-dac_override"] } else { &["env"] };
    let ask = |words: &[&str]| json(by(runner, &bench.command(&[&["--json"], words].concat())));
    let frozen = Frozen::new(bench.path("kb"));
    let mut probe = Command::new("touch");
    probe.arg(bench.path("kb/probe"));
    if by(runner, &probe).output().is_ok_and(|output| output.status.success()) {
        return engraft_testkit::skip(&format!("permissions do not bind this user, even by {runner:?}"));
    }
    bench.write("more.md", "The ferry leaves at seven.\n");
    let docs = bench.docs();
    let folder = "write permission on the folder";
    refused(ask(&["ingest", docs.to_str().unwrap()]), "truth.sqlite", "cannot be written", folder);
    refused(ask(&["docs", "rm", "page.md"]), "truth.sqlite", "cannot be written", folder);
    refused(ask(&["search", "lighthouse"]), "truth.sqlite", "cannot be written", folder);
    let inside = bench.path("kb/team");
    refused(
        ask(&["init", inside.to_str().unwrap()]),
        "kb/team",
        "Permission denied",
        "who may read and write",
    );
    drop(frozen);
    assert_eq!(bench.json(&["docs", "list"]), before);
    assert_eq!(bench.found(&["lighthouse"]), ["page.md"]);
    assert_eq!(bench.ingest()["documents"]["added"], 1);
    assert_eq!(bench.found(&["ferry"]), ["more.md"]);
}

/// A file system of few megabytes that only the commands run in it see, and that goes when this is dropped.
struct Small {
    holder: Child,
    place: String,
}

impl Small {
    /// `None` where nothing may be mounted.
    fn new(place: &Path, size: &str) -> Option<Small> {
        fs::create_dir(place).unwrap();
        let place = place.to_str().unwrap().to_string();
        let script = "mount -t tmpfs -o size=$1 tmpfs \"$0\" && echo mounted && exec cat";
        let holder = Command::new("unshare")
            .args(["-rm", "sh", "-c", script, &place, size])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(holder) = holder else {
            engraft_testkit::skip("there is no unshare here");
            return None;
        };
        let mut small = Small { holder, place };
        let mut said = String::new();
        BufReader::new(small.holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if said.trim() != "mounted" {
            engraft_testkit::skip("nothing may be mounted here");
            return None;
        }
        Some(small)
    }

    fn run(&self, command: &Command) -> Command {
        let holder = self.holder.id().to_string();
        by(&["nsenter", "-t", &holder, "-U", "-m", "--preserve-credentials"], command)
    }

    fn grow(&self) {
        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,size=100m", &self.place]);
        assert!(self.run(&mount).status().unwrap().success());
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// On a disk of that size twenty pages do not find room; how many documents there are then, and the same command once there is room.
#[track_caller]
fn full(size: &str, (about, says): (&str, &str), then: usize) {
    let bench = acknowledged();
    let Some(small) = Small::new(&bench.path("small"), size) else { return };
    let docs = bench.docs();
    let ask = |words: &[&str]| {
        json(small.run(&bench.bare(&[&["--workspace", &small.place, "--quiet", "--json"], words].concat())))
    };
    let ingest = ["ingest", docs.to_str().unwrap()];
    assert_eq!(ask(&["init", &small.place, "--encoder", "none"]).0, 0);
    assert_eq!(ask(&ingest).1["documents"]["added"], 1);
    noise(&bench);
    refused(ask(&ingest), about, says, "free");
    assert_eq!(whole(&bench, ask), then, "a batch is there as a whole or not at all");
    assert_eq!(ask(&["search", "lighthouse"]).1["hits"][0]["uri"], "page.md");
    small.grow();
    let (status, report) = ask(&ingest);
    assert_eq!((status, &report["documents"]["added"]), (0, &(21 - then).into()), "{report}");
    assert_eq!(whole(&bench, ask), 21);
    let (_, found) = ask(&["search", "lighthouse"]);
    assert_eq!(found["hits"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn a_disk_too_full_for_the_documents_takes_none_and_the_same_command_brings_them_once_there_is_room() {
    full("2m", ("truth.sqlite", "no room left"), 1);
}

#[test]
fn a_disk_too_full_for_the_index_keeps_the_documents_and_has_the_index_once_there_is_room() {
    full("3m", ("index file", "No space left"), 21);
}

#[test]
fn a_disk_too_full_for_a_model_has_none_and_the_same_command_makes_it_once_there_is_room() {
    let bench = Bench::lexical();
    let Some(small) = Small::new(&bench.path("small"), "2m") else { return };
    let ask = |words: &[&str]| {
        json(small.run(&bench.bare(&[&["--workspace", &small.place, "--quiet", "--json"], words].concat())))
    };
    assert_eq!(ask(&["init", &small.place, "--encoder", "none"]).0, 0);
    // Words that no other row has, so that a model needs megabytes for them.
    let row = |n: usize| {
        let words: String =
            (0..40).map(|at| format!("{:x} ", (n * 40 + at) * 2_654_435_761 % 4_294_967_291)).collect();
        format!("{{\"text\":\"{words}\",\"label\":\"l{}\"}}\n", n % 12)
    };
    let data = bench.path("rows.jsonl");
    fs::write(&data, (0..240).map(row).collect::<String>()).unwrap();
    let tune =
        ["tune", "classifier", "--data", data.to_str().unwrap(), "--method", "linear", "--name", "topics"];
    refused(ask(&tune), ".draft-", "No space left", "free");
    let sources = |report: &Value| -> Vec<Value> {
        report["models"].as_array().unwrap().iter().map(|model| model["source"].clone()).collect()
    };
    assert!(!sources(&ask(&["model", "list"]).1).contains(&"workspace".into()));
    let names = |command: &mut Command| String::from_utf8(command.output().unwrap().stdout).unwrap();
    let mut inside = Command::new("ls");
    inside.args(["-A", &format!("{}/.engraft/models", small.place)]);
    assert_eq!(names(&mut small.run(&inside)), "", "half a model is left");
    small.grow();
    let (status, report) = ask(&tune);
    assert_eq!((status, &report["model"]), (0, &"topics".into()), "{report}");
}

#[test]
fn a_model_is_made_where_another_user_made_the_lock() {
    let bench = Bench::lexical();
    let data = bench.path("topics.jsonl");
    fs::write(&data, tuning::lines(&tuning::rows(60, 0))).unwrap();
    let data = data.to_str().unwrap();
    let root = fs::metadata(bench.path("kb")).unwrap().uid() == 0;
    let capabilities = "--bounding-set=-dac_override,-dac_read_search";
    let runner: &[&str] = if root { &["setpriv", capabilities] } else { &["env"] };
    let lock = bench.path("kb/.engraft/models.lock");
    // It may be read and not be written to; then it may not even be read.
    for (name, mode) in [("first", 0o644), ("second", 0o444), ("third", 0o000)] {
        fs::write(&lock, "").unwrap();
        fs::set_permissions(&lock, Permissions::from_mode(mode)).unwrap();
        let words = ["--json", "tune", "classifier", "--data", data, "--method", "linear", "--name", name];
        let (status, report) = json(by(runner, &bench.command(&words)));
        assert_eq!((status, &report["model"]), (0, &name.into()), "{report}");
        fs::set_permissions(&lock, Permissions::from_mode(0o644)).unwrap();
    }
}

#[test]
fn a_file_that_may_not_grow_is_told_and_nothing_is_half_there() {
    let bench = acknowledged();
    bench.ingest();
    noise(&bench);
    let docs = bench.docs();
    // Blocks of 512 or 1,024 bytes, as the shell has it; as on a full disk a write fails, and no signal ends the process.
    let runner = ["sh", "-c", "trap '' XFSZ; ulimit -f 1450; exec \"$@\"", "sh"];
    let ask = |words: &[&str]| json(by(&runner, &bench.command(&[&["--json"], words].concat())));
    refused(ask(&["ingest", docs.to_str().unwrap()]), "truth.sqlite", "cannot be", "disk");
    let free = |words: &[&str]| bench.json_status(words);
    assert_eq!(whole(&bench, free), 1);
    assert_eq!(bench.found(&["lighthouse"]), ["page.md"]);
    assert_eq!(bench.ingest()["documents"]["added"], 20);
    assert_eq!(whole(&bench, free), 21);
}

#[test]
fn a_database_that_another_process_holds_is_read_and_not_written() {
    let bench = acknowledged();
    bench.ingest();
    bench.write("more.md", "The ferry leaves at seven.\n");
    let other = rusqlite::Connection::open(bench.path("kb/.engraft/truth.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let docs = bench.docs();
    let outcome = bench.json_status(&["ingest", docs.to_str().unwrap()]);
    refused(outcome, "truth.sqlite", "locked by another process", "wait for the other engraft process");
    assert_eq!(bench.found(&["lighthouse"]), ["page.md"]);
    assert_eq!(whole(&bench, |words| bench.json_status(words)), 1);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(bench.ingest()["documents"]["added"], 1);
    assert_eq!(bench.found(&["ferry"]), ["more.md"]);
}
