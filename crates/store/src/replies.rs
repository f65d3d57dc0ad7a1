//! Replies of a language model, by the hash of all that was asked: nothing is paid for twice.

use rusqlite::OptionalExtension;

use crate::{Store, StoreError};

/// A reply that was paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyRow {
    /// The hash of all that was asked: model, address, prompt, limits.
    pub key: String,
    /// The model that replied.
    pub model: String,
    /// What is kept of the reply; never more of a document than the prompt's author chose to ask for.
    pub body: String,
    /// Tokens of the prompts, retries included.
    pub tokens_in: u32,
    /// Tokens of the replies, retries included.
    pub tokens_out: u32,
}

impl Store {
    /// The reply under that key.
    pub fn reply(&self, key: &str) -> Result<Option<ReplyRow>, StoreError> {
        self.read(|tx| {
            let mut one =
                tx.prepare_cached("SELECT model, body, tokens_in, tokens_out FROM reply WHERE key = ?1")?;
            let row = one.query_row([key], |row| {
                Ok(ReplyRow {
                    key: key.to_string(),
                    model: row.get(0)?,
                    body: row.get(1)?,
                    tokens_in: row.get(2)?,
                    tokens_out: row.get(3)?,
                })
            });
            Ok(row.optional()?)
        })
    }

    /// Keeps a reply; one that is there already stays. A crash of the process loses none; a power cut may lose the last.
    pub fn put_reply(&self, reply: &ReplyRow, now: &str) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            let mut put = tx.prepare_cached(
                "INSERT OR IGNORE INTO reply (key, at, model, body, tokens_in, tokens_out)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            let ReplyRow { key, model, body, tokens_in, tokens_out } = reply;
            put.execute((key, now, model, body, tokens_in, tokens_out))?;
            Ok(())
        })
    }
}
