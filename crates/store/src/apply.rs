//! The one way documents change: a batch of writes, one durable transaction, and a receipt for the derived indexes.

use std::collections::BTreeMap;

use engraft_core::{CharMap, Chunk, ChunkNo, DocNo, Span, content_hash, short_id};
use rusqlite::types::Null;
use rusqlite::{OptionalExtension, Transaction};

use crate::changes::append;
use crate::chunks::chunks_of;
use crate::text::{Packer, text_of};
use crate::traces::erase_quotes;
use crate::vectors::{body_of, model_for, model_id};
use crate::{ChunkRow, FileStamp, NewChunk, PutDocument, Receipt, Store, StoreError, Write};

impl Store {
    /// Applies `writes` in order, with the vectors of their new chunks by embed hash, in one transaction; then appends
    /// what changed to the log. `now` is RFC 3339.
    ///
    /// A chunk keeps its number when everything about it but its place in the order is as before. Vectors that no live
    /// chunk uses afterwards are not kept. No writes and some vectors: embeds chunks that lack them.
    pub fn apply(
        &self,
        writes: &[Write],
        vectors: &[(String, Vec<f32>)],
        model: &str,
        now: &str,
    ) -> Result<Receipt, StoreError> {
        let mut receipt = self.write(|tx| {
            let mut batch = Batch::new(tx, now)?;
            for write in writes {
                batch.write(write)?;
            }
            batch.embed(vectors, model)?;
            batch.finish(model)
        })?;
        if writes.iter().any(|write| matches!(write, Write::Remove { purge: true, .. })) {
            receipt.residue = !self.scrub()?;
        }
        Ok(receipt)
    }
}

/// What is current about a document, as its row holds it.
struct Live {
    version: u32,
    hash: String,
    title: Option<String>,
    mime: String,
    language: Option<String>,
    acl: String,
    metadata: String,
    signature: Vec<u8>,
}

struct Batch<'t> {
    tx: &'t Transaction<'t>,
    now: &'t str,
    packer: Packer,
    sources: BTreeMap<u32, String>,
    receipt: Receipt,
    // The embed hash of every chunk added or removed: the vectors to look after at the end.
    added: BTreeMap<ChunkNo, String>,
    dropped: Vec<String>,
}

