//! Elements to blocks: headings, paragraphs, list items and code, in the order of the page.

use engraft_core::BlockKind;

use super::boilerplate::Selection;
use super::dom::{Dom, Id, Step};
use super::grid;
use super::measure::is_block;
use crate::parse::build::Builder;

/// Writes the selected part of a page.
pub(super) fn write(dom: &Dom, selection: &Selection, builder: &mut Builder) {
    let layout = grid::layout_tables(dom, selection);
    let mut writer = Writer {
        dom,
        selection,
        layout,
        builder,
        line: String::new(),
        heading: None,
        lists: Vec::new(),
        items: Vec::new(),
    };
    dom.walk(selection.root, |step| match step {
        Step::Enter(id) => writer.enter(id),
        Step::Leave(id) => {
            writer.leave(id);
            true
        }
    });
    writer.flush();
}

struct Writer<'a> {
    dom: &'a Dom,
    selection: &'a Selection,
    /// Per node, whether it is a table that only arranges the page.
    layout: Vec<bool>,
    builder: &'a mut Builder,
    /// The text of the block that is open, white space already collapsed.
    line: String,
    /// The level of the heading that is open.
    heading: Option<u8>,
    /// The open lists, with the next number of a numbered one.
    lists: Vec<Option<i64>>,
    /// The open items, with the marker that is still to be written.
    items: Vec<String>,
}

impl Writer<'_> {
    /// Whether to look inside.
    fn enter(&mut self, id: Id) -> bool {
        if self.selection.dropped[id] || self.builder.is_full() {
            return false;
        }
        if let Some(text) = self.dom.text(id) {
            push_collapsed(&mut self.line, text);
            return false;
        }
        let tag = self.dom.tag(id);
        if is_block(tag) {
            self.flush();
        }
        match tag {
            "br" => {
                let cut = self.line.trim_end_matches(' ').len();
                self.line.truncate(cut);
                // Two breaks in a row are how old pages part paragraphs.
                if self.line.ends_with('\n') { self.flush() } else { self.line.push('\n') }
            }
            "pre" | "listing" | "xmp" | "textarea" => {
                let code = code(self.dom, self.selection, id);
                self.builder.push(BlockKind::Code, &code);
                return false;
            }
            "table" if !self.layout[id] => {
                grid::write(self.dom, self.selection, id, self.builder);
                return false;
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = Some(tag.as_bytes()[1] - b'0'),
            "ol" => {
                let start = self.dom.attribute(id, "start").and_then(|start| start.trim().parse().ok());
                self.lists.push(Some(start.unwrap_or(1)));
            }
            "ul" | "menu" | "dl" => self.lists.push(None),
            "li" => {
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number = number.saturating_add(1);
                        format!("{}. ", number.saturating_sub(1))
                    }
                    _ => String::new(),
                };
                self.items.push(marker);
            }
            "q" => self.line.push('“'),
            _ => {}
        }
        true
    }

    fn leave(&mut self, id: Id) {
        let tag = self.dom.tag(id);
        if self.selection.dropped[id] || matches!(tag, "pre" | "listing" | "xmp" | "textarea") {
            return;
        }
        if is_block(tag) {
            self.flush();
        }
        match tag {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading = None,
            "ol" | "ul" | "menu" | "dl" => {
                self.lists.pop();
            }
            "li" => {
                self.items.pop();
            }
            "q" => self.line.push('”'),
            _ => {}
        }
    }

    /// Writes what the open block holds.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.line);
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        match (self.heading, self.items.last_mut()) {
            (Some(level), _) => {
                let title = text.trim_end_matches(['¶', '#']).replace('\n', " ");
                self.builder.push(BlockKind::Heading(level), &title);
            }
            (None, Some(marker)) => {
                let marker = std::mem::take(marker);
                self.builder.push(BlockKind::ListItem, &format!("{marker}{text}"));
            }
            (None, None) => {
                self.builder.push(BlockKind::Paragraph, text);
            }
        }
    }
}

/// Appends `text` with its runs of white space made one blank; none at the start of a line.
pub(super) fn push_collapsed(line: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_whitespace() {
            if !line.is_empty() && !line.ends_with([' ', '\n']) {
                line.push(' ');
            }
        } else {
            line.push(c);
        }
    }
}

/// Preformatted text, line breaks kept.
fn code(dom: &Dom, selection: &Selection, root: Id) -> String {
    let mut text = String::new();
    dom.walk(root, |step| {
        let Step::Enter(id) = step else { return true };
        if dom.tag(id) == "br" {
            text.push('\n');
        }
        text.push_str(dom.text(id).unwrap_or_default());
        !selection.dropped[id]
    });
    text
}
