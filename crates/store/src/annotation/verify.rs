//! Proving the event log: that no row was changed, removed or moved, and that what the rows vouch for is as it was.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction};

use super::events::{chained, digest_of, event_from, head, salt_of};
use super::responses::{self, digest, response_from};
use super::{DatasetNo, EventRow};
use crate::{Store, StoreError};

/// More problems than this are not listed.
const ENOUGH: usize = 100;

/// What checking the event log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Events on file.
    pub events: u64,
    /// The hash of the last one.
    pub head: String,
    /// Personal parts that were compared with their digests.
    pub vouched: u64,
    /// Personal parts that were erased with their person or their dataset.
    pub erased: u64,
    /// What is wrong, by event; empty: nothing.
    pub problems: Vec<String>,
}

impl Store {
    /// Goes through the whole log. Finds every changed, removed or moved row, every changed personal part, and every
    /// version of a response that is not what its event says.
    pub fn verify_events(&self) -> Result<Verification, StoreError> {
        self.read(|tx| {
            let (count, last) = head(tx)?;
            let mut found = Verification { head: last.clone(), ..Verification::default() };
            let mut all = tx.prepare_cached(
                "SELECT e.no, e.at, e.user, e.dataset, e.item, e.kind, e.body, e.about, e.digest, e.hash, p.body
                 FROM event e LEFT JOIN event_person p ON p.event = e.no ORDER BY e.no",
            )?;
            let mut rows = all.query([])?;
            let mut before = String::new();
            let gone = deleted(tx)?;
            while let Some(row) = rows.next()? {
                let event = event_from(row)?;
                let EventRow { no, at, user, dataset, item, kind, body, about, digest, hash, personal } = &event;
                found.events += 1;
                if *no != found.events {
                    found.problem(format!("event {} is missing", found.events));
                    found.events = *no;
                }
                let said = (*no, *at, *user, *dataset, *item, kind.as_str(), body.as_str(), *about, digest.as_deref());
                if chained(&before, &said)? != *hash {
                    found.problem(format!("event {no} is not what was logged, or what went before it is not"));
                }
                before.clone_from(hash);
                match (about, digest, personal) {
                    (Some(about), Some(digest), _) => match salt_of(tx, *about) {
                        Ok(None) => found.erased += 1,
                        Ok(Some(_)) if dataset.is_some_and(|dataset| gone.contains(&dataset)) => found.erased += 1,
                        Err(StoreError::NoSuch { .. }) => {
                            found.problem(format!("event {no} is about nobody known"));
                        }
                        Err(error) => return Err(error),
                        Ok(Some(salt)) => {
                            found.vouched += 1;
                            if !vouches(tx, &event, &salt, digest)? {
                                found.problem(format!("what event {no} vouches for was changed"));
                            }
                        }
                    },
                    (None, None, None) => {}
                    _ => found.problem(format!("event {no} has a personal part it never had")),
                }
            }
            if found.events != count || before != last {
                let events = found.events;
                found.problem(format!("the log ends at event {events}, and {count} were logged"));
            }
            Ok(found)
        })
    }
}

/// The datasets that the log says were deleted, with all that was said in them.
fn deleted(tx: &Transaction<'_>) -> Result<BTreeSet<DatasetNo>, StoreError> {
    let mut find = tx.prepare_cached("SELECT dataset FROM event WHERE kind = 'dataset_deleted'")?;
    let rows = find.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Verification {
    fn problem(&mut self, what: String) {
        if self.problems.len() < ENOUGH {
            self.problems.push(what);
        }
    }
}

/// Whether what an event vouches for is on file as it was: its personal part, or the version of a response it tells of.
fn vouches(tx: &Transaction<'_>, event: &EventRow, salt: &str, wanted: &str) -> Result<bool, StoreError> {
    if let Some(personal) = &event.personal {
        return Ok(digest_of(salt, personal) == wanted);
    }
    let body: serde_json::Value = serde_json::from_str(&event.body).unwrap_or_default();
    let which = "r WHERE r.dataset = ?1 AND r.item = ?2 AND r.user = ?3 AND r.version = ?4";
    let columns = responses::COLUMNS;
    let mut find = tx.prepare_cached(&format!(
        "SELECT {columns} FROM response {which} UNION ALL SELECT {columns} FROM past_response {which}"
    ))?;
    let key = (event.dataset, event.item, event.about, body["version"].as_u64());
    let row = find.query_row(key, |row| Ok(response_from(row))).optional()?;
    let Some(row) = row.transpose()? else { return Ok(false) };
    Ok(digest(tx, &row)?.as_deref() == Some(wanted))
}
