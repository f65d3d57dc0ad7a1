//! The log: everything that was done, chained by hashes, so that no entry can be changed unseen.

use std::collections::BTreeMap;

use engraft_store::{DatasetNo, EventFilter, EventRow};

use crate::dataset::record::{self, Names};
use crate::people::view::{LogEntry, LogVerified};
use crate::people::{Act, Principal};
use crate::{Context, Error, Workspace, when};

/// Entries before `before`, newest first; from the last one when there is none.
pub fn log(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<LogEntry>, Error> {
    who.must(Act::ReadLog)?;
    let told = Told::read(workspace)?;
    let filter = EventFilter { before, limit, ..EventFilter::default() };
    workspace.store.events(&filter)?.into_iter().map(|event| told.entry(workspace, event)).collect()
}

/// What the numbers in events stand for.
pub(crate) struct Told {
    people: Names,
    datasets: BTreeMap<DatasetNo, String>,
}

impl Told {
    pub(crate) fn read(workspace: &Workspace) -> Result<Told, Error> {
        let datasets = workspace.store.datasets()?.into_iter().map(|row| (row.no, row.name));
        Ok(Told { people: record::names(workspace)?, datasets: datasets.collect() })
    }

    /// An event with the names of whoever did it and of what it was done to.
    pub(crate) fn entry(&self, workspace: &Workspace, event: EventRow) -> Result<LogEntry, Error> {
        let named = |user| self.people.get(&user).cloned();
        let row = match event.dataset.zip(event.item) {
            Some((dataset, item)) => workspace.store.item(dataset, item)?,
            None => None,
        };
        Ok(LogEntry {
            seq: event.no,
            at: when::rfc3339(event.at),
            by: event.user.and_then(named).unwrap_or_else(|| "at the machine".into()),
            what: event.kind,
            dataset: event.dataset.and_then(|no| self.datasets.get(&no).cloned()),
            item: row.map(|row| row.external),
            body: serde_json::from_str(&event.body).unwrap_or_default(),
            hash: event.hash,
        })
    }
}

/// Recomputes every hash of the log.
pub fn verify_log(_context: Context, workspace: &Workspace, who: &Principal) -> Result<LogVerified, Error> {
    who.must(Act::ReadLog)?;
    let found = workspace.store.verify_events()?;
    Ok(LogVerified {
        entries: found.events,
        verified: found.problems.is_empty(),
        problems: found.problems,
        head: found.head,
    })
}
