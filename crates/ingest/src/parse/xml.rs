//! XML as a flat list of nodes in document order: quick to walk, cheap to keep, safe to read.
//!
//! Names lose their prefixes, so that every dialect of a namespace reads the same. Entities a document defines itself
//! are never expanded.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;

use super::ParseError;

/// A parsed document. Borrowed from its text.
#[derive(Debug)]
pub(crate) struct Xml<'a> {
    nodes: Vec<Entry<'a>>,
    /// What broke off the reading, if anything did; what stands before is there.
    pub(crate) broken: Option<String>,
}

#[derive(Debug)]
struct Entry<'a> {
    // The element's name and attributes as written, or text.
    kind: Kind<'a>,
    // One past the last node of its subtree.
    end: u32,
}

#[derive(Debug)]
enum Kind<'a> {
    Element(&'a str),
    Text(Cow<'a, str>),
}

/// A node of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'x> {
    xml: &'x Xml<'x>,
    at: usize,
}

/// More nodes than this are refused: they would take too much memory.
const MAX_NODES: usize = 5_000_000;

impl<'a> Xml<'a> {
    /// Reads `text`; elements nested deeper than `max_depth` are refused.
    pub(crate) fn parse(text: &'a str, max_depth: usize) -> Result<Xml<'a>, ParseError> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        let mut nodes: Vec<Entry> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut broken = None;
        loop {
            if nodes.len() > MAX_NODES {
                return Err(ParseError::too_large("XML nodes", MAX_NODES));
            }
            let before = reader.buffer_position() as usize;
            let event = reader.read_event();
            let after = reader.buffer_position() as usize;
            let tag = || text.get(before..after).unwrap_or("").trim_matches(['<', '>']).trim_end_matches('/');
            let end = nodes.len() as u32 + 1;
            match event {
                Ok(Event::Start(_)) => {
                    open.push(nodes.len());
                    nodes.push(Entry { kind: Kind::Element(tag()), end });
                    if open.len() > max_depth {
                        return Err(ParseError::too_large("nested elements", max_depth));
                    }
                }
                Ok(Event::Empty(_)) => nodes.push(Entry { kind: Kind::Element(tag()), end }),
                Ok(Event::End(_)) => {
                    if let Some(started) = open.pop() {
                        nodes[started].end = nodes.len() as u32;
                    }
                }
                Ok(Event::Text(words)) => nodes.push(Entry { kind: Kind::Text(words.into_inner()), end }),
                Ok(Event::CData(words)) => nodes.push(Entry { kind: Kind::Text(words.into_inner()), end }),
                Ok(Event::GeneralRef(name)) => {
                    let value = unescape(&format!("&{};", &*name)).map(Cow::into_owned);
                    let value = value.unwrap_or_else(|_| usual_entity(&name).to_string());
                    nodes.push(Entry { kind: Kind::Text(Cow::Owned(value)), end });
                }
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(error) => {
                    broken = Some(format!("{error} at byte {}", reader.error_position()));
                    break;
                }
            }
        }
        let end = nodes.len() as u32;
        open.into_iter().for_each(|started| nodes[started].end = end);
        Ok(Xml { nodes, broken })
    }

    /// The document element.
    pub(crate) fn root(&self) -> Option<Node<'_>> {
        let at = self.nodes.iter().position(|node| matches!(node.kind, Kind::Element(_)))?;
        Some(Node { xml: self, at })
    }
}

