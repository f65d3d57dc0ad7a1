//! Answers, and the citations that tie them to exact spans of document versions.

use serde::{Deserialize, Serialize};

use crate::Span;

/// What a generator hands to the verifier: a message and the claims it makes about sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The message, markers included, such as `Refunds take 5 days [1].`
    pub message: String,
    /// Its markers, in order of appearance.
    pub markers: Vec<Marker>,
}

/// A citation marker in a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Where the cited words stand in the message, in code points.
    pub message: Span,
    /// Which of the sent sources it points at, from 0.
    pub source: usize,
    /// The words it claims to quote from that source.
    pub quote: String,
    /// Where in the source document's text the quote is claimed to be; `None`: the verifier finds it.
    pub span: Option<Span>,
}

/// A verified citation: `quote` is found at `span` of that document version, to the letter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// The number shown in the message, from 1.
    pub n: usize,
    /// Which of the sent sources, from 0.
    pub source: usize,
    /// Where the quote is in the stored text.
    pub span: Span,
    /// The quote.
    pub quote: String,
    /// Where the words it supports stand in the message, in code points.
    pub message: Span,
}

/// An answer whose every citation was verified, or an abstention.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The words shown to the person.
    pub message: String,
    /// False: the sources do not hold an answer, and there are no citations.
    pub answerable: bool,
    /// How likely the cited passages hold the answer, in `[0, 1]`.
    pub support: f32,
    /// In order of appearance.
    pub citations: Vec<Citation>,
    /// What the verifier dropped and why, in words for the user; and conflicts between sources.
    pub notes: Vec<String>,
}
