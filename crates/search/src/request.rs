//! What is asked of a snapshot, and what it answers.

use engraft_core::{Hit, Mode};

use crate::documents::DocHit;
use crate::filter::Filter;
use crate::fuse::Fusion;

/// A question to a snapshot.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The words; used by the lexical leg.
    pub text: &'a str,
    /// The embedding of the question, of unit length; `None`: the dense leg stays silent.
    pub vector: Option<&'a [f32]>,
    /// Which legs take part.
    pub mode: Mode,
    /// How many hits at most.
    pub k: usize,
    /// How many of each leg's best are fused. The first `n` hits are the same for every `k >= n`.
    pub candidates: usize,
    /// Only documents that match; documents without facts never do.
    pub filter: Option<&'a Filter>,
    /// Who asks. `None`: the local owner, who sees everything. Otherwise only documents whose access list shares a
    /// principal or holds `*`; an empty list hides a document.
    pub principals: Option<&'a [String]>,
    /// How the legs are combined.
    pub fusion: Fusion,
    /// Whether to count every chunk that holds a word of the question, for [`Explain::lexical`]. The hits are the same
    /// without, and sooner there: common words are then not looked up where they decide nothing.
    pub count: bool,
}

impl Request<'_> {
    /// Whether both legs take part.
    pub(crate) fn fuses(&self) -> bool {
        self.mode == Mode::Hybrid && self.vector.is_some()
    }
}

impl Default for Request<'_> {
    /// The local owner asks nothing, for ten hits out of two hundred candidates a leg.
    fn default() -> Self {
        Request {
            text: "",
            vector: None,
            mode: Mode::Hybrid,
            k: 10,
            candidates: 200,
            filter: None,
            principals: None,
            fusion: Fusion::default(),
            count: false,
        }
    }
}

/// A word of the question as the lexical leg sees it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Term {
    /// After folding and stemming.
    pub term: String,
    /// How often the question has it.
    pub count: u32,
    /// How many live chunks (or documents, when documents are searched) have it.
    pub df: usize,
    /// What it weighs: `ln(1 + (N - df + 0.5) / (df + 0.5))`.
    pub idf: f32,
}

/// From the worst to the best.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Range {
    /// The worst score.
    pub low: f32,
    /// The best score.
    pub high: f32,
}

impl Range {
    /// The range of scores; `None` when there are none.
    pub(crate) fn of(scores: impl Iterator<Item = f32>) -> Option<Range> {
        scores.fold(None, |range, score| {
            let Range { low, high } = range.unwrap_or(Range { low: score, high: score });
            Some(Range { low: low.min(score), high: high.max(score) })
        })
    }

    /// Maps `[low, high]` to `[0, 1]`; when both are the same, whatever reaches them is 1.
    pub fn share(self, score: f32) -> f32 {
        if self.high > self.low {
            ((score - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
        } else {
            f32::from(u8::from(score >= self.high))
        }
    }
}

/// Why the hits are what they are.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Explain {
    /// Chunks in the index.
    pub live: usize,
    /// Chunks the asker may see and the filter lets through.
    pub allowed: usize,
    /// Chunks the asker may not see.
    pub dropped_by_acl: usize,
    /// Chunks the asker may see that the filter holds back.
    pub dropped_by_filter: usize,
    /// Allowed chunks (or documents) with at least one word of the question; `None` when chunks were not counted.
    pub lexical: Option<usize>,
    /// Allowed chunks with a vector; 0 when the leg did not run.
    pub dense: usize,
    /// What the lexical leg's candidates score; `None` when it proposed none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lexical_scores: Option<Range>,
    /// What the dense leg's candidates score; `None` when it proposed none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dense_scores: Option<Range>,
    /// How the legs were combined; absent when only one took part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fusion: Option<Fusion>,
    /// Chunks ranked by their quantised vector because the exact one has changed on disk. Above 0: rebuild the index.
    pub damaged: usize,
    /// The words searched for, sorted.
    pub terms: Vec<Term>,
}

/// Hits, best first, and how they came about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Best first; at most `k`.
    pub hits: Vec<Hit>,
    /// Counts and terms.
    pub explain: Explain,
}

/// Documents, best first, and how they came about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundDocs {
    /// Best first; at most `k`.
    pub hits: Vec<DocHit>,
    /// Counts and terms.
    pub explain: Explain,
}

/// How the chunks of a document make its lexical score; its dense score is that of its best chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooling {
    /// The score of its best chunk.
    Best,
    /// BM25 over the document: frequencies and lengths summed over its live chunks.
    #[default]
    Whole,
}
