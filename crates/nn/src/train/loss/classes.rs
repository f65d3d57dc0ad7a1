//! Losses of classes: softmax cross-entropy and binary cross-entropy.

use super::{sigmoid, softplus};

/// Softmax cross-entropy of logits `[rows, classes]`, over the rows that have a target, with label smoothing
/// (`(1-e)·CE + e/C·Σ CE`, Szegedy et al. 2016; 0: none).
///
/// Returns the sum of the losses divided by `divisor` and its gradient. For the mean, `divisor` is the number of targets
/// of the whole batch, which may be trained in parts: then the parts' losses and gradients add up to those of the whole.
pub fn cross_entropy(
    logits: &[f32],
    targets: &[Option<usize>],
    smoothing: f64,
    divisor: f64,
) -> (f64, Vec<f32>) {
    let classes = logits.len() / targets.len().max(1);
    let mut grad = vec![0.0; logits.len()];
    let mut loss = 0.0;
    let rows = logits.chunks_exact(classes.max(1)).zip(grad.chunks_exact_mut(classes.max(1)));
    for ((row, grad), target) in rows.zip(targets) {
        let Some(target) = *target else { continue };
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total: f64 = row.iter().map(|&x| f64::from(x - most).exp()).sum();
        let log_total = f64::from(most) + total.ln();
        let even = smoothing / classes as f64;
        for (class, (&x, grad)) in row.iter().zip(grad).enumerate() {
            let wanted = even + if class == target { 1.0 - smoothing } else { 0.0 };
            let log = f64::from(x) - log_total;
            loss -= wanted * log;
            *grad = ((log.exp() - wanted) / divisor) as f32;
        }
    }
    (loss / divisor, grad)
}

/// Binary cross-entropy of logits against targets in `[0, 1]`; positive targets weigh `positive` times as much.
///
/// As PyTorch's `binary_cross_entropy_with_logits` with `pos_weight`; the sum is divided by `divisor`.
pub fn binary(logits: &[f32], targets: &[f32], positive: f64, divisor: f64) -> (f64, Vec<f32>) {
    let mut loss = 0.0;
    let each = logits.iter().zip(targets).map(|(&x, &y)| {
        let (x, y) = (f64::from(x), f64::from(y));
        loss += positive * y * softplus(-x) + (1.0 - y) * softplus(x);
        (((1.0 - y) * sigmoid(x) - positive * y * sigmoid(-x)) / divisor) as f32
    });
    let grad = each.collect();
    (loss / divisor, grad)
}
