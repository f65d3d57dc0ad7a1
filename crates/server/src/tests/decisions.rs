//! Decisions in the studio: seen while they run, weighed otherwise when they are made.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use engraft_app::decide::{self, DecideRequest, Task};
use engraft_app::{Context, Isolation, Parsers, Workspace};
use engraft_core::{Cancel, Progress};
use serde_json::{Value, json};

use super::bench::{Bench, everybody};

/// What the workspace says of its one decision whenever the decision says how far it is.
struct Spy<'a>(&'a Workspace, Mutex<Vec<(String, u64)>>);

impl Progress for Spy<'_> {
    fn stage(&self, _: &str, _: Option<u64>) {
        self.advance(0);
    }
    fn advance(&self, _: u64) {
        let who = engraft_app::people::Principal::at_the_machine();
        for row in decide::decisions(self.0, &who).unwrap() {
            self.1.lock().unwrap().push((format!("{} {}", row.state.name(), row.stage), row.done));
        }
    }
    fn say(&self, _: &str) {}
}

/// Decides on the example in a folder; whether it came to its end.
fn decide(context: Context, app: &Workspace, out: &Path, encoder: &Path) -> bool {
    let parsers = Parsers::new(Isolation::InProcess, Default::default());
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decision/topics.toml");
    let mut task = Task::read(&example).unwrap();
    task.encoder = encoder.display().to_string();
    let request = DecideRequest {
        task: &task,
        out,
        command: "engraft decide topics.toml",
        threads: 1,
        workspace: Some(app),
        parsers: &parsers,
    };
    decide::decide(context, &request).is_ok()
}

fn decided(context: Context, app: &Workspace, folder: &Path, encoder: &Path) -> Vec<(String, u64)> {
    let spy = Spy(app, Mutex::default());
    assert!(decide(Context { progress: &spy, ..context }, app, &folder.join("topics.decision"), encoder));
    spy.1.into_inner().unwrap()
}

/// A decision that waits where its first change would begin, until it may go on.
struct Halt {
    reached: Sender<()>,
    go_on: Mutex<Receiver<()>>,
    halted: AtomicBool,
}

impl Progress for Halt {
    fn stage(&self, name: &str, _: Option<u64>) {
        if name.starts_with("change ") && !self.halted.swap(true, Ordering::Relaxed) {
            self.reached.send(()).unwrap();
            self.go_on.lock().unwrap().recv().unwrap();
        }
    }
    fn advance(&self, _: u64) {}
    fn say(&self, _: &str) {}
}

/// Decides as another process would, beside the studio.
fn decide_beside(root: &Path, out: &Path, encoder: &Path, progress: &Halt) -> bool {
    let app = Workspace::open(root, 1).unwrap();
    let (cancel, clock) = (Cancel::default(), AtomicI64::new(0));
    let now_ns = || clock.fetch_add(1_000_000_000, Ordering::Relaxed);
    let now = || "2026-01-02T03:04:05Z".to_string();
    decide(Context { progress, cancel: &cancel, now_ns: &now_ns, now: &now }, &app, out, encoder)
}

/// A decision whose files are those of an earlier time, because it stopped when it was run again.
fn stopped_again(context: Context, app: &Workspace, folder: &Path) {
    let out = folder.join("again.decision");
    std::fs::create_dir(&out).unwrap();
    for file in std::fs::read_dir(folder.join("topics.decision"))
        .unwrap()
        .flatten()
        .filter(|file| file.path().is_file())
    {
        std::fs::copy(file.path(), out.join(file.file_name())).unwrap();
    }
    assert!(!decide(context, app, &out, &folder.join("no-encoder")));
}

