//! How document texts lie in their rows: plain, or compressed when that saves a tenth.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use zstd::bulk::{Compressor, decompress};

use engraft_core::DocNo;

use crate::StoreError;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// Turns texts into bodies; keeps its working memory between them.
pub(crate) struct Packer(Compressor<'static>);

impl Packer {
    pub(crate) fn new() -> Result<Packer, StoreError> {
        let compressor = Compressor::new(3);
        compressor
            .map(Packer)
            .map_err(|error| StoreError::Damaged { what: format!("no compressor: {error}") })
    }

    /// The codec and the body of `text`.
    pub(crate) fn pack(&mut self, text: &str) -> (u8, Vec<u8>) {
        match self.0.compress(text.as_bytes()) {
            Ok(body) if body.len() * 10 < text.len() * 9 => (ZSTD, body),
            _ => (PLAIN, text.as_bytes().to_vec()),
        }
    }
}

/// The text of a row whose columns `codec, bytes, body` start at `column`; `None` once it was erased.
pub(crate) fn unpack(row: &Row<'_>, column: usize) -> Result<Option<String>, StoreError> {
    let (codec, bytes): (u8, usize) = (row.get(column)?, row.get(column + 1)?);
    let damaged = |what: String| StoreError::Damaged { what: format!("a document text {what}") };
    let body = match row.get_ref(column + 2)? {
        ValueRef::Null => return Ok(None),
        ValueRef::Blob(body) | ValueRef::Text(body) => body,
        _ => return Err(damaged("is a number".to_string())),
    };
    let text = match codec {
        PLAIN => body.to_vec(),
        ZSTD => decompress(body, bytes).map_err(|error| damaged(format!("does not unpack: {error}")))?,
        other => return Err(damaged(format!("has codec {other}"))),
    };
    String::from_utf8(text).map(Some).map_err(|error| damaged(format!("is not UTF-8: {error}")))
}

/// The text of one version; `None` when there is no such version or its text was erased.
pub(crate) fn text_of(conn: &Connection, doc: DocNo, version: u32) -> Result<Option<String>, StoreError> {
    let mut find =
        conn.prepare_cached("SELECT codec, bytes, body FROM version WHERE doc = ?1 AND version = ?2")?;
    let text = find.query_row((doc, version), |row| Ok(unpack(row, 0))).optional()?;
    text.transpose().map(Option::flatten)
}
