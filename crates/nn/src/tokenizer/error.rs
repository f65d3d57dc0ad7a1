//! Why a tokenizer cannot be opened.

use std::path::PathBuf;

use engraft_core::{Fault, Kind};

/// Why a tokenizer cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The folder holds neither `tokenizer.json` nor `vocab.txt`, or one cannot be read.
    #[error("cannot read the tokenizer at {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what its name says.
    #[error("{path} is not a tokenizer file")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where it goes wrong.
        source: serde_json::Error,
    },
    /// The model tokenises in a way this build does not know.
    #[error("{path} asks for {what}, which this build cannot do")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it asks for.
        what: String,
    },
}

impl Fault for TokenizerError {
    fn kind(&self) -> Kind {
        match self {
            TokenizerError::Read { .. } => Kind::Unavailable,
            TokenizerError::Parse { .. } | TokenizerError::Unsupported { .. } => Kind::User,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            TokenizerError::Read { .. } => {
                "fetch the model again, or point to a folder with its tokenizer.json".to_string()
            }
            TokenizerError::Parse { .. } => "the file may be cut short; fetch the model again".to_string(),
            TokenizerError::Unsupported { .. } => {
                "choose a BERT-style (WordPiece) model such as all-MiniLM-L6-v2".to_string()
            }
        })
    }
}
