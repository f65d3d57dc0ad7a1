//! `predict` of models that score pairs: how well a text fits a query, a line each.

use std::path::Path;

use engraft_tune::TuneError;
use engraft_tune::artefact::Artefact;
use engraft_tune::data::{read_rows, text_of};
use serde_json::{Value, json};

use crate::serving::RETRIEVER;
use crate::tune::{judging, reranker, retriever};
use crate::{Context, Error, Workspace};

/// Hands `{id, score}` to `take` for every row `{id?, query, text}` of `input`, in order, or `{id, error}` for one that could not be
/// read. The score is a logit (reranker) or a cosine (retriever); `truncated_tokens` says how many tokens a reranker did not read.
pub(crate) fn predict(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
    input: &Path,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let read = read_rows(input, |line| {
        let query = text_of(line, "query")?.to_string();
        let field = ["text", "passage", "document"].into_iter().find(|name| line.fields.contains_key(*name));
        let text = text_of(line, field.unwrap_or("text"))?.to_string();
        let id = line.fields.get("id").filter(|id| !id.is_null()).cloned();
        Ok((line.number, id.unwrap_or_else(|| Value::from(line.number.to_string())), (query, text)))
    })?;
    if read.rows.is_empty() && read.rejected.is_empty() {
        let message = format!("{} has no rows", input.display());
        return Err(TuneError::data(message, "give it `{id, query, text}` a line").into());
    }
    context.progress.stage("predict", None);
    let pairs: Vec<(String, String)> = read.rows.iter().map(|row| row.2.clone()).collect();
    let scores = match artefact.manifest.kind.as_str() {
        RETRIEVER => {
            let cosines = retriever::cosines(context, workspace, artefact, &pairs)?;
            cosines.into_iter().map(|cosine| (cosine, 0)).collect()
        }
        _ => reranker::logits(workspace, artefact, &pairs)?,
    };
    let rounded = |score: f32| (f64::from(score) * 1e6).round() / 1e6;
    let scored = read.rows.iter().zip(scores);
    let mut lines: Vec<(u64, Value)> = scored
        .map(|((number, id, _), (score, lost))| {
            (*number, judging::truncated(json!({ "id": id, "score": rounded(score) }), lost))
        })
        .collect();
    // Rows that could not be read come where they stand.
    for bad in read.rejected {
        let number = bad.uri.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(0);
        let error = json!({ "kind": bad.kind, "message": bad.message, "hint": bad.hint });
        lines.push((number, json!({ "id": number.to_string(), "error": error })));
    }
    lines.sort_by_key(|line| line.0);
    lines.into_iter().try_for_each(|(_, line)| take(line))
}
