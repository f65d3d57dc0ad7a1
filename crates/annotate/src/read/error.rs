//! What can be wrong with an answer.

use engraft_core::{Fault, Kind};

use crate::problem::Problem;

/// What is wrong with an answer. `at` is the place within the answer: empty for the whole, else such as `[2].label`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AnswerError {
    /// The JSON is of another shape.
    #[error("{what}")]
    Shape {
        /// Where.
        at: String,
        /// What was found.
        what: String,
        /// The shape to write.
        wanted: &'static str,
    },
    /// It names an option, a class, a span, a passage or an answer that is not there.
    #[error("`{value}` is no {sort}")]
    Unknown {
        /// Where.
        at: String,
        /// What was named.
        value: String,
        /// What it should have been.
        sort: &'static str,
        /// The nearest, or what there is.
        hint: String,
    },
    /// A span reaches outside the text, or is empty or reversed.
    #[error("[{start}, {end}) is no part of a text of {chars} code points")]
    Outside {
        /// Where.
        at: String,
        /// Its first code point.
        start: usize,
        /// One past its last.
        end: usize,
        /// The text's length.
        chars: usize,
    },
    /// A span does not say what its quote says.
    #[error("the text there is {found:?}, not {quote:?}")]
    Quote {
        /// Where.
        at: String,
        /// What was expected.
        quote: String,
        /// What stands there.
        found: String,
        /// What to do, with the quote's true place where there is one.
        hint: String,
    },
    /// Two spans share characters and may not.
    #[error("shares characters with the span at {other}")]
    Overlap {
        /// Where.
        at: String,
        /// Where the other one begins.
        other: usize,
    },
    /// The same thing twice.
    #[error("{what} is there twice")]
    Twice {
        /// Where.
        at: String,
        /// What.
        what: String,
    },
    /// Something is missing.
    #[error("{what}")]
    Missing {
        /// Where.
        at: String,
        /// What is missing.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The ranks are in no order of the two that are understood.
    #[error("ranks {ranks:?} leave gaps")]
    Ranks {
        /// In order.
        ranks: Vec<u32>,
    },
    /// A number or a length is out of its range.
    #[error("{value} is not from {min} to {max}")]
    Range {
        /// Where.
        at: String,
        /// What was given.
        value: i64,
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// The question's settings do not allow it.
    #[error("{what}")]
    Forbidden {
        /// Where.
        at: String,
        /// What is not allowed.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The item lacks the field that the question is about.
    #[error("the item has no usable field `{field}`, which the question is about")]
    NoField {
        /// Its name.
        field: String,
    },
    /// A form does not follow its schema.
    #[error("{} {}", .0.at, .0.what)]
    Form(Problem),
}

impl AnswerError {
    /// The place within the answer.
    pub fn at(&self) -> &str {
        match self {
            AnswerError::Shape { at, .. }
            | AnswerError::Unknown { at, .. }
            | AnswerError::Outside { at, .. }
            | AnswerError::Quote { at, .. }
            | AnswerError::Overlap { at, .. }
            | AnswerError::Twice { at, .. }
            | AnswerError::Missing { at, .. }
            | AnswerError::Range { at, .. }
            | AnswerError::Forbidden { at, .. } => at,
            AnswerError::Form(problem) => &problem.at,
            AnswerError::Ranks { .. } | AnswerError::NoField { .. } => "",
        }
    }

    /// The same as a problem of the question with this name.
    pub fn problem(&self, question: &str) -> Problem {
        let what = match self {
            AnswerError::Form(problem) => problem.what.clone(),
            other => other.to_string(),
        };
        Problem::new(format!("{question}{}", self.at()), what, self.hint().unwrap_or_default())
    }
}

impl Fault for AnswerError {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            AnswerError::Shape { wanted, .. } => format!("write {wanted}"),
            AnswerError::Unknown { hint, .. } | AnswerError::Quote { hint, .. } => hint.clone(),
            AnswerError::Outside { .. } => {
                "offsets count Unicode code points from 0, and the end is one past the last".to_string()
            }
            AnswerError::Overlap { .. } => {
                "move one of them, or let the question allow `overlapping`".to_string()
            }
            AnswerError::Twice { .. } => "leave one out".to_string(),
            AnswerError::Missing { hint, .. } | AnswerError::Forbidden { hint, .. } => (*hint).to_string(),
            AnswerError::Ranks { .. } => {
                "number them 1, 1, 2 or 1, 1, 3: best first, equal for ties".to_string()
            }
            AnswerError::Range { min, max, .. } => format!("give a whole number from {min} to {max}"),
            AnswerError::NoField { field } => format!("give the item a `{field}`, or leave the question out"),
            AnswerError::Form(problem) => problem.hint.clone(),
        })
    }
}
