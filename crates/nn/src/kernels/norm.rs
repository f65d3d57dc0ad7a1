//! Layer normalisation, Ba, Kiros & Hinton 2016.

use super::simd::{Simd, load_some};

/// Brings each row to mean 0 and variance 1, then applies `gain` and `bias`, in place.
#[inline(always)]
pub(super) fn normalise<S: Simd>(s: S, rows: &mut [f32], gain: &[f32], bias: &[f32], eps: f32) {
    let width = gain.len();
    let whole = width - width % S::LANES;
    let bias = &bias[..width];
    for row in rows.chunks_exact_mut(width) {
        let mut sum = s.splat(0.0);
        for x in row.chunks(S::LANES) {
            sum = s.add(sum, load_some(s, x));
        }
        let mean = s.total(sum) / width as f32;
        let all_mean = s.splat(mean);
        let mut squares = s.splat(0.0);
        for x in row[..whole].chunks_exact(S::LANES) {
            let off = s.sub(s.load(x), all_mean);
            squares = s.fma(off, off, squares);
        }
        let mut total = s.total(squares);
        for x in &row[whole..] {
            total += (x - mean) * (x - mean);
        }
        let inverse = 1.0 / (total / width as f32 + eps).sqrt();
        let all_inverse = s.splat(inverse);
        let mut at = 0;
        while at < whole {
            let off = s.sub(s.load(&row[at..]), all_mean);
            let scaled = s.mul(off, all_inverse);
            s.store(s.fma(scaled, s.load(&gain[at..]), s.load(&bias[at..])), &mut row[at..]);
            at += S::LANES;
        }
        while at < width {
            row[at] = (row[at] - mean) * inverse * gain[at] + bias[at];
            at += 1;
        }
    }
}
