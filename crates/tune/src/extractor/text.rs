//! A row as every tier reads it: its words, what is said of each, and the tag each should have.

use std::ops::Range;

use engraft_core::Span;

use crate::data::ExtractionRow;
use crate::extractor::crf::Reading;
use crate::extractor::features;
use crate::extractor::tags;
use crate::extractor::words::{Word, covering, words};

/// A row ready to learn from, or to read.
#[derive(Clone, Debug)]
pub(crate) struct Text<'a> {
    pub(crate) row: &'a ExtractionRow,
    pub(crate) words: Vec<Word<'a>>,
    pub(crate) reading: Reading,
    /// The right tag of each word; spans whose label is not known are left out.
    pub(crate) gold: Vec<usize>,
}

impl<'a> Text<'a> {
    /// Reads a row for these labels.
    pub(crate) fn new(row: &'a ExtractionRow, labels: &[String]) -> Text<'a> {
        let words = words(&row.text);
        let mut reading = Reading { starts: vec![0], ..Reading::default() };
        features::each(&words, &row.context, &mut |_, keys| {
            reading.keys.extend_from_slice(keys);
            reading.starts.push(reading.keys.len());
        });
        let gold = tags::path(words.len(), &marked(row, labels, &words));
        Text { row, words, reading, gold }
    }

    /// The code points of a range of words, which is not empty.
    pub(crate) fn span(&self, range: &Range<usize>) -> Option<Span> {
        Span::new(self.words.get(range.start)?.start, self.words.get(range.end.checked_sub(1)?)?.end)
    }

    /// How many of its spans no path of tags can say to the letter: two on a word, or a border inside one.
    pub(crate) fn unsayable(&self, labels: &[String]) -> usize {
        let said: Vec<(Option<Span>, &str)> = tags::spans(&self.gold)
            .iter()
            .map(|(range, label)| (self.span(range), labels[*label].as_str()))
            .collect();
        let is_said = |span: Span, label: &str| said.contains(&(Some(span), label));
        self.row.spans.iter().filter(|marked| !is_said(marked.span, &marked.label)).count()
    }
}

/// The ranges of words that are marked in a row, each with the place of its label; labels that are not known are left out.
pub(crate) fn marked(row: &ExtractionRow, labels: &[String], words: &[Word]) -> Vec<(Range<usize>, usize)> {
    let known = row.spans.iter().filter_map(|marked| {
        let label = labels.iter().position(|label| *label == marked.label)?;
        Some((covering(words, marked.span.start(), marked.span.end()), label))
    });
    known.collect()
}
