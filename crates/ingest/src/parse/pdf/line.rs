//! Characters to segments: stretches of text on one baseline with no wide gap inside.

use unicode_normalization::UnicodeNormalization;

use super::page::Glyph;

/// A gap wider than this, in font sizes, ends a segment.
const SEGMENT_GAP: f32 = 0.9;

/// Pairs of characters of one line that are compared; an honest line has few.
const MAX_PAIRS: usize = 200_000;

/// A stretch of text on one baseline.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) x0: f32,
    pub(super) x1: f32,
    /// Baseline, upwards.
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) mono: bool,
}

impl Segment {
    /// Characters, blanks left out.
    pub(super) fn weight(&self) -> usize {
        self.text.chars().filter(|c| !c.is_whitespace()).count()
    }

    /// The height the text takes up: (bottom, top).
    pub(super) fn height(&self) -> (f32, f32) {
        (self.y - 0.2 * self.size, self.y + 0.75 * self.size)
    }

    /// Whether the two stand in the same row: they share at least half the height of the lower one.
    pub(super) fn beside(&self, other: &Segment) -> bool {
        let ((a0, a1), (b0, b1)) = (self.height(), other.height());
        let shared = a1.min(b1) - a0.max(b0);
        shared >= 0.5 * (a1 - a0).min(b1 - b0) && are_alike(self.size, other.size)
    }
}

/// The segments of the characters of one page that share a direction, top to bottom, left to right.
pub(super) fn segments(glyphs: &[Glyph]) -> Vec<Segment> {
    let mut pieces = pieces(glyphs);
    pieces.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        // Only the last rows can still be near.
        let near = rows.iter_mut().rev().take(4).find(|row| row[0].beside(&piece));
        match near {
            Some(row) => row.push(piece),
            None => rows.push(vec![piece]),
        }
    }
    rows.into_iter().flat_map(split_row).collect()
}

/// Characters drawn one after the other on a baseline.
struct Piece {
    glyphs: Vec<Glyph>,
    x1: f32,
    y: f32,
    size: f32,
}

impl Piece {
    fn beside(&self, other: &Piece) -> bool {
        let (a0, a1) = (self.y - 0.2 * self.size, self.y + 0.75 * self.size);
        let (b0, b1) = (other.y - 0.2 * other.size, other.y + 0.75 * other.size);
        a1.min(b1) - a0.max(b0) >= 0.5 * (a1 - a0).min(b1 - b0) && are_alike(self.size, other.size)
    }
}

/// An initial that hangs over several lines stands in none of them.
fn are_alike(a: f32, b: f32) -> bool {
    a.max(b) <= 2.2 * a.min(b)
}

fn pieces(glyphs: &[Glyph]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for &glyph in glyphs {
        if let Some(last) = pieces.last_mut()
            && (last.y - glyph.y).abs() < 0.05 * last.size
            && (last.size - glyph.size).abs() < 0.1 * last.size
            && (-0.5 * glyph.size..SEGMENT_GAP * glyph.size).contains(&(glyph.x0 - last.x1))
        {
            last.x1 = last.x1.max(glyph.x1);
            last.glyphs.push(glyph);
        } else {
            pieces.push(Piece { glyphs: vec![glyph], x1: glyph.x1, y: glyph.y, size: glyph.size });
        }
    }
    pieces
}

fn split_row(row: Vec<Piece>) -> Vec<Segment> {
    layers(row).into_iter().flat_map(split_layer).collect()
}

/// Texts drawn over each other, as layers; the characters of a layer follow each other.
fn layers(mut row: Vec<Piece>) -> Vec<Vec<Glyph>> {
    row.sort_by(|a, b| a.glyphs[0].x0.total_cmp(&b.glyphs[0].x0));
    let mut layers: Vec<(f32, Vec<Glyph>)> = Vec::new();
    for piece in row {
        let x0 = piece.glyphs[0].x0;
        // Short pieces, such as an accent, go between the letters.
        let fits = |right: f32| piece.glyphs.len() < 4 || x0 > right - 1.2 * piece.size;
        let free = layers.iter().position(|(right, _)| fits(*right));
        match free {
            Some(at) => {
                layers[at].0 = layers[at].0.max(piece.x1);
                layers[at].1.extend(piece.glyphs);
            }
            None if layers.len() < 8 && !layers.iter().any(|(_, glyphs)| is_shadow_of(&piece, glyphs)) => {
                layers.push((piece.x1, piece.glyphs));
            }
            None => {}
        }
    }
    layers.into_iter().map(|(_, glyphs)| glyphs).collect()
}

