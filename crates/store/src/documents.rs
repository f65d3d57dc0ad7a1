//! Documents that exist now, and the immutable versions behind them.

use std::collections::BTreeMap;

use engraft_core::{DocNo, Metadata};
use rusqlite::{OptionalExtension, Params, Row, Transaction};

use crate::text::text_of;
use crate::{Store, StoreError};

/// What the file a document came from looked like, to see later whether it changed without reading its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileStamp {
    /// Bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Content hash of the raw bytes.
    pub hash: String,
    /// The file's path; several documents may come from one file.
    pub container: String,
}

/// A document that exists now.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentRow {
    /// Its row number; the same again if it is removed and comes back.
    pub no: DocNo,
    /// `short_id` of its source's name and its uri.
    pub doc_id: String,
    /// The number of its source.
    pub source: u32,
    /// Its name within the source.
    pub uri: String,
    /// Its title.
    pub title: Option<String>,
    /// Its media type.
    pub mime: String,
    /// Which version is current, from 1; goes on counting through a removal.
    pub version: u32,
    /// Content hash of the version's text.
    pub version_hash: String,
    /// Code points of the text.
    pub chars: usize,
    /// How many chunks it has.
    pub chunks: usize,
    /// Its language.
    pub language: Option<String>,
    /// When anything visible about it last changed, RFC 3339.
    pub updated_at: String,
    /// Who may read it.
    pub acl: Vec<String>,
    /// What filters can ask about.
    pub metadata: Metadata,
    /// The file it came from.
    pub file: Option<FileStamp>,
}

/// One version in a document's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// The document.
    pub doc: DocNo,
    /// Its source.
    pub source: u32,
    /// From 1.
    pub version: u32,
    /// Content hash of the text.
    pub hash: String,
    /// Code points of the text.
    pub chars: usize,
    /// When it became current, RFC 3339.
    pub created_at: String,
    /// When it stopped being current; `None`: it is current.
    pub superseded_at: Option<String>,
    /// It stopped because the document was removed.
    pub removed: bool,
    /// Its text was erased for good.
    pub erased: bool,
}

/// A live document's signature for near-duplicate search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The document.
    pub doc: DocNo,
    /// Its uri.
    pub uri: String,
    /// The bytes it was put with.
    pub bytes: Vec<u8>,
}

pub(crate) const FROM_LIVE: &str = "SELECT d.no, d.doc_id, d.source, d.uri, l.title, l.mime, l.version, v.hash,
        v.chars, l.chunks, l.language, l.updated_at, l.acl, l.metadata, l.container, l.size, l.mtime_ns, l.raw_hash
    FROM live l JOIN document d ON d.no = l.doc JOIN version v ON v.doc = l.doc AND v.version = l.version";

impl Store {
    /// The live documents of one source, or of all, by number.
    pub fn documents(&self, source: Option<u32>) -> Result<Vec<DocumentRow>, StoreError> {
        self.read(|tx| {
            let sql = format!("{FROM_LIVE} WHERE ?1 IS NULL OR d.source = ?1 ORDER BY l.doc");
            let mut all = tx.prepare_cached(&sql)?;
            let rows = all.query_map([source], |row| Ok(document_from(row)))?;
            rows.map(|row| row?).collect()
        })
    }

    /// The live document of that uri; when `source` is `None` and several sources have it, the oldest source's.
    pub fn document_by_uri(&self, source: Option<u32>, uri: &str) -> Result<Option<DocumentRow>, StoreError> {
        let by_uri = "WHERE d.uri = ?2 AND (?1 IS NULL OR d.source = ?1) ORDER BY d.source LIMIT 1";
        self.read(|tx| one(tx, by_uri, (source, uri)))
    }

    /// The live document of that id.
    pub fn document_by_id(&self, doc_id: &str) -> Result<Option<DocumentRow>, StoreError> {
        self.read(|tx| one(tx, "WHERE d.doc_id = ?1", [doc_id]))
    }

    /// The live document of that number.
    pub fn document(&self, no: DocNo) -> Result<Option<DocumentRow>, StoreError> {
        self.read(|tx| one(tx, "WHERE l.doc = ?1", [no]))
    }

