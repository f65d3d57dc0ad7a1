//! Chunks: the indexed spans of a document version.

use serde::{Deserialize, Serialize};

use crate::Span;

/// An indexed span of one document version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The cited part of the stored text.
    pub span: Span,
    /// The headings above it, outermost first; context for indexing, not part of the span.
    pub heading: Vec<String>,
    /// The page it starts on, from 1.
    pub page: Option<u32>,
    /// Where in a sheet or archive it is, such as `Prices!A2:D9`.
    pub place: Option<String>,
    /// What is indexed instead of the text of the span (tables as `header: value`); `None`: the text itself.
    pub plain: Option<String>,
}

impl Chunk {
    /// The heading path in one line, outermost first.
    pub fn heading_path(&self) -> String {
        self.heading.join(" > ")
    }
}
