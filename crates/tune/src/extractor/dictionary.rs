//! Known values, found in a text word by word: the longest first, none inside another.

use std::ops::Range;

use engraft_core::Span;

use crate::extractor::words::{Word, words};

/// Values to look for, each with a number that says whose it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dictionary {
    /// As words, the longest first.
    values: Vec<(Vec<String>, usize)>,
    letters: Letters,
}

/// Whether capitals matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// `Bank` is another value than `bank`.
    AsWritten,
    /// It is the same.
    #[default]
    AnyCase,
}

impl Letters {
    fn of(self, word: &Word) -> String {
        match self {
            Letters::AsWritten => word.text.to_string(),
            Letters::AnyCase => word.text.to_lowercase(),
        }
    }
}

impl Dictionary {
    /// A dictionary of these values; one without a word is left out. Of two numbers with the same value the lower is found.
    pub fn new<'a>(values: impl IntoIterator<Item = (&'a str, usize)>, letters: Letters) -> Dictionary {
        let as_words = |(value, number): (&str, usize)| {
            (words(value).iter().map(|word| letters.of(word)).collect::<Vec<_>>(), number)
        };
        let known = values.into_iter().map(as_words).filter(|(words, _)| !words.is_empty());
        let mut values: Vec<(Vec<String>, usize)> = known.collect();
        values.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Dictionary { values, letters }
    }

    /// Where values stand in `text`, in code points, each with its number; in order of their start.
    pub fn find(&self, text: &str) -> Vec<(Span, usize)> {
        let words = words(text);
        let mut found = self.among(&words, &mut vec![true; words.len()]);
        found.sort_by_key(|(range, _)| range.start);
        let spans = found.into_iter().filter_map(|(range, number)| {
            Some((Span::new(words[range.start].start, words[range.end - 1].end)?, number))
        });
        spans.collect()
    }

    /// The same in ranges of words, the longest values first; only free words are taken, and are not free afterwards.
    pub(crate) fn among(&self, words: &[Word], free: &mut [bool]) -> Vec<(Range<usize>, usize)> {
        let read: Vec<String> = words.iter().map(|word| self.letters.of(word)).collect();
        let mut found = Vec::new();
        for (value, number) in &self.values {
            for from in 0..(read.len() + 1).saturating_sub(value.len()) {
                let range = from..from + value.len();
                if read[range.clone()] == value[..] && free[range.clone()].iter().all(|free| *free) {
                    free[range.clone()].fill(false);
                    found.push((range, *number));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], letters: Letters, text: &str, expected: &[(usize, usize, usize)]) {
        let numbered = values.iter().enumerate().map(|(number, value)| (*value, number));
        let found = Dictionary::new(numbered, letters).find(text);
        let shown: Vec<_> = found.iter().map(|(span, number)| (span.start(), span.end(), *number)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_longest_value_is_found_and_none_inside_it() {
        check(
            &["Bank", "Zoë Bank Ltd"],
            Letters::AsWritten,
            "Zoë Bank Ltd, Bank",
            &[(0, 12, 1), (14, 18, 0)],
        );
    }

    #[test]
    fn capitals_matter_where_they_should() {
        check(&["Bank"], Letters::AsWritten, "bank Bank", &[(5, 9, 0)]);
        check(&["Bank"], Letters::AnyCase, "bank Bank", &[(0, 4, 0), (5, 9, 0)]);
    }

    #[test]
    fn a_value_is_whole_words_and_never_nothing() {
        check(&["an", " "], Letters::AnyCase, "a bank", &[]);
    }
}
