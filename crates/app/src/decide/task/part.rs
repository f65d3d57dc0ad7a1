//! The parts of an answering arm that are tuned on training questions.

use serde::{Deserialize, Serialize};

/// A part that is tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Questions are brought nearer to the passages that answer them.
    Retriever,
    /// A second look at the best passages.
    Reranker,
    /// The words of a passage that answer.
    Reader,
    /// The weight of meaning in search, and the support below which there is no answer.
    Fusion,
}

impl Part {
    /// All of them, in the order in which they are tuned: each stands on the ones before.
    pub const ALL: [Part; 4] = [Part::Retriever, Part::Reranker, Part::Reader, Part::Fusion];

    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            Part::Retriever => "retriever",
            Part::Reranker => "reranker",
            Part::Reader => "reader",
            Part::Fusion => "fusion",
        }
    }
}
