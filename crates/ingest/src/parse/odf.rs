//! OpenDocument texts and presentations (ODT, ODP): headings, lists, tables, notes; a slide is a page.

use std::collections::BTreeMap;

use engraft_core::{BlockKind, Content};
use serde_json::Value;

use super::ParseError;
use super::build::{Builder, one_line};
use super::job::Job;
use super::package::Package;
use super::table::{Row, push_table};
use super::xml::{Node, Xml};

/// Cells and rows repeated more often than this are padding.
const MAX_REPEAT: usize = 64;

/// Reads an OpenDocument text or presentation.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let depth = job.limits.max_depth * 4;
    let mut package = Package::open(bytes, job)?;
    let manifest = package.xml("META-INF/manifest.xml")?.unwrap_or_default();
    if manifest.contains("encryption-data") {
        return Err(ParseError::Encrypted);
    }
    let Some(text) = package.xml("content.xml")? else {
        return Err(ParseError::Malformed("the part content.xml is missing".to_string()));
    };
    let xml = Xml::parse(&text, depth)?;
    let root = xml.root().ok_or(ParseError::NoText)?;
    let body = root.child("body").and_then(|body| body.children().find(|child| !child.name().is_empty()));
    let body = body.ok_or(ParseError::NoText)?;
    let mime = match body.name() {
        "presentation" => "application/vnd.oasis.opendocument.presentation",
        _ => "application/vnd.oasis.opendocument.text",
    };
    let mut builder = Builder::new(mime, job.limits);
    properties(&mut package, depth, &mut builder);
    let mut walker = Walker { builder, parents: parents(root), page: 0, depth: 0 };
    walker.blocks(body, BlockKind::Paragraph);
    if walker.page as usize > job.limits.max_pages {
        return Err(ParseError::too_large("slides", job.limits.max_pages));
    }
    let mut builder = walker.builder;
    if let Some(reason) = xml.broken {
        builder.warnings.push(format!("the document is damaged and may end early: {reason}"));
    }
    builder.finish()
}

fn properties(package: &mut Package, depth: usize, builder: &mut Builder) {
    // Properties are a courtesy: what is wrong with them must not cost the document.
    let Ok(Some(text)) = package.xml("meta.xml") else { return };
    let Ok(xml) = Xml::parse(&text, depth) else { return };
    for node in xml.root().and_then(|root| root.child("meta")).into_iter().flat_map(Node::children) {
        let value = one_line(&node.text());
        let key = match node.name() {
            "title" => {
                builder.title = Some(value);
                continue;
            }
            "creator" | "initial-creator" => "author",
            "creation-date" => "created",
            "date" => "modified",
            name @ ("subject" | "description" | "language") => name,
            _ => continue,
        };
        if !value.is_empty() {
            builder.metadata.insert(key.to_string(), Value::String(value));
        }
    }
}

/// The named style behind each automatic one.
fn parents(root: Node) -> BTreeMap<String, String> {
    let styles = root.child("automatic-styles").into_iter().flat_map(Node::children);
    styles.filter_map(|style| Some((style.attr("name")?, style.attr("parent-style-name")?))).collect()
}

struct Walker {
    builder: Builder,
    parents: BTreeMap<String, String>,
    page: u32,
    depth: usize,
}

impl Walker {
    fn blocks(&mut self, parent: Node, kind: BlockKind) {
        self.depth += 1;
        if self.depth < 128 {
            parent.children().for_each(|node| self.block(node, kind));
        }
        self.depth -= 1;
    }

