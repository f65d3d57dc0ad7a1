//! Label Studio: tasks with annotations, drafts and predictions, and the labelling configuration that says what they mean.
//!
//! Our item id and metadata travel in a task's `meta`. Spans are results of type `labels`, one a span, relations refer to
//! them; turns are `paragraphlabels`, rankings and grades `ranker`, forms a `textarea` with their JSON.

mod config;
mod read;
mod tags;
mod write;

pub(crate) use config::read_config;
pub(crate) use read::read;
pub use tags::label_config;
pub(crate) use write::Tasks;

/// The key of `meta` under which an item's id travels.
const ID: &str = "engraft_id";
