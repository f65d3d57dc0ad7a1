//! Offsets as other tools count them, as code points.

use std::str::FromStr;

use engraft_core::CharMap;
use unicode_segmentation::UnicodeSegmentation;

use crate::format::FormatError;

/// What the offsets of a file count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffsetUnit {
    /// Unicode code points, as Python counts.
    #[default]
    Codepoint,
    /// UTF-16 code units, as browsers and Java count.
    Utf16,
    /// Bytes of UTF-8.
    Byte,
    /// What people see as one character.
    Grapheme,
}

impl FromStr for OffsetUnit {
    type Err = FormatError;

    fn from_str(word: &str) -> Result<OffsetUnit, FormatError> {
        match word {
            "codepoint" => Ok(OffsetUnit::Codepoint),
            "utf16" => Ok(OffsetUnit::Utf16),
            "byte" => Ok(OffsetUnit::Byte),
            "grapheme" => Ok(OffsetUnit::Grapheme),
            _ => Err(FormatError::Unit { name: word.to_string() }),
        }
    }
}

/// Converts the offsets of one text.
pub(crate) struct Ruler<'a> {
    map: CharMap<'a>,
    // Graphemes: the code point each starts at, and the end. UTF-16: the unit each code point starts at, and the end.
    marks: Vec<usize>,
    unit: OffsetUnit,
}

impl<'a> Ruler<'a> {
    pub(crate) fn new(text: &'a str, unit: OffsetUnit) -> Ruler<'a> {
        // Without carriage returns, every unit of an ASCII text is one byte long.
        let plain = text.is_ascii() && !text.contains('\r');
        let unit = if plain { OffsetUnit::Codepoint } else { unit };
        let sums = |widths: &mut dyn Iterator<Item = usize>| {
            let mut sum = 0;
            let mut marks = vec![0];
            marks.extend(widths.map(|width| {
                sum += width;
                sum
            }));
            marks
        };
        let marks = match unit {
            OffsetUnit::Codepoint | OffsetUnit::Byte => Vec::new(),
            OffsetUnit::Utf16 => sums(&mut text.chars().map(char::len_utf16)),
            OffsetUnit::Grapheme => sums(&mut text.graphemes(true).map(|grapheme| grapheme.chars().count())),
        };
        Ruler { map: CharMap::new(text), marks, unit }
    }

    /// The code point at `offset` of the file's unit, which may be the end; `None` beyond, or inside a code point.
    pub(crate) fn char_of(&self, offset: usize) -> Option<usize> {
        match self.unit {
            OffsetUnit::Codepoint => (offset <= self.map.chars()).then_some(offset),
            OffsetUnit::Byte => self.map.char_of(offset),
            OffsetUnit::Utf16 => self.marks.binary_search(&offset).ok(),
            OffsetUnit::Grapheme => self.marks.get(offset).copied(),
        }
    }

    /// The text between two code points; `None` when there is none.
    pub(crate) fn between(&self, start: usize, end: usize) -> Option<&'a str> {
        self.map.quote(engraft_core::Span::new(start, end)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_finds_the_same_letter() {
        // A family, a flag, an accent apart, a line break of two.
        let text = "a👨‍👩‍👧 e\u{301}\r\n🇩🇪b";
        let b = text.chars().count() - 1;
        let units = [
            (OffsetUnit::Codepoint, b),
            (OffsetUnit::Utf16, text.encode_utf16().count() - 1),
            (OffsetUnit::Byte, text.len() - 1),
            (OffsetUnit::Grapheme, 6),
        ];
        for (unit, offset) in units {
            let ruler = Ruler::new(text, unit);
            assert_eq!(ruler.char_of(offset), Some(b), "{unit:?}");
            assert_eq!(ruler.char_of(offset + 1), Some(b + 1), "{unit:?}");
            assert_eq!(ruler.char_of(offset + 2), None, "{unit:?}");
            assert_eq!(ruler.between(b, b + 1), Some("b"));
        }
        assert_eq!(Ruler::new(text, OffsetUnit::Utf16).char_of(2), None, "inside a surrogate pair");
    }
}
