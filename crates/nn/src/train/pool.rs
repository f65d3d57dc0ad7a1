//! From token states to one vector a sequence, and back.

use super::Forward;
use crate::Pooling;

/// One vector per sequence: `[sequences, hidden]`.
pub fn pool(forward: &Forward, pooling: Pooling) -> Vec<f32> {
    let hidden = forward.hidden.len() / forward.starts.last().copied().unwrap_or(1).max(1);
    let mut vectors = vec![0.0; (forward.starts.len() - 1) * hidden];
    for (ends, vector) in forward.starts.windows(2).zip(vectors.chunks_exact_mut(hidden)) {
        let used = used(ends, pooling);
        for row in forward.hidden[ends[0] * hidden..][..used * hidden].chunks_exact(hidden) {
            for (sum, x) in vector.iter_mut().zip(row) {
                *sum += x;
            }
        }
        vector.iter_mut().for_each(|x| *x /= used as f32);
    }
    vectors
}

/// The gradient of the states, given that of the vectors.
pub fn pool_grad(forward: &Forward, pooling: Pooling, vectors: &[f32]) -> Vec<f32> {
    let hidden = vectors.len() / (forward.starts.len() - 1);
    let mut states = vec![0.0; forward.hidden.len()];
    for (ends, vector) in forward.starts.windows(2).zip(vectors.chunks_exact(hidden)) {
        let used = used(ends, pooling);
        for row in states[ends[0] * hidden..][..used * hidden].chunks_exact_mut(hidden) {
            for (x, grad) in row.iter_mut().zip(vector) {
                *x = grad / used as f32;
            }
        }
    }
    states
}

fn used(ends: &[usize], pooling: Pooling) -> usize {
    match pooling {
        Pooling::Mean => ends[1] - ends[0],
        Pooling::First => 1,
    }
}

/// Scales every vector of length `dim` to norm 1, in place; the norms they had, for [`unit_grad`].
pub fn unit(vectors: &mut [f32], dim: usize) -> Vec<f32> {
    let norm = |vector: &mut [f32]| {
        let squares: f64 = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let norm = squares.sqrt().max(1e-12) as f32;
        vector.iter_mut().for_each(|x| *x /= norm);
        norm
    };
    vectors.chunks_exact_mut(dim).map(norm).collect()
}

/// Turns the gradient of unit vectors into that of the vectors they were made of, in place.
pub fn unit_grad(units: &[f32], norms: &[f32], grads: &mut [f32]) {
    let dim = units.len() / norms.len().max(1);
    for ((unit, norm), grad) in units.chunks_exact(dim).zip(norms).zip(grads.chunks_exact_mut(dim)) {
        let along: f32 = unit.iter().zip(&*grad).map(|(x, g)| x * g).sum();
        for (g, x) in grad.iter_mut().zip(unit) {
            *g = (*g - along * x) / norm;
        }
    }
}
