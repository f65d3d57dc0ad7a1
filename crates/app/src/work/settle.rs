//! After an answer: what the item's answers come to by the merge policy, one person more, or a reviewer.

use std::collections::BTreeMap;

use engraft_annotate::{
    Answers, Belief, DEFAULT_ACCURACY, Merge, Need, ResolutionSource, enough, merge, vote_posterior,
};
use engraft_store::{Accepted, ItemNo, NewResolution, ResponseRow, Seen, Source, State, Status};
use serde_json::{Map, Value};

use crate::dataset::opened::Opened;
use crate::work::item;
use crate::{Error, Workspace};

/// Settles the item that a submission completed; others are left open.
pub(crate) fn after(
    workspace: &Workspace,
    dataset: &Opened,
    item: ItemNo,
    accepted: &Accepted,
    now: i64,
) -> Result<(), Error> {
    if accepted.state == State::Complete {
        settle(workspace, dataset, item, now)?;
    }
    Ok(())
}

/// What the answers of a complete item come to. Writes the resolution when the policy allows one, asks for one person more when
/// the rule says so, and leaves the item to a reviewer otherwise. True: resolved.
pub(crate) fn settle(workspace: &Workspace, dataset: &Opened, item: ItemNo, now: i64) -> Result<bool, Error> {
    let rows = workspace.store.responses(dataset.no, item)?;
    let before = workspace.store.resolution(dataset.no, item)?;
    let fields = item::fields_of(&workspace.store.fields(dataset.no, item)?.unwrap_or_default());
    let given = submitted(dataset, &fields, &rows);
    let answers: Vec<&Answers> = given.iter().map(|(_, answers)| answers).collect();
    let beliefs = beliefs(dataset, &fields, &answers);
    let merged = merge(&dataset.schema, &fields, &answers, &beliefs);
    let seen = Seen::new(&rows, before.as_ref());
    if let Some(resolution) = merged.resolution() {
        let row = NewResolution {
            answers: engraft_annotate::canonical_json(&resolution.answers),
            source: source(resolution.source),
            by: None,
            posterior: resolution.posterior,
        };
        // Whoever changed an answer since settles the item anew.
        return Ok(workspace.store.resolve(dataset.no, &[(item, row, Some(seen))], now)? > 0);
    }
    let least = beliefs.values().map(|belief| belief.posterior).min_by(f64::total_cmp);
    if let Need::Ask { more } = enough(&dataset.schema.distribution, answers.len() as u32, least) {
        workspace.store.want_more(dataset.no, item, more, Some(&seen), None, now)?;
    }
    Ok(false)
}

/// What the answers agree on and where they differ.
pub(crate) fn merged(dataset: &Opened, fields: &Map<String, Value>, answers: &[&Answers]) -> Merge {
    merge(&dataset.schema, fields, answers, &beliefs(dataset, fields, answers))
}

/// The submitted answers of an item with the rows they come from.
pub(crate) fn submitted<'a>(
    dataset: &Opened,
    fields: &Map<String, Value>,
    rows: &'a [ResponseRow],
) -> Vec<(&'a ResponseRow, Answers)> {
    let counted = rows.iter().filter(|row| row.status == Status::Submitted);
    counted.filter_map(|row| Some((row, item::stored_answers(dataset, fields, &row.answers)?))).collect()
}

/// How sure one may be of each question's most given answer, with everybody taken to be equally careful.
fn beliefs(dataset: &Opened, fields: &Map<String, Value>, answers: &[&Answers]) -> BTreeMap<String, Belief> {
    let votes: Vec<(&Answers, f64)> = answers.iter().map(|given| (*given, DEFAULT_ACCURACY)).collect();
    let each = dataset
        .schema
        .questions
        .iter()
        .filter_map(|question| Some((question.name.clone(), vote_posterior(question, fields, &votes)?)));
    each.collect()
}

/// How a resolution came about, as the store keeps it.
pub(crate) fn source(source: ResolutionSource) -> Source {
    match source {
        ResolutionSource::Agreed => Source::Agreed,
        ResolutionSource::Aggregated => Source::Aggregated,
        ResolutionSource::Adjudicated => Source::Adjudicated,
    }
}
