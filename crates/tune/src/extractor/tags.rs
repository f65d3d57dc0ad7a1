//! The tags of a chain: outside, and for each label begin, inside, last and only (BILOU; Ratinov and Roth 2009).
//!
//! Tag 0 is outside; label `n` has the tags `1 + 4n` (begin), `2 + 4n` (inside), `3 + 4n` (last) and `4 + 4n` (only word).
//! Which tag may follow which is fixed, so every path that keeps to it reads as spans without a rule of repair.

use std::ops::Range;

/// Outside every span.
pub(crate) const OUTSIDE: usize = 0;

/// How many tags so many labels have.
pub(crate) fn count(labels: usize) -> usize {
    1 + 4 * labels
}

/// Whether a text may begin with the tag.
pub(crate) fn may_begin(tag: usize) -> bool {
    tag == OUTSIDE || matches!(place(tag), Place::Begin | Place::Only)
}

/// Whether a text may end with the tag.
pub(crate) fn may_end(tag: usize) -> bool {
    tag == OUTSIDE || matches!(place(tag), Place::Last | Place::Only)
}

/// Whether `next` may stand behind `tag`.
pub(crate) fn may_follow(tag: usize, next: usize) -> bool {
    match may_end(tag) {
        true => may_begin(next),
        false => !may_begin(next) && label(tag) == label(next),
    }
}

#[derive(Clone, Copy)]
enum Place {
    Begin,
    Inside,
    Last,
    Only,
}

fn place(tag: usize) -> Place {
    [Place::Begin, Place::Inside, Place::Last, Place::Only][(tag - 1) % 4]
}

fn label(tag: usize) -> Option<usize> {
    tag.checked_sub(1).map(|tag| tag / 4)
}

/// The tags of one span of `label` over so many words; at least one word.
pub(crate) fn of_span(label: usize, words: usize) -> impl Iterator<Item = usize> {
    let first = 1 + 4 * label;
    (0..words).map(move |at| match (at == 0, at + 1 == words) {
        (true, true) => first + 3,
        (true, false) => first,
        (false, false) => first + 1,
        (false, true) => first + 2,
    })
}

/// The spans that a path of allowed tags means: a range of words and a label.
pub(crate) fn spans(path: &[usize]) -> Vec<(Range<usize>, usize)> {
    let mut spans = Vec::new();
    let mut from = 0;
    for (at, &tag) in path.iter().enumerate() {
        let Some(label) = label(tag) else { continue };
        if may_begin(tag) {
            from = at;
        }
        if may_end(tag) {
            spans.push((from..at + 1, label));
        }
    }
    spans
}

/// The path of spans over so many words. Where two share a word, the one that starts first, then the longer, is kept.
pub(crate) fn path(words: usize, spans: &[(Range<usize>, usize)]) -> Vec<usize> {
    let mut order: Vec<&(Range<usize>, usize)> =
        spans.iter().filter(|(range, _)| !range.is_empty()).collect();
    order.sort_by_key(|(range, label)| (range.start, std::cmp::Reverse(range.end), *label));
    let mut path = vec![OUTSIDE; words];
    let mut free = 0;
    for (range, label) in order {
        if range.start < free || range.end > words {
            continue;
        }
        for (at, tag) in range.clone().zip(of_span(*label, range.len())) {
            path[at] = tag;
        }
        free = range.end;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_span_begins_goes_on_and_ends_with_one_label() {
        let spans_of = [(0..1, 0), (1..4, 1), (5..7, 0)];
        let path = path(8, &spans_of);
        assert_eq!(path, [4, 5, 6, 7, 0, 1, 3, 0]);
        assert_eq!(spans(&path), spans_of);
        assert!(may_begin(path[0]) && path.windows(2).all(|pair| may_follow(pair[0], pair[1])));
        assert!(!may_follow(1, 0) && !may_follow(1, 6) && !may_follow(0, 2) && !may_follow(3, 2));
    }

    #[test]
    fn of_two_spans_on_a_word_the_first_is_kept() {
        assert_eq!(spans(&path(5, &[(2..4, 0), (0..3, 1)])), [(0..3, 1)]);
        assert_eq!(spans(&path(5, &[(1..2, 0), (1..4, 1)])), [(1..4, 1)]);
    }

    proptest! {
        #[test]
        fn every_allowed_path_comes_back_from_its_spans(steps in prop::collection::vec(0usize..9, 1..30)) {
            let mut path: Vec<usize> = Vec::new();
            for step in steps {
                let fits = |tag: usize| match path.last() {
                    None => may_begin(tag),
                    Some(&last) => may_follow(last, tag),
                };
                let allowed: Vec<usize> = (0..9).filter(|&tag| fits(tag)).collect();
                path.push(allowed[step % allowed.len()]);
            }
            while !path.last().is_none_or(|&last| may_end(last)) {
                path.pop();
                if let Some(last) = path.last().copied().filter(|&last| !may_end(last)) {
                    // A begin or inside before the cut becomes what ends the span.
                    let ended = if may_begin(last) { last + 3 } else { last + 1 };
                    path.pop();
                    path.push(ended);
                }
            }
            prop_assert_eq!(super::path(path.len(), &spans(&path)), path);
        }
    }
}
