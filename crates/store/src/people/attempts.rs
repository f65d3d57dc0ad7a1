//! Attempts to sign in, for whoever limits how many there may be.

use crate::annotation::Millis;
use crate::{Store, StoreError};

impl Store {
    /// Notes an attempt under a key, such as a name or an address.
    pub fn note_attempt(&self, key: &str, ok: bool, now: Millis) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            let mut add = tx.prepare_cached("INSERT INTO attempt (key, ok, at) VALUES (?1, ?2, ?3)")?;
            add.execute((key, ok, now))?;
            Ok(())
        })
    }

    /// Failed attempts under a key since a moment, and since the last one that succeeded.
    pub fn failed_attempts(&self, key: &str, since: Millis) -> Result<u32, StoreError> {
        self.read(|tx| {
            let mut count = tx.prepare_cached(
                "SELECT count(*) FROM attempt WHERE key = ?1 AND at >= ?2 AND ok = 0
                     AND no > ifnull((SELECT max(no) FROM attempt WHERE key = ?1 AND at >= ?2 AND ok = 1), 0)",
            )?;
            Ok(count.query_row((key, since), |row| row.get(0))?)
        })
    }

    /// Forgets attempts before a moment; how many.
    pub fn prune_attempts(&self, before: Millis) -> Result<usize, StoreError> {
        self.write_soon(|tx| Ok(tx.execute("DELETE FROM attempt WHERE at < ?1", [before])?))
    }
}
