//! Whether people mark the same parts of a text.

mod f1;
mod unitizing;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::measured::estimate;
use crate::{Measured, Resampling};
use unitizing::Continuum;

pub use f1::{F1Counts, Matching, span_f1};

/// A labelled part of a text, as one person marked it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// What it is.
    pub label: String,
    /// Half-open ranges of code points, in order; more than one for a mark with gaps. None is empty.
    pub parts: Vec<(usize, usize)>,
}

impl Mark {
    /// A mark without gaps.
    pub fn new(start: usize, end: usize, label: &str) -> Mark {
        Mark { label: label.to_string(), parts: vec![(start, end)] }
    }
}

/// A text with the marks of everybody who read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    /// How many code points it has; no mark ends after it.
    pub length: usize,
    /// Each reader's marks; none for a reader who found nothing to mark.
    pub by: BTreeMap<String, Vec<Mark>>,
}

/// How far people mark the same parts. Texts with one reader are not used.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpanAgreement {
    /// F1 of exact matches, pooled over pairs of people and texts; undefined when nobody marked anything.
    pub f1_exact: Measured,
    /// F1 of overlapping matches.
    pub f1_overlap: Measured,
    /// Krippendorff's unitizing alpha (1995; Content Analysis, 2nd edition 2004, section 11.6).
    pub alpha_u: Measured,
    /// The same by label; empty within a label.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub per_label: BTreeMap<String, SpanAgreement>,
}

/// All that can be said about the agreement of people who marked texts; intervals are over texts.
pub fn span_agreement(texts: &[Marked], resampling: &Resampling) -> SpanAgreement {
    let labels: BTreeSet<&str> =
        texts.iter().flat_map(|text| text.by.values().flatten()).map(|mark| mark.label.as_str()).collect();
    let mut parts: Vec<Part> =
        labels.iter().map(|label| Part::of(texts, &|mark| mark.label == *label)).collect();
    parts.push(Part::of(texts, &|_| true));
    let estimates = estimate(texts.len(), resampling, |weights| {
        let alphas: Vec<(f64, f64)> =
            parts[..labels.len()].iter().map(|part| part.continuum.sums(weights)).collect();
        let all = alphas.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let alphas = alphas.iter().copied().chain([all]);
        parts.iter().zip(alphas).flat_map(|(part, sums)| part.values(weights, sums)).collect()
    });
    let used = texts.iter().filter(|text| text.by.len() > 1).count();
    let of = |part: usize| {
        let three = &estimates[3 * part..3 * part + 3];
        let measured = |at: usize| {
            let why = if used == 0 { "no text was read by two people" } else { "nobody marked anything" };
            three[at].covering(used, texts.len(), why)
        };
        SpanAgreement {
            f1_exact: measured(0),
            f1_overlap: measured(1),
            alpha_u: measured(2),
            per_label: BTreeMap::new(),
        }
    };
    let per_label = labels.iter().enumerate().map(|(at, label)| (label.to_string(), of(at))).collect();
    SpanAgreement { per_label, ..of(labels.len()) }
}

/// The marks of one label, or of all, counted text by text.
struct Part {
    exact: Vec<F1Counts>,
    overlap: Vec<F1Counts>,
    continuum: Continuum,
}

impl Part {
    fn of(texts: &[Marked], wanted: &dyn Fn(&Mark) -> bool) -> Part {
        let marks: Vec<Vec<Vec<&Mark>>> = texts
            .iter()
            .map(|text| {
                text.by.values().map(|marks| marks.iter().filter(|mark| wanted(mark)).collect()).collect()
            })
            .collect();
        let count = |matching| marks.iter().map(|readers| f1::of_text(readers, matching)).collect();
        let lengths = texts.iter().map(|text| text.length);
        Part {
            exact: count(Matching::Exact),
            overlap: count(Matching::Overlap),
            continuum: Continuum::of(lengths.zip(&marks)),
        }
    }

