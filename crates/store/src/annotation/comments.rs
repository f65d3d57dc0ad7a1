//! Comments on items, and flags: comments that ask somebody to look until they are settled.

use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use super::counts::{self, Delta};
use super::slots::task;
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// A comment on an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommentRow {
    /// Its number.
    pub no: u64,
    /// Whose.
    pub user: UserNo,
    /// What it says.
    pub text: String,
    /// It asks somebody to look.
    pub flag: bool,
    /// When.
    pub at: Millis,
    /// When somebody had looked.
    pub settled_at: Option<Millis>,
}

/// A comment made elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewComment {
    /// Whose.
    pub user: UserNo,
    /// What it says.
    pub text: String,
    /// It asks somebody to look.
    pub flag: bool,
    /// When; `None`: now, unless this person has said the very same before.
    pub at: Option<Millis>,
    /// When somebody had looked.
    pub settled_at: Option<Millis>,
}

pub(crate) const COLUMNS: &str = "c.item, c.no, c.user, c.text, c.flag, c.at, c.settled_at";

impl Store {
    /// Adds a comment, or a flag; its number.
    pub fn comment(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        user: UserNo,
        text: &str,
        flag: bool,
        now: Millis,
    ) -> Result<u64, StoreError> {
        self.write(|tx| {
            task(tx, dataset, item)?;
            let mut add = tx.prepare_cached(
                "INSERT INTO comment (dataset, item, user, text, flag, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING no",
            )?;
            let no: u64 = add.query_row((dataset, item, user, text, flag, now), |row| row.get(0))?;
            counted(tx, dataset, item, 1, i64::from(flag))?;
            let body = serde_json::json!({"comment": no}).to_string();
            let personal = serde_json::json!({"text": text}).to_string();
            let kind = if flag { "flagged" } else { "commented" };
            let (dataset, item) = (Some(dataset), Some(item));
            let personal = Some((user, personal.as_str()));
            let user = Some(user);
            append_event(tx, &NewEvent { at: now, user, dataset, item, kind, body: &body, personal })?;
            Ok(no)
        })
    }

    /// The comments on an item, oldest first.
    pub fn comments(&self, dataset: DatasetNo, item: ItemNo) -> Result<Vec<CommentRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM comment c WHERE c.dataset = ?1 AND c.item = ?2 ORDER BY c.no"
            ))?;
            let rows = all.query_map((dataset, item), comment_from)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many items have a flag that nobody settled.
    pub fn count_flagged(&self, dataset: DatasetNo) -> Result<u64, StoreError> {
        self.read(|tx| {
            let mut count = tx.prepare_cached(
                "SELECT count(*) FROM task INDEXED BY task_flags WHERE dataset = ?1 AND flags > 0",
            )?;
            Ok(count.query_row([dataset], |row| row.get(0))?)
        })
    }

    /// Notes that somebody looked after a comment; whether it still waited for that.
    pub fn settle(&self, no: u64, by: Option<UserNo>, now: Millis) -> Result<bool, StoreError> {
        self.write(|tx| {
            let mut set = tx.prepare_cached(
                "UPDATE comment SET settled_at = ?2 WHERE no = ?1 AND settled_at IS NULL RETURNING dataset, item, flag",
            )?;
            let row = set.query_row((no, now), |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, bool>(2)?))).optional()?;
            let Some((dataset, item, flag)) = row else { return Ok(false) };
            counted(tx, dataset, item, 0, -i64::from(flag))?;
            let body = serde_json::json!({"comment": no}).to_string();
            let (dataset, item) = (Some(dataset), Some(item));
            append_event(
                tx,
                &NewEvent { at: now, user: by, dataset, item, kind: "settled", body: &body, ..NewEvent::default() },
            )?;
            Ok(true)
        })
    }
}

/// Adds a comment made elsewhere, or settles the one that is there; how many more comments and unsettled flags there are then.
/// Counting them is the caller's.
pub(crate) fn put(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    new: &NewComment,
    now: Millis,
) -> Result<(i64, i64), StoreError> {
    let NewComment { user, text, flag, at, settled_at } = new;
    let mut find = tx.prepare_cached(
        "SELECT no, settled_at IS NULL FROM comment
         WHERE dataset = ?1 AND item = ?2 AND user = ?3 AND text = ?4 AND flag = ?5 AND (?6 IS NULL OR at = ?6)",
    )?;
    let known = find.query_row((dataset, item, user, text, flag, at), |row| Ok((row.get(0)?, row.get(1)?)));
    let known: Option<(u64, bool)> = known.optional()?;
    match known {
        None => {
            let mut add = tx.prepare_cached(
                "INSERT INTO comment (dataset, item, user, text, flag, at, settled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            add.execute((dataset, item, user, text, flag, at.unwrap_or(now), settled_at))?;
            Ok((1, i64::from(*flag && settled_at.is_none())))
        }
        Some((no, true)) if settled_at.is_some() => {
            let mut settle = tx.prepare_cached("UPDATE comment SET settled_at = ?2 WHERE no = ?1")?;
            settle.execute((no, settled_at))?;
            Ok((0, -i64::from(*flag)))
        }
        Some(_) => Ok((0, 0)),
    }
}

/// The comment whose columns after the item are those of [`COLUMNS`].
pub(crate) fn comment_from(row: &Row<'_>) -> rusqlite::Result<CommentRow> {
    Ok(CommentRow {
        no: row.get(1)?,
        user: row.get(2)?,
        text: row.get(3)?,
        flag: row.get(4)?,
        at: row.get(5)?,
        settled_at: row.get(6)?,
    })
}

/// Counts comments and unsettled flags of an item, with its dataset.
pub(crate) fn counted(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    comments: i64,
    flags: i64,
) -> Result<(), StoreError> {
    let mut set = tx.prepare_cached(
        "UPDATE task SET comments = comments + ?3, flags = flags + ?4 WHERE dataset = ?1 AND item = ?2",
    )?;
    set.execute((dataset, item, comments, flags))?;
    counts::add(tx, dataset, &Delta { comments, flags, ..Delta::default() })
}
