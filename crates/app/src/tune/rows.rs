//! Where training rows come from: the resolutions of a dataset, or a file.

use std::path::Path;

use engraft_annotate::{Answer, QuestionKind, Schema};
use engraft_core::Diagnostic;
use engraft_tune::TuneError;
use engraft_tune::data::{Example, Labelling, read_classified};
use serde_json::Value;

use crate::dataset::export::each_of_snapshot;
use crate::dataset::opened::{self, Opened};
use crate::dataset::{snapshot, words};
use crate::people::Principal;
use crate::{Context, Error, Workspace};

/// Rows, and where they are from.
pub(crate) struct Source<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) rejected: Vec<Diagnostic>,
    /// The content address: a snapshot's id, or a file's SHA-256.
    pub(crate) snapshot: String,
    /// What lineage says of it.
    pub(crate) lineage: String,
    /// A word for it, to name models after.
    pub(crate) stem: String,
    pub(crate) unresolved: usize,
}

/// Texts with their classes: of the dataset `data` where there is one of that name, else of the file `data`.
pub(crate) fn classified(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    data: &str,
    question: Option<&str>,
) -> Result<(Source<Example>, Labelling), Error> {
    match file(workspace, data, "JSONL or CSV")? {
        Some(path) => of_file(path),
        None => of_dataset(context, workspace, who, data, question),
    }
}

/// The file `data`; `None` where there is a dataset of that name. `kinds` says which files can be read.
pub(crate) fn file<'d>(workspace: &Workspace, data: &'d str, kinds: &str) -> Result<Option<&'d Path>, Error> {
    if workspace.store.dataset(data)?.is_some() {
        return Ok(None);
    }
    let path = Path::new(data);
    if !path.exists() {
        return Err(Error::Missing {
            what: "dataset or file",
            name: data.into(),
            hint: format!("run `engraft dataset list`, or name a {kinds} file"),
        });
    }
    Ok(Some(path))
}

/// Texts with their classes of a file.
pub(crate) fn of_file(path: &Path) -> Result<(Source<Example>, Labelling), Error> {
    let (read, labelling) = read_classified(path)?;
    let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let stem = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let source = Source {
        rows: read.rows,
        rejected: read.rejected,
        lineage: format!("file:{file}@{}", read.sha256),
        snapshot: read.sha256,
        stem,
        unresolved: 0,
    };
    Ok((source, labelling))
}

fn of_dataset(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    asked: Option<&str>,
) -> Result<(Source<Example>, Labelling), Error> {
    let dataset = opened::open(workspace, name)?;
    let (question, labelling) = chosen(&dataset, asked)?;
    // What is trained on never changes: a snapshot of now.
    let taken = snapshot::snapshot(context, workspace, who, name)?;
    let mut rows = Vec::new();
    let mut unresolved = 0;
    each_of_snapshot(workspace, &dataset, &taken.snapshot, &mut |record| {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let answer = record.resolution.as_ref().and_then(|resolution| resolution.answers.get(&question));
        let labels = match answer {
            Some(Answer::Label(label)) => vec![label.clone()],
            Some(Answer::Labels(labels)) => labels.iter().cloned().collect(),
            _ => {
                unresolved += 1;
                return Ok(());
            }
        };
        let text = text_of(&dataset.schema, record);
        let group = record.metadata.get("group").and_then(Value::as_str).map(str::to_string);
        rows.push(Example { id: record.id.clone(), text, labels, group });
        Ok(())
    })?;
    if rows.is_empty() {
        return Err(Error::Tune(TuneError::data(
            format!("no item of {name} has a resolved answer to `{question}`"),
            format!("run `engraft resolve {name}`, or decide the conflicts in the studio"),
        )));
    }
    let source = Source {
        rows,
        rejected: Vec::new(),
        lineage: format!("dataset:{name}@{}", taken.snapshot),
        snapshot: taken.snapshot,
        stem: name.into(),
        unresolved,
    };
    Ok((source, labelling))
}

fn text_of(schema: &Schema, record: &engraft_annotate::Record) -> String {
    words::text(schema, &record.fields)
}

/// The question asked for, or the first that gives texts classes.
fn chosen(dataset: &Opened, asked: Option<&str>) -> Result<(String, Labelling), Error> {
    let fits = |kind: &QuestionKind| match kind {
        QuestionKind::Label { .. } => Some(Labelling::Single),
        QuestionKind::Labels { .. } => Some(Labelling::Multi),
        _ => None,
    };
    let questions = &dataset.schema.questions;
    let mut named = questions.iter().filter(|question| asked.is_none_or(|asked| question.name == asked));
    let found = named.find_map(|question| Some((question.name.clone(), fits(&question.kind)?)));
    found.ok_or_else(|| Error::Request {
        message: match asked {
            Some(asked) => format!("{} has no question `{asked}` of type label or labels", dataset.name),
            None => format!("{} asks no question of type label or labels", dataset.name),
        },
        hint: format!("`engraft dataset show {}` lists its questions", dataset.name),
    })
}
