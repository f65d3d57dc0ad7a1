//! Many items at once: rows to look over, one answer for all of them, one undo.

use engraft_store::{Filter, ItemNo, State, Status, Undone, UserNo, Why};
use serde_json::Value;

use crate::dataset::opened::{self, Opened};
use crate::people::{Act, Principal};
use crate::work::similar::nearest;
use crate::work::submit::{Submission, answered_already, conflict, current, submit};
use crate::work::view::{BulkReport, ItemView, Refused};
use crate::work::{item, piles};
use crate::{Context, Error, Workspace, when};

/// The most items that are answered at once.
const MOST: usize = 200;

/// Items this person could still answer, in order, those they hold among them; the others are not held for them yet.
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
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    workspace.store.note_rows(dataset.no, user, when::millis(context))?;
    let mut after = after.map(|item| dataset.item(workspace, item)).transpose()?;
    let limit = limit.clamp(1, MOST);
    let mut found = Vec::new();
    while found.len() < limit {
        let filter = Filter { answerable: Some(user), text, after, limit, ..Filter::default() };
        let rows = workspace.store.list(dataset.no, &filter)?;
        for row in &rows {
            after = Some(row.no);
            let Some(work) = workspace.store.work(dataset.no, row.no, user)? else { continue };
            if work.draft.is_none() && found.len() < limit {
                found.push(item::build(workspace, &dataset, user, row.no, work)?);
            }
        }
        if rows.len() < limit {
            break;
        }
    }
    Ok(found)
}

/// The items most like this one that the person could still answer, the likest first; the item itself is among them while
/// it is one of those.
pub fn alike(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
    limit: usize,
) -> Result<Vec<ItemView>, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let no = dataset.item(workspace, item)?;
    workspace.store.note_rows(dataset.no, user, when::millis(context))?;
    let near = nearest(context, workspace, &dataset, no, Some(user), limit.clamp(1, MOST))?;
    let mut found = Vec::new();
    for (row, _) in near {
        let Some(work) = workspace.store.work(dataset.no, row.no, user)? else { continue };
        if work.draft.is_none() {
            found.push(item::build(workspace, &dataset, user, row.no, work)?);
        }
    }
    Ok(found)
}

/// Gives the same answers to many items. Each is taken and submitted by itself, so that one that is gone stops no other.
/// `active_ms`: active milliseconds that all took together, at most the time since the rows were shown or some last answered.
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
    let shown = workspace.store.rows_at(opened.no, user)?;
    let most = shown.map_or(u64::MAX, |at| u64::try_from(when::millis(context) - at).unwrap_or(0));
    let active_ms = active_ms.min(most) / items.len() as u64;
    let (mut undo, mut submitted, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for name in items {
        let one = || -> Result<u64, Error> {
            let no = opened.item(workspace, name)?;
            let now = when::millis(context);
            let lease = workspace.store.take(opened.no, no, user, opened.lease_ms(), now)?;
            let Some(lease) = lease else { return Err(not_free(workspace, &opened, user, (no, name))?) };
            let given = Submission {
                item: name.clone(),
                lease: Some(lease.token.to_string()),
                answers: answers.clone(),
                active_ms,
                ..Submission::default()
            };
            let done = submit(context, workspace, who, dataset, &given);
            if done.is_err() && !lease.again {
                // Nobody asked to hold it.
                workspace.store.release(opened.no, user, Some(lease.token), now)?;
            }
            Ok(done?.version)
        };
        match one() {
            Ok(version) => {
                undo.push((name, version));
                submitted.push(name.clone());
            }
            Err(error) => refused.push(Refused { item: name.clone(), message: error.to_string() }),
        }
    }
    workspace.store.note_rows(opened.no, user, when::millis(context))?;
    let undo = serde_json::json!(undo).to_string();
    Ok(BulkReport { submitted, refused, undo, counts: piles::of(workspace, &opened, user)? })
}

/// Why this person cannot take an item, in the words that one answer to it would hear. Those who answer hear the same of gold.
fn not_free(
    workspace: &Workspace,
    dataset: &Opened,
    user: UserNo,
    (no, name): (ItemNo, &str),
) -> Result<Error, Error> {
    let refused = |why, row| conflict(name, engraft_store::Refused { why, draft: 0, current: row });
    let said = |message: String, hint: &str| Error::Conflict {
        message,
        hint: hint.into(),
        current: None,
        kept: false,
    };
    let own = workspace.store.work(dataset.no, no, user)?.and_then(|work| work.response);
    if let Some(row) = own {
        return Ok(match row.status {
            Status::Skipped => refused(Why::Skipped, Some(row)),
            _ => answered_already(name, false, current(u64::from(row.version), &row.answers)),
        });
    }
    if workspace.store.member(dataset.no, user)?.paused.is_some() {
        return Ok(said("your work here is paused".into(), "ask the lead"));
    }
    let row = workspace.store.item(dataset.no, no)?;
    Ok(match row.map(|row| row.state) {
        Some(State::Open) => said(
            format!("{name} is in the hands of others for now"),
            "go on with others; this one comes again if it is still open",
        ),
        _ => refused(Why::NoRoom, None),
    })
}

/// Takes back what [`bulk_submit`] did and nothing else: `undo` is what its report said. The answers stay as drafts, nothing
/// stays held.
pub fn bulk_undo(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    undo: &str,
) -> Result<BulkReport, Error> {
    who.must(Act::Annotate)?;
    let answered: Option<Vec<(String, u32)>> = serde_json::from_str(undo).ok();
    let answered = answered.filter(|answered| answered.len() <= MOST).ok_or_else(|| Error::Request {
        message: format!("`{undo}` undoes nothing"),
        hint: "pass the `undo` of the report".into(),
    })?;
    let opened = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let now = when::millis(context);
    let (mut submitted, mut refused) = (Vec::new(), Vec::new());
    for (name, version) in answered {
        let no = opened.item(workspace, &name)?;
        let why = match workspace.store.undo_version(opened.no, no, user, version, opened.lease_ms(), now)? {
            Undone::Back { token, .. } => {
                workspace.store.release(opened.no, user, Some(token), now)?;
                submitted.push(name);
                continue;
            }
            Undone::Nothing => "it was taken back already",
            Undone::Refused(Why::Version) => "it was changed since",
            Undone::Refused(_) => "it was reviewed since",
        };
        refused.push(Refused { item: name, message: why.into() });
    }
    let counts = piles::of(workspace, &opened, user)?;
    Ok(BulkReport { submitted, refused, undo: "[]".into(), counts })
}
