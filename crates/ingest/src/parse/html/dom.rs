//! The element tree of a page, in one flat list, built by html5ever and bounded in size and depth.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElemName, ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, LocalName, Namespace, ParseOpts, QualName, local_name, ns, parse_document};

/// A node's place in its tree.
pub(super) type Id = usize;

/// The document node.
pub(super) const ROOT: Id = 0;

/// Deeper pages are cut: browsers flatten from 512 on, and the work of the parser grows with the square.
pub(super) const MAX_DEPTH: usize = 1_500;
/// Nodes of one page.
const MAX_NODES: usize = 2_000_000;
/// Attributes of one tag; `/` and stray quotes part them too.
const MAX_ATTRIBUTES: usize = 2_000;
/// Bytes given to the parser between two looks at the depth.
const CHUNK: usize = 2_048;

/// A node and its neighbours.
#[derive(Debug)]
struct Node {
    parent: Option<Id>,
    first: Option<Id>,
    last: Option<Id>,
    before: Option<Id>,
    next: Option<Id>,
    depth: usize,
    data: Data,
}

#[derive(Debug)]
enum Data {
    Element(QualName, Vec<Attribute>),
    Text(StrTendril),
    /// Document, comments, processing instructions.
    Other(QualName),
}

/// A page.
#[derive(Debug)]
pub(super) struct Dom {
    nodes: Vec<Node>,
    /// Whether the page was cut for being too deep or too large.
    pub(super) cut: bool,
}

/// Coming to a node, or leaving it after all that is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Enter(Id),
    Leave(Id),
}

impl Dom {
    /// Parses a whole page or a scrap of one.
    pub(super) fn parse(html: &str) -> Dom {
        let sink =
            Sink { nodes: RefCell::new(vec![Node::new(Data::Other(nameless()))]), deepest: Cell::new(0) };
        let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
        let mut parser = parse_document(sink, ParseOpts { tree_builder, ..ParseOpts::default() });
        let html = short_tags(html);
        let mut rest = html.as_ref();
        let mut cut = false;
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(rest.floor_char_boundary(CHUNK));
            parser.process(StrTendril::from_slice(head));
            rest = tail;
            let sink = &parser.tokenizer.sink.sink;
            if sink.deepest.get() > MAX_DEPTH || sink.nodes.borrow().len() > MAX_NODES {
                cut = !rest.trim().is_empty();
                break;
            }
        }
        Dom { nodes: parser.finish(), cut }
    }

    /// The tag name in lower case; empty for what is no element.
    pub(super) fn tag(&self, id: Id) -> &str {
        match &self.nodes[id].data {
            Data::Element(name, _) => &name.local,
            _ => "",
        }
    }

    /// The value of an attribute.
    pub(super) fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        let Data::Element(_, attributes) = &self.nodes[id].data else { return None };
        attributes.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
    }

    /// The characters of a text node.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match &self.nodes[id].data {
            Data::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The node above.
    pub(super) fn parent(&self, id: Id) -> Option<Id> {
        self.nodes[id].parent
    }

    /// The nodes right below, in order.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        std::iter::successors(self.nodes[id].first, |&child| self.nodes[child].next)
    }

    /// The nodes above, nearest first.
    pub(super) fn ancestors(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        std::iter::successors(self.nodes[id].parent, |&node| self.nodes[node].parent)
    }

    /// How many nodes there are; ids are below.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Walks the tree below and including `root`. `enter` sees each step and says whether to look inside.
    pub(super) fn walk(&self, root: Id, mut visit: impl FnMut(Step) -> bool) {
        let mut at = root;
        loop {
            let inside = visit(Step::Enter(at));
            if let Some(first) = self.nodes[at].first.filter(|_| inside) {
                at = first;
                continue;
            }
            loop {
                visit(Step::Leave(at));
                if at == root {
                    return;
                }
                if let Some(next) = self.nodes[at].next {
                    at = next;
                    break;
                }
                match self.nodes[at].parent {
                    Some(parent) => at = parent,
                    None => return,
                }
            }
        }
    }

    /// The nodes below and including `root`, outer ones first.
    pub(super) fn below(&self, root: Id) -> Vec<Id> {
        let mut ids = Vec::new();
        self.walk(root, |step| {
            if let Step::Enter(id) = step {
                ids.push(id);
            }
            true
        });
        ids
    }

    /// The first element of that name.
    pub(super) fn find(&self, tag: &str) -> Option<Id> {
        self.below(ROOT).into_iter().find(|&id| self.tag(id) == tag)
    }

    /// All characters inside, as they stand.
    pub(super) fn inner_text(&self, root: Id) -> String {
        self.below(root).into_iter().filter_map(|id| self.text(id)).collect()
    }
}