    /// What the files of a source looked like when their documents were last put, by path.
    pub fn stamps(&self, source: u32) -> Result<BTreeMap<String, FileStamp>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(
                "SELECT l.container, l.size, l.mtime_ns, l.raw_hash FROM document d JOIN live l ON l.doc = d.no
                 WHERE d.source = ?1 AND l.container IS NOT NULL ORDER BY l.doc",
            )?;
            let stamps = all.query_map([source], |row| {
                let stamp = stamp_from(row, 0)?.unwrap_or_default();
                Ok((stamp.container.clone(), stamp))
            })?;
            Ok(stamps.collect::<Result<_, _>>()?)
        })
    }

    /// The uris that came from each file of a source, by path; uris without a file are under the empty path.
    pub fn uris_by_container(&self, source: u32) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(
                "SELECT ifnull(l.container, ''), d.uri FROM document d JOIN live l ON l.doc = d.no
                 WHERE d.source = ?1 ORDER BY d.uri",
            )?;
            let mut uris: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut rows = all.query([source])?;
            while let Some(row) = rows.next()? {
                uris.entry(row.get(0)?).or_default().push(row.get(1)?);
            }
            Ok(uris)
        })
    }

    /// Every version of a uri ever put, oldest first, removed documents included; source by source if several have it.
    pub fn history(&self, source: Option<u32>, uri: &str) -> Result<Vec<VersionRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(
                "SELECT d.no, d.source, v.version, v.hash, v.chars, v.created_at, v.superseded_at, v.removed,
                        v.body IS NULL
                 FROM document d JOIN version v ON v.doc = d.no
                 WHERE d.uri = ?2 AND (?1 IS NULL OR d.source = ?1) ORDER BY d.source, v.version",
            )?;
            let rows = all.query_map((source, uri), version_from)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The text of any kept version, to the letter; `None` when there is none or it was erased.
    pub fn text(&self, no: DocNo, version: u32) -> Result<Option<String>, StoreError> {
        self.read(|tx| text_of(tx, no, version))
    }

    /// The text of a live document.
    pub fn current_text(&self, no: DocNo) -> Result<Option<String>, StoreError> {
        self.read(|tx| {
            let mut current = tx.prepare_cached("SELECT version FROM live WHERE doc = ?1")?;
            match current.query_row([no], |row| row.get(0)).optional()? {
                Some(version) => text_of(tx, no, version),
                None => Ok(None),
            }
        })
    }

    /// The signatures of all live documents that have one, by number.
    pub fn signatures(&self) -> Result<Vec<Signature>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(
                "SELECT l.doc, d.uri, l.signature FROM live l JOIN document d ON d.no = l.doc
                 WHERE length(l.signature) > 0 ORDER BY l.doc",
            )?;
            let rows = all.query_map([], |row| {
                Ok(Signature { doc: row.get(0)?, uri: row.get(1)?, bytes: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn one(tx: &Transaction<'_>, which: &str, params: impl Params) -> Result<Option<DocumentRow>, StoreError> {
    let mut find = tx.prepare_cached(&format!("{FROM_LIVE} {which}"))?;
    find.query_row(params, |row| Ok(document_from(row))).optional()?.transpose()
}

/// Reads a row of [`FROM_LIVE`].
pub(crate) fn document_from(row: &Row<'_>) -> Result<DocumentRow, StoreError> {
    Ok(DocumentRow {
        no: row.get(0)?,
        doc_id: row.get(1)?,
        source: row.get(2)?,
        uri: row.get(3)?,
        title: row.get(4)?,
        mime: row.get(5)?,
        version: row.get(6)?,
        version_hash: row.get(7)?,
        chars: row.get(8)?,
        chunks: row.get(9)?,
        language: row.get(10)?,
        updated_at: row.get(11)?,
        acl: serde_json::from_str(row.get_ref(12)?.as_str().map_err(rusqlite::Error::from)?)?,
        metadata: serde_json::from_str(row.get_ref(13)?.as_str().map_err(rusqlite::Error::from)?)?,
        file: stamp_from(row, 14)?,
    })
}

/// Reads the columns `container, size, mtime_ns, raw_hash`, which are null together.
fn stamp_from(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<FileStamp>> {
    let Some(container) = row.get(column)? else { return Ok(None) };
    let (size, mtime_ns, hash) = (row.get(column + 1)?, row.get(column + 2)?, row.get(column + 3)?);
    Ok(Some(FileStamp { size, mtime_ns, hash, container }))
}

fn version_from(row: &Row<'_>) -> rusqlite::Result<VersionRow> {
    Ok(VersionRow {
        doc: row.get(0)?,
        source: row.get(1)?,
        version: row.get(2)?,
        hash: row.get(3)?,
        chars: row.get(4)?,
        created_at: row.get(5)?,
        superseded_at: row.get(6)?,
        removed: row.get(7)?,
        erased: row.get(8)?,
    })
}
