//! The counts of a dataset, kept with every change, so that a dashboard reads one row.

use rusqlite::{OptionalExtension, Transaction};

use super::slots::{State, Task};
use super::{DatasetNo, Millis};
use crate::{Store, StoreError};

/// How much a dataset holds and how far it is. Gold items are in `items` and `gold` and in nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// All items.
    pub items: u64,
    /// Items whose answer is known.
    pub gold: u64,
    /// Items that miss answers.
    pub open: u64,
    /// Items with all answers and no resolution.
    pub complete: u64,
    /// Items with a resolution.
    pub resolved: u64,
    /// Answers wanted, over all items.
    pub wanted: u64,
    /// Answers submitted.
    pub submitted: u64,
    /// Times somebody would not answer.
    pub skipped: u64,
    /// Leases alive now, gold items' too.
    pub leased: u64,
    /// What models said.
    pub suggestions: u64,
    /// Comments, flags among them.
    pub comments: u64,
    /// Flags nobody has settled.
    pub flags: u64,
}

/// Numbers to add to a dataset's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delta {
    pub(crate) items: i64,
    pub(crate) gold: i64,
    pub(crate) open: i64,
    pub(crate) complete: i64,
    pub(crate) resolved: i64,
    pub(crate) wanted: i64,
    pub(crate) submitted: i64,
    pub(crate) skipped: i64,
    pub(crate) suggestions: i64,
    pub(crate) comments: i64,
    pub(crate) flags: i64,
}

impl Delta {
    /// Counts a task in (`times` 1) or out (-1), but for `items`.
    pub(crate) fn task(&mut self, task: &Task, times: i64) {
        let state = match task.state() {
            State::Open => &mut self.open,
            State::Complete => &mut self.complete,
            State::Resolved => &mut self.resolved,
            State::Gold => {
                self.gold += times;
                return;
            }
        };
        *state += times;
        self.wanted += times * i64::from(task.wanted);
        self.submitted += times * i64::from(task.submitted);
    }
}

pub(crate) fn add(tx: &Transaction<'_>, dataset: DatasetNo, delta: &Delta) -> Result<(), StoreError> {
    let mut add = tx.prepare_cached(
        "UPDATE dataset SET items = items + ?2, gold = gold + ?3, open = open + ?4, complete = complete + ?5,
             resolved = resolved + ?6, wanted = wanted + ?7, submitted = submitted + ?8, skipped = skipped + ?9,
             suggestions = suggestions + ?10, comments = comments + ?11, flags = flags + ?12
         WHERE no = ?1",
    )?;
    let Delta { items, gold, open, complete, resolved, wanted, submitted, skipped, .. } = *delta;
    let rest = (delta.suggestions, delta.comments, delta.flags);
    add.execute((
        dataset, items, gold, open, complete, resolved, wanted, submitted, skipped, rest.0, rest.1, rest.2,
    ))?;
    Ok(())
}

impl Store {
    /// Two numbers of which one grows with whatever happens to any item: cheap to look at, to know whether it is worth
    /// looking closer.
    pub fn pulse(&self) -> Result<[u64; 2], StoreError> {
        self.read(|tx| {
            let mut find = tx.prepare_cached(
                "SELECT value, (SELECT no FROM event_head) FROM counter WHERE name = 'tick'",
            )?;
            Ok(find.query_row([], |row| Ok([row.get(0)?, row.get(1)?]))?)
        })
    }

    /// How far a dataset is. Reads one row and the leases that are alive, whatever the size.
    pub fn tally(&self, dataset: DatasetNo, now: Millis) -> Result<Tally, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(
                "SELECT items, gold, open, complete, resolved, wanted, submitted, skipped, suggestions, comments, flags,
                     (SELECT count(*) FROM lease WHERE dataset = ?1 AND expires_at > ?2)
                 FROM dataset WHERE no = ?1",
            )?;
            let tally = one.query_row((dataset, now), |row| {
                Ok(Tally {
                    items: row.get(0)?,
                    gold: row.get(1)?,
                    open: row.get(2)?,
                    complete: row.get(3)?,
                    resolved: row.get(4)?,
                    wanted: row.get(5)?,
                    submitted: row.get(6)?,
                    skipped: row.get(7)?,
                    suggestions: row.get(8)?,
                    comments: row.get(9)?,
                    flags: row.get(10)?,
                    leased: row.get(11)?,
                })
            });
            tally.optional()?.ok_or_else(|| super::datasets::no_dataset(dataset))
        })
    }
}
