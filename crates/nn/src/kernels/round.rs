//! Rounding rows of `f32` to narrower words: pairs of `bf16`, quads of `i8`.

/// Rounds to the nearest `bf16`, ties to even, two to a word, the first in the low half. A missing last one is 0.
#[inline(always)]
pub(super) fn to_bf16(row: &[f32], words: &mut [u32]) {
    let pairs = row.chunks_exact(2);
    if let [last] = *pairs.remainder() {
        words[row.len() / 2] = bf16(last);
    }
    for (pair, word) in pairs.zip(words) {
        *word = bf16(pair[0]) | bf16(pair[1]) << 16;
    }
}

/// The upper half of the bits of `x`, rounded; finite numbers only.
#[inline(always)]
fn bf16(x: f32) -> u32 {
    let bits = x.to_bits();
    (bits + 0x7fff + (bits >> 16 & 1)) >> 16
}

/// Rounds to whole steps of 1/127 of the greatest magnitude, four to a word, and returns that step.
///
/// `offset` is what is added to every value, so that sets which want unsigned bytes get them; a missing last value is 0
/// before the offset. A row of zeros has step 0.
#[inline(always)]
pub(super) fn to_int8(row: &[f32], offset: u8, words: &mut [u32]) -> f32 {
    let step = greatest(row) / 127.0;
    let inverse = if step > 0.0 { 1.0 / step } else { 0.0 };
    let quads = row.chunks_exact(4);
    let mut last = [offset; 4];
    for (byte, &x) in last.iter_mut().zip(quads.remainder()) {
        *byte = int8(x * inverse, offset);
    }
    if !quads.remainder().is_empty() {
        words[row.len() / 4] = u32::from_le_bytes(last);
    }
    for (quad, word) in quads.zip(words) {
        let byte = |i: usize| u32::from(int8(quad[i] * inverse, offset));
        *word = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    }
    step
}

/// The greatest magnitude.
#[inline(always)]
fn greatest(row: &[f32]) -> f32 {
    // Sixteen at a time, so that the compiler can use whole registers.
    let mut most = [0f32; 16];
    let chunks = row.chunks_exact(16);
    let rest = chunks.remainder().iter().fold(0f32, |most, x| most.max(x.abs()));
    for chunk in chunks {
        for (most, x) in most.iter_mut().zip(chunk) {
            *most = if x.abs() > *most { x.abs() } else { *most };
        }
    }
    most.into_iter().fold(rest, f32::max)
}

/// The nearest whole number plus `offset`, for `|x| ≤ 127`.
#[inline(always)]
fn int8(x: f32, offset: u8) -> u8 {
    // Beyond 2²³ an f32 has no fraction: adding 1.5 · 2²³ rounds, and leaves the number in the lowest bits.
    let bits = (x + 12_582_912.0).to_bits();
    (bits as u8).wrapping_add(offset)
}
