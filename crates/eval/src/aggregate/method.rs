//! The ways to resolve tasks, and their names.

use std::fmt;
use std::str::FromStr;

use engraft_core::{Fault, Kind};
use serde::{Deserialize, Serialize};

/// How to resolve tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The label most people gave; its probability is their share. Of several, the first in the table's order.
    Majority,
    /// Majority with each vote weighted by how often its worker is with the majority ("worker agreement with aggregate").
    Weighted,
    /// Every worker mistakes each label for each other in their own way (Dawid and Skene 1979).
    DawidSkene,
    /// Every worker is right with one probability, and otherwise gives any other label alike.
    OneCoin,
    /// Every worker either knows or spams with their own favourite labels (Hovy et al. 2013).
    Mace,
    /// Workers differ in ability and tasks in difficulty (Whitehill et al. 2009).
    Glad,
    /// Whichever does best on gold; see [`crate::Choice`].
    Auto,
}

impl Method {
    /// All that compute something, the simplest first.
    pub const ALL: [Method; 6] =
        [Method::Majority, Method::Weighted, Method::OneCoin, Method::DawidSkene, Method::Mace, Method::Glad];

    /// Its name in commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Method::Majority => "majority",
            Method::Weighted => "weighted",
            Method::DawidSkene => "dawid-skene",
            Method::OneCoin => "one-coin",
            Method::Mace => "mace",
            Method::Glad => "glad",
            Method::Auto => "auto",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A word that names no method.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no method; there are majority, weighted, dawid-skene, one-coin, mace, glad and auto")]
pub struct UnknownMethod(String);

impl Fault for UnknownMethod {
    fn kind(&self) -> Kind {
        Kind::User
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(word: &str) -> Result<Method, UnknownMethod> {
        let mut all = Method::ALL.into_iter().chain([Method::Auto]);
        all.find(|method| method.name() == word).ok_or_else(|| UnknownMethod(word.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_found_by_its_name_and_written_the_same_in_json() {
        for method in Method::ALL.into_iter().chain([Method::Auto]) {
            assert_eq!(method.name().parse(), Ok(method));
            assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{method}\""));
        }
        let error = "vote".parse::<Method>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`vote` is no method; there are majority, weighted, dawid-skene, one-coin, mace, glad and auto"
        );
    }
}
