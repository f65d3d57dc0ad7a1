//! The demonstration's datasets: messages three people sorted, and passages that wait for judgement.

use std::path::Path;

use serde::Serialize;

use crate::people::{Principal, Secret};
use crate::review::{QuestionAgreement, ResolveRequest, Written};
use crate::{Context, Error, Method, Workspace, dataset, review};

/// The dataset of messages.
const TOPICS: &str = "support-topics";
/// The dataset of passages.
const RELEVANCE: &str = "handbook-relevance";
/// Passages to judge for each question.
const PASSAGES: usize = 5;

/// What was done with the datasets.
#[derive(Debug, Serialize)]
pub struct AnnotatedReport {
    /// The dataset of messages.
    pub dataset: String,
    /// Its items.
    pub items: u64,
    /// The answers that came with them.
    pub responses: u64,
    /// How far the three people agree.
    pub agreement: Vec<QuestionAgreement>,
    /// What their answers came to.
    pub resolved: Written,
    /// Items nobody answered yet.
    pub open: u64,
    /// The dataset of passages, found by search for the tour's questions.
    pub judgements: String,
    /// Its items.
    pub to_judge: u64,
}

/// Makes both datasets, or finds them made, measures and resolves.
pub(super) fn annotate(
    context: Context,
    workspace: &Workspace,
    sample: &Path,
    random: &Secret,
) -> Result<AnnotatedReport, Error> {
    let me = Principal::at_the_machine();
    let schema = sample.join("schema.json");
    let schema = std::fs::read_to_string(&schema).map_err(Error::io("read", &schema))?;
    if workspace.store.dataset(TOPICS)?.is_none() {
        dataset::create(context, workspace, &me, TOPICS, &schema)?;
    }
    let request = dataset::ImportRequest {
        path: sample.join("records.jsonl"),
        format: "jsonl".into(),
        offset_unit: None,
        user: None,
        strict: true,
    };
    dataset::import(context, workspace, &me, TOPICS, &request, random)?;
    let agreement = review::agreement(context, workspace, &me, TOPICS, None, 0)?.questions;
    let request = ResolveRequest { method: Method::DawidSkene, question: None, all: false, seed: 0 };
    let resolved = review::resolve(context, workspace, &me, TOPICS, &request)?.written;
    let queries = dataset::QueriesRequest { path: sample.join("queries.jsonl"), k: PASSAGES };
    dataset::import_queries(context, workspace, &me, RELEVANCE, &queries, random)?;
    let topics = dataset::show(context, workspace, &me, TOPICS)?;
    let judgements = dataset::show(context, workspace, &me, RELEVANCE)?;
    let board = review::dashboard(context, workspace, &me, TOPICS)?;
    Ok(AnnotatedReport {
        dataset: topics.dataset,
        items: topics.items,
        responses: board.responses,
        agreement,
        resolved,
        open: board.items.open,
        judgements: judgements.dataset,
        to_judge: judgements.items,
    })
}
