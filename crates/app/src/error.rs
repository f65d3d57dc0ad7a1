//! Every way a verb can fail, whose fault it is and what to do next.

use std::path::{Path, PathBuf};

use engraft_core::{EmbedError, Fault, Kind};
use serde::Serialize;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No `engraft.toml` here or above.
    #[error("{0} is not inside a workspace")]
    NoWorkspace(PathBuf),
    /// A folder was named that is no workspace.
    #[error("{0} is no workspace: it holds no engraft.toml")]
    NotAWorkspace(PathBuf),
    /// `engraft.toml` makes no sense.
    #[error("{path}: {message}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        message: String,
    },
    /// Something named does not exist.
    #[error("there is no {what} `{name}`")]
    Missing {
        /// Such as `document`.
        what: &'static str,
        /// As the user wrote it.
        name: String,
        /// The next command.
        hint: String,
    },
    /// The request makes no sense.
    #[error("{message}")]
    Request {
        /// What is wrong with it.
        message: String,
        /// What to write instead.
        hint: String,
    },
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
    /// Something outside is not there.
    #[error("{message}")]
    Unavailable {
        /// What was tried, and what came of it.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The person asked to stop.
    #[error("stopped; what was acknowledged is kept")]
    Cancelled,
    /// Somebody may not do this.
    #[error("{message}")]
    Denied {
        /// What, and why not.
        message: String,
    },
    /// Nobody is logged in, or the name and password do not fit.
    #[error("not logged in: the name, the password, the session or the token is not right")]
    NotLoggedIn,
    /// Too many failed attempts.
    #[error("too many failed attempts; try again in {seconds} seconds")]
    SlowDown {
        /// How long to wait at most.
        seconds: u32,
    },
    /// Somebody else was faster, or what was seen is no longer so.
    #[error("{message}")]
    Conflict {
        /// What changed.
        message: String,
        /// What to do.
        hint: String,
        /// What there is now, for the person who asked to look at.
        current: Option<Current>,
        /// What was sent is kept as a draft; else the caller holds the only copy.
        kept: bool,
    },
    /// A schema or answers with problems, each with its place.
    #[error("{message}")]
    Problems {
        /// What they are in, and the first of them.
        message: String,
        /// All of them.
        problems: Vec<engraft_annotate::Problem>,
    },
    /// Our fault.
    #[error("{0}")]
    Bug(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] engraft_store::StoreError),
    /// The encoder failed to load.
    #[error(transparent)]
    Model(#[from] engraft_nn::ModelError),
    /// The encoder failed to run.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The index could not be written.
    #[error(transparent)]
    Index(#[from] engraft_search::PersistError),
    /// A filter makes no sense.
    #[error(transparent)]
    Filter(#[from] engraft_search::FilterError),
    /// Shares of a split make no sense.
    #[error(transparent)]
    Shares(#[from] engraft_annotate::SharesError),
    /// A file of another tool could not be read or written.
    #[error(transparent)]
    Format(#[from] engraft_annotate::format::FormatError),
    /// A model could not be tuned, kept or used.
    #[error(transparent)]
    Tune(#[from] engraft_tune::TuneError),
}

/// What is there now instead of what was seen: a person's own response, or the decision of an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Current {
    /// Its version.
    pub version: u64,
    /// Its answers.
    pub answers: serde_json::Value,
}

impl Error {
    /// Problems of `what`, led by the first of them.
    pub(crate) fn problems(what: &str, problems: Vec<engraft_annotate::Problem>) -> Error {
        let first =
            problems.first().map(|first| format!(": {} {}", first.at, first.what)).unwrap_or_default();
        let more = match problems.len() {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        Error::Problems { message: format!("{what}{first}{more}"), problems }
    }

    /// Names what was being done to which path when the system said no; for `map_err`.
    pub fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { doing, path, source }
    }
}

/// Whether the system said no because the path is not what it was taken for: another name is what helps.
fn names_another(said: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind as Said;
    matches!(said, Said::NotADirectory | Said::AlreadyExists | Said::IsADirectory | Said::InvalidData)
}

impl Fault for Error {
    fn kind(&self) -> Kind {
        match self {
            Error::NoWorkspace(_) | Error::NotAWorkspace(_) => Kind::User,
            Error::Config { .. } | Error::Request { .. } => Kind::User,
            Error::Missing { .. } => Kind::Missing,
            Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Kind::Missing,
            Error::Io { source, .. } if names_another(source.kind()) => Kind::User,
            Error::Denied { .. } | Error::NotLoggedIn | Error::Problems { .. } => Kind::User,
            Error::Conflict { .. } => Kind::Conflict,
            Error::Io { .. } | Error::Unavailable { .. } | Error::SlowDown { .. } | Error::Cancelled => {
                Kind::Unavailable
            }
            Error::Bug(_) => Kind::Bug,
            Error::Store(error) => error.kind(),
            Error::Model(error) => error.kind(),
            Error::Embed(error) => error.kind(),
            Error::Index(error) => error.kind(),
            Error::Filter(error) => error.kind(),
            Error::Shares(error) => error.kind(),
            Error::Format(error) => error.kind(),
            Error::Tune(error) => error.kind(),
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Error::NoWorkspace(_) => {
                Some("run `engraft init` here, or name a workspace with `--workspace DIR`".into())
            }
            Error::NotAWorkspace(named) => {
                Some(format!("run `engraft init {}`, or name another folder", named.display()))
            }
            Error::Config { .. } => {
                Some("correct engraft.toml; docs/reference/config.md lists every key".into())
            }
            Error::Missing { hint, .. } | Error::Request { hint, .. } | Error::Unavailable { hint, .. } => {
                Some(hint.clone())
            }
            Error::Io { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound => Some("check the path".into()),
                std::io::ErrorKind::PermissionDenied => Some("check who may read and write there".into()),
                std::io::ErrorKind::NotADirectory | std::io::ErrorKind::AlreadyExists => {
                    Some("a file is in the way: choose another folder".into())
                }
                std::io::ErrorKind::IsADirectory => Some("name a file, not a folder".into()),
                std::io::ErrorKind::InvalidData => Some("save the file as UTF-8".into()),
                std::io::ErrorKind::StorageFull => Some("free some disk space and run it again".into()),
                std::io::ErrorKind::ReadOnlyFilesystem => Some("choose a folder that can be written".into()),
                _ => Some("check the path and the disk, then run it again".into()),
            },
            Error::Cancelled => Some("run the same command again to go on".into()),
            Error::Denied { .. } => Some("ask an owner of the workspace for another role or token".into()),
            Error::NotLoggedIn => Some("log in again".into()),
            Error::SlowDown { .. } => Some("wait, or ask an owner for a new password".into()),
            Error::Conflict { hint, .. } => Some(hint.clone()),
            Error::Problems { problems, .. } => problems.first().map(|problem| problem.hint.clone()),
            Error::Bug(_) => None,
            Error::Store(error) => error.hint(),
            Error::Model(error) => error.hint(),
            Error::Embed(error) => error.hint(),
            Error::Index(error) => error.hint(),
            Error::Filter(error) => error.hint(),
            Error::Shares(error) => error.hint(),
            Error::Format(error) => error.hint(),
            Error::Tune(error) => error.hint(),
        };
        let report = || "please report this, with the command that led to it".to_string();
        hint.or_else(|| (self.kind() == Kind::Bug).then(report))
    }
}
