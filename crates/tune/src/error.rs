//! Why a model could not be made, kept or used, and what to do next.

use std::path::{Path, PathBuf};

use engraft_core::{EmbedError, Fault, Kind};
use engraft_nn::ModelError;

/// Why a tuner stopped. Nothing is registered when it does.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// The data cannot be trained on.
    #[error("{message}")]
    Data {
        /// What is wrong with it.
        message: String,
        /// What to change.
        hint: String,
    },
    /// The request makes no sense.
    #[error("{message}")]
    Request {
        /// What is wrong with it.
        message: String,
        /// What to ask instead.
        hint: String,
    },
    /// Something named does not exist.
    #[error("there is no {what} `{name}`")]
    Missing {
        /// Such as `tuned model`.
        what: &'static str,
        /// As the user wrote it.
        name: String,
        /// The next command.
        hint: String,
    },
    /// A name is taken.
    #[error("there is a model `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// An artefact is not what its manifest says.
    #[error("the model in {path} is damaged: {reason}")]
    Damaged {
        /// Its folder.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// An artefact was trained on another base model than the one at hand.
    #[error("`{model}` was tuned from {wanted}, and the base model here is {found}")]
    WrongBase {
        /// The artefact.
        model: String,
        /// Name and fingerprint of its base.
        wanted: String,
        /// Name and fingerprint of what was offered.
        found: String,
    },
    /// Training led nowhere.
    #[error("training failed: {message}")]
    Diverged {
        /// At which step, and what was seen.
        message: String,
    },
    /// A tensor that is trained has no gradient.
    #[error("training failed: {message}")]
    Unmoved {
        /// Which, and at which step.
        message: String,
    },
    /// What was kept of a training that was stopped cannot be read.
    #[error("what was kept of a training that was stopped cannot be gone on with: {source}")]
    Kept {
        /// What is wrong with it.
        source: ModelError,
    },
    /// The same command is at work.
    #[error("another tuning with the same data and settings is running")]
    Running,
    /// The operating system said no.
    #[error("cannot {doing} {path}: {source}")]
    Io {
        /// A verb, such as `read`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Its words.
        source: std::io::Error,
    },
    /// The person asked to stop.
    #[error("stopped; nothing was registered")]
    Cancelled,
    /// Our fault.
    #[error("{0}")]
    Bug(String),
    /// A model folder cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The encoder failed to run.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

impl TuneError {
    /// Names what was being done to which path when the system said no; for `map_err`.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> TuneError {
        let path = path.to_path_buf();
        move |source| TuneError::Io { doing, path, source }
    }

    /// Data that cannot be trained on, and what to change.
    pub fn data(message: impl Into<String>, hint: impl Into<String>) -> TuneError {
        TuneError::Data { message: message.into(), hint: hint.into() }
    }
}

impl Fault for TuneError {
    fn kind(&self) -> Kind {
        match self {
            TuneError::Data { .. } | TuneError::Request { .. } => Kind::User,
            TuneError::Missing { .. } => Kind::Missing,
            TuneError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Kind::Missing,
            TuneError::Taken { .. } | TuneError::Running => Kind::Conflict,
            TuneError::Damaged { .. }
            | TuneError::WrongBase { .. }
            | TuneError::Io { .. }
            | TuneError::Diverged { .. }
            | TuneError::Unmoved { .. }
            | TuneError::Kept { .. }
            | TuneError::Cancelled => Kind::Unavailable,
            TuneError::Bug(_) => Kind::Bug,
            TuneError::Model(error) => error.kind(),
            TuneError::Embed(error) => error.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            TuneError::Data { hint, .. }
            | TuneError::Request { hint, .. }
            | TuneError::Missing { hint, .. } => Some(hint.clone()),
            TuneError::Taken { name } => {
                Some(format!("choose another with `--name`, or run `engraft model rm {name}`"))
            }
            TuneError::Damaged { .. } => Some(
                "tune it again, or bring back the folder from a copy; `engraft model rm` removes it".into(),
            ),
            TuneError::WrongBase { .. } => {
                Some("pull the base model it was tuned from, or tune again on this one".into())
            }
            TuneError::Diverged { .. } => Some("use a lower learning rate, or look for broken rows".into()),
            TuneError::Unmoved { .. } => {
                Some("the rows of a step had nothing to tell apart: use larger batches or other rows".into())
            }
            TuneError::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Some("check the path".into()),
                std::io::ErrorKind::PermissionDenied => Some("check who may read and write there".into()),
                std::io::ErrorKind::StorageFull => Some("free some disk space and run it again".into()),
                std::io::ErrorKind::ReadOnlyFilesystem => Some("choose a folder that can be written".into()),
                _ => Some("check the path and the disk, then run it again".into()),
            },
            TuneError::Kept { .. } => Some("run the same command again: it begins that training anew".into()),
            TuneError::Running => Some("wait until it is done, or change `--seed`".into()),
            TuneError::Cancelled => Some("run the same command again".into()),
            TuneError::Bug(_) => Some("please report this, with the command that led to it".into()),
            TuneError::Model(error) => error.hint(),
            TuneError::Embed(error) => error.hint(),
        }
    }
}
