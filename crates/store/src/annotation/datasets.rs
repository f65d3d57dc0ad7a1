//! Datasets, and the versions of their schema; the content address of a schema is the guideline version.

use engraft_core::content_hash;
use rusqlite::{OptionalExtension, Row, Transaction};

use super::{DatasetNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// A dataset and its current schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetRow {
    /// Its number.
    pub no: DatasetNo,
    /// Its name, unique in the workspace.
    pub name: String,
    /// The content address of its current schema.
    pub guideline: String,
    /// Its current schema, JSON as it was given.
    pub schema: String,
    /// When it was made.
    pub created_at: Millis,
}

/// A version of a dataset's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuidelineRow {
    /// Its content address.
    pub hash: String,
    /// The schema; `None` when imported responses name this version but nobody here has it.
    pub schema: Option<String>,
    /// Who made it.
    pub by: Option<UserNo>,
    /// When.
    pub created_at: Millis,
}

/// The name, so to speak, of the one dataset that an import is making; nobody sees it, and nobody can type it.
pub(crate) const UNNAMED: &str = "\u{1}";

const DATASETS: &str =
    "SELECT d.no, d.name, g.hash, g.body, d.created_at FROM dataset d JOIN guideline g ON g.no = d.guideline
     WHERE d.name <> char(1)";

