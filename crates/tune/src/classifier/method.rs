//! The tiers of a classifier, from the cheapest up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How a classifier is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Words and characters.
    Linear,
    /// That, and a head and the nearest neighbours on the vectors of an encoder as it is.
    Frozen,
    /// All that, and the same on an encoder taught to tell pairs of one class from pairs of others; for few rows a class.
    Setfit,
    /// All of frozen, and a head on an encoder trained through adapters.
    Lora,
    /// All of frozen, and a head on an encoder trained as a whole.
    Full,
    /// From the cheapest up, as long as the gain is real.
    Auto,
}

/// A word that is no method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of linear, frozen, setfit, lora, full, auto")]
pub struct UnknownMethod(String);

impl Method {
    /// Every method.
    pub const ALL: [Method; 6] =
        [Method::Linear, Method::Frozen, Method::Setfit, Method::Lora, Method::Full, Method::Auto];

    /// Its name as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Method::Linear => "linear",
            Method::Frozen => "frozen",
            Method::Setfit => "setfit",
            Method::Lora => "lora",
            Method::Full => "full",
            Method::Auto => "auto",
        }
    }

    /// Whether it needs an encoder.
    pub fn needs_encoder(self) -> bool {
        !matches!(self, Method::Linear | Method::Auto)
    }

    /// Whether it moves the encoder, and so draws lots.
    pub fn moves_encoder(self) -> bool {
        matches!(self, Method::Setfit | Method::Lora | Method::Full)
    }

    /// The tier it has to beat.
    pub fn below(self) -> Option<Method> {
        match self {
            Method::Linear | Method::Auto => None,
            Method::Frozen => Some(Method::Linear),
            Method::Setfit | Method::Lora | Method::Full => Some(Method::Frozen),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(word: &str) -> Result<Method, UnknownMethod> {
        Method::ALL
            .into_iter()
            .find(|method| method.name() == word)
            .ok_or_else(|| UnknownMethod(word.to_string()))
    }
}
