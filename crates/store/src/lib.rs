//! The one truth: documents, versions, chunks and vectors, and everything people say about items, in SQLite.
//!
//! [`Store`] is the door. Reads see one committed state each; [`Store::apply`] is the only way documents change, one
//! durable transaction at a time, and says what every derived index has to do. Several processes may open one file.
//!
//! Annotation: [`Store::import`] brings items, [`Store::next`] leases them, [`Store::submit`] takes answers; every step of
//! it is in a log that [`Store::verify_events`] proves. Evaluation: [`Store::begin_run`] to [`Store::finish_run`];
//! [`Store::reply`] keeps what a language model said.

mod annotation;
mod apply;
mod change_set;
mod changes;
mod check;
mod chunks;
mod decisions;
mod documents;
mod error;
mod migrations;
mod open;
mod people;
mod replies;
mod runs;
mod sources;
mod stats;
mod text;
mod traces;
mod vectors;
mod write;

pub use annotation::{
    Accepted, Ask, CommentRow, DatasetNo, DatasetRow, DraftRow, DraftSaved, Erased, EventFilter, EventRow,
    Filter, GuidelineRow, HistoryRow, Idle, Imported, Importing, ItemNo, ItemRow, ItemWords, Label,
    LabelCount, Leased, Left, MemberRow, Mentioned, Millis, NewComment, NewEvent, NewRecord, NewResolution,
    NewResponse, NewSuggestion, OwnDraft, Prepared, Rate, RecordRow, Refused, Removed, ResolutionRow,
    ResponseRow, ReturnedRow, SaveDraft, Seen, Served, Skip, SnapshotRow, Source, Staged, State, Status,
    Submission, Submit, SuggestionRow, Tally, Target, Undone, Verification, Why, Work,
};
pub use change_set::{Changes, Counts};
pub use chunks::{ChunkHit, ChunkRow, LiveChunk};
pub use decisions::{DecisionNo, DecisionRow, DecisionState};
pub use documents::{DocumentRow, FileStamp, Signature, VersionRow};
pub use error::StoreError;
pub use open::{Limits, Store};
pub use people::{Attempts, NewToken, NewUser, Role, SessionRow, TokenRow, UserNo, UserRow};
pub use replies::ReplyRow;
pub use runs::{NewRun, RunItemRow, RunNo, RunRow};
pub use sources::SourceRow;
pub use stats::{SourceStats, Stats};
pub use write::{NewChunk, PutDocument, Receipt, Write};
