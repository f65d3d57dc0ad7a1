//! Finding a span again by what it quotes.

use engraft_core::{CharMap, Span};

/// Where a quote is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// There, and where that was not the place asked for, nowhere else.
    Found(Span),
    /// In this many places, none of them the one asked for. Occurrences that share characters count too.
    Ambiguous(usize),
    /// Nowhere.
    Absent,
}

/// The place of `quote` in `text`: at code point `start` if it stands there to the letter, else the only place where it does.
///
/// An empty quote is nowhere.
pub fn repair(text: &str, quote: &str, start: usize) -> Repair {
    let map = CharMap::new(text);
    if quote.is_empty() {
        return Repair::Absent;
    }
    let span_at = |byte: usize| map.span_of_bytes(byte, byte + quote.len());
    let wanted = map.byte_of(start).filter(|byte| text[*byte..].starts_with(quote));
    if let Some(span) = wanted.and_then(span_at) {
        return Repair::Found(span);
    }
    let (mut first, mut places, mut from) = (None, 0, 0);
    // Step by one character, not by one quote: "aa" stands in "aaa" twice.
    while let Some(ahead) = text[from..].find(quote) {
        let byte = from + ahead;
        first.get_or_insert(byte);
        places += 1;
        from = byte + text[byte..].chars().next().map_or(1, char::len_utf8);
    }
    match first.and_then(span_at) {
        Some(span) if places == 1 => Repair::Found(span),
        Some(_) => Repair::Ambiguous(places),
        None => Repair::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, quote: &str, start: usize, expected: Repair) {
        assert_eq!(repair(text, quote, start), expected);
    }

    fn found(start: usize, end: usize) -> Repair {
        Repair::Found(Span::new(start, end).unwrap())
    }

    #[test]
    fn a_quote_at_its_place_stays_though_it_stands_elsewhere_too() {
        check("Ann and Ann", "Ann", 8, found(8, 11));
    }

    #[test]
    fn a_unique_quote_is_moved_counting_code_points() {
        check("👩‍👩‍👧 née Ann", "Ann", 13, found(10, 13));
    }

    #[test]
    fn a_quote_in_two_places_is_ambiguous_even_where_they_share_characters() {
        check("Ann and Ann", "Ann", 3, Repair::Ambiguous(2));
        check("xaaa", "aa", 0, Repair::Ambiguous(2));
    }

    #[test]
    fn what_is_not_there_is_absent() {
        check("Ann", "Bob", 0, Repair::Absent);
        check("Ann", "", 0, Repair::Absent);
        check("", "Ann", 7, Repair::Absent);
    }
}
