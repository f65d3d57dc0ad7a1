//! What training needs of the token-wise functions: layer normalisation that keeps its middle, and the gradients of it
//! and of GELU.

use super::simd::{Simd, exp2, gelu, load_some, phi, store_some};

/// Layer normalisation of a block of rows, with what [`NormaliseGrad`] will ask for.
pub(crate) struct NormaliseKeep<'a> {
    /// Sums on the way in; on the way out, each row at mean 0 and variance 1.
    pub(crate) rows: &'a mut [f32],
    /// The normalised rows with gain and bias applied.
    pub(crate) out: &'a mut [f32],
    /// One over the standard deviation of each row.
    pub(crate) inverse: &'a mut [f32],
    pub(crate) gain: &'a [f32],
    pub(crate) bias: &'a [f32],
    pub(crate) eps: f32,
}

/// The gradient of [`NormaliseKeep`].
pub(crate) struct NormaliseGrad<'a> {
    /// The gradient of the outputs on the way in, of the sums on the way out.
    pub(crate) grad: &'a mut [f32],
    /// The rows at mean 0 and variance 1.
    pub(crate) rows: &'a [f32],
    pub(crate) inverse: &'a [f32],
    pub(crate) gain: &'a [f32],
    /// The gradient of the gain, added to.
    pub(crate) gain_grad: &'a mut [f32],
    /// The gradient of the bias, added to.
    pub(crate) bias_grad: &'a mut [f32],
}

/// The gradient of GELU at `pre`, and GELU itself once more: keeping it would cost more than computing it.
pub(crate) struct GeluGrad<'a> {
    pub(crate) pre: &'a [f32],
    /// GELU of `pre`.
    pub(crate) out: &'a mut [f32],
    /// The gradient of `out` on the way in, of `pre` on the way out.
    pub(crate) grad: &'a mut [f32],
}

#[inline(always)]
fn sum<S: Simd>(s: S, row: &[f32], of: impl Fn(S::F, usize) -> S::F) -> f32 {
    let mut total = s.splat(0.0);
    let mut at = 0;
    while at + S::LANES <= row.len() {
        total = s.add(total, of(s.load(&row[at..]), at));
        at += S::LANES;
    }
    let mut whole = s.total(total);
    if at < row.len() {
        // Lanes beyond the row are zeros in what is loaded; `of` must keep them so.
        whole += s.total(of(load_some(s, &row[at..]), at));
    }
    whole
}

#[inline(always)]
pub(super) fn normalise_keep<S: Simd>(s: S, job: NormaliseKeep<'_>) {
    let NormaliseKeep { rows, out, inverse, gain, bias, eps } = job;
    let width = gain.len();
    let blocks = rows.chunks_exact_mut(width).zip(out.chunks_exact_mut(width)).zip(inverse);
    for ((row, out), inverse) in blocks {
        let mean = sum(s, row, |x, _| x) / width as f32;
        let all_mean = s.splat(mean);
        let whole = width - width % S::LANES;
        let squares = sum(s, &row[..whole], |x, _| {
            let off = s.sub(x, all_mean);
            s.mul(off, off)
        });
        let rest: f32 = row[whole..].iter().map(|x| (x - mean) * (x - mean)).sum();
        *inverse = 1.0 / ((squares + rest) / width as f32 + eps).sqrt();
        let all_inverse = s.splat(*inverse);
        let lines = row.chunks_mut(S::LANES).zip(out.chunks_mut(S::LANES));
        let parameters = gain.chunks(S::LANES).zip(bias.chunks(S::LANES));
        for ((x, out), (gain, bias)) in lines.zip(parameters) {
            let unit = s.mul(s.sub(load_some(s, x), all_mean), all_inverse);
            store_some(s, unit, x);
            store_some(s, s.fma(unit, load_some(s, gain), load_some(s, bias)), out);
        }
    }
}

#[inline(always)]
pub(super) fn normalise_grad<S: Simd>(s: S, job: NormaliseGrad<'_>) {
    let NormaliseGrad { grad, rows, inverse, gain, gain_grad, bias_grad } = job;
    let width = gain.len();
    let blocks = grad.chunks_exact_mut(width).zip(rows.chunks_exact(width)).zip(inverse);
    for ((grad, row), inverse) in blocks {
        let mean = sum(s, grad, |g, at| s.mul(g, load_some(s, &gain[at..]))) / width as f32;
        let along = sum(s, grad, |g, at| {
            let scaled = s.mul(g, load_some(s, &gain[at..]));
            s.mul(scaled, load_some(s, &row[at..]))
        }) / width as f32;
        let (mean, along, inverse) = (s.splat(mean), s.splat(along), s.splat(*inverse));
        let lines = grad.chunks_mut(S::LANES).zip(row.chunks(S::LANES)).zip(gain.chunks(S::LANES));
        let sums = gain_grad.chunks_mut(S::LANES).zip(bias_grad.chunks_mut(S::LANES));
        for (((grad, row), gain), (gain_grad, bias_grad)) in lines.zip(sums) {
            let (g, x) = (load_some(s, grad), load_some(s, row));
            store_some(s, s.fma(g, x, load_some(s, gain_grad)), gain_grad);
            store_some(s, s.add(g, load_some(s, bias_grad)), bias_grad);
            let scaled = s.mul(g, load_some(s, gain));
            let rest = s.sub(s.sub(scaled, mean), s.mul(x, along));
            store_some(s, s.mul(rest, inverse), grad);
        }
    }
}

/// GELU of each of `pre`.
#[inline(always)]
pub(super) fn gelu_all<S: Simd>(s: S, pre: &[f32], out: &mut [f32]) {
    for (x, out) in pre.chunks(S::LANES).zip(out.chunks_mut(S::LANES)) {
        store_some(s, gelu(s, load_some(s, x)), out);
    }
}

#[inline(always)]
pub(super) fn gelu_grad<S: Simd>(s: S, job: GeluGrad<'_>) {
    let GeluGrad { pre, out, grad } = job;
    // The density of the normal distribution at 0, and what turns -x²/2 into a power of 2.
    let peak = s.splat(0.398_942_3);
    let half = s.splat(-0.5 * std::f32::consts::LOG2_E);
    let lines = pre.chunks(S::LANES).zip(out.chunks_mut(S::LANES)).zip(grad.chunks_mut(S::LANES));
    for ((x, out), grad) in lines {
        let x = load_some(s, x);
        let below = phi(s, x);
        store_some(s, s.mul(x, below), out);
        let density = s.mul(peak, exp2(s, s.mul(s.mul(x, x), half)));
        store_some(s, s.mul(load_some(s, grad), s.fma(x, density, below)), grad);
    }
}