impl<'x> Node<'x> {
    /// The element's name without its prefix; empty for text.
    pub(crate) fn name(self) -> &'x str {
        match &self.xml.nodes[self.at].kind {
            Kind::Element(tag) => local(tag.split_ascii_whitespace().next().unwrap_or("")),
            Kind::Text(_) => "",
        }
    }

    /// Whether it is the element `name`.
    pub(crate) fn is(self, name: &str) -> bool {
        self.name() == name
    }

    /// The words of a text node.
    pub(crate) fn own_text(self) -> Option<&'x str> {
        match &self.xml.nodes[self.at].kind {
            Kind::Element(_) => None,
            Kind::Text(words) => Some(words),
        }
    }

    /// All words inside, one after the other.
    pub(crate) fn text(self) -> String {
        self.descendants().filter_map(Node::own_text).collect()
    }

    /// The value of an attribute by its name without prefix, entities resolved.
    pub(crate) fn attr(self, name: &str) -> Option<String> {
        let found = self.attrs().into_iter().find(|(found, _)| *found == name)?;
        Some(found.1)
    }

    /// All attributes in order, by their names without prefix, entities resolved.
    pub(crate) fn attrs(self) -> Vec<(&'x str, String)> {
        let Kind::Element(tag) = &self.xml.nodes[self.at].kind else { return Vec::new() };
        let length = tag.find(|c: char| c.is_ascii_whitespace()).unwrap_or(tag.len());
        let mut attributes = Attributes::new(tag, length);
        let pairs = attributes.with_checks(false).flatten().map(|attribute| {
            let raw = attribute.value;
            let value = unescape(&raw).map(Cow::into_owned);
            (local(attribute.key.into_inner()), value.unwrap_or_else(|_| raw.into_owned()))
        });
        pairs.collect()
    }

    /// The nodes right below, in order.
    pub(crate) fn children(self) -> impl Iterator<Item = Node<'x>> {
        let nodes = &self.xml.nodes;
        let end = nodes[self.at].end as usize;
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let node = (next < end).then_some(Node { xml: self.xml, at: next })?;
            next = nodes[next].end as usize;
            Some(node)
        })
    }

    /// All nodes below, in document order.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Node<'x>> {
        let end = self.xml.nodes[self.at].end as usize;
        (self.at + 1..end).map(move |at| Node { xml: self.xml, at })
    }

    /// The first child element `name`.
    pub(crate) fn child(self, name: &str) -> Option<Node<'x>> {
        self.children().find(|child| child.is(name))
    }

    /// The first element `name` anywhere below.
    pub(crate) fn find(self, name: &str) -> Option<Node<'x>> {
        self.descendants().find(|node| node.is(name))
    }
}

/// The entities of HTML that XML files use without defining them; nothing for the rest.
fn usual_entity(name: &str) -> &'static str {
    match name {
        "nbsp" | "ensp" | "emsp" | "thinsp" => "\u{a0}",
        "ndash" => "–",
        "mdash" => "—",
        "hellip" => "…",
        "lsquo" => "‘",
        "rsquo" => "’",
        "ldquo" => "“",
        "rdquo" => "”",
        "laquo" => "«",
        "raquo" => "»",
        "bull" => "•",
        "copy" => "©",
        "reg" => "®",
        "trade" => "™",
        "deg" => "°",
        "euro" => "€",
        _ => "",
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_go_and_entities_are_resolved() {
        let xml =
            Xml::parse("<?xml version='1.0'?><w:a w:v='1&amp;2'>x&lt;&#65;<b/><c>y</c></w:a>", 9).unwrap();
        let root = xml.root().unwrap();
        assert_eq!(
            (root.name(), root.attr("v").as_deref(), root.text().as_str()),
            ("a", Some("1&2"), "x<Ay")
        );
        let names: Vec<_> = root.children().map(Node::name).filter(|name| !name.is_empty()).collect();
        assert_eq!(names, ["b", "c"]);
    }

    #[test]
    fn a_billion_laughs_stay_unheard() {
        let mut text = "<!DOCTYPE a [<!ENTITY l0 \"lol\">".to_string();
        for level in 1..10 {
            let inner = format!("&l{};", level - 1).repeat(10);
            text.push_str(&format!("<!ENTITY l{level} \"{inner}\">"));
        }
        text.push_str("]><a t='&l9;'>ha&l9;ha</a>");
        let xml = Xml::parse(&text, 9).unwrap();
        let root = xml.root().unwrap();
        assert_eq!(root.text(), "haha");
        assert_eq!(root.attr("t").as_deref(), Some("&l9;"));
    }

    #[test]
    fn what_stands_before_a_break_is_kept() {
        let xml = Xml::parse("<a><b>one</b><c d=", 9).unwrap();
        assert!(xml.broken.is_some());
        assert_eq!(xml.root().unwrap().text(), "one");
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(Xml::parse(&"<a>".repeat(100), 50).unwrap_err().code(), "too_large");
    }
}
