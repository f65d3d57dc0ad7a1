//! The queue's arithmetic: how many answers an item wants, has, and may still be promised.
//!
//! Every change goes through [`change`], so that the counts of the dataset follow and a place once passed stays passed.

use rusqlite::{OptionalExtension, Transaction};

use super::counts::{self, Delta};
use super::{DatasetNo, ItemNo};
use crate::StoreError;

/// How far an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Answers are missing.
    Open,
    /// It has the answers it wants, and no resolution.
    Complete,
    /// It has a resolution, whether or not it has all answers.
    Resolved,
    /// Its answer is known and people are measured on it. Never say so to somebody who answers.
    Gold,
}

impl State {
    pub(crate) const ALL: [State; 4] = [State::Open, State::Complete, State::Resolved, State::Gold];

    pub(crate) fn from_sql(number: u8) -> State {
        State::ALL[usize::from(number.min(3))]
    }
}

/// A task as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) wanted: u32,
    pub(crate) submitted: u32,
    pub(crate) held: u32,
    pub(crate) gold: bool,
    pub(crate) resolved: bool,
}

impl Task {
    pub(crate) fn state(&self) -> State {
        match self {
            Task { gold: true, .. } => State::Gold,
            Task { resolved: true, .. } => State::Resolved,
            Task { submitted, wanted, .. } if submitted >= wanted => State::Complete,
            Task { .. } => State::Open,
        }
    }

    /// Whether one more person may be asked; gold is asked of everybody, whatever it came to.
    pub(crate) fn has_room(&self) -> bool {
        self.gold || (!self.resolved && self.submitted + self.held < self.wanted)
    }
}

/// What happens to a task: numbers to add, and what to set.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change {
    pub(crate) wanted: i32,
    pub(crate) submitted: i32,
    pub(crate) held: i32,
    pub(crate) gold: Option<bool>,
    pub(crate) resolved: Option<bool>,
}

/// The task of an item; an error when the dataset has no such item.
pub(crate) fn task(tx: &Transaction<'_>, dataset: DatasetNo, item: ItemNo) -> Result<Task, StoreError> {
    let mut find = tx.prepare_cached(
        "SELECT wanted, submitted, held, gold, resolved FROM task WHERE dataset = ?1 AND item = ?2",
    )?;
    let task = find.query_row((dataset, item), |row| {
        Ok(Task {
            wanted: row.get(0)?,
            submitted: row.get(1)?,
            held: row.get(2)?,
            gold: row.get(3)?,
            resolved: row.get(4)?,
        })
    });
    task.optional()?.ok_or_else(|| no_item(item))
}

pub(crate) fn no_item(item: ItemNo) -> StoreError {
    StoreError::NoSuch { what: "item", name: item.to_string() }
}

/// Takes `n` numbers of the counter behind tokens and places; the first of them.
pub(crate) fn ticks(tx: &Transaction<'_>, n: usize) -> Result<u64, StoreError> {
    let mut take = tx.prepare_cached(
        "UPDATE counter SET value = value + ?1 WHERE name = 'tick' RETURNING value - ?1 + 1",
    )?;
    Ok(take.query_row([n], |row| row.get(0))?)
}

/// Takes one of an item's places for a lease, in one statement, and gives the item the place `token`; whether there was one.
///
/// Whoever tries what another has just taken is refused here, whatever they had read before. The counts of the dataset do
/// not depend on places that are held.
pub(crate) fn take_place(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    token: u64,
) -> Result<bool, StoreError> {
    let mut take = tx.prepare_cached(
        "UPDATE task SET held = held + 1, begun = 1, place = ?3
         WHERE dataset = ?1 AND item = ?2 AND (gold OR submitted + held < wanted) RETURNING held",
    )?;
    Ok(take.query_row((dataset, item, token), |_| Ok(())).optional()?.is_some())
}

/// Changes a task, gives it the place `tick`, and keeps the dataset's counts; the task after it.
///
/// The database refuses a change that would promise more answers than are wanted.
pub(crate) fn change(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    tick: u64,
    change: Change,
) -> Result<Task, StoreError> {
    let before = task(tx, dataset, item)?;
    let add = |number: u32, more: i32| number.saturating_add_signed(more);
    let after = Task {
        wanted: add(before.wanted, change.wanted),
        submitted: add(before.submitted, change.submitted),
        held: add(before.held, change.held),
        gold: change.gold.unwrap_or(before.gold),
        resolved: change.resolved.unwrap_or(before.resolved),
    };
    let mut set = tx.prepare_cached(
        "UPDATE task SET wanted = ?3, submitted = ?4, held = ?5, gold = ?6, resolved = ?7, begun = 1, place = ?8
         WHERE dataset = ?1 AND item = ?2",
    )?;
    let Task { wanted, submitted, held, gold, resolved } = after;
    set.execute((dataset, item, wanted, submitted, held, gold, resolved, tick))?;
    let mut delta = Delta::default();
    delta.task(&before, -1);
    delta.task(&after, 1);
    if delta != Delta::default() {
        counts::add(tx, dataset, &delta)?;
    }
    Ok(after)
}
