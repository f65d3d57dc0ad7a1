//! Word: headings by style, numbered lists, tables, footnotes, text boxes; insertions kept, deletions dropped.

use std::collections::BTreeMap;

use engraft_core::{BlockKind, Content};

use super::ParseError;
use super::build::Builder;
use super::job::Job;
use super::numbering::{Numbering, value};
use super::office::{alternative, properties};
use super::package::Package;
use super::styles::{Role, Styles};
use super::table::{Row, push_table};
use super::xml::{Node, Xml};

const MIME: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// Reads a DOCX file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let depth = job.limits.max_depth * 4;
    let mut package = Package::open(bytes, job)?;
    let mut builder = Builder::new(MIME, job.limits);
    properties(&mut package, &mut builder, depth)?;
    let main = package.main_part()?.unwrap_or_else(|| "word/document.xml".to_string());
    let Some(document) = package.xml(&main)? else {
        return Err(ParseError::Malformed(format!("the part {main} is missing")));
    };
    let relations = package.relations(&main)?;
    let part = |package: &mut Package, kind: &str| -> Result<String, ParseError> {
        let relation = relations.values().find(|relation| relation.kind == kind);
        Ok(relation.map(|relation| package.xml(&relation.target)).transpose()?.flatten().unwrap_or_default())
    };
    let styles = part(&mut package, "styles")?;
    let styles = Styles::parse(&Xml::parse(&styles, depth)?);
    let numbering = part(&mut package, "numbering")?;
    let numbering = Numbering::parse(&Xml::parse(&numbering, depth)?);
    let mut notes = BTreeMap::new();
    for (kind, element) in [("footnotes", "footnote"), ("endnotes", "endnote")] {
        let text = part(&mut package, kind)?;
        read_notes(&Xml::parse(&text, depth)?, element, &mut notes);
    }
    let xml = Xml::parse(&document, depth)?;
    let mut walker = Walker { builder, styles, numbering, notes, hidden: false, depth: 0 };
    if let Some(body) = xml.root().and_then(|root| root.find("body")) {
        walker.blocks(body);
    }
    if walker.builder.is_empty() {
        // All there is to read may stand in the margins.
        for relation in
            relations.values().filter(|relation| matches!(relation.kind.as_str(), "header" | "footer"))
        {
            let Some(text) = package.xml(&relation.target)? else { continue };
            let xml = Xml::parse(&text, depth)?;
            xml.root().into_iter().for_each(|root| walker.blocks(root));
        }
    }
    let mut builder = walker.builder;
    if walker.hidden {
        builder.warnings.push("hidden text was left out".to_string());
    }
    if let Some(reason) = xml.broken {
        builder.warnings.push(format!("the document is damaged and may end early: {reason}"));
    }
    builder.finish()
}

fn read_notes(xml: &Xml, element: &'static str, notes: &mut BTreeMap<(&'static str, String), String>) {
    for node in xml.root().into_iter().flat_map(|root| root.children()).filter(|node| node.is(element)) {
        let Some(id) = node.attr("id") else { continue };
        let words: Vec<String> =
            node.descendants().filter(|inner| inner.is("p")).map(|p| shown(p).text).collect();
        notes.insert((element, id), words.join(" "));
    }
}

struct Walker {
    builder: Builder,
    styles: Styles,
    numbering: Numbering,
    notes: BTreeMap<(&'static str, String), String>,
    hidden: bool,
    // Text boxes and tables around this place.
    depth: usize,
}

/// What a paragraph shows, and what hangs on it.
#[derive(Default)]
struct Shown<'x> {
    text: String,
    notes: Vec<(&'static str, String)>,
    boxes: Vec<Node<'x>>,
    hidden: bool,
}

impl Walker {
    /// Reads block-level content: a body, a cell, a text box.
    fn blocks(&mut self, parent: Node) {
        if self.builder.is_full() {
            return;
        }
        for node in parent.children() {
            match node.name() {
                "p" => self.paragraph(node),
                "tbl" => self.table(node),
                "AlternateContent" => alternative(node).into_iter().for_each(|branch| self.blocks(branch)),
                // A table of contents repeats the headings.
                "sdt" if is_contents(node) => {}
                "sdt" => node.child("sdtContent").into_iter().for_each(|content| self.blocks(content)),
                "ins" | "moveTo" | "customXml" | "smartTag" => self.blocks(node),
                _ => {}
            }
        }
    }

