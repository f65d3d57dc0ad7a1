//! Label Studio: tasks with annotations, drafts and predictions, and the labelling configuration that says what they mean.
//!
//! Our item id and metadata travel in a task's `meta`. Spans are results of type `labels`, one a span, relations refer to
//! them; turns are `paragraphlabels`, rankings and grades `ranker`, forms a `textarea` with their JSON. A comparison that
//! knows more than a better side is a choice (`sides.rs`).
//!
//! A server gives an annotation the moment it came in, and one without an email to the importer; what it keeps is the number
//! it had. So `meta` also says whose the annotation of each number is and when it was given.

mod config;
mod read;
mod sides;
mod tags;
mod write;

use crate::{Question, QuestionKind, Schema};

pub(crate) use config::read_config;
pub(crate) use read::read;
pub(crate) use sides::sided;
pub use tags::label_config;
pub(crate) use write::Tasks;

/// The key of `meta` under which an item's id travels.
const ID: &str = "engraft_id";
/// That of what is known of annotations, by their numbers: `{"user","at"}`, or `{"gold":true}` for a known answer.
const GIVEN: &str = "engraft_given";
/// That of fields an item lacks: a server takes no task without all of them.
const LACKS: &str = "engraft_lacks";

/// What the group of a grade is called: names are distinct, so where several questions grade passages, theirs begin with
/// the question's.
fn bucket(schema: &Schema, question: &str, grade: u8) -> String {
    let grades = |question: &&Question| matches!(question.kind, QuestionKind::Relevance { .. });
    match schema.questions.iter().filter(grades).count() {
        0 | 1 => grade.to_string(),
        _ => format!("{question} {grade}"),
    }
}

/// What the tag that shows a field is called: another name than that of any question, for names are distinct.
fn shown_as(schema: &Schema, field: &str) -> String {
    if schema.question(field).is_some() { format!("{field}-shown") } else { field.to_string() }
}
