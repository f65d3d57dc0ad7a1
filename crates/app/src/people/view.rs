//! What the verbs about people report.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::people::{Role, Scope};

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserView {
    /// Their name.
    pub user: String,
    /// Their role.
    pub role: Role,
    /// Whether they may log in with a password.
    pub can_log_in: bool,
    /// Since when, RFC 3339.
    pub created_at: String,
    /// Whether they were erased: their name is gone, what they did stays under another.
    pub erased: bool,
}

/// A person added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserAdded {
    /// Their name.
    pub user: String,
    /// Their role.
    pub role: Role,
    /// The password, when it was made up: shown this once and kept nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// A session begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The secret for the cookie, 64 hex digits; only its hash is kept.
    pub secret: String,
    /// What the forms of this session must carry.
    pub csrf: String,
    /// Whose.
    pub user: String,
    /// Their role.
    pub role: Role,
    /// When it ends, RFC 3339.
    pub expires_at: String,
}

/// A token made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenMade {
    /// Names it, to revoke it.
    pub id: String,
    /// The secret, shown this once; only its hash is kept.
    pub token: String,
    /// Whose.
    pub user: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it ends, RFC 3339; `None`: when it is revoked.
    pub expires_at: Option<String>,
}

/// A token in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenView {
    /// Names it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whose.
    pub user: String,
    /// What it may be used for.
    pub scopes: BTreeSet<Scope>,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// When it ends, RFC 3339.
    pub expires_at: Option<String>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogEntry {
    /// Its place, from 1.
    pub seq: u64,
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub by: String,
    /// What, in one or two words.
    pub what: String,
    /// In which dataset; `None` for what concerns none, and for one that was deleted since.
    pub dataset: Option<String>,
    /// About which item.
    pub item: Option<String>,
    /// The details.
    pub body: serde_json::Value,
    /// The hash that chains it to the one before.
    pub hash: String,
}

/// Whether the log is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogVerified {
    /// Entries checked.
    pub entries: u64,
    /// Whether every hash fits.
    pub verified: bool,
    /// What does not fit, in words.
    pub problems: Vec<String>,
    /// The hash of the last entry: note it elsewhere to prove later that nothing was cut off.
    pub head: String,
}
