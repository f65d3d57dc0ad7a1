//! Lexical and dense search over chunks, visible the moment a change is applied.
//!
//! An [`Index`] takes [`Change`]s and hands out [`Snapshot`]s. A snapshot is a set of immutable segments plus what has
//! been deleted since they were written; readers hold one for as long as they like and never wait for a writer.
//! Filters and access lists are decided first, as sets of documents, so neither leg ever ranks a chunk that the asker
//! may not see, and a filtered search returns as many hits as there are matches.
//!
//! Everything here is derived from the store and can be rebuilt from it: [`Index::open`] answers a missing, foreign or
//! damaged index with an [`OpenError`] that says so.

mod analyze;
mod bits;
mod bytes;
mod change;
mod compact;
mod documents;
mod error;
mod facts;
mod filter;
mod fuse;
mod index;
mod kernel;
mod leg;
mod manifest;
mod persist;
mod rank;
mod request;
mod segment;
mod settings;
mod snapshot;

pub use analyze::terms;
pub use change::{Change, DocFacts, Entry};
pub use documents::DocHit;
pub use error::{ApplyError, OpenError, PersistError};
pub use filter::{Filter, FilterError};
pub use fuse::{Fusion, Scaling};
pub use index::Index;
pub use request::{Explain, Found, FoundDocs, Pooling, Range, Request, Term};
pub use settings::{FieldWeights, Settings};
pub use snapshot::Snapshot;
