//! Gold: items whose answer is known. The only reads that say which they are end here and in exports.

use rusqlite::{OptionalExtension, Transaction};

use super::queue::Ask;
use super::slots::{Change, change, task, ticks};
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

impl Store {
    /// The known answers of an item, JSON; for measuring, never for showing to somebody who answers.
    pub fn gold(&self, dataset: DatasetNo, item: ItemNo) -> Result<Option<String>, StoreError> {
        self.read(|tx| {
            let mut find = tx.prepare_cached("SELECT answers FROM gold WHERE dataset = ?1 AND item = ?2")?;
            Ok(find.query_row((dataset, item), |row| row.get(0)).optional()?)
        })
    }

    /// Makes an item gold, changes its known answers, or (`None`) makes it an item like any other.
    ///
    /// What it has and may still get when it stops being gold becomes what it wants, if that is more.
    pub fn set_gold(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        answers: Option<&str>,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            let before = task(tx, dataset, item)?;
            let tick = ticks(tx, 1)?;
            let more = (before.submitted + before.held).saturating_sub(before.wanted);
            let wanted = if answers.is_none() { more.cast_signed() } else { 0 };
            change(
                tx,
                dataset,
                item,
                tick,
                Change { wanted, gold: Some(answers.is_some()), ..Change::default() },
            )?;
            match answers {
                Some(answers) => put(tx, dataset, item, answers)?,
                None => {
                    tx.execute("DELETE FROM gold WHERE dataset = ?1 AND item = ?2", (dataset, item))?;
                }
            }
            let kind = if answers.is_some() { "gold_set" } else { "gold_removed" };
            let (dataset, item) = (Some(dataset), Some(item));
            append_event(
                tx,
                &NewEvent { at: now, user: by, dataset, item, kind, body: "{}", ..NewEvent::default() },
            )?;
            Ok(())
        })
    }
}

pub(crate) fn put(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    answers: &str,
) -> Result<(), StoreError> {
    let mut put =
        tx.prepare_cached("INSERT OR REPLACE INTO gold (dataset, item, answers) VALUES (?1, ?2, ?3)")?;
    put.execute((dataset, item, answers))?;
    Ok(())
}

/// A gold item this person has neither answered nor holds, in an order of their own.
///
/// Multiplying by an odd-looking number modulo a prime shuffles the item numbers, so that no two people meet the same gold
/// items in the same order.
pub(crate) fn pick(tx: &Transaction<'_>, ask: &Ask) -> Result<Option<ItemNo>, StoreError> {
    let mut find = tx.prepare_cached(
        "SELECT g.item FROM gold g WHERE g.dataset = ?1
             AND NOT EXISTS (SELECT 1 FROM response r WHERE r.dataset = ?1 AND r.item = g.item AND r.user = ?2)
             AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.dataset = ?1 AND l.item = g.item AND l.user = ?2)
         ORDER BY (g.item * ?3) % 2147483647, g.item LIMIT 1",
    )?;
    let factor = ask.seed % 2_147_483_646 + 1;
    Ok(find.query_row((ask.dataset, ask.user, factor), |row| row.get(0)).optional()?)
}
