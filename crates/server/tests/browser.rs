//! People's journeys through the studio in a real browser: see `browser/run.mjs`.
//!
//! `ENGRAFT_JOURNEYS="spans bulk"` runs only those, `ENGRAFT_SCREENSHOTS=1` keeps a picture of every page in
//! `target/test-assets/screenshots`, `STUDIO_ASSETS=crates/server/assets` serves modules and style sheet from there, so
//! that they can be tried without a build. Needs node, a Chromium and what `cargo xtask fetch` brings; without them the
//! test says so and passes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engraft_app::people::{Principal, Role, add_user};
use engraft_app::{Context, Isolation, Parsers, Workspace, decide, init};
use engraft_core::{Cancel, Silent};
use engraft_server::{Options, serve};

/// Only for this test's workspace, which lives as long as the test.
const PASSWORD: &str = "correct horse battery staple";
const PEOPLE: [(&str, Role); 6] = [
    ("olga", Role::Owner),
    ("lena", Role::Lead),
    ("rosa", Role::Reviewer),
    ("ana", Role::Annotator),
    ("ben", Role::Annotator),
    ("vic", Role::Viewer),
];

static SAID: OnceLock<Sender<String>> = OnceLock::new();

#[test]
fn people_find_their_way_through_the_studio() {
    let Some((chromium, modules)) = browser().filter(|_| engraft_testkit::model().is_some()) else { return };
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), Some("browser"), None).unwrap();
    let workspace = Workspace::open(folder.path(), 2).unwrap();
    let (cancel, now_ns, now) = (Cancel::default(), || now_ns(), || now());
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &now_ns, now: &now };
    for (place, (name, role)) in (1..).zip(PEOPLE) {
        add_user(context, &workspace, &Principal::at_the_machine(), name, role, Some(PASSWORD), &[place; 32])
            .unwrap();
    }
    decide_something(context, &workspace, &folder.path().join("topics.decision"));
    let url = start(workspace);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/run.mjs");
    let done = Command::new("node")
        .arg(here)
        .args(std::env::var("ENGRAFT_JOURNEYS").unwrap_or_default().split_whitespace())
        .envs([("STUDIO_URL", url.as_str()), ("STUDIO_PASSWORD", PASSWORD)])
        .env("STUDIO_CHROMIUM", chromium)
        .env("STUDIO_MODULES", modules)
        .status()
        .unwrap();
    assert!(done.success(), "a journey failed; its last screenshot lies in target/test-assets/screenshots");
}

/// What scripts work out without a page; needs node alone.
#[test]
fn commands_leave_their_keys_to_options() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/moved.mjs");
    match Command::new("node").arg("--test").arg(script).status() {
        Ok(done) => assert!(done.success(), "a script works out something else"),
        Err(_) => engraft_testkit::skip("tests of scripts need node"),
    }
}

/// A decision for the pages that show one.
fn decide_something(context: Context, workspace: &Workspace, out: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decision/topics.toml");
    let mut task = decide::Task::read(&example).unwrap();
    task.encoder = engraft_testkit::model().unwrap().display().to_string();
    let request = decide::DecideRequest {
        task: &task,
        out,
        command: "engraft decide topics.toml",
        threads: 2,
        workspace: Some(workspace),
        parsers: &Parsers::new(Isolation::InProcess, Default::default()),
    };
    decide::decide(context, &request).unwrap();
}

/// Serves in a thread that ends with the test; returns the address.
fn start(workspace: Workspace) -> String {
    let (sender, said) = channel();
    SAID.set(sender).unwrap();
    let addr = SocketAddr::from(([127, 0, 0, 1], 0));
    let options =
        Options { addr, now_ns, now, say: |line| drop(SAID.get().map(|said| said.send(line.to_string()))) };
    std::thread::spawn(move || serve(workspace, &options).unwrap());
    let line = said.recv_timeout(Duration::from_secs(30)).unwrap();
    line.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_string()
}

/// A Chromium and the folder of its driver, or nothing after saying what is missing.
fn browser() -> Option<(PathBuf, PathBuf)> {
    let modules = engraft_testkit::repository().join("target/test-assets/browser/node_modules");
    let named = std::env::var_os("ENGRAFT_CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        |name: &str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    let chromium =
        named.or_else(|| ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(found));
    let missing = match (&chromium, found("node"), modules.join("playwright-core").is_dir()) {
        (None, ..) => "a Chromium (Debian: `apt-get install chromium`)",
        (_, None, _) => "node",
        (.., false) => "playwright-core (`cargo xtask fetch`)",
        _ => return chromium.map(|chromium| (chromium, modules)),
    };
    engraft_testkit::skip(&format!("browser tests need {missing}"));
    None
}

fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

fn now() -> String {
    // The seconds of this day are enough for a page to print; the order of events comes from `now_ns`.
    let seconds = now_ns() / 1_000_000_000 % 86_400;
    format!("2026-01-01T{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
