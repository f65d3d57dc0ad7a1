//! Rank measures, as `trec_eval` defines them.
//!
//! Each takes the relevance of the ranked documents, best first (unjudged ones are 0), and of all judged documents.
//! A document is relevant when its relevance is 1 or more. All are in `[0, 1]`. With no relevant document at all the
//! measures are undefined, except where said; see [`crate::evaluate`] for what becomes of such queries.

use std::fmt;
use std::str::FromStr;

/// A rank measure with its cutoff; `None` looks at the whole ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Normalised discounted cumulated gain, `nDCG@10`.
    Ndcg(Option<usize>),
    /// Share of the relevant documents found, `R@100`.
    Recall(Option<usize>),
    /// One over the rank of the first relevant document, `RR@10`.
    ReciprocalRank(Option<usize>),
    /// Average precision, `AP`.
    AveragePrecision(Option<usize>),
    /// Share of the first k that is relevant, `P@5`.
    Precision(usize),
    /// Whether any of the first k is relevant, `Success@5`.
    Success(usize),
}

impl Measure {
    /// Its value for one query; `None` when no judged document is relevant.
    pub fn of(self, ranked: &[i64], judged: &[i64]) -> Option<f64> {
        let relevant = judged.iter().filter(|&&relevance| relevance > 0).count();
        if relevant == 0 {
            return None;
        }
        let first = |k: Option<usize>| &ranked[..k.map_or(ranked.len(), |k| k.min(ranked.len()))];
        Some(match self {
            Measure::Ndcg(k) => ndcg(ranked, judged, k),
            Measure::Recall(k) => recall(first(k), relevant),
            Measure::ReciprocalRank(k) => reciprocal_rank(first(k)),
            Measure::AveragePrecision(k) => average_precision(first(k), relevant),
            Measure::Precision(k) => precision(ranked, k),
            Measure::Success(k) => success(first(Some(k))),
        })
    }
}

/// Discounted cumulated gain over the best possible, with the relevance itself as gain and `log2(rank + 1)` as discount
/// (Järvelin and Kekäläinen 2002). 0 when no judged document is relevant.
///
/// The best possible is that of all judged documents, found or not, cut at the same `k`.
pub fn ndcg(ranked: &[i64], judged: &[i64], k: Option<usize>) -> f64 {
    let mut ideal: Vec<i64> = judged.iter().copied().filter(|&relevance| relevance > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = discounted_gain(&ideal, k);
    if best == 0.0 { 0.0 } else { discounted_gain(ranked, k) / best }
}

fn discounted_gain(relevances: &[i64], k: Option<usize>) -> f64 {
    let first = relevances.iter().take(k.unwrap_or(relevances.len())).enumerate();
    first.map(|(index, &relevance)| relevance.max(0) as f64 / ((index + 2) as f64).log2()).sum()
}

/// The share of the `relevant` documents there are that is ranked; `relevant` is at least 1.
pub fn recall(ranked: &[i64], relevant: usize) -> f64 {
    hits(ranked) as f64 / relevant as f64
}

/// One over the rank of the first relevant document; 0 when none is ranked.
pub fn reciprocal_rank(ranked: &[i64]) -> f64 {
    ranked.iter().position(|&relevance| relevance > 0).map_or(0.0, |index| 1.0 / (index + 1) as f64)
}

/// The mean, over all `relevant` documents there are, of the precision at each one's rank; those not ranked count 0.
/// `relevant` is at least 1.
pub fn average_precision(ranked: &[i64], relevant: usize) -> f64 {
    let ranks = ranked.iter().enumerate().filter(|(_, relevance)| **relevance > 0);
    let precisions = ranks.enumerate().map(|(before, (index, _))| (before + 1) as f64 / (index + 1) as f64);
    precisions.sum::<f64>() / relevant as f64
}

/// The share of the first `k` that is relevant, over `k` even when fewer are ranked; `k` is at least 1.
pub fn precision(ranked: &[i64], k: usize) -> f64 {
    hits(&ranked[..k.min(ranked.len())]) as f64 / k as f64
}

/// 1 when any is relevant, else 0.
pub fn success(ranked: &[i64]) -> f64 {
    f64::from(u8::from(hits(ranked) > 0))
}

fn hits(ranked: &[i64]) -> usize {
    ranked.iter().filter(|&&relevance| relevance > 0).count()
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, k) = match *self {
            Measure::Ndcg(k) => ("nDCG", k),
            Measure::Recall(k) => ("R", k),
            Measure::ReciprocalRank(k) => ("RR", k),
            Measure::AveragePrecision(k) => ("AP", k),
            Measure::Precision(k) => ("P", Some(k)),
            Measure::Success(k) => ("Success", Some(k)),
        };
        match k {
            Some(k) => write!(f, "{name}@{k}"),
            None => write!(f, "{name}"),
        }
    }
}

