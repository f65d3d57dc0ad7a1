//! Snapshots: what a dataset was at a moment, for ever, under the content address of its lines.
//!
//! Lines lie compressed in blocks that go by their hash, so that snapshots of a slowly growing dataset share most of them.
//! A line that names people by number survives the erasing of a person to the byte.

use std::ops::ControlFlow;

use engraft_core::content_hash;
use rusqlite::{OptionalExtension, Row, Transaction};

use super::records::{RecordRow, guideline_of, stream};
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::text::{Packer, unpack};
use crate::{Store, StoreError};

/// Items whose lines share a block: a fixed range of numbers, so that later items leave earlier blocks as they were.
const BLOCK: ItemNo = 512;

/// An immutable state of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRow {
    /// The content address of its lines, 64 hex digits.
    pub id: String,
    /// Of which dataset.
    pub dataset: DatasetNo,
    /// When it was made.
    pub at: Millis,
    /// By whom.
    pub by: Option<UserNo>,
    /// The guideline version that was current.
    pub guideline: String,
    /// Lines.
    pub rows: u64,
    /// Bytes of the lines, each with its line feed.
    pub bytes: u64,
    /// JSON, as it was given.
    pub counts: String,
}

const COLUMNS: &str =
    "s.id, s.dataset, s.at, s.by, (SELECT hash FROM guideline g WHERE g.no = s.guideline), s.rows,
    s.bytes, s.counts, s.no";

/// A block that is ready to be kept.
struct Block {
    hash: String,
    codec: u8,
    bytes: usize,
    body: Vec<u8>,
}

impl Store {
    /// Makes a snapshot: `line` says what to keep of an item, without a line feed. Making one of an unchanged dataset gives
    /// the one that is there. Readers and writers go on meanwhile; it shows one committed state.
    pub fn snapshot(
        &self,
        dataset: DatasetNo,
        by: Option<UserNo>,
        now: Millis,
        counts: &str,
        line: &mut dyn FnMut(&RecordRow) -> String,
    ) -> Result<SnapshotRow, StoreError> {
        let mut packer = Packer::new()?;
        let (mut address, mut rows, mut bytes) = (String::new(), 0u64, 0u64);
        let mut hashes: Vec<String> = Vec::new();
        let guideline = self.read(|tx| {
            let guideline = guideline_of(tx, dataset)?.ok_or_else(|| super::datasets::no_dataset(dataset))?;
            let (mut text, mut range) = (String::new(), 0);
            stream(tx, dataset, 0, ItemNo::MAX, &mut |record| {
                if record.no / BLOCK != range {
                    self.keep(&mut packer, &mut text, &mut hashes)?;
                    range = record.no / BLOCK;
                }
                let line = line(record);
                address = content_hash(format!("{address}\n{line}").as_bytes());
                rows += 1;
                bytes += line.len() as u64 + 1;
                text += &line;
                text.push('\n');
                Ok(ControlFlow::Continue(()))
            })?;
            self.keep(&mut packer, &mut text, &mut hashes)?;
            Ok(guideline)
        })?;
        let id = content_hash(format!("{rows}\n{address}").as_bytes());
        self.write(|tx| {
            if let Some(known) = one(tx, "s.dataset = ?1 AND s.id = ?2", (dataset, &id))? {
                return Ok(known.0);
            }
            let mut add = tx.prepare_cached(
                "INSERT INTO snapshot (dataset, id, at, by, guideline, rows, bytes, counts)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) RETURNING no",
            )?;
            let no: u32 =
                add.query_row((dataset, &id, now, by, guideline.0, rows, bytes, counts), |row| row.get(0))?;
            let mut link = tx
                .prepare_cached("INSERT INTO snapshot_block (snapshot, ordinal, hash) VALUES (?1, ?2, ?3)")?;
            for (ordinal, hash) in hashes.iter().enumerate() {
                link.execute((no, ordinal, hash))?;
            }
            let body =
                serde_json::json!({"snapshot": id, "rows": rows, "guideline": guideline.1}).to_string();
            append_event(
                tx,
                &NewEvent {
                    at: now,
                    user: by,
                    dataset: Some(dataset),
                    kind: "snapshot",
                    body: &body,
                    ..NewEvent::default()
                },
            )?;
            let made = one(tx, "s.no = ?1", [no])?;
            made.map(|made| made.0).ok_or_else(|| StoreError::Damaged { what: format!("no snapshot {no}") })
        })
    }

