//! An item as its annotator sees it, built from what the store lets an annotator know.

use std::collections::BTreeMap;

use engraft_annotate::{Answers, FieldKind, Suggestion, read_kept};
use engraft_core::short_id;
use engraft_store::{ItemNo, ResponseRow, Status, UserNo, Work};
use serde_json::{Map, Value};

use crate::dataset::opened::Opened;
use crate::work::view::{ItemView, Tab};
use crate::{Error, Workspace, when};

/// The item as this person sees it; an error when it is not theirs to see.
pub(crate) fn view(
    workspace: &Workspace,
    dataset: &Opened,
    user: UserNo,
    item: ItemNo,
) -> Result<ItemView, Error> {
    let work = workspace.store.work(dataset.no, item, user)?;
    let work = work.ok_or_else(|| dataset.no_item(&item.to_string()))?;
    if work.lease.is_none() && work.draft.is_none() && work.response.is_none() {
        return Err(dataset.no_item(&work.external));
    }
    build(workspace, dataset, user, item, work)
}

/// The item for somebody who holds or held it, or said something about it; never to be shown, only to read answers by. What
/// anybody may write about, anybody may see: who was never given the item may not.
pub(crate) fn unseen(
    workspace: &Workspace,
    dataset: &Opened,
    user: UserNo,
    item: ItemNo,
) -> Result<ItemView, Error> {
    let work = workspace.store.work(dataset.no, item, user)?;
    let work = work.ok_or_else(|| dataset.no_item(&item.to_string()))?;
    if work.lease.is_none() && work.draft.is_none() && work.response.is_none() && !work.held_once {
        return Err(Error::Conflict {
            message: format!("{} was never given to you; nothing was written", work.external),
            hint: "answer the items that `engraft queue next` gives".into(),
            current: None,
            kept: false,
        });
    }
    build(workspace, dataset, user, item, work)
}

/// The payload. It holds nothing that depends on gold, on others' answers, or on how many there are.
pub(crate) fn build(
    workspace: &Workspace,
    dataset: &Opened,
    user: UserNo,
    item: ItemNo,
    work: Work,
) -> Result<ItemView, Error> {
    let schema = &dataset.schema;
    let fields = fields_of(&work.fields);
    let answered = work.response.as_ref().is_some_and(|response| response.status == Status::Submitted);
    let suggestions = match schema.hide_suggestions && !answered {
        true => Vec::new(),
        false => work.suggestions.iter().map(|kept| suggestion(dataset, &fields, kept)).collect(),
    };
    let draft = work.draft.as_ref();
    let own = match (draft, &work.response) {
        (Some(draft), _) => stored_answers(dataset, &fields, &draft.answers),
        (None, Some(response)) => stored_answers(dataset, &fields, &response.answers),
        (None, None) => None,
    };
    let spent = draft.map(|draft| draft.active_ms);
    let spent = spent.or_else(|| work.response.as_ref().map(|response| response.active_ms));
    let returned = workspace.store.why_returned(dataset.no, item, user)?;
    Ok(ItemView {
        dataset: dataset.name.clone(),
        lease: work.lease.map(|(token, _)| token.to_string()),
        expires_at: work.lease.map(|(_, ends)| when::rfc3339(ends)),
        version: work.response.as_ref().map_or(0, |response| u64::from(response.version)),
        draft_version: draft.map_or(0, |draft| u64::from(draft.version)),
        status: match &returned {
            Some(_) => Tab::Returned,
            None => status(draft.is_some(), work.response.as_ref()),
        },
        presented: presented(dataset, &fields, user, &work.external),
        item: work.external,
        fields,
        layout: schema.fields.clone(),
        questions: schema.questions.clone(),
        suggestions,
        answers: own,
        active_ms: spent.unwrap_or(0),
        returned,
        read_only: work.closed,
        guideline: dataset.guideline.clone(),
    })
}

fn status(draft: bool, response: Option<&ResponseRow>) -> Tab {
    match response.map(|response| response.status) {
        _ if draft => Tab::Draft,
        Some(Status::Submitted) => Tab::Submitted,
        Some(Status::Skipped) => Tab::Skipped,
        Some(Status::Draft) => Tab::Draft,
        None => Tab::Pending,
    }
}

/// The fields as the store keeps them.
pub(crate) fn fields_of(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Answers as the store keeps them, read by the questions as they are now; what they can no longer hold is left out.
pub(crate) fn stored_answers(dataset: &Opened, fields: &Map<String, Value>, text: &str) -> Option<Answers> {
    let value: Value = serde_json::from_str(text).ok()?;
    Some(read_kept(&dataset.schema, fields, &value).0)
}

pub(crate) fn suggestion(
    dataset: &Opened,
    fields: &Map<String, Value>,
    kept: &engraft_store::SuggestionRow,
) -> Suggestion {
    let answers = stored_answers(dataset, fields, &kept.answers).unwrap_or_default();
    Suggestion { model: kept.model.clone(), score: kept.score, answers }
}

/// The order of the answers of each field: always the same for one person and item, and another for others, so that
/// no side is favoured.
fn presented(
    dataset: &Opened,
    fields: &Map<String, Value>,
    user: UserNo,
    item: &str,
) -> BTreeMap<String, Vec<String>> {
    let sided = dataset.schema.fields.iter().filter(|field| field.kind == FieldKind::Answers);
    let each = sided.filter_map(|field| {
        let answers = fields.get(&field.name)?.as_array()?;
        let mut ids: Vec<String> =
            answers.iter().filter_map(|answer| answer["id"].as_str().map(str::to_string)).collect();
        ids.sort_by_key(|id| short_id(&["side", &user.to_string(), item, id]));
        Some((field.name.clone(), ids))
    });
    each.collect()
}
