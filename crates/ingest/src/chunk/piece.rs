//! Pieces: blocks, or the parts of a block too long to be a chunk.

use std::borrow::Cow;
use std::ops::Range;

use engraft_core::{Block, BlockKind, CharMap, CountTokens, sentences};
use unicode_segmentation::UnicodeSegmentation;

/// Where a block may be split, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Border {
    Block,
    Sentence,
    Line,
    Word,
    Character,
}

/// A stretch of text, free of white space at both ends, that goes into one chunk as a whole.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    /// Bytes of the stored text.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The block it is of.
    pub(super) block: &'a Block,
    /// Its part of the block's `plain`.
    pub(super) plain: Option<Cow<'a, str>>,
    /// Tokens of `plain`, or of the text.
    pub(super) cost: usize,
    /// What sort of border it begins at.
    pub(super) border: Border,
}

impl<'a> Piece<'a> {
    /// What is indexed of it.
    pub(super) fn indexed<'t>(&'t self, text: &'t str) -> &'t str {
        self.plain.as_deref().unwrap_or(&text[self.start..self.end])
    }
}

/// A block as one piece; `None` when it is blank.
pub(super) fn piece_of<'a>(
    block: &'a Block,
    map: &CharMap<'_>,
    text: &str,
    count: &dyn CountTokens,
) -> Option<Piece<'a>> {
    let (start, end) = trimmed(text, map.byte_of(block.span.start())?..map.byte_of(block.span.end())?)?;
    let plain = block.plain.as_deref().map(Cow::Borrowed);
    let cost = count.count(plain.as_deref().unwrap_or(&text[start..end]));
    Some(Piece { start, end, block, plain, cost, border: Border::Block })
}

fn trimmed(text: &str, range: Range<usize>) -> Option<(usize, usize)> {
    let inside = text[range.clone()].trim_start();
    let start = range.end - inside.len();
    let end = start + inside.trim_end().len();
    (start < end).then_some((start, end))
}

/// Adds `piece` to `fitting`, split at the best borders that bring every part down to `room` tokens.
pub(super) fn fit<'a>(
    piece: Piece<'a>,
    text: &str,
    room: usize,
    count: &dyn CountTokens,
    fitting: &mut Vec<Piece<'a>>,
) {
    if piece.cost <= room {
        return fitting.push(piece);
    }
    let levels = match piece.block.kind {
        BlockKind::Code => &[Border::Line, Border::Word, Border::Character][..],
        _ => &[Border::Sentence, Border::Line, Border::Word, Border::Character],
    };
    for &level in levels {
        let parts = split(&text[piece.start..piece.end], level);
        if parts.len() < 2 {
            continue;
        }
        let plains = piece.plain.as_deref().map(|plain| share(plain, &text[piece.start..piece.end], &parts));
        for (i, part) in parts.into_iter().enumerate() {
            let (start, end) = (piece.start + part.start, piece.start + part.end);
            let plain = plains.as_ref().map(|plains| Cow::Owned(plains[i].clone()));
            let cost = count.count(plain.as_deref().unwrap_or(&text[start..end]));
            let border = if i == 0 { piece.border } else { level };
            fit(Piece { start, end, block: piece.block, plain, cost, border }, text, room, count, fitting);
        }
        return;
    }
    // One character. Its `plain`, if that is what is too long, cannot be shared out: its text stands in.
    let cost = count.count(&text[piece.start..piece.end]);
    fitting.push(Piece { plain: None, cost, ..piece });
}

/// The parts of `text` between borders of one sort, trimmed, in order; at most one when there is none inside.
fn split(text: &str, level: Border) -> Vec<Range<usize>> {
    let bytes_of = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let ranged = |part: &str| bytes_of(part)..bytes_of(part) + part.len();
    let visible = |part: &&str| !part.is_empty();
    match level {
        Border::Block => Vec::new(),
        Border::Sentence => {
            let map = CharMap::new(text);
            let bytes = |span: engraft_core::Span| Some(map.byte_of(span.start())?..map.byte_of(span.end())?);
            sentences(text).into_iter().filter_map(bytes).collect()
        }
        Border::Line => text.split(['\n', '\r']).map(str::trim).filter(visible).map(ranged).collect(),
        Border::Word => text.split_whitespace().map(ranged).collect(),
        Border::Character => {
            let middle = halves(text);
            [0..middle, middle..text.len()].into_iter().filter(|half| !half.is_empty()).collect()
        }
    }
}

/// The character border nearest behind the middle: between what readers see as characters if there are two of those.
fn halves(text: &str) -> usize {
    let behind = |byte: &usize| *byte >= text.len() / 2 && *byte > 0;
    let graphemes = || text.grapheme_indices(true).map(|(byte, _)| byte);
    let points = || text.char_indices().map(|(byte, _)| byte);
    let last_inside = |byte: &usize| *byte > 0;
    graphemes()
        .find(behind)
        .or_else(|| graphemes().rfind(last_inside))
        .or_else(|| points().find(behind))
        .or_else(|| points().rfind(last_inside))
        .unwrap_or(text.len())
}

/// How far ahead in the text the next word of `plain` is looked for, in bytes.
const LOOKAHEAD: usize = 600;

/// Shares the words of `plain` out over the `parts` of the `text` it was made from.
///
/// Each word goes where it is found, searching onwards from the word before; a word that the text does not have, such
/// as a column's header, goes with the next one that is found.
fn share(plain: &str, text: &str, parts: &[Range<usize>]) -> Vec<String> {
    let mut shares = vec![String::new(); parts.len()];
    let mut waiting: Vec<&str> = Vec::new();
    let (mut cursor, mut part) = (0, 0);
    for word in plain.split_whitespace() {
        waiting.push(word);
        let mut ahead = text.len().min(cursor + LOOKAHEAD.max(word.len()));
        while !text.is_char_boundary(ahead) {
            ahead += 1;
        }
        let Some(found) = text[cursor..ahead].find(word) else {
            continue;
        };
        let place = cursor + found;
        cursor = place + word.len();
        while part + 1 < parts.len() && parts[part + 1].start <= place {
            part += 1;
        }
        put(&mut shares[part], &mut waiting);
    }
    put(&mut shares[part], &mut waiting);
    shares
}

fn put(share: &mut String, words: &mut Vec<&str>) {
    for word in words.drain(..) {
        if !share.is_empty() {
            share.push(' ');
        }
        share.push_str(word);
    }
}
