//! Blocks to chunks: the spans that are indexed and cited, each fitting the encoder's window with its context.
//!
//! A chunk never crosses a heading. Under one heading, blocks are put together up to the window; a block that does not
//! fit alone is split at sentences, then lines, then words, then characters. Sections are never merged, even tiny ones:
//! a short section under its own heading is the most precise thing retrieval can return, and an edit stays inside it.

mod pack;
mod piece;
mod section;

use engraft_core::{CharMap, Chunk, Content, CountTokens};

use pack::{body, pack, plain};
use piece::{Piece, fit, piece_of};
use section::sections;

/// How long a chunk may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkLimits {
    /// The most tokens the encoder reads, special tokens included.
    pub window: usize,
    /// How many of those are special tokens, such as `[CLS]` and `[SEP]`.
    pub special: usize,
    /// The most tokens of title and heading path; never more than half of what a chunk can hold.
    pub context: usize,
}

impl Default for ChunkLimits {
    /// What all-MiniLM-L6-v2 reads.
    fn default() -> ChunkLimits {
        ChunkLimits { window: 256, special: 2, context: 64 }
    }
}

impl ChunkLimits {
    /// Tokens for context and body together.
    fn room(&self) -> usize {
        self.window.saturating_sub(self.special)
    }
}

/// The chunks of `content`, in reading order and disjoint, covering every visible character of every block that is not
/// a heading.
///
/// What the encoder reads of each, [`encoder_text`] of its [`context`] and its body, has at most `limits.window` tokens,
/// special tokens included; only a single character that alone has more is let through. A heading without text below it
/// joins the heading path of the next chunk; three or more in a row, and those at the end, become a chunk themselves.
pub fn chunk(content: &Content, count: &dyn CountTokens, limits: &ChunkLimits) -> Vec<Chunk> {
    let map = CharMap::new(&content.text);
    let mut chunks = Vec::new();
    for section in sections(content) {
        let context = context(content.title.as_deref(), &section.heading, count, limits);
        let room = limits.room().saturating_sub(count.count(&context)).max(1);
        let mut pieces = Vec::new();
        for block in section.blocks {
            if let Some(whole) = piece_of(block, &map, &content.text, count) {
                fit(whole, &content.text, room, count, &mut pieces);
            }
        }
        for run in pack(&pieces, &content.text, room, count) {
            let settle = Settle { text: &content.text, context: &context, room: limits.room(), count };
            settle.run(&pieces[run], &mut |pieces| {
                let (first, last) = (&pieces[0], &pieces[pieces.len() - 1]);
                chunks.extend(map.span_of_bytes(first.start, last.end).map(|span| Chunk {
                    span,
                    heading: section.heading.clone(),
                    page: first.block.page,
                    place: pack::place(first.block, last.block),
                    plain: plain(pieces, &content.text),
                }));
            });
        }
    }
    chunks
}

/// The last look at a chunk before it leaves: token counts that were added up are counted once more together.
struct Settle<'a> {
    text: &'a str,
    context: &'a str,
    room: usize,
    count: &'a dyn CountTokens,
}

impl Settle<'_> {
    /// Hands `pieces` on as one chunk, or as several where a tokenizer that does not add up makes it too long.
    fn run(&self, pieces: &[Piece<'_>], emit: &mut dyn FnMut(&[Piece<'_>])) {
        if self.count.count(&encoder_text(self.context, &body(pieces, self.text))) <= self.room {
            return emit(pieces);
        }
        if let [only] = pieces {
            let mut parts = Vec::new();
            fit(only.clone(), self.text, only.cost / 2, self.count, &mut parts);
            match parts.len() {
                // One character, with its text in place of a `plain` that was too long.
                1 => emit(&parts),
                _ => parts.iter().for_each(|part| self.run(std::slice::from_ref(part), emit)),
            }
            return;
        }
        let (left, right) = pieces.split_at(pieces.len() / 2);
        self.run(left, emit);
        self.run(right, emit);
    }
}

/// Title and heading path in one line, outermost first, in at most `limits.context` tokens.
///
/// What does not fit is dropped from the outside: headings first, then the title, then the end of the innermost
/// heading. A heading that repeats the title or its parent is left out.
pub fn context(
    title: Option<&str>,
    heading: &[String],
    count: &dyn CountTokens,
    limits: &ChunkLimits,
) -> String {
    let budget = limits.context.min(limits.room() / 2);
    let mut parts: Vec<String> = Vec::new();
    for part in title.into_iter().chain(heading.iter().map(String::as_str)) {
        let line = one_line(part);
        if !line.is_empty() && parts.last().is_none_or(|last| *last != line) {
            parts.push(line);
        }
    }
    let titled = title.is_some_and(|title| !title.trim().is_empty());
    loop {
        let line = parts.join(" > ");
        if count.count(&line) <= budget {
            return line;
        }
        match parts.len() {
            0 | 1 => return shorten(&line, budget, count),
            2 => drop(parts.remove(0)),
            _ => drop(parts.remove(usize::from(titled))),
        }
    }
}

/// What the encoder reads for a chunk with this context and body (its `plain`, or else the text of its span).
pub fn encoder_text(context: &str, body: &str) -> String {
    match (context.is_empty(), body.is_empty()) {
        (true, _) => body.to_string(),
        (_, true) => context.to_string(),
        _ => format!("{context}\n{body}"),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The longest beginning of `line`, in whole words and in halves of a single word, that fits.
fn shorten(line: &str, budget: usize, count: &dyn CountTokens) -> String {
    let mut kept = line;
    while !kept.is_empty() && count.count(kept) > budget {
        let middle = kept.char_indices().nth(kept.chars().count() / 2).map_or(0, |(byte, _)| byte);
        kept = kept.rfind(' ').map_or(&kept[..middle], |space| &kept[..space]);
    }
    kept.to_string()
}

#[cfg(test)]
mod tests;
