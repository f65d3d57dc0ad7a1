//! Whether the passages a search returned hold the evidence, however the documents were cut into passages.

use std::collections::BTreeMap;

/// Code points of a document, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passage<'t> {
    /// Which document.
    pub doc: &'t str,
    /// Its first code point.
    pub start: usize,
    /// Past its last one; a passage that ends where it starts, or before, holds nothing.
    pub end: usize,
}

/// How much of the evidence was returned, in code points; each counts once, however often it was returned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The share of the evidence that was returned.
    pub recall: f64,
    /// The share of what was returned that is evidence; 0 when nothing was returned.
    pub precision: f64,
    /// What is both, over what is either.
    pub iou: f64,
}

/// Compares what was returned with the evidence; `None` when there is no evidence to find.
pub fn evidence(returned: &[Passage], gold: &[Passage]) -> Option<Evidence> {
    let (returned, gold) = (merged(returned), merged(gold));
    let (found, wanted) = (length(&returned), length(&gold));
    if wanted == 0 {
        return None;
    }
    let of_doc = |(doc, spans): (&&str, &Vec<(usize, usize)>)| {
        returned.get(doc).map_or(0, |others| shared(spans, others))
    };
    let both: usize = gold.iter().map(of_doc).sum();
    let precision = if found == 0 { 0.0 } else { both as f64 / found as f64 };
    let iou = both as f64 / (found + wanted - both) as f64;
    Some(Evidence { recall: both as f64 / wanted as f64, precision, iou })
}

type Spans<'t> = BTreeMap<&'t str, Vec<(usize, usize)>>;

/// By document, what the passages cover: in order, and none touching the next.
fn merged<'t>(passages: &[Passage<'t>]) -> Spans<'t> {
    let mut sorted: Vec<&Passage> = passages.iter().filter(|passage| passage.start < passage.end).collect();
    sorted.sort_unstable();
    let mut spans = Spans::new();
    for passage in sorted {
        let of_doc = spans.entry(passage.doc).or_default();
        match of_doc.last_mut() {
            Some(last) if passage.start <= last.1 => last.1 = last.1.max(passage.end),
            _ => of_doc.push((passage.start, passage.end)),
        }
    }
    spans
}

fn length(spans: &Spans) -> usize {
    spans.values().flatten().map(|(start, end)| end - start).sum()
}

fn shared(ours: &[(usize, usize)], theirs: &[(usize, usize)]) -> usize {
    let overlap = |a: &(usize, usize), b: &(usize, usize)| a.1.min(b.1).saturating_sub(a.0.max(b.0));
    ours.iter().map(|a| theirs.iter().map(|b| overlap(a, b)).sum::<usize>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passages<'t>(spans: &[(&'t str, usize, usize)]) -> Vec<Passage<'t>> {
        spans.iter().map(|(doc, start, end)| Passage { doc, start: *start, end: *end }).collect()
    }

    #[track_caller]
    fn check(
        returned: &[(&str, usize, usize)],
        gold: &[(&str, usize, usize)],
        expected: Option<(f64, f64, f64)>,
    ) {
        let found = evidence(&passages(returned), &passages(gold));
        assert_eq!(found.map(|found| (found.recall, found.precision, found.iou)), expected);
    }

    #[test]
    fn characters_are_counted_and_not_passages() {
        check(&[("a", 0, 10)], &[("a", 5, 15)], Some((0.5, 0.5, 5.0 / 15.0)));
        check(&[("b", 0, 10)], &[("a", 0, 10)], Some((0.0, 0.0, 0.0)));
    }

    #[test]
    fn overlapping_passages_count_once() {
        check(&[("a", 0, 6), ("a", 4, 10), ("a", 0, 10)], &[("a", 0, 20)], Some((0.5, 1.0, 0.5)));
    }

    #[test]
    fn nothing_returned_scores_0_and_no_evidence_has_no_score() {
        check(&[], &[("a", 0, 4)], Some((0.0, 0.0, 0.0)));
        check(&[("a", 0, 4)], &[("a", 3, 3)], None);
    }

    proptest! {
        #[test]
        fn cutting_a_passage_in_two_changes_nothing(
            returned in prop::collection::vec((0usize..3, 0usize..30, 1usize..20), 1..6),
            gold in prop::collection::vec((0usize..3, 0usize..30, 1usize..20), 1..4), cut in 0usize..50,
        ) {
            let name = |(doc, start, length): &(usize, usize, usize)| Passage {
                doc: ["a", "b", "c"][*doc], start: *start, end: start + length,
            };
            let whole: Vec<Passage> = returned.iter().map(name).collect();
            let halves: Vec<Passage> = whole.iter().flat_map(|passage| {
                let cut = cut.clamp(passage.start, passage.end);
                [Passage { end: cut, ..*passage }, Passage { start: cut, ..*passage }]
            }).collect();
            let gold: Vec<Passage> = gold.iter().map(name).collect();
            prop_assert_eq!(evidence(&whole, &gold), evidence(&halves, &gold));
            let perfect = evidence(&gold, &gold).unwrap();
            prop_assert_eq!((perfect.recall, perfect.precision, perfect.iou), (1.0, 1.0, 1.0));
        }
    }
}
