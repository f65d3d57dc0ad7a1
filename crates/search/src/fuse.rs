//! Two rankings become one.

use std::collections::BTreeMap;

use engraft_core::{ChunkNo, LegScore, Legs};

use crate::request::Range;

/// How the lexical and the dense ranking are combined.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Fusion {
    /// Reciprocal rank fusion: each leg adds `1 / (k + rank)` (Cormack, Clarke and Buettcher, 2009,
    /// doi:10.1145/1571941.1572114). Needs no scores, so it is safe when a leg's scores mean little.
    Rrf {
        /// Usually 60.
        k: f32,
    },
    /// `alpha` × the scaled dense score + (1 − `alpha`) × the scaled lexical score (Bruch, Gai and Ingber, 2023,
    /// doi:10.1145/3596512), then brought to `[0, 1]`: 0 is the worst candidate.
    Convex {
        /// The weight of the dense leg, in `[0, 1]`.
        alpha: f32,
        /// How scores come to a common scale.
        scaling: Scaling,
    },
}

/// How a leg's scores come to a common scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
    /// From the worst candidate that the leg proposed (0) to the best (1).
    MinMax,
    /// In standard deviations from the mean of the leg's 200 best candidates, those without a word of the
    /// question counting as 0. How deep the legs looked has no say as long as they looked that deep.
    Standard,
}

/// How many of a leg's best candidates say what a usual score is.
const SAMPLE: usize = 200;

impl Default for Fusion {
    /// The one fixed mix that did well on SciFact, Cranfield and a staff handbook with all-MiniLM-L6-v2:
    /// `docs/design/0013-standardised-legs.md`.
    fn default() -> Fusion {
        Fusion::Convex { alpha: 0.55, scaling: Scaling::Standard }
    }
}

/// One candidate: its score in each leg, and its rank where the leg ranked it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Candidate {
    pub(crate) legs: Legs,
    /// Filled in for candidates of the other leg.
    pub(crate) lexical: f32,
    /// Filled in for candidates of the other leg; `None`: no vector.
    pub(crate) dense: Option<f32>,
}

/// Puts two rankings, best first, side by side.
pub(crate) fn side_by_side(lexical: &[(u32, f32)], dense: &[(u32, f32)]) -> BTreeMap<u32, Candidate> {
    let mut candidates: BTreeMap<u32, Candidate> = BTreeMap::new();
    for (at, &(id, score)) in lexical.iter().enumerate() {
        let candidate = candidates.entry(id).or_default();
        candidate.legs.lexical = Some(LegScore { rank: at + 1, score });
        candidate.lexical = score;
    }
    for (at, &(id, score)) in dense.iter().enumerate() {
        let candidate = candidates.entry(id).or_default();
        candidate.legs.dense = Some(LegScore { rank: at + 1, score });
        candidate.dense = Some(score);
    }
    candidates
}

/// Where a leg's scores lie, and how they come to the common scale.
#[derive(Clone, Copy, Debug)]
enum Scale {
    /// The range becomes `[0, 1]`; without one every score is 0.
    Range(Option<Range>),
    /// Standard deviations from the mean.
    Deviations { mean: f32, deviation: f32 },
}

impl Scale {
    /// From the best of all scores.
    fn deviations(mut scores: Vec<f32>) -> Scale {
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        scores.truncate(SAMPLE);
        let count = scores.len().max(1) as f64;
        let mean = scores.iter().map(|&score| f64::from(score)).sum::<f64>() / count;
        let variance = scores.iter().map(|&score| (f64::from(score) - mean).powi(2)).sum::<f64>() / count;
        Scale::Deviations { mean: mean as f32, deviation: variance.sqrt() as f32 }
    }

    fn of(self, score: f32) -> f32 {
        match self {
            Scale::Range(range) => range.map_or(0.0, |range| range.share(score)),
            Scale::Deviations { mean, deviation } if deviation > mean.abs() * 1e-6 => {
                (score - mean) / deviation
            }
            // All the same: what does not reach them is one deviation below.
            Scale::Deviations { mean, .. } => f32::from(u8::from(score >= mean)) - 1.0,
        }
    }
}

/// The fused scores of the candidates, best first, ties by number; those of a convex mix lie in `[0, 1]`.
pub(crate) fn fuse(candidates: &BTreeMap<ChunkNo, Candidate>, fusion: Fusion) -> Vec<(ChunkNo, f32)> {
    let mut fused: Vec<(ChunkNo, f32)> = match fusion {
        Fusion::Rrf { k } => {
            let part = |leg: Option<LegScore>| leg.map_or(0.0, |leg| 1.0 / (k + leg.rank as f32));
            let score = |one: &Candidate| part(one.legs.lexical) + part(one.legs.dense);
            candidates.iter().map(|(&chunk, one)| (chunk, score(one))).collect()
        }
        Fusion::Convex { alpha, scaling } => mix(candidates, alpha, scaling),
    };
    fused.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    if let Fusion::Convex { scaling: Scaling::Standard, .. } = fusion {
        // Only now: the range depends on how deep the legs looked, and its rounding must not change the order.
        let scale = Scale::Range(Range::of(fused.iter().map(|one| one.1)));
        fused.iter_mut().for_each(|one| one.1 = scale.of(one.1));
    }
    fused
}

