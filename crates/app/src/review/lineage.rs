//! Lineage: from an answer to the item it is about, the clicks behind it, and the snapshots that hold it.

use std::ops::ControlFlow;

use engraft_store::EventFilter;
use serde::{Deserialize, Serialize};

use crate::dataset::opened;
use crate::people::{Act, LogEntry, Principal, Told};
use crate::review::view::{ItemDetail, ResponseView};
use crate::{Context, Error, Workspace};

/// The most events listed.
const EVENTS: usize = 500;

/// Where an answer comes from, and where it went.
#[derive(Clone, Debug, Serialize)]
pub struct LineageReport {
    /// The id asked about.
    pub id: String,
    /// The dataset.
    pub dataset: String,
    /// The item with everything said about it.
    pub item: ItemDetail,
    /// The one response asked about, when the id names one.
    pub response: Option<ResponseView>,
    /// What was done with the item, oldest first.
    pub events: Vec<LogEntry>,
    /// The snapshots that hold it.
    pub snapshots: Vec<String>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
}

/// The lineage of `DATASET/ITEM` or of a response, `DATASET/ITEM/NUMBER`, as `response_id` gives it.
pub fn lineage(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    id: &str,
) -> Result<LineageReport, Error> {
    who.must(Act::SeeAnswers)?;
    let missing = || Error::Missing {
        what: "item or response",
        name: id.into(),
        hint: "name DATASET/ITEM, or a response_id".into(),
    };
    let (name, rest) = id.split_once('/').ok_or_else(missing)?;
    let dataset = opened::open(workspace, name)?;
    // An item's own name may hold a slash, so the longer reading goes first.
    let (item, user) = match workspace.store.item_by_external(dataset.no, rest)? {
        Some(_) => (rest, None),
        None => {
            let (item, user) = rest.rsplit_once('/').ok_or_else(missing)?;
            (item, Some(user))
        }
    };
    let no = dataset.item(workspace, item).map_err(|_| missing())?;
    let detail = super::item(context, workspace, who, name, item)?;
    let whole = |response: &&ResponseView| user.is_some() && response.response_id == id;
    let response = detail.responses.iter().find(whole).cloned();
    if user.is_some() && response.is_none() {
        return Err(missing());
    }
    let told = Told::read(workspace)?;
    let filter =
        EventFilter { dataset: Some(dataset.no), item: Some(no), limit: EVENTS, ..EventFilter::default() };
    let found = workspace.store.events(&filter)?.into_iter().rev();
    let events: Vec<LogEntry> =
        found.map(|event| told.entry(workspace, event)).collect::<Result<_, Error>>()?;
    let mut snapshots = Vec::new();
    for snapshot in workspace.store.snapshots(dataset.no)? {
        let mut holds = false;
        workspace.store.for_each_snapshot_line(&snapshot.id, &mut |line| {
            holds = serde_json::from_str(line).is_ok_and(|line: Line| line.id == item);
            if holds { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if holds {
            snapshots.push(snapshot.id);
        }
    }
    Ok(LineageReport { id: id.into(), dataset: dataset.name, item: detail, response, events, snapshots })
}
