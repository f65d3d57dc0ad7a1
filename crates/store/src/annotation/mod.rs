//! Annotation: datasets and their items, the queue, what people and models said, what it came to, and how it is proved.
//!
//! Answers, fields, metadata and schemas are JSON text here; what they mean is the caller's to know.

mod answerable;
mod comments;
mod cost;
mod counts;
mod datasets;
mod delete;
mod desk;
mod drafts;
mod erase;
mod events;
mod gold;
mod import;
mod importing;
mod items;
mod labels;
mod lease;
mod list;
mod members;
mod queue;
mod records;
mod resolutions;
mod responses;
mod returned;
mod slots;
mod snapshots;
mod spent;
mod submit;
mod suggestions;
mod undo;
mod verify;
mod work;

pub use answerable::Left;
pub use comments::{CommentRow, NewComment};
pub use cost::Rate;
pub use counts::Tally;
pub use datasets::{DatasetRow, GuidelineRow};
pub use delete::{ItemWords, Removed};
pub use drafts::{DraftRow, DraftSaved, OwnDraft, SaveDraft};
pub use erase::Erased;
pub use events::{EventFilter, EventRow, NewEvent};
pub use import::{Imported, NewRecord, NewResponse};
pub use importing::{Importing, Mentioned, Prepared, Staged, Target};
pub use items::ItemRow;
pub use labels::{Label, LabelCount};
pub use lease::Leased;
pub use list::Filter;
pub use members::MemberRow;
pub use queue::{Ask, Idle, Served};
pub use records::RecordRow;
pub use resolutions::{NewResolution, ResolutionRow, Seen, Source};
pub use responses::{HistoryRow, ResponseRow, Status};
pub use returned::ReturnedRow;
pub use slots::State;
pub use snapshots::SnapshotRow;
pub use submit::{Accepted, Refused, Skip, Submission, Submit, Why};
pub use suggestions::{NewSuggestion, SuggestionRow};
pub use undo::Undone;
pub use verify::Verification;
pub use work::Work;

pub(crate) use events::append_event;

/// The row number of a dataset; never reused.
pub type DatasetNo = u32;

/// The row number of an item over all datasets; never reused.
pub type ItemNo = u32;

/// Milliseconds since 1970, UTC.
pub type Millis = i64;
