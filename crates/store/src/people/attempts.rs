//! Attempts to sign in: each is noted before its password is looked at, so that no burst slips past the limit.

use rusqlite::Transaction;

use crate::annotation::Millis;
use crate::{Store, StoreError};

/// Something attempts are counted under, such as a name or an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts<'a> {
    /// What they have in common.
    pub key: &'a str,
    /// How many may fail before the next must wait.
    pub most: u32,
    /// Whether a success makes earlier failures forgotten.
    pub forgiving: bool,
}

impl Store {
    /// Notes an attempt as failed under every key, unless one of them had its failures since `since`; whether it may go on.
    /// Older attempts are forgotten. Several at once, in whatever process, are counted one after the other.
    pub fn begin_attempt(
        &self,
        under: &[Attempts<'_>],
        since: Millis,
        now: Millis,
    ) -> Result<bool, StoreError> {
        self.write_soon(|tx| {
            tx.prepare_cached("DELETE FROM attempt WHERE at < ?1")?.execute([since])?;
            for Attempts { key, most, .. } in under {
                if failures(tx, key)? >= *most {
                    return Ok(false);
                }
            }
            let mut add = tx.prepare_cached("INSERT INTO attempt (key, ok, at) VALUES (?1, 0, ?2)")?;
            for Attempts { key, .. } in under {
                add.execute((key, now))?;
            }
            Ok(true)
        })
    }

    /// An attempt that [`Store::begin_attempt`] noted succeeded after all: it counts against nothing, and forgiving keys
    /// forget what failed before it.
    pub fn attempt_succeeded(&self, under: &[Attempts<'_>], now: Millis) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            let mut all = tx.prepare_cached("DELETE FROM attempt WHERE key = ?1")?;
            let mut one = tx.prepare_cached(
                "DELETE FROM attempt WHERE no = (SELECT max(no) FROM attempt WHERE key = ?1 AND at = ?2)",
            )?;
            for Attempts { key, forgiving, .. } in under {
                match forgiving {
                    true => all.execute([key])?,
                    false => one.execute((key, now))?,
                };
            }
            Ok(())
        })
    }
}

fn failures(tx: &Transaction<'_>, key: &str) -> Result<u32, StoreError> {
    let mut count = tx.prepare_cached("SELECT count(*) FROM attempt WHERE key = ?1 AND ok = 0")?;
    Ok(count.query_row([key], |row| row.get(0))?)
}
