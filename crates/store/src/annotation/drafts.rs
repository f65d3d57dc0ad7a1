//! Drafts: what a person has written and not yet said. They hold no place and count for nothing.

use rusqlite::{OptionalExtension, Row, Transaction};

use super::datasets::guideline_no;
use super::responses::{ResponseRow, current};
use super::slots::task;
use super::spent::most_ms;
use super::{DatasetNo, ItemNo, Millis};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// A draft to keep.
#[derive(Clone, Copy, Debug)]
pub struct SaveDraft<'a> {
    /// The dataset.
    pub dataset: DatasetNo,
    /// The item.
    pub item: ItemNo,
    /// Whose.
    pub user: UserNo,
    /// The version of the draft the person saw, 0 for none; `None`: replace whatever is there.
    pub expected: Option<u32>,
    /// JSON.
    pub answers: &'a str,
    /// The guideline version the person has, if it is known.
    pub guideline: Option<&'a str>,
    /// Milliseconds the person says they were active on it so far.
    pub active_ms: u64,
    /// When.
    pub now: Millis,
}

/// A draft on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// From 1; grows with every save.
    pub version: u32,
    /// JSON.
    pub answers: String,
    /// The guideline version the person had.
    pub guideline: Option<String>,
    /// Milliseconds the person was active on it.
    pub active_ms: u64,
    /// When it was saved.
    pub at: Millis,
}

/// A draft in a person's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDraft {
    /// The item.
    pub item: ItemNo,
    /// The item's name.
    pub external: String,
    /// The beginning of its text.
    pub preview: String,
    /// When it was saved.
    pub at: Millis,
}

/// What became of a draft to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftSaved {
    /// It is kept, as this version.
    Saved(u32),
    /// It was not kept: somewhere else the same person saved this one meanwhile.
    Changed(DraftRow),
    /// It was not kept: the draft the person saw became this response meanwhile.
    Answered(ResponseRow),
}

impl Store {
    /// Keeps a draft, unless another was saved, or the one they saw was submitted, since the person last saw it. No more active
    /// time is kept than there can have been.
    pub fn save_draft(&self, save: &SaveDraft<'_>) -> Result<DraftSaved, StoreError> {
        self.write(|tx| {
            task(tx, save.dataset, save.item)?;
            let found = draft(tx, save.dataset, save.item, save.user)?;
            let version = found.as_ref().map_or(0, |draft| draft.version);
            if save.expected.is_some_and(|expected| expected != version) {
                if let Some(found) = found {
                    return Ok(DraftSaved::Changed(found));
                }
                if let Some(response) = current(tx, save.dataset, save.item, save.user)? {
                    return Ok(DraftSaved::Answered(response.row));
                }
            }
            let most = most_ms(tx, save.dataset, save.item, save.user, save.now)?;
            keep(tx, &SaveDraft { active_ms: save.active_ms.min(most), ..*save }).map(DraftSaved::Saved)
        })
    }

    /// A person's drafts in a dataset, newest first.
    pub fn drafts(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        limit: usize,
    ) -> Result<Vec<OwnDraft>, StoreError> {
        self.read(|tx| {
            let mut find = tx.prepare_cached(
                "SELECT d.item, i.external, i.preview, d.at FROM draft d JOIN item i ON i.no = d.item
                 WHERE d.user = ?1 AND d.dataset = ?2 ORDER BY d.at DESC, d.item LIMIT ?3",
            )?;
            let rows = find.query_map((user, dataset, limit), |row| {
                Ok(OwnDraft {
                    item: row.get(0)?,
                    external: row.get(1)?,
                    preview: row.get(2)?,
                    at: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) const COLUMNS: &str =
    "d.version, d.answers, (SELECT hash FROM guideline g WHERE g.no = d.guideline), d.active_ms, d.at";

pub(crate) fn draft(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
) -> Result<Option<DraftRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM draft d WHERE d.dataset = ?1 AND d.item = ?2 AND d.user = ?3");
    let mut find = tx.prepare_cached(&sql)?;
    Ok(find.query_row((dataset, item, user), |row| draft_from(row, 0)).optional()?)
}

/// Keeps a draft whatever was there; its version.
pub(crate) fn keep(tx: &Transaction<'_>, save: &SaveDraft<'_>) -> Result<u32, StoreError> {
    let guideline = save.guideline.map(|hash| guideline_no(tx, save.dataset, hash, save.now)).transpose()?;
    let mut put = tx.prepare_cached(
        "INSERT INTO draft (dataset, item, user, version, answers, guideline, active_ms, at)
         VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7)
         ON CONFLICT (dataset, item, user) DO UPDATE SET version = version + 1, answers = excluded.answers,
             guideline = excluded.guideline, active_ms = excluded.active_ms, at = excluded.at
         RETURNING version",
    )?;
    let SaveDraft { dataset, item, user, answers, active_ms, now, .. } = *save;
    Ok(put.query_row((dataset, item, user, answers, guideline, active_ms, now), |row| row.get(0))?)
}

pub(crate) fn discard(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
) -> Result<(), StoreError> {
    let mut drop = tx.prepare_cached("DELETE FROM draft WHERE dataset = ?1 AND item = ?2 AND user = ?3")?;
    drop.execute((dataset, item, user))?;
    Ok(())
}

/// The draft whose columns start at `column`.
pub(crate) fn draft_from(row: &Row<'_>, column: usize) -> rusqlite::Result<DraftRow> {
    Ok(DraftRow {
        version: row.get(column)?,
        answers: row.get(column + 1)?,
        guideline: row.get(column + 2)?,
        active_ms: row.get(column + 3)?,
        at: row.get(column + 4)?,
    })
}
