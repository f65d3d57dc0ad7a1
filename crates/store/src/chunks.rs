//! Chunks of live documents: one by one, as hits show them, and as a stream to rebuild an index from.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::ops::ControlFlow;

use engraft_core::{CharMap, Chunk, ChunkNo, DocNo, Span};
use rusqlite::{CachedStatement, Row, Transaction};

use crate::changes::index_version;
use crate::documents::{FROM_LIVE, document_from};
use crate::text::{text_of, unpack};
use crate::vectors::{model_id, read_vector};
use crate::{DocumentRow, Store, StoreError};

/// A chunk of a live document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkRow {
    /// Its row number, never reused; a changed chunk is a new chunk.
    pub no: ChunkNo,
    /// Its document.
    pub doc: DocNo,
    /// The id it was put with.
    pub chunk_id: String,
    /// Its place in the document, from 0.
    pub ordinal: usize,
    /// Where it is in the current text, and under which headings.
    pub chunk: Chunk,
    /// Content hash of what the encoder read; the key of its vector.
    pub embed_hash: String,
    /// What was put before the text for the encoder and the lexical index.
    pub context: String,
}

/// A chunk with what a hit shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ChunkHit {
    /// The chunk.
    pub row: ChunkRow,
    /// Its document's id.
    pub doc_id: String,
    /// Its document's source.
    pub source: u32,
    /// Its document's uri.
    pub uri: String,
    /// Its document's title.
    pub title: Option<String>,
    /// The document version its span counts in.
    pub version: u32,
    /// When the document last changed.
    pub updated_at: String,
    /// Who may read it; check again before showing it.
    pub acl: Vec<String>,
    /// The text of its span, to the letter.
    pub text: String,
}

/// A chunk as it streams by.
#[derive(Debug)]
pub struct LiveChunk<'a> {
    /// Its document.
    pub doc: &'a DocumentRow,
    /// The chunk.
    pub row: &'a ChunkRow,
    /// The text of its span, to the letter.
    pub text: &'a str,
    /// Its vector under the model asked for, if there is one.
    pub vector: Option<&'a [f32]>,
}

/// Its first 12 columns are what [`row_from`] reads.
const COLUMNS: &str =
    "c.no, c.doc, c.chunk_id, c.ordinal, c.char_start, c.char_end, c.heading, c.page, c.place,
        c.plain, c.embed_hash, c.context";

impl Store {
    /// The chunks of a live document, in order.
    pub fn chunks(&self, doc: DocNo) -> Result<Vec<ChunkRow>, StoreError> {
        self.read(|tx| chunks_of(tx, doc))
    }

    /// The chunks of those numbers with what a hit shows, in the order asked; numbers that are gone are left out.
    pub fn chunks_by_no(&self, nos: &[ChunkNo]) -> Result<Vec<ChunkHit>, StoreError> {
        let wanted = serde_json::to_string(nos)?;
        self.read(|tx| {
            let mut all = tx.prepare_cached(&format!(
                "SELECT {COLUMNS}, d.doc_id, d.source, d.uri, l.title, l.version, l.updated_at, l.acl,
                        v.codec, v.bytes, v.body
                 FROM json_each(?1) wanted
                 JOIN chunk c ON c.no = wanted.value JOIN live l ON l.doc = c.doc JOIN document d ON d.no = c.doc
                 JOIN version v ON v.doc = l.doc AND v.version = l.version
                 ORDER BY wanted.key"
            ))?;
            let mut rows = all.query([&wanted])?;
            let mut hits = Vec::with_capacity(nos.len());
            // Hits often share a document; its text is unpacked once.
            let mut texts: BTreeMap<DocNo, String> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                hits.push(hit_from(row, &mut texts)?);
            }
            Ok(hits)
        })
    }

    /// Shows `each` every live chunk with its text and its vector under `model`, by document number and then in order,
    /// until it breaks; returns the index version all of them belong to. Memory stays bounded by one document.
    pub fn for_each_live_chunk(
        &self,
        model: &str,
        each: &mut dyn FnMut(LiveChunk<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        self.read(|tx| {
            let mut stream = Stream::new(tx, model)?;
            let mut docs = tx.prepare_cached(&format!("{FROM_LIVE} ORDER BY l.doc"))?;
            let mut rows = docs.query([])?;
            while let Some(row) = rows.next()? {
                if stream.document(&document_from(row)?, None, each)?.is_break() {
                    break;
                }
            }
            index_version(tx)
        })
    }

    /// The same for the chunks of those numbers only, such as those a receipt says were added; numbers that are gone are left
    /// out.
    pub fn for_each_chunk_of(
        &self,
        nos: &[ChunkNo],
        model: &str,
        each: &mut dyn FnMut(LiveChunk<'_>) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let wanted: BTreeSet<ChunkNo> = nos.iter().copied().collect();
        let listed = serde_json::to_string(&wanted)?;
        self.read(|tx| {
            let mut stream = Stream::new(tx, model)?;
            let mut docs = tx.prepare_cached(&format!(
                "{FROM_LIVE} WHERE l.doc IN (SELECT c.doc FROM json_each(?1) w JOIN chunk c ON c.no = w.value)
                 ORDER BY l.doc"
            ))?;
            let mut rows = docs.query([&listed])?;
            while let Some(row) = rows.next()? {
                if stream.document(&document_from(row)?, Some(&wanted), each)?.is_break() {
                    break;
                }
            }
            index_version(tx)
        })
    }
}

/// Walks documents, reusing its statements and buffers.
struct Stream<'t> {
    tx: &'t Transaction<'t>,
    chunks: CachedStatement<'t>,
    model: Option<u32>,
    vector: Vec<f32>,
}