impl<'t> Batch<'t> {
    fn new(tx: &'t Transaction<'t>, now: &'t str) -> Result<Batch<'t>, StoreError> {
        let mut sources = tx.prepare_cached("SELECT id, name FROM source")?;
        let sources =
            sources.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let (packer, receipt) = (Packer::new()?, Receipt::default());
        Ok(Batch { tx, now, packer, sources, receipt, added: BTreeMap::new(), dropped: Vec::new() })
    }

    fn write(&mut self, write: &Write) -> Result<(), StoreError> {
        match write {
            Write::Put(put) => self.put(put),
            Write::Remove { source, uri, purge } => self.remove(*source, uri, *purge),
            Write::Stamp { source, uri, file } => {
                let Some((no, _)) = self.live_or_absent(*source, uri)? else { return Ok(()) };
                self.stamp(no, Some(file))
            }
            Write::Acl { source, uri, acl } => self.set(*source, uri, "acl", serde_json::to_string(acl)?),
            Write::Metadata { source, uri, metadata } => {
                self.set(*source, uri, "metadata", serde_json::to_string(metadata)?)
            }
        }
    }

    fn put(&mut self, put: &PutDocument) -> Result<(), StoreError> {
        let chars = put.text.chars().count();
        check_spans(put, chars)?;
        let hash = content_hash(put.text.as_bytes());
        let no = self.identity(put.source, &put.uri)?;
        let (acl, metadata) = (serde_json::to_string(&put.acl)?, serde_json::to_string(&put.metadata)?);
        match self.live(no)? {
            None => self.put_new(no, put, (&hash, chars), (&acl, &metadata))?,
            Some(old) => self.put_over(no, put, (&hash, chars), (&acl, &metadata), &old)?,
        }
        self.stamp(no, put.file.as_ref())
    }

    fn put_new(
        &mut self,
        no: DocNo,
        put: &PutDocument,
        (hash, chars): (&str, usize),
        (acl, metadata): (&str, &str),
    ) -> Result<(), StoreError> {
        let version = self.add_version(no, put, hash, chars)?;
        let mut add = self.tx.prepare_cached(
            "INSERT INTO live (doc, version, title, mime, language, acl, metadata, updated_at, chunks, signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        let PutDocument { title, mime, language, signature, .. } = put;
        let count = put.chunks.len();
        add.execute((no, version, title, mime, language, acl, metadata, self.now, count, signature))?;
        for (ordinal, chunk) in put.chunks.iter().enumerate() {
            self.add_chunk(no, ordinal, chunk)?;
        }
        self.receipt.documents.added += 1;
        self.receipt.changes.change(no);
        Ok(())
    }

    fn put_over(
        &mut self,
        no: DocNo,
        put: &PutDocument,
        (hash, chars): (&str, usize),
        (acl, metadata): (&str, &str),
        old: &Live,
    ) -> Result<(), StoreError> {
        let same_text = old.hash == hash;
        let before = if same_text { None } else { text_of(self.tx, no, old.version)? };
        let version = if same_text { old.version } else { self.add_version(no, put, hash, chars)? };
        let rechunked = self.rechunk(no, put, before.as_deref())?;
        let same_fields = (&old.title, &old.mime, &old.language) == (&put.title, &put.mime, &put.language)
            && (old.acl.as_str(), old.metadata.as_str()) == (acl, metadata);
        let visible = !same_text || rechunked || !same_fields;
        if visible || old.signature != put.signature {
            let mut update = self.tx.prepare_cached(
                "UPDATE live SET version = ?2, title = ?3, mime = ?4, language = ?5, acl = ?6, metadata = ?7,
                     updated_at = iif(?8, ?9, updated_at), chunks = ?10, signature = ?11 WHERE doc = ?1",
            )?;
            let PutDocument { title, mime, language, signature, .. } = put;
            let (now, count) = (self.now, put.chunks.len());
            update.execute((
                no, version, title, mime, language, acl, metadata, visible, now, count, signature,
            ))?;
        }
        if visible {
            self.receipt.documents.updated += 1;
            self.receipt.changes.change(no);
        } else {
            self.receipt.documents.unchanged += 1;
        }
        Ok(())
    }

    /// The number of a document, given out now if it never had one.
    fn identity(&self, source: u32, uri: &str) -> Result<DocNo, StoreError> {
        if let Some(no) = self.known(source, uri)? {
            return Ok(no);
        }
        let name = self.sources.get(&source).ok_or(StoreError::NoSource { id: source })?;
        let mut add =
            self.tx.prepare_cached("INSERT INTO document (source, uri, doc_id) VALUES (?1, ?2, ?3)")?;
        as_no(add.insert((source, uri, short_id(&[name, uri])))?)
    }

    fn known(&self, source: u32, uri: &str) -> Result<Option<DocNo>, StoreError> {
        let mut find = self.tx.prepare_cached("SELECT no FROM document WHERE source = ?1 AND uri = ?2")?;
        Ok(find.query_row((source, uri), |row| row.get(0)).optional()?)
    }

    fn live(&self, no: DocNo) -> Result<Option<Live>, StoreError> {
        let mut find = self.tx.prepare_cached(
            "SELECT l.version, v.hash, l.title, l.mime, l.language, l.acl, l.metadata, l.signature
             FROM live l JOIN version v ON v.doc = l.doc AND v.version = l.version WHERE l.doc = ?1",
        )?;
        let live = find.query_row([no], |row| {
            Ok(Live {
                version: row.get(0)?,
                hash: row.get(1)?,
                title: row.get(2)?,
                mime: row.get(3)?,
                language: row.get(4)?,
                acl: row.get(5)?,
                metadata: row.get(6)?,
                signature: row.get(7)?,
            })
        });
        Ok(live.optional()?)
    }

    fn live_or_absent(&mut self, source: u32, uri: &str) -> Result<Option<(DocNo, Live)>, StoreError> {
        let no = self.known(source, uri)?;
        let live = no.map(|no| self.live(no)).transpose()?.flatten();
        if live.is_none() {
            self.receipt.absent.push(uri.to_string());
        }
        Ok(no.zip(live))
    }

    fn add_version(
        &mut self,
        no: DocNo,
        put: &PutDocument,
        hash: &str,
        chars: usize,
    ) -> Result<u32, StoreError> {
        let mut close = self.tx.prepare_cached(
            "UPDATE version SET superseded_at = ?2 WHERE doc = ?1 AND superseded_at IS NULL",
        )?;
        close.execute((no, self.now))?;
        let (codec, body) = self.packer.pack(&put.text);
        let mut add = self.tx.prepare_cached(
            "INSERT INTO version (doc, version, hash, chars, bytes, codec, body, created_at)
             SELECT ?1, ifnull(max(version), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7 FROM version WHERE doc = ?1
             RETURNING version",
        )?;
        let row = (no, hash, chars, put.text.len(), codec, body, self.now);
        Ok(add.query_row(row, |row| row.get(0))?)
    }

    /// Makes the chunks of `no` those of `put`, keeping the rows that are the same to the letter; whether any came or
    /// went. `before`: the text the old rows count in, if it is another.
    fn rechunk(&mut self, no: DocNo, put: &PutDocument, before: Option<&str>) -> Result<bool, StoreError> {
        let old_text = before.map(CharMap::new);
        let new_text = CharMap::new(&put.text);
        let same_words =
            |span: Span| old_text.as_ref().is_none_or(|old| old.quote(span) == new_text.quote(span));
        let mut old: BTreeMap<String, Vec<ChunkRow>> = BTreeMap::new();
        for row in chunks_of(self.tx, no)? {
            old.entry(row.chunk_id.clone()).or_default().push(row);
        }
        let mut came = false;
        for (ordinal, new) in put.chunks.iter().enumerate() {
            let namesakes = old.get_mut(&new.chunk_id);
            let kept = namesakes.and_then(|rows| {
                let same = rows.iter().position(|row| {
                    (&row.chunk, &row.embed_hash, &row.context) == (&new.chunk, &new.embed_hash, &new.context)
                        && same_words(new.chunk.span)
                });
                same.map(|index| rows.remove(index))
            });
            match kept {
                Some(row) if row.ordinal == ordinal => {}
                Some(row) => {
                    let mut move_to =
                        self.tx.prepare_cached("UPDATE chunk SET ordinal = ?2 WHERE no = ?1")?;
                    move_to.execute((row.no, ordinal))?;
                }
                None => {
                    self.add_chunk(no, ordinal, new)?;
                    came = true;
                }
            }
        }
        let mut went = false;
        for row in old.into_values().flatten() {
            self.remove_chunk(row.no, row.embed_hash)?;
            went = true;
        }
        Ok(came || went)
    }

    fn add_chunk(&mut self, doc: DocNo, ordinal: usize, new: &NewChunk) -> Result<(), StoreError> {
        let mut add = self.tx.prepare_cached(
            "INSERT INTO chunk (doc, ordinal, chunk_id, char_start, char_end, heading, page, place, plain, embed_hash,
                 context) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?;
        let Chunk { span, heading, page, place, plain } = &new.chunk;
        let heading = serde_json::to_string(heading)?;
        let (start, end) = (span.start(), span.end());
        let (chunk_id, hash, context) = (&new.chunk_id, &new.embed_hash, &new.context);
        let no = as_no(
            add.insert((doc, ordinal, chunk_id, start, end, heading, page, place, plain, hash, context))?,
        )?;
        self.receipt.changes.add(no);
        self.added.insert(no, new.embed_hash.clone());
        Ok(())
    }

    fn remove_chunk(&mut self, no: ChunkNo, embed_hash: String) -> Result<(), StoreError> {
        self.tx.prepare_cached("DELETE FROM chunk WHERE no = ?1")?.execute([no])?;
        self.receipt.changes.remove(no);
        self.added.remove(&no);
        self.dropped.push(embed_hash);
        Ok(())
    }

    fn remove(&mut self, source: u32, uri: &str, purge: bool) -> Result<(), StoreError> {
        let Some(no) = self.known(source, uri)? else {
            self.receipt.absent.push(uri.to_string());
            return Ok(());
        };
        if self.live(no)?.is_some() {
            for row in chunks_of(self.tx, no)? {
                self.remove_chunk(row.no, row.embed_hash)?;
            }
            self.tx.prepare_cached("DELETE FROM live WHERE doc = ?1")?.execute([no])?;
            let mut close = self.tx.prepare_cached(
                "UPDATE version SET superseded_at = ?2, removed = 1 WHERE doc = ?1 AND superseded_at IS NULL",
            )?;
            close.execute((no, self.now))?;
            self.receipt.documents.removed += 1;
            self.receipt.changes.forget(no);
        } else if !purge {
            self.receipt.absent.push(uri.to_string());
        }
        if purge {
            self.tx.prepare_cached("UPDATE version SET body = NULL WHERE doc = ?1")?.execute([no])?;
            erase_quotes(self.tx, no)?;
        }
        Ok(())
    }

    fn set(&mut self, source: u32, uri: &str, column: &str, value: String) -> Result<(), StoreError> {
        let Some((no, live)) = self.live_or_absent(source, uri)? else { return Ok(()) };
        let old = if column == "acl" { live.acl } else { live.metadata };
        if old == value {
            self.receipt.documents.unchanged += 1;
            return Ok(());
        }
        let sql = format!("UPDATE live SET {column} = ?2, updated_at = ?3 WHERE doc = ?1");
        self.tx.prepare_cached(&sql)?.execute((no, value, self.now))?;
        self.receipt.documents.updated += 1;
        self.receipt.changes.change(no);
        Ok(())
    }

    fn stamp(&self, no: DocNo, file: Option<&FileStamp>) -> Result<(), StoreError> {
        let mut set = self.tx.prepare_cached(
            "UPDATE live SET container = ?2, size = ?3, mtime_ns = ?4, raw_hash = ?5
             WHERE doc = ?1 AND (container, size, mtime_ns, raw_hash) IS NOT (?2, ?3, ?4, ?5)",
        )?;
        match file {
            Some(file) => set.execute((no, &file.container, file.size, file.mtime_ns, &file.hash))?,
            None => set.execute((no, Null, Null, Null, Null))?,
        };
        Ok(())
    }

    /// Keeps the vectors that a live chunk uses, and notes which older chunks gained one.
    fn embed(&mut self, vectors: &[(String, Vec<f32>)], model: &str) -> Result<(), StoreError> {
        let Some((_, first)) = vectors.first() else { return Ok(()) };
        let id = model_for(self.tx, model, first.len())?;
        let mut users = self.tx.prepare_cached("SELECT no FROM chunk WHERE embed_hash = ?1")?;
        let mut add =
            self.tx.prepare_cached("INSERT OR IGNORE INTO vector (hash, model, body) VALUES (?1, ?2, ?3)")?;
        for (hash, vector) in vectors {
            if vector.len() != first.len() {
                let (found, wanted) = (vector.len(), first.len());
                return Err(StoreError::BadVector { model: model.to_string(), found, wanted });
            }
            let users = users.query_map([hash], |row| row.get(0))?.collect::<Result<Vec<ChunkNo>, _>>()?;
            if !users.is_empty() && add.execute((hash, id, body_of(vector)))? > 0 {
                users.into_iter().for_each(|no| self.receipt.changes.embed(no));
            }
        }
        Ok(())
    }

    fn finish(mut self, model: &str) -> Result<Receipt, StoreError> {
        let mut orphaned = self.tx.prepare_cached(
            "DELETE FROM vector WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM chunk WHERE embed_hash = ?1)",
        )?;
        for hash in &self.dropped {
            orphaned.execute([hash])?;
        }
        let id = model_id(self.tx, model)?.map(|(id, _)| id);
        let mut find = self.tx.prepare_cached("SELECT 1 FROM vector WHERE hash = ?1 AND model = ?2")?;
        for (no, hash) in &self.added {
            if !find.exists((hash, id))? {
                self.receipt.unembedded.push(*no);
            }
        }
        append(self.tx, &mut self.receipt.changes, self.now)?;
        self.receipt.index_version = self.receipt.changes.upto;
        Ok(self.receipt)
    }
}

fn check_spans(put: &PutDocument, chars: usize) -> Result<(), StoreError> {
    for (ordinal, chunk) in put.chunks.iter().enumerate() {
        let end = chunk.chunk.span.end();
        if end > chars {
            return Err(StoreError::BadSpan { uri: put.uri.clone(), ordinal, end, chars });
        }
    }
    Ok(())
}

/// Four billion numbers are enough for one workspace; past them is an error, never a wrong number.
fn as_no(row: i64) -> Result<u32, StoreError> {
    u32::try_from(row).map_err(|_| StoreError::TooLarge)
}
