//! An interrupted decision goes on where it stood: what was finished is not done again, and the record is that of one that was never
//! interrupted, but for times.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use engraft_app::decide::{DecideRequest, Decided, Task, decide};
use engraft_app::{Context, Error, Isolation, Parsers, Workspace, init};
use engraft_core::{Cancel, Progress};
use serde_json::{Value, json};

/// Fields of a record that hold seconds or milliseconds.
const TIMES: [&str; 9] = [
    "stage_ms",
    "cpu_s",
    "build_cpu_s",
    "build_s",
    "update_cpu_s",
    "seconds",
    "limit_s",
    "retrain_s",
    "deploy_s",
];

/// Asks to stop after so much of a stage.
struct StopIn<'a> {
    cancel: &'a Cancel,
    stage: &'a str,
    after: u64,
    /// The stage at hand, and how much of it is done.
    far: Mutex<(String, u64)>,
}

impl Progress for StopIn<'_> {
    fn stage(&self, name: &str, _total: Option<u64>) {
        *self.far.lock().unwrap() = (name.to_string(), 0);
    }
    fn advance(&self, units: u64) {
        let mut far = self.far.lock().unwrap();
        far.1 += units;
        if far.0 == self.stage && far.1 >= self.after {
            self.cancel.cancel();
        }
    }
    fn say(&self, _remark: &str) {}
}

/// Decides on `task`, and stops after so much of a stage.
fn run(task: &Path, out: &Path, stop: (&str, u64)) -> Result<Decided, Error> {
    run_in(None, task, out, stop)
}

/// The same, where the studio of a workspace shows how far it is.
fn run_in(
    workspace: Option<&Workspace>,
    task: &Path,
    out: &Path,
    (stage, after): (&str, u64),
) -> Result<Decided, Error> {
    let cancel = Cancel::default();
    let progress = StopIn { cancel: &cancel, stage, after, far: Mutex::default() };
    let now = || "2026-01-01T00:00:00.000Z".to_string();
    // Long before the files were written, so that they are read again at every edit.
    let context = Context { progress: &progress, cancel: &cancel, now_ns: &|| 0, now: &now };
    let parsers = Parsers::new(Isolation::InProcess, Default::default());
    let task = Task::read(task).unwrap();
    let (command, threads) = ("engraft decide task.toml", 1);
    decide(context, &DecideRequest { task: &task, out, command, threads, workspace, parsers: &parsers })
}

/// What is kept of what was measured: by file, its lines.
fn kept(out: &Path) -> BTreeMap<String, Vec<String>> {
    let files = std::fs::read_dir(out.join("work")).unwrap().map(|entry| entry.unwrap().path());
    let lines = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, text.lines().map(String::from).collect())
    });
    lines.collect()
}

/// Lines kept in files whose names begin like that.
fn lines(kept: &BTreeMap<String, Vec<String>>, begin: &str) -> usize {
    kept.iter().filter(|(name, _)| name.starts_with(begin)).map(|(_, lines)| lines.len()).sum()
}

/// Where two records differ, times aside; a number read back may differ in its last bit.
fn differing(one: &Value, other: &Value, at: &str) -> Option<String> {
    let alike = match (one, other) {
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            return a.iter().find_map(|(name, field)| match TIMES.contains(&name.as_str()) {
                true => (field.is_null() != b[name].is_null()).then(|| format!("{at}.{name}")),
                false => differing(field, &b[name], &format!("{at}.{name}")),
            });
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            return pairs.find_map(|(place, (a, b))| differing(a, b, &format!("{at}[{place}]")));
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-12 * a.abs().max(1.0)
        }
        _ => one == other,
    };
    (!alike).then(|| format!("{at}: {one} and {other}"))
}

/// Stops a decision again and again, and holds what it comes to against one that was not stopped. `sets` begin the names of what is
/// finished when it goes on for the last time, with how many lines there are then.
#[track_caller]
fn check(folder: &Path, stops: &[(&str, u64)], sets: &[(&str, usize)]) {
    let (task, out, other) = (folder.join("task.toml"), folder.join("stopped"), folder.join("whole"));
    let mut before: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut goes_on = |stop: (&str, u64)| {
        let came = run(&task, &out, stop);
        let after = kept(&out);
        for (name, lines) in &before {
            assert!(after[name].starts_with(lines), "{name} was measured again");
        }
        let finished = std::mem::replace(&mut before, after);
        (came, finished)
    };
    for stop in stops {
        let (came, _) = goes_on(*stop);
        assert!(matches!(came, Err(Error::Cancelled)), "{stop:?}: {came:?}");
        assert!(!out.join("decision.json").exists());
    }
    let (decided, finished) = goes_on(("", u64::MAX));
    let decided = decided.unwrap();
    for (begin, n) in sets {
        assert_eq!(lines(&finished, begin), *n, "{begin} of {:?}", finished.keys());
    }

    let whole = run(&task, &other, ("", u64::MAX)).unwrap();
    let rows = lines(&finished, "rows-");
    assert_eq!((decided.reused, decided.asked, whole.reused), (rows, whole.asked - rows, 0));
    let record = |out: &Path| -> Value {
        serde_json::from_slice(&std::fs::read(out.join("record.json")).unwrap()).unwrap()
    };
    assert_eq!(differing(&record(&out), &record(&other), "record"), None);
}

