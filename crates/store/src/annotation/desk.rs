//! What a person's desk and a lead's overview show: how much was answered, how fast it goes, what was answered lately.

use std::collections::{BTreeSet, BinaryHeap};
use std::ops::ControlFlow;

use super::records::{RecordRow, stream};
use super::{DatasetNo, ItemNo, Millis};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// How many of a person's latest responses say how fast they are.
const SPEED: usize = 200;

impl Store {
    /// How many drafts a person has.
    pub fn count_drafts(&self, dataset: DatasetNo, user: UserNo) -> Result<u64, StoreError> {
        self.read(|tx| {
            let mut count =
                tx.prepare_cached("SELECT count(*) FROM draft WHERE user = ?2 AND dataset = ?1")?;
            Ok(count.query_row((dataset, user), |row| row.get(0))?)
        })
    }

    /// How many responses a person submitted since then.
    pub fn submitted_since(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        since: Millis,
    ) -> Result<u64, StoreError> {
        self.read(|tx| {
            let mut count = tx.prepare_cached(
                "SELECT count(*) FROM response WHERE user = ?2 AND dataset = ?1 AND status = 1 AND at >= ?3",
            )?;
            Ok(count.query_row((dataset, user, since), |row| row.get(0))?)
        })
    }

    /// The median of the active milliseconds of a person's latest submitted responses; `None` before the first.
    pub fn median_ms(&self, dataset: DatasetNo, user: UserNo) -> Result<Option<u64>, StoreError> {
        let timed = self.timed(dataset, user)?;
        let mut spent: Vec<u64> = timed.into_iter().map(|(_, ms)| ms).collect();
        spent.sort_unstable();
        Ok(spent.get(spent.len() / 2).copied())
    }

    /// The items that [`Store::median_ms`] is of with the active milliseconds of each, latest first.
    pub fn timed(&self, dataset: DatasetNo, user: UserNo) -> Result<Vec<(ItemNo, u64)>, StoreError> {
        self.read(|tx| {
            let mut latest = tx.prepare_cached(
                "SELECT item, active_ms FROM response
                 WHERE user = ?2 AND dataset = ?1 AND status = 1 AND active_ms > 0
                 ORDER BY tick DESC LIMIT ?3",
            )?;
            let rows = latest.query_map((dataset, user, SPEED), |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The items with two submitted responses or more that were answered latest, newest first.
    pub fn recent_overlapped(&self, dataset: DatasetNo, limit: usize) -> Result<Vec<ItemNo>, StoreError> {
        self.recent(dataset, 2, limit)
    }

    /// Of the `limit` items that were answered latest, those that a model suggested answers for, newest first.
    pub fn recent_suggested(&self, dataset: DatasetNo, limit: usize) -> Result<Vec<ItemNo>, StoreError> {
        let items = self.recent(dataset, 1, limit)?;
        self.read(|tx| {
            let mut any = tx.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM suggestion WHERE dataset = ?1 AND item = ?2)",
            )?;
            let mut kept = Vec::new();
            for item in items {
                if any.query_row((dataset, item), |row| row.get(0))? {
                    kept.push(item);
                }
            }
            Ok(kept)
        })
    }

    /// The items with `least` submitted responses or more that were answered latest, newest first.
    fn recent(&self, dataset: DatasetNo, least: u32, limit: usize) -> Result<Vec<ItemNo>, StoreError> {
        self.read(|tx| {
            // Each person's latest answers lie in one index; the latest of all are among them.
            let mut people = tx.prepare_cached("SELECT user FROM member WHERE dataset = ?1")?;
            let people: Vec<UserNo> =
                people.query_map([dataset], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let latest = "SELECT r.tick, r.item FROM response r JOIN task t ON t.dataset = r.dataset AND t.item = r.item
                 WHERE r.user = ?2 AND r.dataset = ?1 AND r.status = 1 AND t.submitted >= ?3 AND t.gold = 0
                 ORDER BY r.tick DESC";
            // All are read side by side, as far as the newest of them are needed and no further.
            let prepare = |_: &UserNo| tx.prepare(latest);
            let mut statements = people.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
            let (mut readers, mut newest) = (Vec::new(), BinaryHeap::new());
            for (statement, user) in statements.iter_mut().zip(&people) {
                let mut rows = statement.query((dataset, user, least))?;
                if let Some(row) = rows.next()? {
                    newest.push((row.get::<_, u64>(0)?, row.get::<_, ItemNo>(1)?, readers.len()));
                }
                readers.push(rows);
            }
            let (mut items, mut seen) = (Vec::new(), BTreeSet::new());
            while items.len() < limit
                && let Some((_, item, reader)) = newest.pop()
            {
                if seen.insert(item) {
                    items.push(item);
                }
                if let Some(row) = readers[reader].next()? {
                    newest.push((row.get(0)?, row.get(1)?, reader));
                }
            }
            Ok(items)
        })
    }

    /// Items with everything said about them, in the order asked for; those that do not exist are left out.
    pub fn records_of(&self, dataset: DatasetNo, items: &[ItemNo]) -> Result<Vec<RecordRow>, StoreError> {
        self.read(|tx| {
            let mut found = Vec::new();
            for item in items {
                stream(tx, dataset, *item, *item, &mut |record| {
                    found.push(record.clone());
                    Ok(ControlFlow::Break(()))
                })?;
            }
            Ok(found)
        })
    }
}
