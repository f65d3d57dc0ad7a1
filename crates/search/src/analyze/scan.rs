//! Finds words, numbers, identifiers and ideographs in a text.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

/// The scripts that are treated differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Devanagari,
    Other,
}

/// A piece of text that becomes one term; already folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Letters, to be stemmed.
    Word { word: &'a str, script: Script },
    /// A number or identifier.
    Whole(&'a str),
    /// Another way to find the word or identifier before it.
    Variant(&'a str),
    /// Neighbouring characters of a script without spaces.
    Pair(&'a str, &'a str),
    /// One such character; `alone`: it has no neighbour.
    Ideograph { char: &'a str, alone: bool },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter(Script),
    Digit,
    Mark,
    /// Written without spaces, one character a unit.
    Ideograph,
    /// Joins letters and digits when it stands alone between them.
    Joiner,
    Apostrophe,
    Gap,
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' => Class::Letter(Script::Latin),
        '0'..='9' => Class::Digit,
        '-' | '.' | '_' | '/' | ',' | ':' | '@' | '+' | '\u{2010}' | '\u{2011}' => Class::Joiner,
        '\'' | '\u{2019}' | '\u{2bc}' => Class::Apostrophe,
        _ if c.is_ascii() => Class::Gap,
        '\u{640}' | '\u{200c}' | '\u{200d}' | '\u{ad}' => Class::Mark,
        '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Class::Ideograph,
        '\u{3041}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' => Class::Ideograph,
        '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' => Class::Ideograph,
        // Thai, Lao, Tibetan, Myanmar, Khmer; their marks belong to the character before.
        '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            if c.is_alphabetic() && !mark(c) =>
        {
            Class::Ideograph
        }
        _ if mark(c) => Class::Mark,
        _ if c.is_numeric() => Class::Digit,
        _ if c.is_alphabetic() => Class::Letter(match c {
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Script::Latin,
            '\u{400}'..='\u{52f}' => Script::Cyrillic,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Script::Arabic,
            '\u{900}'..='\u{97f}' => Script::Devanagari,
            _ => Script::Other,
        }),
        _ => Class::Gap,
    }
}

fn mark(c: char) -> bool {
    is_combining_mark(c) || canonical_combining_class(c) != 0
}

/// Compatibility forms unified, case folded, diacritics of Latin, Greek and the Cyrillic yo dropped.
fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    let mut folded = String::with_capacity(text.len());
    let mut strip = false;
    for c in text.nfkc().flat_map(char::to_lowercase) {
        match c {
            'ё' => folded.push('е'),
            'ß' => folded.push_str("ss"),
            '\u{300}'..='\u{36f}' if strip => {}
            '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{3ff}' | '\u{1e00}'..='\u{1fff}' => {
                folded.extend(std::iter::once(c).nfd().filter(|c| !mark(*c)).map(plain));
                strip = true;
            }
            _ => {
                strip = c.is_ascii_alphabetic() || (strip && mark(c));
                folded.push(c);
            }
        }
    }
    Cow::Owned(folded)
}

/// Letters whose stroke is not a combining mark.
fn plain(c: char) -> char {
    match c {
        'ø' => 'o',
        'đ' | 'ð' => 'd',
        'ł' => 'l',
        'ı' => 'i',
        'ς' => 'σ',
        _ => c,
    }
}

/// Calls `see` with the pieces of `text`, in order.
pub(crate) fn pieces(text: &str, see: &mut impl FnMut(Piece<'_>)) {
    let text = &*fold(text);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        at = match class(c) {
            Class::Ideograph => ideographs(text, at, see),
            Class::Letter(_) | Class::Digit => compound(text, at, see),
            _ => at + c.len_utf8(),
        };
    }
}

fn ideographs(text: &str, start: usize, see: &mut impl FnMut(Piece<'_>)) -> usize {
    let mut borders = vec![];
    let mut end = text.len();
    for (offset, c) in text[start..].char_indices() {
        match class(c) {
            Class::Ideograph => borders.push(start + offset),
            Class::Mark if !borders.is_empty() => {}
            _ => {
                end = start + offset;
                break;
            }
        }
    }
    borders.push(end);
    let alone = borders.len() == 2;
    for (i, pair) in borders.windows(2).enumerate() {
        see(Piece::Ideograph { char: &text[pair[0]..pair[1]], alone });
        if let Some(&next) = borders.get(i + 2) {
            see(Piece::Pair(&text[pair[0]..pair[1]], &text[pair[1]..next]));
        }
    }
    end
}

/// Letters and digits, with single joiners between them.
fn compound(text: &str, start: usize, see: &mut impl FnMut(Piece<'_>)) -> usize {
    // A part is a stretch without joiners: its range, whether it has digits, and whether it has letters.
    let mut parts: Vec<(usize, usize, bool, bool)> = Vec::new();
    let mut part = (start, start, false, false);
    let mut joiners = String::new();
    let mut waiting = None;
    let mut end = start;
    for (offset, c) in text[start..].char_indices() {
        let at = start + offset;
        match class(c) {
            Class::Letter(_) | Class::Digit => {
                if let Some(joiner) = waiting.take() {
                    parts.push(part);
                    joiners.push(joiner);
                    part = (at, at, false, false);
                }
                let digit = class(c) == Class::Digit;
                part = (part.0, at + c.len_utf8(), part.2 | digit, part.3 | !digit);
                end = part.1;
            }
            Class::Mark if waiting.is_none() => {
                part.1 = at + c.len_utf8();
                end = part.1;
            }
            Class::Joiner | Class::Apostrophe if waiting.is_none() => {
                waiting = Some(if class(c) == Class::Apostrophe { '\'' } else { c });
            }
            _ => break,
        }
    }
    parts.push(part);
    emit(text, &parts, &joiners, see);
    end
}

fn emit(text: &str, parts: &[(usize, usize, bool, bool)], joiners: &str, see: &mut impl FnMut(Piece<'_>)) {
    let whole = &text[parts[0].0..parts[parts.len() - 1].1];
    let digits = parts.iter().any(|part| part.2);
    let letters = parts.iter().any(|part| part.3);
    if digits && !letters && joiners.chars().all(|c| matches!(c, '.' | ',')) {
        let number: String = whole.chars().filter(|&c| c != ',').collect();
        return see(Piece::Whole(&number));
    }
    for (i, &(from, to, digits, letters)) in parts.iter().enumerate() {
        let word = &text[from..to];
        match (digits, letters) {
            (true, true) => {
                see(Piece::Whole(word));
                runs(word, see);
            }
            (true, false) => see(Piece::Whole(word)),
            _ if i > 0 && joiners.chars().nth(i - 1) == Some('\'') && word.chars().count() <= 2 => {}
            _ => see(Piece::Word { word, script: script(word) }),
        }
    }
    if parts.len() > 1 {
        let joined: String = whole
            .chars()
            .filter(|&c| matches!(class(c), Class::Letter(_) | Class::Digit | Class::Mark))
            .collect();
        let apostrophes = joiners.chars().all(|c| c == '\'');
        if !apostrophes && joined.len() <= 64 {
            see(Piece::Variant(&joined));
        }
    }
}

/// The letters and the digits of an identifier such as `g100`, apart.
fn runs(word: &str, see: &mut impl FnMut(Piece<'_>)) {
    let mut from = 0;
    let mut digit = None;
    for (at, c) in word.char_indices() {
        let is_digit = c.is_numeric();
        if digit.is_some_and(|before| before != is_digit) {
            see(Piece::Variant(&word[from..at]));
            from = at;
        }
        digit = Some(is_digit);
    }
    see(Piece::Variant(&word[from..]));
}

fn script(word: &str) -> Script {
    word.chars()
        .find_map(|c| match class(c) {
            Class::Letter(script) => Some(script),
            _ => None,
        })
        .unwrap_or(Script::Other)
}
