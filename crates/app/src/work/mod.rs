//! Work: what a person who answers does, from the next item to the last undo; blind to everybody else's answers.

mod bulk;
pub(crate) mod comments;
mod guidelines;
pub(crate) mod item;
mod next;
mod piles;
pub(crate) mod settle;
mod similar;
mod submit;
mod view;

pub use bulk::{alike, bulk, bulk_submit, bulk_undo};
pub use comments::{comment, comments};
pub use guidelines::{acknowledge, guidelines};
pub use next::{dataset_of, heartbeat, next, open, release};
pub use piles::{counts, history, queues};
pub use similar::similar;
pub use submit::{REASONS, Skip, Submission, save_draft, skip, submit, undo};
pub use view::{
    BulkReport, CommentView, Finished, GuidelinesView, Heartbeat, History, HistoryRow, ItemView, Meanings,
    MissedGold, Next, QueueView, Refused, Renewed, Saved, SimilarItem, Skipped, Submitted, Tab, TabCounts,
    Why,
};
