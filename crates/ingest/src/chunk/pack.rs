//! Pieces to chunks: as full as the window allows, the last two of equal size.
//!
//! Filling goes left to right and only the tail is balanced, so an edit in a long section without headings moves the
//! borders near it and not those far behind, which soon fall on the same paragraphs again.

use std::ops::Range;

use engraft_core::{Block, CountTokens};

use super::piece::{Border, Piece};

/// Text between two blocks that is not part of either, such as `- `, is cited with them up to this many tokens; behind
/// more of it (a comment, a block left out on purpose) a new chunk begins.
const MOST_BETWEEN: usize = 16;

/// The runs of pieces that make one chunk each, in order, together all of them.
pub(super) fn pack(
    pieces: &[Piece<'_>],
    text: &str,
    room: usize,
    count: &dyn CountTokens,
) -> Vec<Range<usize>> {
    // Tokens between each piece and the one before; `None` where they cannot share a chunk.
    let between: Vec<Option<usize>> = (0..pieces.len())
        .map(|i| {
            let before = pieces.get(i.checked_sub(1)?)?;
            let gap = text[before.end..pieces[i].start].trim();
            let tokens = if gap.is_empty() { 0 } else { count.count(gap) };
            (tokens <= MOST_BETWEEN && sheet(before.block) == sheet(pieces[i].block)).then_some(tokens)
        })
        .collect();
    let cost = |run: &Range<usize>| -> usize {
        run.clone().map(|i| pieces[i].cost + if i > run.start { between[i].unwrap_or(0) } else { 0 }).sum()
    };

    let mut runs: Vec<Range<usize>> = Vec::new();
    let (mut start, mut used) = (0, 0);
    for i in 0..pieces.len() {
        let with = used + pieces[i].cost + between[i].unwrap_or(0);
        if i > start && (between[i].is_none() || with > room) {
            balance(&mut runs, start..i, between[i].is_none(), &between, pieces, room, &cost);
            (start, used) = (i, pieces[i].cost);
        } else {
            used = with;
        }
    }
    if start < pieces.len() {
        balance(&mut runs, start..pieces.len(), true, &between, pieces, room, &cost);
    }
    runs
}

/// Adds `run`; when it is the `last` of its stretch, moves the border to the run before to the best place.
fn balance(
    runs: &mut Vec<Range<usize>>,
    run: Range<usize>,
    last: bool,
    between: &[Option<usize>],
    pieces: &[Piece<'_>],
    room: usize,
    cost: &dyn Fn(&Range<usize>) -> usize,
) {
    let open = between[run.start].is_some();
    let Some(before) = runs.last().cloned().filter(|_| last && open) else {
        return runs.push(run);
    };
    let mut best: Option<(usize, usize)> = None;
    for (cut, piece) in pieces.iter().enumerate().take(run.end).skip(before.start + 1) {
        let (left, right) = (cost(&(before.start..cut)), cost(&(cut..run.end)));
        if left > room || right > room {
            continue;
        }
        let fee = match piece.border {
            Border::Block => 0,
            Border::Sentence | Border::Line => room / 4,
            Border::Word => room / 2,
            Border::Character => room,
        };
        let score = left.abs_diff(right) + fee;
        if best.is_none_or(|(least, _)| score < least) {
            best = Some((score, cut));
        }
    }
    let cut = best.map_or(run.start, |(_, cut)| cut);
    runs.pop();
    runs.extend([before.start..cut, cut..run.end]);
}

/// What is indexed of a run of pieces.
pub(super) fn body(pieces: &[Piece<'_>], text: &str) -> String {
    plain(pieces, text).unwrap_or_else(|| text[pieces[0].start..pieces[pieces.len() - 1].end].to_string())
}

/// The chunk's `plain`: set when a piece has one.
pub(super) fn plain(pieces: &[Piece<'_>], text: &str) -> Option<String> {
    pieces.iter().any(|piece| piece.plain.is_some()).then(|| {
        let mut joined = String::new();
        for (i, piece) in pieces.iter().enumerate() {
            if i > 0 {
                joined.push(if piece.border == Border::Block { '\n' } else { ' ' });
            }
            joined.push_str(piece.indexed(text));
        }
        joined
    })
}

/// The sheet or member a block is in: its place without the cells.
fn sheet(block: &Block) -> Option<&str> {
    let place = block.place.as_deref()?;
    Some(place.rsplit_once('!').map_or(place, |(sheet, _)| sheet))
}

/// From the first cell of `first` to the last cell of `last`, such as `Prices!A2:D9`.
pub(super) fn place(first: &Block, last: &Block) -> Option<String> {
    let from = first.place.as_deref()?;
    let to = last.place.as_deref().unwrap_or(from);
    let (Some((sheet, cells)), Some((_, last_cells))) = (from.rsplit_once('!'), to.rsplit_once('!')) else {
        return Some(from.to_string());
    };
    let start = cells.split(':').next().unwrap_or(cells);
    let end = last_cells.rsplit(':').next().unwrap_or(last_cells);
    Some(if start == end { format!("{sheet}!{start}") } else { format!("{sheet}!{start}:{end}") })
}
