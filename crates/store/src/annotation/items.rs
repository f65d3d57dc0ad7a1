//! Items: what is shown, how far it is, and how many answers it wants.

use rusqlite::{OptionalExtension, Row};

use super::resolutions::Seen;
use super::slots::{Change, State, change, task, ticks};
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// An item in a list. For leads: its state may be gold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    /// Its number.
    pub no: ItemNo,
    /// Its name within the dataset.
    pub external: String,
    /// The beginning of its text.
    pub preview: String,
    /// JSON.
    pub metadata: String,
    /// How far it is.
    pub state: State,
    /// Answers wanted.
    pub wanted: u32,
    /// Answers submitted.
    pub submitted: u32,
    /// Leases counted against it; ended ones too, until somebody asks for work.
    pub held: u32,
    /// Flags nobody has settled.
    pub flags: u32,
    /// Comments, flags among them.
    pub comments: u32,
}

/// For `task t JOIN item i`.
pub(crate) const COLUMNS: &str =
    "i.no, i.external, i.preview, i.metadata, t.state, t.wanted, t.submitted, t.held,
    t.flags, t.comments";

impl Store {
    /// The item of that number.
    pub fn item(&self, dataset: DatasetNo, no: ItemNo) -> Result<Option<ItemRow>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM task t JOIN item i ON i.no = t.item WHERE t.dataset = ?1 AND t.item = ?2"
            ))?;
            Ok(one.query_row((dataset, no), item_from).optional()?)
        })
    }

    /// The item of that name.
    pub fn item_by_external(
        &self,
        dataset: DatasetNo,
        external: &str,
    ) -> Result<Option<ItemRow>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM item i JOIN task t ON t.dataset = i.dataset AND t.item = i.no
                 WHERE i.dataset = ?1 AND i.external = ?2"
            ))?;
            Ok(one.query_row((dataset, external), item_from).optional()?)
        })
    }

    /// What an item shows, JSON.
    pub fn fields(&self, dataset: DatasetNo, no: ItemNo) -> Result<Option<String>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached("SELECT fields FROM item WHERE no = ?2 AND dataset = ?1")?;
            Ok(one.query_row((dataset, no), |row| row.get(0)).optional()?)
        })
    }

    /// Asks so many people more about an item; how many answers it wants now. With `seen`, only where the item has all
    /// the answers it wants and they are still those that were seen: of two who find out at once that they do not suffice,
    /// one asks.
    pub fn want_more(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        more: u32,
        seen: Option<&Seen>,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<u32, StoreError> {
        self.write(|tx| {
            if let Some(seen) = seen {
                let before = task(tx, dataset, item)?;
                if before.state() != State::Complete || !seen.is_so(tx, dataset, item)? {
                    return Ok(before.wanted);
                }
            }
            let tick = ticks(tx, 1)?;
            let more = i32::try_from(more).unwrap_or(i32::MAX);
            let task = change(tx, dataset, item, tick, Change { wanted: more, ..Change::default() })?;
            let body = serde_json::json!({"wanted": task.wanted}).to_string();
            let (dataset, item) = (Some(dataset), Some(item));
            append_event(
                tx,
                &NewEvent {
                    at: now,
                    user: by,
                    dataset,
                    item,
                    kind: "wanted_more",
                    body: &body,
                    ..NewEvent::default()
                },
            )?;
            Ok(task.wanted)
        })
    }

    /// Says in which order untouched items are served: lower places first, 0 where nothing was said, then by number; a
    /// dataset with gold gives those without a place one by lot. Items that somebody began are not affected: they come
    /// first anyway. How many were moved.
    pub fn set_order(&self, dataset: DatasetNo, places: &[(ItemNo, i64)]) -> Result<usize, StoreError> {
        self.write_soon(|tx| {
            let mut set = tx.prepare_cached(
                "UPDATE task SET place = ?3 WHERE dataset = ?1 AND item = ?2 AND begun = 0 AND place <> ?3",
            )?;
            let mut moved = 0;
            for (item, place) in places {
                moved += set.execute((dataset, item, place))?;
            }
            Ok(moved)
        })
    }
}

pub(crate) fn item_from(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    Ok(ItemRow {
        no: row.get(0)?,
        external: row.get(1)?,
        preview: row.get(2)?,
        metadata: row.get(3)?,
        state: State::from_sql(row.get(4)?),
        wanted: row.get(5)?,
        submitted: row.get(6)?,
        held: row.get(7)?,
        flags: row.get(8)?,
        comments: row.get(9)?,
    })
}
