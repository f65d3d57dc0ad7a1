//! Tags as other tools write them: `O` outside, `B-X` where a span of `X` begins, `I-X` where it goes on (Ramshaw and Marcus 1995).

use std::ops::Range;

use engraft_core::Span;

use crate::extractor::words::Word;
use crate::extractor::{FoundSpan, tags};

/// The place of `O` among the names.
pub(crate) const OUTSIDE: usize = 0;

/// `O`, then for each label the tag that begins a span and the one that goes on with it.
pub(crate) fn names(labels: &[String]) -> Vec<String> {
    let each = labels.iter().flat_map(|label| [format!("B-{label}"), format!("I-{label}")]);
    std::iter::once("O".to_string()).chain(each).collect()
}

/// The tag of each of so many words, given the ranges of words that are marked and the places of their labels.
pub(crate) fn gold(words: usize, spans: &[(Range<usize>, usize)]) -> Vec<usize> {
    let path = tags::path(words, spans);
    let mut gold = vec![OUTSIDE; words];
    for (range, label) in tags::spans(&path) {
        gold[range.clone()].fill(2 + 2 * label);
        gold[range.start] = 1 + 2 * label;
    }
    gold
}

/// The tag of a token that stands behind the first one of a word with this tag.
pub(crate) fn behind(tag: usize) -> usize {
    if tag == OUTSIDE { tag } else { tag.next_multiple_of(2) }
}

/// Whether a tag begins a span whatever stands before it, and its label; `None` where it is outside.
///
/// A name without `B-` or `I-` is a label that goes on.
pub(crate) fn parse(name: &str) -> (bool, Option<&str>) {
    let begun = name.strip_prefix("B-");
    match begun.or_else(|| name.strip_prefix("I-")) {
        Some(label) => (begun.is_some(), Some(label)),
        None if name == "O" => (false, None),
        None => (false, Some(name)),
    }
}

/// The spans that the tags of words mean, as the pipelines of transformers group them: a span goes on as long as its label does
/// and no tag begins another. `said` holds a tag's name and its probability for each word; a span's score is their mean.
pub(crate) fn spans(words: &[Word], said: &[(&str, f64)]) -> Vec<FoundSpan> {
    let mut groups: Vec<(Range<usize>, &str)> = Vec::new();
    for (at, (name, _)) in said.iter().enumerate() {
        let (begins, Some(label)) = parse(name) else { continue };
        match groups.last_mut() {
            Some((range, open)) if range.end == at && *open == label && !begins => range.end = at + 1,
            _ => groups.push((at..at + 1, label)),
        }
    }
    let found = groups.into_iter().filter_map(|(range, label)| {
        let sum: f64 = said[range.clone()].iter().map(|(_, p)| p).sum();
        let span = Span::new(words[range.start].start, words[range.end - 1].end)?;
        Some(FoundSpan { span, label: label.to_string(), score: sum / range.len() as f64 })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractor::words::words;

    #[test]
    fn names_and_tags_fit_together() {
        let names = names(&["CLIENT".to_string(), "STAFF".to_string()]);
        assert_eq!(names.join(" "), "O B-CLIENT I-CLIENT B-STAFF I-STAFF");
        let gold = gold(7, &[(1..2, 1), (2..5, 0)]);
        let shown: Vec<&str> = gold.iter().map(|&tag| names[tag].as_str()).collect();
        assert_eq!(shown.join(" "), "O B-STAFF B-CLIENT I-CLIENT I-CLIENT O O");
        assert_eq!([0, 1, 2, 3, 4].map(behind), [0, 2, 2, 4, 4]);
    }

    #[track_caller]
    fn check(tags: &str, expected: &str) {
        let words = words("a b c d e f");
        let said: Vec<(&str, f64)> = tags.split(' ').map(|tag| (tag, 0.5)).collect();
        let found = spans(&words, &said);
        let one = |one: &FoundSpan| format!("{}:{}-{}", one.label, one.span.start(), one.span.end());
        assert_eq!(found.iter().map(one).collect::<Vec<_>>().join(" "), expected);
        assert!(found.iter().all(|one| (one.score - 0.5).abs() < 1e-12));
    }

    #[test]
    fn a_span_goes_on_until_another_begins_or_the_label_ends() {
        check("B-X I-X O B-Y B-Y I-Y", "X:0-3 Y:6-7 Y:8-11");
        check("I-X I-Y I-Y O I-Y O", "X:0-1 Y:2-5 Y:8-9");
    }

    #[test]
    fn names_without_a_beginning_are_labels() {
        check("PER PER O ORG PER O", "PER:0-3 ORG:6-7 PER:8-9");
        assert_eq!(parse("B-first-name"), (true, Some("first-name")));
    }
}
