//! The documents of an answering task in a workspace of their own: copied, read and indexed, with what that took.

use std::collections::BTreeSet;
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
    copy(&source, &documents, &no_documents(task, out))?;
    let version = version(&documents)?;
    init(&root, Some(&task.name), Some(&task.encoder))?;
    let mut workspace = Workspace::open(&root, frame.threads)?;
    // Models of an earlier run are there, and are taken up when their turn comes.
    workspace.use_only(&Serving::default());
    let ingesting =
        IngestRequest { paths: vec![documents.display().to_string()], ..IngestRequest::default() };
    let (report, used) = metered(|| ingest(context, &workspace, parsers, &ingesting));
    let report = report?;
    if report.chunks.total == 0 {
        let why = report.failures.first().map_or(String::new(), |first| format!(": {}", first.message));
        return Err(request(
            format!("there is nothing to read in {}{why}", source.display()),
            "name the folder that answers come from: `documents = \"handbook\"`",
        ));
    }
    let failed = match report.documents.failed {
        0 => String::new(),
        n => format!("; {n} files or parts of them could not be read"),
    };
    let words = format!(
        "{}: {} documents, {} passages{failed}",
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

/// What lies among the documents and is none: the questions with their answers, and what is written on the way.
fn no_documents(task: &Task, out: &Path) -> BTreeSet<PathBuf> {
    let files = [&task.training, &task.evaluation, &task.labelled].into_iter().flatten();
    let all = files.map(|file| task.path(file)).chain([out.to_path_buf()]);
    all.filter_map(|path| path.canonicalize().ok()).collect()
}

/// Copies a folder, but for what is in `left_out`, by its canonical path, and folders of decisions. Links to folders are not followed, and
/// what is no file, such as a pipe or a link to nothing, is left where it is: reading a folder takes none of them in.
fn copy(from: &Path, to: &Path, left_out: &BTreeSet<PathBuf>) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in std::fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let known = path.canonicalize().is_ok_and(|path| left_out.contains(&path));
        if known || path.join("decision.json").is_file() {
            continue;
        }
        let kind = entry.file_type().map_err(Error::io("read", &path))?;
        if kind.is_dir() {
            copy(&path, &target, left_out)?;
        } else if path.is_file() {
            std::fs::copy(&path, &target).map_err(Error::io("copy", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_decisions_that_lie_among_the_documents_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in
            ["a.md", "deep/b.md", "questions.jsonl", "old.decision/decision.json", "t.decision/work/x"]
        {
            std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            std::fs::write(path(name), "words").unwrap();
        }
        let text = "kind = 'answer'\ndocuments = '.'\nevaluation = 'questions.jsonl'";
        let task = Task::parse(text, folder.path().into(), "t").unwrap();
        let (out, to) = (path("t.decision"), path("t.decision/work/library/documents"));
        copy(folder.path(), &to, &no_documents(&task, &out)).unwrap();
        let mut found: Vec<String> = walk(&to).iter().map(|path| path.display().to_string()).collect();
        found.sort();
        assert_eq!(found, ["a.md", "deep/b.md"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_and_to_nothing_are_left_where_they_are_and_linked_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        std::fs::create_dir(&from).unwrap();
        std::fs::write(from.join("a.md"), "words").unwrap();
        for (at, name) in [(from.as_path(), "loop"), (Path::new("/nowhere"), "gone.md")] {
            std::os::unix::fs::symlink(at, from.join(name)).unwrap();
        }
        std::os::unix::fs::symlink("a.md", from.join("b.md")).unwrap();
        // A socket is no file, as a pipe is none.
        let _socket = std::os::unix::net::UnixListener::bind(from.join("socket.md")).unwrap();
        copy(&from, &to, &BTreeSet::new()).unwrap();
        let mut found: Vec<String> = walk(&to).iter().map(|path| path.display().to_string()).collect();
        found.sort();
        assert_eq!(found, ["a.md", "b.md"]);
    }

    /// The files below a folder, from there.
    fn walk(folder: &Path) -> Vec<PathBuf> {
        let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path)
                } else {
                    files.push(path.strip_prefix(folder).unwrap().into())
                }
            }
        }
        files
    }

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
