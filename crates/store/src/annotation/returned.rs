//! Giving an answer back: a reviewer's reason goes with it, and the item waits for its author alone.

use rusqlite::OptionalExtension;

use super::responses::{Status, current};
use super::undo::{Undone, undo};
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// An answer that was given back and not submitted again yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedRow {
    /// The item.
    pub item: ItemNo,
    /// The item's name.
    pub external: String,
    /// The beginning of its text.
    pub preview: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Millis,
}

impl Store {
    /// Gives a submitted response back to its author: it becomes their draft, and the item is held for them for `lease_ms`.
    /// False: there is no such response, or a reviewer decided the item.
    #[expect(clippy::too_many_arguments, reason = "each names one thing, and no two belong together")]
    pub fn return_response(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        user: UserNo,
        reason: &str,
        by: Option<UserNo>,
        lease_ms: i64,
        now: Millis,
    ) -> Result<bool, StoreError> {
        self.write(|tx| {
            let found = current(tx, dataset, item, user)?;
            if found.is_none_or(|found| found.row.status != Status::Submitted) {
                return Ok(false);
            }
            if !matches!(undo(tx, dataset, item, user, lease_ms, now)?, Undone::Back { .. }) {
                return Ok(false);
            }
            tx.execute(
                "INSERT OR REPLACE INTO returned (dataset, item, user, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)",
                (dataset, item, user, reason, now),
            )?;
            let body = serde_json::json!({ "user": user }).to_string();
            let personal = serde_json::json!({ "reason": reason }).to_string();
            let event = NewEvent {
                at: now,
                user: by,
                dataset: Some(dataset),
                item: Some(item),
                kind: "returned",
                body: &body,
                personal: Some((user, &personal)),
            };
            append_event(tx, &event)?;
            Ok(true)
        })
    }

    /// Why a person's answer to an item was given back, until they answer again.
    pub fn why_returned(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        user: UserNo,
    ) -> Result<Option<String>, StoreError> {
        self.read(|tx| {
            let mut find = tx.prepare_cached(&format!("SELECT b.reason {WAITING} AND b.item = ?3"))?;
            Ok(find.query_row((dataset, user, item), |row| row.get(0)).optional()?)
        })
    }

    /// How many of a person's answers were given back and wait for them.
    pub fn count_returned(&self, dataset: DatasetNo, user: UserNo) -> Result<u64, StoreError> {
        self.read(|tx| {
            let mut count = tx.prepare_cached(&format!("SELECT count(*) {WAITING}"))?;
            Ok(count.query_row((dataset, user), |row| row.get(0))?)
        })
    }

    /// The answers that were given back to a person and wait for them, newest first.
    pub fn returned(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        limit: usize,
    ) -> Result<Vec<ReturnedRow>, StoreError> {
        self.read(|tx| {
            let columns = "b.item, i.external, i.preview, b.reason, b.at";
            let mut all = tx
                .prepare_cached(&format!("SELECT {columns} {WAITING} ORDER BY b.at DESC, b.item LIMIT ?3"))?;
            let rows = all.query_map((dataset, user, limit), |row| {
                Ok(ReturnedRow {
                    item: row.get(0)?,
                    external: row.get(1)?,
                    preview: row.get(2)?,
                    reason: row.get(3)?,
                    at: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// What was given back to user ?2 in dataset ?1 and not answered since.
const WAITING: &str =
    "FROM returned b JOIN item i ON i.no = b.item WHERE b.dataset = ?1 AND b.user = ?2 AND NOT EXISTS
    (SELECT 1 FROM response r WHERE r.dataset = b.dataset AND r.item = b.item AND r.user = b.user)";
