//! Other libraries on the files of a collection, one file a process, and how close what they read comes to a reference.
//!
//! `rivals read LIBRARY FILE` prints one JSON object: `text` or `error`, and `peak_kib`. A library that panics ends the
//! process with 101. `rivals compare FOLDER` reads lines of `file`, `text` and perhaps `wanted`, and answers each with
//! the sort of reference and the likeness, or `null` where the collection in `FOLDER` has no reference for the file.

#[path = "../../../../crates/ingest/examples/messy/gold.rs"]
#[expect(dead_code, reason = "encodings are not compared here")]
mod gold;
mod readers;
#[path = "../../../../crates/ingest/examples/messy/similar.rs"]
#[expect(dead_code, reason = "means are taken where files are paired")]
mod similar;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

/// As much as the worker that parses for Engraft has: nested documents recurse.
const STACK: usize = 64 << 20;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["read", library, file] => read(library.to_string(), file.to_string()),
        ["compare", folder] => compare(Path::new(folder)),
        _ => bail!("usage: rivals read LIBRARY FILE | rivals compare FOLDER"),
    }
}

fn read(library: String, file: String) -> Result<()> {
    let bytes = std::fs::read(&file)?;
    let reading = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || readers::read(&library, &file, &bytes).map_err(|error| format!("{error:#}")))?;
    let Ok(outcome) = reading.join() else { std::process::exit(101) };
    let (text, error) = (outcome.as_ref().ok(), outcome.as_ref().err());
    println!("{}", json!({"text": text, "error": error, "peak_kib": peak_kib()}));
    Ok(())
}

/// The most memory this process ever held, where the system tells.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What one library read of one file, and what it should have read if that is not in the collection.
#[derive(Deserialize)]
struct Reading {
    file: String,
    text: String,
    wanted: Option<String>,
}

fn compare(folder: &Path) -> Result<()> {
    let manifest = std::fs::read_to_string(folder.join("manifest.jsonl"))
        .with_context(|| format!("no manifest in {}", folder.display()))?;
    let rows: Vec<Value> = manifest.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let rows: BTreeMap<&str, &Value> =
        rows.iter().filter_map(|row| Some((row.get("file")?.as_str()?, row))).collect();
    for line in std::io::stdin().lines() {
        let Reading { file, text, wanted } = serde_json::from_str(&line?)?;
        let row = rows.get(file.as_str()).with_context(|| format!("{file} is not in the manifest"))?;
        let found = match wanted {
            Some(wanted) => Some(("pdfium", similar::compare(&text, &wanted))),
            None => gold::compare(folder, row, &text)?,
        };
        println!("{}", json!(found));
    }
    Ok(())
}
