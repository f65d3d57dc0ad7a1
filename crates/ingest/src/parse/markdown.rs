//! Markdown: the file to the letter, with blocks that point at its words.

use std::ops::Range;

use engraft_core::{Block, BlockKind, CharMap, Content, Metadata};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use super::build::{labelled_row, one_line};
use super::decode::decode;
use super::job::Job;
use super::{ParseError, front_matter, tags};

/// Reads a Markdown file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let decoded = decode(bytes, None)?;
    let content = of_text(decoded.text, job)?;
    Ok(Content { warnings: decoded.warnings, ..content })
}

/// The content whose stored text is the Markdown `text`.
pub(crate) fn of_text(text: String, job: &Job) -> Result<Content, ParseError> {
    let map = CharMap::new(&text);
    if map.chars() > job.limits.max_text_chars {
        return Err(ParseError::too_large("characters of text", job.limits.max_text_chars));
    }
    let (metadata, body) = front_matter::split(&text);
    let blocks = Walker::new(&text, body, &map).walk();
    if blocks.is_empty() && metadata.is_empty() {
        return Err(ParseError::NoText);
    }
    let title = title_of(&metadata, &blocks, &map);
    Ok(Content { title, mime: "text/markdown".to_string(), text, blocks, metadata, warnings: Vec::new() })
}

/// What the front matter calls the document, else its first heading of level 1.
fn title_of(metadata: &Metadata, blocks: &[Block], map: &CharMap) -> Option<String> {
    if let Some(Value::String(title)) = metadata.get("title") {
        return Some(one_line(title));
    }
    let first = blocks.iter().find(|block| block.kind == BlockKind::Heading(1))?;
    first.plain.clone().or_else(|| map.quote(first.span).map(one_line))
}

/// Inline content being gathered into one block.
#[derive(Debug)]
struct Leaf {
    bytes: Range<usize>,
    words: String,
}

struct Walker<'a> {
    text: &'a str,
    // Where the Markdown begins, after the front matter.
    body: usize,
    map: &'a CharMap<'a>,
    blocks: Vec<Block>,
    leaf: Option<Leaf>,
    // Kinds of the open containers that decide what a leaf is.
    kinds: Vec<BlockKind>,
    headers: Vec<String>,
    cells: Vec<String>,
    in_cell: bool,
    // Raw HTML being gathered, lines of one HTML block.
    html: Option<Range<usize>>,
}

impl<'a> Walker<'a> {
    fn new(text: &'a str, body: usize, map: &'a CharMap<'a>) -> Walker<'a> {
        let (blocks, kinds, headers, cells) = Default::default();
        Walker { text, body, map, blocks, leaf: None, kinds, headers, cells, in_cell: false, html: None }
    }

    fn walk(mut self) -> Vec<Block> {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_HEADING_ATTRIBUTES
            | Options::ENABLE_DEFINITION_LIST;
        for (event, range) in Parser::new_ext(&self.text[self.body..], options).into_offset_iter() {
            let range = range.start + self.body..range.end + self.body;
            self.take(event, range);
        }
        self.flush();
        self.blocks
    }

    fn take(&mut self, event: Event, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(words) => self.say(&words, range),
            Event::Code(words) | Event::InlineMath(words) | Event::DisplayMath(words) => {
                self.say(&words, range)
            }
            Event::SoftBreak | Event::HardBreak => self.say(" ", range),
            Event::InlineHtml(tag) => {
                let gap = if tag.starts_with("<br") { " " } else { "" };
                self.say(gap, range);
            }
            Event::Html(_) => {
                let start = self.html.as_ref().map_or(range.start, |html| html.start);
                self.html = Some(start..range.end);
            }
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => self.say("", range),
            Event::Rule => self.flush(),
        }
    }

