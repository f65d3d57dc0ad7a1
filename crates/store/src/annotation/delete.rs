//! Deleting a dataset: everything in it goes for good; that it was there, and what was done in it, stays in the log.

use std::collections::BTreeMap;

use rusqlite::Transaction;

use super::datasets::no_dataset;
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// What went with a dataset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Items.
    pub items: usize,
    /// Responses, in their current version.
    pub responses: usize,
    /// Snapshots.
    pub snapshots: usize,
    /// A reader kept the write-ahead log from being emptied: [`Store::scrub`] later.
    pub residue: bool,
}

/// The words by which an item of one dataset is found, from its fields.
pub type ItemWords = Box<dyn Fn(&str) -> String>;

/// Tables whose rows name their dataset, those that others refer to last.
const TABLES: [&str; 16] = [
    "lease",
    "reach",
    "held_once",
    "returned",
    "draft",
    "past_response",
    "response",
    "suggestion",
    "past_resolution",
    "resolution",
    "gold",
    "comment",
    "member",
    "label",
    "guideline",
    "task",
];

impl Store {
    /// Deletes a dataset with its items, answers and snapshots, in one durable transaction. The log stays whole: its rows
    /// hold numbers only, and it gains one that says what was deleted.
    ///
    /// `words` says, from the schema of another dataset, by which words its items are found: the index of words does not know
    /// whose they are, so it is made anew from what remains, and writers wait as long. So does an import that is under way,
    /// and the other way round. It is asked once for each dataset that is there when its turn has come; an error of it leaves
    /// everything as it was.
    pub fn delete_dataset(
        &self,
        dataset: DatasetNo,
        by: Option<UserNo>,
        now: Millis,
        words: &dyn Fn(&str) -> Result<ItemWords, StoreError>,
    ) -> Result<Removed, StoreError> {
        // No import may be under way: its items are nobody's yet.
        let _alone = self.import_alone()?;
        self.clear_staged()?;
        let mut removed = self.write(|tx| {
            let mut find = tx.prepare_cached("SELECT name FROM dataset WHERE no = ?1 AND name <> char(1)")?;
            let mut names = find.query([dataset])?;
            let name: String = names.next()?.ok_or_else(|| no_dataset(dataset))?.get(0)?;
            let rows = |table: &str| -> Result<usize, StoreError> {
                let sql = format!("SELECT count(*) FROM {table} WHERE dataset = ?1");
                Ok(tx.query_row(&sql, [dataset], |row| row.get(0))?)
            };
            let removed = Removed {
                items: rows("task")?,
                responses: rows("response")?,
                snapshots: rows("snapshot")?,
                residue: false,
            };
            let other = "SELECT no FROM snapshot WHERE dataset = ?1";
            tx.execute(&format!("DELETE FROM snapshot_block WHERE snapshot IN ({other})"), [dataset])?;
            tx.execute("DELETE FROM snapshot WHERE dataset = ?1", [dataset])?;
            tx.execute("DELETE FROM block WHERE hash NOT IN (SELECT hash FROM snapshot_block)", [])?;
            let labels = "SELECT no FROM label WHERE dataset = ?1";
            tx.execute(&format!("DELETE FROM labelled WHERE label IN ({labels})"), [dataset])?;
            let events = "SELECT no FROM event WHERE dataset = ?1";
            tx.execute(&format!("DELETE FROM event_person WHERE event IN ({events})"), [dataset])?;
            for table in TABLES {
                tx.execute(&format!("DELETE FROM {table} WHERE dataset = ?1"), [dataset])?;
            }
            tx.execute("DELETE FROM item WHERE dataset = ?1", [dataset])?;
            tx.execute("DELETE FROM dataset WHERE no = ?1", [dataset])?;
            index_anew(tx, words)?;
            let body =
                serde_json::json!({"name": name, "items": removed.items, "responses": removed.responses});
            let body = body.to_string();
            let event = NewEvent {
                at: now,
                user: by,
                dataset: Some(dataset),
                kind: "dataset_deleted",
                body: &body,
                ..NewEvent::default()
            };
            append_event(tx, &event)?;
            Ok(removed)
        })?;
        removed.residue = !self.scrub()?;
        Ok(removed)
    }
}

fn index_anew(
    tx: &Transaction<'_>,
    words: &dyn Fn(&str) -> Result<ItemWords, StoreError>,
) -> Result<(), StoreError> {
    let by_dataset = each_dataset(tx, words)?;
    tx.execute("INSERT INTO item_text (item_text) VALUES ('delete-all')", [])?;
    let mut all = tx.prepare_cached("SELECT no, dataset, fields FROM item ORDER BY no")?;
    let mut add = tx.prepare_cached("INSERT INTO item_text (rowid, text) VALUES (?1, ?2)")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let (no, dataset): (ItemNo, DatasetNo) = (row.get(0)?, row.get(1)?);
        let Some(words) = by_dataset.get(&dataset) else {
            let what = format!("item {no} is in dataset {dataset}, which has no schema");
            return Err(StoreError::Damaged { what });
        };
        let fields = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        add.execute((no, words(fields)))?;
    }
    Ok(())
}

/// Each dataset's words, from the schema it has within this transaction: one read before may miss a dataset made since.
fn each_dataset(
    tx: &Transaction<'_>,
    words: &dyn Fn(&str) -> Result<ItemWords, StoreError>,
) -> Result<BTreeMap<DatasetNo, ItemWords>, StoreError> {
    let mut all =
        tx.prepare_cached("SELECT d.no, g.body FROM dataset d JOIN guideline g ON g.no = d.guideline")?;
    let mut rows = all.query([])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let schema = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        found.insert(row.get(0)?, words(schema)?);
    }
    Ok(found)
}
