//! Where judged questions come from: a dataset in which people graded passages, feedback on answers, or a file.

use std::path::Path;

use engraft_annotate::{Answer, Question, QuestionKind, Record, query_of};
use engraft_tune::TuneError;
use engraft_tune::data::{Judged, JudgedRow, read_judged};

use crate::dataset::opened::Opened;
use crate::people::Principal;
use crate::tune::feedback::judgements::read_feedback;
use crate::tune::feedback::{FeedbackReport, is_feedback};
use crate::tune::rows::{document_of, names_of};
use crate::tune::{TuneRequest, judging};
use crate::{Context, Error, Workspace};

/// Judged questions, and where they are from.
pub(crate) struct Judgements {
    pub(crate) judged: Judged,
    /// What feedback came to, where it is that.
    pub(crate) feedback: Option<FeedbackReport>,
    /// What lineage says of them.
    pub(crate) lineage: String,
    /// A word for them, to name models after.
    pub(crate) stem: String,
    /// Items of the dataset without a resolution.
    pub(crate) unresolved: usize,
    /// What to do where the documents that they name are not here.
    pub(crate) elsewhere: String,
}

const BRING: &str = "bring the documents in first: `engraft ingest PATH` or `engraft import beir DIR`";

/// What `asked.data` names: a dataset of the workspace, where there is one of that name, else a folder or a file.
pub(crate) fn judgements(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    asked: &TuneRequest,
) -> Result<Judgements, Error> {
    if workspace.store.dataset(&asked.data)?.is_some() {
        return of_dataset(context, workspace, who, asked);
    }
    let path = Path::new(&asked.data);
    if !path.exists() {
        let hint = "run `engraft dataset list`, or name a folder or a file of judgements: queries.jsonl with qrels, rows {query, \
                    positive} or {query, uri}, or feedback on answers";
        return Err(Error::Missing {
            what: "dataset or file of judgements",
            name: asked.data.clone(),
            hint: hint.into(),
        });
    }
    of_path(workspace, path)
}

/// The judgements in a folder or a file.
pub(crate) fn of_path(workspace: &Workspace, path: &Path) -> Result<Judgements, Error> {
    let (judged, feedback) = if is_feedback(path) {
        let (judged, report) = read_feedback(&workspace.store, path)?;
        (judged, Some(report))
    } else {
        (read_judged(path)?, None)
    };
    let (name, stem) = names_of(path);
    Ok(Judgements {
        lineage: format!("file:{name}@{}", judged.sha256),
        stem,
        unresolved: 0,
        elsewhere: BRING.into(),
        judged,
        feedback,
    })
}

/// The grades that a dataset's items came to, question by question: of a document that was graded twice the better one.
fn of_dataset(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    asked: &TuneRequest,
) -> Result<Judgements, Error> {
    let fits = |question: &Question| matches!(question.kind, QuestionKind::Relevance { .. });
    let source = judging::of_dataset(context, workspace, who, asked, &fits, "relevance", &of_item)?;
    let name = &asked.data;
    let judged = Judged::of_rows(source.rows, false, source.snapshot, name);
    if judged.questions.is_empty() {
        let message = format!("no passage of {name} was judged relevant to its question");
        return Err(TuneError::data(
            message,
            "judge passages that answer, too: grade 1 and more is relevant",
        )
        .into());
    }
    Ok(Judgements {
        judged,
        feedback: None,
        lineage: source.lineage,
        stem: source.stem,
        unresolved: source.unresolved,
        elsewhere: format!(
            "{BRING}; or let a retriever or reranker learn from the passages' own words: `engraft dataset export {name} FILE \
             --format rerank-triplets`, which takes only grades 2 and 3 as relevant"
        ),
    })
}

/// The grades of an item's passages, each under the document that it is a part of.
fn of_item(_: &Opened, question: &Question, record: &Record) -> Option<Vec<JudgedRow>> {
    let QuestionKind::Relevance { field, query } = &question.kind else { return None };
    let Some(Answer::Relevance(graded)) = record.resolution.as_ref()?.answers.get(&question.name) else {
        return None;
    };
    let shown = record.fields.get(field)?.as_array()?;
    let document = |id: &str| {
        let passage = shown.iter().find(|passage| passage["id"].as_str() == Some(id));
        passage.and_then(document_of).unwrap_or_else(|| id.to_string())
    };
    let relevance = graded.iter().map(|one| (document(&one.id), i64::from(one.grade))).collect();
    let query = Some(query_of(&record.fields, query)?.trim()).filter(|words| !words.is_empty())?;
    Some(vec![JudgedRow { query: query.to_string(), relevance }])
}

#[cfg(test)]
mod tests {
    use engraft_annotate::Schema;
    use serde_json::{Value, json};

    use super::*;

    /// What an item with these passages, graded so, says of `who?`.
    #[track_caller]
    fn check(passages: &Value, grades: &Value, expected: &[(&str, i64)]) {
        let schema = json!({
            "fields": [{ "name": "asked", "type": "text" }, { "name": "found", "type": "passages" }],
            "questions": [{ "name": "fits", "type": "relevance", "field": "found", "query": "asked" }],
        });
        let schema = Schema::read(&schema.to_string()).unwrap();
        let record = json!({
            "id": "1", "fields": { "asked": " who? ", "found": passages },
            "resolution": { "answers": { "fits": grades }, "source": "adjudicated" },
        });
        let (record, _) = Record::read_kept(&schema, &record).unwrap();
        let question = schema.questions[0].clone();
        let dataset = Opened { no: 1, name: "judge".into(), guideline: String::new(), created_at: 0, schema };
        let rows = of_item(&dataset, &question, &record).unwrap();
        let relevance: Vec<(String, i64)> =
            expected.iter().map(|(name, grade)| ((*name).to_string(), *grade)).collect();
        assert_eq!(rows, [JudgedRow { query: "who?".into(), relevance }]);
    }

    #[test]
    fn a_passage_stands_for_the_document_it_names_or_is_called_after() {
        let passages = json!([
            { "id": "c1", "text": "x", "uri": "a.md", "doc_id": "d7" },
            { "id": "c2", "text": "y", "doc_id": "d8" },
            { "id": "MED-10", "text": "z", "uri": "" },
        ]);
        let grades =
            json!([{ "id": "c1", "grade": 3 }, { "id": "c2", "grade": 0 }, { "id": "MED-10", "grade": 1 }]);
        check(&passages, &grades, &[("a.md", 3), ("d8", 0), ("MED-10", 1)]);
    }
}
