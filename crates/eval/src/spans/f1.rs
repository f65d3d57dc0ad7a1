//! F1 of two people's marks: twice the marks they share, over all marks of both. It is the same whoever is taken for right.

use std::collections::BTreeMap;

use super::Mark;

/// When two marks are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// The same label and the same parts.
    Exact,
    /// The same label and at least one code point in common; each mark is matched at most once, and as many are as can be.
    Overlap,
}

/// How many marks two people have, and how many of them are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct F1Counts {
    /// Matched.
    pub both: usize,
    /// One's marks.
    pub left: usize,
    /// The other's.
    pub right: usize,
}

impl F1Counts {
    /// In `[0, 1]`; `None` when neither marked anything.
    pub fn f1(&self) -> Option<f64> {
        let all = self.left + self.right;
        (all > 0).then(|| 2.0 * self.both as f64 / all as f64)
    }
}

/// Counts what two people's marks of one text have in common.
pub fn span_f1(left: &[Mark], right: &[Mark], matching: Matching) -> F1Counts {
    let (left, right): (Vec<&Mark>, Vec<&Mark>) = (left.iter().collect(), right.iter().collect());
    count(&left, &right, matching)
}

/// Summed over the pairs of readers of a text.
pub(super) fn of_text(readers: &[Vec<&Mark>], matching: Matching) -> F1Counts {
    let mut sum = F1Counts::default();
    for (at, left) in readers.iter().enumerate() {
        for right in &readers[at + 1..] {
            let counts = count(left, right, matching);
            sum.both += counts.both;
            sum.left += counts.left;
            sum.right += counts.right;
        }
    }
    sum
}

fn count(left: &[&Mark], right: &[&Mark], matching: Matching) -> F1Counts {
    let both = match matching {
        Matching::Exact => exact(left, right),
        Matching::Overlap => overlapping(left, right),
    };
    F1Counts { both, left: left.len(), right: right.len() }
}

fn exact(left: &[&Mark], right: &[&Mark]) -> usize {
    let mut unmatched: BTreeMap<&Mark, usize> = BTreeMap::new();
    for mark in right {
        *unmatched.entry(mark).or_insert(0) += 1;
    }
    let mut matched = 0;
    for mark in left {
        if let Some(times) = unmatched.get_mut(mark).filter(|times| **times > 0) {
            *times -= 1;
            matched += 1;
        }
    }
    matched
}

/// The size of the largest matching, by augmenting paths (Berge 1957).
fn overlapping(left: &[&Mark], right: &[&Mark]) -> usize {
    let partners: Vec<Vec<usize>> = left
        .iter()
        .map(|mark| (0..right.len()).filter(|&other| overlap(mark, right[other])).collect())
        .collect();
    let mut taken_by: Vec<Option<usize>> = vec![None; right.len()];
    (0..left.len())
        .filter(|&mark| augment(mark, &partners, &mut taken_by, &mut vec![false; right.len()]))
        .count()
}

fn augment(mark: usize, partners: &[Vec<usize>], taken_by: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    for &partner in &partners[mark] {
        if std::mem::replace(&mut tried[partner], true) {
            continue;
        }
        let free = taken_by[partner].is_none_or(|holder| augment(holder, partners, taken_by, tried));
        if free {
            taken_by[partner] = Some(mark);
            return true;
        }
    }
    false
}

fn overlap(a: &Mark, b: &Mark) -> bool {
    let common = |x: &(usize, usize), y: &(usize, usize)| x.0 < y.1 && y.0 < x.1;
    a.label == b.label && a.parts.iter().any(|x| b.parts.iter().any(|y| common(x, y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(left: &[(usize, usize, &str)], right: &[(usize, usize, &str)], exact: usize, overlap: usize) {
        let marks = |spans: &[(usize, usize, &str)]| -> Vec<Mark> {
            spans.iter().map(|(start, end, label)| Mark::new(*start, *end, label)).collect()
        };
        let (left, right) = (marks(left), marks(right));
        assert_eq!(span_f1(&left, &right, Matching::Exact).both, exact);
        assert_eq!(span_f1(&left, &right, Matching::Overlap).both, overlap);
    }

    #[test]
    fn a_shifted_mark_overlaps_and_one_that_only_touches_does_not() {
        check(&[(0, 5, "x")], &[(1, 6, "x")], 0, 1);
        check(&[(0, 5, "x")], &[(5, 6, "x")], 0, 0);
    }

    #[test]
    fn another_label_is_no_match() {
        check(&[(0, 5, "x")], &[(0, 5, "y")], 0, 0);
    }

    #[test]
    fn each_mark_is_matched_once() {
        check(&[(0, 9, "x")], &[(0, 3, "x"), (4, 6, "x")], 0, 1);
        check(&[(0, 3, "x"), (0, 3, "x")], &[(0, 3, "x")], 1, 1);
    }

    #[test]
    fn as_many_are_matched_as_can_be() {
        // Taking the first that fits would leave the second mark of the left alone.
        check(&[(0, 9, "x"), (0, 2, "x")], &[(0, 3, "x"), (5, 9, "x")], 0, 2);
    }

    #[test]
    fn a_mark_with_gaps_overlaps_by_any_part() {
        let gapped = Mark { label: "x".to_string(), parts: vec![(0, 2), (8, 9)] };
        let counts = |other| span_f1(std::slice::from_ref(&gapped), &[other], Matching::Overlap);
        assert_eq!(counts(Mark::new(8, 12, "x")).f1(), Some(1.0));
        assert_eq!(counts(Mark::new(3, 7, "x")).f1(), Some(0.0));
    }
}
