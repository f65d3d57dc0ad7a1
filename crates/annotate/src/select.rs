//! Which items to label next: those a model is least sure of, those unlike each other, or any.

use serde::{Deserialize, Serialize};

use crate::split::uniform;

/// How items are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Highest entropy of the model's probabilities first.
    Uncertainty,
    /// Smallest lead of the most probable answer over the second first.
    Margin,
    /// Each item as far as can be from all chosen before it: greedy k-centre (Gonzalez 1985) by cosine distance.
    Diversity,
    /// By lot.
    Random,
}

/// An item that could be labelled.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Names it.
    pub item: &'a str,
    /// What the model thinks of each answer; may be empty where the strategy does not ask.
    pub probabilities: &'a [f64],
    /// Where it lies; may be empty where the strategy does not ask.
    pub vector: &'a [f32],
}

/// The places of up to `n` candidates, best first. Equals are drawn by lot from the seed and the item, not the order.
///
/// An item without probabilities comes last under uncertainty and margin: nothing is known to be uncertain about it.
/// Diversity begins with an item drawn by lot and takes `n × candidates` distances; without vectors it draws by lot.
pub fn select(strategy: Strategy, candidates: &[Candidate], n: usize, seed: u64) -> Vec<usize> {
    let lot = |at: usize| uniform(&["select", candidates[at].item], seed);
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    match strategy {
        Strategy::Random => order.sort_by(|a, b| lot(*a).total_cmp(&lot(*b))),
        Strategy::Uncertainty => by_score(&mut order, |at| entropy(candidates[at].probabilities), lot),
        Strategy::Margin => by_score(&mut order, |at| -margin(candidates[at].probabilities), lot),
        Strategy::Diversity => return k_centre(candidates, n, lot),
    }
    order.truncate(n);
    order
}

/// What a suggestion with a score says of each of so many answers, two at least: of the one it names, which stands first, the score,
/// and of the others alike what is left of 1.
pub fn shared(score: f64, answers: usize) -> Vec<f64> {
    let others = answers.max(2) - 1;
    std::iter::once(score).chain(std::iter::repeat_n((1.0 - score) / others as f64, others)).collect()
}