/// The page with every tag cut after [`MAX_ATTRIBUTES`]: the parser compares each attribute with each.
///
/// What looks like such a tag within a script or comment may be cut too, for nobody reads it.
fn short_tags(html: &str) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut out = String::new();
    // What is still to be copied, the attributes of the tag that is open, and the mark of the value that is open.
    let mut from = 0;
    let mut attributes: Option<usize> = None;
    let mut quote: Option<u8> = None;
    for (at, &byte) in bytes.iter().enumerate() {
        let Some(count) = &mut attributes else {
            let opens = byte == b'<' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
            attributes = opens.then_some(0);
            continue;
        };
        match byte {
            _ if quote.is_some() => quote = quote.filter(|&open| open != byte),
            b'"' | b'\'' if bytes[at - 1] == b'=' => quote = Some(byte),
            b'>' => {
                if *count > MAX_ATTRIBUTES {
                    from = at;
                }
                attributes = None;
            }
            b'/' | b'"' | b'\'' => *count += 1,
            _ if byte.is_ascii_whitespace() => *count += 1,
            _ => continue,
        }
        if attributes.is_some_and(|count| count > MAX_ATTRIBUTES) && from < at {
            out.push_str(&html[from..at]);
            from = html.len();
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[from..]);
    Cow::Owned(out)
}

impl Node {
    fn new(data: Data) -> Node {
        Node { parent: None, first: None, last: None, before: None, next: None, depth: 0, data }
    }
}

fn nameless() -> QualName {
    QualName::new(None, ns!(), local_name!(""))
}

struct Sink {
    nodes: RefCell<Vec<Node>>,
    deepest: Cell<usize>,
}

#[derive(Debug)]
struct Name<'a>(Ref<'a, QualName>);

