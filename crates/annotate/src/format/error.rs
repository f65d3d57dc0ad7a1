//! What ends an import or export; what a single item does wrong is in the report instead.

use std::error::Error;
use std::path::PathBuf;

use engraft_core::{Fault, Kind};

use crate::format::Format;

/// Why a dataset could not be read or written at all.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// No format has this name.
    #[error("there is no format `{name}`")]
    Unknown {
        /// As it was given.
        name: String,
    },
    /// No unit of offsets has this name.
    #[error("`{name}` is no unit of offsets")]
    Unit {
        /// As it was given.
        name: String,
    },
    /// No choice of answers to write has this name.
    #[error("`{name}` says not whose answers to write")]
    Voices {
        /// As it was given.
        name: String,
    },
    /// It can only be written.
    #[error("{format} can be written, not read")]
    WriteOnly {
        /// Which.
        format: Format,
    },
    /// A folder was needed and a file given, or the other way round.
    #[error("{format} is a {wanted}, {given} is not")]
    Shape {
        /// Which.
        format: Format,
        /// `folder of files` or `file`.
        wanted: &'static str,
        /// What was given instead.
        given: String,
    },
    /// The schema asks nothing that the format can say.
    #[error("{format} needs {needs}; this dataset has none")]
    NoPlace {
        /// Which.
        format: Format,
        /// A question or field, in words.
        needs: &'static str,
    },
    /// The question to write does not exist, or not in this format.
    #[error("{format} cannot be made of a question `{name}`")]
    Question {
        /// Which.
        format: Format,
        /// As it was given.
        name: String,
    },
    /// The file as a whole makes no sense; a bad item alone is only reported.
    #[error("line {line}: {message}")]
    Broken {
        /// From 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// A configuration or schema cannot be read.
    #[error("cannot read the configuration: {message}")]
    Config {
        /// What is wrong.
        message: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Whoever receives the records failed.
    #[error("a record could not be kept")]
    Sink {
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Fault for FormatError {
    fn kind(&self) -> Kind {
        match self {
            FormatError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                Kind::Missing
            }
            FormatError::Read { .. } | FormatError::Write { .. } | FormatError::Sink { .. } => {
                Kind::Unavailable
            }
            _ => Kind::User,
        }
    }

    fn hint(&self) -> Option<String> {
        let names = |keep: fn(&Format) -> bool| {
            let kept: Vec<&str> = Format::ALL.iter().filter(|f| keep(f)).map(|f| f.name()).collect();
            kept.join(", ")
        };
        Some(match self {
            FormatError::Unknown { .. } => format!("use one of {}", names(|_| true)),
            FormatError::Unit { .. } => "use codepoint, utf16, byte or grapheme".into(),
            FormatError::Voices { .. } => "use settled, aggregated or every".into(),
            FormatError::WriteOnly { .. } => format!("these can be read: {}", names(|f| f.imports())),
            FormatError::Shape { wanted, .. } => format!("name a {wanted}, or another format"),
            FormatError::NoPlace { needs, .. } => {
                format!("add {needs} to the schema, or choose another format: `engraft dataset show` lists what is asked")
            }
            FormatError::Broken { .. } => "check that this is the format you named".into(),
            FormatError::Question { .. } => {
                "name a question of the schema whose type the format can hold".into()
            }
            FormatError::Config { .. } => {
                "compare it with docs/reference/annotation.md, or with what the other tool exports as its configuration".into()
            }
            FormatError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                "check how the path is spelt".into()
            }
            FormatError::Read { .. } => "check that the file is whole and that you may read it".into(),
            FormatError::Write { .. } => "check that the folder exists, that you may write there and that there is room".into(),
            FormatError::Sink { .. } => "put right what stopped it, then run this again".into(),
        })
    }
}
