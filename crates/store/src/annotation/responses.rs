//! Responses: what a person acknowledged about an item, every version of it.

use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use super::events::{digest_of, salt_of};
use super::{DatasetNo, ItemNo, Millis};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    /// Kept while they work; counts for nothing.
    Draft,
    /// Counts.
    Submitted,
    /// They would not answer.
    Skipped,
}

impl Status {
    pub(crate) fn to_sql(self) -> u8 {
        self as u8
    }

    pub(crate) fn from_sql(number: u8) -> Status {
        match number {
            0 => Status::Draft,
            1 => Status::Submitted,
            _ => Status::Skipped,
        }
    }
}

/// A response, or an earlier version of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseRow {
    /// The item.
    pub item: ItemNo,
    /// Whose.
    pub user: UserNo,
    /// From 1; goes on counting when one was undone.
    pub version: u32,
    /// Submitted or skipped.
    pub status: Status,
    /// JSON.
    pub answers: String,
    /// The questions whose suggestion was taken over unchanged.
    pub accepted: Vec<String>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The guideline version the person had.
    pub guideline: Option<String>,
    /// Milliseconds the person was active on it.
    pub active_ms: u64,
    /// When.
    pub at: Millis,
}

/// A response in a person's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// The item.
    pub item: ItemNo,
    /// The item's name.
    pub external: String,
    /// The beginning of its text.
    pub preview: String,
    /// Submitted or skipped.
    pub status: Status,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The version of the response.
    pub version: u32,
    /// When.
    pub at: Millis,
    /// Give it as `before` to go on from here.
    pub cursor: u64,
}

pub(crate) const COLUMNS: &str = "r.item, r.user, r.version, r.status, r.answers, r.accepted, r.reason,
    (SELECT hash FROM guideline g WHERE g.no = r.guideline), r.active_ms, r.at";

impl Store {
    /// The responses to an item, by user.
    pub fn responses(&self, dataset: DatasetNo, item: ItemNo) -> Result<Vec<ResponseRow>, StoreError> {
        self.read(|tx| {
            let sql = format!(
                "SELECT {COLUMNS} FROM response r WHERE r.dataset = ?1 AND r.item = ?2 ORDER BY r.user"
            );
            let mut all = tx.prepare_cached(&sql)?;
            let rows = all.query_map((dataset, item), |row| Ok(response_from(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// Every version of a person's response to an item, oldest first; the last is current unless it was undone.
    pub fn versions(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        user: UserNo,
    ) -> Result<Vec<ResponseRow>, StoreError> {
        self.read(|tx| {
            let key = "WHERE r.dataset = ?1 AND r.item = ?2 AND r.user = ?3";
            let sql = format!(
                "SELECT {COLUMNS} FROM past_response r {key} UNION ALL SELECT {COLUMNS} FROM response r {key} ORDER BY 3"
            );
            let mut all = tx.prepare_cached(&sql)?;
            let rows = all.query_map((dataset, item, user), |row| Ok(response_from(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// A person's responses in a dataset, newest first, older than `before`.
    pub fn own_responses(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        status: Option<Status>,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<HistoryRow>, StoreError> {
        self.read(|tx| {
            let mut find = tx.prepare_cached(
                "SELECT r.item, i.external, i.preview, r.status, r.reason, r.version, r.at, r.tick
                 FROM response r JOIN item i ON i.no = r.item
                 WHERE r.user = ?1 AND r.dataset = ?2 AND r.tick < ?3 AND (?4 IS NULL OR r.status = ?4)
                 ORDER BY r.tick DESC LIMIT ?5",
            )?;
            let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
            let rows = find.query_map((user, dataset, before, status.map(Status::to_sql), limit), |row| {
                Ok(HistoryRow {
                    item: row.get(0)?,
                    external: row.get(1)?,
                    preview: row.get(2)?,
                    status: Status::from_sql(row.get(3)?),
                    reason: row.get(4)?,
                    version: row.get(5)?,
                    at: row.get(6)?,
                    cursor: row.get(7)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// A current response with what only the store needs of it.
pub(crate) struct Current {
    pub(crate) row: ResponseRow,
    pub(crate) labels: String,
    pub(crate) gold_right: Option<bool>,
    pub(crate) token: Option<u64>,
}

pub(crate) fn current(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
) -> Result<Option<Current>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, r.labels, r.gold_right, r.token FROM response r
         WHERE r.dataset = ?1 AND r.item = ?2 AND r.user = ?3"
    );
    let mut find = tx.prepare_cached(&sql)?;
    let found = find
        .query_row((dataset, item, user), |row| {
            let (labels, gold_right, token) = (row.get(10)?, row.get(11)?, row.get(12)?);
            Ok(response_from(row).map(|row| Current { row, labels, gold_right, token }))
        })
        .optional()?;
    found.transpose()
}

/// Moves the current response, if there is one, to the past.
pub(crate) fn retire(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
    now: Millis,
) -> Result<(), StoreError> {
    let mut keep = tx.prepare_cached(
        "INSERT INTO past_response (dataset, item, user, version, status, answers, accepted, reason, guideline, active_ms,
             at, ended_at)
         SELECT dataset, item, user, version, status, answers, accepted, reason, guideline, active_ms, at, ?4
         FROM response WHERE dataset = ?1 AND item = ?2 AND user = ?3",
    )?;
    keep.execute((dataset, item, user, now))?;
    let mut drop =
        tx.prepare_cached("DELETE FROM response WHERE dataset = ?1 AND item = ?2 AND user = ?3")?;
    drop.execute((dataset, item, user))?;
    Ok(())
}

/// The highest version of a person's response that is in the past.
pub(crate) fn last_past(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
) -> Result<u32, StoreError> {
    let mut find = tx.prepare_cached(
        "SELECT ifnull(max(version), 0) FROM past_response WHERE dataset = ?1 AND item = ?2 AND user = ?3",
    )?;
    Ok(find.query_row((dataset, item, user), |row| row.get(0))?)
}

/// The digest of a response as its event keeps it; `None` once the person was erased.
pub(crate) fn digest(tx: &Transaction<'_>, row: &ResponseRow) -> Result<Option<String>, StoreError> {
    let ResponseRow { item, user, version, status, answers, accepted, reason, guideline, active_ms, at } =
        row;
    let said = (item, version, status.to_sql(), answers, accepted, reason, guideline, active_ms, at);
    let said = serde_json::to_string(&said)?;
    Ok(salt_of(tx, *user)?.map(|salt| digest_of(&salt, &said)))
}

pub(crate) fn response_from(row: &Row<'_>) -> Result<ResponseRow, StoreError> {
    Ok(ResponseRow {
        item: row.get(0)?,
        user: row.get(1)?,
        version: row.get(2)?,
        status: Status::from_sql(row.get(3)?),
        answers: row.get(4)?,
        accepted: serde_json::from_str(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?)?,
        reason: row.get(6)?,
        guideline: row.get(7)?,
        active_ms: row.get(8)?,
        at: row.get(9)?,
    })
}
