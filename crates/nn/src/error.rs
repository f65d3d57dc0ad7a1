//! Why a model cannot be used.

use std::path::PathBuf;

use engraft_core::{Fault, Kind};

use crate::TokenizerError;

/// Why a model folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is absent or cannot be read.
    #[error("cannot read {path} of the model")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path} of the model: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is there and is not what its name promises.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model is sound, and of a sort this build does not run.
    #[error("{path} asks for {what}, which is not supported")]
    Unsupported {
        /// The file that says so.
        path: PathBuf,
        /// What it asks for, with the value.
        what: String,
    },
    /// The configuration promises a tensor that the weights lack.
    #[error("{path} has no tensor {name}")]
    MissingTensor {
        /// The weights.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor is not of the shape that the configuration promises.
    #[error("tensor {name} of {path} has shape {found:?}, the configuration wants {wanted:?}")]
    Shape {
        /// The weights.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that fits the configuration.
        wanted: Vec<usize>,
    },
    /// The model's tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Ids that the model cannot read.
    #[error("text {text} cannot be encoded: {reason}")]
    Input {
        /// Which of the texts, from 0.
        text: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Fault for ModelError {
    fn kind(&self) -> Kind {
        match self {
            ModelError::Tokenizer(error) => error.kind(),
            ModelError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => Kind::Missing,
            ModelError::Read { .. } | ModelError::Write { .. } => Kind::Unavailable,
            ModelError::Damaged { .. } | ModelError::MissingTensor { .. } | ModelError::Shape { .. } => {
                Kind::Unavailable
            }
            ModelError::Unsupported { .. } | ModelError::Input { .. } => Kind::User,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            ModelError::Tokenizer(error) => return error.hint(),
            ModelError::Read { .. } => {
                "name a folder that holds config.json, model.safetensors and vocab.txt"
            }
            ModelError::Write { .. } => "free some disk space, or check who may write there",
            ModelError::Damaged { .. } | ModelError::MissingTensor { .. } | ModelError::Shape { .. } => {
                "fetch the model again, or remove the damaged copy"
            }
            ModelError::Unsupported { .. } => "use a BERT sentence encoder, such as all-MiniLM-L6-v2",
            ModelError::Input { .. } => "tokenize with the model's own vocabulary and keep to its window",
        };
        Some(hint.to_string())
    }
}
