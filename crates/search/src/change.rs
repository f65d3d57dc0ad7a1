//! What a writer tells the index: facts of documents, chunks that come, chunks and documents that go.

use engraft_core::{ChunkNo, DocNo, Metadata};

/// A chunk to index.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// Its number. Adding a number that is already indexed replaces it.
    pub chunk: ChunkNo,
    /// The document it belongs to.
    pub doc: DocNo,
    /// The document's title.
    pub title: String,
    /// The headings above it, in one line.
    pub heading: String,
    /// Its text.
    pub body: String,
    /// Its embedding, of unit length; `None`: only words find it.
    pub vector: Option<Vec<f32>>,
}

/// What filters and access lists ask about a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocFacts {
    /// The document.
    pub doc: DocNo,
    /// Who may see it: principals, or `*` for everybody. Empty: nobody but the local owner.
    pub acl: Vec<String>,
    /// What filters see. Lists match when any of their values does; objects are reached as `outer.inner`.
    pub metadata: Metadata,
}

/// One step from a version to the next; visible as a whole or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The version it leads to. It may be the index's own: an index is built from many changes to one version.
    pub version: u64,
    /// Facts to set; each replaces all earlier facts of that document.
    pub docs: Vec<DocFacts>,
    /// Chunks that come, or replace those of the same number.
    pub add: Vec<Entry>,
    /// Chunks that go; unknown numbers are ignored.
    pub remove: Vec<ChunkNo>,
    /// Documents that go, with their facts and all their chunks. Happens before `docs` and `add`.
    pub forget: Vec<DocNo>,
}
