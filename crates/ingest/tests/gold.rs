//! How close the text of PDFs, pages and mails comes to reference outputs; the floors lie just below what was measured.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_core::CharMap;
use engraft_ingest::parse::{Limits, parse};
use serde_json::Value;

/// The words of a text with their counts.
fn words(text: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    counts
}

/// The harmonic mean of precision and recall of `found` against `wanted`, over bags of words.
fn f1(found: &str, wanted: &str) -> f64 {
    let (found, wanted) = (words(found), words(wanted));
    let shared: usize = found.iter().map(|(word, count)| *count.min(wanted.get(word).unwrap_or(&0))).sum();
    let total: usize = found.values().chain(wanted.values()).sum();
    if total == 0 { 1.0 } else { 2.0 * shared as f64 / total as f64 }
}

/// `html` or Markdown without tags, link targets and entities.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['<', ']']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let close = match &rest[1..] {
            next if rest.starts_with("](") => next.find(')').map(|end| end + 2),
            next if rest.starts_with('<')
                && next.starts_with(|c: char| c.is_ascii_alphabetic() || "/!".contains(c)) =>
            {
                next.find('>').map(|end| end + 2)
            }
            _ => Some(1),
        };
        out.push(' ');
        rest = &rest[close.unwrap_or(1)..];
    }
    out.push_str(rest);
    [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
        ("\\", ""),
    ]
    .iter()
    .fold(out, |out, (from, to)| out.replace(from, to))
}

/// The text of the first document of a file; empty when there is none. Checks that every block quotes the text.
fn text_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    let Ok(outcome) = parse(&path.to_string_lossy(), &bytes, &Limits::default()) else {
        return String::new();
    };
    let Some(first) = outcome.documents.into_iter().next() else { return String::new() };
    let map = CharMap::new(&first.content.text);
    assert!(first.content.blocks.iter().all(|block| map.quote(block.span).is_some()), "{}", path.display());
    first.content.text
}

/// (text, reference) of every file of `kind` with a reference that ends in `ending`.
fn pairs(kind: &str, ending: &str) -> Vec<(String, String)> {
    let Some(folder) = engraft_testkit::data("messy-files") else { return Vec::new() };
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl")).expect("the manifest is there");
    let rows = manifest.lines().map(|line| serde_json::from_str::<Value>(line).expect("rows are JSON"));
    let mut pairs = Vec::new();
    for row in rows.filter(|row| row["kind"] == kind) {
        let golds = row["gold"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for gold in golds.filter(|gold| gold.ends_with(ending)) {
            let reference = std::fs::read_to_string(folder.join(gold)).expect("references are text");
            let file = row["file"].as_str().expect("rows name a file");
            pairs.push((text_of(&folder.join("files").join(file)), reference));
        }
    }
    pairs
}

#[track_caller]
fn check(pairs: &[(String, String)], reference: impl Fn(&str) -> String, floor: f64) {
    if pairs.is_empty() {
        return;
    }
    let references = pairs.iter().map(|(text, gold)| (text, reference(gold)));
    let spoken = references.filter(|(_, reference)| !words(reference).is_empty());
    let scores: Vec<f64> = spoken.map(|(text, reference)| f1(text, &reference)).collect();
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    assert!(mean >= floor, "mean word F1 {mean:.4} of {} files is below {floor}", scores.len());
}

#[test]
fn pdfs_read_like_the_reference() {
    check(&pairs("pdf", ".pdf.md"), plain, 0.985);
}

#[test]
fn pages_read_like_the_markdown_reference() {
    check(&pairs("html", ".html.md"), plain, 0.99);
}

#[test]
fn articles_read_like_the_readability_reference() {
    check(&pairs("html", ".exp.html"), plain, 0.975);
}

#[test]
fn articles_hold_what_they_must_and_little_of_what_they_must_not() {
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut wanted, mut found, mut unwanted) = (0, 0, 0);
    for (text, gold) in pairs("html", ".segments.json") {
        let text = squeeze(&text);
        let gold: Value = serde_json::from_str(&gold).expect("references are JSON");
        let listed = |key: &str| {
            gold[key]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(squeeze)
                .collect::<Vec<_>>()
        };
        wanted += listed("with").len();
        found += listed("with").iter().filter(|segment| text.contains(*segment)).count();
        unwanted += listed("without").iter().filter(|segment| text.contains(*segment)).count();
    }
    assert!(found * 100 >= wanted * 98, "{found} of {wanted} segments are there");
    assert!(unwanted * 8 <= found, "{unwanted} segments are there that should not");
}

#[test]
fn mails_read_like_the_reference() {
    let body = |gold: &str| {
        let gold: Value = serde_json::from_str(gold).expect("references are JSON");
        let parts = gold["text_body"].as_array().into_iter().flatten().filter_map(Value::as_u64);
        let text = |index: u64| {
            let body = &gold["parts"][index as usize]["body"];
            body["Text"].as_str().map(str::to_string).or_else(|| body["Html"].as_str().map(plain))
        };
        parts.filter_map(text).collect::<Vec<_>>().join("\n")
    };
    check(&pairs("eml", ".eml.json"), body, 0.95);
}
