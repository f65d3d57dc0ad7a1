//! What somebody who answers may see of an item: no gold, no state, nobody else's answers.

use rusqlite::OptionalExtension;

use super::drafts::{DraftRow, draft};
use super::resolutions::is_closed;
use super::responses::{ResponseRow, current};
use super::suggestions::{self, SuggestionRow, suggestion_from};
use super::{DatasetNo, ItemNo, Millis};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// An item as it is put before somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Its name within the dataset.
    pub external: String,
    /// What is shown, JSON.
    pub fields: String,
    /// JSON.
    pub metadata: String,
    /// What models said, by model.
    pub suggestions: Vec<SuggestionRow>,
    /// This person's draft.
    pub draft: Option<DraftRow>,
    /// This person's response.
    pub response: Option<ResponseRow>,
    /// This person's lease, its token and end; it may have ended.
    pub lease: Option<(u64, Millis)>,
    /// This person held it once, and gave it back or lost it.
    pub held_once: bool,
    /// A reviewer has decided the item, and what this person said of it stays as it is.
    pub closed: bool,
}

impl Store {
    /// An item as this person may see it.
    pub fn work(&self, dataset: DatasetNo, item: ItemNo, user: UserNo) -> Result<Option<Work>, StoreError> {
        self.read(|tx| {
            let mut shown = tx.prepare_cached(
                "SELECT external, fields, metadata FROM item WHERE no = ?2 AND dataset = ?1",
            )?;
            let shown = shown
                .query_row((dataset, item), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let Some((external, fields, metadata)) = shown else { return Ok(None) };
            let mut said = tx.prepare_cached(&format!(
                "SELECT {} FROM suggestion s WHERE s.dataset = ?1 AND s.item = ?2 ORDER BY s.model",
                suggestions::COLUMNS
            ))?;
            let suggestions = said.query_map((dataset, item), suggestion_from)?.collect::<Result<_, _>>()?;
            let mut held = tx.prepare_cached(
                "SELECT token, expires_at FROM lease WHERE dataset = ?1 AND item = ?2 AND user = ?3",
            )?;
            let lease =
                held.query_row((dataset, item, user), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let draft = draft(tx, dataset, item, user)?;
            let response = current(tx, dataset, item, user)?.map(|found| found.row);
            let mut once =
                tx.prepare_cached("SELECT 1 FROM held_once WHERE dataset = ?1 AND item = ?2 AND user = ?3")?;
            let held_once = once.exists((dataset, item, user))?;
            let said = response.as_ref().map(|row| row.at).or(draft.as_ref().map(|row| row.at));
            let closed = is_closed(tx, dataset, item, said)?;
            let shown =
                Work { external, fields, metadata, suggestions, draft, response, lease, held_once, closed };
            Ok(Some(shown))
        })
    }
}
