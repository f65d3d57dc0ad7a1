//! What a person could still answer. Gold lies among it in such a way that neither the number nor the list tells which.

use rusqlite::{OptionalExtension, Transaction};

use super::DatasetNo;
use crate::people::UserNo;
use crate::{Store, StoreError};

/// A person's older responses are taken to lie on items that are complete by now.
const LOOKED_AT: usize = 5000;

/// How much is left for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Items.
    pub items: u64,
    /// There are fewer than that many: where gold is among the last ones, the exact number would tell them apart.
    pub fewer: bool,
}

/// A dataset as one person has it before them.
pub(crate) struct Ahead {
    /// Items that miss answers and have none of theirs, whoever holds them now.
    ordinary: u32,
    /// Gold items without an answer of theirs.
    gold: u32,
    /// All gold items.
    golden: u32,
    /// Whether they hold anything.
    holding: bool,
    /// All items that are not gold.
    all: u32,
    /// Of those, the ones finished without them.
    gone: u32,
}

impl Ahead {
    /// Whether they are asked for nothing more. Gold is no work by itself but where there is nothing else.
    fn finished(&self) -> bool {
        self.ordinary == 0 && self.all > 0
    }

    /// From how many on the number is told exactly. Gold that nobody will be asked for any more goes with the last
    /// ordinary item, so that an exact number would drop by as much; it stays above all gold there is, in round steps that
    /// do not tell how much that is.
    fn told_from(&self) -> u32 {
        if self.golden == 0 || self.all == 0 {
            return 0;
        }
        let least = (2 * self.golden).max(self.all / 10);
        let steps = (0..9).flat_map(|power| [2, 5, 10].map(|step| step * 10u32.pow(power)));
        steps.into_iter().find(|step| *step >= least.max(20)).unwrap_or(u32::MAX)
    }

    /// How many of `all` the person finds gone: gold items of the same share are not shown to them, as if others had
    /// answered them too.
    pub(crate) fn share(&self) -> (u32, u32) {
        let all = self.all.max(1);
        if self.finished() { (all, all) } else { (self.gone.min(all), all) }
    }
}

pub(crate) fn ahead(tx: &Transaction<'_>, dataset: DatasetNo, user: UserNo) -> Result<Ahead, StoreError> {
    let mut counts = tx.prepare_cached(
        "SELECT items - gold, open, gold,
             (SELECT submitted + skipped FROM member WHERE dataset = ?1 AND user = ?2),
             (SELECT count(*) FROM gold g CROSS JOIN response r
                  ON r.dataset = g.dataset AND r.item = g.item AND r.user = ?2 WHERE g.dataset = ?1),
             EXISTS (SELECT 1 FROM lease WHERE user = ?2 AND dataset = ?1)
         FROM dataset WHERE no = ?1",
    )?;
    let row = counts.query_row((dataset, user), |row| {
        let said: Option<u32> = row.get(3)?;
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, said.unwrap_or(0), row.get(4)?, row.get(5)?))
    });
    let row: Option<(u32, u32, u32, u32, u32, bool)> = row.optional()?;
    let (all, open, gold, said, said_gold, holding) =
        row.ok_or_else(|| super::datasets::no_dataset(dataset))?;
    let mut begun = tx.prepare_cached(
        "SELECT count(*) FROM (SELECT item FROM response WHERE user = ?2 AND dataset = ?1 ORDER BY tick DESC LIMIT ?3) r
         JOIN task t ON t.dataset = ?1 AND t.item = r.item WHERE t.state = 0",
    )?;
    let begun: u32 = begun.query_row((dataset, user, LOOKED_AT), |row| row.get(0))?;
    let helped = said.saturating_sub(said_gold + begun);
    Ok(Ahead {
        ordinary: open.saturating_sub(begun),
        gold: gold.saturating_sub(said_gold),
        golden: gold,
        holding,
        all,
        gone: all.saturating_sub(open).saturating_sub(helped),
    })
}

impl Store {
    /// How many items this person could still be given, whoever holds them now: each answer and each skip makes it one
    /// less, whether the item was gold or not. It is 0 when nothing ordinary is left and they hold nothing. Exact for a
    /// person's latest 5,000 responses; where there is gold, the last ones are not counted one by one.
    pub fn left(&self, dataset: DatasetNo, user: UserNo) -> Result<Left, StoreError> {
        self.read(|tx| {
            let ahead = ahead(tx, dataset, user)?;
            if ahead.finished() && !ahead.holding {
                return Ok(Left::default());
            }
            let (items, told_from) = (ahead.ordinary.saturating_add(ahead.gold), ahead.told_from());
            let fewer = items < told_from;
            Ok(Left { items: if fewer { told_from } else { items }.into(), fewer })
        })
    }
}