    fn paragraph(&mut self, node: Node) {
        let properties = node.child("pPr");
        let style = properties.and_then(|properties| value(properties, "pStyle")).unwrap_or_default();
        let own_level = properties.and_then(|properties| value(properties, "outlineLvl"));
        let own_level = own_level.and_then(|level| level.parse::<u8>().ok());
        let role = match own_level {
            Some(level) if level < 9 => Role::Heading(level + 1),
            _ => self.styles.role(&style),
        };
        if role == Role::Contents {
            return;
        }
        let shown = shown(node);
        self.hidden |= shown.hidden;
        let list = self.list_of(properties, &style);
        let kind = match role {
            Role::Heading(level) => BlockKind::Heading(level.clamp(1, 6)),
            Role::Code => BlockKind::Code,
            _ if list.is_some() || role == Role::List => BlockKind::ListItem,
            _ => BlockKind::Paragraph,
        };
        if !shown.text.trim().is_empty() {
            let number = list.map(|(list, level)| self.numbering.next(&list, level)).unwrap_or_default();
            let text =
                if number.is_empty() { shown.text } else { format!("{number} {}", shown.text.trim_start()) };
            if role == Role::Title && self.builder.title.is_none() {
                self.builder.title = Some(text.clone());
            }
            self.builder.push(kind, &text);
        }
        for note in shown.notes {
            if let Some(words) = self.notes.remove(&note) {
                self.builder.push(BlockKind::Paragraph, &words);
            }
        }
        self.depth += 1;
        if self.depth < 16 {
            shown.boxes.into_iter().for_each(|inside| self.blocks(inside));
        }
        self.depth -= 1;
    }

    /// The list a paragraph belongs to, by itself or by its style, and its level.
    fn list_of(&self, properties: Option<Node>, style: &str) -> Option<(String, usize)> {
        let own = properties.and_then(|properties| properties.child("numPr"));
        let level = own.and_then(|own| value(own, "ilvl")).and_then(|level| level.parse().ok());
        let (list, style_level) = match own.and_then(|own| value(own, "numId")) {
            Some(list) => (list, 0),
            None => self.styles.list(style)?,
        };
        // List 0 takes a paragraph out of the list its style puts it in.
        (list != "0").then(|| (list, level.unwrap_or(style_level)))
    }

    fn table<'x>(&mut self, table: Node<'x>) {
        let rows: Vec<Node<'x>> = elements(table, "tr").into_iter().filter(|row| !is_deleted(*row)).collect();
        let cells = |row: &Node<'x>| elements(*row, "tc");
        self.depth += 1;
        if self.depth >= 16 || rows.iter().all(|row| cells(row).len() <= 1) {
            // One column is layout, not a table.
            rows.iter().flat_map(cells).for_each(|cell| {
                if self.depth < 16 {
                    self.blocks(cell)
                }
            });
            self.depth -= 1;
            return;
        }
        self.depth -= 1;
        let marked =
            rows.iter().take_while(|row| row.child("trPr").is_some_and(|p| p.child("tblHeader").is_some()));
        let marked = marked.count();
        let mut filled: Vec<Row> = Vec::new();
        for row in &rows {
            let read = self.row(*row, filled.last());
            if read.filled() > 0 {
                filled.push(read);
            }
        }
        push_table(&mut self.builder, &filled, (marked > 0 && marked < filled.len()).then_some(marked));
    }

