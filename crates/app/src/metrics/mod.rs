//! Metrics of files: a run against judgements, predictions against what is right. No workspace is needed.

mod evidence;
mod join;
mod labels;
mod rank;
mod report;
mod rows;
mod spans;
mod text;

use std::path::Path;

use crate::Error;

pub use engraft_eval::Ties;
pub use join::Compared;
pub use labels::{Confusion, LabelsReport, LabelsRequest, labels};
pub use rank::{RankRequest, rank};
pub use report::{MetricsReport, Named};
pub use spans::{SpanLabel, SpansReport, SpansRequest, spans};
pub use text::{TextRequest, text};

/// Resamples behind every interval.
const RESAMPLES: usize = 2000;

/// A file that says something it should not.
fn wrong(path: &Path, what: &str, hint: impl Into<String>) -> Error {
    Error::Request { message: format!("{}: {what}", path.display()), hint: hint.into() }
}
