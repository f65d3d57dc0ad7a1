//! What tuners share: names, the source of their rows, the report of it, and predictions line by line.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_annotate::{Question, Record};
use engraft_core::Diagnostic;
use engraft_tune::TuneError;
use engraft_tune::artefact::{check_name, free_name};
use engraft_tune::data::{Audited, Rows, audit_rows};
use serde_json::{Value, json};

use crate::dataset::export::each_of_snapshot;
use crate::dataset::opened::{self, Opened};
use crate::dataset::snapshot;
use crate::people::Principal;
use crate::tune::report::DataReport;
use crate::tune::rows::{Source, file, names_of};
use crate::tune::{LISTED, TuneRequest};
use crate::{Context, Error, Workspace};

/// Lines scored together.
const BATCH: usize = 256;

/// Refuses a name that is taken or cannot be one, before anything is trained.
pub(crate) fn must_be_free(workspace: &Workspace, asked: &TuneRequest) -> Result<(), Error> {
    let Some(name) = &asked.name else { return Ok(()) };
    check_name(name)?;
    if workspace.models().join(name).exists() {
        return Err(TuneError::Taken { name: name.clone() }.into());
    }
    Ok(())
}

/// The name asked for, else one after the data and the kind or the method.
pub(crate) fn name(workspace: &Workspace, asked: &TuneRequest, stem: &str, kind: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let stem: String = stem.chars().map(fits).take(40).collect();
    let stem = stem.trim_start_matches(['-', '_', '.']);
    let wanted = if stem.is_empty() { kind.to_string() } else { format!("{stem}-{kind}") };
    asked.name.clone().unwrap_or_else(|| free_name(&workspace.models(), &wanted))
}

/// Makes rows of the resolution of an item, where it has one.
type RowsOf<'a, T> = dyn Fn(&Opened, &Question, &Record) -> Option<Vec<T>> + 'a;

/// Rows of the dataset `data`, made of its resolutions, where there is one of that name; else of the file `data`.
///
/// `fits` says whether a question can be learned from, `rows` makes rows of an item's resolution, none where it has none.
#[expect(clippy::too_many_arguments, reason = "what is asked, how a file is read, how a dataset is")]
pub(crate) fn rows<T>(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    asked: &TuneRequest,
    read: impl Fn(&Path) -> Result<Rows<T>, TuneError>,
    fits: &dyn Fn(&Question) -> bool,
    wanted: &str,
    rows: &RowsOf<'_, T>,
) -> Result<Source<T>, Error> {
    match file(workspace, &asked.data, "JSONL or CSV")? {
        Some(path) => of_file(path, read),
        None => of_dataset(context, workspace, who, asked, fits, wanted, rows),
    }
}

/// Rows of the dataset `asked.data`, made of its resolutions.
pub(crate) fn of_dataset<T>(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    asked: &TuneRequest,
    fits: &dyn Fn(&Question) -> bool,
    wanted: &str,
    rows: &RowsOf<'_, T>,
) -> Result<Source<T>, Error> {
    let data = asked.data.as_str();
    let dataset = opened::open(workspace, data)?;
    let named = |question: &&Question| asked.question.as_deref().is_none_or(|name| question.name == name);
    let found = dataset.schema.questions.iter().filter(named).find(|question| fits(question));
    let question = found.ok_or_else(|| Error::Request {
        message: match &asked.question {
            Some(name) => format!("{data} has no question `{name}` of type {wanted}"),
            None => format!("{data} asks no question of type {wanted}"),
        },
        hint: format!("`engraft dataset show {data}` lists its questions"),
    })?;
    // What is trained on never changes: a snapshot of now.
    let taken = snapshot::snapshot(context, workspace, who, data)?;
    let (mut found, mut unresolved) = (Vec::new(), 0);
    each_of_snapshot(workspace, &dataset, &taken.snapshot, &mut |record| {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        match rows(&dataset, question, record) {
            Some(rows) => found.extend(rows),
            None => unresolved += 1,
        }
        Ok(())
    })?;
    if found.is_empty() {
        let message = format!("no item of {data} has a resolved answer to `{}` to learn from", question.name);
        let hint = format!("run `engraft resolve {data}`, or decide the conflicts in the studio");
        return Err(TuneError::data(message, hint).into());
    }
    Ok(Source {
        rows: found,
        rejected: Vec::new(),
        lineage: format!("dataset:{data}@{}", taken.snapshot),
        snapshot: taken.snapshot,
        stem: data.into(),
        unresolved,
    })
}

