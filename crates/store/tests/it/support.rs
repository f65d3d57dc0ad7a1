//! What every store test needs: a fresh file, and documents made from a few words.

use std::path::PathBuf;

use engraft_core::{CharMap, Chunk, content_hash, short_id};
use engraft_store::{NewChunk, PutDocument, SourceRow, Store, Write};
use tempfile::TempDir;

pub(crate) const MODEL: &str = "tiny";
pub(crate) const NOW: &str = "2026-01-02T03:04:05Z";

/// A store in a folder of its own, with one source, number 1.
pub(crate) fn fresh() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::create_or_open(&file_in(&folder)).expect("a new store");
    assert_eq!(store.upsert_source(&source("docs")).expect("a source"), 1);
    (folder, store)
}

pub(crate) fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("engraft.db")
}

pub(crate) fn source(name: &str) -> SourceRow {
    SourceRow { name: name.to_string(), root: "docs".into(), kind: "folder".into(), ..SourceRow::default() }
}

/// A document whose chunks are the non-empty lines of `text`.
pub(crate) fn document(uri: &str, text: &str) -> PutDocument {
    let map = CharMap::new(text);
    let mut chunks = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_end();
        if let Some(span) = map.span_of_bytes(at, at + words.len()) {
            chunks.push(NewChunk {
                chunk: Chunk { span, heading: vec!["Top".into()], page: None, place: None, plain: None },
                chunk_id: short_id(&[uri, words]),
                embed_hash: content_hash(words.as_bytes()),
                context: "Top".into(),
            });
        }
        at += line.len();
    }
    PutDocument {
        source: 1,
        uri: uri.into(),
        mime: "text/plain".into(),
        text: text.into(),
        chunks,
        ..PutDocument::default()
    }
}

pub(crate) fn put(uri: &str, text: &str) -> Write {
    Write::Put(Box::new(document(uri, text)))
}

pub(crate) fn remove(uri: &str) -> Write {
    Write::Remove { source: 1, uri: uri.into(), purge: false }
}

/// A vector for every chunk of these writes, told by its hash.
pub(crate) fn vectors(writes: &[Write]) -> Vec<(String, Vec<f32>)> {
    let mut all = Vec::new();
    for write in writes {
        if let Write::Put(put) = write {
            all.extend(put.chunks.iter().map(|chunk| (chunk.embed_hash.clone(), vector(&chunk.embed_hash))));
        }
    }
    all
}

pub(crate) fn vector(hash: &str) -> Vec<f32> {
    hash.bytes().take(4).map(f32::from).collect()
}
