//! Two rankings become one.

use std::collections::BTreeMap;

use engraft_core::{ChunkNo, LegScore, Legs};

/// How the lexical and the dense ranking are combined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fusion {
    /// Reciprocal rank fusion: each leg adds `1 / (k + rank)` (Cormack, Clarke and Buettcher, 2009,
    /// doi:10.1145/1571941.1572114). Needs no scores, so it is safe when a leg's scores mean little.
    Rrf {
        /// Usually 60.
        k: f32,
    },
    /// `alpha` × the scaled dense score + (1 − `alpha`) × the scaled lexical score (Bruch, Gai and Ingber, 2023,
    /// doi:10.1145/3596512).
    Convex {
        /// The weight of the dense leg, in `[0, 1]`.
        alpha: f32,
        /// How scores come to a common scale.
        scaling: Scaling,
    },
}

/// How a leg's scores come to a common scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// From the worst candidate (0) to the best (1).
    MinMax,
    /// From the lowest score there can be (0 for words, −1 for a cosine) to the best candidate (1).
    Theoretical,
    /// Lexical: from 0 to the best candidate. Dense: from the worst candidate to the best.
    Mixed,
}

impl Default for Fusion {
    /// The one fixed mix that did well on SciFact, Cranfield and a staff handbook with all-MiniLM-L6-v2: see
    /// `examples/quality.rs`.
    fn default() -> Fusion {
        Fusion::Convex { alpha: 0.55, scaling: Scaling::MinMax }
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

/// Maps `[low, high]` to `[0, 1]`; when both are the same, whatever reaches them is 1.
fn scale(score: f32, low: f32, high: f32) -> f32 {
    if high > low {
        ((score - low) / (high - low)).clamp(0.0, 1.0)
    } else {
        f32::from(u8::from(score >= high))
    }
}

/// The lowest and the highest score that a leg gave.
fn bounds(scores: impl Iterator<Item = f32>) -> (f32, f32) {
    scores.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), score| (low.min(score), high.max(score)))
}

/// The fused scores of the candidates, best first, ties by number.
pub(crate) fn fuse(candidates: &BTreeMap<ChunkNo, Candidate>, fusion: Fusion) -> Vec<(ChunkNo, f32)> {
    let all = candidates.values();
    let (lexical_low, lexical_high) = bounds(all.clone().filter_map(|c| c.legs.lexical).map(|leg| leg.score));
    let (dense_low, dense_high) = bounds(all.filter_map(|c| c.legs.dense).map(|leg| leg.score));
    let score = |candidate: &Candidate| match fusion {
        Fusion::Rrf { k } => {
            let part = |leg: Option<LegScore>| leg.map_or(0.0, |leg| 1.0 / (k + leg.rank as f32));
            part(candidate.legs.lexical) + part(candidate.legs.dense)
        }
        Fusion::Convex { alpha, scaling } => {
            let lexical_low = if scaling == Scaling::MinMax { lexical_low } else { 0.0 };
            let dense_low = if scaling == Scaling::Theoretical { -1.0 } else { dense_low };
            let lexical = if candidate.lexical > 0.0 {
                scale(candidate.lexical, lexical_low, lexical_high)
            } else {
                0.0
            };
            let dense = candidate.dense.map_or(0.0, |dense| scale(dense, dense_low, dense_high));
            alpha * dense + (1.0 - alpha) * lexical
        }
    };
    let mut fused: Vec<(ChunkNo, f32)> =
        candidates.iter().map(|(&chunk, candidate)| (chunk, score(candidate))).collect();
    fused.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(fusion: Fusion) -> Vec<u32> {
        let candidates = side_by_side(&[(1, 9.0), (2, 8.0), (3, 1.0)], &[(2, 0.9), (4, 0.8), (1, 0.1)]);
        fuse(&candidates, fusion).into_iter().map(|(chunk, _)| chunk).collect()
    }

    #[test]
    fn what_both_legs_like_comes_first() {
        assert_eq!(order(Fusion::Rrf { k: 60.0 }), [2, 1, 4, 3]);
        assert_eq!(order(Fusion::Convex { alpha: 0.5, scaling: Scaling::MinMax }), [2, 1, 4, 3]);
    }

    #[test]
    fn the_weight_decides_between_the_legs() {
        assert_eq!(order(Fusion::Convex { alpha: 0.0, scaling: Scaling::Theoretical })[0], 1);
        assert_eq!(order(Fusion::Convex { alpha: 1.0, scaling: Scaling::Theoretical })[..2], [2, 4]);
    }

    #[test]
    fn nothing_fuses_to_nothing() {
        assert!(fuse(&BTreeMap::new(), Fusion::default()).is_empty());
    }
}
