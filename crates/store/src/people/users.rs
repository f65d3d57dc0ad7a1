//! Users and their roles.

use rusqlite::{OptionalExtension, Row, Transaction};

use super::UserNo;
use crate::annotation::{Millis, NewEvent, append_event};
use crate::{Store, StoreError};

/// What somebody may do; each may do what those below may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Viewer,
    /// Answer items.
    Annotator,
    /// Decide items.
    Reviewer,
    /// Run datasets.
    Lead,
    /// Everything.
    Owner,
}

impl Role {
    const ALL: [Role; 5] = [Role::Viewer, Role::Annotator, Role::Reviewer, Role::Lead, Role::Owner];

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Its name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Annotator => "annotator",
            Role::Reviewer => "reviewer",
            Role::Lead => "lead",
            Role::Owner => "owner",
        }
    }

    fn from_sql(number: u8) -> Role {
        Role::ALL.get(usize::from(number)).copied().unwrap_or(Role::Viewer)
    }
}

/// A user to be.
#[derive(Clone, Copy, Debug)]
pub struct NewUser<'a> {
    /// Unique in the workspace.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// The hash of their password; without one they cannot sign in.
    pub password: Option<&'a str>,
    /// A secret random string, at least 16 hex digits: salts what the event log keeps of them. Never shown.
    pub salt: &'a str,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Their number.
    pub no: UserNo,
    /// Their name; once they were erased, `user-` and their number.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The hash of their password.
    pub password: Option<String>,
    /// Whether they may come in.
    pub active: bool,
    /// Since when.
    pub created_at: Millis,
    /// When they were erased.
    pub erased_at: Option<Millis>,
}

const COLUMNS: &str = "no, ifnull(name, 'user-' || no), role, password, active, created_at, erased_at";

impl Store {
    /// Adds a user; their number.
    pub fn create_user(
        &self,
        new: &NewUser<'_>,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<UserNo, StoreError> {
        self.write(|tx| add_user(tx, new, by, now))
    }

    /// The user of that name.
    pub fn user(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE name = ?1"))?;
            Ok(one.query_row([name], user_from).optional()?)
        })
    }

    /// The user of that number.
    pub fn user_by_no(&self, no: UserNo) -> Result<Option<UserRow>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM user WHERE no = ?1"))?;
            Ok(one.query_row([no], user_from).optional()?)
        })
    }

    /// All users, by number.
    pub fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM user ORDER BY no"))?;
            Ok(all.query_map([], user_from)?.collect::<Result<_, _>>()?)
        })
    }

    /// Changes what somebody may do.
    pub fn set_role(
        &self,
        user: UserNo,
        role: Role,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let body = serde_json::json!({"user": user, "role": role.name()}).to_string();
        self.set_user(
            user,
            "role",
            &(role as u8),
            &NewEvent { kind: "role_set", body: &body, at: now, user: by, ..NewEvent::default() },
        )
    }

    /// Changes the hash of somebody's password; `None`: they cannot sign in.
    pub fn set_password(
        &self,
        user: UserNo,
        password: Option<&str>,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let body = serde_json::json!({"user": user}).to_string();
        self.set_user(
            user,
            "password",
            &password,
            &NewEvent { kind: "password_set", body: &body, at: now, user: by, ..NewEvent::default() },
        )
    }

    /// Lets somebody in, or no longer.
    pub fn set_active(
        &self,
        user: UserNo,
        active: bool,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let body = serde_json::json!({"user": user, "active": active}).to_string();
        self.set_user(
            user,
            "active",
            &active,
            &NewEvent { kind: "active_set", body: &body, at: now, user: by, ..NewEvent::default() },
        )
    }

    fn set_user(
        &self,
        user: UserNo,
        column: &str,
        value: &dyn rusqlite::ToSql,
        event: &NewEvent<'_>,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            let sql = format!("UPDATE user SET {column} = ?2 WHERE no = ?1 AND erased_at IS NULL");
            if tx.prepare_cached(&sql)?.execute((user, value))? == 0 {
                return Err(StoreError::NoSuch { what: "user", name: user.to_string() });
            }
            append_event(tx, event)?;
            Ok(())
        })
    }
}

fn user_from(row: &Row<'_>) -> rusqlite::Result<UserRow> {
    Ok(UserRow {
        no: row.get(0)?,
        name: row.get(1)?,
        role: Role::from_sql(row.get(2)?),
        password: row.get(3)?,
        active: row.get(4)?,
        created_at: row.get(5)?,
        erased_at: row.get(6)?,
    })
}

/// Adds a user; their number.
pub(crate) fn add_user(
    tx: &Transaction<'_>,
    new: &NewUser<'_>,
    by: Option<UserNo>,
    now: Millis,
) -> Result<UserNo, StoreError> {
    let mut add = tx.prepare_cached(
        "INSERT INTO user (name, role, password, salt, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING RETURNING no",
    )?;
    let NewUser { name, role, password, salt } = *new;
    let no = add.query_row((name, role as u8, password, salt, now), |row| row.get(0)).optional()?;
    let Some(no) = no else {
        return Err(StoreError::Taken { what: "user", name: name.to_string() });
    };
    let body = serde_json::json!({"user": no, "role": role.name()}).to_string();
    let personal = serde_json::json!({"name": name}).to_string();
    append_event(
        tx,
        &NewEvent {
            at: now,
            user: by,
            kind: "user_created",
            body: &body,
            personal: Some((no, &personal)),
            ..NewEvent::default()
        },
    )?;
    Ok(no)
}
