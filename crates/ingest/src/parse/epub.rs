//! EPUB: the chapters of the spine, one after the other.

use engraft_core::{BlockKind, Content};
use serde_json::Value;

use super::ParseError;
use super::build::{Builder, one_line};
use super::job::Job;
use super::package::{Package, resolve};
use super::table::{Row, push_table};
use super::xml::{Node, Xml};

/// Reads an EPUB file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let depth = job.limits.max_depth * 4;
    let mut package = Package::open(bytes, job)?;
    if package.read("META-INF/rights.xml")?.is_some() {
        return Err(ParseError::Encrypted);
    }
    let missing = || ParseError::Malformed("its table of contents is missing".to_string());
    let container = package.xml("META-INF/container.xml")?.ok_or_else(missing)?;
    let container = Xml::parse(&container, depth)?;
    let rootfile =
        container.root().and_then(|root| root.find("rootfile")).and_then(|file| file.attr("full-path"));
    let path = rootfile.ok_or_else(missing)?;
    let index = package.xml(&path)?.ok_or_else(missing)?;
    let index = Xml::parse(&index, depth)?;
    let root = index.root().ok_or_else(missing)?;
    let mut builder = Builder::new("application/epub+zip", job.limits);
    for node in root.child("metadata").into_iter().flat_map(Node::children) {
        let value = one_line(&node.text());
        match node.name() {
            "title" if builder.title.is_none() => builder.title = Some(value),
            "creator" => drop(builder.metadata.insert("author".to_string(), Value::String(value))),
            name @ ("language" | "date" | "publisher" | "subject") => {
                builder.metadata.insert(name.to_string(), Value::String(value));
            }
            _ => {}
        }
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let items: Vec<Node> = root.child("manifest").into_iter().flat_map(Node::children).collect();
    for reference in root.child("spine").into_iter().flat_map(Node::children) {
        let Some(id) = reference.attr("idref") else { continue };
        let item = items.iter().find(|item| item.attr("id").as_deref() == Some(&id));
        let Some(href) = item.and_then(|item| item.attr("href")) else { continue };
        let Some(text) = package.xml(&resolve(folder, &percent_decoded(&href)))? else { continue };
        let chapter = Xml::parse(&text, depth)?;
        if let Some(body) = chapter.root().and_then(|root| root.find("body")) {
            blocks(body, BlockKind::Paragraph, &mut builder);
        }
    }
    builder.finish()
}

/// Reads the block-level elements of a chapter; loose text between them is a paragraph, an item or a row of its own.
fn blocks(parent: Node, kind: BlockKind, builder: &mut Builder) {
    let mut loose = String::new();
    for node in parent.children() {
        let name = node.name().to_ascii_lowercase();
        let inner = match name.as_str() {
            "script" | "style" | "nav" | "head" => continue,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => BlockKind::Heading(name.as_bytes()[1] - b'0'),
            "pre" => BlockKind::Code,
            "li" | "dd" | "dt" => BlockKind::ListItem,
            "p" | "blockquote" | "figcaption" | "caption" => kind,
            "div" | "section" | "article" | "ul" | "ol" | "dl" | "body" | "main" | "aside" | "header"
            | "figure" | "table" => kind,
            "br" => {
                loose.push(' ');
                continue;
            }
            _ => {
                loose.push_str(&node.own_text().map_or_else(|| node.text(), str::to_string));
                continue;
            }
        };
        builder.push(kind, &one_line(&std::mem::take(&mut loose)));
        match inner {
            BlockKind::Code => drop(builder.push(inner, &node.text())),
            _ if name == "table" => push_table(builder, &rows(node), None),
            BlockKind::Heading(_) => drop(builder.push(inner, &one_line(&node.text()))),
            _ => blocks(node, inner, builder),
        }
    }
    builder.push(kind, &one_line(&loose));
}

fn rows(table: Node) -> Vec<Row> {
    let rows = table.descendants().filter(|node| node.is("tr"));
    let cells =
        |row: Node| row.children().filter(|cell| cell.is("td") || cell.is("th")).map(Node::text).collect();
    rows.map(|row| Row::of(cells(row))).filter(|row| row.filled() > 0).collect()
}

/// `%20` and its like as the bytes they stand for.
fn percent_decoded(href: &str) -> String {
    let bytes = href.split('#').next().unwrap_or(href).as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
