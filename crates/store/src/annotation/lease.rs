//! Leases: who holds which item until when. A lease is a promise of one answer; its token fences off whoever lost it.

use rusqlite::{OptionalExtension, Transaction};

use super::members::member;
use super::responses::current;
use super::slots::{Change, change, take_place, task, ticks};
use super::spent::rows_at;
use super::{DatasetNo, ItemNo, Millis};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// An item held by somebody. Nothing in it says whether its answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leased {
    /// The item.
    pub item: ItemNo,
    /// Proves the lease; larger than every token given before.
    pub token: u64,
    /// When it ends unless its holder shows a sign of life.
    pub expires_at: Millis,
    /// They held it already.
    pub again: bool,
}

impl Store {
    /// A lease on one item for somebody who asks for just that one: to go on with a draft, or to answer several at once.
    /// `None`: they are paused, they answered or skipped it, it has a resolution and is not gold, or the others who hold it leave no room.
    pub fn take(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        user: UserNo,
        lease_ms: i64,
        now: Millis,
    ) -> Result<Option<Leased>, StoreError> {
        self.write_soon(|tx| {
            sweep(tx, now)?;
            let expires_at = now + lease_ms;
            if let Some(token) = token_of(tx, dataset, item, user)? {
                extend(tx, dataset, item, user, expires_at)?;
                return Ok(Some(Leased { item, token, expires_at, again: true }));
            }
            let free = task(tx, dataset, item)?.has_room()
                && current(tx, dataset, item, user)?.is_none()
                && member(tx, dataset, user)?.paused.is_none();
            match free {
                // Whoever asks for one item saw it among others before.
                true => {
                    let since = rows_at(tx, dataset, user)?.unwrap_or(now);
                    grant(tx, dataset, item, user, since, expires_at)
                }
                false => Ok(None),
            }
        })
    }

    /// A sign of life: extends these leases of a user; the tokens that are still alive.
    pub fn heartbeat(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        tokens: &[u64],
        lease_ms: i64,
        now: Millis,
    ) -> Result<Vec<u64>, StoreError> {
        self.write_soon(|tx| {
            let mut extend = tx.prepare_cached(
                "UPDATE lease SET expires_at = max(expires_at, ?4)
                 WHERE user = ?1 AND dataset = ?2 AND token = ?3 AND expires_at > ?5",
            )?;
            let mut alive = Vec::new();
            for &token in tokens {
                if extend.execute((user, dataset, token, now + lease_ms, now))? > 0 {
                    alive.push(token);
                }
            }
            Ok(alive)
        })
    }

    /// Gives a user's lease back, or all of them; how many there were.
    pub fn release(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        token: Option<u64>,
        now: Millis,
    ) -> Result<usize, StoreError> {
        self.write_soon(|tx| {
            sweep(tx, now)?;
            let mut held = tx.prepare_cached(
                "SELECT item FROM lease WHERE user = ?1 AND dataset = ?2 AND (?3 IS NULL OR token = ?3) ORDER BY token",
            )?;
            let items = held.query_map((user, dataset, token), |row| row.get(0))?;
            let items = items.collect::<Result<Vec<ItemNo>, _>>()?;
            for &item in &items {
                give_back(tx, dataset, item, user)?;
            }
            Ok(items.len())
        })
    }

    /// Gives back every lease that has ended; how many. Whoever asks for work does this first, so nobody has to call it.
    pub fn expire(&self, now: Millis) -> Result<usize, StoreError> {
        self.write_soon(|tx| sweep(tx, now))
    }
}

/// Gives back the leases that have ended.
pub(crate) fn sweep(tx: &Transaction<'_>, now: Millis) -> Result<usize, StoreError> {
    let mut ended =
        tx.prepare_cached("SELECT dataset, item, user FROM lease WHERE expires_at <= ?1 ORDER BY token")?;
    let ended = ended.query_map([now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let ended = ended.collect::<Result<Vec<(DatasetNo, ItemNo, UserNo)>, _>>()?;
    for &(dataset, item, user) in &ended {
        give_back(tx, dataset, item, user)?;
    }
    Ok(ended.len())
}

/// The token of the lease a user has on an item, ended or not.
pub(crate) fn token_of(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
) -> Result<Option<u64>, StoreError> {
    let mut find =
        tx.prepare_cached("SELECT token FROM lease WHERE dataset = ?1 AND item = ?2 AND user = ?3")?;
    Ok(find.query_row((dataset, item, user), |row| row.get(0)).optional()?)
}

pub(crate) fn extend(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
    expires_at: Millis,
) -> Result<(), StoreError> {
    let mut set = tx.prepare_cached(
        "UPDATE lease SET expires_at = max(expires_at, ?4) WHERE dataset = ?1 AND item = ?2 AND user = ?3",
    )?;
    set.execute((dataset, item, user, expires_at))?;
    Ok(())
}

/// Takes a place of an item and makes it a lease; `None` when all places are taken. `since`: when its holder first saw it.
pub(crate) fn grant(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
    since: Millis,
    expires_at: Millis,
) -> Result<Option<Leased>, StoreError> {
    let token = ticks(tx, 1)?;
    if !take_place(tx, dataset, item, token)? {
        return Ok(None);
    }
    let mut add = tx.prepare_cached(
        "INSERT INTO lease (dataset, item, user, token, expires_at, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    add.execute((dataset, item, user, token, expires_at, since))?;
    Ok(Some(Leased { item, token, expires_at, again: false }))
}

/// Ends a lease and lets somebody else have the item. That this person held it, and since when first, stays on file.
pub(crate) fn give_back(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
) -> Result<(), StoreError> {
    let mut keep = tx.prepare_cached(
        "INSERT OR IGNORE INTO held_once (dataset, item, user, since)
         SELECT dataset, item, user, since FROM lease WHERE dataset = ?1 AND item = ?2 AND user = ?3",
    )?;
    keep.execute((dataset, item, user))?;
    end(tx, dataset, item, user)?;
    let tick = ticks(tx, 1)?;
    change(tx, dataset, item, tick, Change { held: -1, ..Change::default() })?;
    Ok(())
}

/// Ends a lease; what it held is the caller's to settle.
pub(crate) fn end(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
) -> Result<(), StoreError> {
    let mut end = tx.prepare_cached("DELETE FROM lease WHERE dataset = ?1 AND item = ?2 AND user = ?3")?;
    end.execute((dataset, item, user))?;
    Ok(())
}