fn weigh(bench: &Bench, who: &str, quality: f64, cost: f64) -> Value {
    let weights =
        json!({ "quality": quality, "groundedness": 0, "latency": 0, "cost": cost, "update_lag": 0 });
    let reply = bench.post(who, "/api/v1/decisions/1/weigh", &weights);
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

#[test]
fn a_decision_is_seen_while_it_runs_and_weighed_otherwise_when_it_is_made() {
    let Some(encoder) = engraft_testkit::model() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    let bench = Bench::with(|context, app| {
        let tokens = everybody(context, app);
        seen = decided(context, app, folder.path(), &encoder);
        stopped_again(context, app, folder.path());
        tokens
    });
    // It was running, and further along as time went by.
    assert!(seen.iter().all(|(state, _)| state.starts_with("running")), "{seen:?}");
    let mut different = seen.clone();
    different.dedup();
    assert!(different.len() > 3, "{different:?}");

    let list = bench.get("vic", "/decisions").text;
    assert!(list.contains("topics") && list.contains("data-decided"), "{list}");
    let page = bench.get("vic", "/decisions/1").text;
    let written = std::fs::read(folder.path().join("topics.decision/decision.json")).unwrap();
    let written: Value = serde_json::from_slice(&written).unwrap();
    let sentence = written["verdict"].as_str().unwrap().split('`').next().unwrap();
    assert!(page.contains(sentence) && page.contains("type=\"range\""), "{page}");
    // The tile and the pictures of the report, without what was asked and answered.
    let report = std::fs::read_to_string(folder.path().join("topics.decision/report.html")).unwrap();
    let tile = report.split("<div class=tile>").nth(1).unwrap().split("<p class=soft>").next().unwrap();
    assert!(page.contains("id=\"tile\"") && page.contains(tile), "{page}");
    let drawn = |page: &str| page.matches("role=\"img\"").count();
    assert!(drawn(&page) > 8 && drawn(&page) == drawn(&report), "{} {}", drawn(&page), drawn(&report));
    assert!(!page.contains("rain gauge"), "{page}");

    // Weighed as it was decided, the verdict is the one that was written.
    let criteria = written["criteria"].as_array().unwrap();
    let weight = |name: &str| {
        criteria.iter().find(|one| one["criterion"] == name.replace('_', " ")).unwrap()["weight"]
            .as_f64()
            .unwrap()
    };
    let mut weights = json!({});
    for name in ["quality", "groundedness", "latency", "cost", "update_lag"] {
        weights[name] = weight(name).into();
    }
    let same = bench.post("vic", "/api/v1/decisions/1/weigh", &weights).json();
    assert_eq!(same["verdict"], written["verdict"]);
    // With quality alone and with money alone it is decided by that alone.
    let best = |name: &str, largest: bool| -> String {
        let arms = written["arms"].as_array().unwrap().iter().filter(|arm| arm["candidate"] == true);
        let value = |arm: &&Value| arm[name]["value"].as_f64().unwrap() * if largest { 1.0 } else { -1.0 };
        let first = arms.max_by(|a, b| value(a).total_cmp(&value(b))).unwrap();
        first["name"].as_str().unwrap().to_string()
    };
    let money = weigh(&bench, "vic", 0.0, 1.0);
    assert!(money["verdict"] != same["verdict"], "{money}");
    assert_eq!(money["recommendation"], best("cost_per_month", false), "{money}");
    // The tile and the pictures follow.
    let marked = format!("<span>{}</span><span class=tag>Recommended</span>", best("cost_per_month", false));
    assert!(money["tile"].as_str().unwrap().contains(&marked), "{money}");
    assert_ne!(money["pictures"], same["pictures"]);
    assert_eq!(drawn(same["pictures"].as_str().unwrap()), drawn(&page));
    assert_ne!(best("cost_per_month", false), best("quality", true));
    // A chance that comes from resamples is never told as certain.
    let html = money["html"].as_str().unwrap();
    assert!(html.contains(">over 99.9 %<") && !html.contains(">100 %<"), "{html}");

    let nothing = bench.post(
        "vic",
        "/api/v1/decisions/1/weigh",
        &json!({ "quality": 0, "groundedness": 0, "latency": 0, "cost": 0, "update_lag": 0 }),
    );
    assert_eq!(nothing.status, 400, "{}", nothing.text);

    // What stopped is not weighed by what it was before.
    let before = bench.post("vic", "/api/v1/decisions/2/weigh", &weights);
    assert!(before.status == 400 && before.text.contains("is not decided"), "{}", before.text);

    // The report quotes questions: it is for those who may see answers, in a page that loads nothing.
    assert_eq!(bench.get("vic", "/decisions/1/report").status, 403);
    let report = bench.get("lea", "/decisions/1/report");
    assert_eq!(
        report.text,
        std::fs::read_to_string(folder.path().join("topics.decision/report.html")).unwrap()
    );
    assert!(
        report.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'; style-src")
    );

    // Files that are gone are said to be gone.
    std::fs::rename(folder.path().join("topics.decision"), folder.path().join("away")).unwrap();
    let page = bench.get("lea", "/decisions/1");
    assert!(page.status == 200 && page.text.contains("are not in"), "{}", page.text);
    assert_eq!(bench.get("lea", "/decisions/7").status, 404);
}

#[test]
fn what_is_measured_so_far_is_drawn_while_the_rest_goes_on() {
    let Some(encoder) = engraft_testkit::model() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("topics.decision");
    let ((reached, at), (release, go_on)) = (channel(), channel());
    let mut beside = None;
    let bench = Bench::with(|context, app| {
        let tokens = everybody(context, app);
        let (root, out) = (app.root.clone(), out.clone());
        let halt = Halt { reached, go_on: Mutex::new(go_on), halted: AtomicBool::new(false) };
        beside = Some(std::thread::spawn(move || decide_beside(&root, &out, &encoder, &halt)));
        at.recv().unwrap();
        tokens
    });
    // Every arm has answered everything; nothing was changed, and nothing is decided.
    let page = bench.get("vic", "/decisions/1").text;
    assert!(page.contains("id=\"figures\"") && page.contains("<h2>So far</h2>"), "{page}");
    assert!(page.contains("<div class=tile>") && page.matches("role=\"img\"").count() > 4, "{page}");
    for later in ["class=tag", "What the lead hangs on", "do not show yet", "type=\"range\""] {
        assert!(!page.contains(later), "{later} in {page}");
    }
    let part = page.split("data-from=\"").nth(1).unwrap().split('"').next().unwrap();
    let part = bench.get("vic", part);
    assert!(part.status == 200 && page.contains(&part.text), "{}", part.text);
    assert_eq!(bench.get("ana", "/decisions/1/drawn").status, 403);

    // It is told when there is more.
    let cookie = bench.sign_in("vic");
    let heard = bench.hear(&cookie, "/decisions/1/live", vec![&|| release.send(()).unwrap()]);
    assert!(heard[0].contains("data-fills=\"so-far\"") && heard[0] != heard[1], "{heard:?}");
    assert!(beside.take().unwrap().join().unwrap());
    let page = bench.get("vic", "/decisions/1").text;
    assert!(page.contains("class=tag") && page.contains("do not show yet"), "{page}");
    assert!(!page.contains("So far") && !out.join("work/so-far.json").exists());
}
