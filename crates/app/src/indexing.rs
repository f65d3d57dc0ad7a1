//! The index follows the store: every change is applied from the store's own log, so that what a transaction
//! acknowledged the next query sees, whichever process wrote it.

use std::ops::ControlFlow;
use std::sync::Arc;

use engraft_core::{ChunkNo, Embed, Metadata};
use engraft_nn::Embedder;
use engraft_search::{Change, DocFacts, Entry, Index};
use engraft_store::{Changes, DocumentRow, LiveChunk};
use serde_json::json;

use crate::workspace::Workspace;
use crate::{Context, Error};

/// How many chunks are read from the store at a time when the index is built anew.
const BATCH: usize = 5_000;

impl Workspace {
    /// The index, as new as the store.
    pub(crate) fn index(&self, context: Context) -> Result<Arc<Index>, Error> {
        let encoder = self.encoder(context)?;
        let mut current =
            self.index.lock().map_err(|_| Error::Bug("a thread died while it indexed".into()))?;
        if let Some(index) = &*current
            && self.catch_up(index, encoder)?
            && self.merge_behind(index, encoder)?
        {
            return Ok(Arc::clone(index));
        }
        let opened = Arc::new(self.open_index(context, encoder)?);
        *current = Some(Arc::clone(&opened));
        self.catch_up(&opened, encoder)?;
        Ok(opened)
    }

    /// Builds the index anew from the store and writes it; the version it holds.
    pub fn rebuild_index(&self, context: Context) -> Result<u64, Error> {
        Ok(self.build_index(context, self.encoder(context)?)?.version())
    }

    fn open_index(&self, context: Context, encoder: Option<&Embedder>) -> Result<Index, Error> {
        self.note_manifest(encoder);
        match Index::open(&self.index_folder(encoder), &self.settings(encoder)) {
            Ok(index) if self.store.changes_since(index.version())?.is_some() => Ok(index),
            // Missing, damaged, of another format, too old for the log: it is derived, so it is made anew.
            Ok(_) | Err(_) => self.build_index(context, encoder),
        }
    }

    pub(crate) fn build_index(&self, context: Context, encoder: Option<&Embedder>) -> Result<Index, Error> {
        let index = Index::create(&self.index_folder(encoder), &self.settings(encoder)).map_err(refused)?;
        self.fill(context, encoder, &index, &|_| true)?;
        self.persist_anew(&index)?;
        Ok(index)
    }

    /// Searches and answers only from documents that `keep` says, on an index of their own in memory, until
    /// [`Workspace::widen`]; nothing may be brought in meanwhile.
    pub(crate) fn narrow(&self, context: Context, keep: &dyn Fn(&DocumentRow) -> bool) -> Result<(), Error> {
        let encoder = self.encoder(context)?;
        let index = Index::in_memory(&self.settings(encoder)).map_err(refused)?;
        self.fill(context, encoder, &index, keep)?;
        self.replace(Some(Arc::new(index)))
    }

    /// Searches and answers from every document again.
    pub(crate) fn widen(&self) -> Result<(), Error> {
        self.replace(None)
    }

    fn replace(&self, index: Option<Arc<Index>>) -> Result<(), Error> {
        self.await_merging();
        let mut current =
            self.index.lock().map_err(|_| Error::Bug("a thread died while it indexed".into()))?;
        *current = index;
        Ok(())
    }

    /// Puts the chunks of the documents that `keep` says into an empty index.
    fn fill(
        &self,
        context: Context,
        encoder: Option<&Embedder>,
        index: &Index,
        keep: &dyn Fn(&DocumentRow) -> bool,
    ) -> Result<(), Error> {
        let upto = self.store.index_version()?;
        let (mut batch, mut done) = (Change { version: upto, ..Change::default() }, Ok(()));
        let total = self.store.stats()?.chunks;
        if total > BATCH {
            context.progress.stage("index", Some(total as u64));
        }
        // What commits between the two reads of the store is streamed too; catching up applies it again, harmlessly.
        self.store.for_each_live_chunk(&self.vector_space(encoder), &mut |live| {
            if !keep(live.doc) {
                return ControlFlow::Continue(());
            }
            if batch.docs.last().is_none_or(|facts| facts.doc != live.doc.no) {
                batch.docs.push(self.facts(live.doc));
            }
            batch.add.push(entry(&live));
            if batch.add.len() < BATCH {
                return ControlFlow::Continue(());
            }
            context.progress.advance(BATCH as u64);
            done = index.apply(&std::mem::replace(&mut batch, Change { version: upto, ..Change::default() }));
            if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        done.and_then(|()| index.apply(&batch)).map_err(refused)
    }

    /// Applies what the store's log has beyond the index; false when the log no longer reaches back that far.
    fn catch_up(&self, index: &Index, encoder: Option<&Embedder>) -> Result<bool, Error> {
        if self.store.index_version()? == index.version() {
            return Ok(true);
        }
        let Some(changes) = self.store.changes_since(index.version())? else { return Ok(false) };
        let change = self.change(changes, encoder)?;
        index.apply(&change).map_err(refused)?;
        Ok(true)
    }

    /// What the index must do to follow `changes`.
    fn change(&self, changes: Changes, encoder: Option<&Embedder>) -> Result<Change, Error> {
        let mut change = Change { version: changes.upto, ..Change::default() };
        for no in changes.changed {
            change.docs.extend(self.store.document(no)?.iter().map(|row| self.facts(row)));
        }
        let wanted: Vec<ChunkNo> = changes.added.into_iter().chain(changes.embedded).collect();
        self.store.for_each_chunk_of(&wanted, &self.vector_space(encoder), &mut |live| {
            change.add.push(entry(&live));
            ControlFlow::Continue(())
        })?;
        change.remove = changes.removed.into_iter().collect();
        change.forget = changes.forgotten.into_iter().collect();
        Ok(change)
    }

    /// What filters and access lists see of a document.
    fn facts(&self, row: &DocumentRow) -> DocFacts {
        let mut metadata: Metadata = row.metadata.clone();
        let own = [
            ("uri", json!(row.uri)),
            ("title", json!(row.title)),
            ("mime", json!(row.mime)),
            ("source", json!(self.source_name(row.source))),
            ("lang", json!(row.language)),
            ("updated_at", json!(row.updated_at)),
            ("version", json!(row.version)),
        ];
        metadata.extend(own.into_iter().map(|(key, value)| (key.to_string(), value)));
        DocFacts { doc: row.no, acl: row.acl.clone(), metadata }
    }

    /// What vectors of this workspace are stored under; vectors of different names never meet.
    pub(crate) fn vector_space(&self, encoder: Option<&Embedder>) -> String {
        encoder.map_or_else(|| "none".to_string(), |encoder| encoder.name().to_string())
    }
}

fn refused(error: impl std::fmt::Display) -> Error {
    Error::Bug(format!("the store holds what the index refuses: {error}"))
}

pub(crate) fn entry(live: &LiveChunk) -> Entry {
    let chunk = &live.row.chunk;
    Entry {
        chunk: live.row.no,
        doc: live.row.doc,
        title: live.doc.title.clone().unwrap_or_default(),
        heading: chunk.heading.join("\n"),
        body: chunk.plain.as_deref().unwrap_or(live.text).to_string(),
        vector: live.vector.map(<[f32]>::to_vec),
    }
}
