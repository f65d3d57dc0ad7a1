//! The demonstration's models: what three people's labels teach a classifier, measured on messages it has not seen, and what
//! judged passages teach a reranker of search, measured on questions it has not seen.

use std::path::Path;

use engraft_tune::artefact::remove;

use crate::people::Principal;
use crate::serving::RERANKER as KIND;
use crate::tune::{
    ClassifierRequest, RerankerRequest, TuneReport, TuneRequest, remove_tuned, tune_classifier, tune_reranker,
};
use crate::{Context, Error, Workspace, rollback_model};

/// The classifier.
const MODEL: &str = "support-topics";
/// The reranker.
const RERANKER: &str = "handbook-reranker";

/// Tunes a classifier on the resolved messages; an earlier one makes way.
pub(super) fn tune(
    context: Context,
    workspace: &Workspace,
    sample: &Path,
    dataset: &str,
) -> Result<TuneReport, Error> {
    let me = Principal::at_the_machine();
    if workspace.models().join(MODEL).exists() {
        remove_tuned(workspace, &me, MODEL)?;
    }
    let request = ClassifierRequest {
        tune: TuneRequest {
            data: dataset.into(),
            question: Some("topic".into()),
            eval: Some(sample.join("topics-eval.jsonl")),
            base: None,
            name: Some(MODEL.into()),
            seeds: 1,
            seed: 0,
            over_length: "error".into(),
        },
        method: "frozen".into(),
        out_of_scope: None,
    };
    tune_classifier(context, workspace, &me, &request)
}

/// Tunes a reranker on the resolved grades of a dataset; an earlier one makes way. Search uses it where it is proven better on a
/// fifth of the questions, held out.
pub(super) fn rerank(context: Context, workspace: &Workspace, dataset: &str) -> Result<TuneReport, Error> {
    let me = Principal::at_the_machine();
    if workspace.models().join(RERANKER).exists() {
        if workspace.serving().model(KIND) == Some(RERANKER) {
            rollback_model(context, workspace, &me, KIND)?;
        }
        remove(&workspace.models(), RERANKER)?;
    }
    let request = RerankerRequest {
        tune: TuneRequest {
            data: dataset.into(),
            question: None,
            eval: None,
            base: None,
            name: Some(RERANKER.into()),
            seeds: 1,
            seed: 0,
            over_length: "truncate".into(),
        },
        method: "cross-encoder".into(),
        // One short look at each pair: a demonstration is over in seconds.
        epochs: 1,
        batch: 16,
        rate: 2e-5,
        wrong: 2,
        window: 128,
    };
    tune_reranker(context, workspace, &me, &request)
}
