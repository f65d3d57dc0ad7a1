//! The queue: who answers what next.
//!
//! What was begun is finished first: items that miss the fewest answers come first, among them those somebody held or
//! answered, in the order they came back; then untouched ones, by their order and number. Where there is gold, whose order
//! is shuffled, so is theirs. One immediate transaction finds and leases, so no two people get the same place, in this
//! process or another.
//!
//! A person who answered many items that wait for others would have to look past all of them each time. `reach` remembers
//! how far they looked: every change of a begun item gives it a new last place, so what lies before need not be seen again.

use rusqlite::{OptionalExtension, Transaction};

use super::lease::{Leased, extend, grant, sweep};
use super::members::{Did, count, member};
use super::{DatasetNo, ItemNo, Millis, gold};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// Looking past fewer items than this is not worth remembering.
const WORTH_REMEMBERING: usize = 16;

/// Somebody asks for work.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// In which dataset.
    pub dataset: DatasetNo,
    /// Who.
    pub user: UserNo,
    /// How many items they want to hold in all.
    pub how_many: usize,
    /// Let one of the new items be gold, if one is left for this person. Never without an ordinary item left for them,
    /// so that nobody can tell; but in a dataset of gold alone.
    pub gold: bool,
    /// Decides which gold item, and where among the new items it goes.
    pub seed: u64,
    /// How long they may hold an item without a sign of life, milliseconds.
    pub lease_ms: i64,
    /// When.
    pub now: Millis,
}

/// The answer to [`Ask`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// What they held already, then what is new, in the order to work on them.
    pub leased: Vec<Leased>,
    /// Why there is nothing.
    pub idle: Option<Idle>,
}

/// Why there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// No item misses an answer.
    Done,
    /// What misses answers, this person has answered or skipped: it waits for others.
    Waiting,
    /// Others hold all that is left; the first of it may come back then.
    Reserved {
        /// When the first of those leases ends.
        until: Millis,
    },
    /// The person is paused.
    Paused,
}

impl Store {
    /// Work for somebody: the items they hold already, with the same tokens and more time, and new ones up to the number
    /// asked for. Never an item they answered or skipped; never more leases on an item than answers it misses.
    pub fn next(&self, ask: &Ask) -> Result<Served, StoreError> {
        self.write_soon(|tx| {
            sweep(tx, ask.now)?;
            let mut leased = own(tx, ask)?;
            if member(tx, ask.dataset, ask.user)?.paused.is_some() {
                let idle = leased.is_empty().then_some(Idle::Paused);
                return Ok(Served { leased, idle });
            }
            let room = ask.how_many.saturating_sub(leased.len());
            let mut found = free(tx, ask, room)?;
            let mut did = Did::default();
            if ask.gold
                && room > 0
                && (!found.is_empty() || gold_alone(tx, ask.dataset)?)
                && let Some(item) = gold::pick(tx, ask)?
            {
                found.truncate(room - 1);
                let at = (ask.seed >> 32) as usize % (found.len() + 1);
                found.insert(at, item);
                did.gold_served = 1;
            }
            for item in found {
                let lease = grant(tx, ask.dataset, item, ask.user, ask.now, ask.now + ask.lease_ms)?;
                did.served += i64::from(lease.is_some());
                leased.extend(lease);
            }
            if did.served > 0 {
                count(tx, ask.dataset, ask.user, &did)?;
            }
            let idle = if leased.is_empty() && ask.how_many > 0 { Some(idle(tx, ask)?) } else { None };
            Ok(Served { leased, idle })
        })
    }
}

/// What this person holds, with more time from now on.
fn own(tx: &Transaction<'_>, ask: &Ask) -> Result<Vec<Leased>, StoreError> {
    let mut find = tx.prepare_cached(
        "SELECT item, token, expires_at FROM lease WHERE user = ?1 AND dataset = ?2 ORDER BY token",
    )?;
    let until = ask.now + ask.lease_ms;
    let rows = find.query_map((ask.user, ask.dataset), |row| {
        let ends: Millis = row.get(2)?;
        Ok(Leased { item: row.get(0)?, token: row.get(1)?, expires_at: ends.max(until), again: true })
    })?;
    let held = rows.collect::<Result<Vec<_>, _>>()?;
    for lease in &held {
        extend(tx, ask.dataset, lease.item, ask.user, until)?;
    }
    Ok(held)
}

/// Up to `wanted` items with room that this person never answered, best first.
fn free(tx: &Transaction<'_>, ask: &Ask, wanted: usize) -> Result<Vec<ItemNo>, StoreError> {
    let mut found = Vec::new();
    let mut missing = 0u32;
    while found.len() < wanted {
        let Some(next) = level_above(tx, ask.dataset, missing)? else { break };
        missing = next;
        begun(tx, ask, missing, wanted, &mut found)?;
        untouched(tx, ask, missing, wanted, &mut found)?;
    }
    Ok(found)
}

