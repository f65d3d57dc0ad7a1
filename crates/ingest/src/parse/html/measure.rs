//! How much text, linked text and running text each part of a page holds.

use super::dom::{Dom, Id, Step};

/// Characters of a paragraph that counts as running text.
const PARAGRAPH: usize = 45;

/// Sums over what is inside a node.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measure {
    /// Characters of text, and of text in links.
    pub(super) text: usize,
    pub(super) linked: usize,
    /// Characters in paragraphs of running text.
    pub(super) running: usize,
}

/// Measures every node below `root`; dropped ones count as empty.
pub(super) fn measure(dom: &Dom, root: Id, dropped: &[bool]) -> Vec<Measure> {
    let mut all = vec![Measure::default(); dom.len()];
    // Text and linked text of the paragraph that is open, and the links around.
    let mut own: Vec<(Id, usize, usize)> = vec![(root, 0, 0)];
    let mut links = 0usize;
    dom.walk(root, |step| match step {
        Step::Enter(id) => {
            if dropped[id] {
                return false;
            }
            if dom.tag(id) == "a" {
                links += 1;
            }
            if is_block(dom.tag(id)) {
                own.push((id, 0, 0));
            }
            if let Some(text) = dom.text(id) {
                let length = visible_length(text);
                all[id].text = length;
                all[id].linked = if links > 0 { length } else { 0 };
                if let Some(open) = own.last_mut() {
                    open.1 += length;
                    open.2 += all[id].linked;
                }
            }
            true
        }
        Step::Leave(id) => {
            if dropped[id] {
                return true;
            }
            if dom.tag(id) == "a" {
                links = links.saturating_sub(1);
            }
            if own.last().is_some_and(|open| open.0 == id)
                && let Some((_, text, linked)) = own.pop()
                && text >= PARAGRAPH
                && linked * 5 < text * 2
            {
                all[id].running += text;
            }
            if id != root
                && let Some(parent) = dom.parent(id)
            {
                let Measure { text, linked, running } = all[id];
                all[parent].text += text;
                all[parent].linked += linked;
                all[parent].running += running;
            }
            true
        }
    });
    all
}

/// Letters that say something; one of a script without blanks says as much as two.
fn visible_length(text: &str) -> usize {
    let weight = |c: char| if c >= '\u{2e80}' { 2 } else { usize::from(!c.is_whitespace()) };
    text.chars().map(weight).sum()
}

/// Whether an element starts a line of its own.
pub(super) fn is_block(tag: &str) -> bool {
    matches!(
        tag,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}
