//! Suggestions: what models said about items; the latest of each model.

use rusqlite::{Row, Transaction};
use serde::{Deserialize, Serialize};

use super::counts::{self, Delta};
use super::slots::task;
use super::{DatasetNo, ItemNo, Millis};
use crate::{Store, StoreError};

/// What a model says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewSuggestion {
    /// Which model.
    pub model: String,
    /// How sure it is, in `[0, 1]`.
    pub score: Option<f64>,
    /// JSON.
    pub answers: String,
}

/// What a model said.
#[derive(Clone, Debug, PartialEq)]
pub struct SuggestionRow {
    /// Which model.
    pub model: String,
    /// How sure it is, in `[0, 1]`.
    pub score: Option<f64>,
    /// JSON.
    pub answers: String,
    /// When.
    pub at: Millis,
}

pub(crate) const COLUMNS: &str = "s.item, s.model, s.score, s.answers, s.at";

impl Store {
    /// Keeps suggestions, each replacing the one of the same model for the same item; how many items had none of that model.
    pub fn put_suggestions(
        &self,
        dataset: DatasetNo,
        suggestions: &[(ItemNo, NewSuggestion)],
        now: Millis,
    ) -> Result<usize, StoreError> {
        self.write(|tx| {
            let mut new = 0;
            for (item, suggestion) in suggestions {
                task(tx, dataset, *item)?;
                new += usize::from(put(tx, dataset, *item, suggestion, now)?);
            }
            counts::add(tx, dataset, &Delta { suggestions: new as i64, ..Delta::default() })?;
            Ok(new)
        })
    }
}

/// Keeps one; whether that model had said nothing about the item. The dataset's count is the caller's.
pub(crate) fn put(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    suggestion: &NewSuggestion,
    now: Millis,
) -> Result<bool, StoreError> {
    let NewSuggestion { model, score, answers } = suggestion;
    let mut replace = tx.prepare_cached(
        "UPDATE suggestion SET score = ?4, answers = ?5, at = ?6 WHERE dataset = ?1 AND item = ?2 AND model = ?3",
    )?;
    if replace.execute((dataset, item, model, score, answers, now))? > 0 {
        return Ok(false);
    }
    let mut add = tx.prepare_cached(
        "INSERT INTO suggestion (dataset, item, model, score, answers, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    add.execute((dataset, item, model, score, answers, now))?;
    Ok(true)
}

/// The suggestion whose columns after the item are those of [`COLUMNS`].
pub(crate) fn suggestion_from(row: &Row<'_>) -> rusqlite::Result<SuggestionRow> {
    Ok(SuggestionRow { model: row.get(1)?, score: row.get(2)?, answers: row.get(3)?, at: row.get(4)? })
}
