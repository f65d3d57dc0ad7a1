//! Spans: half-open ranges of Unicode code points, and the map between code points and bytes.

use serde::{Deserialize, Serialize};

/// A non-empty half-open range `[start, end)` of Unicode code points in one stored text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(usize, usize)", into = "(usize, usize)")]
pub struct Span {
    // Always start < end; `new` is the only way in.
    start: usize,
    end: usize,
}

impl Span {
    /// The span `[start, end)`, or `None` when it would be empty or reversed.
    pub fn new(start: usize, end: usize) -> Option<Span> {
        (start < end).then_some(Span { start, end })
    }

    /// The first code point inside.
    pub fn start(self) -> usize {
        self.start
    }

    /// One past the last code point inside.
    pub fn end(self) -> usize {
        self.end
    }

    /// How many code points it covers; at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a span is never empty")]
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether `other` lies wholly inside this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// How many code points the two spans share.
    pub fn overlap(self, other: Span) -> usize {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }
}

impl TryFrom<(usize, usize)> for Span {
    type Error = String;
    fn try_from((start, end): (usize, usize)) -> Result<Span, String> {
        Span::new(start, end).ok_or_else(|| format!("span {start}..{end} is empty or reversed"))
    }
}

impl From<Span> for (usize, usize) {
    fn from(span: Span) -> (usize, usize) {
        (span.start, span.end)
    }
}

/// One entry per this many code points: a lookup walks at most this far.
const STRIDE: usize = 64;

/// Converts between code points and bytes of one text in near-constant time.
///
/// ASCII texts need no table. Others keep the byte offset of every 64th code point.
#[derive(Debug)]
pub struct CharMap<'a> {
    text: &'a str,
    chars: usize,
    // Empty for ASCII, where code points are bytes.
    marks: Vec<usize>,
}

impl<'a> CharMap<'a> {
    /// Reads `text` once.
    pub fn new(text: &'a str) -> CharMap<'a> {
        if text.is_ascii() {
            return CharMap { text, chars: text.len(), marks: Vec::new() };
        }
        let mut marks = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut chars = 0;
        for (byte, _) in text.char_indices() {
            if chars % STRIDE == 0 {
                marks.push(byte);
            }
            chars += 1;
        }
        CharMap { text, chars, marks }
    }

    /// The text itself.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The number of code points in the text.
    pub fn chars(&self) -> usize {
        self.chars
    }

    /// The byte offset of code point `char`, which may be one past the last; `None` beyond.
    pub fn byte_of(&self, char: usize) -> Option<usize> {
        if char >= self.chars {
            return (char == self.chars).then_some(self.text.len());
        }
        let Some(&mark) = self.marks.get(char / STRIDE) else {
            return Some(char);
        };
        let ahead = self.text[mark..].char_indices().nth(char % STRIDE);
        ahead.map(|(byte, _)| mark + byte)
    }

    /// The code point that starts at byte `byte`, which may be the text's length; `None` inside a code point.
    pub fn char_of(&self, byte: usize) -> Option<usize> {
        if !self.text.is_char_boundary(byte) {
            return None;
        }
        if self.marks.is_empty() {
            return Some(byte);
        }
        let before = self.marks.partition_point(|&mark| mark <= byte) - 1;
        Some(before * STRIDE + self.text[self.marks[before]..byte].chars().count())
    }

    /// The text of a span, to the letter; `None` when the span reaches past the end.
    pub fn quote(&self, span: Span) -> Option<&'a str> {
        Some(&self.text[self.byte_of(span.start)?..self.byte_of(span.end)?])
    }

    /// The span of the byte range `[start, end)`; `None` when empty or off a character border.
    pub fn span_of_bytes(&self, start: usize, end: usize) -> Option<Span> {
        Span::new(self.char_of(start)?, self.char_of(end)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_or_reversed_span_cannot_be_made() {
        assert_eq!(Span::new(3, 3), None);
        assert_eq!(Span::new(4, 3), None);
        assert!(serde_json::from_str::<Span>("[5,2]").is_err());
    }

    #[test]
    fn a_span_past_the_end_has_no_quote() {
        let map = CharMap::new("añb");
        assert_eq!(map.quote(Span::new(1, 2).unwrap()), Some("ñ"));
        assert_eq!(map.quote(Span::new(1, 9).unwrap()), None);
    }

    proptest! {
        #[test]
        fn quotes_are_what_counting_characters_gives(
            text in "(\\PC|\r\n|[\u{590}-\u{6ff}]|[\u{4e00}-\u{4eff}]|\u{1f468}\u{200d}\u{1f469}|a\u{301}){0,200}",
            from in 0usize..220, len in 1usize..90,
        ) {
            let map = CharMap::new(&text);
            let span = Span::new(from, from + len).unwrap();
            let slow: String = text.chars().skip(from).take(len).collect();
            match map.quote(span) {
                Some(quote) => {
                    prop_assert_eq!(quote, slow);
                    let start = map.byte_of(from).unwrap();
                    prop_assert_eq!(map.span_of_bytes(start, start + quote.len()), Some(span));
                }
                None => prop_assert!(from + len > text.chars().count()),
            }
        }
    }
}
