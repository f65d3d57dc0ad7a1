//! Gold: items whose answer is known. The only reads that say which they are end here and in exports.

use engraft_core::content_hash;
use rusqlite::{OptionalExtension, Transaction};

use super::queue::{Ask, level_above};
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
            hide(tx, dataset)?;
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

/// Puts the untouched items of a dataset that has gold in a shuffled order, but for those whose place somebody chose: where
/// items come by their numbers, each that does not is gold.
pub(crate) fn hide(tx: &Transaction<'_>, dataset: DatasetNo) -> Result<(), StoreError> {
    let mut any = tx.prepare_cached("SELECT salt FROM dataset WHERE no = ?1 AND gold > 0")?;
    let salt: Option<String> = any.query_row([dataset], |row| row.get(0)).optional()?;
    let Some(salt) = salt else { return Ok(()) };
    // By what they miss, so that the index finds those without a place and no others.
    let mut find = tx.prepare_cached(
        "SELECT item FROM task INDEXED BY task_queue WHERE dataset = ?1 AND missing = ?2 AND begun = 0 AND place = 0
             AND missing > 0 AND gold = 0 AND resolved = 0",
    )?;
    let mut set = tx.prepare_cached("UPDATE task SET place = ?3 WHERE dataset = ?1 AND item = ?2")?;
    let mut missing = 0u32;
    while let Some(next) = level_above(tx, dataset, missing)? {
        missing = next;
        let items = find.query_map((dataset, missing), |row| row.get(0))?;
        for item in items.collect::<Result<Vec<ItemNo>, _>>()? {
            let hash = content_hash(format!("place {salt} {item}").as_bytes());
            let place = hash.get(..8).and_then(|digits| i64::from_str_radix(digits, 16).ok()).unwrap_or(0);
            set.execute((dataset, item, place + 1))?;
        }
    }
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
