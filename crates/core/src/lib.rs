//! The vocabulary every other crate speaks: spans, documents, chunks, hits, answers, ports and errors.
//!
//! Nothing here reads a file, a clock or the network. The words are those of `docs/glossary.md`.

mod answer;
mod chunk;
mod document;
mod error;
mod hit;
mod id;
mod port;
mod progress;
mod sentence;
mod span;
mod words;

pub use answer::{Answer, Citation, Draft, Marker};
pub use chunk::Chunk;
pub use document::{Block, BlockKind, Content, Metadata};
pub use error::{Diagnostic, Fault, Kind};
pub use hit::{Hit, LegScore, Legs, Mode};
pub use id::{ChunkNo, DocNo, content_hash, short_id};
pub use port::{CountTokens, Embed, EmbedError};
pub use progress::{Cancel, Progress, Silent};
pub use sentence::sentences;
pub use span::{CharMap, Span};
pub use words::{says_nothing, stem, terms};