    /// Keeps the text as a block unless it is kept already, and empties it.
    fn keep(
        &self,
        packer: &mut Packer,
        text: &mut String,
        hashes: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        if text.is_empty() {
            return Ok(());
        }
        let (codec, body) = packer.pack(text);
        let block = Block { hash: content_hash(text.as_bytes()), codec, bytes: text.len(), body };
        text.clear();
        hashes.push(block.hash.clone());
        self.write_soon(|tx| {
            let mut add = tx.prepare_cached(
                "INSERT OR IGNORE INTO block (hash, codec, bytes, body) VALUES (?1, ?2, ?3, ?4)",
            )?;
            add.execute((block.hash, block.codec, block.bytes, block.body))?;
            Ok(())
        })
    }

    /// The snapshots of a dataset, oldest first.
    pub fn snapshots(&self, dataset: DatasetNo) -> Result<Vec<SnapshotRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM snapshot s WHERE s.dataset = ?1 ORDER BY s.no"
            ))?;
            let rows = all.query_map([dataset], |row| Ok(snapshot_from(row)?.0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The snapshot of that id, or the only one whose id begins so.
    pub fn snapshot_by_id(&self, id: &str) -> Result<Option<SnapshotRow>, StoreError> {
        self.read(|tx| Ok(begins(tx, id)?.map(|found| found.0)))
    }

    /// Shows the lines of a snapshot, in order, without their line feeds, as they were when it was made.
    pub fn for_each_snapshot_line(
        &self,
        id: &str,
        show: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(|tx| {
            let missing = || StoreError::NoSuch { what: "snapshot", name: id.to_string() };
            let (snapshot, no) = begins(tx, id)?.ok_or_else(missing)?;
            let mut blocks = tx.prepare_cached(
                "SELECT b.codec, b.bytes, b.body, b.hash FROM snapshot_block s JOIN block b ON b.hash = s.hash
                 WHERE s.snapshot = ?1 ORDER BY s.ordinal",
            )?;
            let mut blocks = blocks.query([no])?;
            while let Some(row) = blocks.next()? {
                let text = unpack(row, 0)?.unwrap_or_default();
                let hash: String = row.get(3)?;
                if content_hash(text.as_bytes()) != hash {
                    let what = format!("a block of snapshot {} is not what it was", snapshot.id);
                    return Err(StoreError::Damaged { what });
                }
                if text.lines().any(|line| show(line).is_break()) {
                    break;
                }
            }
            Ok(())
        })
    }
}

fn begins(tx: &Transaction<'_>, id: &str) -> Result<Option<(SnapshotRow, u32)>, StoreError> {
    if !id.bytes().all(|byte| byte.is_ascii_hexdigit()) || id.is_empty() {
        return Ok(None);
    }
    let mut find = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM snapshot s WHERE s.id >= ?1 AND s.id < ?1 || 'g' ORDER BY s.id LIMIT 2"
    ))?;
    let mut found = find.query_map([id], snapshot_from)?.collect::<Result<Vec<_>, _>>()?;
    // Two datasets may have the same lines: then either will do.
    match found.as_slice() {
        [one, other] if one.0.id != other.0.id => Ok(None),
        _ => Ok((!found.is_empty()).then(|| found.swap_remove(0))),
    }
}

fn one(
    tx: &Transaction<'_>,
    which: &str,
    key: impl rusqlite::Params,
) -> Result<Option<(SnapshotRow, u32)>, StoreError> {
    let mut find = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM snapshot s WHERE {which}"))?;
    Ok(find.query_row(key, snapshot_from).optional()?)
}

fn snapshot_from(row: &Row<'_>) -> rusqlite::Result<(SnapshotRow, u32)> {
    let snapshot = SnapshotRow {
        id: row.get(0)?,
        dataset: row.get(1)?,
        at: row.get(2)?,
        by: row.get(3)?,
        guideline: row.get(4)?,
        rows: row.get(5)?,
        bytes: row.get(6)?,
        counts: row.get(7)?,
    };
    Ok((snapshot, row.get(8)?))
}
