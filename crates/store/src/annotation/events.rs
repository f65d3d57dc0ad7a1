//! The event log: append-only, each row hashed together with the hash before it.
//!
//! A row holds numbers and plain facts. What is personal lies outside the chain; the row keeps a digest of it, salted with
//! a secret of the person. Erasing a person takes the personal parts and the salt away and leaves every hash as it was.

use engraft_core::content_hash;
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{DatasetNo, ItemNo, Millis};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// Something that happened.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewEvent<'a> {
    /// When.
    pub at: Millis,
    /// Whose doing.
    pub user: Option<UserNo>,
    /// In which dataset.
    pub dataset: Option<DatasetNo>,
    /// About which item.
    pub item: Option<ItemNo>,
    /// One word or two in snake case.
    pub kind: &'a str,
    /// JSON; nothing in it may name or describe a person but by number.
    pub body: &'a str,
    /// JSON about a user, kept outside the chain until that person is erased.
    pub personal: Option<(UserNo, &'a str)>,
}

/// An event on file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// From 1, without gaps.
    pub no: u64,
    /// When.
    pub at: Millis,
    /// Whose doing.
    pub user: Option<UserNo>,
    /// In which dataset.
    pub dataset: Option<DatasetNo>,
    /// About which item.
    pub item: Option<ItemNo>,
    /// What happened.
    pub kind: String,
    /// JSON.
    pub body: String,
    /// Whom its personal part is about.
    pub about: Option<UserNo>,
    /// The salted digest of its personal part.
    pub digest: Option<String>,
    /// Of this row and all before it.
    pub hash: String,
    /// The personal part, unless the person was erased or there is none.
    pub personal: Option<String>,
}

/// Which events; everything that is `None` is not asked about.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventFilter<'a> {
    /// In this dataset.
    pub dataset: Option<DatasetNo>,
    /// About this item; needs `dataset`.
    pub item: Option<ItemNo>,
    /// By this user.
    pub user: Option<UserNo>,
    /// Of this kind.
    pub kind: Option<&'a str>,
    /// Older than this one; `None`: from the newest.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl Store {
    /// Appends an event; its number.
    pub fn log(&self, event: &NewEvent<'_>) -> Result<u64, StoreError> {
        self.write(|tx| append_event(tx, event))
    }

    /// Events, newest first.
    pub fn events(&self, filter: &EventFilter<'_>) -> Result<Vec<EventRow>, StoreError> {
        self.read(|tx| {
            // Only about one item is there an index worth taking; the rest reads backwards until it has enough.
            let which = match filter.item {
                Some(_) => "e.dataset = ?1 AND e.item = ?2",
                None => "(?1 IS NULL OR e.dataset = ?1) AND ?2 IS NULL",
            };
            let mut find = tx.prepare_cached(&format!(
                "SELECT e.no, e.at, e.user, e.dataset, e.item, e.kind, e.body, e.about, e.digest, e.hash, p.body
                 FROM event e LEFT JOIN event_person p ON p.event = e.no
                 WHERE {which} AND (?3 IS NULL OR e.user = ?3) AND (?4 IS NULL OR e.kind = ?4) AND e.no < ?5
                 ORDER BY e.no DESC LIMIT ?6"
            ))?;
            let EventFilter { dataset, item, user, kind, before, limit } = *filter;
            let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = find.query_map((dataset, item, user, kind, before, limit), event_from)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many events there are, and the hash of the last. Whoever keeps a copy elsewhere can later prove that none before
    /// it was touched.
    pub fn event_head(&self) -> Result<(u64, String), StoreError> {
        self.read(head)
    }
}

pub(crate) fn head(tx: &Transaction<'_>) -> Result<(u64, String), StoreError> {
    let mut find = tx.prepare_cached("SELECT no, hash FROM event_head")?;
    Ok(find.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

pub(crate) fn append_event(tx: &Transaction<'_>, event: &NewEvent<'_>) -> Result<u64, StoreError> {
    let Some((about, personal)) = event.personal else { return append_vouched(tx, event, None) };
    let digest = digest_of(&salt_of(tx, about)?.unwrap_or_default(), personal);
    let no = append_vouched(tx, event, Some((about, &digest)))?;
    let mut keep = tx.prepare_cached("INSERT INTO event_person (event, user, body) VALUES (?1, ?2, ?3)")?;
    keep.execute((no, about, personal))?;
    Ok(no)
}

/// Appends an event that vouches by a digest for something personal about somebody; where that lies is the caller's.
pub(crate) fn append_vouched(
    tx: &Transaction<'_>,
    event: &NewEvent<'_>,
    vouched: Option<(UserNo, &str)>,
) -> Result<u64, StoreError> {
    let (last, before) = head(tx)?;
    let no = last + 1;
    let NewEvent { at, user, dataset, item, kind, body, .. } = *event;
    let (about, digest) = vouched.unzip();
    let hash = chained(&before, &(no, at, user, dataset, item, kind, body, about, digest))?;
    let mut add = tx.prepare_cached(
        "INSERT INTO event (no, at, user, dataset, item, kind, body, about, digest, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    add.execute((no, at, user, dataset, item, kind, body, about, digest, &hash))?;
    tx.prepare_cached("UPDATE event_head SET no = ?1, hash = ?2")?.execute((no, &hash))?;
    Ok(no)
}

/// What a row of the chain says, in the order it is hashed.
pub(crate) type Said<'a> = (
    u64,
    Millis,
    Option<UserNo>,
    Option<DatasetNo>,
    Option<ItemNo>,
    &'a str,
    &'a str,
    Option<UserNo>,
    Option<&'a str>,
);

pub(crate) fn chained(before: &str, said: &Said<'_>) -> Result<String, StoreError> {
    let row = serde_json::to_string(&(before, said))?;
    Ok(content_hash(row.as_bytes()))
}

/// The digest that vouches for something personal.
pub(crate) fn digest_of(salt: &str, personal: &str) -> String {
    content_hash(format!("{salt}\n{personal}").as_bytes())
}

/// A person's salt; `None` once they were erased, an error when there is nobody of that number.
pub(crate) fn salt_of(tx: &Transaction<'_>, user: UserNo) -> Result<Option<String>, StoreError> {
    let mut find = tx.prepare_cached("SELECT salt FROM user WHERE no = ?1")?;
    let salt = find.query_row([user], |row| row.get(0)).optional()?;
    salt.ok_or_else(|| StoreError::NoSuch { what: "user", name: user.to_string() })
}

pub(crate) fn event_from(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        no: row.get(0)?,
        at: row.get(1)?,
        user: row.get(2)?,
        dataset: row.get(3)?,
        item: row.get(4)?,
        kind: row.get(5)?,
        body: row.get(6)?,
        about: row.get(7)?,
        digest: row.get(8)?,
        hash: row.get(9)?,
        personal: row.get(10)?,
    })
}