fn is_shadow_of(piece: &Piece, glyphs: &[Glyph]) -> bool {
    if piece.glyphs.len().saturating_mul(glyphs.len()) > MAX_PAIRS {
        return false;
    }
    let twin = |g: &Glyph| glyphs.iter().any(|other| is_shadow(other, g));
    piece.glyphs.iter().filter(|g| twin(g)).count() * 10 >= piece.glyphs.len() * 8
}

fn split_layer(mut glyphs: Vec<Glyph>) -> Vec<Segment> {
    // Stable: of two characters at one place, the first drawn stays first.
    glyphs.sort_by(|a, b| a.x0.total_cmp(&b.x0));
    glyphs.dedup_by(|b, a| is_shadow(a, b));
    let mut segments = Vec::new();
    let mut current: Vec<Glyph> = Vec::new();
    let mut right = f32::NEG_INFINITY;
    for glyph in glyphs {
        if !current.is_empty() && !glyph.c.is_whitespace() && glyph.x0 - right > SEGMENT_GAP * glyph.size {
            segments.extend(segment(std::mem::take(&mut current)));
        }
        // Blanks do not bridge a gap: tables are often padded with them.
        if !glyph.c.is_whitespace() {
            right = if current.is_empty() { glyph.x1 } else { right.max(glyph.x1) };
        }
        if !current.is_empty() || !glyph.c.is_whitespace() {
            current.push(glyph);
        }
    }
    segments.extend(segment(current));
    segments
}

/// Whether `b` is drawn over its twin `a` to make it look bold or to throw a shadow.
fn is_shadow(a: &Glyph, b: &Glyph) -> bool {
    a.c == b.c
        && (a.x0 - b.x0).abs() < 0.15 * a.size
        && (a.y - b.y).abs() < 0.15 * a.size
        && a.x1 - a.x0 > 0.2 * a.size
}

fn segment(glyphs: Vec<Glyph>) -> Option<Segment> {
    let visible: Vec<&Glyph> = glyphs.iter().filter(|g| !g.c.is_whitespace()).collect();
    let (first, last) = (visible.first()?, visible.last()?);
    let mut text = String::new();
    let blank = word_gap(&glyphs);
    let mut right: Option<f32> = None;
    for glyph in &glyphs {
        let gap = right.map_or(0.0, |right| glyph.x0 - right);
        let limit = if is_ideograph(glyph.c) { 0.5 } else { blank };
        if (glyph.c.is_whitespace() || gap > limit * glyph.size) && !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
        if glyph.c.is_whitespace() {
            // The blank's own width is accounted for; what follows it closely belongs to the next word.
            right = Some(glyph.x1.max(right.unwrap_or(glyph.x1)));
            continue;
        }
        push_plain(&mut text, glyph.c);
        right = Some(glyph.x1);
    }
    let text = logical_order(shorten_leaders(&text).trim_end());
    let mut sizes: Vec<f32> = visible.iter().map(|g| g.size).collect();
    sizes.sort_by(f32::total_cmp);
    let size = sizes[sizes.len() / 2];
    let level = visible.iter().find(|g| g.size == size).unwrap_or(first);
    let half = visible.len().div_ceil(2);
    let bold = visible.iter().filter(|g| g.bold).count() > half.max(visible.len() * 8 / 10);
    Some(Segment {
        text,
        x0: first.x0,
        x1: visible.iter().map(|g| g.x1).fold(last.x1, f32::max),
        y: level.y,
        size,
        bold: bold || visible.iter().all(|g| g.bold),
        mono: visible.iter().filter(|g| g.mono).count() >= half,
    })
}

/// The gap, in font sizes, from which on words are apart.
///
/// Letter-spaced text has gaps between all its letters; there the limit rises with the usual gap.
fn word_gap(glyphs: &[Glyph]) -> f32 {
    let mut gaps: Vec<f32> = glyphs
        .windows(2)
        .filter(|pair| !pair[0].c.is_whitespace() && !pair[1].c.is_whitespace())
        .map(|pair| (pair[1].x0 - pair[0].x1) / pair[1].size)
        .collect();
    if gaps.len() < 4 {
        return 0.17;
    }
    gaps.sort_by(f32::total_cmp);
    let usual = gaps[gaps.len() / 2];
    if usual > 0.06 { usual + 0.17 } else { 0.17 }
}

