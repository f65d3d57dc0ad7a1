//! Sums of products with AVX-512 VNNI and with AVX2.

use std::arch::x86_64::*;

use super::Dots;

/// The fastest path this processor has, if any.
pub(super) fn best() -> Option<Dots> {
    all().into_iter().next()
}

/// Every path this processor has, fastest first.
pub(super) fn all() -> Vec<Dots> {
    let mut paths: Vec<Dots> = Vec::new();
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
        // SAFETY: the processor has both features.
        paths.push(|codes, rows, out| unsafe { vnni(codes, rows, out) });
    }
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the feature.
        paths.push(|codes, rows, out| unsafe { avx2(codes, rows, out) });
    }
    paths
}

/// 64 products an instruction; four rows share each load of the question.
#[target_feature(enable = "avx512f,avx512vnni")]
fn vnni(codes: &[i8], rows: &[u8], out: &mut [i32]) {
    let width = codes.len();
    assert!(width.is_multiple_of(64) && rows.len() == width * out.len(), "rows are whole");
    let mut fours = rows.chunks_exact(width * 4);
    let mut sums = out.chunks_exact_mut(4);
    for (rows, sums) in fours.by_ref().zip(sums.by_ref()) {
        let mut lanes = [_mm512_setzero_si512(); 4];
        for at in (0..width).step_by(64) {
            // SAFETY: `at + 64 <= width`, and row `i` starts at `i * width` of four whole rows.
            unsafe {
                let code = _mm512_loadu_si512(codes.as_ptr().add(at).cast());
                for (i, lane) in lanes.iter_mut().enumerate() {
                    let row = _mm512_loadu_si512(rows.as_ptr().add(i * width + at).cast());
                    *lane = _mm512_dpbusd_epi32(*lane, row, code);
                }
            }
        }
        for (sum, lane) in sums.iter_mut().zip(lanes) {
            *sum = _mm512_reduce_add_epi32(lane);
        }
    }
    for (row, sum) in fours.remainder().chunks_exact(width).zip(sums.into_remainder()) {
        let mut lane = _mm512_setzero_si512();
        for at in (0..width).step_by(64) {
            // SAFETY: `at + 64 <= width`, the length of both.
            unsafe {
                let code = _mm512_loadu_si512(codes.as_ptr().add(at).cast());
                lane = _mm512_dpbusd_epi32(lane, _mm512_loadu_si512(row.as_ptr().add(at).cast()), code);
            }
        }
        *sum = _mm512_reduce_add_epi32(lane);
    }
}

/// Widens to 16 bits first: the 8-bit multiply-add of AVX2 saturates.
#[target_feature(enable = "avx2")]
fn avx2(codes: &[i8], rows: &[u8], out: &mut [i32]) {
    let width = codes.len();
    assert!(width.is_multiple_of(64) && rows.len() == width * out.len(), "rows are whole");
    for (row, sum) in rows.chunks_exact(width).zip(out) {
        let mut lanes = [_mm256_setzero_si256(); 2];
        for at in (0..width).step_by(32) {
            for (half, lane) in lanes.iter_mut().enumerate() {
                // SAFETY: `at + 32 <= width`, the length of both.
                unsafe {
                    let code = _mm_loadu_si128(codes.as_ptr().add(at + half * 16).cast());
                    let row = _mm_loadu_si128(row.as_ptr().add(at + half * 16).cast());
                    let products = _mm256_madd_epi16(_mm256_cvtepu8_epi16(row), _mm256_cvtepi8_epi16(code));
                    *lane = _mm256_add_epi32(*lane, products);
                }
            }
        }
        let both = _mm256_add_epi32(lanes[0], lanes[1]);
        let four = _mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256::<1>(both));
        let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b01_00_11_10>(four));
        *sum = _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)));
    }
}

/// The differences of rows of the usual width.
pub(super) fn differences(signs: &[u64; 6], rows: &[[u64; 6]], out: &mut [u16]) {
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vpopcntdq") {
        // SAFETY: the processor has both features.
        unsafe { wide_differences(signs, rows, out) }
    } else if is_x86_feature_detected!("popcnt") {
        // SAFETY: the processor has the feature.
        unsafe { narrow_differences(signs, rows, out) }
    } else {
        narrow(signs, rows, out);
    }
}

/// Four rows are three registers.
#[target_feature(enable = "avx512f,avx512vpopcntdq,popcnt")]
fn wide_differences(signs: &[u64; 6], rows: &[[u64; 6]], out: &mut [u16]) {
    let mut pattern = [0u64; 24];
    for (at, word) in pattern.iter_mut().enumerate() {
        *word = signs[at % 6];
    }
    // SAFETY: eight words are read from each eighth of the pattern.
    let pattern = [0, 8, 16].map(|at| unsafe { _mm512_loadu_si512(pattern.as_ptr().add(at).cast()) });
    let (fours, rest) = rows.as_chunks::<4>();
    let (sums, last) = out.split_at_mut(fours.len() * 4);
    let mut counts = [0u64; 24];
    for (rows, sums) in fours.iter().zip(sums.as_chunks_mut::<4>().0) {
        for (at, pattern) in pattern.into_iter().enumerate() {
            // SAFETY: four rows are 24 words, and so are the counts. What is prefetched need not exist.
            unsafe {
                let words = rows.as_ptr().cast::<u64>().add(at * 8);
                _mm_prefetch::<_MM_HINT_T0>(words.wrapping_add(AHEAD).cast());
                let differ = _mm512_xor_si512(_mm512_loadu_si512(words.cast()), pattern);
                _mm512_storeu_si512(counts.as_mut_ptr().add(at * 8).cast(), _mm512_popcnt_epi64(differ));
            }
        }
        for (sum, counts) in sums.iter_mut().zip(counts.as_chunks::<6>().0) {
            *sum = counts.iter().sum::<u64>() as u16;
        }
    }
    narrow(signs, rest, last);
}

/// Words that are asked for ahead of their turn: a page's worth, where the processor by itself stops.
const AHEAD: usize = 512;

#[target_feature(enable = "popcnt")]
fn narrow_differences(signs: &[u64; 6], rows: &[[u64; 6]], out: &mut [u16]) {
    narrow(signs, rows, out);
}

#[inline(always)]
pub(super) fn narrow(signs: &[u64; 6], rows: &[[u64; 6]], out: &mut [u16]) {
    for (row, out) in rows.iter().zip(out) {
        let mut count = 0;
        for (row, sign) in row.iter().zip(signs) {
            count += (row ^ sign).count_ones();
        }
        *out = count as u16;
    }
}

/// As the portable one.
#[inline(always)]
pub(super) fn prefetch(row: &[u8]) {
    for line in row.chunks(64) {
        // SAFETY: prefetching reads nothing, and the address is that of a slice.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}

/// As the portable one; SSE is part of every such processor.
#[inline(always)]
pub(super) fn greater(numbers: &[f32; 64], above: f32) -> u64 {
    let mut bits = 0;
    for at in 0..16 {
        // SAFETY: four numbers are read from each fourth one.
        let some = unsafe {
            let numbers = _mm_loadu_ps(numbers.as_ptr().add(at * 4));
            _mm_movemask_ps(_mm_cmpgt_ps(numbers, _mm_set1_ps(above)))
        };
        bits |= (some as u64) << (at * 4);
    }
    bits
}