impl FromStr for Measure {
    type Err = String;

    /// Reads names such as `nDCG@10`, `R@100` (also `recall@100`), `RR`, `MRR@10`, `AP` (also `MAP`), `P@5`, `Success@1`;
    /// capitals do not matter.
    fn from_str(text: &str) -> Result<Measure, String> {
        let unknown =
            || format!("`{text}` is no measure; try `nDCG@10`, `R@100`, `RR@10`, `AP`, `P@5` or `Success@5`");
        let (name, k) = match text.split_once('@') {
            Some((name, k)) => (name, Some(k.parse::<usize>().ok().filter(|&k| k > 0).ok_or_else(unknown)?)),
            None => (text, None),
        };
        match (name.to_ascii_lowercase().as_str(), k) {
            ("ndcg", k) => Ok(Measure::Ndcg(k)),
            ("r" | "recall", k) => Ok(Measure::Recall(k)),
            ("rr" | "mrr", k) => Ok(Measure::ReciprocalRank(k)),
            ("ap" | "map", k) => Ok(Measure::AveragePrecision(k)),
            ("p" | "precision", Some(k)) => Ok(Measure::Precision(k)),
            ("success", Some(k)) => Ok(Measure::Success(k)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(measure: &str, ranked: &[i64], judged: &[i64], expected: Option<f64>) {
        let measure: Measure = measure.parse().unwrap();
        let value = measure.of(ranked, judged);
        assert!(value == expected, "{measure} is {value:?}, not {expected:?}");
    }

    #[test]
    fn a_perfect_ranking_has_gain_1_and_the_reverse_has_less() {
        check("nDCG", &[3, 2, 1], &[1, 2, 3], Some(1.0));
        check("nDCG@1", &[1, 2], &[1, 2], Some(0.5));
    }

    #[test]
    fn the_ideal_counts_documents_that_were_not_found() {
        check("nDCG@2", &[1], &[1, 1], Some(1.0 / (1.0 + 1.0 / 3f64.log2())));
        check("AP", &[0, 1], &[1, 1], Some(0.25));
        check("R@5", &[0, 1], &[1, 1], Some(0.5));
    }

    #[test]
    fn a_cutoff_past_the_ranking_is_no_error() {
        check("P@4", &[1, 1], &[1, 1], Some(0.5));
        check("RR@9", &[0, 2], &[2], Some(0.5));
        check("RR@1", &[0, 2], &[2], Some(0.0));
    }

    #[test]
    fn without_a_relevant_document_there_is_nothing_to_measure() {
        check("R@5", &[0, 0], &[0, -1], None);
    }

    #[test]
    fn names_are_read_and_written() {
        for name in ["nDCG@10", "R@100", "RR", "AP", "P@5", "Success@1"] {
            assert_eq!(name.parse::<Measure>().unwrap().to_string(), name);
        }
        for name in ["nDCG@0", "P", "F1", "nDCG@ten", ""] {
            assert!(name.parse::<Measure>().is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn all_are_within_0_and_1_and_swapping_a_better_document_up_never_hurts(
            ranked in prop::collection::vec(-1i64..4, 2..12), missed in prop::collection::vec(-1i64..4, 0..6),
            at in 0usize..11, k in 1usize..14,
        ) {
            let judged: Vec<i64> = ranked.iter().chain(&missed).copied().collect();
            let at = at % (ranked.len() - 1);
            let mut better = ranked.clone();
            if better[at] < better[at + 1] {
                better.swap(at, at + 1);
            }
            let all = [Measure::Ndcg(Some(k)), Measure::Recall(Some(k)), Measure::ReciprocalRank(Some(k)),
                Measure::AveragePrecision(Some(k)), Measure::Precision(k), Measure::Success(k), Measure::Ndcg(None)];
            for measure in all {
                let (before, after) = (measure.of(&ranked, &judged), measure.of(&better, &judged));
                prop_assert_eq!(before.is_none(), judged.iter().all(|&relevance| relevance < 1));
                if let (Some(before), Some(after)) = (before, after) {
                    prop_assert!((0.0..=1.0 + 1e-12).contains(&before), "{measure} is {before}");
                    prop_assert!(after >= before - 1e-12, "{measure} fell from {before} to {after}");
                }
            }
        }
    }
}
