//! Sources: where documents come from.

use engraft_core::Metadata;
use rusqlite::{OptionalExtension, Row};

use crate::{Store, StoreError};

/// A place documents come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceRow {
    /// Its row number, never reused; [`Store::upsert_source`] chooses it.
    pub id: u32,
    /// Its name, unique in the workspace.
    pub name: String,
    /// A folder, a file or a URL.
    pub root: String,
    /// What `root` is, such as `folder`.
    pub kind: String,
    /// Who may read its documents by default.
    pub acl: Vec<String>,
    /// What its documents inherit.
    pub metadata: Metadata,
    /// How it is read, for the one who reads it.
    pub settings: serde_json::Value,
}

const COLUMNS: &str = "id, name, root, kind, acl, metadata, settings";

impl Store {
    /// Adds the source of that name or replaces all about it but its number; returns the number. `id` is not read.
    pub fn upsert_source(&self, source: &SourceRow) -> Result<u32, StoreError> {
        let acl = serde_json::to_string(&source.acl)?;
        let metadata = serde_json::to_string(&source.metadata)?;
        let settings = serde_json::to_string(&source.settings)?;
        self.write(|tx| {
            let id = tx.query_row(
                "INSERT INTO source (name, root, kind, acl, metadata, settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (name) DO UPDATE SET root = ?2, kind = ?3, acl = ?4, metadata = ?5, settings = ?6
                 RETURNING id",
                (&source.name, &source.root, &source.kind, &acl, &metadata, &settings),
                |row| row.get(0),
            )?;
            Ok(id)
        })
    }

    /// Removes a source, unless a document ever came from it.
    pub fn remove_source(&self, id: u32) -> Result<(), StoreError> {
        self.write(|tx| {
            let unused = "id = ?1 AND NOT EXISTS (SELECT 1 FROM document WHERE source = ?1)";
            tx.execute(&format!("DELETE FROM source WHERE {unused}"), [id])?;
            Ok(())
        })
    }

    /// All sources, in the order they were added.
    pub fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM source ORDER BY id"))?;
            let rows = all.query_map([], |row| Ok(source_from(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Result<Option<SourceRow>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM source WHERE name = ?1"))?;
            one.query_row([name], |row| Ok(source_from(row))).optional()?.transpose()
        })
    }
}

fn source_from(row: &Row<'_>) -> Result<SourceRow, StoreError> {
    Ok(SourceRow {
        id: row.get(0)?,
        name: row.get(1)?,
        root: row.get(2)?,
        kind: row.get(3)?,
        acl: serde_json::from_str(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?,
        metadata: serde_json::from_str(row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?)?,
        settings: serde_json::from_str(row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?)?,
    })
}
