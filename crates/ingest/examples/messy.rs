//! Parses every file of the messy-files collection, each in a process of its own, and reports what came of it.
//!
//! `cargo run --release -p engraft-ingest --example messy -- FOLDER [RESULT.json]` prints a Markdown table: outcomes,
//! time and memory per kind, and how close the text comes to the reference output where there is one.

#[path = "messy/gold.rs"]
mod gold;
#[path = "messy/similar.rs"]
mod similar;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use engraft_core::{BlockKind, CharMap, Content};
use engraft_ingest::parse::{Limits, decode_text, parse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A file may take this long.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--one", path] => one(path),
        [folder] => all(Path::new(folder), None),
        [folder, result] => all(Path::new(folder), Some(Path::new(result))),
        _ => anyhow::bail!("usage: messy FOLDER [RESULT.json]"),
    }
}

/// What the process of one file tells the one that started it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Report {
    /// `ok` or the code of the error.
    code: String,
    message: String,
    documents: usize,
    failures: BTreeMap<String, usize>,
    /// The text of the first document, as the index sees it.
    words: String,
    title: Option<String>,
    warnings: usize,
    bad_spans: usize,
    milliseconds: f64,
    peak_kib: u64,
}

fn one(path: &str) -> Result<()> {
    let bytes = std::fs::read(path)?;
    let mut report = Report { code: "ok".to_string(), ..Report::default() };
    let base = peak_kib();
    let start = Instant::now();
    let outcome = parse(path, &bytes, &Limits::default());
    report.milliseconds = start.elapsed().as_secs_f64() * 1e3;
    report.peak_kib = peak_kib().max(base);
    match outcome {
        Ok(outcome) => {
            report.documents = outcome.documents.len();
            for failure in outcome.failures {
                *report.failures.entry(failure.kind).or_default() += 1;
            }
            for parsed in &outcome.documents {
                report.bad_spans += bad_spans(&parsed.content);
                report.warnings += parsed.content.warnings.len();
            }
            if let Some(first) = outcome.documents.first() {
                report.title = first.content.title.clone();
                report.words = readable(&first.content);
            } else {
                report.code = "nothing".to_string();
            }
        }
        Err(error) => {
            report.code = error.code().to_string();
            report.message = error.to_string();
        }
    }
    println!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// The blocks one below the other: markup out of prose, table rows as they stand.
fn readable(content: &Content) -> String {
    let map = CharMap::new(&content.text);
    let block = |block: &engraft_core::Block| match &block.plain {
        Some(plain) if block.kind != BlockKind::TableRow => plain.clone(),
        _ => map.quote(block.span).unwrap_or_default().to_string(),
    };
    content.blocks.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn bad_spans(content: &Content) -> usize {
    let map = CharMap::new(&content.text);
    let mut end = 0;
    let is_bad = |span: engraft_core::Span| {
        let bad = span.start() < end || map.quote(span).is_none_or(|quote| quote.trim().is_empty());
        end = span.end();
        bad
    };
    content.blocks.iter().map(|block| block.span).map(is_bad).filter(|&bad| bad).count()
}

/// The most memory this process ever held, where the system tells.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Parses one file in a process of its own; a crash or a hang is an outcome too.
fn run_one(path: &Path) -> Result<Report> {
    let program = std::env::current_exe()?;
    let mut child =
        Command::new(program).arg("--one").arg(path).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut output = child.stdout.take().context("no output")?;
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut output, &mut text).map(|_| text)
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(Report { code: "hang".to_string(), milliseconds: 1e4, ..Report::default() });
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = reader.join().ok().and_then(Result::ok).unwrap_or_default();
    if !status.success() {
        return Ok(Report { code: "crash".to_string(), ..Report::default() });
    }
    Ok(serde_json::from_str(text.trim())?)
}

/// The sums over one kind of file, or over one sort of reference.
#[derive(Debug, Default, Serialize)]
struct Tally {
    files: usize,
    codes: BTreeMap<String, usize>,
    documents: usize,
    bad_spans: usize,
    slowest_ms: f64,
    slowest: String,
    peak_mib: u64,
    total_ms: f64,
}

fn all(folder: &Path, result: Option<&Path>) -> Result<()> {
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl"))
        .with_context(|| format!("no manifest in {}", folder.display()))?;
    let rows: Vec<Value> = manifest.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut kinds: BTreeMap<String, Tally> = BTreeMap::new();
    let mut golds: BTreeMap<String, Vec<similar::Similarity>> = BTreeMap::new();
    let mut encodings = (0, 0, Vec::new());
    for row in &rows {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
        let (file, kind) = (text("file"), text("kind"));
        let path = folder.join("files").join(&file);
        let report = run_one(&path)?;
        let tally = kinds.entry(kind.clone()).or_default();
        tally.files += 1;
        *tally.codes.entry(report.code.clone()).or_default() += 1;
        tally.documents += report.documents;
        tally.bad_spans += report.bad_spans;
        tally.total_ms += report.milliseconds;
        tally.peak_mib = tally.peak_mib.max(report.peak_kib / 1024);
        if report.milliseconds > tally.slowest_ms {
            (tally.slowest_ms, tally.slowest) = (report.milliseconds, file.clone());
        }
        let similarity = gold::compare(folder, row, &report.words)?;
        if let Some((sort, similarity)) = &similarity {
            golds.entry(format!("{kind} · {sort}")).or_default().push(similarity.clone());
        }
        let encoding = text("encoding");
        if let Some(truth) = gold::decoded(&encoding, &std::fs::read(&path)?) {
            encodings.0 += 1;
            match decode_text(&std::fs::read(&path)?) {
                Ok((text, _)) if text == truth => encodings.1 += 1,
                Ok((_, guess)) => encodings.2.push(format!("{encoding} read as {guess}")),
                Err(error) => encodings.2.push(format!("{encoding}: {error}")),
            }
        }
        // One line a file, for whoever looks for a particular one.
        let line = json!({
            "file": file, "code": report.code, "message": report.message, "documents": report.documents,
            "failures": report.failures, "ms": (report.milliseconds * 100.0).round() / 100.0,
            "peak_mib": report.peak_kib / 1024, "title": report.title, "similarity": similarity,
        });
        eprintln!("{line}");
    }
    print_tables(&kinds, &golds, &encodings);
    if let Some(result) = result {
        let golds: BTreeMap<_, _> = golds.iter().map(|(sort, all)| (sort, similar::mean(all))).collect();
        let encodings = json!({"files": encodings.0, "equal": encodings.1, "wrong": encodings.2});
        let value = json!({"kinds": kinds, "similarity": golds, "encodings": encodings});
        std::fs::write(result, serde_json::to_string_pretty(&value)? + "\n")?;
    }
    Ok(())
}

fn print_tables(
    kinds: &BTreeMap<String, Tally>,
    golds: &BTreeMap<String, Vec<similar::Similarity>>,
    encodings: &(usize, usize, Vec<String>),
) {
    println!("| kind | files | ok | documents | other outcomes | slowest ms | peak MiB | bad spans |");
    println!("| - | -: | -: | -: | - | -: | -: | -: |");
    for (kind, tally) in kinds {
        let ok = tally.codes.get("ok").copied().unwrap_or(0);
        let others = tally.codes.iter().filter(|(code, _)| *code != "ok");
        let others: Vec<String> = others.map(|(code, count)| format!("{code} {count}")).collect();
        let Tally { files, documents, slowest_ms, peak_mib, bad_spans, .. } = tally;
        let others = others.join(", ");
        println!(
            "| {kind} | {files} | {ok} | {documents} | {others} | {slowest_ms:.0} | {peak_mib} | {bad_spans} |"
        );
    }
    println!("\n| reference | files | word F1 | in order | recall | precision |");
    println!("| - | -: | -: | -: | -: | -: |");
    for (sort, all) in golds {
        let similar::Similarity { f1, ordered, recall, precision } = similar::mean(all);
        println!("| {sort} | {} | {f1:.3} | {ordered:.3} | {recall:.3} | {precision:.3} |", all.len());
    }
    println!(
        "\nEncodings: {} of {} files decode to the letter. {}",
        encodings.1,
        encodings.0,
        encodings.2.join("; ")
    );
}