/// The least number of missing answers above this one that an ordinary item has.
pub(crate) fn level_above(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    missing: u32,
) -> Result<Option<u32>, StoreError> {
    let mut level = tx.prepare_cached(
        "SELECT min(missing) FROM task INDEXED BY task_queue
         WHERE dataset = ?1 AND missing > ?2 AND missing > 0 AND gold = 0 AND resolved = 0",
    )?;
    Ok(level.query_row((dataset, missing), |row| row.get(0))?)
}

/// Adds begun items that miss so many answers, and remembers how far this person looked in vain.
fn begun(
    tx: &Transaction<'_>,
    ask: &Ask,
    missing: u32,
    wanted: usize,
    found: &mut Vec<ItemNo>,
) -> Result<(), StoreError> {
    let mut known =
        tx.prepare_cached("SELECT place FROM reach WHERE dataset = ?1 AND user = ?2 AND missing = ?3")?;
    let reach: Option<u64> =
        known.query_row((ask.dataset, ask.user, missing), |row| row.get(0)).optional()?;
    let mut scan = tx.prepare_cached(
        "SELECT item, place,
             EXISTS (SELECT 1 FROM response r WHERE r.dataset = t.dataset AND r.item = t.item AND r.user = ?2)
             OR EXISTS (SELECT 1 FROM lease l WHERE l.dataset = t.dataset AND l.item = t.item AND l.user = ?2)
         FROM task t INDEXED BY task_queue
         WHERE dataset = ?1 AND missing = ?3 AND begun = 1 AND place > ?4
             AND missing > 0 AND gold = 0 AND resolved = 0
         ORDER BY place, item",
    )?;
    let mut rows = scan.query((ask.dataset, ask.user, missing, reach.unwrap_or(0)))?;
    let (mut in_vain, mut upto, mut any) = (0, 0u64, false);
    while found.len() < wanted
        && let Some(row) = rows.next()?
    {
        if row.get::<_, bool>(2)? {
            if !any {
                in_vain += 1;
                upto = row.get(1)?;
            }
        } else {
            any = true;
            found.push(row.get(0)?);
        }
    }
    if in_vain >= WORTH_REMEMBERING {
        let mut remember = tx.prepare_cached(
            "INSERT OR REPLACE INTO reach (dataset, user, missing, place) VALUES (?1, ?2, ?3, ?4)",
        )?;
        remember.execute((ask.dataset, ask.user, missing, upto))?;
    }
    Ok(())
}

/// Adds items nobody ever held that miss so many answers.
fn untouched(
    tx: &Transaction<'_>,
    ask: &Ask,
    missing: u32,
    wanted: usize,
    found: &mut Vec<ItemNo>,
) -> Result<(), StoreError> {
    let mut scan = tx.prepare_cached(
        "SELECT item FROM task INDEXED BY task_queue
         WHERE dataset = ?1 AND missing = ?2 AND begun = 0 AND missing > 0 AND gold = 0 AND resolved = 0
         ORDER BY place, item LIMIT ?3",
    )?;
    let rows =
        scan.query_map((ask.dataset, missing, wanted.saturating_sub(found.len())), |row| row.get(0))?;
    for item in rows {
        found.push(item?);
    }
    Ok(())
}

fn gold_alone(tx: &Transaction<'_>, dataset: DatasetNo) -> Result<bool, StoreError> {
    let mut find = tx.prepare_cached("SELECT items = gold FROM dataset WHERE no = ?1")?;
    Ok(find.query_row([dataset], |row| row.get(0)).optional()?.unwrap_or(false))
}

fn idle(tx: &Transaction<'_>, ask: &Ask) -> Result<Idle, StoreError> {
    let mut open = tx.prepare_cached("SELECT open FROM dataset WHERE no = ?1")?;
    let open: Option<u64> = open.query_row([ask.dataset], |row| row.get(0)).optional()?;
    match open {
        None => return Err(super::datasets::no_dataset(ask.dataset)),
        Some(0) => return Ok(Idle::Done),
        Some(_) => {}
    }
    let mut first = tx.prepare_cached(
        "SELECT min(l.expires_at) FROM lease l JOIN task t ON t.dataset = l.dataset AND t.item = l.item
         WHERE l.dataset = ?1 AND l.user <> ?2 AND t.gold = 0 AND t.resolved = 0
             AND NOT EXISTS (SELECT 1 FROM response r WHERE r.dataset = ?1 AND r.item = l.item AND r.user = ?2)",
    )?;
    let until: Option<Millis> = first.query_row((ask.dataset, ask.user), |row| row.get(0))?;
    Ok(until.map_or(Idle::Waiting, |until| Idle::Reserved { until }))
}