impl Store {
    /// Makes an empty dataset.
    pub fn create_dataset(
        &self,
        name: &str,
        schema: &str,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<DatasetRow, StoreError> {
        self.write(|tx| add_dataset(tx, name, schema, by, now))
    }

    /// Makes this schema the current one; returns its content address. The versions before it stay, and so do the stamps
    /// on the responses given under them.
    pub fn set_schema(
        &self,
        dataset: DatasetNo,
        schema: &str,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<String, StoreError> {
        self.write(|tx| {
            let hash = set_current(tx, dataset, schema, by, now)?;
            let body = serde_json::json!({"guideline": hash}).to_string();
            append_event(
                tx,
                &NewEvent {
                    at: now,
                    user: by,
                    dataset: Some(dataset),
                    kind: "schema_set",
                    body: &body,
                    ..NewEvent::default()
                },
            )?;
            Ok(hash)
        })
    }

    /// The dataset of that name.
    pub fn dataset(&self, name: &str) -> Result<Option<DatasetRow>, StoreError> {
        self.read(|tx| one(tx, "d.name = ?1", name))
    }

    /// The dataset of that number.
    pub fn dataset_by_no(&self, no: DatasetNo) -> Result<Option<DatasetRow>, StoreError> {
        self.read(|tx| one(tx, "d.no = ?1", no))
    }

    /// All datasets, in the order they were made.
    pub fn datasets(&self) -> Result<Vec<DatasetRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(&format!("{DATASETS} ORDER BY d.no"))?;
            Ok(all.query_map([], dataset_from)?.collect::<Result<_, _>>()?)
        })
    }

    /// All versions of a dataset's schema, oldest first.
    pub fn guidelines(&self, dataset: DatasetNo) -> Result<Vec<GuidelineRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(
                "SELECT hash, body, by, created_at FROM guideline WHERE dataset = ?1 ORDER BY no",
            )?;
            let rows = all.query_map([dataset], |row| {
                Ok(GuidelineRow {
                    hash: row.get(0)?,
                    schema: row.get(1)?,
                    by: row.get(2)?,
                    created_at: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) fn no_dataset(no: DatasetNo) -> StoreError {
    StoreError::NoSuch { what: "dataset", name: no.to_string() }
}

/// The row number of a guideline version; one that nobody here has is noted by its address alone.
pub(crate) fn guideline_no(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    hash: &str,
    now: Millis,
) -> Result<u32, StoreError> {
    let mut find = tx.prepare_cached("SELECT no FROM guideline WHERE dataset = ?1 AND hash = ?2")?;
    if let Some(no) = find.query_row((dataset, hash), |row| row.get(0)).optional()? {
        return Ok(no);
    }
    let mut add = tx.prepare_cached(
        "INSERT INTO guideline (dataset, hash, created_at) VALUES (?1, ?2, ?3) RETURNING no",
    )?;
    Ok(add.query_row((dataset, hash, now), |row| row.get(0))?)
}

fn set_current(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    schema: &str,
    by: Option<UserNo>,
    now: Millis,
) -> Result<String, StoreError> {
    let hash = content_hash(schema.as_bytes());
    let mut put = tx.prepare_cached(
        "INSERT INTO guideline (dataset, hash, body, by, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (dataset, hash) DO UPDATE SET body = excluded.body RETURNING no",
    )?;
    let no: u32 = put.query_row((dataset, &hash, schema, by, now), |row| row.get(0))?;
    let set = tx.execute("UPDATE dataset SET guideline = ?2 WHERE no = ?1", (dataset, no))?;
    if set == 0 {
        return Err(no_dataset(dataset));
    }
    Ok(hash)
}

fn one(
    tx: &Transaction<'_>,
    which: &str,
    key: impl rusqlite::ToSql,
) -> Result<Option<DatasetRow>, StoreError> {
    let mut one = tx.prepare_cached(&format!("{DATASETS} AND {which}"))?;
    Ok(one.query_row([key], dataset_from).optional()?)
}

fn dataset_from(row: &Row<'_>) -> rusqlite::Result<DatasetRow> {
    Ok(DatasetRow {
        no: row.get(0)?,
        name: row.get(1)?,
        guideline: row.get(2)?,
        schema: row.get(3)?,
        created_at: row.get(4)?,
    })
}

/// Makes an empty dataset.
pub(crate) fn add_dataset(
    tx: &Transaction<'_>,
    name: &str,
    schema: &str,
    by: Option<UserNo>,
    now: Millis,
) -> Result<DatasetRow, StoreError> {
    let no = insert(tx, name, schema, by, now)?;
    created(tx, no, name, by, now)?;
    one(tx, "d.no = ?1", no)?.ok_or_else(|| no_dataset(no))
}

/// Makes an empty dataset that nobody sees before [`name_dataset`]. An error when the name that it will get is taken.
pub(crate) fn add_unnamed(
    tx: &Transaction<'_>,
    name: &str,
    schema: &str,
    by: Option<UserNo>,
    now: Millis,
) -> Result<DatasetNo, StoreError> {
    if tx.prepare_cached("SELECT 1 FROM dataset WHERE name = ?1")?.exists([name])? {
        return Err(taken(name));
    }
    insert(tx, UNNAMED, schema, by, now)
}

fn insert(
    tx: &Transaction<'_>,
    name: &str,
    schema: &str,
    by: Option<UserNo>,
    now: Millis,
) -> Result<DatasetNo, StoreError> {
    let mut add = tx.prepare_cached(
        "INSERT INTO dataset (name, guideline, created_at, salt) VALUES (?1, 0, ?2, lower(hex(randomblob(16))))
         ON CONFLICT DO NOTHING RETURNING no",
    )?;
    let no: Option<DatasetNo> = add.query_row((name, now), |row| row.get(0)).optional()?;
    let no = no.ok_or_else(|| taken(name))?;
    set_current(tx, no, schema, by, now)?;
    Ok(no)
}

/// Gives a dataset its name, from when on it is there.
pub(crate) fn name_dataset(
    tx: &Transaction<'_>,
    no: DatasetNo,
    name: &str,
    by: Option<UserNo>,
    now: Millis,
) -> Result<(), StoreError> {
    let mut set = tx.prepare_cached("UPDATE OR IGNORE dataset SET name = ?2 WHERE no = ?1")?;
    if set.execute((no, name))? == 0 {
        return Err(taken(name));
    }
    created(tx, no, name, by, now)
}

fn created(
    tx: &Transaction<'_>,
    no: DatasetNo,
    name: &str,
    by: Option<UserNo>,
    now: Millis,
) -> Result<(), StoreError> {
    let mut hash = tx.prepare_cached(
        "SELECT g.hash FROM dataset d JOIN guideline g ON g.no = d.guideline WHERE d.no = ?1",
    )?;
    let hash: String = hash.query_row([no], |row| row.get(0))?;
    let body = serde_json::json!({"name": name, "guideline": hash}).to_string();
    let event = NewEvent {
        at: now,
        user: by,
        dataset: Some(no),
        kind: "dataset_created",
        body: &body,
        ..NewEvent::default()
    };
    append_event(tx, &event)?;
    Ok(())
}

fn taken(name: &str) -> StoreError {
    StoreError::Taken { what: "dataset", name: name.to_string() }
}
