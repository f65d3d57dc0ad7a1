//! PowerPoint: a slide is a page, its title a heading; bodies, tables, diagrams and speaker notes follow.

use engraft_core::{BlockKind, Content};

use super::ParseError;
use super::build::Builder;
use super::job::Job;
use super::office::{alternative, properties};
use super::package::Package;
use super::table::{Row, push_table};
use super::xml::{Node, Xml};

const MIME: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// Reads a PPTX file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let depth = job.limits.max_depth * 4;
    let mut package = Package::open(bytes, job)?;
    let mut builder = Builder::new(MIME, job.limits);
    properties(&mut package, &mut builder, depth)?;
    let slides = slides(&mut package, depth)?;
    if slides.len() > job.limits.max_pages {
        return Err(ParseError::too_large("slides", job.limits.max_pages));
    }
    for (index, path) in slides.iter().enumerate() {
        builder.page = Some(index as u32 + 1);
        if let Err(error) = slide(&mut package, path, depth, &mut builder) {
            if matches!(error, ParseError::TooLarge { .. }) {
                return Err(error);
            }
            builder.warnings.push(format!("slide {} was left out: {error}", index + 1));
        }
    }
    builder.finish()
}

/// The slides' paths in the order they are shown.
fn slides(package: &mut Package, depth: usize) -> Result<Vec<String>, ParseError> {
    let main = package.main_part()?.unwrap_or_else(|| "ppt/presentation.xml".to_string());
    let relations = package.relations(&main)?;
    let Some(text) = package.xml(&main)? else {
        return Err(ParseError::Malformed(format!("the part {main} is missing")));
    };
    let xml = Xml::parse(&text, depth)?;
    let listed = xml.root().and_then(|root| root.find("sldIdLst")).into_iter().flat_map(Node::children);
    // `r:id` and `id` differ only by prefix: the relation is the one that resolves.
    let target = |node: Node| {
        let ids = node.attrs().into_iter().filter(|(name, _)| *name == "id");
        ids.filter_map(|(_, id)| relations.get(&id)).find(|relation| relation.kind == "slide").cloned()
    };
    Ok(listed.filter_map(target).map(|relation| relation.target).collect())
}

fn slide(package: &mut Package, path: &str, depth: usize, builder: &mut Builder) -> Result<(), ParseError> {
    let Some(text) = package.xml(path)? else { return Ok(()) };
    let xml = Xml::parse(&text, depth)?;
    let shapes: Vec<Shape> = xml.root().and_then(|root| root.find("spTree")).map(shapes).unwrap_or_default();
    // The title is read first, wherever it was drawn.
    for shape in shapes.iter().filter(|shape| shape.is_title()) {
        let words = paragraphs(shape.node).into_iter().map(|(words, _)| words).collect::<Vec<_>>().join(" ");
        let level = if shape.role == "ctrTitle" { 1 } else { 2 };
        builder.push(BlockKind::Heading(level), &words);
        if builder.title.is_none() && builder.page == Some(1) {
            builder.title = Some(words);
        }
    }
    for shape in shapes.iter().filter(|shape| !shape.is_title()) {
        if let Some(table) = shape.node.find("tbl") {
            push_table(builder, &rows(table), None);
        } else {
            push_paragraphs(builder, shape.node, shape.is_list());
        }
    }
    let relations = package.relations(path)?;
    let of_kind = |kind: &'static str| relations.values().filter(move |relation| relation.kind == kind);
    for relation in of_kind("diagramData") {
        let Some(text) = package.xml(&relation.target)? else { continue };
        let xml = Xml::parse(&text, depth)?;
        let points = xml.root().and_then(|root| root.find("ptLst")).into_iter().flat_map(Node::children);
        points.for_each(|point| push_paragraphs(builder, point, true));
    }
    for relation in of_kind("notesSlide") {
        let Some(text) = package.xml(&relation.target)? else { continue };
        let xml = Xml::parse(&text, depth)?;
        let tree = xml.root().and_then(|root| root.find("spTree"));
        for shape in tree.map(self::shapes).unwrap_or_default().iter().filter(|shape| shape.role == "body") {
            push_paragraphs(builder, shape.node, false);
        }
    }
    Ok(())
}

