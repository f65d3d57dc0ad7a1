//! Everything about items, streamed in item order from one committed state; what exporters and snapshots read.

use std::ops::ControlFlow;

use rusqlite::{OptionalExtension, Row, Rows, Transaction};

use super::comments::{self, CommentRow, comment_from};
use super::drafts::{self, DraftRow, draft_from};
use super::resolutions::{self, ResolutionRow, resolution_from};
use super::responses::{self, ResponseRow, response_from};
use super::slots::State;
use super::suggestions::{self, SuggestionRow, suggestion_from};
use super::{DatasetNo, ItemNo};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// An item with everything said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordRow {
    /// Its number.
    pub no: ItemNo,
    /// Its name within the dataset.
    pub external: String,
    /// What is shown, JSON.
    pub fields: String,
    /// JSON.
    pub metadata: String,
    /// How far it is.
    pub state: State,
    /// How many answers it wants.
    pub wanted: u32,
    /// Its known answers, JSON.
    pub gold: Option<String>,
    /// What people said, by user number.
    pub responses: Vec<ResponseRow>,
    /// What people have not said yet, by user number.
    pub drafts: Vec<(UserNo, DraftRow)>,
    /// What models said, by model.
    pub suggestions: Vec<SuggestionRow>,
    /// What it came to.
    pub resolution: Option<ResolutionRow>,
    /// What people said about it beside their answers, oldest first.
    pub comments: Vec<CommentRow>,
}

impl Store {
    /// Shows every item of a dataset, by number, until told to stop. Memory does not grow with the dataset.
    pub fn for_each_record(
        &self,
        dataset: DatasetNo,
        show: &mut dyn FnMut(&RecordRow) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(|tx| stream(tx, dataset, 0, ItemNo::MAX, &mut |record| Ok(show(record))))
    }

    /// One item with everything said about it.
    pub fn record(&self, dataset: DatasetNo, item: ItemNo) -> Result<Option<RecordRow>, StoreError> {
        let mut found = None;
        self.read(|tx| {
            stream(tx, dataset, item, item, &mut |record| {
                found = Some(record.clone());
                Ok(ControlFlow::Break(()))
            })
        })?;
        Ok(found)
    }
}

/// Shows the items from `first` to `last`. Every table is read once, side by side, by its key.
pub(crate) fn stream(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    first: ItemNo,
    last: ItemNo,
    show: &mut dyn FnMut(&RecordRow) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let which = |columns: &str, table: &str, name: &str, then: &str| {
        format!(
            "SELECT {columns} FROM {table} {name} WHERE {name}.dataset = ?1 AND {name}.item BETWEEN ?2 AND ?3
             ORDER BY {name}.item{then}"
        )
    };
    let range = (dataset, first, last);
    let mut items = tx.prepare_cached(
        "SELECT t.item, i.external, i.fields, i.metadata, t.state, t.wanted FROM task t CROSS JOIN item i ON i.no = t.item
         WHERE t.dataset = ?1 AND t.item BETWEEN ?2 AND ?3 ORDER BY t.item",
    )?;
    let mut gold = tx.prepare_cached(&which("g.item, g.answers", "gold", "g", ""))?;
    let mut responses = tx.prepare_cached(&which(responses::COLUMNS, "response", "r", ", r.user"))?;
    let draft_columns = format!("d.item, d.user, {}", drafts::COLUMNS);
    let mut drafts = tx.prepare_cached(&which(&draft_columns, "draft", "d", ", d.user"))?;
    let mut suggestions = tx.prepare_cached(&which(suggestions::COLUMNS, "suggestion", "s", ", s.model"))?;
    let mut resolutions = tx.prepare_cached(&which(resolutions::COLUMNS, "resolution", "z", ""))?;
    let mut comments = tx.prepare_cached(&which(comments::COLUMNS, "comment", "c", ", c.no"))?;

    let mut items = items.query(range)?;
    let mut gold = Side::new(gold.query(range)?, |row| Ok(row.get(1)?));
    let mut responses = Side::new(responses.query(range)?, response_from);
    let mut drafts = Side::new(drafts.query(range)?, |row| Ok((row.get(1)?, draft_from(row, 2)?)));
    let mut suggestions = Side::new(suggestions.query(range)?, |row| Ok(suggestion_from(row)?));
    let mut resolutions = Side::new(resolutions.query(range)?, |row| Ok(resolution_from(row)?));
    let mut comments = Side::new(comments.query(range)?, |row| Ok(comment_from(row)?));
    while let Some(row) = items.next()? {
        let no = row.get(0)?;
        let record = RecordRow {
            no,
            external: row.get(1)?,
            fields: row.get(2)?,
            metadata: row.get(3)?,
            state: State::from_sql(row.get(4)?),
            wanted: row.get(5)?,
            gold: gold.of(no)?.pop(),
            responses: responses.of(no)?,
            drafts: drafts.of(no)?,
            suggestions: suggestions.of(no)?,
            resolution: resolutions.of(no)?.pop(),
            comments: comments.of(no)?,
        };
        if show(&record)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Rows that lie beside the items, by item; each is read once.
struct Side<'s, T> {
    rows: Rows<'s>,
    read: fn(&Row<'_>) -> Result<T, StoreError>,
    ahead: Option<(ItemNo, T)>,
    ended: bool,
}

impl<'s, T> Side<'s, T> {
    fn new(rows: Rows<'s>, read: fn(&Row<'_>) -> Result<T, StoreError>) -> Side<'s, T> {
        Side { rows, read, ahead: None, ended: false }
    }

    /// The rows of this item, which must not be smaller than the one asked for before.
    fn of(&mut self, item: ItemNo) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        loop {
            if self.ahead.is_none() && !self.ended {
                match self.rows.next()? {
                    Some(row) => self.ahead = Some((row.get(0)?, (self.read)(row)?)),
                    None => self.ended = true,
                }
            }
            match self.ahead.take() {
                Some((no, row)) if no == item => found.push(row),
                Some((no, _)) if no < item => {}
                later => {
                    self.ahead = later;
                    return Ok(found);
                }
            }
        }
    }
}

/// The number of a dataset's current guideline version and its address.
pub(crate) fn guideline_of(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
) -> Result<Option<(u32, String)>, StoreError> {
    let mut find = tx.prepare_cached(
        "SELECT g.no, g.hash FROM dataset d JOIN guideline g ON g.no = d.guideline WHERE d.no = ?1",
    )?;
    Ok(find.query_row([dataset], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}
