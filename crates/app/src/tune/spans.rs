//! Where extraction rows come from: span questions and forms of a dataset, or a file.

use std::path::Path;

use engraft_annotate::{Answer, LabelledSpan, QuestionKind, Record, text_of};
use engraft_core::{CharMap, Span};
use engraft_tune::TuneError;
use engraft_tune::data::{ExtractionRow, MarkedSpan, read_extraction};
use serde_json::Value;

use crate::dataset::export::each_of_snapshot;
use crate::dataset::opened::{self, Opened};
use crate::dataset::snapshot;
use crate::people::Principal;
use crate::tune::rows::{Source, file, group_of, names_of};
use crate::{Context, Error, Workspace};

/// Rows of extraction, and what could not be taken as it stands.
pub(crate) struct Marked {
    pub(crate) source: Source<ExtractionRow>,
    /// Spans that were moved to where their quote stands.
    pub(crate) repaired: usize,
    /// Spans with gaps, and values of a form that stand nowhere or more than once in the text.
    pub(crate) unplaced: usize,
}

/// Texts with their spans: of the dataset `data` where there is one of that name, else of the file `data`.
pub(crate) fn marked(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    data: &str,
    question: Option<&str>,
) -> Result<Marked, Error> {
    match file(workspace, data, "JSONL")? {
        Some(path) => of_file(path),
        None => of_dataset(context, workspace, who, data, question),
    }
}

/// Texts with their spans of a file.
pub(crate) fn of_file(path: &Path) -> Result<Marked, Error> {
    let (read, repaired) = read_extraction(path, true)?;
    let (file, stem) = names_of(path);
    let source = Source {
        rows: read.rows,
        rejected: read.rejected,
        lineage: format!("file:{file}@{}", read.sha256),
        snapshot: read.sha256,
        stem,
        unresolved: 0,
    };
    Ok(Marked { source, repaired, unplaced: 0 })
}

/// What of a dataset is learned.
enum Asked {
    /// The spans of a field.
    Spans { question: String, field: String },
    /// The values of a form that stand in the text.
    Form { question: String },
}

fn of_dataset(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    asked: Option<&str>,
) -> Result<Marked, Error> {
    let dataset = opened::open(workspace, name)?;
    let asked = chosen(&dataset, asked)?;
    // What is trained on never changes: a snapshot of now.
    let taken = snapshot::snapshot(context, workspace, who, name)?;
    let (mut rows, mut unresolved, mut unplaced) = (Vec::new(), 0, 0);
    each_of_snapshot(workspace, &dataset, &taken.snapshot, &mut |record| {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        match row(&dataset, &asked, record, &mut unplaced) {
            Some(row) => rows.push(row),
            None => unresolved += 1,
        }
        Ok(())
    })?;
    if rows.is_empty() {
        let (Asked::Spans { question, .. } | Asked::Form { question }) = &asked;
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
    Ok(Marked { source, repaired: 0, unplaced })
}

fn row(dataset: &Opened, asked: &Asked, record: &Record, unplaced: &mut usize) -> Option<ExtractionRow> {
    let answers = &record.resolution.as_ref()?.answers;
    let (text, spans) = match asked {
        Asked::Spans { question, field } => {
            let Some(Answer::Spans(spans)) = answers.get(question) else { return None };
            let text = text_of(&record.fields, field)?.to_string();
            (text, whole(spans, unplaced))
        }
        Asked::Form { question } => {
            let Some(Answer::Form(form)) = answers.get(question) else { return None };
            let text = crate::dataset::words::text(&dataset.schema, &record.fields);
            let mut spans = Vec::new();
            values(&CharMap::new(&text), form, "value", &mut spans, unplaced);
            spans.sort();
            (text, spans)
        }
    };
    let group = match asked {
        Asked::Spans { field, .. } => group_of(record, [field.as_str()]),
        Asked::Form { .. } => group_of(record, dataset.schema.fields.iter().map(|field| field.name.as_str())),
    };
    let group = group.unwrap_or_else(|| record.id.clone());
    Some(ExtractionRow { id: record.id.clone(), text, context: Vec::new(), group, spans })
}

/// The spans without gaps; others are counted.
fn whole(spans: &[LabelledSpan], unplaced: &mut usize) -> Vec<MarkedSpan> {
    let mut whole = Vec::new();
    for marked in spans {
        match Span::new(marked.char_start, marked.char_end).filter(|_| marked.parts.is_empty()) {
            Some(span) => whole.push(MarkedSpan { span, label: marked.label.clone() }),
            None => *unplaced += 1,
        }
    }
    whole.sort();
    whole
}

/// The values of a form that stand in the text exactly once, each labelled by its key.
fn values(map: &CharMap, value: &Value, key: &str, spans: &mut Vec<MarkedSpan>, unplaced: &mut usize) {
    let written = match value {
        Value::Object(entries) => {
            return entries.iter().for_each(|(key, value)| values(map, value, key, spans, unplaced));
        }
        Value::Array(all) => return all.iter().for_each(|value| values(map, value, key, spans, unplaced)),
        Value::String(text) if !text.trim().is_empty() => text.trim().to_string(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    let mut places = map.text().match_indices(&written).map(|(byte, _)| byte);
    let only = places.next().filter(|_| places.next().is_none());
    match only.and_then(|byte| map.span_of_bytes(byte, byte + written.len())) {
        Some(span) => spans.push(MarkedSpan { span, label: key.to_string() }),
        None => *unplaced += 1,
    }
}

/// The question asked for, or the first that marks spans or fills a form.
fn chosen(dataset: &Opened, asked: Option<&str>) -> Result<Asked, Error> {
    let questions = &dataset.schema.questions;
    let mut named = questions.iter().filter(|question| asked.is_none_or(|asked| question.name == asked));
    let found = named.find_map(|question| match &question.kind {
        QuestionKind::Spans { field, .. } => {
            Some(Asked::Spans { question: question.name.clone(), field: field.clone() })
        }
        QuestionKind::Form { .. } => Some(Asked::Form { question: question.name.clone() }),
        _ => None,
    });
    found.ok_or_else(|| Error::Request {
        message: match asked {
            Some(asked) => format!("{} has no question `{asked}` of type spans or form", dataset.name),
            None => format!("{} asks no question of type spans or form", dataset.name),
        },
        hint: format!("`engraft dataset show {}` lists its questions", dataset.name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_form_s_values_are_spans_where_they_stand_once() {
        let text = "Acme pays 5,000 to Zoë on 3 May; Acme agrees.";
        let (mut spans, mut unplaced) = (Vec::new(), 0);
        let form = json!({"payer": "Acme", "amount": "5,000", "to": [{"name": "Zoë"}], "day": 3, "place": "", "x": "nowhere"});
        values(&CharMap::new(text), &form, "value", &mut spans, &mut unplaced);
        let map = CharMap::new(text);
        let mut shown: Vec<String> =
            spans.iter().map(|one| format!("{}={}", one.label, map.quote(one.span).unwrap())).collect();
        shown.sort();
        assert_eq!(shown, ["amount=5,000", "day=3", "name=Zoë"]);
        assert_eq!(unplaced, 2);
    }
}
