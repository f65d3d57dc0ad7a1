//! Traces of served answers, and the small facts about the workspace.

use rusqlite::OptionalExtension;

use crate::{Store, StoreError};

impl Store {
    /// Keeps a trace under its id; the same id replaces it. Nothing derived depends on traces.
    pub fn put_trace(&self, id: &str, body: &serde_json::Value, now: &str) -> Result<(), StoreError> {
        let body = serde_json::to_string(body)?;
        self.write(|tx| {
            let mut put =
                tx.prepare_cached("INSERT OR REPLACE INTO trace (id, at, body) VALUES (?1, ?2, ?3)")?;
            put.execute((id, now, &body))?;
            Ok(())
        })
    }

    /// The trace of that id.
    pub fn trace(&self, id: &str) -> Result<Option<serde_json::Value>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached("SELECT body FROM trace WHERE id = ?1")?;
            let body: Option<String> = one.query_row([id], |row| row.get(0)).optional()?;
            Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
        })
    }

    /// A fact about the workspace, such as its name or its default model.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
            Ok(one.query_row([key], |row| row.get(0)).optional()?)
        })
    }

    /// Sets a fact about the workspace.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)", (key, value))?;
            Ok(())
        })
    }
}
