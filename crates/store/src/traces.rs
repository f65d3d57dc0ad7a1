//! Traces of served answers, and the small facts about the workspace.

use engraft_core::DocNo;
use rusqlite::{OptionalExtension, Transaction};
use serde_json::Value;

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

/// Erases what traces quote of a document: the quotes of its citations, the text of every answer that cites it, which is
/// made of such quotes, and the notes wherever it was found. Scores, ids and spans stay, so that a trace still tells what
/// happened.
pub(crate) fn erase_quotes(tx: &Transaction<'_>, doc: DocNo) -> Result<(), StoreError> {
    let doc_id: String =
        tx.query_row("SELECT doc_id FROM document WHERE no = ?1", [doc], |row| row.get(0))?;
    let mut naming = tx.prepare_cached("SELECT id, body FROM trace WHERE instr(body, ?1) > 0")?;
    let mut rows = naming.query([&doc_id])?;
    let mut erased: Vec<(String, String)> = Vec::new();
    while let Some(row) = rows.next()? {
        let mut body: Value = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        erase_from(&mut body, &doc_id);
        erased.push((row.get(0)?, serde_json::to_string(&body)?));
    }
    let mut put = tx.prepare_cached("UPDATE trace SET body = ?2 WHERE id = ?1")?;
    for (id, body) in &erased {
        put.execute((id, body))?;
    }
    Ok(())
}

/// Whether a citation of the document is in it.
fn erase_from(value: &mut Value, doc_id: &str) -> bool {
    match value {
        Value::Array(values) => values.iter_mut().fold(false, |any, value| erase_from(value, doc_id) | any),
        Value::Object(object) => {
            let mut cites = false;
            for value in object.values_mut() {
                cites |= erase_from(value, doc_id);
            }
            if let Some(Value::Array(notes)) = object.get_mut("notes") {
                notes.clear();
            }
            if cites && let Some(Value::String(answer)) = object.get_mut("answer") {
                answer.clear();
            }
            if object.get("doc_id").and_then(Value::as_str) == Some(doc_id)
                && let Some(Value::String(quote)) = object.get_mut("quote")
            {
                quote.clear();
                cites = true;
            }
            cites
        }
        _ => false,
    }
}
