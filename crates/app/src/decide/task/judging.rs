//! The judge of a task: whose rulings the report's card is about.

use std::path::PathBuf;

use serde::Deserialize;

/// A language model that judged answers before, and what people say of the same.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judging {
    /// A run of `eval answers` by its id or how that begins, or a file of answers, as `eval judge` was given it.
    pub run: String,
    /// What its answers were compared with; `None`: its claims were judged.
    pub against: Option<String>,
    /// People's labels of the same claims or pairs; `None`: there are none yet.
    pub labels: Option<PathBuf>,
}
