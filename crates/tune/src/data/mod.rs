//! Rows to train on: read, looked over, made to fit, split without leaking.

mod audit;
mod classified;
mod extraction;
mod judged;
mod length;
mod near;
mod read;
mod split;

pub use audit::{
    Audited, ClassCount, Conflict, DataAudit, Lengths, audit, audit_marked, audit_rows, label_issues,
};
pub use classified::{Example, Labelling, Labels, read_classified};
pub(crate) use extraction::place;
pub use extraction::{ExtractionRow, MarkedSpan, extraction_row, label_counts, read_extraction};
pub use judged::{Judged, JudgedQuestion, JudgedRow, read_judged};
pub use length::{Fitted, OverLength, UnknownPolicy, fit, pieces};
pub use near::near_groups;
pub(crate) use near::words as words_of;
pub(crate) use read::refuse_duplicate_ids;
pub use read::sha256_of_file;
pub use read::{Line, Rejection, Rows, read_rows, sha256_of, text_of};
pub(crate) use split::groups_of_folds;
pub use split::{Parts, folds, one_group, split, split_to_learn};
