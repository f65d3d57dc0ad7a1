//! XML of no format we know: sections by their titles, prose as paragraphs, groups of short fields as rows.

use engraft_core::{BlockKind, Content};

use super::build::{Builder, labelled_row, one_line};
use super::decode::decode;
use super::job::Job;
use super::xml::{Node, Xml};
use super::{ParseError, tags};

/// A group of fields longer than this, in bytes, is prose.
const LONG_ROW: usize = 600;

/// Reads an XML file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let decoded = decode(bytes, None)?;
    let xml = Xml::parse(&decoded.text, job.limits.max_depth * 4)?;
    let mut builder = Builder::new("application/xml", job.limits);
    builder.warnings = decoded.warnings;
    if let Some(root) = xml.root() {
        walk(root, 0, &mut builder);
    }
    match xml.broken {
        Some(reason) if builder.is_empty() => return Err(ParseError::Malformed(reason)),
        Some(reason) => builder.warnings.push(format!("the file is damaged and may end early: {reason}")),
        None => {}
    }
    builder.finish()
}

fn walk(node: Node, level: u8, builder: &mut Builder) {
    let elements: Vec<Node> = node.children().filter(|child| !child.name().is_empty()).collect();
    let speaks = node.children().filter_map(Node::own_text).any(|text| !text.trim().is_empty());
    if speaks || elements.is_empty() {
        let words = words(node);
        let is_title =
            matches!(node.name().to_lowercase().as_str(), "title" | "heading" | "head" | "headline");
        if is_title && builder.title.is_none() {
            builder.title = Some(words.clone());
        }
        builder.push(
            if is_title { BlockKind::Heading(level.clamp(1, 6)) } else { BlockKind::Paragraph },
            &words,
        );
        return;
    }
    if let Some((line, plain)) = fields(&elements) {
        if let Some(block) = builder.push(BlockKind::TableRow, &line) {
            block.plain = plain;
        }
        return;
    }
    let is_titled = elements.iter().any(|child| child.name().eq_ignore_ascii_case("title"));
    elements.iter().for_each(|child| walk(*child, level + u8::from(is_titled), builder));
}

/// The row that two or more short fields make; `None` when they are something else.
fn fields(elements: &[Node]) -> Option<(String, Option<String>)> {
    let is_leaf = |node: &Node| node.children().all(|child| child.name().is_empty());
    if elements.len() < 2 || !elements.iter().all(is_leaf) {
        return None;
    }
    let mut names: Vec<String> = elements.iter().map(|field| field.name().to_string()).collect();
    let values: Vec<String> = elements.iter().map(|field| one_line(&words(*field))).collect();
    let plain = labelled_row(&names, &values);
    names.sort();
    names.dedup();
    let fits = names.len() == elements.len() && values.iter().map(String::len).sum::<usize>() <= LONG_ROW;
    let shown: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
    fits.then(|| (shown.join(" | "), plain))
}

/// All words inside; where they are HTML put into XML as text, its tags are taken out.
fn words(node: Node) -> String {
    let text = node.text();
    let text = if text.contains('<') && text.contains('>') { tags::strip(&text) } else { text };
    one_line(&text)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::{Limits, parse};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let outcome = parse("a.xml", text.as_bytes(), &Limits::default()).unwrap();
        let content = &outcome.documents[0].content;
        let shown = content.blocks.iter().map(|block| {
            let quote =
                engraft_core::CharMap::new(&content.text).quote(block.span).unwrap_or_default().to_string();
            format!("{:?} {quote} / {}", block.kind, block.plain.as_deref().unwrap_or("-"))
        });
        expected.assert_eq(&shown.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn titles_prose_and_fields() {
        check(
            "<?xml version='1.0'?><doc><title>T</title><sec><title>S</title><p>Some <b>bold</b> words.</p>\
             <row><name>Ann</name><age>7</age></row><note><![CDATA[<p>Hi &amp; <br/>bye</p>]]></note></sec></doc>",
            expect![[r#"
                Heading(1) T / -
                Heading(2) S / -
                Paragraph Some bold words. / -
                TableRow Ann | 7 / name: Ann; age: 7
                Paragraph Hi & bye / -"#]],
        );
    }
}
