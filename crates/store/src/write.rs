//! What can be asked of the documents, and the receipt for it.

use engraft_core::{Chunk, ChunkNo, Metadata};

use crate::{Changes, Counts, FileStamp};

/// One change to the documents.
#[derive(Clone, Debug)]
pub enum Write {
    /// Adds a document, or replaces what is current about it.
    Put(Box<PutDocument>),
    /// Takes a document out of every query. Its versions stay in the history.
    Remove {
        /// Its source.
        source: u32,
        /// Its uri.
        uri: String,
        /// Erase the texts of all its versions for good, also those of a document removed earlier.
        purge: bool,
    },
    /// Notes what the file looks like now; nothing visible changes.
    Stamp {
        /// The document's source.
        source: u32,
        /// Its uri.
        uri: String,
        /// The file.
        file: FileStamp,
    },
    /// Changes who may read a document.
    Acl {
        /// Its source.
        source: u32,
        /// Its uri.
        uri: String,
        /// Who may read it now.
        acl: Vec<String>,
    },
    /// Changes what filters can ask about a document.
    Metadata {
        /// Its source.
        source: u32,
        /// Its uri.
        uri: String,
        /// All of its metadata.
        metadata: Metadata,
    },
}

/// A document as it should be.
#[derive(Clone, Debug, Default)]
pub struct PutDocument {
    /// Its source.
    pub source: u32,
    /// Its name within the source.
    pub uri: String,
    /// Its title.
    pub title: Option<String>,
    /// Its media type.
    pub mime: String,
    /// Its text; a text unlike the current one makes a new version.
    pub text: String,
    /// Its chunks, in order.
    pub chunks: Vec<NewChunk>,
    /// Its language.
    pub language: Option<String>,
    /// What filters can ask about.
    pub metadata: Metadata,
    /// Who may read it.
    pub acl: Vec<String>,
    /// The file it came from.
    pub file: Option<FileStamp>,
    /// For near-duplicate search; may be empty.
    pub signature: Vec<u8>,
}

/// A chunk before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewChunk {
    /// Where it is in the text, and under which headings.
    pub chunk: Chunk,
    /// The id shown to users.
    pub chunk_id: String,
    /// Content hash of what the encoder reads; the key of its vector.
    pub embed_hash: String,
    /// What goes before the text for the encoder and the lexical index.
    pub context: String,
}

/// What a transaction did. Once it is returned, the disk has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The index version after it; the same as before when nothing visible changed.
    pub index_version: u64,
    /// How many documents.
    pub documents: Counts,
    /// What a derived index has to do.
    pub changes: Changes,
    /// Of `changes.added`, those without a vector under the model named: encode them and apply the vectors alone.
    pub unembedded: Vec<ChunkNo>,
    /// Uris that should have been changed but do not exist (any more), in order.
    pub absent: Vec<String>,
    /// A purge could not empty the write-ahead log because another process was reading: [`crate::Store::scrub`] later.
    pub residue: bool,
}
