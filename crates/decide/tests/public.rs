//! The decisions on public data under `docs/decisions`: their page says what their records say, and no more.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::{Path, PathBuf};

use engraft_decide::{Decision, Effect};
use engraft_eval::Metric;

/// What a folder with a report may take up in the repository.
const MOST_BYTES: u64 = 400_000;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decisions")
}

/// The folders with a decision, in order of name.
fn folders() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(page()).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.join("decision.json").exists()).collect();
    folders.sort();
    folders
}

fn share(metric: &Metric) -> String {
    let percent = |x: Option<f64>| x.map_or("?".into(), |x| format!("{:.1}", 100.0 * x));
    match metric.value {
        None => "–".into(),
        value => format!("{} % [{}, {}]", percent(value), percent(metric.low), percent(metric.high)),
    }
}

fn points(effect: &Effect) -> String {
    let points = |x: Option<f64>| x.map_or("?".into(), |x| format!("{:+.1}", 100.0 * x));
    match effect.metric.value {
        None => "–".into(),
        value => format!("{} [{}, {}]", points(value), points(effect.metric.low), points(effect.metric.high)),
    }
}

/// What the page says of a decision.
fn row(folder: &Path) -> String {
    let text = std::fs::read_to_string(folder.join("decision.json")).unwrap();
    let decision: Decision = serde_json::from_str(&text).unwrap();
    let verdict = match (&decision.recommendation, decision.need_n) {
        (Some(arm), _) => format!("`{arm}`"),
        (None, Some(n)) => format!("none; {n} more questions"),
        (None, None) => "none".into(),
    };
    let quality = |name: &str| {
        let arm = decision.arms.iter().find(|arm| arm.name == name);
        arm.map_or("–".into(), |arm| share(&arm.quality))
    };
    let [base, retrieval, tuned, both] = ["base", "retrieval", "tuned", "both"].map(quality);
    let name = folder.file_name().unwrap().to_str().unwrap();
    format!(
        "| [{}]({name}/report.md) | {verdict} | {base} | {retrieval} | {tuned} | {both} | {} | {} | `{name}.toml` |",
        decision.name,
        points(&decision.effects.interaction),
        decision.questions
    )
}

#[test]
fn the_page_says_what_the_records_say() {
    let said = std::fs::read_to_string(page().join("README.md")).unwrap();
    let said: Vec<&str> = said.lines().filter(|line| line.starts_with("| [")).collect();
    let expected: Vec<String> = folders().iter().map(|folder| row(folder)).collect();
    assert!(!expected.is_empty() && said == expected, "the table should be\n{}", expected.join("\n"));
}

#[test]
fn every_decision_has_its_task_and_is_small() {
    for folder in folders() {
        assert!(folder.with_extension("toml").exists(), "{} has no task", folder.display());
        let kept = ["decision.json", "report.html", "report.md"];
        let bytes: u64 = kept.iter().map(|file| std::fs::metadata(folder.join(file)).unwrap().len()).sum();
        assert!(bytes <= MOST_BYTES, "{} takes up {bytes} bytes", folder.display());
    }
}
