//! Reading answers: from any JSON to an answer that is typed, checked against its item, and in its one normal form.

mod choice;
mod error;
mod form;
mod kept;
mod passages;
mod ranking;
mod repair;
mod response;
mod shape;
mod spans;
mod text;
mod turns;

pub use error::AnswerError;
pub use kept::read_kept;
pub use repair::{Repair, repair};
pub use response::{Stage, is_asked, read_answers};
pub(crate) use spans::JOIN;

use serde_json::{Map, Value};

use crate::{Answer, Question, QuestionKind};

impl Answer {
    /// Reads a complete answer to `question` about the item with these fields.
    ///
    /// What is read is in normal form: reading its JSON again gives the same answer. Whether a relation's spans exist is
    /// for [`read_answers`] to say, which has both.
    pub fn read(
        question: &Question,
        value: &Value,
        fields: &Map<String, Value>,
    ) -> Result<Answer, AnswerError> {
        read(question, value, fields, Amount::Whole)
    }

    /// Reads an answer that may be half done: a ranking of some options, an unfinished form, a blank text.
    pub fn read_draft(
        question: &Question,
        value: &Value,
        fields: &Map<String, Value>,
    ) -> Result<Answer, AnswerError> {
        read(question, value, fields, Amount::Some)
    }
}

/// How much of an answer must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Amount {
    /// Whatever is done so far.
    Some,
    /// All of it.
    Whole,
}

fn read(
    question: &Question,
    value: &Value,
    fields: &Map<String, Value>,
    amount: Amount,
) -> Result<Answer, AnswerError> {
    match &question.kind {
        QuestionKind::Label { options } => choice::label(options, value),
        QuestionKind::Labels { options } => choice::labels(options, value),
        QuestionKind::Taxonomy { options, multiple } => choice::taxonomy(options, *multiple, value, amount),
        QuestionKind::Rating { min, max, .. } => choice::rating(*min, *max, value),
        QuestionKind::Spans { field, options, overlapping, discontinuous } => {
            let rules = spans::Rules { options, overlapping: *overlapping, discontinuous: *discontinuous };
            spans::spans(&rules, spans::text(fields, field)?, value)
        }
        QuestionKind::Relations { options, .. } => spans::relations(options, value),
        QuestionKind::Ranking { field, options } => {
            ranking::ranking(field.as_deref(), options, value, fields, amount)
        }
        QuestionKind::Preference { field, strength, tie, both_bad } => {
            let rules = ranking::Rules { strength: *strength, tie: *tie, both_bad: *both_bad };
            ranking::preference(&rules, &shape::ids(fields, field)?, value, amount)
        }
        QuestionKind::Text { max_chars } => text::text(*max_chars, value, amount),
        QuestionKind::Correction { field } => text::correction(field, value, fields, amount),
        QuestionKind::Turns { field, options, multiple, role } => {
            let rules = turns::Rules { options, multiple: *multiple, role: role.as_deref() };
            turns::turns(&rules, field, value, fields)
        }
        QuestionKind::Relevance { field, .. } => passages::relevance(field, value, fields, amount),
        QuestionKind::Support { answer, passages } => {
            passages::support(answer, passages, value, fields, amount)
        }
        QuestionKind::Form { schema } => form::form(schema, value, amount),
    }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use samples::{answers, any_json, fields, fourteen, schema, variants};