/// Appends `c`: ligatures in full, other kinds of blanks and hyphens as the plain ones.
fn push_plain(text: &mut String, c: char) {
    match c {
        // Ligatures, letters as they are joined in Arabic, radicals, letters of formulas.
        '\u{fb00}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{2f00}'..='\u{2fdf}'
        | '\u{1d400}'..='\u{1d7ff}' => {
            text.extend(std::iter::once(c).nfkc());
        }
        '\u{ad}' | '\u{2010}' | '\u{2011}' => text.push('-'),
        '\u{f0b7}' | '\u{f0a7}' | '\u{f0d8}' | '\u{f0a8}' => text.push('•'),
        // Symbol fonts keep their letters in the private area.
        '\u{f020}'..='\u{f07e}' => text.extend(char::from_u32(u32::from(c) - 0xf000)),
        c if c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{fffd}') => {}
        c => text.push(c),
    }
}

/// The dots that lead from a title to its page number, made short.
fn shorten_leaders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("....").or_else(|| rest.find(". . . .")) {
        out.push_str(rest[..at].trim_end());
        out.push_str(" … ");
        rest = rest[at..].trim_start_matches(['.', ' ']);
    }
    out.push_str(rest);
    out
}

/// Whether `c` is written without blanks between words.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}

/// Text that runs from right to left stands on the page in the order in which it is seen; this is the order in which
/// it is read. Numbers and Latin words within keep theirs.
fn logical_order(text: &str) -> String {
    let (mut backward, mut forward) = (0, 0);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        if is_right_to_left(c) { backward += 1 } else { forward += 1 }
    }
    if backward <= forward {
        return text.to_string();
    }
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<char> = Vec::new();
    let keeps = |c: char| c.is_ascii_alphanumeric() || (c.is_alphanumeric() && !is_right_to_left(c));
    for c in text.chars().rev() {
        let joins = !run.is_empty() && matches!(c, '.' | ',' | ':' | '/' | '-' | '@' | '%');
        if keeps(c) || joins {
            run.push(c);
            continue;
        }
        flush(&mut out, &mut run);
        out.push(mirrored(c));
    }
    flush(&mut out, &mut run);
    out
}

fn flush(out: &mut String, run: &mut Vec<char>) {
    // Signs at the end of a kept run belong to the text around it.
    let signs = run.iter().rev().take_while(|c| !c.is_alphanumeric()).count();
    let tail = run.split_off(run.len() - signs);
    out.extend(run.drain(..).rev());
    out.extend(tail);
}

fn mirrored(c: char) -> char {
    match c {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '<' => '>',
        '>' => '<',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyphs(text: &str, x: f32, y: f32) -> Vec<Glyph> {
        let place = |(at, c): (usize, char)| {
            let x0 = x + 5.0 * at as f32;
            Glyph { c, x0, x1: x0 + 5.0, y, size: 10.0, bold: false, mono: false, turn: 0 }
        };
        text.chars().enumerate().filter(|(_, c)| *c != '_').map(place).collect()
    }

    #[track_caller]
    fn check(drawn: &[(&str, f32, f32)], expected: &[&str]) {
        let all: Vec<Glyph> = drawn.iter().flat_map(|(text, x, y)| glyphs(text, *x, *y)).collect();
        let texts: Vec<String> = segments(&all).into_iter().map(|s| s.text).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_gap_becomes_a_blank_and_a_wide_gap_an_end() {
        check(&[("to_be____or", 0.0, 0.0)], &["to be", "or"]);
    }

    #[test]
    fn drawing_order_does_not_matter_within_a_line() {
        check(&[("world", 30.0, 0.0), ("hello_", 0.0, 0.0), ("above", 0.0, 20.0)], &["above", "hello world"]);
    }

    #[test]
    fn letters_drawn_twice_count_once() {
        check(&[("bold", 0.0, 0.0), ("bold", 0.5, 0.0)], &["bold"]);
    }

    #[test]
    fn ligatures_are_spelt_out() {
        check(&[("eﬃcient", 0.0, 0.0)], &["efficient"]);
    }

    #[test]
    fn hebrew_is_read_from_the_right_and_its_numbers_from_the_left() {
        check(&[("םולש 2024 (תינש)", 0.0, 0.0)], &["(שנית) 2024 שלום"]);
    }
}
