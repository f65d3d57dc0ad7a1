//! Erasing a person: the name, the salt and everything personal go; the log's hashes stay as they are.

use rusqlite::Transaction;

use super::comments::counted;
use super::counts::{self, Delta};
use super::labels::Labels;
use super::lease::give_back;
use super::responses::{Status, current};
use super::slots::{Change, change, ticks};
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// What erasing a person took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Responses; 0 when they stay as those of somebody without a name.
    pub responses: usize,
    /// Drafts.
    pub drafts: usize,
    /// Comments.
    pub comments: usize,
    /// A reader kept the write-ahead log from being emptied: [`Store::scrub`] later.
    pub residue: bool,
}

impl Store {
    /// Erases a person for good. Their number stays, without a name, and with `keep_answers` so do their responses;
    /// otherwise those go in every version, and the items want an answer more again.
    ///
    /// An import that is under way may hold answers of theirs: this waits for its end, as another import does. What one left
    /// that did not end goes too.
    pub fn erase_user(
        &self,
        user: UserNo,
        keep_answers: bool,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<Erased, StoreError> {
        let _alone = self.import_alone()?;
        self.clear_staged()?;
        let mut erased = self.write(|tx| {
            let mut erased = Erased::default();
            leases(tx, user)?;
            erased.comments = comments(tx, user)?;
            erased.drafts = tx.execute("DELETE FROM draft WHERE user = ?1", [user])?;
            if !keep_answers {
                erased.responses = responses(tx, user)?;
            }
            tx.execute("UPDATE response SET reason = NULL WHERE user = ?1", [user])?;
            tx.execute("UPDATE past_response SET reason = NULL WHERE user = ?1", [user])?;
            for table in ["session", "api_token", "event_person", "reach", "returned", "held_once"] {
                tx.execute(&format!("DELETE FROM {table} WHERE user = ?1"), [user])?;
            }
            let gone = tx.execute(
                "UPDATE user SET name = NULL, password = NULL, salt = NULL, active = 0, erased_at = ?2 WHERE no = ?1",
                (user, now),
            )?;
            if gone == 0 {
                return Err(StoreError::NoSuch { what: "user", name: user.to_string() });
            }
            let answers = if keep_answers { "kept" } else { "removed" };
            let body = serde_json::json!({"user": user, "answers": answers}).to_string();
            append_event(
                tx,
                &NewEvent { at: now, user: by, kind: "user_erased", body: &body, ..NewEvent::default() },
            )?;
            Ok(erased)
        })?;
        erased.residue = !self.scrub()?;
        Ok(erased)
    }
}

fn rows(tx: &Transaction<'_>, sql: &str, user: UserNo) -> Result<Vec<(DatasetNo, ItemNo)>, StoreError> {
    let mut find = tx.prepare(sql)?;
    let rows = find.query_map([user], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn leases(tx: &Transaction<'_>, user: UserNo) -> Result<(), StoreError> {
    for (dataset, item) in rows(tx, "SELECT dataset, item FROM lease WHERE user = ?1", user)? {
        give_back(tx, dataset, item, user)?;
    }
    Ok(())
}

fn comments(tx: &Transaction<'_>, user: UserNo) -> Result<usize, StoreError> {
    let all = rows(tx, "SELECT dataset, item FROM comment WHERE user = ?1", user)?;
    for (dataset, item) in &all {
        counted(tx, *dataset, *item, -1, 0)?;
    }
    let flags = "SELECT dataset, item FROM comment WHERE user = ?1 AND flag = 1 AND settled_at IS NULL";
    for (dataset, item) in rows(tx, flags, user)? {
        counted(tx, dataset, item, 0, -1)?;
    }
    tx.execute("DELETE FROM comment WHERE user = ?1", [user])?;
    Ok(all.len())
}

fn responses(tx: &Transaction<'_>, user: UserNo) -> Result<usize, StoreError> {
    let all = rows(tx, "SELECT dataset, item FROM response WHERE user = ?1", user)?;
    let mut labels = Labels::default();
    for &(dataset, item) in &all {
        let Some(found) = current(tx, dataset, item, user)? else { continue };
        labels.remove(tx, item, user, &found.labels)?;
        let tick = ticks(tx, 1)?;
        let submitted = found.row.status == Status::Submitted;
        let back = Change { submitted: -i32::from(submitted), ..Change::default() };
        let task = change(tx, dataset, item, tick, back)?;
        if !submitted && !task.gold {
            counts::add(tx, dataset, &Delta { skipped: -1, ..Delta::default() })?;
        }
    }
    labels.finish(tx)?;
    tx.execute("DELETE FROM response WHERE user = ?1", [user])?;
    tx.execute("DELETE FROM past_response WHERE user = ?1", [user])?;
    tx.execute("DELETE FROM member WHERE user = ?1", [user])?;
    Ok(all.len())
}