impl<'t> Stream<'t> {
    fn new(tx: &'t Transaction<'t>, model: &str) -> Result<Stream<'t>, StoreError> {
        let chunks = tx.prepare_cached(&format!(
            "SELECT {COLUMNS}, x.body FROM chunk c LEFT JOIN vector x ON x.hash = c.embed_hash AND x.model = ?2
             WHERE c.doc = ?1 ORDER BY c.ordinal"
        ))?;
        let model = model_id(tx, model)?.map(|(id, _)| id);
        Ok(Stream { tx, chunks, model, vector: Vec::new() })
    }

    fn document(
        &mut self,
        doc: &DocumentRow,
        wanted: Option<&BTreeSet<ChunkNo>>,
        each: &mut dyn FnMut(LiveChunk<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let text = text_of(self.tx, doc.no, doc.version)?.ok_or_else(|| lost(&doc.uri))?;
        let map = CharMap::new(&text);
        let mut rows = self.chunks.query((doc.no, self.model))?;
        while let Some(columns) = rows.next()? {
            let row = row_from(columns)?;
            if wanted.is_some_and(|wanted| !wanted.contains(&row.no)) {
                continue;
            }
            let text = map.quote(row.chunk.span).ok_or_else(|| lost(&doc.uri))?;
            let found = read_vector(columns, 12, &mut self.vector)?;
            let vector = found.then_some(self.vector.as_slice());
            if each(LiveChunk { doc, row: &row, text, vector }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The chunks of a live document, in order.
pub(crate) fn chunks_of(tx: &Transaction<'_>, doc: DocNo) -> Result<Vec<ChunkRow>, StoreError> {
    let mut all =
        tx.prepare_cached(&format!("SELECT {COLUMNS} FROM chunk c WHERE c.doc = ?1 ORDER BY c.ordinal"))?;
    let rows = all.query_map([doc], |row| Ok(row_from(row)))?;
    rows.map(|row| row?).collect()
}

/// Reads the columns of [`COLUMNS`].
fn row_from(row: &Row<'_>) -> Result<ChunkRow, StoreError> {
    let (start, end): (usize, usize) = (row.get(4)?, row.get(5)?);
    let span = Span::try_from((start, end)).map_err(|what| StoreError::Damaged { what })?;
    let heading = row.get_ref(6)?.as_str().map_err(rusqlite::Error::from)?;
    let chunk = Chunk {
        span,
        heading: serde_json::from_str(heading)?,
        page: row.get(7)?,
        place: row.get(8)?,
        plain: row.get(9)?,
    };
    Ok(ChunkRow {
        no: row.get(0)?,
        doc: row.get(1)?,
        chunk_id: row.get(2)?,
        ordinal: row.get(3)?,
        chunk,
        embed_hash: row.get(10)?,
        context: row.get(11)?,
    })
}

fn hit_from(row: &Row<'_>, texts: &mut BTreeMap<DocNo, String>) -> Result<ChunkHit, StoreError> {
    let chunk = row_from(row)?;
    let uri: String = row.get(14)?;
    let text = match texts.entry(chunk.doc) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(unpack(row, 19)?.ok_or_else(|| lost(&uri))?),
    };
    let text = CharMap::new(text).quote(chunk.chunk.span).ok_or_else(|| lost(&uri))?.to_string();
    Ok(ChunkHit {
        row: chunk,
        doc_id: row.get(12)?,
        source: row.get(13)?,
        uri,
        title: row.get(15)?,
        version: row.get(16)?,
        updated_at: row.get(17)?,
        acl: serde_json::from_str(row.get_ref(18)?.as_str().map_err(rusqlite::Error::from)?)?,
        text,
    })
}

fn lost(uri: &str) -> StoreError {
    StoreError::Damaged { what: format!("{uri} has chunks but not their text") }
}
