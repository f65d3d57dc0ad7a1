//! The schema, as numbered steps that are never edited once released.
//!
//! `document` is identity: a row stays for ever, so that numbers are never reused and histories survive. `live` is what
//! exists now: removing a document deletes its `live` and `chunk` rows, and every query goes through those.

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

/// Step `n` brings schema `n` to schema `n + 1`.
const STEPS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
];

/// The schema this build reads and writes.
pub(crate) const LATEST: u32 = STEPS.len() as u32;

/// Marks a file as a knowledge base: `Engr` in ASCII, kept in SQLite's header.
pub(crate) const APPLICATION_ID: i32 = 0x456e_6772;

/// Brings the file to [`LATEST`]; of several processes that try at once, one does the work and the others find it done.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for step in STEPS.iter().skip(found as usize) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", LATEST.max(found))?;
    Ok(tx.commit()?)
}
