//! What becomes of a character on its way into a word: the BERT normaliser, one character at a time.
//!
//! The steps are those of Google's BERT (`tokenization.py`, Apache-2.0) in the order the reference takes them: drop
//! controls, set spaces round CJK ideographs, decompose (NFD) and drop accents, lower the case, split at punctuation.

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

use super::unicode::{ACCENTS, DROPPED, PUNCTUATION};

/// The part a character plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// Belongs to a word as it stands.
    Plain,
    /// Ends a word and vanishes.
    Space,
    /// A word of its own: punctuation, CJK ideographs.
    Alone,
    /// Vanishes; the word around it goes on.
    Dropped,
    /// Has to be decomposed, stripped of accents or lowered first.
    Folded,
}

/// Which steps a model's normaliser takes besides dropping controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Make each CJK ideograph a word.
    pub(super) split_cjk: bool,
    /// Decompose and drop accents.
    pub(super) strip_accents: bool,
    /// Lower the case.
    pub(super) lowercase: bool,
}

/// Characters below this have a table entry; those above are classed anew each time.
const TABLED: u32 = 0x1_0000;

/// The class of every character under one set of rules.
#[derive(Debug)]
pub(super) struct Classes {
    rules: Rules,
    table: Vec<Class>,
}

impl Classes {
    pub(super) fn new(rules: Rules) -> Classes {
        let class = |code| char::from_u32(code).map_or(Class::Plain, |c| classify(c, rules));
        Classes { rules, table: (0..TABLED).map(class).collect() }
    }

    /// The class of `c` as it stands in the text.
    #[inline]
    pub(super) fn of(&self, c: char) -> Class {
        match self.table.get(c as usize) {
            Some(&class) => class,
            None => classify(c, self.rules),
        }
    }

    /// Hands over what a [`Class::Folded`] character turns into, in order; none of it needs folding again.
    ///
    /// Marks that survive are held in `marks` until the next character that starts a cluster, so that they come out in
    /// canonical order as NFD demands; call [`Self::settle`] before a character that is not folded.
    pub(super) fn fold(&self, c: char, marks: &mut Vec<char>, emit: &mut impl FnMut(char, Class)) {
        if !self.rules.strip_accents {
            return lower(c, self.rules, emit);
        }
        decompose_canonical(c, |part| {
            let order = if part.is_ascii() { 0 } else { canonical_combining_class(part) };
            if order == 0 {
                flush(marks, &mut |mark| lower(mark, self.rules, emit));
            }
            match (contains(&ACCENTS, part), order) {
                (true, _) => {}
                (false, 0) => lower(part, self.rules, emit),
                (false, _) => marks.push(part),
            }
        });
    }

    /// Hands over the marks held back by [`Self::fold`].
    pub(super) fn settle(&self, marks: &mut Vec<char>, emit: &mut impl FnMut(char, Class)) {
        flush(marks, &mut |mark| lower(mark, self.rules, emit));
    }
}

fn flush(marks: &mut Vec<char>, emit: &mut impl FnMut(char)) {
    if !marks.is_empty() {
        marks.sort_by_key(|&mark| canonical_combining_class(mark));
        marks.drain(..).for_each(emit);
    }
}

fn lower(c: char, rules: Rules, emit: &mut impl FnMut(char, Class)) {
    if !rules.lowercase {
        return emit(c, split_class(c, rules));
    }
    for lowered in c.to_lowercase() {
        emit(lowered, split_class(lowered, rules));
    }
}

fn classify(c: char, rules: Rules) -> Class {
    // Whitespace is exempt from cleaning only where the reference says so: U+0085 is a control first.
    if contains(&DROPPED, c) {
        return Class::Dropped;
    }
    let stands = match rules.strip_accents {
        // A lone character that keeps its place among marks is the only thing NFD leaves as it is.
        true => {
            let mut parts = 0;
            decompose_canonical(c, |part| parts += if part == c { 1 } else { 2 });
            parts == 1 && !contains(&ACCENTS, c) && canonical_combining_class(c) == 0
        }
        false => true,
    };
    let lowered = !rules.lowercase || c.to_lowercase().eq([c]);
    if stands && lowered { split_class(c, rules) } else { Class::Folded }
}

/// The class of a character that needs no more folding.
fn split_class(c: char, rules: Rules) -> Class {
    if c.is_whitespace() {
        Class::Space
    } else if contains(&PUNCTUATION, c) || (rules.split_cjk && is_cjk(c)) {
        Class::Alone
    } else {
        Class::Plain
    }
}

/// The blocks BERT calls Chinese, to the letter: the fifth starts at U+2B920 in the reference, not at U+2B820.
fn is_cjk(c: char) -> bool {
    matches!(
        c as u32,
        0x3400..=0x4DBF
            | 0x4E00..=0x9FFF
            | 0xF900..=0xFAFF
            | 0x2_0000..=0x2_A6DF
            | 0x2_A700..=0x2_B73F
            | 0x2_B740..=0x2_B81F
            | 0x2_B920..=0x2_CEAF
            | 0x2_F800..=0x2_FA1F
    )
}

fn contains(ranges: &[(u32, u32)], c: char) -> bool {
    let code = c as u32;
    let after = ranges.partition_point(|&(first, _)| first <= code);
    after > 0 && code <= ranges[after - 1].1
}
