//! Sessions of people who signed in, by the hash of what their browser keeps.

use rusqlite::OptionalExtension;

use super::UserNo;
use crate::annotation::Millis;
use crate::{Store, StoreError};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The hash of its secret.
    pub hash: String,
    /// Whose.
    pub user: UserNo,
    /// What its forms must bring back.
    pub csrf: String,
    /// Since when.
    pub created_at: Millis,
    /// Until when.
    pub expires_at: Millis,
}

impl Store {
    /// Begins a session, or changes the one with that hash.
    pub fn put_session(&self, session: &SessionRow) -> Result<(), StoreError> {
        self.write(|tx| {
            let mut put = tx.prepare_cached(
                "INSERT OR REPLACE INTO session (hash, user, csrf, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            let SessionRow { hash, user, csrf, created_at, expires_at } = session;
            put.execute((hash, user, csrf, created_at, expires_at))?;
            Ok(())
        })
    }

    /// The session of that hash, unless it ended or its user may not come in.
    pub fn session(&self, hash: &str, now: Millis) -> Result<Option<SessionRow>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(
                "SELECT s.hash, s.user, s.csrf, s.created_at, s.expires_at FROM session s JOIN user u ON u.no = s.user
                 WHERE s.hash = ?1 AND s.expires_at > ?2 AND u.active = 1",
            )?;
            let row = one.query_row((hash, now), |row| {
                Ok(SessionRow {
                    hash: row.get(0)?,
                    user: row.get(1)?,
                    csrf: row.get(2)?,
                    created_at: row.get(3)?,
                    expires_at: row.get(4)?,
                })
            });
            Ok(row.optional()?)
        })
    }

    /// Gives a session more time.
    pub fn extend_session(&self, hash: &str, expires_at: Millis) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            let mut set =
                tx.prepare_cached("UPDATE session SET expires_at = max(expires_at, ?2) WHERE hash = ?1")?;
            set.execute((hash, expires_at))?;
            Ok(())
        })
    }

    /// Ends a session; whether there was one.
    pub fn drop_session(&self, hash: &str) -> Result<bool, StoreError> {
        self.write(|tx| Ok(tx.execute("DELETE FROM session WHERE hash = ?1", [hash])? > 0))
    }

    /// Ends all sessions of a user; how many there were.
    pub fn drop_sessions(&self, user: UserNo) -> Result<usize, StoreError> {
        self.write(|tx| Ok(tx.execute("DELETE FROM session WHERE user = ?1", [user])?))
    }

    /// Forgets sessions that ended; how many.
    pub fn prune_sessions(&self, now: Millis) -> Result<usize, StoreError> {
        self.write_soon(|tx| Ok(tx.execute("DELETE FROM session WHERE expires_at <= ?1", [now])?))
    }
}
