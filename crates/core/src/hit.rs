//! Hits: what search returns, with every score explained.

use serde::{Deserialize, Serialize};

use crate::{ChunkNo, DocNo};

/// Which legs of search take part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Both legs, fused.
    #[default]
    Hybrid,
    /// Words only (BM25).
    Lexical,
    /// Meaning only (embedding).
    Dense,
}

/// A place in one leg's ranking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegScore {
    /// From 1.
    pub rank: usize,
    /// BM25, or the cosine in `[-1, 1]`.
    pub score: f32,
}

/// What each leg said of one chunk; a leg that did not rank it is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Legs {
    /// The BM25 leg.
    pub lexical: Option<LegScore>,
    /// The embedding leg.
    pub dense: Option<LegScore>,
}

/// A chunk found by search, best first in any list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The chunk's row number.
    pub chunk: ChunkNo,
    /// Its document's row number.
    pub doc: DocNo,
    /// The fused score; comparable within one result list.
    pub score: f32,
    /// What led to it.
    pub legs: Legs,
}
