//! Paragraph styles of Word: which of them make headings, lists or code, by what they inherit.

use std::collections::BTreeMap;

use super::numbering::value;
use super::xml::{Node, Xml};

/// What a paragraph is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The document's title.
    Title,
    /// A heading, from 1.
    Heading(u8),
    List,
    Code,
    /// A line of a table of contents.
    Contents,
    Body,
}

#[derive(Debug, Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    outline: Option<u8>,
    list: Option<String>,
    level: usize,
}

/// The paragraph styles of one document, by id.
#[derive(Debug, Default)]
pub(crate) struct Styles(BTreeMap<String, Style>);

/// Longer chains of inheritance are circles.
const MAX_CHAIN: usize = 12;

impl Styles {
    /// Reads `styles.xml`.
    pub(crate) fn parse(xml: &Xml) -> Styles {
        let styles = xml.root().into_iter().flat_map(|root| root.children()).filter(|node| node.is("style"));
        Styles(styles.filter_map(|node| Some((node.attr("styleId")?, read(node)))).collect())
    }

    /// What a paragraph of style `id` is. Names of built-in styles are English in every language of Word.
    pub(crate) fn role(&self, id: &str) -> Role {
        // A file without styles still names them.
        if !self.0.contains_key(id) {
            return by_name(id).unwrap_or(Role::Body);
        }
        for style in self.chain(id) {
            if let Some(role) = by_name(&style.name) {
                return role;
            }
            match style.outline {
                Some(level) if level < 9 => return Role::Heading(level + 1),
                Some(_) => return Role::Body,
                None => {}
            }
        }
        Role::Body
    }

    /// The list and level style `id` puts its paragraphs in.
    pub(crate) fn list(&self, id: &str) -> Option<(String, usize)> {
        self.chain(id).find_map(|style| Some((style.list.clone()?, style.level)))
    }

    /// Style `id` and those it is based on, nearest first.
    fn chain(&self, id: &str) -> impl Iterator<Item = &Style> {
        let first = self.0.get(id);
        let next = |style: &&Style| style.based_on.as_ref().and_then(|id| self.0.get(id));
        std::iter::successors(first, next).take(MAX_CHAIN)
    }
}

fn read(node: Node) -> Style {
    let properties = node.child("pPr");
    let numbering = properties.and_then(|properties| properties.child("numPr"));
    Style {
        name: value(node, "name").unwrap_or_default(),
        based_on: value(node, "basedOn"),
        outline: properties.and_then(|p| value(p, "outlineLvl")).and_then(|level| level.parse().ok()),
        list: numbering.and_then(|numbering| value(numbering, "numId")),
        level: numbering.and_then(|n| value(n, "ilvl")).and_then(|level| level.parse().ok()).unwrap_or(0),
    }
}

fn by_name(name: &str) -> Option<Role> {
    let name: String = name.to_lowercase().chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
    if let Some(level) = name.strip_prefix("heading").and_then(|level| level.parse::<u8>().ok()) {
        return Some(Role::Heading(level.clamp(1, 9)));
    }
    if name.strip_prefix("toc").is_some_and(|level| level.parse::<u8>().is_ok()) {
        return Some(Role::Contents);
    }
    match name.as_str() {
        "title" => Some(Role::Title),
        "htmlpreformatted" | "macrotext" | "sourcecode" | "code" | "preformattedtext" | "plaintext" => {
            Some(Role::Code)
        }
        _ if name.starts_with("listbullet") || name.starts_with("listnumber") => Some(Role::List),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_localised_or_derived_style_is_the_heading_it_comes_from() {
        let text = "<styles><style styleId='berschrift2'><name val='heading 2'/></style>\
            <style styleId='Own'><name val='My head'/><basedOn val='berschrift2'/></style>\
            <style styleId='Clause'><name val='Clause'/><pPr><outlineLvl val='2'/></pPr></style>\
            <style styleId='Loop'><name val='Loop'/><basedOn val='Loop'/></style></styles>";
        let styles = Styles::parse(&Xml::parse(text, 9).unwrap());
        let roles = ["berschrift2", "Own", "Clause", "Loop", "Heading3", "None"].map(|id| styles.role(id));
        let [a, b, c, d, e, f] = roles;
        assert_eq!((a, b, c), (Role::Heading(2), Role::Heading(2), Role::Heading(3)));
        assert_eq!((d, e, f), (Role::Body, Role::Heading(3), Role::Body));
    }
}
