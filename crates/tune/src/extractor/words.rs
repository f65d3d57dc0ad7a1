//! A text as the extractor reads it: words, numbers and single marks, each with its place in code points.
//!
//! Finer than white space, so that almost every span a person marks starts and ends at a word: `12pm` is `12` and `pm`,
//! `("Bank")` is five. An ideograph stands alone. Every character that is not white space belongs to exactly one word.

/// A word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// To the letter.
    pub(crate) text: &'a str,
    /// The first code point.
    pub(crate) start: usize,
    /// One past the last code point.
    pub(crate) end: usize,
    /// Whether white space or the beginning of the text stands before it.
    pub(crate) spaced: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Letter,
    Digit,
    // Joins whatever stands before it: accents, variation selectors, joiners.
    Mark,
    // A word of its own.
    Alone,
}

/// The words of `text`, in order.
pub(crate) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word> = Vec::with_capacity(text.len() / 4 + 1);
    // The class of the open word and the byte it starts at.
    let mut open: Option<(Class, usize)> = None;
    let mut spaced = true;
    for (at, (byte, c)) in text.char_indices().enumerate() {
        let class = class(c);
        let goes_on = match open {
            Some((of, _)) => class == Class::Mark || (class == of && of != Class::Alone),
            None => false,
        };
        if let (true, Some((_, from)), Some(last)) = (goes_on, open, words.last_mut()) {
            last.text = &text[from..byte + c.len_utf8()];
            last.end = at + 1;
        } else if class == Class::Space {
            open = None;
            spaced = true;
        } else {
            let class = if class == Class::Mark { Class::Alone } else { class };
            open = Some((class, byte));
            words.push(Word { text: &text[byte..byte + c.len_utf8()], start: at, end: at + 1, spaced });
            spaced = false;
        }
    }
    words
}

fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Digit,
        _ if c.is_whitespace() => Class::Space,
        _ if is_mark(c) => Class::Mark,
        _ if is_ideograph(c) => Class::Alone,
        _ if c.is_alphabetic() => Class::Letter,
        _ if c.is_numeric() => Class::Digit,
        _ => Class::Alone,
    }
}

/// Combining marks that are not letters, variation selectors and the zero-width joiner.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}'
        | '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}')
}

/// As the encoder's own tokenizer has them.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{2fa1f}')
}

/// The range of words that cover the code points `[start, end)`; empty where only white space lies there.
pub(crate) fn covering(words: &[Word], start: usize, end: usize) -> std::ops::Range<usize> {
    let first = words.partition_point(|word| word.end <= start);
    let last = words.partition_point(|word| word.start < end);
    first..last.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found: Vec<&str> = words(text).iter().map(|word| word.text).collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn numbers_and_marks_stand_apart_from_letters() {
        check("At 12pm (\"Bank\"), a 5-seat table", "At 12 pm ( \" Bank \" ) , a 5 - seat table");
    }

    #[test]
    fn accents_stay_with_their_letter_and_ideographs_stand_alone() {
        check("cafe\u{301} 東京 x", "cafe\u{301} 東 京 x");
    }

    #[test]
    fn a_range_is_covered_by_the_words_it_touches() {
        let text = "Jane  Doe-Smith";
        let words = words(text);
        assert_eq!(covering(&words, 0, 9), 0..2);
        assert_eq!(covering(&words, 1, 12), 0..4);
        assert!(covering(&words, 4, 6).is_empty());
    }

    proptest! {
        #[test]
        fn words_are_the_text_without_white_space(text in "(\\PC|\r\n|\u{301}|\u{200d}|\u{a0}|[a-c1-3]){0,40}") {
            let letters: Vec<char> = text.chars().collect();
            let mut seen = String::new();
            for word in words(&text) {
                prop_assert_eq!(letters[word.start..word.end].iter().collect::<String>(), word.text);
                seen += word.text;
            }
            prop_assert_eq!(seen, text.split_whitespace().collect::<String>());
        }
    }
}
