//! API tokens, by the hash of what their holder sends, with what they may be used for.

use rusqlite::{OptionalExtension, Row};

use super::UserNo;
use crate::annotation::{Millis, NewEvent, append_event};
use crate::{Store, StoreError};

/// A token to be.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// The hash of its secret.
    pub hash: &'a str,
    /// Whose.
    pub user: UserNo,
    /// What its holder calls it.
    pub name: &'a str,
    /// What it may be used for.
    pub scopes: &'a [String],
    /// Until when; `None`: until it is revoked.
    pub expires_at: Option<Millis>,
}

/// A token; its secret is known to its holder alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its number.
    pub id: u32,
    /// Whose.
    pub user: UserNo,
    /// What its holder calls it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// Since when.
    pub created_at: Millis,
    /// Until when.
    pub expires_at: Option<Millis>,
    /// When it was used last, to the minute.
    pub used_at: Option<Millis>,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// Noting every single use would make every request a write.
const NOTED_EVERY_MS: i64 = 60_000;

const COLUMNS: &str = "t.id, t.user, t.name, t.scopes, t.created_at, t.expires_at, t.used_at, t.revoked_at";

impl Store {
    /// Adds a token; its number.
    pub fn put_token(&self, new: &NewToken<'_>, by: Option<UserNo>, now: Millis) -> Result<u32, StoreError> {
        self.write(|tx| {
            let NewToken { hash, user, name, scopes, expires_at } = *new;
            let scopes = serde_json::to_string(scopes)?;
            let mut add = tx.prepare_cached(
                "INSERT INTO api_token (hash, user, name, scopes, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO NOTHING RETURNING id",
            )?;
            let id = add.query_row((hash, user, name, &scopes, now, expires_at), |row| row.get(0)).optional()?;
            let Some(id) = id else { return Err(StoreError::Taken { what: "token", name: name.to_string() }) };
            let body = format!("{{\"token\":{id},\"user\":{user},\"scopes\":{scopes}}}");
            append_event(
                tx,
                &NewEvent { at: now, user: by, kind: "token_created", body: &body, ..NewEvent::default() },
            )?;
            Ok(id)
        })
    }

    /// The token of that hash, unless it ended, was revoked, or its user may not come in. Notes that it was used.
    pub fn token(&self, hash: &str, now: Millis) -> Result<Option<TokenRow>, StoreError> {
        let found = self.read(|tx| {
            let mut one = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM api_token t JOIN user u ON u.no = t.user
                 WHERE t.hash = ?1 AND t.revoked_at IS NULL AND ifnull(t.expires_at > ?2, 1) AND u.active = 1"
            ))?;
            one.query_row((hash, now), |row| Ok(token_from(row))).optional()?.transpose()
        })?;
        if let Some(found) = &found
            && found.used_at.is_none_or(|used| used + NOTED_EVERY_MS <= now)
        {
            self.write_soon(|tx| {
                tx.execute("UPDATE api_token SET used_at = ?2 WHERE id = ?1", (found.id, now))?;
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// A user's tokens, revoked ones too, oldest first.
    pub fn tokens(&self, user: UserNo) -> Result<Vec<TokenRow>, StoreError> {
        self.read(|tx| {
            let sql = format!("SELECT {COLUMNS} FROM api_token t WHERE t.user = ?1 ORDER BY t.id");
            let mut all = tx.prepare_cached(&sql)?;
            let rows = all.query_map([user], |row| Ok(token_from(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// Ends a token; whether it was alive.
    pub fn revoke_token(&self, id: u32, by: Option<UserNo>, now: Millis) -> Result<bool, StoreError> {
        self.write(|tx| {
            let sql = "UPDATE api_token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL";
            if tx.execute(sql, (id, now))? == 0 {
                return Ok(false);
            }
            let body = serde_json::json!({"token": id}).to_string();
            append_event(
                tx,
                &NewEvent { at: now, user: by, kind: "token_revoked", body: &body, ..NewEvent::default() },
            )?;
            Ok(true)
        })
    }
}

fn token_from(row: &Row<'_>) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        id: row.get(0)?,
        user: row.get(1)?,
        name: row.get(2)?,
        scopes: serde_json::from_str(row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        used_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}
