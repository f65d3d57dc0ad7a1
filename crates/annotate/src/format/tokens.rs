//! Words of a text, for formats that are written token by token.

use unicode_segmentation::UnicodeSegmentation;

/// A word or mark without white space, in code points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Which line of the text it is on, from 0.
    pub(crate) line: usize,
}

/// The words and marks of a text (Unicode Standard Annex 29), each for itself, in order.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 0);
    for word in text.split_word_bounds() {
        // A mark can hang on a space: what is not white space stands for itself.
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let is_space = first.is_whitespace();
            let end = rest.find(|c: char| c.is_whitespace() != is_space).unwrap_or(rest.len());
            let (piece, after) = rest.split_at(end);
            let chars = piece.chars().count();
            if is_space {
                line += piece.matches('\n').count();
            } else {
                tokens.push(Token { text: piece, start: at, end: at + chars, line });
            }
            at += chars;
            rest = after;
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_marks_stand_apart() {
        let found: Vec<String> = tokens("Dr. O'Neil,\n10.5 % 日本 👩‍👩‍👧!")
            .iter()
            .map(|token| format!("{}/{}", token.text, token.line))
            .collect();
        assert_eq!(found.join(" "), "Dr/0 ./0 O'Neil/0 ,/0 10.5/1 %/1 日/1 本/1 👩‍👩‍👧/1 !/1");
    }

    proptest! {
        #[test]
        fn tokens_are_the_text_without_white_space(text in "(\\PC|\r\n|\u{301}|\u{200d}|\u{a0}|\u{85}){0,40}") {
            let letters: Vec<char> = text.chars().collect();
            let mut seen = String::new();
            for token in tokens(&text) {
                prop_assert_eq!(letters[token.start..token.end].iter().collect::<String>(), token.text);
                seen += token.text;
            }
            prop_assert_eq!(seen, text.split_whitespace().collect::<String>());
        }
    }
}
