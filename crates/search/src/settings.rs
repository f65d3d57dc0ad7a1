//! What an index is built with, and the two BM25 constants that may change without a rebuild.

use serde::{Deserialize, Serialize};

/// How an index is built and scored.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The length of every vector, 1 to 16,384.
    pub dim: usize,
    /// BM25 saturation: how fast repeating a word stops helping; 0 counts presence only. Applied when searching.
    pub k1: f32,
    /// BM25 length normalisation, in `[0, 1]`. Applied when searching.
    pub b: f32,
    /// How much a word counts by field. Changing it needs a rebuild.
    pub weights: FieldWeights,
}

/// How many times each occurrence of a word counts, by the field it is in.
///
/// Both the term frequency and the length of a chunk are sums over its fields with these weights, divided by the weight
/// of the body (the simple BM25F of Robertson, Zaragoza and Taylor, 2004, doi:10.1145/1031171.1031181).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldWeights {
    /// The document's title.
    pub title: u8,
    /// The heading path above the chunk.
    pub heading: u8,
    /// The chunk's own text; 0 counts as 1.
    pub body: u8,
}

/// The longest vector an index holds: products of codes are summed in 32 bits.
pub(crate) const MAX_DIM: usize = 16_384;

impl Settings {
    /// The measured defaults for vectors of length `dim`.
    pub fn new(dim: usize) -> Settings {
        Settings { dim, k1: 0.9, b: 0.4, weights: FieldWeights { title: 1, heading: 1, body: 1 } }
    }

    /// Whether an index written with `other` can be searched with these settings.
    pub(crate) fn reads(&self, other: &Settings) -> bool {
        self.dim == other.dim && self.weights == other.weights
    }
}