#[test]
fn a_stopped_decision_on_labels_repeats_no_row_and_no_change() {
    let folder = tempfile::tempdir().unwrap();
    engraft_testkit::tiny_encoder(&folder.path().join("tiny")).unwrap();
    let topics = [
        ("delivery", ["where is my", "when will you send the", "the courier lost the"]),
        ("refund", ["please pay back the", "you charged me twice for the", "i cancel the"]),
        ("repair", ["who can mend the", "something rattles inside the", "it no longer starts, the"]),
        ("advice", ["how do i clean the", "which battery fits the", "where do i put the"]),
    ];
    let things =
        ["gauge", "vane", "barometer", "old sensor", "mast", "panel", "cable", "lens", "tripod", "box"];
    let mut rows = String::new();
    for (label, openings) in topics {
        for text in openings.iter().flat_map(|opening| things.map(|thing| format!("{opening} {thing}"))) {
            rows += &format!("{}\n", json!({ "text": text, "label": label }));
        }
    }
    std::fs::write(folder.path().join("messages.jsonl"), rows).unwrap();
    let task = "kind = 'classify'\nlabelled = 'messages.jsonl'\nencoder = 'tiny'\nleakage = 'drop'\nresamples = 100\n\
                learning_curve = false\n[updates]\ntrials = 4\n[scale]\nquestions = 0\nload_s = 0\n";
    std::fs::write(folder.path().join("task.toml"), task).unwrap();
    let stops = [("ask retrieval", 10), ("ask both", 5), ("change tuned", 2)];
    check(folder.path(), &stops, &[("updates-base", 4), ("updates-tuned", 2), ("updates-both", 0)]);
    // A model that is trained again is deployed before it is asked, and nothing of it stays.
    let whole = folder.path().join("whole");
    let record = std::fs::read(whole.join("record.json")).unwrap();
    let record: Value = serde_json::from_slice(&record).unwrap();
    for arm in record["arms"].as_array().unwrap() {
        for trial in arm["updates"].as_array().unwrap() {
            let timed = ["retrain_s", "deploy_s"].map(|part| trial["renewed"][part].is_f64());
            assert_eq!(timed, [arm["tuned"] == true; 2], "{}: {trial}", arm["name"]);
        }
    }
    let folders = std::fs::read_dir(whole.join("work")).unwrap();
    assert_eq!(folders.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count(), 0);
}

/// A task on forty rooms, each with a page and a question.
fn rooms(folder: &Path) {
    let docs = folder.join("docs");
    std::fs::create_dir(&docs).unwrap();
    let mut rows = String::new();
    let colours = ["red", "green", "blue", "white", "black", "brown", "grey", "pink"];
    for (floor, room) in (0..40).map(|at| (at / 8, colours[at % 8])) {
        let says = format!("The {room} room on floor {floor} seats {} people.", 10 + floor);
        let page = format!("# The {room} room on floor {floor}\n\n{says}\n");
        std::fs::write(docs.join(format!("{room}-{floor}.md")), page).unwrap();
        let question = format!("How many people does the {room} room on floor {floor} seat?");
        let row =
            json!({ "id": format!("{room}{floor}"), "question": question, "gold": [{ "quote": says }] });
        rows += &format!("{row}\n");
    }
    std::fs::write(folder.join("questions.jsonl"), rows).unwrap();
    let task = "kind = 'answer'\nevaluation = 'questions.jsonl'\ndocuments = 'docs'\nencoder = 'none'\nresamples = 100\n\
                [updates]\ntrials = 10\n[scale]\nquestions = 0\nload_s = 0\n";
    std::fs::write(folder.join("task.toml"), task).unwrap();
}

#[test]
fn a_stopped_decision_on_answers_repeats_no_row_and_no_edit() {
    let folder = tempfile::tempdir().unwrap();
    rooms(folder.path());
    // After three edits, something is deleted that was there before it stopped, or came since.
    let stops = [("ask retrieval", 10), ("edit documents", 3), ("edit documents", 8)];
    check(folder.path(), &stops, &[("rows-retrieval", 40), ("edits-retrieval", 8)]);
}

#[test]
fn who_watches_a_decision_on_answers_sees_what_was_answered_before_any_edit_is_made() {
    let folder = tempfile::tempdir().unwrap();
    rooms(folder.path());
    let kb = folder.path().join("kb");
    init(&kb, None, Some("none")).unwrap();
    let workspace = Workspace::open(&kb, 1).unwrap();
    let (task, out) = (folder.path().join("task.toml"), folder.path().join("watched"));
    let came = run_in(Some(&workspace), &task, &out, ("edit documents", 0));
    assert!(matches!(came, Err(Error::Cancelled)), "{came:?}");
    let so_far = std::fs::read(out.join("work/so-far.json")).unwrap();
    let so_far: Value = serde_json::from_slice(&so_far).unwrap();
    let retrieval = &so_far["arms"][1];
    assert_eq!((&retrieval["name"], &retrieval["updates"]), (&json!("retrieval"), &json!([])));
    assert_eq!(retrieval["runs"][0]["rows"].as_array().unwrap().len(), 40);
    assert!(
        so_far["arms"].as_array().unwrap().iter().any(|arm| arm["name"] == "random-passages"),
        "{so_far}"
    );

    // Where nobody can watch, nothing is left for them.
    let alone = folder.path().join("alone");
    assert!(matches!(run(&task, &alone, ("edit documents", 0)), Err(Error::Cancelled)));
    assert!(!alone.join("work/so-far.json").exists());
}