    fn block(&mut self, node: Node, kind: BlockKind) {
        match node.name() {
            "h" => {
                let level =
                    node.attr("outline-level").and_then(|level| level.parse::<u8>().ok()).unwrap_or(1);
                self.paragraph(node, BlockKind::Heading(level.clamp(1, 6)));
            }
            "p" => {
                let style = node.attr("style-name").unwrap_or_default();
                let named = self.parents.get(&style).unwrap_or(&style).clone();
                let kind = if named == "Title" { BlockKind::Heading(1) } else { kind };
                if named == "Title" && self.builder.title.is_none() {
                    self.builder.title = Some(one_line(&node.text()));
                }
                self.paragraph(node, kind);
            }
            "list-item" | "list-header" => self.blocks(node, BlockKind::ListItem),
            "table" => self.table(node),
            "page" => {
                self.page += 1;
                self.builder.page = Some(self.page);
                let is_title = |child: &Node| child.attr("class").is_some_and(|class| class == "title");
                let (titles, others): (Vec<Node>, Vec<Node>) = node.children().partition(is_title);
                titles.into_iter().for_each(|title| self.blocks(title, BlockKind::Heading(2)));
                others.into_iter().for_each(|other| self.block(other, BlockKind::Paragraph));
            }
            // What was deleted, repeated or is not part of the text.
            "tracked-changes" | "table-of-content" | "forms" | "annotation" | "sequence-decls" | "desc"
            | "title" => {}
            "image" | "object" | "plugin" | "" => {}
            _ => self.blocks(node, kind),
        }
    }

    fn paragraph(&mut self, node: Node, kind: BlockKind) {
        let mut words = String::new();
        let mut aside = Vec::new();
        inline(node, &mut words, &mut aside);
        self.builder.push(kind, &words);
        aside.into_iter().for_each(|inner| self.blocks(inner, BlockKind::Paragraph));
    }

    fn table(&mut self, table: Node) {
        let mut rows = Vec::new();
        let mut headers = 0;
        self.rows(table, false, &mut rows, &mut headers);
        if rows.iter().all(|row: &Row| row.cells.len() <= 1) {
            for cell in rows.iter().flat_map(|row| row.cells.iter()) {
                self.builder.push(BlockKind::Paragraph, cell);
            }
            return;
        }
        push_table(&mut self.builder, &rows, (headers > 0 && headers < rows.len()).then_some(headers));
    }

    fn rows(&self, parent: Node, is_header: bool, rows: &mut Vec<Row>, headers: &mut usize) {
        for node in parent.children() {
            match node.name() {
                "table-header-rows" => self.rows(node, true, rows, headers),
                "table-rows" | "table-row-group" => self.rows(node, is_header, rows, headers),
                "table-row" => {
                    let row = Row::of(cells(node));
                    if row.filled() > 0 {
                        rows.push(row);
                        *headers += usize::from(is_header);
                    }
                }
                _ => {}
            }
        }
    }
}

fn cells(row: Node) -> Vec<String> {
    let mut cells = Vec::new();
    for cell in row.children() {
        let repeat = cell.attr("number-columns-repeated").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
        let words = match cell.name() {
            "table-cell" => {
                let mut parts = Vec::new();
                for paragraph in cell.descendants().filter(|node| node.is("p") || node.is("h")) {
                    let mut words = String::new();
                    inline(paragraph, &mut words, &mut Vec::new());
                    parts.push(words);
                }
                parts.join(" ")
            }
            "covered-table-cell" => String::new(),
            _ => continue,
        };
        cells.extend(std::iter::repeat_n(words, repeat.clamp(1, MAX_REPEAT)));
    }
    while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells
}

/// Adds the words of a paragraph; text boxes and notes in it are set aside.
fn inline<'x>(parent: Node<'x>, words: &mut String, aside: &mut Vec<Node<'x>>) {
    for node in parent.children() {
        match node.name() {
            "" => words.push_str(node.own_text().unwrap_or_default()),
            "tab" => words.push('\t'),
            "line-break" => words.push('\n'),
            "s" => {
                let count = node.attr("c").and_then(|count| count.parse::<usize>().ok()).unwrap_or(1);
                words.extend(std::iter::repeat_n(' ', count.min(MAX_REPEAT)));
            }
            "note" => aside.extend(node.child("note-body")),
            "text-box" | "table" => aside.push(node),
            "annotation" | "tracked-changes" | "title" | "desc" | "ruby-text" => {}
            _ => inline(node, words, aside),
        }
    }
}
