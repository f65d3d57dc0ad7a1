//! The documents of an answering task in a workspace of their own: copied, read and indexed, with what that took.

use std::path::{Path, PathBuf};

use engraft_core::content_hash;
use serde::{Deserialize, Serialize};

use crate::decide::frame::Frame;
use crate::decide::kept::Kept;
use crate::decide::meter::metered;
use crate::decide::task::{Task, request};
use crate::isolate::Parsers;
use crate::serving::Serving;
use crate::{Context, Error, IngestRequest, Workspace, ingest, init};

/// What reading and indexing all documents took.
#[derive(Clone, Serialize, Deserialize)]
struct Building {
    s: f64,
    cpu_s: f64,
    bytes: u64,
}

/// The documents in a workspace of their own.
pub(super) struct Built {
    /// A hash of their names and bytes.
    pub(super) version: String,
    /// Seconds on the clock, and of the processor.
    pub(super) s: f64,
    pub(super) cpu_s: f64,
    pub(super) bytes: u64,
    pub(super) words: String,
}

/// Copies the documents of a task and reads them into a workspace below `out`: the workspace, and the folder it follows.
pub(super) fn library(
    context: Context,
    task: &Task,
    frame: &Frame,
    parsers: &Parsers,
    (out, kept): (&Path, &Kept),
) -> Result<(Workspace, PathBuf, Built), Error> {
    let Some(named) = &task.documents else {
        return Err(request(
            "the task names no documents",
            "name the folder that answers come from: `documents = \"handbook\"`",
        ));
    };
    let source = task.path(named);
    let root = out.join("work").join("library");
    let documents = root.join("documents");
    // Edits of an earlier run must not be found by this one.
    if documents.exists() {
        std::fs::remove_dir_all(&documents).map_err(Error::io("replace", &documents))?;
    }
    copy(&source, &documents)?;
    let version = version(&documents)?;
    init(&root, Some(&task.name), Some(&task.encoder))?;
    let mut workspace = Workspace::open(&root, frame.threads)?;
    // Models of an earlier run are there, and are taken up when their turn comes.
    workspace.use_only(&Serving::default());
    let ingesting =
        IngestRequest { paths: vec![documents.display().to_string()], ..IngestRequest::default() };
    let (report, used) = metered(|| ingest(context, &workspace, parsers, &ingesting));
    let report = report?;
    let words = format!(
        "{}: {} documents, {} passages",
        named.display(),
        report.documents.added + report.documents.unchanged + report.documents.updated,
        report.chunks.total
    );
    // The first time counts: when a run goes on there is nothing left to read.
    let read = content_hash(format!("{version} {}", task.encoder).as_bytes());
    let (before, mut more) = kept.results::<Building>("library", &read)?;
    let now = Building { s: used.ms / 1e3, cpu_s: used.cpu_s, bytes: report.bytes };
    let Building { s, cpu_s, bytes } = before.first().cloned().unwrap_or_else(|| now.clone());
    if before.is_empty() {
        more.keep(&now)?;
    }
    Ok((workspace, documents, Built { version, s, cpu_s, bytes, words }))
}

/// A hash of the names and bytes of every file below `folder`.
fn version(folder: &Path) -> Result<String, Error> {
    let (mut lines, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).map_err(Error::io("read", &next))? {
            let path = entry.map_err(Error::io("read", &next))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
            let name = path.strip_prefix(folder).unwrap_or(&path).display();
            lines.push(format!("{} {name}", content_hash(&bytes)));
        }
    }
    lines.sort_unstable();
    Ok(content_hash(lines.join("\n").as_bytes()))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in std::fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(Error::io("copy", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_other_words_or_names_are_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.md"), folder.path().join("b.md"));
        std::fs::write(&one, "seats 10").unwrap();
        let first = version(folder.path()).unwrap();
        assert_eq!(first, version(folder.path()).unwrap());
        std::fs::write(&one, "seats 11").unwrap();
        let changed = version(folder.path()).unwrap();
        std::fs::rename(&one, &other).unwrap();
        let renamed = version(folder.path()).unwrap();
        assert!(first != changed && changed != renamed && first != renamed);
    }
}
