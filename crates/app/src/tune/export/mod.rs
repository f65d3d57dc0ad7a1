//! Tuned models leave for other tools, and models of other tools come in.

mod foreign;
mod import;
mod leave;
mod probes;

pub use import::{Imported, import_model};

use std::path::Path;

use engraft_tune::artefact::{Artefact, Probe};
use engraft_tune::data::sha256_of_file;
use engraft_tune::export::must_be_empty;
use serde::Serialize;

use crate::tune::export::leave::Leaving;
use crate::{Context, Error, Workspace};

/// The formats models leave in.
const FORMATS: [&str; 3] = ["sentence-transformers", "transformers", "peft"];
/// What an export says of itself, in its folder.
const NOTE: &str = "engraft-export.json";
/// How far an export may be from what is noted of it, in any number.
const WITHIN: f64 = 1e-4;

/// What was written.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// Every file, with its hash.
    pub files: Vec<ExportedFile>,
    /// One hash over all names and hashes.
    pub sha256: String,
    /// What the format cannot hold.
    pub losses: Vec<String>,
}

/// One file of an export, or of a model that came in.
#[derive(Debug, Serialize)]
pub struct ExportedFile {
    /// Its place in the folder.
    pub name: String,
    /// Its hash.
    pub sha256: String,
}

/// What goes with an export: what it is of, what it lacks, and what it should say, so that whoever loads it can tell.
#[derive(Serialize)]
struct Note<'a> {
    engraft: &'a str,
    model: &'a str,
    kind: &'a str,
    format: &'a str,
    losses: &'a [String],
    within: f64,
    probes: &'a [Probe],
}

/// Writes the tuned model `name` to the empty folder `to`, as `format`: `sentence-transformers`, `transformers` or `peft`.
///
/// Beside the model lies `engraft-export.json`: what the format could not hold, and inputs with what the exported part makes of
/// them here, which it must make of them anywhere to within 1e-4.
pub fn export_model(
    context: Context,
    workspace: &Workspace,
    name: &str,
    to: &Path,
    format: &str,
) -> Result<Exported, Error> {
    let artefact = Artefact::open(&workspace.models(), name)?;
    if !FORMATS.contains(&format) {
        let message = format!("there is no format `{format}` for models");
        let hint = "choose sentence-transformers, transformers or peft".into();
        return Err(Error::Request { message, hint });
    }
    // Whatever the format, a folder that is named by mistake is not written into.
    must_be_empty(to)?;
    let mut leaving = Leaving { context, workspace, artefact: &artefact, format, to, losses: Vec::new() };
    let probes = leaving.write()?;
    let losses = leaving.losses;
    let kind = artefact.manifest.kind.as_str();
    let engraft = env!("CARGO_PKG_VERSION");
    let note = Note { engraft, model: name, kind, format, losses: &losses, within: WITHIN, probes: &probes };
    let text = serde_json::to_string_pretty(&note).map_err(|error| Error::Bug(error.to_string()))?;
    let path = to.join(NOTE);
    std::fs::write(&path, text + "\n").map_err(Error::io("write", &path))?;
    let files = listed(to)?;
    Ok(Exported { sha256: over(&files), files, losses })
}

/// Copies a folder with everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in std::fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        match source.is_dir() {
            true => copy_folder(&source, &target)?,
            false => drop(std::fs::copy(&source, &target).map_err(Error::io("copy", &source))?),
        }
    }
    Ok(())
}

/// One hash over all names and hashes.
fn over(files: &[ExportedFile]) -> String {
    let lines: String = files.iter().map(|file| format!("{} {}\n", file.sha256, file.name)).collect();
    engraft_core::content_hash(lines.as_bytes())
}

/// Every file below a folder with its hash, sorted.
fn listed(dir: &Path) -> Result<Vec<ExportedFile>, Error> {
    let mut folders = vec![dir.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::io("read", &folder))? {
            let path = entry.map_err(Error::io("read", &folder))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let sha256 = sha256_of_file(&path).map_err(Error::io("read", &path))?;
            files.push(ExportedFile { name, sha256 });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
