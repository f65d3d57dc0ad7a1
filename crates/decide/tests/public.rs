//! The decisions on public data under `docs/decisions`: their page and the README say what their records say, and no more.

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

fn decision(folder: &Path) -> Decision {
    let text = std::fs::read_to_string(folder.join("decision.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What the page says of a decision.
fn row(folder: &Path) -> String {
    let decision = decision(folder);
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

/// How the rows of the README's table begin, in order, and the decision that each is about.
const SUMMED_UP: [(&str, &str); 7] = [
    ("BANKING77, 5 ", "banking77-5-shots"),
    ("BANKING77, 10 ", "banking77-10-shots"),
    ("BANKING77, all ", "banking77-all"),
    ("CLINC150", "clinc150"),
    ("SEC filings", "sec-filings"),
    ("SciFact", "scifact"),
    ("a handbook", "handbook"),
];

/// A number of the README: one decimal, and a minus that is no hyphen.
fn decimal(x: f64) -> String {
    format!("{:.1}", 100.0 * x).replace('-', "−")
}

/// What the README says of an effect: `1.2 (0.3 to 2.1)`.
fn ranged(effect: &Effect) -> Option<String> {
    let Metric { value, low, high, .. } = &effect.metric;
    Some(format!("{} ({} to {})", decimal((*value)?), decimal((*low)?), decimal((*high)?)))
}

/// What a row of the README gets wrong of its decision.
fn wrong(cells: &[&str], decision: &Decision) -> Vec<String> {
    let [_, figures @ .., remark] = cells else { return vec!["it has no cells".into()] };
    let quality = |name: &str| {
        let arm = decision.arms.iter().find(|arm| arm.name == name);
        arm.and_then(|arm| arm.quality.value).map_or("–".into(), decimal)
    };
    let mut wrong = Vec::new();
    let expected = ["base", "retrieval", "tuned", "both"].map(quality);
    if figures != expected {
        wrong.push(format!("the figures should be {}", expected.join(" | ")));
    }
    // Without all four cells there is no interaction: the row says what tuning brings, then.
    let effects = &decision.effects;
    let effect = match ranged(&effects.interaction) {
        Some(interaction) if remark.starts_with(&interaction) => None,
        Some(interaction) => Some(interaction),
        None => {
            ranged(&effects.tuning_with_rag).filter(|brings| !remark.contains(&format!("brings {brings}")))
        }
    };
    wrong.extend(effect.map(|effect| format!("the effect should be {effect}")));
    if remark.contains("router") && !remark.ends_with(&quality("router")) {
        wrong.push(format!("the router should reach {}", quality("router")));
    }
    if remark.contains("not decided") != decision.recommendation.is_none() {
        wrong.push(format!("what is recommended is {:?}", decision.recommendation));
    }
    wrong
}

#[test]
fn the_readme_sums_up_what_the_records_say() {
    let readme = std::fs::read_to_string(page().join("../../README.md")).unwrap();
    let (_, after) = readme.split_once("## Retrieval, fine-tuning or both\n").unwrap();
    let (said, _) = after.split_once("\n## ").unwrap();
    let rows = said.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<Vec<&str>> =
        rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
    let mut named: Vec<PathBuf> = SUMMED_UP.iter().map(|(_, folder)| page().join(folder)).collect();
    named.sort();
    assert_eq!(
        (rows.len(), named),
        (SUMMED_UP.len(), folders()),
        "a decision has no row, or a row no decision"
    );
    let mut all = Vec::new();
    for (cells, (begins, folder)) in rows.iter().zip(SUMMED_UP) {
        assert!(cells[0].starts_with(begins), "`{}` should begin with `{begins}`", cells[0]);
        let wrong = wrong(cells, &decision(&page().join(folder)));
        all.extend(wrong.into_iter().map(|what| format!("{}: {what}", cells[0])));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
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

#[test]
fn every_file_that_a_task_names_outside_has_its_hash_in_the_list() {
    let list = std::fs::read_to_string(page().join("data.sha256")).unwrap();
    let named: Vec<&str> =
        list.lines().filter_map(|line| line.split_once("  ")).map(|(_, path)| path).collect();
    assert_eq!(named.len(), list.lines().count(), "a line is a hash, two spaces and a path");
    assert!(list.lines().all(|line| line.bytes().take_while(u8::is_ascii_hexdigit).count() == 64), "{list}");
    for folder in folders() {
        let task = std::fs::read_to_string(folder.with_extension("toml")).unwrap();
        let outside =
            task.split('"').filter_map(|part| part.split_once("shared/data/")).map(|(_, path)| path);
        for path in outside {
            assert!(named.contains(&path), "{} reads {path}, which has no hash", folder.display());
        }
    }
}
