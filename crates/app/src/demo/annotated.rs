//! The demonstration's datasets: messages three people sorted, and passages that two people judged or that wait for judgement.

use std::path::{Path, PathBuf};

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
    /// The dataset of passages.
    pub judgements: String,
    /// Its questions whose passages somebody judged.
    pub judged: u64,
    /// Those of the tour, with what search found, that wait for somebody to judge it.
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
    dataset::import(context, workspace, &me, TOPICS, &records(sample.join("records.jsonl")), random)?;
    let agreement = review::agreement(context, workspace, &me, TOPICS, None, 0)?.questions;
    let request = ResolveRequest { method: Method::DawidSkene, question: None, all: false, seed: 0 };
    let resolved = review::resolve(context, workspace, &me, TOPICS, &request)?.written;
    let queries = dataset::QueriesRequest { path: sample.join("queries.jsonl"), k: PASSAGES };
    dataset::import_queries(context, workspace, &me, RELEVANCE, &queries, random)?;
    dataset::import(context, workspace, &me, RELEVANCE, &records(sample.join("judged.jsonl")), random)?;
    // One person judged each question: there is nobody to be weighed against.
    let request = ResolveRequest { method: Method::Majority, ..request };
    review::resolve(context, workspace, &me, RELEVANCE, &request)?;
    let topics = review::dashboard(context, workspace, &me, TOPICS)?;
    let judgements = review::dashboard(context, workspace, &me, RELEVANCE)?;
    Ok(AnnotatedReport {
        dataset: topics.dataset,
        items: topics.items.total,
        responses: topics.responses,
        agreement,
        resolved,
        open: topics.items.open,
        judgements: judgements.dataset,
        judged: judgements.items.resolved,
        to_judge: judgements.items.open,
    })
}

/// A file of records, all of which must be taken.
fn records(path: PathBuf) -> dataset::ImportRequest {
    dataset::ImportRequest { path, format: "jsonl".into(), offset_unit: None, user: None, strict: true }
}
