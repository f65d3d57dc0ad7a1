//! The one truth: documents, versions, chunks and vectors in SQLite.
//!
//! [`Store`] is the door. Reads see one committed state each; [`Store::apply`] is the only way documents change, one
//! durable transaction at a time, and says what every derived index has to do. Several processes may open one file.

mod apply;
mod change_set;
mod changes;
mod check;
mod chunks;
mod documents;
mod error;
mod migrations;
mod open;
mod sources;
mod stats;
mod text;
mod traces;
mod vectors;
mod write;

pub use change_set::{Changes, Counts};
pub use chunks::{ChunkHit, ChunkRow, LiveChunk};
pub use documents::{DocumentRow, FileStamp, Signature, VersionRow};
pub use error::StoreError;
pub use open::{Limits, Store};
pub use sources::SourceRow;
pub use stats::{SourceStats, Stats};
pub use write::{NewChunk, PutDocument, Receipt, Write};
