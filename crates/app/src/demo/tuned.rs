//! The demonstration's model: what three people's labels teach a classifier, measured on messages it has not seen.

use std::path::Path;

use crate::people::Principal;
use crate::tune::{ClassifierRequest, TuneReport, TuneRequest, remove_tuned, tune_classifier};
use crate::{Context, Error, Workspace};

/// The model.
const MODEL: &str = "support-topics";

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
