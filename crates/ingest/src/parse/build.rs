//! Builds the stored text of formats that have none of their own, block by block, and counts the spans on the way.

use engraft_core::{Block, BlockKind, Content, Metadata, Span};

use super::{Limits, ParseError};

/// A stored text in the making.
#[derive(Debug)]
pub(crate) struct Builder {
    /// The title, if the document names one.
    pub(crate) title: Option<String>,
    /// Document properties.
    pub(crate) metadata: Metadata,
    /// What was lost or repaired.
    pub(crate) warnings: Vec<String>,
    /// The page of the blocks to come.
    pub(crate) page: Option<u32>,
    mime: &'static str,
    text: String,
    // The number of code points in `text`.
    chars: usize,
    blocks: Vec<Block>,
    max_chars: usize,
}

impl Builder {
    /// An empty text of media type `mime`.
    pub(crate) fn new(mime: &'static str, limits: &Limits) -> Builder {
        Builder {
            title: None,
            metadata: Metadata::new(),
            warnings: Vec::new(),
            page: None,
            mime,
            text: String::new(),
            chars: 0,
            blocks: Vec::new(),
            max_chars: limits.max_text_chars,
        }
    }

    /// Appends a block, trimmed and without control characters; nothing when nothing is left of it.
    ///
    /// Neighbouring rows, and neighbouring list items, are a line apart; all else a blank line.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str) -> Option<&mut Block> {
        let clean = clean(text);
        let clean = if kind == BlockKind::Code { clean.trim_matches(['\n', '\r']) } else { clean.trim() };
        if clean.trim().is_empty() || self.is_full() {
            return None;
        }
        if let Some(last) = self.blocks.last() {
            let together = matches!(kind, BlockKind::ListItem | BlockKind::TableRow)
                && last.kind == kind
                && last.page == self.page;
            let gap = if together { "\n" } else { "\n\n" };
            self.text.push_str(gap);
            self.chars += gap.len();
        }
        let start = self.chars;
        self.text.push_str(clean);
        self.chars += clean.chars().count();
        let span = Span::new(start, self.chars)?;
        self.blocks.push(Block { span, kind, page: self.page, place: None, plain: None });
        self.blocks.last_mut()
    }

    /// Whether the limit on the stored text is passed: what is pushed from now on is not kept, and
    /// [`Builder::finish`] will refuse.
    pub(crate) fn is_full(&self) -> bool {
        self.chars > self.max_chars
    }

    /// Whether nothing was pushed yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The finished content; an error when it is empty or too long.
    pub(crate) fn finish(self) -> Result<Content, ParseError> {
        if self.chars > self.max_chars {
            return Err(ParseError::too_large("characters of text", self.max_chars));
        }
        if self.blocks.is_empty() {
            return Err(ParseError::NoText);
        }
        Ok(Content {
            title: self.title.map(|title| one_line(&title)).filter(|title| !title.is_empty()),
            mime: self.mime.to_string(),
            text: self.text,
            blocks: self.blocks,
            metadata: self.metadata,
            warnings: self.warnings,
        })
    }
}

/// `text` with every run of white space made one blank, and trimmed.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` without control characters other than line breaks and tabs, and without soft hyphens.
fn clean(text: &str) -> String {
    let unwanted =
        |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || c == '\u{ad}' || c == '\u{feff}';
    text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|&c| !unwanted(c)).collect()
}

/// A table row for the index: `header: value; header: value`, empty cells left out.
///
/// A cell without a header stands alone. `None` when there is nothing to say.
pub(crate) fn labelled_row(headers: &[String], cells: &[String]) -> Option<String> {
    let parts = cells.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty()).map(|(column, cell)| {
        let cell = one_line(cell);
        match headers.get(column).map(|header| one_line(header)).filter(|header| !header.is_empty()) {
            Some(header) => format!("{}: {cell}", header.trim_end_matches(':')),
            None => cell,
        }
    });
    // A label in a cell of its own goes before its value.
    let row = parts.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    (!row.is_empty()).then_some(row)
}

#[cfg(test)]
mod tests {
    use engraft_core::CharMap;

    use super::*;

    #[test]
    fn spans_quote_what_was_pushed() {
        let mut builder = Builder::new("text/plain", &Limits::default());
        builder.push(BlockKind::Heading(1), " Täglich\u{0} ");
        builder.push(BlockKind::ListItem, "eins\r\nzwei");
        builder.push(BlockKind::ListItem, "drei 🎉");
        builder.push(BlockKind::Paragraph, " \n ");
        let content = builder.finish().unwrap();
        assert_eq!(content.text, "Täglich\n\neins\nzwei\ndrei 🎉");
        let map = CharMap::new(&content.text);
        let quotes: Vec<_> = content.blocks.iter().filter_map(|block| map.quote(block.span)).collect();
        assert_eq!(quotes, ["Täglich", "eins\nzwei", "drei 🎉"]);
    }

    #[test]
    fn a_row_names_its_columns_and_skips_empty_cells() {
        let strings = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        let row = labelled_row(&strings(&["Name:", "", "Price"]), &strings(&["Bolt", "x", " ", "9"]));
        assert_eq!(row.as_deref(), Some("Name: Bolt; x; 9"));
    }
}
