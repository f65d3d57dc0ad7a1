//! A workspace in a scratch folder and the binary run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A scratch folder with a workspace in `kb` and documents in `docs`.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

/// What one run of the binary gave.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Bench {
    /// A workspace without an encoder.
    pub(crate) fn lexical() -> Bench {
        Bench::with("none")
    }

    /// A workspace with the reference encoder, or `None` when it was not fetched.
    pub(crate) fn full() -> Option<Bench> {
        Some(Bench::with(engraft_testkit::model()?.to_str()?))
    }

    /// A workspace with a made-up encoder, which lies in `tiny`: it knows nothing, and is trained in a moment.
    pub(crate) fn tiny() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let tiny = folder.path().join("tiny");
        engraft_testkit::tiny_encoder(&tiny).unwrap();
        Bench::within(folder, tiny.to_str().unwrap())
    }

    fn with(encoder: &str) -> Bench {
        Bench::within(tempfile::tempdir().unwrap(), encoder)
    }

    fn within(folder: tempfile::TempDir, encoder: &str) -> Bench {
        let bench = Bench { folder };
        std::fs::create_dir(bench.docs()).unwrap();
        let made = bench.json(&["init", bench.path("kb").to_str().unwrap(), "--encoder", encoder]);
        assert_eq!(made["created"], true);
        bench
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn docs(&self) -> PathBuf {
        self.path("docs")
    }

    /// Writes a document.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.docs().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The binary, which has to find the workspace itself.
    pub(crate) fn bare(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_engraft"));
        command.args(words).env("ENGRAFT_HOME", self.path("home")).env_remove("ENGRAFT_WORKSPACE");
        command
    }

    /// The binary with the workspace set.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let kb = self.path("kb");
        self.bare(&[&["--workspace", kb.to_str().unwrap(), "--quiet"], words].concat())
    }

    pub(crate) fn run(&self, words: &[&str]) -> Run {
        run(self.command(words))
    }

    /// The JSON of a run that must end well.
    #[track_caller]
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let (status, value) = self.json_status(words);
        assert_eq!(status, 0, "{words:?}: {value}");
        value
    }

    /// The status and the JSON of a run.
    #[track_caller]
    pub(crate) fn json_status(&self, words: &[&str]) -> (i32, Value) {
        let run = self.run(&[&["--json"], words].concat());
        let value = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("{words:?}: {error}: {}{}", run.stdout, run.stderr));
        metrics(&value);
        told(&value);
        (run.status, value)
    }

    /// Brings the documents in.
    #[track_caller]
    pub(crate) fn ingest(&self) -> Value {
        self.json(&["ingest", self.docs().to_str().unwrap()])
    }

    /// The uris that a query finds, best first.
    #[track_caller]
    pub(crate) fn found(&self, words: &[&str]) -> Vec<String> {
        let (_, value) = self.json_status(&[&["search"], words].concat());
        let hits = value["hits"].as_array().unwrap_or_else(|| panic!("{value}"));
        hits.iter().map(|hit| hit["uri"].as_str().unwrap().to_string()).collect()
    }
}

pub(crate) fn run(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// An error says what happened and what to do.
#[track_caller]
fn told(value: &Value) {
    let Some(error) = value["error"].as_object() else { return };
    for part in ["kind", "message", "hint"] {
        let words = error.get(part).and_then(Value::as_str);
        assert!(words.is_some_and(|words| !words.is_empty()), "no {part}: {value}");
    }
}

/// Fields that hold one metric, or several, each under its name.
const OF_METRICS: [&str; 4] = ["measures", "eval", "against_base", "coefficients"];

/// How many metrics a report holds; each has its value, its interval and its n, or says why it has no interval.
#[track_caller]
pub(crate) fn metrics(report: &Value) -> usize {
    let inside: Vec<&Value> = match report {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    let inside: usize = inside.into_iter().map(metrics).sum();
    let held = OF_METRICS.iter().filter_map(|name| report.get(*name)).filter(|held| !is_metric(held));
    for (name, metric) in held.filter_map(Value::as_object).flatten() {
        assert!(is_metric(metric), "{name} is no metric: {metric}");
    }
    inside + usize::from(is_metric(report))
}

/// Whether it is a metric, all of whose parts must be there then.
#[track_caller]
fn is_metric(report: &Value) -> bool {
    let number = |name: &str| report.get(name).filter(|field| field.is_number() || field.is_null());
    let Some(value) = number("value").filter(|_| report["n"].is_u64()) else { return false };
    let low = number("low").unwrap_or_else(|| panic!("no lower end: {report}"));
    let high = number("high").unwrap_or_else(|| panic!("no upper end: {report}"));
    assert!(low.is_null() == high.is_null(), "{report}");
    assert!(low.is_number() || report["why"].as_str().is_some_and(|why| !why.is_empty()), "{report}");
    assert!(!value.is_null() || low.is_null(), "an interval of nothing: {report}");
    true
}

/// The names of an object's fields, and of those inside, in the order of the alphabet.
pub(crate) fn shape(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let inner = fields.iter().map(|(name, field)| match shape(field) {
                shape if shape.is_empty() => name.clone(),
                shape => format!("{name}{shape}"),
            });
            format!("{{{}}}", inner.collect::<Vec<_>>().join(" "))
        }
        Value::Array(items) => items.first().map(|item| format!("[{}]", shape(item))).unwrap_or_default(),
        _ => String::new(),
    }
}

/// A file's text cut as a span says.
pub(crate) fn cut(path: &Path, hit: &Value) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let at = |name: &str| hit[name].as_u64().unwrap() as usize;
    text.chars().skip(at("char_start")).take(at("char_end") - at("char_start")).collect()
}
