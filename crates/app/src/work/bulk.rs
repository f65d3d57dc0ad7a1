//! Many items at once: rows to look over, one answer for all of them, one undo.

use engraft_store::{Filter, State, Undone};
use serde_json::Value;

use crate::dataset::opened;
use crate::people::{Act, Principal};
use crate::work::submit::{Submission, submit};
use crate::work::view::{BulkReport, ItemView, Refused};
use crate::work::{item, piles};
use crate::{Context, Error, Workspace, when};

/// The most items that are answered at once.
const MOST: usize = 200;

/// Items this person could still answer, in order; nothing is held for them yet.
pub fn bulk(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    text: Option<&str>,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<ItemView>, Error> {
    who.must(Act::Annotate)?;
    let _ = context;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let mut after = after.map(|item| dataset.item(workspace, item)).transpose()?;
    let limit = limit.clamp(1, MOST);
    let mut found = Vec::new();
    while found.len() < limit {
        let filter = Filter { state: Some(State::Open), text, after, limit, ..Filter::default() };
        let rows = workspace.store.list(dataset.no, &filter)?;
        for row in &rows {
            after = Some(row.no);
            let Some(work) = workspace.store.work(dataset.no, row.no, user)? else { continue };
            let mine = work.response.is_some() || work.draft.is_some();
            if !mine && found.len() < limit {
                found.push(item::build(workspace, &dataset, user, row.no, work)?);
            }
        }
        if rows.len() < limit {
            break;
        }
    }
    Ok(found)
}

/// Gives the same answers to many items. Each is taken and submitted by itself, so that one that is gone stops no other.
pub fn bulk_submit(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    items: &[String],
    answers: &Value,
    active_ms: u64,
) -> Result<BulkReport, Error> {
    who.must(Act::Annotate)?;
    if items.is_empty() || items.len() > MOST {
        return Err(Error::Request {
            message: format!("{} items cannot be answered at once", items.len()),
            hint: format!("choose 1 to {MOST}"),
        });
    }
    let opened = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let mut report = BulkReport {
        submitted: Vec::new(),
        refused: Vec::new(),
        undo: String::new(),
        counts: piles::of(workspace, &opened, user)?,
    };
    for name in items {
        let one = || -> Result<(), Error> {
            let no = opened.item(workspace, name)?;
            let now = when::millis(context);
            let lease = workspace.store.take(opened.no, no, user, opened.lease_ms(), now)?;
            let lease = lease.ok_or_else(|| opened.no_item(name))?;
            let given = Submission {
                item: name.clone(),
                lease: Some(lease.token.to_string()),
                answers: answers.clone(),
                active_ms: active_ms / items.len() as u64,
                ..Submission::default()
            };
            submit(context, workspace, who, dataset, &given).map(|_| ())
        };
        match one() {
            Ok(()) => report.submitted.push(name.clone()),
            Err(error) => report.refused.push(Refused { item: name.clone(), message: error.to_string() }),
        }
    }
    report.counts = piles::of(workspace, &opened, user)?;
    report.undo = report.submitted.len().to_string();
    Ok(report)
}

/// Takes back what [`bulk_submit`] did: `undo` is what its report said. The answers stay as drafts, nothing stays held.
pub fn bulk_undo(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    undo: &str,
) -> Result<BulkReport, Error> {
    who.must(Act::Annotate)?;
    let count = undo.parse::<usize>().ok().filter(|count| *count <= MOST);
    let count = count.ok_or_else(|| Error::Request {
        message: format!("`{undo}` undoes nothing"),
        hint: "pass the `undo` of the report".into(),
    })?;
    let opened = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let now = when::millis(context);
    let (mut submitted, mut refused) = (Vec::new(), Vec::new());
    for _ in 0..count {
        match workspace.store.undo_last(opened.no, user, opened.lease_ms(), now)? {
            Undone::Back { item, token, .. } => {
                workspace.store.release(opened.no, user, Some(token), now)?;
                let row = workspace.store.item(opened.no, item)?;
                submitted.extend(row.map(|row| row.external));
            }
            Undone::Nothing => break,
            Undone::Refused(_) => {
                refused.push(Refused { item: String::new(), message: "it was reviewed since".into() });
                break;
            }
        }
    }
    let counts = piles::of(workspace, &opened, user)?;
    Ok(BulkReport { submitted, refused, undo: "0".into(), counts })
}
