//! What of a schema the configuration of another tool has no place for, counted like what an export loses of its records.

use crate::format::report::{Loss, Losses};
use crate::{LabelOption, Question, QuestionKind};

/// A configuration for another tool, and what of the schema it cannot say.
///
/// How many people answer, known answers and merging are no part of it: they stay here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// The configuration.
    pub text: String,
    /// What it has no place for.
    pub losses: Vec<Loss>,
}

/// Counts what one tool's configuration cannot say.
pub(crate) struct Untold {
    losses: Losses,
    why: &'static str,
}

impl Untold {
    pub(crate) fn new(why: &'static str) -> Untold {
        Untold { losses: Losses::default(), why }
    }

    /// Counts `n` of something; none leaves no trace.
    pub(crate) fn add(&mut self, what: impl std::fmt::Display, n: usize) {
        self.losses.add_many(format!("in the schema: {what}"), self.why, n as u64);
    }

    /// Counts the options of a question that have something.
    pub(crate) fn options(&mut self, what: &str, question: &Question, has: impl Fn(&LabelOption) -> bool) {
        let n = question.kind.options().iter().filter(|option| has(option)).count();
        self.add(format!("{what} of an option of `{}`", question.name), n);
    }

    /// Counts what no other tool has a word for.
    pub(crate) fn settings(&mut self, question: &Question) {
        let name = &question.name;
        self.options("an example", question, |option| option.example.is_some());
        match &question.kind {
            QuestionKind::Rating { meaning, .. } => {
                self.add(format!("what a number of `{name}` means"), meaning.len());
            }
            QuestionKind::Text { max_chars } => {
                self.add(format!("how long `{name}` may be"), usize::from(max_chars.is_some()));
            }
            QuestionKind::Spans { discontinuous, .. } => {
                self.add(format!("that a span of `{name}` may have gaps"), usize::from(*discontinuous));
            }
            QuestionKind::Correction { .. } | QuestionKind::Form { .. } => {
                self.add(format!("that `{name}` is a {}, not any text", question.kind.name()), 1);
            }
            _ => {}
        }
    }

    pub(crate) fn listed(self) -> Vec<Loss> {
        self.losses.listed()
    }
}
