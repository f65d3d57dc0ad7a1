//! Why a language model gave no reply: whose matter that is, and whether asking the next thing makes sense.

use engraft_eval::State;

use super::settings::Endpoint;
use crate::Error;

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Failure {
    /// Nobody answers at the address.
    Unreachable(String),
    /// Key, address or model name are not accepted.
    TurnedAway { status: u16, why: String },
    /// Too many requests or no room, after every try; or a wait was asked for that is too long.
    Busy { status: u16, why: String },
    /// It failed, or what came is no completion, after every try.
    Broken(String),
    /// This one request is not accepted, such as a prompt that is too long.
    Rejected { status: u16, why: String },
    /// It took too long.
    Timeout { seconds: f64 },
    /// Another model replied.
    WrongModel { asked: String, replied: String },
    /// The model or a filter before it declined to reply.
    Declined(String),
    /// The person asked to stop.
    Cancelled,
}

impl Failure {
    /// Whether the next request would fail as well.
    pub(crate) fn stops(&self) -> bool {
        match self {
            Failure::Unreachable(_)
            | Failure::TurnedAway { .. }
            | Failure::Busy { .. }
            | Failure::WrongModel { .. }
            | Failure::Cancelled => true,
            Failure::Broken(_)
            | Failure::Rejected { .. }
            | Failure::Timeout { .. }
            | Failure::Declined(_) => false,
        }
    }

    /// Whether it costs nothing for sure: the model was never at work.
    pub(crate) fn is_free(&self) -> bool {
        match self {
            Failure::Unreachable(_)
            | Failure::TurnedAway { .. }
            | Failure::Busy { .. }
            | Failure::Rejected { .. }
            | Failure::Cancelled => true,
            Failure::Broken(_)
            | Failure::Timeout { .. }
            | Failure::WrongModel { .. }
            | Failure::Declined(_) => false,
        }
    }

    /// What becomes of an item that failed so.
    pub(crate) fn state(&self) -> State {
        if matches!(self, Failure::Timeout { .. }) { State::Timeout } else { State::Failed }
    }

    /// What happened, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Failure::Unreachable(why) => format!("nobody answers: {why}"),
            Failure::TurnedAway { status, why } => format!("turned away with status {status}: {why}"),
            Failure::Busy { status, why } => format!("busy, status {status}: {why}"),
            Failure::Broken(why) => why.clone(),
            Failure::Rejected { status, why } => {
                format!("the request was rejected with status {status}: {why}")
            }
            Failure::Timeout { seconds } => format!("no reply within {seconds} seconds"),
            Failure::WrongModel { asked, replied } => {
                format!("`{asked}` was asked and `{replied}` replied")
            }
            Failure::Declined(why) => format!("the model declined: {why}"),
            Failure::Cancelled => "stopped".into(),
        }
    }

    /// The error that ends the command.
    pub(crate) fn error(&self, endpoint: &Endpoint) -> Error {
        let hint = match self {
            Failure::Cancelled => return Error::Cancelled,
            Failure::Unreachable(_) => {
                "start the server, or correct endpoint.url in engraft.toml; then run the same command again to go on"
            }
            Failure::TurnedAway { status: 401 | 403, .. } => {
                "check the key in the environment variable that endpoint.key_env names; then run the same command again"
            }
            Failure::TurnedAway { .. } => {
                "check endpoint.url (it ends before `/chat/completions`) and endpoint.model in engraft.toml"
            }
            Failure::Busy { .. } => {
                "wait, or lower endpoint.concurrency in engraft.toml; then run the same command again to go on"
            }
            Failure::WrongModel { .. } => {
                "give endpoint.model the name the endpoint replies with; where that is an alias, set endpoint.check_model = false"
            }
            Failure::Rejected { .. } | Failure::Declined(_) => "look at what was asked; `--json` lists it",
            Failure::Broken(_) => "look at the server's log; then run the same command again to go on",
            Failure::Timeout { .. } => {
                "raise endpoint.timeout_s in engraft.toml; then run the same command again"
            }
        };
        Error::Unavailable {
            message: format!("the language model at {}: {}", endpoint.url, self.words()),
            hint: hint.into(),
        }
    }
}