impl ElemName for Name<'_> {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }
    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    fn create(&self, data: Data) -> Id {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node::new(data));
        nodes.len() - 1
    }

    fn detach(&self, id: Id) {
        let mut nodes = self.nodes.borrow_mut();
        let (parent, before, next) = (nodes[id].parent, nodes[id].before, nodes[id].next);
        match before {
            Some(before) => nodes[before].next = next,
            None => {
                if let Some(parent) = parent {
                    nodes[parent].first = next;
                }
            }
        }
        match next {
            Some(next) => nodes[next].before = before,
            None => {
                if let Some(parent) = parent {
                    nodes[parent].last = before;
                }
            }
        }
        (nodes[id].parent, nodes[id].before, nodes[id].next) = (None, None, None);
    }

    /// Puts `child` before `sibling`, or last under `parent`.
    fn attach(&self, parent: Id, sibling: Option<Id>, child: NodeOrText<Id>) {
        let before = {
            let nodes = self.nodes.borrow();
            sibling.map_or(nodes[parent].last, |sibling| nodes[sibling].before)
        };
        let child = match child {
            NodeOrText::AppendNode(id) => {
                self.detach(id);
                id
            }
            NodeOrText::AppendText(text) => {
                // Neighbouring texts are one.
                if let Some(before) = before
                    && let Data::Text(present) = &mut self.nodes.borrow_mut()[before].data
                {
                    present.push_tendril(&text);
                    return;
                }
                self.create(Data::Text(text))
            }
        };
        let mut nodes = self.nodes.borrow_mut();
        let before = sibling.map_or(nodes[parent].last, |sibling| nodes[sibling].before);
        let depth = nodes[parent].depth + 1;
        nodes[child] = Node {
            parent: Some(parent),
            before,
            next: sibling,
            depth,
            ..std::mem::replace(&mut nodes[child], Node::new(Data::Other(nameless())))
        };
        match before {
            Some(before) => nodes[before].next = Some(child),
            None => nodes[parent].first = Some(child),
        }
        match sibling {
            Some(sibling) => nodes[sibling].before = Some(child),
            None => nodes[parent].last = Some(child),
        }
        self.deepest.set(self.deepest.get().max(depth));
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = Vec<Node>;
    type ElemName<'a> = Name<'a>;

    fn finish(self) -> Vec<Node> {
        self.nodes.into_inner()
    }
    fn parse_error(&self, _message: Cow<'static, str>) {}
    fn get_document(&self) -> Id {
        ROOT
    }
    fn elem_name<'a>(&'a self, target: &'a Id) -> Name<'a> {
        Name(Ref::map(self.nodes.borrow(), |nodes| match &nodes[*target].data {
            Data::Element(name, _) | Data::Other(name) => name,
            Data::Text(_) => unreachable!("the tree builder asks only elements for their names"),
        }))
    }
    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _flags: ElementFlags) -> Id {
        self.create(Data::Element(name, attributes))
    }
    fn create_comment(&self, _text: StrTendril) -> Id {
        self.create(Data::Other(nameless()))
    }
    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Id {
        self.create(Data::Other(nameless()))
    }
    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        self.attach(*parent, None, child);
    }
    fn append_based_on_parent_node(&self, element: &Id, previous: &Id, child: NodeOrText<Id>) {
        let parent = self.nodes.borrow()[*element].parent;
        match parent {
            Some(parent) => self.attach(parent, Some(*element), child),
            None => self.append(previous, child),
        }
    }
    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}
    fn get_template_contents(&self, target: &Id) -> Id {
        *target
    }
    fn same_node(&self, a: &Id, b: &Id) -> bool {
        a == b
    }
    fn set_quirks_mode(&self, _mode: QuirksMode) {}
    fn append_before_sibling(&self, sibling: &Id, node: NodeOrText<Id>) {
        let parent = self.nodes.borrow()[*sibling].parent;
        if let Some(parent) = parent {
            self.attach(parent, Some(*sibling), node);
        }
    }
    fn add_attrs_if_missing(&self, target: &Id, attributes: Vec<Attribute>) {
        if let Data::Element(_, present) = &mut self.nodes.borrow_mut()[*target].data {
            let new = |a: &Attribute| !present.iter().any(|p| p.name == a.name);
            let new: Vec<Attribute> = attributes.into_iter().filter(new).collect();
            present.extend(new);
        }
    }
    fn remove_from_parent(&self, target: &Id) {
        self.detach(*target);
    }
    fn reparent_children(&self, node: &Id, new_parent: &Id) {
        loop {
            let first = self.nodes.borrow()[*node].first;
            let Some(first) = first else { return };
            self.attach(*new_parent, None, NodeOrText::AppendNode(first));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        let dom = Dom::parse(html);
        let mut shown = String::new();
        dom.walk(dom.find("body").unwrap(), |step| {
            match step {
                Step::Enter(id) => shown.push_str(dom.text(id).unwrap_or(&format!("<{}>", dom.tag(id)))),
                Step::Leave(id) if dom.text(id).is_none() => shown.push_str("</>"),
                Step::Leave(_) => {}
            }
            true
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn misnested_tags_are_repaired() {
        check("<p>1<b>2<p>3</b>4", "<body><p>1<b>2</></><p><b>3</>4</></>");
    }

    #[test]
    fn text_in_a_table_goes_before_it() {
        check("<table>a<tr><td>b</table>", "<body>a<table><tbody><tr><td>b</></></></></>");
    }

    #[test]
    fn a_hundred_thousand_nested_elements_are_cut() {
        let dom = Dom::parse(&"<div>".repeat(100_000));
        assert!(dom.cut && dom.len() < 10_000);
    }

    #[test]
    fn a_tag_with_a_million_attributes_is_cut_and_what_follows_is_read() {
        let attributes: String = (0..50_000).map(|n| format!(" a{n}='>'")).collect();
        check(&format!("<p{attributes}>one</p><p>two"), "<body><p>one</><p>two</></>");
    }

    #[test]
    fn formatting_that_is_never_closed_does_not_multiply() {
        let many: String = (0..2_000).map(|n| format!("<font size={n}>")).collect();
        let dom = Dom::parse(&format!("{many}{}", "<p>x".repeat(2_000)));
        assert!(dom.len() < MAX_NODES * 2);
    }
}
