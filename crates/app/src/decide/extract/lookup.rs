//! Retrieved annotated examples: what is marked in the texts most like this one is marked here where it stands too.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat_n;

use engraft_core::CharMap;
use engraft_eval::{Ranking, Rules};
use engraft_tune::Matrix;
use engraft_tune::data::ExtractionRow;
use engraft_tune::extractor::{Dictionary, FoundSpan, Letters};

use crate::decide::nearest::nearest;
use crate::decide::ranked;

/// Annotated examples one can look up, each with its row among the vectors.
pub(super) struct Memory<'a> {
    pub(super) rows: Vec<(usize, Cow<'a, ExtractionRow>)>,
}

/// The examples found for a text, and the values marked in them.
pub(super) struct Found<'m> {
    /// Nearest first.
    pub(super) examples: Vec<&'m ExtractionRow>,
    dictionary: Dictionary,
    values: Vec<Value>,
}

/// A value as written in the examples found.
struct Value {
    written: String,
    /// What it is mostly marked as.
    label: String,
    /// How often it is marked so.
    marked: usize,
    /// How often it stands there.
    stands: usize,
}

impl<'a> Memory<'a> {
    /// The examples at `places`.
    pub(super) fn of(examples: &'a [ExtractionRow], places: impl Iterator<Item = usize>) -> Memory<'a> {
        Memory { rows: places.map(|at| (at, Cow::Borrowed(&examples[at]))).collect() }
    }

    /// The `k` examples whose vectors are nearest to the question's, and what is marked in them.
    pub(super) fn look_up(&self, vectors: &Matrix, question: &[f32], k: usize) -> Found<'_> {
        let found = nearest(vectors, self.rows.iter().map(|(row, _)| *row), question, k);
        Found::of(found.into_iter().map(|(_, place)| &*self.rows[place].1).collect())
    }
}

/// Which examples mark a value, by the value as written and its label; examples go by their ids.
pub(super) struct Marking<'m>(BTreeMap<(&'m str, &'m str), BTreeSet<&'m str>>);