/// The weighted sums of the scaled legs.
fn mix(candidates: &BTreeMap<ChunkNo, Candidate>, alpha: f32, scaling: Scaling) -> Vec<(ChunkNo, f32)> {
    let all = candidates.values();
    let (words, meaning) = match scaling {
        Scaling::MinMax => (
            Scale::Range(Range::of(all.clone().filter_map(|one| one.legs.lexical).map(|leg| leg.score))),
            Scale::Range(Range::of(all.clone().filter_map(|one| one.legs.dense).map(|leg| leg.score))),
        ),
        Scaling::Standard => (
            Scale::deviations(all.clone().map(|one| one.lexical).collect()),
            Scale::deviations(all.clone().filter_map(|one| one.dense).collect()),
        ),
    };
    // A chunk without a vector is as far away as the farthest candidate.
    let farthest = Range::of(all.filter_map(|one| one.dense)).map(|range| range.low);
    let score = |one: &Candidate| {
        let words = match scaling {
            Scaling::MinMax if one.lexical <= 0.0 => 0.0,
            _ => words.of(one.lexical),
        };
        let meaning = one.dense.or(farthest).map_or(0.0, |dense| meaning.of(dense));
        alpha * meaning + (1.0 - alpha) * words
    };
    candidates.iter().map(|(&chunk, one)| (chunk, score(one))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(fusion: Fusion) -> Vec<u32> {
        let candidates = side_by_side(&[(1, 9.0), (2, 8.0), (3, 1.0)], &[(2, 0.9), (4, 0.8), (1, 0.1)]);
        fuse(&candidates, fusion).into_iter().map(|(chunk, _)| chunk).collect()
    }

    #[test]
    fn what_both_legs_like_comes_first() {
        assert_eq!(order(Fusion::Rrf { k: 60.0 }), [2, 1, 4, 3]);
        assert_eq!(order(Fusion::Convex { alpha: 0.5, scaling: Scaling::MinMax }), [2, 1, 4, 3]);
        assert_eq!(order(Fusion::Convex { alpha: 0.5, scaling: Scaling::Standard }), [2, 1, 4, 3]);
    }

    #[test]
    fn the_weight_decides_between_the_legs() {
        assert_eq!(order(Fusion::Convex { alpha: 0.0, scaling: Scaling::Standard })[0], 1);
        assert_eq!(order(Fusion::Convex { alpha: 1.0, scaling: Scaling::Standard })[..2], [2, 4]);
    }

    fn scores(lexical: &[(u32, f32)], dense: &[(u32, f32)]) -> Vec<(u32, f32)> {
        fuse(&side_by_side(lexical, dense), Fusion::default())
    }

    #[test]
    fn scores_run_from_the_worst_candidate_to_the_best() {
        let found = scores(&[(1, 9.0), (2, 8.0), (3, 1.0)], &[(2, 0.9), (4, 0.8), (1, 0.1)]);
        assert_eq!((found[0].1, found[3].1), (1.0, 0.0));
    }

    #[test]
    fn the_only_passage_with_the_word_comes_first_among_many() {
        let dense: Vec<(u32, f32)> = (0..200).map(|at| (at, 0.6 - at as f32 / 1000.0)).collect();
        assert_eq!(scores(&[(199, 7.0)], &dense)[0].0, 199);
    }

    #[test]
    fn a_leg_that_cannot_tell_candidates_apart_has_no_say() {
        let same: Vec<(u32, f32)> = (0..5).map(|at| (at, 2.5)).collect();
        let found = scores(&same, &[(3, 0.9), (1, 0.5), (0, 0.1), (2, 0.0), (4, -0.1)]);
        let order: Vec<u32> = found.into_iter().map(|one| one.0).collect();
        assert_eq!(order, [3, 1, 0, 2, 4]);
    }

    proptest! {
        #[test]
        fn looking_deeper_than_the_sample_changes_no_order(
            words in prop::collection::vec(0u8..40, 260), near in prop::collection::vec(0u8..90, 260),
        ) {
            let leg = |scores: &[u8], depth: usize| {
                let mut leg: Vec<(u32, f32)> =
                    scores.iter().enumerate().map(|(at, &score)| (at as u32, f32::from(score) / 90.0)).collect();
                leg.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                leg.truncate(depth);
                leg
            };
            let order = |depth: usize| {
                let mut all = side_by_side(&leg(&words, depth), &leg(&near, depth));
                for (&at, one) in &mut all {
                    one.lexical = f32::from(words[at as usize]) / 90.0;
                    one.dense = Some(f32::from(near[at as usize]) / 90.0);
                }
                fuse(&all, Fusion::default())
            };
            let ids = |found: Vec<(u32, f32)>| found.into_iter().map(|one| one.0).collect::<Vec<u32>>();
            let shallow = ids(order(SAMPLE));
            let deep: Vec<u32> = ids(order(260)).into_iter().filter(|one| shallow.contains(one)).collect();
            prop_assert_eq!(deep, shallow);
        }
    }

    #[test]
    fn nothing_fuses_to_nothing() {
        assert!(fuse(&BTreeMap::new(), Fusion::default()).is_empty());
    }
}
