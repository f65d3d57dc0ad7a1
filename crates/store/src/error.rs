//! What can go wrong with the store, whose fault it is, and what to do.

use std::path::{Path, PathBuf};

use engraft_core::{Fault, Kind};
use rusqlite::ErrorCode;

/// Why the store could not do what it was asked. Whatever the error, the file holds what it held before.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No file there.
    #[error("there is no knowledge base at {path}")]
    NoDatabase {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A folder is where the file should be, or a file where its folder should be.
    #[error("{path} cannot hold a knowledge base: {why}")]
    NoPlace {
        /// The file.
        path: PathBuf,
        /// What is in the way.
        why: String,
    },
    /// The file is something else.
    #[error("{path} is not a knowledge base: {why}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// A newer build wrote it.
    #[error("{path} has schema {found}, this build reads up to {wanted}")]
    Newer {
        /// The file.
        path: PathBuf,
        /// The schema it has.
        found: u32,
        /// The newest schema this build knows.
        wanted: u32,
    },
    /// Somebody else held the write lock for too long.
    #[error("{path} is locked by another process that is writing to it")]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("{path} or its folder cannot be written: {source}")]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// No room left.
    #[error("there is no room left to write {path}; nothing was changed")]
    Full {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The disk failed.
    #[error("{path} cannot be read or written: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The contents contradict themselves.
    #[error("the knowledge base is damaged: {what}")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// A write names a source that was never added.
    #[error("there is no source number {id}")]
    NoSource {
        /// The number.
        id: u32,
    },
    /// A text or vector is larger than a row may be.
    #[error("a document is too large to be stored")]
    TooLarge,
    /// A chunk points outside its text.
    #[error("chunk {ordinal} of {uri} ends at code point {end}, the text has {chars}")]
    BadSpan {
        /// The document.
        uri: String,
        /// Which chunk, from 0.
        ordinal: usize,
        /// Where it ends.
        end: usize,
        /// Where the text ends.
        chars: usize,
    },
    /// A vector of another length than the model's others.
    #[error("a vector of {model} has {found} numbers, its others have {wanted}")]
    BadVector {
        /// The model.
        model: String,
        /// The length given.
        found: usize,
        /// The length stored.
        wanted: usize,
    },
    /// Something named does not exist.
    #[error("there is no {what} {name}")]
    NoSuch {
        /// What it would be, such as `dataset`.
        what: &'static str,
        /// Its name or number.
        name: String,
    },
    /// A name that must be unique is in use.
    #[error("there is a {what} {name} already")]
    Taken {
        /// What has it, such as `user`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A statement failed in a way nobody foresaw.
    #[error("the store failed: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A value could not be turned into JSON or back.
    #[error("the store failed: {0}")]
    Json(#[from] serde_json::Error),
}

impl StoreError {
    /// Gives a bare SQLite error its meaning and its place.
    pub(crate) fn at(self, path: &Path) -> StoreError {
        let StoreError::Sql(source) = self else { return self };
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed,
            ) => StoreError::Busy { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::ReadOnly { path, source }
            }
            Some(ErrorCode::DiskFull) => StoreError::Full { path, source },
            Some(ErrorCode::SystemIoFailure) => StoreError::Io { path, source },
            Some(ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged { what: format!("{}: {source}", path.display()) }
            }
            Some(ErrorCode::NotADatabase) => {
                StoreError::Foreign { path, why: "it is not an SQLite file".to_string() }
            }
            Some(ErrorCode::TooBig) => StoreError::TooLarge,
            _ => StoreError::Sql(source),
        }
    }
}

impl Fault for StoreError {
    fn kind(&self) -> Kind {
        match self {
            StoreError::NoDatabase { .. } | StoreError::NoSuch { .. } => Kind::Missing,
            StoreError::NoPlace { .. }
            | StoreError::Foreign { .. }
            | StoreError::Newer { .. }
            | StoreError::TooLarge => Kind::User,
            StoreError::Taken { .. } => Kind::Conflict,
            // Not a conflict: nothing was decided, and the same request sent again may well go through.
            StoreError::Busy { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::Full { .. }
            | StoreError::Io { .. }
            | StoreError::Damaged { .. } => Kind::Unavailable,
            StoreError::NoSource { .. }
            | StoreError::BadSpan { .. }
            | StoreError::BadVector { .. }
            | StoreError::Sql(_)
            | StoreError::Json(_) => Kind::Bug,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            StoreError::NoDatabase { .. } => {
                "make one with `engraft init`, or name its folder with `--workspace`"
            }
            StoreError::NoPlace { .. } => "choose another folder, or move what is in the way",
            StoreError::Foreign { .. } => {
                "move the file away and run `engraft ingest` again, or choose another folder"
            }
            StoreError::Newer { .. } => "update engraft to the version that wrote it, or newer",
            StoreError::Busy { .. } => {
                "wait for the other engraft process to finish, or stop it; then run this again"
            }
            StoreError::ReadOnly { .. } => {
                "give yourself write permission on the folder, or copy the workspace to a place you can write to"
            }
            StoreError::Full { .. } => "free some disk space, then run this again",
            StoreError::Io { .. } => "check the disk, then run this again",
            StoreError::Damaged { .. } => {
                "restore a backup, or move the file away and run `engraft ingest` again"
            }
            StoreError::TooLarge => "split the document: one text may have at most 1 GB",
            StoreError::Taken { .. } => "choose another name",
            StoreError::NoSuch { .. } => {
                "check the name or number; the command that lists its kind shows what there is"
            }
            StoreError::NoSource { .. }
            | StoreError::BadSpan { .. }
            | StoreError::BadVector { .. }
            | StoreError::Sql(_)
            | StoreError::Json(_) => return None,
        };
        Some(hint.to_string())
    }
}