impl<'m> Marking<'m> {
    pub(super) fn of(memory: &'m Memory) -> Marking<'m> {
        let mut by_value: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for (_, row) in &memory.rows {
            for value in values(row) {
                by_value.entry(value).or_default().insert(&row.id);
            }
        }
        Marking(by_value)
    }

    /// How high the examples that mark one of a text's values likewise stand among those looked up; nothing where none were, or no
    /// example there is marks one.
    pub(super) fn high(&self, asked: &ExtractionRow, looked_up: &[&ExtractionRow]) -> [Option<f64>; 2] {
        if looked_up.is_empty() {
            return [None, None];
        }
        let relevant: BTreeSet<&str> =
            values(asked).filter_map(|value| self.0.get(&value)).flatten().copied().collect();
        let grade = |id: &&str| Some(i64::from(relevant.contains(*id)));
        let ids = looked_up.iter().map(|row| row.id.as_str());
        let judged = repeat_n(1, relevant.len());
        ranked::of(&Ranking::of_names(ids, grade, judged, Rules::default()))
    }
}

/// What is marked in a text: each value as written, with its label.
fn values(row: &ExtractionRow) -> impl Iterator<Item = (&str, &str)> {
    let map = CharMap::new(&row.text);
    row.spans.iter().filter_map(move |one| Some((map.quote(one.span)?, one.label.as_str())))
}

impl<'m> Found<'m> {
    /// The values marked in these examples.
    pub(super) fn of(examples: Vec<&'m ExtractionRow>) -> Found<'m> {
        let mut marked: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
        for row in &examples {
            let map = CharMap::new(&row.text);
            for one in &row.spans {
                let Some(written) = map.quote(one.span) else { continue };
                *marked.entry(written.into()).or_default().entry(&one.label).or_default() += 1;
            }
        }
        let value = |(written, labels): (String, BTreeMap<&str, usize>)| {
            // Of labels that are as frequent the first in order of name.
            let most = labels.iter().rev().max_by_key(|(_, times)| **times);
            let (label, marked) = most.map_or((String::new(), 0), |(label, n)| (label.to_string(), *n));
            Value { written, label, marked, stands: labels.values().sum() }
        };
        let mut values: Vec<Value> = marked.into_iter().map(value).collect();
        let numbered = values.iter().enumerate().map(|(number, value)| (value.written.as_str(), number));
        let dictionary = Dictionary::new(numbered, Letters::AsWritten);
        let mut stands = vec![0; values.len()];
        for row in &examples {
            dictionary.find(&row.text).iter().for_each(|(_, number)| stands[*number] += 1);
        }
        for (value, stands) in values.iter_mut().zip(stands) {
            value.stands = value.stands.max(stands);
        }
        Found { examples, dictionary, values }
    }

    /// The spans of `text` that hold a value which the examples mark more often than not; the score is that share, one marked
    /// and one unmarked added.
    pub(super) fn spans(&self, text: &str) -> Vec<FoundSpan> {
        let found = self.dictionary.find(text).into_iter().filter_map(|(span, number)| {
            let Value { label, marked, stands, .. } = &self.values[number];
            let score = (marked + 1) as f64 / (stands + 2) as f64;
            (2 * marked > *stands).then(|| FoundSpan { span, label: label.clone(), score })
        });
        found.collect()
    }

    /// Whether any of the examples marks this value as `label`.
    pub(super) fn marks(&self, written: &str, label: &str) -> bool {
        self.examples.iter().any(|row| {
            let map = CharMap::new(&row.text);
            row.spans.iter().any(|one| one.label == label && map.quote(one.span) == Some(written))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_core::Span;
    use engraft_tune::data::MarkedSpan;

    fn row(text: &str, marked: &[(usize, usize, &str)]) -> ExtractionRow {
        let spans = marked.iter().map(|(start, end, label)| MarkedSpan {
            span: Span::new(*start, *end).unwrap(),
            label: label.to_string(),
        });
        ExtractionRow {
            id: text.into(),
            text: text.into(),
            context: Vec::new(),
            group: text.into(),
            spans: spans.collect(),
        }
    }

    #[track_caller]
    fn check(examples: &[ExtractionRow], text: &str, expected: &[(usize, usize, &str)]) {
        let found = Found::of(examples.iter().collect()).spans(text);
        let shown: Vec<_> =
            found.iter().map(|one| (one.span.start(), one.span.end(), one.label.as_str())).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_is_marked_in_an_example_is_marked_here_in_code_points() {
        let examples = [row("Zoë 🌧 paid Acme Ltd", &[(0, 3, "PER"), (11, 19, "ORG")])];
        check(&examples, "🌧 Acme Ltd owes Zoë", &[(2, 10, "ORG"), (16, 19, "PER")]);
        check(&examples, "acme ltd owes nobody", &[]);
    }

    #[test]
    fn what_mostly_stands_unmarked_is_left_alone() {
        let examples =
            [row("May paid", &[(0, 3, "PER")]), row("they May pay", &[]), row("or May not pay", &[])];
        check(&examples, "May paid", &[]);
        check(&examples[..1], "May paid", &[(0, 3, "PER")]);
    }

    /// How high those of four examples stand that mark a value of the text likewise.
    #[track_caller]
    fn high(text: &str, marked: &[(usize, usize, &str)], looked_up: &[usize], expected: [Option<f64>; 2]) {
        let examples = [
            row("Acme paid", &[(0, 4, "ORG")]),
            row("to Acme again", &[(3, 7, "ORG")]),
            row("Acme is a dog", &[(0, 4, "PET")]),
            row("nothing here", &[]),
        ];
        let memory = Memory::of(&examples, 0..4);
        let looked_up: Vec<&ExtractionRow> = looked_up.iter().map(|at| &examples[*at]).collect();
        assert_eq!(Marking::of(&memory).high(&row(text, marked), &looked_up), expected);
    }

    #[test]
    fn examples_that_mark_a_value_of_the_text_likewise_are_what_looking_up_should_bring_first() {
        let acme = [(3, 7, "ORG")];
        high("so Acme", &acme, &[1, 0, 3], [Some(1.0), Some(1.0)]);
        let second = 1.0 / 3f64.log2();
        high("so Acme", &acme, &[2, 1, 1], [Some(second / (1.0 + second)), Some(1.0)]);
        high("so Acme", &acme, &[3], [Some(0.0), Some(1.0)]);
    }

    #[test]
    fn where_no_example_marks_a_value_of_the_text_or_none_was_looked_up_there_is_no_rank() {
        high("so Bolt", &[(3, 7, "ORG")], &[0, 1], [None, None]);
        high("so what", &[], &[0, 1], [None, None]);
        high("so Acme", &[(3, 7, "ORG")], &[], [None, None]);
    }

    #[test]
    fn of_two_labels_the_more_frequent_one_is_given() {
        let examples =
            [row("Bank", &[(0, 4, "PER")]), row("Bank", &[(0, 4, "ORG")]), row("Bank", &[(0, 4, "PER")])];
        check(&examples, "the Bank", &[(4, 8, "PER")]);
    }
}
