//! Pairs of one class among pairs of others: what an encoder learns from where rows are few (SetFit; Tunstall et al. 2022,
//! arXiv:2209.11055), by an in-batch contrast.

use engraft_nn::train::{Draw, loss, unit, unit_grad};

/// One over the temperature of the contrast.
const SCALE: f32 = 20.0;

/// The contrast of the pooled vectors of a batch of pairs, and its gradient.
pub(crate) fn contrast(pooled: &[f32], dim: usize) -> (f64, Vec<f32>) {
    let mut vectors = pooled.to_vec();
    let norms = unit(&mut vectors, dim);
    let (loss, mut grads) = pair_loss(&vectors, dim);
    unit_grad(&vectors, &norms, &mut grads);
    (loss, grads)
}

/// Neighbours in the batch are pairs of one class, each pair of another: each text should be nearest to its partner, from
/// either side.
fn pair_loss(vectors: &[f32], dim: usize) -> (f64, Vec<f32>) {
    let side = |of: usize| -> Vec<f32> {
        vectors.chunks_exact(dim).skip(of).step_by(2).flatten().copied().collect()
    };
    let (left, right) = (side(0), side(1));
    let (a, left_a, right_a) = loss::in_batch(&left, &right, dim, SCALE);
    let (b, right_b, left_b) = loss::in_batch(&right, &left, dim, SCALE);
    let mut grads = Vec::with_capacity(vectors.len());
    for row in 0..left.len() / dim {
        let place = row * dim..(row + 1) * dim;
        for (one, other) in [(&left_a, &left_b), (&right_a, &right_b)] {
            grads.extend(one[place.clone()].iter().zip(&other[place.clone()]).map(|(x, y)| (x + y) / 2.0));
        }
    }
    ((a + b) / 2.0, grads)
}

/// Batches of pairs, every pair of another class; in an epoch every class has about half as many pairs as texts. The number
/// of batches is the same whatever is drawn.
pub(crate) fn pair_batches(members: &[Vec<usize>], size: usize, draw: &mut Draw) -> Vec<Vec<usize>> {
    let rich: Vec<&Vec<usize>> = members.iter().filter(|texts| texts.len() > 1).collect();
    let texts: usize = rich.iter().map(|texts| texts.len()).sum();
    let rounds = texts.div_ceil(2 * rich.len().max(1)).max(1);
    let mut batches = Vec::new();
    for _ in 0..rounds {
        let mut order: Vec<&Vec<usize>> = rich.clone();
        draw.shuffle(&mut order);
        // Batches of one round are of about one size: a lone pair has nothing to be told from.
        let count = order.len().div_ceil(size).max(1);
        for batch in order.chunks(order.len().div_ceil(count).max(1)) {
            let pair = |texts: &&Vec<usize>| {
                let first = draw.below(texts.len());
                let second = (first + 1 + draw.below(texts.len() - 1)) % texts.len();
                [texts[first], texts[second]]
            };
            batches.push(batch.iter().flat_map(pair).collect());
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_of_one_class_and_no_class_meets_itself() {
        let members = vec![vec![0, 1, 2], vec![3, 4], vec![5], vec![6, 7, 8, 9]];
        let batches = pair_batches(&members, 2, &mut Draw::new(1, 0));
        let class = |text: usize| members.iter().position(|texts| texts.contains(&text)).unwrap();
        for batch in &batches {
            let classes: Vec<usize> = batch
                .chunks(2)
                .map(|pair| {
                    assert!(class(pair[0]) == class(pair[1]) && pair[0] != pair[1], "{batch:?}");
                    class(pair[0])
                })
                .collect();
            assert!(classes.iter().all(|one| classes.iter().filter(|other| *other == one).count() == 1));
        }
        assert_eq!(batches.len(), pair_batches(&members, 2, &mut Draw::new(2, 7)).len());
    }

    #[test]
    fn the_gradient_of_pairs_is_that_of_small_steps() {
        let mut draw = Draw::new(5, 0);
        let vectors: Vec<f32> = (0..4 * 3).map(|_| draw.unit() as f32 - 0.5).collect();
        let (_, grads) = pair_loss(&vectors, 3);
        for place in 0..vectors.len() {
            let at = |step: f32| {
                let mut moved = vectors.clone();
                moved[place] += step;
                pair_loss(&moved, 3).0
            };
            let slope = (at(1e-3) - at(-1e-3)) / 2e-3;
            assert!(
                (slope - f64::from(grads[place])).abs() < 2e-2 * (1.0 + slope.abs()),
                "{place}: {slope} {}",
                grads[place]
            );
        }
    }
}
