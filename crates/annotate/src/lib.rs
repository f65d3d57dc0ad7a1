//! What is asked, who answers next, what the answers come to, and how they travel to other tools.
//!
//! Everything here is pure: items, answers and the time come in as arguments, decisions and rows go out. The store keeps
//! them, the app joins the two.

mod agree;
mod answer;
mod answer_schema;
mod canonical;
mod check;
mod distance;
mod form;
pub mod format;
#[cfg(test)]
mod fourteen;
mod item;
mod label_option;
mod problem;
mod pseudonym;
mod quality;
mod question;
mod read;
mod record;
mod record_json;
mod resolve;
mod schema;
mod select;
mod snapshot;
mod split;

pub use agree::{QuestionAgreement, agreement};
pub use answer::{
    Answer, Answers, Choice, Graded, LabelledSpan, Placed, Preference, Relation, Supported, Turn, Verdict,
};
pub use answer_schema::answer_schema;
pub use canonical::{canonical_json, item_id};
pub use item::{check_item, query_of, text_of};
pub use label_option::{COMMAND_LETTERS, LabelOption, free_keys, free_letters, option_keys};
pub use problem::{Problem, SchemaError};
pub use pseudonym::{pseudonym, pseudonyms};
pub use quality::{GoldResult, GoldScore, Standing, compare_with_gold, serve_gold, should_pause};
pub use question::{Condition, Question, QuestionKind, TaxonomyNode};
pub use read::{AnswerError, Repair, Stage, is_asked, read_answers, read_kept, repair};
pub use record::{Comment, Given, Record, Resolution, ResolutionSource, ResponseStatus, Suggestion};
pub use record_json::{EARLIER, LeftOut};
pub use resolve::{
    Belief, Conflict, DEFAULT_ACCURACY, Judged, Merge, Need, Said, aggregate, aggregate_one, enough, merge,
    name_alike, says_same, strengths, tallied, vote_posterior,
};
pub use schema::{Distribution, Field, FieldKind, GoldRule, MergePolicy, Schema};
pub use select::{Candidate, Strategy, select, shared};
pub use snapshot::{
    Audit, AuditOptions, Balance, Change, Duplicate, Leak, SnapshotDiff, SnapshotError, SnapshotHasher,
    audit, diff,
};
pub use split::{Shares, SharesError, group_key, split_of};
