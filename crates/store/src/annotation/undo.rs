//! Undo: the last response becomes a draft again, with a fresh lease; an event says so and the version stays on file.

use rusqlite::{OptionalExtension, Transaction};

use super::drafts::{SaveDraft, keep};
use super::labels::Labels;
use super::members::{Did, count};
use super::resolutions::{drop_computed, is_closed};
use super::responses::{Status, current, retire};
use super::slots::{Change, change, task, ticks};
use super::submit::{Why, note};
use super::{DatasetNo, ItemNo, Millis, counts};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// What undoing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// There was nothing to undo.
    Nothing,
    /// A reviewer has decided the item, a skipped item went to others, or the response is another than was meant.
    Refused(Why),
    /// The item is theirs again, with the answers as a draft.
    Back {
        /// The item.
        item: ItemNo,
        /// The new lease's token.
        token: u64,
        /// When it ends.
        expires_at: Millis,
    },
}

impl Store {
    /// Takes back a person's latest submit or skip in a dataset.
    pub fn undo_last(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        lease_ms: i64,
        now: Millis,
    ) -> Result<Undone, StoreError> {
        self.write(|tx| {
            // Imported responses have no token: nobody gave them here, so nobody takes them back.
            let mut latest = tx.prepare_cached(
                "SELECT item FROM response WHERE user = ?1 AND dataset = ?2 AND token IS NOT NULL ORDER BY tick DESC LIMIT 1",
            )?;
            let item = latest.query_row((user, dataset), |row| row.get(0)).optional()?;
            let Some(item) = item else { return Ok(Undone::Nothing) };
            undo(tx, dataset, item, user, lease_ms, now)
        })
    }

    /// Takes back this version of a person's response to an item, and no other.
    pub fn undo_version(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        user: UserNo,
        version: u32,
        lease_ms: i64,
        now: Millis,
    ) -> Result<Undone, StoreError> {
        self.write(|tx| match current(tx, dataset, item, user)? {
            // Imported responses have no token, as above.
            Some(found) if found.token.is_none() => Ok(Undone::Nothing),
            Some(found) if found.row.version != version => Ok(Undone::Refused(Why::Version)),
            _ => undo(tx, dataset, item, user, lease_ms, now),
        })
    }
}

/// Takes back one response: a submitted one becomes a draft, and the item is held for its author.
pub(super) fn undo(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
    lease_ms: i64,
    now: Millis,
) -> Result<Undone, StoreError> {
    let Some(found) = current(tx, dataset, item, user)? else { return Ok(Undone::Nothing) };
    let before = task(tx, dataset, item)?;
    if is_closed(tx, dataset, item, Some(found.row.at))? {
        return Ok(Undone::Refused(Why::Reviewed));
    }
    let submitted = found.row.status == Status::Submitted;
    super::lease::sweep(tx, now)?;
    if !submitted && !task(tx, dataset, item)?.has_room() {
        return Ok(Undone::Refused(Why::NoRoom));
    }
    note(tx, "undone", (dataset, item, user), None, now)?;
    let mut labels = Labels::default();
    labels.remove(tx, item, user, &found.labels)?;
    labels.finish(tx)?;
    retire(tx, dataset, item, user, now)?;
    let did = match submitted {
        true => Did {
            submitted: -1,
            active_ms: -found.row.active_ms.cast_signed(),
            gold_answered: -i64::from(before.gold && found.gold_right.is_some()),
            gold_right: -i64::from(before.gold && found.gold_right == Some(true)),
            ..Did::default()
        },
        false => Did { skipped: -1, ..Did::default() },
    };
    count(tx, dataset, user, &did)?;
    if submitted {
        let save = SaveDraft {
            dataset,
            item,
            user,
            expected: None,
            answers: &found.row.answers,
            guideline: found.row.guideline.as_deref(),
            active_ms: found.row.active_ms,
            now,
        };
        keep(tx, &save)?;
    } else if !before.gold {
        counts::add(tx, dataset, &counts::Delta { skipped: -1, ..counts::Delta::default() })?;
    }
    let reopened = drop_computed(tx, dataset, item, now)?.then_some(false);
    let token = ticks(tx, 1)?;
    // The answer's place becomes the lease's in one step: there is always room for it.
    let back = Change { submitted: -i32::from(submitted), held: 1, resolved: reopened, ..Change::default() };
    change(tx, dataset, item, token, back)?;
    let expires_at = now + lease_ms;
    let mut add = tx.prepare_cached(
        "INSERT INTO lease (dataset, item, user, token, expires_at, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    add.execute((dataset, item, user, token, expires_at, now))?;
    Ok(Undone::Back { item, token, expires_at })
}
