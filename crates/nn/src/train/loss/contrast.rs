//! Losses of vectors that should be near or far: in-batch negatives and cosine similarity.

use super::classes::cross_entropy;

/// The loss of multiple negatives ranking (InfoNCE, van den Oord et al. 2018; Henderson et al. 2017): each query should
/// be nearest to its own document among all documents.
///
/// `queries` is `[n, dim]`; `documents` is `[m, dim]` with `m ≥ n`, of which the first `n` are the queries' own and the
/// rest hard negatives of anybody. Both have norm 1; `scale` is one over the temperature, 20 by default. `queries` that
/// share a document, or duplicates, should not meet in a batch. Returns the mean and the gradients of both sides.
pub fn in_batch(queries: &[f32], documents: &[f32], dim: usize, scale: f32) -> (f64, Vec<f32>, Vec<f32>) {
    let (n, m) = (queries.len() / dim, documents.len() / dim);
    let mut logits = Vec::with_capacity(n * m);
    for query in queries.chunks_exact(dim) {
        for document in documents.chunks_exact(dim) {
            let dot: f64 = query.iter().zip(document).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum();
            logits.push(scale * dot as f32);
        }
    }
    let targets: Vec<Option<usize>> = (0..n).map(Some).collect();
    let (loss, grads) = cross_entropy(&logits, &targets, 0.0, n as f64);
    let mut query_grads = vec![0.0; queries.len()];
    let mut document_grads = vec![0.0; documents.len()];
    for (i, (query, query_grad)) in
        queries.chunks_exact(dim).zip(query_grads.chunks_exact_mut(dim)).enumerate()
    {
        let sides = documents.chunks_exact(dim).zip(document_grads.chunks_exact_mut(dim));
        for (j, (document, document_grad)) in sides.enumerate() {
            let grad = scale * grads[i * m + j];
            for (((x, dx), y), dy) in query.iter().zip(&mut *query_grad).zip(document).zip(document_grad) {
                *dx += grad * y;
                *dy += grad * x;
            }
        }
    }
    (loss, query_grads, document_grads)
}

/// The square of the difference between the cosine of each pair and its target, as few-shot training asks for (SetFit,
/// Tunstall et al. 2022). Both sides are `[n, dim]` with norm 1. Returns the mean and the gradients of both sides.
pub fn cosine_square(left: &[f32], right: &[f32], targets: &[f32]) -> (f64, Vec<f32>, Vec<f32>) {
    let n = targets.len();
    let dim = left.len() / n.max(1);
    let (mut left_grad, mut right_grad) = (vec![0.0; left.len()], vec![0.0; right.len()]);
    let mut loss = 0.0;
    for (i, target) in targets.iter().enumerate() {
        let place = i * dim..(i + 1) * dim;
        let (x, y) = (&left[place.clone()], &right[place.clone()]);
        let off: f32 = x.iter().zip(y).map(|(a, b)| a * b).sum::<f32>() - target;
        loss += f64::from(off) * f64::from(off);
        let factor = 2.0 * off / n as f32;
        for ((dx, dy), (a, b)) in
            left_grad[place.clone()].iter_mut().zip(&mut right_grad[place]).zip(x.iter().zip(y))
        {
            *dx = factor * b;
            *dy = factor * a;
        }
    }
    (loss / n as f64, left_grad, right_grad)
}