    fn values(&self, weights: &[f64], (seen, expected): (f64, f64)) -> [Option<f64>; 3] {
        let f1 = |counts: &[F1Counts]| {
            let both: f64 =
                counts.iter().zip(weights).map(|(counts, weight)| counts.both as f64 * weight).sum();
            let all: f64 = counts
                .iter()
                .zip(weights)
                .map(|(counts, weight)| (counts.left + counts.right) as f64 * weight)
                .sum();
            (all > 0.0).then(|| 2.0 * both / all)
        };
        [f1(&self.exact), f1(&self.overlap), (expected > 0.0).then(|| 1.0 - seen / expected)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(length: usize, readers: &[&[(usize, usize, &str)]]) -> Marked {
        let marks =
            |marks: &&[(usize, usize, &str)]| marks.iter().map(|(s, e, l)| Mark::new(*s, *e, l)).collect();
        Marked {
            length,
            by: readers.iter().enumerate().map(|(at, own)| (at.to_string(), marks(own))).collect(),
        }
    }

    fn measure(texts: &[Marked]) -> SpanAgreement {
        span_agreement(texts, &Resampling { seed: 0, resamples: 100 })
    }

    #[test]
    fn the_textbook_s_unitizing_example_comes_out_as_printed() {
        // Krippendorff 2004, figure 11.5: a continuum of 300 that starts at 150, two observers, labels c and k.
        let place = |spans: &[(usize, usize, &'static str)]| -> Vec<(usize, usize, &'static str)> {
            spans.iter().map(|(from, length, label)| (from - 150, from - 150 + length, *label)).collect()
        };
        let one = place(&[(225, 70, "c"), (370, 30, "c"), (180, 60, "k"), (300, 50, "k")]);
        let other = place(&[(220, 80, "c"), (355, 20, "c"), (400, 20, "c"), (180, 60, "k"), (300, 50, "k")]);
        let agreement = measure(&[text(300, &[&one, &other])]);
        let alpha = |agreement: &SpanAgreement| agreement.alpha_u.metric.value.unwrap();
        // Printed as .8591, from disagreements rounded to four places.
        assert!((alpha(&agreement) - 0.8591).abs() < 5e-4, "{agreement:?}");
        assert!((alpha(&agreement.per_label["c"]) - 0.7286).abs() < 5e-5);
        assert_eq!(alpha(&agreement.per_label["k"]), 1.0);
    }

    #[test]
    fn f1_is_pooled_over_pairs_and_texts() {
        let texts = [
            text(20, &[&[(0, 5, "x")], &[(0, 5, "x"), (7, 9, "y")]]),
            text(20, &[&[(0, 5, "x")], &[(1, 5, "x")], &[]]),
            text(9, &[&[(0, 5, "x")]]),
        ];
        let agreement = measure(&texts);
        // Exact: 1 of (1 + 2), then none of (1 + 1) + (1 + 0) + (1 + 0).
        assert!((agreement.f1_exact.metric.value.unwrap() - 2.0 / 7.0).abs() < 1e-12);
        assert!((agreement.f1_overlap.metric.value.unwrap() - 4.0 / 7.0).abs() < 1e-12);
        assert_eq!((agreement.alpha_u.used, agreement.alpha_u.of), (2, 3));
    }

    #[test]
    fn every_measure_of_spans_has_an_interval_around_its_value() {
        let texts: Vec<Marked> = (0..12)
            .map(|n| {
                let other = if n % 3 == 0 { (1, 5, "x") } else { (0, 5, "x") };
                text(
                    20,
                    &[&[(0, 5, "x"), (8, 11, "y")], &[other, (8, 11, if n % 4 == 0 { "x" } else { "y" })]],
                )
            })
            .collect();
        let agreement = measure(&texts);
        for measured in [&agreement.f1_exact, &agreement.f1_overlap, &agreement.alpha_u] {
            let metric = &measured.metric;
            let (low, high) = (metric.low.unwrap(), metric.high.unwrap());
            let value = metric.value.unwrap();
            assert!(low < value && value < high && measured.of == 12, "{measured:?}");
        }
    }

    #[test]
    fn nothing_marked_is_a_state_with_a_reason() {
        let why = |texts: &[Marked]| measure(texts).f1_exact.metric.why.unwrap();
        assert_eq!(why(&[text(5, &[&[], &[]])]), "nobody marked anything");
        assert_eq!(why(&[text(5, &[&[(0, 1, "x")]])]), "no text was read by two people");
    }

    proptest! {
        #[test]
        fn who_marks_alike_agrees_perfectly(cuts in prop::collection::btree_set(0usize..40, 2..9)) {
            let cuts: Vec<usize> = cuts.into_iter().collect();
            let marks: Vec<_> = cuts.windows(2).step_by(2).map(|pair| (pair[0], pair[1], "x")).collect();
            let agreement = measure(&[text(41, &[&marks, &marks, &marks])]);
            prop_assert_eq!(agreement.f1_exact.metric.value, Some(1.0));
            prop_assert_eq!(agreement.f1_overlap.metric.value, Some(1.0));
            prop_assert!(agreement.alpha_u.metric.value.is_none_or(|alpha| (alpha - 1.0).abs() < 1e-12));
        }
    }
}
