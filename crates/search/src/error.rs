//! What can go wrong when an index is opened, changed or written.

use std::path::PathBuf;

use engraft_core::{ChunkNo, Fault, Kind};

/// Why an index on disk cannot be used. Every variant is answered the same way: rebuild it from the store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error("there is no index in {path}")]
    Missing {
        /// The folder looked in.
        path: PathBuf,
    },
    /// It was written by a build with another format, or is not an index.
    #[error("index {path} has format {found}, this build reads {wanted}")]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format number; 0 when it is no index at all.
        found: u32,
        /// Ours.
        wanted: u32,
    },
    /// It was built with other settings.
    #[error("index {path} was built with other settings: {detail}")]
    Settings {
        /// The folder.
        path: PathBuf,
        /// Which, and how they differ.
        detail: String,
    },
    /// Bytes are missing or changed.
    #[error("index file {path} is damaged: {detail}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// The system would not read it.
    #[error("cannot read index {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings asked for make no sense.
    #[error("an index cannot hold vectors of length {dim}: 1 to 16384 are possible")]
    Dimension {
        /// The length asked for.
        dim: usize,
    },
}

impl Fault for OpenError {
    fn kind(&self) -> Kind {
        match self {
            OpenError::Missing { .. } => Kind::Missing,
            OpenError::Dimension { .. } => Kind::User,
            _ => Kind::Unavailable,
        }
    }
    fn hint(&self) -> Option<String> {
        let hint = match self {
            OpenError::Dimension { .. } => "choose an encoder with vectors of such a length",
            _ => "rebuild the index from the store",
        };
        Some(hint.to_string())
    }
}

/// Why a change was refused; nothing of it was applied.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ApplyError {
    /// Versions never shrink.
    #[error("a change to version {offered} cannot follow version {current}")]
    Version {
        /// The index's version.
        current: u64,
        /// The change's.
        offered: u64,
    },
    /// A vector has the wrong length, is not finite, or not of unit length.
    #[error("the vector of chunk {chunk} has length {len} and norm {norm}, expected length {dim} and norm 1")]
    Vector {
        /// The chunk.
        chunk: ChunkNo,
        /// Numbers in the vector.
        len: usize,
        /// Its Euclidean norm.
        norm: f32,
        /// The index's length.
        dim: usize,
    },
    /// The same chunk was added twice in one change.
    #[error("chunk {chunk} is added twice in one change")]
    Twice {
        /// The chunk.
        chunk: ChunkNo,
    },
}

impl Fault for ApplyError {
    fn kind(&self) -> Kind {
        match self {
            ApplyError::Version { .. } => Kind::Conflict,
            ApplyError::Vector { .. } | ApplyError::Twice { .. } => Kind::Bug,
        }
    }
}

/// Why an index was not written; what was on disk before still is, and searching goes on.
#[derive(Debug, thiserror::Error)]
pub enum PersistError {
    /// The index lives in memory only.
    #[error("this index has no folder to be written to")]
    NoFolder,
    /// The system would not write it.
    #[error("cannot write index file {path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was just written does not read back.
    #[error("index file {path} does not read back: {source}")]
    ReadBack {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<OpenError>,
    },
}

impl Fault for PersistError {
    fn kind(&self) -> Kind {
        match self {
            PersistError::NoFolder => Kind::Bug,
            PersistError::Write { .. } | PersistError::ReadBack { .. } => Kind::Unavailable,
        }
    }
    fn hint(&self) -> Option<String> {
        match self {
            PersistError::NoFolder => None,
            _ => Some("check free space and permissions of the workspace folder".to_string()),
        }
    }
}
