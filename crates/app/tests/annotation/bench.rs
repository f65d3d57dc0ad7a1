//! A workspace in a scratch folder with a clock that only moves when told to.

use std::sync::atomic::{AtomicI64, Ordering};

use engraft_app::people::{Principal, Role, Secret};
use engraft_app::work::{ItemView, Submission, Submitted};
use engraft_app::{Context, Error, Workspace, dataset, people, work};
use engraft_core::{Cancel, Silent};
use serde_json::{Value, json};

/// 22 November 2026, 12:00 UTC.
const NOON: i64 = 1_795_348_800_000_000_000;

/// The dataset of every test here.
pub(crate) const D: &str = "topics";

pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) workspace: Workspace,
    pub(crate) cancel: Cancel,
    clock: AtomicI64,
}

impl Bench {
    /// A workspace without a dataset.
    pub(crate) fn empty() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let made = engraft_app::init(&folder.path().join("kb"), None, Some("none")).unwrap();
        let workspace = Workspace::open(&made.workspace, 1).unwrap();
        Bench { folder, workspace, cancel: Cancel::default(), clock: AtomicI64::new(NOON) }
    }

    /// A dataset of `items` items that asks for a topic, with `more` in its schema.
    pub(crate) fn new(items: usize, more: Value) -> Bench {
        let bench = Bench::empty();
        bench
            .with(|context| {
                let schema = schema(more).to_string();
                dataset::create(context, &bench.workspace, &me(), D, &schema)
            })
            .unwrap();
        let lines: Vec<String> = (0..items).map(|place| record(place).to_string()).collect();
        bench.import(&lines.join("\n"));
        bench
    }

    /// Runs a verb at the time the clock shows.
    pub(crate) fn with<T>(&self, verb: impl FnOnce(Context) -> T) -> T {
        let now_ns = || self.clock.load(Ordering::Relaxed);
        let now = || "2026-11-22T12:00:00.000Z".to_string();
        verb(Context { progress: &Silent, cancel: &self.cancel, now_ns: &now_ns, now: &now })
    }

    /// Goes on with another schema, `more` in it.
    #[track_caller]
    pub(crate) fn change(&self, more: Value) {
        let schema = schema(more).to_string();
        self.with(|context| dataset::set_schema(context, &self.workspace, &me(), D, &schema)).unwrap();
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000_000_000, Ordering::Relaxed);
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[track_caller]
    pub(crate) fn import(&self, lines: &str) -> dataset::ImportReport {
        self.try_import(D, lines, false).unwrap()
    }

    pub(crate) fn try_import(
        &self,
        name: &str,
        lines: &str,
        strict: bool,
    ) -> Result<dataset::ImportReport, Error> {
        let request = dataset::ImportRequest {
            path: self.write("in.jsonl", lines),
            format: "jsonl".into(),
            offset_unit: None,
            user: None,
            strict,
        };
        self.with(|context| dataset::import(context, &self.workspace, &me(), name, &request, &[9; 32]))
    }

    /// Adds a person.
    #[track_caller]
    pub(crate) fn person(&self, name: &str, role: Role) -> Principal {
        let mut random: Secret = [0; 32];
        random[..name.len()].copy_from_slice(name.as_bytes());
        let salted = "correct horse";
        self.with(|context| {
            people::add_user(context, &self.workspace, &me(), name, role, Some(salted), &random)
        })
        .unwrap();
        people::stand_in(&self.workspace, name).unwrap()
    }

    pub(crate) fn next(&self, who: &Principal, n: usize) -> work::Next {
        self.with(|context| work::next(context, &self.workspace, who, D, n)).unwrap()
    }

    /// The one item held next.
    #[track_caller]
    pub(crate) fn take(&self, who: &Principal) -> ItemView {
        let mut next = self.next(who, 1);
        next.items.pop().unwrap_or_else(|| panic!("{:?}", next.finished))
    }

    pub(crate) fn submit(
        &self,
        who: &Principal,
        item: &ItemView,
        answers: Value,
    ) -> Result<Submitted, Error> {
        let given = Submission {
            item: item.item.clone(),
            lease: item.lease.clone(),
            version: Some(item.version),
            answers,
            active_ms: 5000,
            ..Submission::default()
        };
        self.with(|context| work::submit(context, &self.workspace, who, D, &given))
    }

    /// Takes the next item and says, after five seconds, that its topic is this.
    #[track_caller]
    pub(crate) fn say(&self, who: &Principal, topic: &str) -> String {
        let item = self.take(who);
        self.wait(5);
        self.submit(who, &item, json!({ "topic": topic })).unwrap();
        item.item
    }
}

/// Whoever sits at the machine.
pub(crate) fn me() -> Principal {
    Principal::at_the_machine()
}

pub(crate) fn schema(more: Value) -> Value {
    let mut schema = json!({
        "fields": [{ "name": "message", "type": "text" }],
        "questions": [{ "name": "topic", "type": "label", "options": ["fault", "order", "use"] }],
        "guidelines": "Ask what has to happen next.",
    });
    schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    schema
}

pub(crate) fn record(place: usize) -> Value {
    json!({ "id": format!("m{place:03}"), "fields": { "message": format!("Message number {place} of somebody") } })
}
