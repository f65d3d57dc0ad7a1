//! Blocks to sections: what stands under one heading, with the path of headings that leads there.

use engraft_core::{Block, BlockKind, CharMap, Content};

/// The body blocks under one heading, never empty.
pub(super) struct Section<'a> {
    /// Outermost first.
    pub(super) heading: Vec<String>,
    /// In reading order.
    pub(super) blocks: Vec<&'a Block>,
}

/// An open heading.
struct Open<'a> {
    level: u8,
    text: String,
    block: &'a Block,
    /// Whether any body text came below it.
    used: bool,
}

/// More headings than this in a row that have no text become a section of their own: as a path they say nothing.
const LOOSE_IN_PATH: usize = 2;

/// The sections of a document, in reading order.
pub(super) fn sections(content: &Content) -> Vec<Section<'_>> {
    let map = CharMap::new(&content.text);
    let mut found: Vec<Section<'_>> = Vec::new();
    let mut path: Vec<Open<'_>> = Vec::new();
    // Closed headings without text, waiting for the next text; and whether a heading came since the last one.
    let mut loose: Vec<Open<'_>> = Vec::new();
    let mut fresh = true;
    let mut end = 0;
    for block in &content.blocks {
        let Some(text) = map.quote(block.span).filter(|_| block.span.start() >= end) else {
            continue;
        };
        end = block.span.end();
        if text.trim().is_empty() {
            continue;
        }
        if let BlockKind::Heading(level) = block.kind {
            let keep = path.iter().position(|open| open.level >= level).unwrap_or(path.len());
            loose.extend(path.drain(keep..).filter(|open| !open.used));
            let text =
                block.plain.as_deref().unwrap_or(text).split_whitespace().collect::<Vec<_>>().join(" ");
            path.push(Open { level, text, block, used: false });
            fresh = true;
            continue;
        }
        if !fresh && let Some(section) = found.last_mut() {
            section.blocks.push(block);
            continue;
        }
        let outer = path.len().saturating_sub(1);
        if loose.len() > LOOSE_IN_PATH {
            found.push(of_headings(&path[..outer], std::mem::take(&mut loose)));
        }
        let inner = loose.drain(..).map(|open| open.text);
        let mut heading: Vec<String> = path[..outer].iter().map(|open| open.text.clone()).collect();
        heading.extend(inner);
        heading.extend(path.last().map(|open| open.text.clone()));
        path.iter_mut().for_each(|open| open.used = true);
        found.push(Section { heading, blocks: vec![block] });
        fresh = false;
    }
    let unused = path.iter().position(|open| !open.used).unwrap_or(path.len());
    loose.extend(path.drain(unused..));
    if !loose.is_empty() {
        found.push(of_headings(&path, loose));
    }
    found
}

/// A section whose text is headings.
fn of_headings<'a>(path: &[Open<'a>], mut headings: Vec<Open<'a>>) -> Section<'a> {
    headings.sort_by_key(|open| open.block.span);
    let heading = path.iter().filter(|open| open.used).map(|open| open.text.clone()).collect();
    Section { heading, blocks: headings.into_iter().map(|open| open.block).collect() }
}