/// Something drawn on a slide that may hold words.
struct Shape<'x> {
    node: Node<'x>,
    // The type of placeholder it fills; empty for none, `obj` for one without a type.
    role: String,
}

impl Shape<'_> {
    fn is_title(&self) -> bool {
        matches!(self.role.as_str(), "title" | "ctrTitle")
    }

    fn is_list(&self) -> bool {
        matches!(self.role.as_str(), "body" | "obj")
    }
}

/// The shapes below `tree` in drawing order, groups opened, page furniture left out.
fn shapes(tree: Node<'_>) -> Vec<Shape<'_>> {
    let mut found = Vec::new();
    for node in tree.children() {
        match node.name() {
            "grpSp" => found.extend(shapes(node)),
            "AlternateContent" => {
                alternative(node).into_iter().for_each(|branch| found.extend(shapes(branch)))
            }
            "sp" | "graphicFrame" | "cxnSp" => {
                let properties = node.children().find(|child| child.name().starts_with("nv"));
                let placeholder = properties.and_then(|properties| properties.find("ph"));
                let role =
                    placeholder.map_or(String::new(), |ph| ph.attr("type").map_or("obj".into(), |t| t));
                if !matches!(role.as_str(), "sldNum" | "dt" | "ftr" | "hdr" | "sldImg") {
                    found.push(Shape { node, role });
                }
            }
            _ => {}
        }
    }
    found
}

fn push_paragraphs(builder: &mut Builder, node: Node, is_list: bool) {
    let paragraphs = paragraphs(node);
    let several = paragraphs.len() > 1;
    for (words, bullet) in paragraphs {
        let kind =
            if bullet.unwrap_or(is_list && several) { BlockKind::ListItem } else { BlockKind::Paragraph };
        builder.push(kind, &words);
    }
}

/// The paragraphs inside, and whether each says that it has a bullet (or that it has none).
fn paragraphs(node: Node) -> Vec<(String, Option<bool>)> {
    let mut found = Vec::new();
    for paragraph in node.descendants().filter(|inner| inner.is("p")) {
        let mut words = String::new();
        for inner in paragraph.descendants() {
            match inner.name() {
                "t" => words.push_str(&inner.text()),
                "br" => words.push('\n'),
                "tab" => words.push('\t'),
                _ => {}
            }
        }
        if words.trim().is_empty() {
            continue;
        }
        let bullet = paragraph.child("pPr").and_then(|properties| {
            let marks = properties.children().filter_map(|mark| match mark.name() {
                "buNone" => Some(false),
                "buChar" | "buAutoNum" | "buBlip" => Some(true),
                _ => None,
            });
            marks.last()
        });
        found.push((words, bullet));
    }
    found
}

fn rows(table: Node) -> Vec<Row> {
    let flag = |cell: Node, name: &str| cell.attr(name).is_some_and(|value| value == "1" || value == "true");
    let mut rows: Vec<Row> = Vec::new();
    for row in table.children().filter(|child| child.is("tr")) {
        let mut read = Row::default();
        for (column, cell) in row.children().filter(|child| child.is("tc")).enumerate() {
            let words = paragraphs(cell).into_iter().map(|(words, _)| words).collect::<Vec<_>>().join(" ");
            let above = rows.last().and_then(|above| above.meaning().get(column)).cloned();
            let meaning = if flag(cell, "vMerge") { above.unwrap_or_default() } else { words.clone() };
            read.cells.push(words);
            read.values.push(meaning);
        }
        if read.filled() > 0 {
            rows.push(read);
        }
    }
    rows
}
