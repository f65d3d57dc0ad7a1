//! A loss of all texts of a batch together, in the memory of a part of them: vectors are computed without gradients first, the
//! loss gives theirs, and each part is passed through once more to go back with it (GradCache; Gao et al. 2021,
//! arXiv:2101.06983). The gradient is exact.

use engraft_nn::train::{Body, Sequence, pool, pool_grad};

use crate::TuneError;
use crate::trainer::parts;

/// Tokens that pass through together where nothing else is said; about 110 KB each of all-MiniLM-L6-v2.
pub(crate) const MOST_TOKENS: usize = 8192;

/// The loss of a batch of texts; its gradients are added to those of `body`.
///
/// `loss` takes the pooled vectors of all texts end to end and gives their gradients. At most `tokens` pass through together.
pub(crate) fn two_passes(
    body: &mut Body,
    texts: &[Sequence],
    tokens: usize,
    loss: impl FnOnce(&[f32]) -> (f64, Vec<f32>),
) -> Result<f64, TuneError> {
    let (dim, pooling) = (body.config().hidden, body.config().pooling);
    let places: Vec<usize> = (0..texts.len()).collect();
    let parts = parts(&places, tokens, |place| texts[place].ids.len());
    let mut vectors = vec![0.0; texts.len() * dim];
    let mut kept = None;
    // The first part goes last: its pass is still there to go back through, and need not be made again.
    for part in parts.iter().skip(1).chain(parts.first()) {
        let forward = body.forward(&texts[part[0]..part[0] + part.len()])?;
        let own = pool(&forward, pooling);
        vectors[part[0] * dim..][..own.len()].copy_from_slice(&own);
        if part[0] == 0 {
            kept = Some(forward);
        } else {
            body.forget(forward);
        }
    }
    let (loss, grads) = loss(&vectors);
    for part in parts {
        let forward = match kept.take() {
            Some(forward) => forward,
            None => body.forward(&texts[part[0]..part[0] + part.len()])?,
        };
        let states = pool_grad(&forward, pooling, &grads[part[0] * dim..(part[0] + part.len()) * dim]);
        body.backward(forward, states);
    }
    Ok(loss)
}
