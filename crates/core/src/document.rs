//! What a parser makes of a file: its stored text and the blocks that structure it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Span;

/// Metadata of a document: what `--filter` can ask about. Values are JSON scalars or lists of them.
pub type Metadata = BTreeMap<String, serde_json::Value>;

/// The content of one document version: the text that is stored and cited, and where its parts lie.
///
/// `text` is final: every span, here and later, counts its code points. For Markdown and plain text it is the
/// file's own text to the letter; for other formats it is the text the parser extracted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The title the document gives itself, if any.
    pub title: Option<String>,
    /// The media type, such as `text/markdown`.
    pub mime: String,
    /// The stored text.
    pub text: String,
    /// The parts of `text` worth indexing, in reading order, never overlapping.
    pub blocks: Vec<Block>,
    /// Front matter, mail headers, document properties.
    pub metadata: Metadata,
    /// What was lost or repaired on the way, in words for the user.
    pub warnings: Vec<String>,
}

/// A stretch of the stored text that belongs together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Where it is in the stored text. For a heading: its words, without marks such as `##`.
    pub span: Span,
    /// What it is.
    pub kind: BlockKind,
    /// The page it starts on, from 1, where the format has pages (also slides).
    pub page: Option<u32>,
    /// Where in a sheet or archive it is, such as `Prices!A2:D2`.
    pub place: Option<String>,
    /// What to index instead of the text of the span, such as a table row as `header: value` pairs or a paragraph
    /// without link targets. `None`: the text itself.
    pub plain: Option<String>,
}

/// The role of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading of level 1 to 6; it opens a section and becomes part of the heading path.
    Heading(u8),
    /// Running text.
    Paragraph,
    /// One item of a list.
    ListItem,
    /// Program code or preformatted text.
    Code,
    /// One row of a table.
    TableRow,
}