    fn start(&mut self, tag: Tag, range: Range<usize>) {
        match tag {
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {
                self.say("", range)
            }
            Tag::Link { .. } | Tag::Image { .. } => self.say("", range),
            Tag::TableCell => {
                self.cells.push(String::new());
                self.in_cell = true;
            }
            _ => {
                self.flush();
                self.kinds.push(match tag {
                    Tag::Heading { level, .. } => BlockKind::Heading(level as u8),
                    Tag::CodeBlock(_) => BlockKind::Code,
                    Tag::Item | Tag::DefinitionListDefinition => BlockKind::ListItem,
                    Tag::TableHead | Tag::TableRow => BlockKind::TableRow,
                    // A paragraph of an item, or of a quote within one, is still the item's.
                    Tag::Paragraph | Tag::BlockQuote(_) => self.kind(),
                    _ => BlockKind::Paragraph,
                });
                if matches!(tag, Tag::Paragraph) {
                    self.say("", range);
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {}
            TagEnd::Superscript | TagEnd::Subscript | TagEnd::Link | TagEnd::Image => {}
            TagEnd::TableCell => self.in_cell = false,
            TagEnd::TableHead => self.row(range, true),
            TagEnd::TableRow => self.row(range, false),
            TagEnd::HtmlBlock => {
                if let Some(range) = self.html.take() {
                    let words = tags::strip(&self.text[range.clone()]);
                    self.push(range, BlockKind::Paragraph, &one_line(&words));
                }
                self.kinds.pop();
            }
            _ => {
                self.flush();
                self.kinds.pop();
            }
        }
    }

    /// What a leaf here is.
    fn kind(&self) -> BlockKind {
        self.kinds.last().copied().unwrap_or(BlockKind::Paragraph)
    }

    /// Adds inline content that stands at `range` and reads `words`.
    fn say(&mut self, words: &str, range: Range<usize>) {
        if self.in_cell {
            if let Some(cell) = self.cells.last_mut() {
                cell.push_str(words);
            }
            return;
        }
        let leaf = self.leaf.get_or_insert(Leaf { bytes: range.clone(), words: String::new() });
        leaf.bytes = leaf.bytes.start.min(range.start)..leaf.bytes.end.max(range.end);
        leaf.words.push_str(words);
    }

    fn flush(&mut self) {
        if let Some(leaf) = self.leaf.take() {
            let kind = self.kind();
            let words = if kind == BlockKind::Code { leaf.words } else { one_line(&leaf.words) };
            self.push(leaf.bytes, kind, &words);
        }
    }

    fn row(&mut self, range: Range<usize>, is_header: bool) {
        let cells = std::mem::take(&mut self.cells);
        let headers = if is_header { &[] } else { self.headers.as_slice() };
        if let Some(words) = labelled_row(headers, &cells) {
            self.push(range, BlockKind::TableRow, &words);
        }
        if is_header {
            self.headers = cells;
        }
        self.kinds.pop();
    }

    /// Adds the block at `range`, trimmed, that reads `words`; nothing when it reads nothing.
    fn push(&mut self, range: Range<usize>, kind: BlockKind, words: &str) {
        let raw = &self.text[range.clone()];
        // The indentation of the first line of code means something.
        let blank =
            |c: char| if kind == BlockKind::Code { matches!(c, '\r' | '\n') } else { c.is_whitespace() };
        let quote = raw.trim_matches(blank);
        if quote.trim().is_empty() || words.trim().is_empty() {
            return;
        }
        let start = range.start + (raw.len() - raw.trim_start_matches(blank).len());
        let Some(span) = self.map.span_of_bytes(start, start + quote.len()) else { return };
        // A container's own words may surround those of a nested one; the first to speak keeps the place.
        if self.blocks.last().is_some_and(|last| span.start() < last.span.end()) {
            return;
        }
        let same = kind == BlockKind::Code || words == quote;
        let plain = (!same).then(|| words.to_string());
        self.blocks.push(Block { span, kind, page: None, place: None, plain });
    }
}