/// Rows of a file.
pub(crate) fn of_file<T>(
    path: &Path,
    read: impl Fn(&Path) -> Result<Rows<T>, TuneError>,
) -> Result<Source<T>, Error> {
    of_rows(path, read(path)?)
}

/// Rows that were read of a file.
pub(crate) fn of_rows<T>(path: &Path, read: Rows<T>) -> Result<Source<T>, Error> {
    if read.rows.is_empty() {
        let message = match read.rejected.first() {
            Some(first) => {
                format!("no row of {} can be used; {}: {}", path.display(), first.uri, first.message)
            }
            None => format!("{} has no rows", path.display()),
        };
        let hint =
            read.rejected.first().map_or("give it one JSON object a line", |first| first.hint.as_str());
        return Err(TuneError::data(message, hint).into());
    }
    let (file, stem) = names_of(path);
    Ok(Source {
        rows: read.rows,
        rejected: read.rejected,
        lineage: format!("file:{file}@{}", read.sha256),
        snapshot: read.sha256,
        stem,
        unresolved: 0,
    })
}

/// What there is to know of rows, and of those to evaluate on where others are named; `said` gives what a row says, by which the
/// same is known again, and `audited` what an audit sees of it.
pub(crate) fn data_report<'r, T, K: Ord>(
    source: &'r Source<T>,
    eval: Option<&'r Source<T>>,
    said: impl Fn(&'r T) -> K,
    audited: impl Fn(&T) -> Audited,
) -> DataReport {
    let trained: BTreeSet<K> = source.rows.iter().map(&said).collect();
    let leaked =
        |eval: &'r Source<T>| eval.rows.iter().map(&said).filter(|one| trained.contains(one)).count();
    let mut rejected = source.rejected.clone();
    rejected.extend(eval.into_iter().flat_map(|eval| eval.rejected.iter().cloned()));
    let rejected_total = rejected.len();
    rejected.truncate(LISTED);
    DataReport {
        audit: Some(audit_rows(&source.rows.iter().map(audited).collect::<Vec<_>>())),
        eval_rows: eval.map_or(source.rows.len(), |eval| eval.rows.len()),
        leaked: eval.map_or(0, leaked),
        unresolved: source.unresolved,
        rejected,
        rejected_total,
        ..DataReport::default()
    }
}

/// A line of `predict`, with how many tokens of its row were not read where there are such.
pub(crate) fn truncated(mut line: Value, lost: usize) -> Value {
    if lost > 0 {
        line["truncated_tokens"] = lost.into();
    }
    line
}

/// What a model says of a batch of rows.
type Say<'a, T> = dyn Fn(&[T]) -> Result<Vec<Value>, Error> + 'a;

/// Hands a line for every row of a file to `take`, in the order of the file: what `say` makes of a batch of rows, and an error
/// for a row that could not be read.
pub(crate) fn lines<T>(
    context: Context,
    read: Rows<T>,
    line_of: impl Fn(&T) -> u64,
    say: &Say<'_, T>,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut unread = read.rejected.into_iter().map(unread_line).peekable();
    context.progress.stage("predict", Some(read.rows.len() as u64));
    for batch in read.rows.chunks(BATCH) {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        for (row, said) in batch.iter().zip(say(batch)?) {
            while let Some((_, bad)) = unread.next_if(|(line, _)| *line < line_of(row)) {
                take(bad)?;
            }
            take(said)?;
        }
        context.progress.advance(batch.len() as u64);
    }
    unread.try_for_each(|(_, bad)| take(bad))
}

fn unread_line(bad: Diagnostic) -> (u64, Value) {
    let line: u64 = bad.uri.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(0);
    let error = json!({ "kind": bad.kind, "message": bad.message, "hint": bad.hint });
    (line, json!({ "id": line.to_string(), "error": error }))
}
