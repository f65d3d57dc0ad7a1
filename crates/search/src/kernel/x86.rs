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

/// Six words a row, the usual width, are unrolled.
#[target_feature(enable = "popcnt")]
pub(super) fn differences(signs: &[u64], rows: &[u64], out: &mut [u16]) {
    let Ok(signs) = <&[u64; 6]>::try_from(signs) else { return super::count_differences(signs, rows, out) };
    for (row, out) in rows.as_chunks::<6>().0.iter().zip(out) {
        let mut count = 0;
        for (row, sign) in row.iter().zip(signs) {
            count += (row ^ sign).count_ones();
        }
        *out = count as u16;
    }
}
