//! Sources: the passages an answer may cite.

use std::sync::Arc;

use engraft_core::{CharMap, Span};

/// A chunk found for the question, with the text it is a part of.
#[derive(Clone, Debug)]
pub struct Source<'a> {
    /// The document.
    pub uri: String,
    /// The document's title.
    pub title: Option<String>,
    /// The headings above the chunk, outermost first.
    pub heading: Vec<String>,
    /// The page it starts on, from 1.
    pub page: Option<u32>,
    /// The whole stored text of the document version; chunks of one document share it.
    pub text: Arc<CharMap<'a>>,
    /// The chunk within `text`, in code points.
    pub span: Span,
    /// When the document version was last changed, as RFC 3339; empty when unknown, which counts as oldest.
    pub updated_at: String,
    /// True when a newer version or document replaces this one: it is never cited.
    pub superseded: bool,
    /// The fused retrieval score; comparable among the sources of one question.
    pub score: f32,
    /// The cosine of question and chunk in `[-1, 1]`, when the embedding leg found it.
    pub dense: Option<f32>,
    /// The BM25 score, 0 or more, when the leg of words found it.
    pub lexical: Option<f32>,
}

impl<'a> Source<'a> {
    /// The chunk's own words; empty when the span does not lie in the text.
    pub fn passage(&self) -> &'a str {
        self.text.quote(self.span).unwrap_or_default()
    }

    /// Where the passage is, for people: title and headings, outermost first, or the address.
    pub fn trail(&self) -> String {
        let parts: Vec<&str> = self.title.iter().chain(&self.heading).map(String::as_str).collect();
        if parts.is_empty() { self.uri.clone() } else { parts.join(" > ") }
    }

    /// The day of the last change, or `undated`.
    pub fn day(&self) -> &str {
        self.updated_at.get(..10).unwrap_or("undated")
    }
}
