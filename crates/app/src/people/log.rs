//! The log: everything that was done, chained by hashes, so that no entry can be changed unseen.

use engraft_store::{EventFilter, EventRow};

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
    let names = record::names(workspace)?;
    let filter = EventFilter { before, limit, ..EventFilter::default() };
    let events = workspace.store.events(&filter)?.into_iter();
    Ok(events.map(|event| entry(event, &names)).collect())
}

/// An event with the name of whoever did it.
pub(crate) fn entry(event: EventRow, names: &Names) -> LogEntry {
    LogEntry {
        seq: event.no,
        at: when::rfc3339(event.at),
        by: event.user.and_then(|user| names.get(&user).cloned()).unwrap_or_else(|| "at the machine".into()),
        what: event.kind,
        body: serde_json::from_str(&event.body).unwrap_or_default(),
        hash: event.hash,
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