fn by_score(order: &mut Vec<usize>, score: impl Fn(usize) -> f64, lot: impl Fn(usize) -> f64) {
    let mut scored: Vec<(f64, f64, usize)> = order.iter().map(|at| (score(*at), lot(*at), *at)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    *order = scored.into_iter().map(|(_, _, at)| at).collect();
}

/// In nats; minus 1 when there is nothing to be uncertain about.
fn entropy(probabilities: &[f64]) -> f64 {
    if probabilities.is_empty() {
        return -1.0;
    }
    let sum: f64 = probabilities.iter().filter(|p| **p > 0.0).sum();
    let part = |p: f64| if p > 0.0 { -(p / sum) * (p / sum).ln() } else { 0.0 };
    probabilities.iter().map(|p| part(*p)).sum()
}

/// The lead of the best over the second; 2 when there are no two.
fn margin(probabilities: &[f64]) -> f64 {
    if probabilities.len() < 2 {
        return 2.0;
    }
    let (mut best, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for &p in probabilities {
        if p > best {
            (best, second) = (p, best);
        } else if p > second {
            second = p;
        }
    }
    best - second
}

fn k_centre(candidates: &[Candidate], n: usize, lot: impl Fn(usize) -> f64) -> Vec<usize> {
    let lots: Vec<f64> = (0..candidates.len()).map(lot).collect();
    let lengths: Vec<f64> =
        candidates.iter().map(|candidate| dot(candidate.vector, candidate.vector).sqrt()).collect();
    let distance = |a: usize, b: usize| {
        let scale = lengths[a] * lengths[b];
        if scale > 0.0 { 1.0 - dot(candidates[a].vector, candidates[b].vector) / scale } else { 1.0 }
    };
    // To the nearest item chosen so far; infinite while there is none, so that the first is drawn by lot.
    let mut nearest = vec![f64::INFINITY; candidates.len()];
    let mut chosen = Vec::new();
    let mut open: Vec<usize> = (0..candidates.len()).collect();
    while chosen.len() < n {
        let farthest = |a: &&usize, b: &&usize| {
            nearest[**a].total_cmp(&nearest[**b]).then(lots[**b].total_cmp(&lots[**a])).then(b.cmp(a))
        };
        let Some(&next) = open.iter().max_by(farthest) else { break };
        open.retain(|at| *at != next);
        for &at in &open {
            nearest[at] = nearest[at].min(distance(at, next));
        }
        chosen.push(next);
    }
    chosen
}

/// Over as many dimensions as both have.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    fn unsure<'a>(probabilities: &'a [Vec<f64>]) -> Vec<Candidate<'a>> {
        probabilities
            .iter()
            .zip(NAMES)
            .map(|(p, item)| Candidate { item, probabilities: p, vector: &[] })
            .collect()
    }

    #[test]
    fn uncertainty_looks_at_all_answers_and_margin_at_the_two_best() {
        let probabilities = vec![vec![0.5, 0.5, 0.0], vec![0.4, 0.3, 0.3], vec![0.9, 0.1, 0.0], vec![]];
        let candidates = unsure(&probabilities);
        assert_eq!(select(Strategy::Uncertainty, &candidates, 9, 0), [1, 0, 2, 3]);
        assert_eq!(select(Strategy::Margin, &candidates, 9, 0), [0, 1, 2, 3]);
        assert_eq!(select(Strategy::Margin, &candidates, 1, 0), [0]);
    }

    #[test]
    fn what_a_suggestion_is_surer_of_comes_later() {
        assert_eq!(
            shared(0.7, 4).iter().map(|p| (p * 10.0).round()).collect::<Vec<_>>(),
            [7.0, 1.0, 1.0, 1.0]
        );
        assert_eq!(shared(1.0, 1), [1.0, 0.0]);
        let probabilities: Vec<Vec<f64>> = [0.9, 0.4, 0.6].map(|score| shared(score, 3)).to_vec();
        for strategy in [Strategy::Margin, Strategy::Uncertainty] {
            assert_eq!(select(strategy, &unsure(&probabilities), 3, 0), [1, 2, 0]);
        }
    }

    #[test]
    fn diversity_visits_every_cluster_before_it_returns_to_one() {
        let vectors: Vec<Vec<f32>> =
            [0.0f32, 0.05, 1.0, 1.05, 2.0, 2.05].iter().map(|angle| vec![angle.cos(), angle.sin()]).collect();
        let candidates: Vec<Candidate> = vectors
            .iter()
            .zip(NAMES)
            .map(|(vector, item)| Candidate { item, probabilities: &[], vector })
            .collect();
        for seed in 0..20 {
            let chosen = select(Strategy::Diversity, &candidates, 3, seed);
            let clusters: BTreeSet<usize> = chosen.iter().map(|at| at / 2).collect();
            assert_eq!(clusters.len(), 3, "seed {seed} chose {chosen:?}");
        }
        assert_eq!(select(Strategy::Diversity, &candidates, 99, 0).len(), 6);
    }

    #[test]
    fn a_lot_depends_on_the_seed_and_the_item_and_not_on_the_order() {
        let probabilities = vec![vec![0.5, 0.5]; 6];
        let candidates = unsure(&probabilities);
        let names = |candidates: &[Candidate<'static>], strategy, seed| -> Vec<&str> {
            select(strategy, candidates, 6, seed).into_iter().map(|at| candidates[at].item).collect()
        };
        let owned: Vec<Candidate<'static>> = candidates
            .iter()
            .zip(NAMES)
            .map(|(_, item)| Candidate { item, probabilities: &[0.5, 0.5], vector: &[] })
            .collect();
        let mut turned = owned.clone();
        turned.reverse();
        for strategy in [Strategy::Random, Strategy::Uncertainty, Strategy::Diversity] {
            assert_eq!(names(&owned, strategy, 1), names(&turned, strategy, 1));
            assert!((2..9).any(|seed| names(&owned, strategy, seed) != names(&owned, strategy, 1)));
        }
    }
}