    fn row(&mut self, row: Node, above: Option<&Row>) -> Row {
        let mut read = Row::default();
        for cell in elements(row, "tc") {
            let properties = cell.child("tcPr");
            let span =
                properties.and_then(|p| value(p, "gridSpan")).and_then(|span| span.parse::<usize>().ok());
            let merged = properties.and_then(|p| p.child("vMerge"));
            let goes_on = merged.is_some_and(|merge| merge.attr("val").is_none_or(|val| val != "restart"));
            let column = read.cells.len();
            let words = if goes_on { String::new() } else { self.cell(cell) };
            let meaning = match above.filter(|_| goes_on).and_then(|above| above.meaning().get(column)) {
                Some(value) => value.clone(),
                None => words.clone(),
            };
            read.cells.push(words);
            read.values.push(meaning.clone());
            for _ in 1..span.unwrap_or(1).clamp(1, 64) {
                read.cells.push(String::new());
                read.values.push(String::new());
            }
        }
        read
    }

    /// The words of a cell, inner tables included.
    fn cell(&mut self, cell: Node) -> String {
        let mut words: Vec<String> = Vec::new();
        for paragraph in cell.descendants().filter(|node| node.is("p")) {
            let shown = shown(paragraph);
            self.hidden |= shown.hidden;
            words.push(shown.text);
            words.extend(shown.notes.iter().filter_map(|note| self.notes.remove(note)));
        }
        words.retain(|part| !part.trim().is_empty());
        words.join(" ")
    }
}

/// Child elements `name`, also those within content controls and insertions.
fn elements<'x>(parent: Node<'x>, name: &str) -> Vec<Node<'x>> {
    let mut found = Vec::new();
    for child in parent.children() {
        match child.name() {
            own if own == name => found.push(child),
            "sdt" | "sdtContent" | "ins" | "moveTo" | "customXml" | "smartTag" => {
                found.extend(elements(child, name))
            }
            _ => {}
        }
    }
    found
}

fn is_deleted(row: Node) -> bool {
    row.child("trPr").is_some_and(|properties| properties.child("del").is_some())
}

fn is_contents(control: Node) -> bool {
    let gallery = control.child("sdtPr").and_then(|properties| properties.find("docPartGallery"));
    gallery.and_then(|gallery| gallery.attr("val")).is_some_and(|name| name == "Table of Contents")
}

/// What a paragraph shows.
fn shown(paragraph: Node<'_>) -> Shown<'_> {
    let mut shown = Shown::default();
    inline(paragraph, &mut shown);
    shown
}

fn inline<'x>(parent: Node<'x>, shown: &mut Shown<'x>) {
    for node in parent.children() {
        match node.name() {
            "t" => shown.text.push_str(&node.text()),
            "tab" | "ptab" => shown.text.push('\t'),
            "br" | "cr" => shown.text.push('\n'),
            "noBreakHyphen" => shown.text.push('-'),
            "sym" => shown.text.extend(symbol(node)),
            "footnoteReference" => note("footnote", node, shown),
            "endnoteReference" => note("endnote", node, shown),
            "AlternateContent" => alternative(node).into_iter().for_each(|branch| inline(branch, shown)),
            "drawing" | "pict" | "object" => shown.boxes.extend(boxes(node)),
            "r" if is_hidden(node) => shown.hidden |= node.find("t").is_some(),
            // Deleted, moved away, code of fields, reading aids, inner properties.
            "" | "del" | "moveFrom" | "instrText" | "delText" | "rt" | "pPr" | "rPr" | "sdtPr" => {}
            _ => inline(node, shown),
        }
    }
}

fn note(kind: &'static str, node: Node, shown: &mut Shown) {
    shown.notes.extend(node.attr("id").map(|id| (kind, id)));
}

fn symbol(node: Node) -> Option<char> {
    let code = u32::from_str_radix(&node.attr("char")?, 16).ok()?;
    // Private use: a pictogram of some symbol font.
    char::from_u32(code).filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c))
}

fn is_hidden(run: Node) -> bool {
    let vanish = run.child("rPr").and_then(|properties| properties.child("vanish"));
    vanish.is_some_and(|vanish| vanish.attr("val").is_none_or(|val| val != "0" && val != "false"))
}

/// The text boxes of a drawing that are not inside one another.
fn boxes(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    for child in node.children() {
        match child.name() {
            "txbxContent" => found.push(child),
            "AlternateContent" => {
                alternative(child).into_iter().for_each(|branch| found.extend(boxes(branch)))
            }
            _ => found.extend(boxes(child)),
        }
    }
    found
}
