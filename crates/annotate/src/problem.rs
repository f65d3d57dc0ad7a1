//! What is wrong with something people wrote: where, what, and what to do about it.

use engraft_core::{Fault, Kind};
use serde::Serialize;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{at}: {what}; {hint}")]
pub struct Problem {
    /// Where, as a path: `questions[1].options[0].color`.
    pub at: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl Problem {
    /// A mistake at `at`.
    pub fn new(at: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { at: at.into(), what: what.into(), hint: hint.into() }
    }
}

/// All mistakes of a schema file, found at once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema has {} {}: {}", problems.len(), if problems.len() == 1 { "mistake" } else { "mistakes" }, listed(problems))]
pub struct SchemaError {
    /// At least one, in the order of the file.
    pub problems: Vec<Problem>,
}

impl Fault for SchemaError {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn hint(&self) -> Option<String> {
        self.problems.first().map(|problem| problem.hint.clone())
    }
}

fn listed(problems: &[Problem]) -> String {
    let lines: Vec<String> =
        problems.iter().map(|problem| format!("{} {}", problem.at, problem.what)).collect();
    lines.join("; ")
}
