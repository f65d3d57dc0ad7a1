//! A linear chain over the tags of a text (Lafferty, McCallum and Pereira 2001): the best path, and how probable its parts are.
//!
//! What a chain is given are scores in natural logarithms: one a word and tag (`unary`, words × tags), one a pair of
//! neighbouring tags (`moves`, from × to). Moves that [`tags`] forbids are never taken.

use std::ops::Range;

use crate::extractor::tags;

/// Which tag may follow which, for one set of labels.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    tags: usize,
    // Per tag, those that may stand before it.
    before: Vec<Vec<usize>>,
}

/// The probabilities of one text.
pub(crate) struct Inferred {
    /// The logarithm of the sum over all paths.
    pub(crate) log_sum: f64,
    /// Words × tags: how probable each tag is at each word.
    pub(crate) at: Vec<f64>,
    // Scaled so that each word's row sums to one: forward, and backward with the same scales.
    forward: Vec<f64>,
    backward: Vec<f64>,
    scale: Vec<f64>,
    lifted: Vec<f64>,
}

impl Chain {
    pub(crate) fn new(labels: usize) -> Chain {
        let tags = tags::count(labels);
        let before = (0..tags).map(|to| (0..tags).filter(|&from| tags::may_follow(from, to)).collect());
        Chain { tags, before: before.collect() }
    }

    /// How many tags there are.
    pub(crate) fn tags(&self) -> usize {
        self.tags
    }

    /// The best path, by Viterbi; of equal ones the one with the lower tags, seen from the end.
    pub(crate) fn best(&self, unary: &[f32], moves: &[f32]) -> Vec<usize> {
        let tags = self.tags;
        let words = unary.len() / tags;
        let mut score = vec![f64::NEG_INFINITY; words * tags];
        let mut came_from = vec![0usize; words * tags];
        for at in 0..words {
            for to in 0..tags {
                let here = f64::from(unary[at * tags + to]);
                let entry = &mut score[at * tags..][..tags];
                if at == 0 {
                    if tags::may_begin(to) {
                        entry[to] = here;
                    }
                    continue;
                }
                let mut best = (f64::NEG_INFINITY, 0);
                for &from in &self.before[to] {
                    let value = score[(at - 1) * tags + from] + f64::from(moves[from * tags + to]);
                    if value > best.0 {
                        best = (value, from);
                    }
                }
                score[at * tags + to] = best.0 + here;
                came_from[at * tags + to] = best.1;
            }
        }
        let mut path = vec![tags::OUTSIDE; words];
        let Some(last) = words.checked_sub(1) else { return path };
        let mut tag = tags::OUTSIDE;
        for candidate in (0..tags).filter(|&tag| tags::may_end(tag)) {
            if score[last * tags + candidate] > score[last * tags + tag] {
                tag = candidate;
            }
        }
        for at in (0..words).rev() {
            path[at] = tag;
            tag = came_from[at * tags + tag];
        }
        path
    }

    /// How probable every tag is, by the forward-backward recursions; `exp_moves` are the exponentials of the moves.
    pub(crate) fn infer(&self, unary: &[f32], exp_moves: &[f64]) -> Inferred {
        let tags = self.tags;
        let words = unary.len() / tags;
        let mut lifted = vec![0.0; words * tags];
        let mut log_sum = 0.0;
        for (row, unary) in lifted.chunks_exact_mut(tags).zip(unary.chunks_exact(tags)) {
            let most = unary.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            log_sum += f64::from(most);
            for (x, &score) in row.iter_mut().zip(unary) {
                *x = (f64::from(score) - f64::from(most)).exp();
            }
        }
        let mut forward = vec![0.0; words * tags];
        let mut scale = vec![1.0; words];
        for at in 0..words {
            let (done, rest) = forward.split_at_mut(at * tags);
            let row = &mut rest[..tags];
            for (to, x) in row.iter_mut().enumerate() {
                let reached = match at {
                    0 => f64::from(u8::from(tags::may_begin(to))),
                    _ => {
                        let previous = &done[(at - 1) * tags..];
                        self.before[to].iter().map(|&from| previous[from] * exp_moves[from * tags + to]).sum()
                    }
                };
                *x = reached * lifted[at * tags + to];
            }
            if at + 1 == words {
                (0..tags).filter(|&tag| !tags::may_end(tag)).for_each(|tag| row[tag] = 0.0);
            }
            let sum: f64 = row.iter().sum();
            scale[at] = sum.max(f64::MIN_POSITIVE);
            row.iter_mut().for_each(|x| *x /= scale[at]);
            log_sum += scale[at].ln();
        }
        let mut backward = vec![0.0; words * tags];
        for at in (0..words).rev() {
            if at + 1 == words {
                for tag in 0..tags {
                    backward[at * tags + tag] = f64::from(u8::from(tags::may_end(tag)));
                }
                continue;
            }
            let (rows, next) = backward.split_at_mut((at + 1) * tags);
            let row = &mut rows[at * tags..];
            for to in 0..tags {
                let behind = next[to] * lifted[(at + 1) * tags + to] / scale[at + 1];
                if behind > 0.0 {
                    for &from in &self.before[to] {
                        row[from] += exp_moves[from * tags + to] * behind;
                    }
                }
            }
        }
        let at = forward.iter().zip(&backward).map(|(a, b)| a * b).collect();
        Inferred { log_sum, at, forward, backward, scale, lifted }
    }

