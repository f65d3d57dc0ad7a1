//! How long somebody can have been at something, by the server's own clock: what a browser or a program says is cut to it.

use rusqlite::{OptionalExtension, Transaction};

use super::members::{Did, count};
use super::{DatasetNo, ItemNo, Millis};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// The most milliseconds this person can have been active on an item by now.
///
/// With a response: what that took, and all the time since. Without one: the time since they were first given the item, or
/// what their draft took and all the time since, whichever is more. 0 for whoever was never given it.
pub(crate) fn most_ms(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
    now: Millis,
) -> Result<u64, StoreError> {
    let mut find = tx.prepare_cached(
        "WITH told (answered, active_ms, at) AS (
             SELECT 1, active_ms, at FROM response WHERE dataset = ?1 AND item = ?2 AND user = ?3
             UNION ALL SELECT 0, active_ms, at FROM draft WHERE dataset = ?1 AND item = ?2 AND user = ?3
             UNION ALL SELECT 0, 0, since FROM lease WHERE dataset = ?1 AND item = ?2 AND user = ?3
             UNION ALL SELECT 0, 0, since FROM held_once WHERE dataset = ?1 AND item = ?2 AND user = ?3)
         SELECT active_ms + max(?4 - at, 0) FROM told ORDER BY answered DESC, 1 DESC LIMIT 1",
    )?;
    Ok(find.query_row((dataset, item, user, now), |row| row.get(0)).optional()?.unwrap_or(0))
}

/// When this person was last shown rows of many items, or answered some of them.
pub(crate) fn rows_at(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    user: UserNo,
) -> Result<Option<Millis>, StoreError> {
    let mut find = tx.prepare_cached("SELECT rows_at FROM member WHERE dataset = ?1 AND user = ?2")?;
    let at: Option<Option<Millis>> = find.query_row((dataset, user), |row| row.get(0)).optional()?;
    Ok(at.flatten())
}

impl Store {
    /// Notes that a person is shown rows of many items, or has answered some: the time on the next begins.
    pub fn note_rows(&self, dataset: DatasetNo, user: UserNo, now: Millis) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            count(tx, dataset, user, &Did::default())?;
            let mut set =
                tx.prepare_cached("UPDATE member SET rows_at = ?3 WHERE dataset = ?1 AND user = ?2")?;
            set.execute((dataset, user, now))?;
            Ok(())
        })
    }

    /// When [`Store::note_rows`] was last told of this person; `None` if never.
    pub fn rows_at(&self, dataset: DatasetNo, user: UserNo) -> Result<Option<Millis>, StoreError> {
        self.read(|tx| rows_at(tx, dataset, user))
    }
}
