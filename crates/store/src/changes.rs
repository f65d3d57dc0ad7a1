//! The change log, from which an index in another process, or one that missed a crash, catches up.

use std::collections::BTreeSet;

use rusqlite::{Row, Transaction};

use crate::{Changes, Store, StoreError};

impl Store {
    /// Grows by one with every transaction that changes what a query may see.
    pub fn index_version(&self) -> Result<u64, StoreError> {
        self.read(index_version)
    }

    /// What an index at `version` has to do to catch up, net; `None` when that is no longer known (or never was: the
    /// index is newer than a restored database), so it must be rebuilt.
    pub fn changes_since(&self, version: u64) -> Result<Option<Changes>, StoreError> {
        self.read(|tx| {
            let upto = index_version(tx)?;
            if version < counter(tx, "changes_floor")? || version > upto {
                return Ok(None);
            }
            let mut changes = Changes { upto, ..Changes::default() };
            let mut log = tx.prepare_cached(
                "SELECT index_version, changed, added, embedded, removed, forgotten FROM change
                 WHERE index_version > ?1 ORDER BY index_version",
            )?;
            let mut rows = log.query([version])?;
            while let Some(row) = rows.next()? {
                changes.then(&Changes {
                    upto: row.get(0)?,
                    changed: numbers(row, 1)?,
                    added: numbers(row, 2)?,
                    embedded: numbers(row, 3)?,
                    removed: numbers(row, 4)?,
                    forgotten: numbers(row, 5)?,
                });
            }
            Ok(Some(changes))
        })
    }

    /// Forgets the log up to and including `version`; indexes older than that must be rebuilt. Returns how many entries
    /// went.
    pub fn prune_changes(&self, version: u64) -> Result<usize, StoreError> {
        self.write(|tx| {
            let version = version.min(index_version(tx)?);
            let pruned = tx.execute("DELETE FROM change WHERE index_version <= ?1", [version])?;
            tx.execute("UPDATE counter SET value = max(value, ?1) WHERE name = 'changes_floor'", [version])?;
            Ok(pruned)
        })
    }
}

pub(crate) fn index_version(tx: &Transaction<'_>) -> Result<u64, StoreError> {
    counter(tx, "index_version")
}

fn counter(tx: &Transaction<'_>, name: &str) -> Result<u64, StoreError> {
    let mut find = tx.prepare_cached("SELECT value FROM counter WHERE name = ?1")?;
    Ok(find.query_row([name], |row| row.get(0))?)
}

/// Writes what a transaction did, unless it did nothing visible; sets `upto` to the index version after it.
pub(crate) fn append(tx: &Transaction<'_>, changes: &mut Changes, now: &str) -> Result<(), StoreError> {
    changes.upto = index_version(tx)?;
    if changes.is_empty() {
        return Ok(());
    }
    changes.upto += 1;
    tx.prepare_cached("UPDATE counter SET value = ?1 WHERE name = 'index_version'")?
        .execute([changes.upto])?;
    let mut log = tx.prepare_cached(
        "INSERT INTO change (index_version, at, changed, added, embedded, removed, forgotten)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    log.execute((
        changes.upto,
        now,
        blob(&changes.changed),
        blob(&changes.added),
        blob(&changes.embedded),
        blob(&changes.removed),
        blob(&changes.forgotten),
    ))?;
    Ok(())
}

fn blob(numbers: &BTreeSet<u32>) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn numbers(row: &Row<'_>, column: usize) -> Result<BTreeSet<u32>, StoreError> {
    let body = row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?;
    Ok(body.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
}