    /// Adds to `into` (from × to) how often each move is expected in the text.
    pub(crate) fn expected_moves(&self, inferred: &Inferred, exp_moves: &[f64], into: &mut [f64]) {
        let tags = self.tags;
        for at in 1..inferred.scale.len() {
            let previous = &inferred.forward[(at - 1) * tags..][..tags];
            for to in 0..tags {
                let cell = at * tags + to;
                let behind = inferred.lifted[cell] * inferred.backward[cell] / inferred.scale[at];
                if behind > 0.0 {
                    for &from in &self.before[to] {
                        into[from * tags + to] += previous[from] * exp_moves[from * tags + to] * behind;
                    }
                }
            }
        }
    }

    /// How probable it is that exactly these words are one span of that label, in `[0, 1]`.
    pub(crate) fn span_probability(
        &self,
        inferred: &Inferred,
        exp_moves: &[f64],
        words: Range<usize>,
        label: usize,
    ) -> f64 {
        let tags = self.tags;
        let mut product = 1.0;
        let mut previous = None;
        for (at, tag) in words.clone().zip(tags::of_span(label, words.len())) {
            let cell = at * tags + tag;
            product *= match previous {
                None => inferred.forward[cell],
                Some(from) => exp_moves[from * tags + tag] * inferred.lifted[cell] / inferred.scale[at],
            };
            if at + 1 == words.end {
                product *= inferred.backward[cell];
            }
            previous = Some(tag);
        }
        product.clamp(0.0, 1.0)
    }
}

/// The score of one path, in natural logarithms, before it is set against all others.
pub(crate) fn path_score(path: &[usize], unary: &[f32], moves: &[f32], tags: usize) -> f64 {
    let own = path.iter().enumerate().map(|(at, &tag)| f64::from(unary[at * tags + tag]));
    let steps = path.windows(2).map(|pair| f64::from(moves[pair[0] * tags + pair[1]]));
    own.sum::<f64>() + steps.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every allowed path of so many words.
    fn paths(tags: usize, words: usize) -> Vec<Vec<usize>> {
        let mut paths: Vec<Vec<usize>> =
            (0..tags).filter(|&tag| tags::may_begin(tag)).map(|tag| vec![tag]).collect();
        for _ in 1..words {
            paths = paths
                .into_iter()
                .flat_map(|path| {
                    let last = path[path.len() - 1];
                    let next = (0..tags).filter(move |&tag| tags::may_follow(last, tag));
                    next.map(move |tag| path.iter().copied().chain([tag]).collect())
                })
                .collect();
        }
        paths.retain(|path| tags::may_end(path[path.len() - 1]));
        paths
    }

    proptest! {
        #[test]
        fn the_recursions_agree_with_counting_every_path(
            words in 1usize..4,
            numbers in prop::collection::vec(-30i8..30, 9 * 9 + 4 * 9),
        ) {
            let chain = Chain::new(2);
            let tags = chain.tags();
            let moves: Vec<f32> = numbers[..81].iter().map(|&x| f32::from(x) / 10.0).collect();
            let unary: Vec<f32> = numbers[81..81 + words * tags].iter().map(|&x| f32::from(x) / 10.0).collect();
            let exp_moves: Vec<f64> = moves.iter().map(|&x| f64::from(x).exp()).collect();
            let inferred = chain.infer(&unary, &exp_moves);

            let all: Vec<(Vec<usize>, f64)> = paths(tags, words)
                .into_iter()
                .map(|path| { let score = path_score(&path, &unary, &moves, tags).exp(); (path, score) })
                .collect();
            let sum: f64 = all.iter().map(|(_, score)| score).sum();
            prop_assert!((inferred.log_sum - sum.ln()).abs() < 1e-9);

            let most = all.iter().map(|(_, score)| *score).fold(0.0, f64::max);
            let best = chain.best(&unary, &moves);
            prop_assert!((path_score(&best, &unary, &moves, tags).exp() / most - 1.0).abs() < 1e-6);

            for at in 0..words {
                for tag in 0..tags {
                    let share: f64 = all.iter().filter(|(path, _)| path[at] == tag).map(|(_, score)| score).sum();
                    prop_assert!((inferred.at[at * tags + tag] - share / sum).abs() < 1e-9);
                }
            }
            let mut expected = vec![0.0; tags * tags];
            chain.expected_moves(&inferred, &exp_moves, &mut expected);
            let mut counted = vec![0.0; tags * tags];
            for (path, score) in &all {
                path.windows(2).for_each(|pair| counted[pair[0] * tags + pair[1]] += score / sum);
            }
            prop_assert!(expected.iter().zip(&counted).all(|(a, b)| (a - b).abs() < 1e-9));

            for (from, to) in (0..words).flat_map(|from| (from + 1..=words).map(move |to| (from, to))) {
                let has = |path: &[usize]| tags::spans(path).contains(&(from..to, 1));
                let share: f64 = all.iter().filter(|(path, _)| has(path)).map(|(_, score)| score).sum();
                let found = chain.span_probability(&inferred, &exp_moves, from..to, 1);
                prop_assert!((found - share / sum).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn far_scores_do_not_overflow() {
        let chain = Chain::new(1);
        let mut unary = vec![0.0; 5 * 300];
        unary.iter_mut().step_by(5).for_each(|x| *x = 400.0);
        let inferred = chain.infer(&unary, &[1.0; 25]);
        assert!((inferred.log_sum - 400.0 * 300.0).abs() < 1e-6 && inferred.at.iter().all(|p| p.is_finite()));
    }
}
