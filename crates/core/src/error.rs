//! Whose fault an error is, and what to do next.

use serde::{Deserialize, Serialize};

/// Whose fault an error is; alone decides the exit status and the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The request makes no sense as it stands.
    User,
    /// Something named does not exist.
    Missing,
    /// Somebody else changed or holds it.
    Conflict,
    /// Something needed is not there now: a model, a disk, a network.
    Unavailable,
    /// Our fault.
    Bug,
}

impl Kind {
    /// The process exit status: 2 the user's error, 3 something needed is unavailable, 70 a bug.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::User | Kind::Missing => 2,
            Kind::Conflict | Kind::Unavailable => 3,
            Kind::Bug => 70,
        }
    }
}

/// An error that knows whose fault it is and what to do next.
pub trait Fault: std::error::Error {
    /// Whose fault.
    fn kind(&self) -> Kind;

    /// The next command to run or thing to change.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// What went wrong with one of many items; the rest went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Where: the item's uri.
    pub uri: String,
    /// What sort of failure, one word or two in snake case, such as `encrypted`.
    pub kind: String,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}
