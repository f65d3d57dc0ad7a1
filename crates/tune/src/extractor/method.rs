//! The tiers of an extractor, from the cheapest up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How an extractor is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtractorMethod {
    /// No training: what the names of the labels ask for, and known values.
    Patterns,
    /// A chain over words, shapes and affixes.
    Crf,
    /// That, over the token states in the middle of an encoder as it is.
    Frozen,
    /// The encoder itself moved, all of it.
    Full,
    /// The encoder moved by adapters.
    Lora,
    /// From the cheapest up, as long as the gain is real.
    Auto,
}

/// A word that is no method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of patterns, crf, frozen, full, lora, auto")]
pub struct UnknownExtractorMethod(String);

impl ExtractorMethod {
    /// The tiers that `auto` climbs, from the cheapest up.
    pub const TIERS: [ExtractorMethod; 4] =
        [ExtractorMethod::Patterns, ExtractorMethod::Crf, ExtractorMethod::Frozen, ExtractorMethod::Full];

    /// Its name as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ExtractorMethod::Patterns => "patterns",
            ExtractorMethod::Crf => "crf",
            ExtractorMethod::Frozen => "frozen",
            ExtractorMethod::Full => "full",
            ExtractorMethod::Lora => "lora",
            ExtractorMethod::Auto => "auto",
        }
    }

    /// Whether it needs an encoder.
    pub fn needs_encoder(self) -> bool {
        matches!(self, ExtractorMethod::Frozen | ExtractorMethod::Full | ExtractorMethod::Lora)
    }

    /// Whether it moves the encoder.
    pub fn moves_encoder(self) -> bool {
        matches!(self, ExtractorMethod::Full | ExtractorMethod::Lora)
    }

    /// The tier it has to beat.
    pub fn below(self) -> Option<ExtractorMethod> {
        match self {
            ExtractorMethod::Patterns | ExtractorMethod::Auto => None,
            ExtractorMethod::Crf => Some(ExtractorMethod::Patterns),
            ExtractorMethod::Frozen => Some(ExtractorMethod::Crf),
            ExtractorMethod::Full | ExtractorMethod::Lora => Some(ExtractorMethod::Frozen),
        }
    }
}

impl fmt::Display for ExtractorMethod {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for ExtractorMethod {
    type Err = UnknownExtractorMethod;

    fn from_str(word: &str) -> Result<ExtractorMethod, UnknownExtractorMethod> {
        let all = ExtractorMethod::TIERS.into_iter().chain([ExtractorMethod::Lora, ExtractorMethod::Auto]);
        let found = all.into_iter().find(|method| method.name() == word);
        found.ok_or_else(|| UnknownExtractorMethod(word.to_string()))
    }
}
