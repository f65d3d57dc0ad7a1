//! Ports: what the app plugs in where an algorithm needs a model.

use crate::{Fault, Kind};

/// Turns texts into vectors of unit length.
pub trait Embed: Send + Sync {
    /// The model's name and revision; vectors of different names never meet.
    fn name(&self) -> &str;

    /// The length of every vector.
    fn dim(&self) -> usize;

    /// The most tokens a text may have, special tokens included.
    fn window(&self) -> usize;

    /// One vector of length [`Self::dim`] and norm 1 per text, in order.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

/// Counts tokens as the encoder will see them, without special tokens.
pub trait CountTokens: Send + Sync {
    /// How many tokens `text` has.
    fn count(&self, text: &str) -> usize;
}

/// Why texts could not be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// A text does not fit: nothing is ever cut silently.
    #[error("a text has {tokens} tokens, {model} reads at most {window}")]
    TooLong {
        /// Tokens of the text, special tokens included.
        tokens: usize,
        /// The model's window.
        window: usize,
        /// The model.
        model: String,
    },
    /// The engine failed.
    #[error("{model} failed: {message}")]
    Engine {
        /// The model.
        model: String,
        /// What it said.
        message: String,
    },
}

impl Fault for EmbedError {
    fn kind(&self) -> Kind {
        match self {
            EmbedError::TooLong { .. } => Kind::User,
            EmbedError::Engine { .. } => Kind::Bug,
        }
    }
    fn hint(&self) -> Option<String> {
        matches!(self, EmbedError::TooLong { .. }).then(|| "shorten the text, or split it".to_string())
    }
}
