//! Extractors: spans of a text, from patterns alone, from a chain over words, or from an encoder's states.
//!
//! The tiers from the cheapest up: patterns that the names of the labels ask for; a linear chain over words, shapes and
//! affixes; the same over the token states of an encoder as it is; and the encoder itself moved. Every tier reads words,
//! numbers and single marks, and every path of its tags means spans with exact code points.

mod bio;
mod chain;
mod crf;
mod decoder;
mod dictionary;
mod draw;
mod features;
mod files;
mod fit;
mod folds;
mod kinds;
mod learn;
mod lessons;
mod method;
mod model;
mod patterns;
pub(crate) mod pieces;
mod score;
mod states;
mod tags;
mod text;
mod tiers;
mod tokens;
mod tuned;
pub(crate) mod words;

pub use dictionary::{Dictionary, Letters};
pub use learn::{Learned, learn_extractor};
pub use method::{ExtractorMethod, UnknownExtractorMethod};
pub use model::Extractor;
pub use tiers::{BY_TOKENS, BaseEncoder, ExtractorJob, ExtractorTier, ExtractorTuned, tune_extractor};

use engraft_core::Span;

/// A span that an extractor found.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundSpan {
    /// Where, in code points.
    pub span: Span,
    /// What it is.
    pub label: String,
    /// How probable it is that label and both ends are right, in `[0, 1]`.
    pub score: f64,
}
