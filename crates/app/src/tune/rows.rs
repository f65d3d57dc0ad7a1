//! Where training rows come from: the resolutions of a dataset, or a file.

use std::ffi::OsStr;
use std::path::Path;

use engraft_annotate::{Answer, QuestionKind, Record};
use engraft_core::Diagnostic;
use engraft_tune::TuneError;
use engraft_tune::data::{Example, Labelling, read_classified};
use serde_json::Value;

use crate::dataset::export::each_of_snapshot;
use crate::dataset::opened::{self, Opened};
use crate::dataset::{snapshot, words};
use crate::people::Principal;
use crate::tune::feedback::word;
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

/// What a file or folder is called, with its ending and without.
pub(crate) fn names_of(path: &Path) -> (String, String) {
    let name = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    (name(path.file_name()), name(path.file_stem()))
}

/// Texts with their classes of a file.
pub(crate) fn of_file(path: &Path) -> Result<(Source<Example>, Labelling), Error> {
    let (read, labelling) = read_classified(path)?;
    let (file, stem) = names_of(path);
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
        let text = words::text(&dataset.schema, &record.fields);
        let group = group_of(record, dataset.schema.fields.iter().map(|field| field.name.as_str()));
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

/// What an item never parts from in a split: what its metadata names, else the document of which the first of `fields` shows a
/// part; `None` where it names neither.
pub(crate) fn group_of<'f>(record: &Record, fields: impl IntoIterator<Item = &'f str>) -> Option<String> {
    let named = |key: &&str| word(record.metadata.get(*key));
    let named = ["group", "document", "uri", "doc_id"].iter().find_map(named);
    named.or_else(|| fields.into_iter().find_map(|field| document_of(record.fields.get(field)?)))
}

/// The document that a passage or a part of a document says it is of.
pub(crate) fn document_of(part: &Value) -> Option<String> {
    ["uri", "doc_id"].iter().find_map(|key| word(part.get(key)))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(metadata: &Value, page: &Value, expected: Option<&str>) {
        let metadata = metadata.as_object().unwrap().clone().into_iter().collect();
        let fields = [("text".to_string(), json!("a text")), ("page".to_string(), page.clone())];
        let fields = fields.into_iter().collect();
        let record = Record { id: "item".into(), metadata, fields, ..Record::default() };
        assert_eq!(group_of(&record, ["text", "page"]).as_deref(), expected);
    }

    #[test]
    fn an_item_belongs_to_what_its_metadata_names_or_to_the_document_it_shows() {
        let page = json!({ "text": "a page", "uri": "a.md", "doc_id": "d1" });
        check(&json!({ "group": "ana", "document": "b.md" }), &page, Some("ana"));
        check(&json!({ "document": "b.md" }), &page, Some("b.md"));
        check(&json!({ "uri": 12 }), &page, Some("12"));
        check(&json!({ "source": "mail" }), &page, Some("a.md"));
        check(&json!({ "document": " " }), &json!({ "text": "a page", "doc_id": "d1" }), Some("d1"));
        check(&json!({}), &json!("a page"), None);
    }
}
