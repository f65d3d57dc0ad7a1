//! The files of a decision: the record first, then what follows from it; and the same again from the record alone.

use std::path::{Path, PathBuf};

use engraft_decide::{Decision, Experiment, html, markdown};
use engraft_tune::data::sha256_of;
use serde::Serialize;

use super::{decided, task::request};
use crate::Error;

pub(super) const RECORD: &str = "record.json";

/// What a replay gave.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// The folder compared with or written into.
    pub out: PathBuf,
    /// Whether every file came out the same, byte for byte; `null` when there was none to compare with.
    pub identical: Option<bool>,
    /// Files that came out otherwise.
    pub differing: Vec<String>,
}

/// Writes the record of `experiment` and the decision that follows from it into `out`.
pub(super) fn write(out: &Path, experiment: &Experiment) -> Result<Decision, Error> {
    let record = serde_json::to_vec(experiment).map_err(|error| Error::Bug(error.to_string()))?;
    std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
    place(out, RECORD, &record)?;
    // From the record as a replay will read it, not from memory: the last bit of a number may differ.
    let (decision, files) = follow(&record)?;
    for (name, text) in &files {
        place(out, name, text.as_bytes())?;
    }
    Ok(decision)
}

/// Decides again on the measurements in `record`. Without `out` the files beside it are compared; with it they are written.
pub fn replay(record: &Path, out: Option<&Path>) -> Result<Replayed, Error> {
    let bytes = std::fs::read(record).map_err(Error::io("read", record))?;
    let (decision, files) = follow(&bytes)?;
    let beside = record.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut differing = Vec::new();
    let mut compared = 0;
    for (name, text) in &files {
        if let Ok(there) = std::fs::read(beside.join(name)) {
            compared += 1;
            if there != text.as_bytes() {
                differing.push((*name).to_string());
            }
        }
        if let Some(out) = out {
            std::fs::create_dir_all(out).map_err(Error::io("create", out))?;
            place(out, name, text.as_bytes())?;
        }
    }
    if let Some(out) = out {
        place(out, RECORD, &bytes)?;
    }
    let identical = (compared > 0).then_some(differing.is_empty());
    Ok(Replayed { decision, out: out.map_or(beside, Path::to_path_buf), identical, differing })
}

/// The decision, and the files that tell of it: name and text.
type Told = (Decision, [(&'static str, String); 3]);

/// What a record says was measured.
pub(super) fn record(bytes: &[u8]) -> Result<Experiment, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        request(
            format!("this is no record of a decision: {error}"),
            "name the `record.json` that `engraft decide` wrote",
        )
    })
}

/// Everything that follows from a record.
fn follow(record: &[u8]) -> Result<Told, Error> {
    let experiment = self::record(record)?;
    let decision = decided(&experiment, &sha256_of(record))?;
    let mut json = serde_json::to_string_pretty(&decision).map_err(|error| Error::Bug(error.to_string()))?;
    json.push('\n');
    let files = [
        ("decision.json", json),
        ("report.html", html(&experiment, &decision)),
        ("report.md", markdown(&experiment, &decision)),
    ];
    Ok((decision, files))
}

/// Writes a file whole or not at all.
fn place(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let path = dir.join(name);
    let scratch = tempfile::NamedTempFile::new_in(dir).map_err(Error::io("write into", dir))?;
    std::fs::write(scratch.path(), bytes).map_err(Error::io("write", &path))?;
    scratch.persist(&path).map_err(|error| Error::io("write", &path)(error.error))?;
    Ok(())
}
