//! What the dataset verbs report.

use std::path::PathBuf;

use engraft_annotate::format::{Exported, Loss, Rejected};
use engraft_annotate::{Answers, Problem, Schema};
use serde::Serialize;

/// A dataset in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatasetRow {
    /// Its name.
    pub dataset: String,
    /// How many items.
    pub items: u64,
    /// Submitted responses; like all that follows from others' answers for those who may see progress.
    pub responses: Option<u64>,
    /// Items with a resolution; for those who may see progress.
    pub resolved: Option<u64>,
    /// The latest snapshot, when there is one; for those who may see progress.
    pub snapshot: Option<String>,
    /// When it was created, RFC 3339.
    pub created_at: String,
}

/// One dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DatasetView {
    /// Its name.
    pub dataset: String,
    /// How many items.
    pub items: u64,
    /// Submitted responses; like all that follows from others' answers for those who may see progress.
    pub responses: Option<u64>,
    /// Items with a resolution; for those who may see progress.
    pub resolved: Option<u64>,
    /// Items with known right answers; for those who may see answers.
    pub gold: Option<u64>,
    /// The latest snapshot, when there is one; for those who may see progress.
    pub snapshot: Option<String>,
    /// Every snapshot, oldest first; none for those who may not see progress.
    pub snapshots: Vec<SnapshotRow>,
    /// When it was created, RFC 3339.
    pub created_at: String,
    /// The guideline version: the schema's content address.
    pub guideline: String,
    /// What it shows and asks.
    pub schema: Schema,
}

/// A snapshot in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotRow {
    /// Its content address.
    pub snapshot: String,
    /// When it was taken first, RFC 3339.
    pub created_at: String,
    /// How many items it holds.
    pub items: u64,
    /// How many responses.
    pub responses: u64,
}

/// A snapshot taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshotted {
    /// The dataset.
    pub dataset: String,
    /// Its content address: the same content gives the same one.
    pub snapshot: String,
    /// How many items it holds.
    pub items: u64,
    /// How many responses.
    pub responses: u64,
    /// False: this very content was snapshotted before.
    pub created: bool,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// The dataset.
    pub dataset: String,
    /// Whether the import made it.
    pub created: bool,
    /// Items added.
    pub items: u64,
    /// Of the items in the file, those the dataset had already.
    pub known: u64,
    /// Responses added.
    pub responses: u64,
    /// Suggestions added.
    pub suggestions: u64,
    /// Known right answers set or changed.
    pub gold: u64,
    /// Resolutions set.
    pub resolutions: u64,
    /// Comments and flags added.
    pub comments: u64,
    /// Drafts added.
    pub drafts: u64,
    /// Spans whose offsets were wrong and whose quote said where they belong.
    pub repaired: u64,
    /// Items the dataset has with other fields; they were left as they are.
    pub differing: Vec<String>,
    /// What was not taken, and why; the first thousand.
    pub rejected: Vec<Rejected>,
    /// How many were not taken.
    pub rejected_total: u64,
    /// What the dataset cannot hold.
    pub losses: Vec<Loss>,
    /// How long it took.
    pub seconds: f64,
}

/// What an export wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExportReport {
    /// The dataset.
    pub dataset: String,
    /// The snapshot that was exported; `None`: the dataset as it is now.
    pub snapshot: Option<String>,
    /// Rows written.
    pub rows: u64,
    /// Of the bytes written: the file, or all files in order of their name.
    pub sha256: String,
    /// The files, with their rows.
    pub files: Vec<Exported>,
    /// What was written beside them for the tool that reads them, such as its configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<PathBuf>,
    /// What the format could not hold.
    pub losses: Vec<Loss>,
    /// How long it took.
    pub seconds: f64,
}

/// An answer that may be wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelIssueRow {
    /// The item.
    pub item: String,
    /// The question.
    pub question: String,
    /// The answer it has.
    pub given: String,
    /// The answer its neighbours have.
    pub suggested: String,
    /// How plausible the given answer is, in `[0, 1]`: the least plausible first.
    pub score: f64,
}

/// A schema as it would look: checked, with a sample item when one was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SchemaCheck {
    /// Every problem, empty when it can be used.
    pub problems: Vec<Problem>,
    /// The schema, when it can be read.
    pub schema: Option<Schema>,
    /// The content address it would have.
    pub guideline: Option<String>,
}

/// Known right answers of an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GoldSet {
    /// The item.
    pub item: String,
    /// What they are now; `None`: the item is no longer gold.
    pub gold: Option<Answers>,
}
