//! Sums of products with NEON, which every 64-bit ARM processor has.

use std::arch::aarch64::*;

/// See [`super::Dots`].
pub(super) fn dots(codes: &[i8], rows: &[u8], out: &mut [i32]) {
    let width = codes.len();
    assert!(width.is_multiple_of(64) && rows.len() == width * out.len(), "rows are whole");
    // A row's byte is its code plus 128; flipping the top bit gives the signed code, and the offset is added back.
    let offset = 128 * codes.iter().map(|&code| i32::from(code)).sum::<i32>();
    for (row, sum) in rows.chunks_exact(width).zip(out) {
        // SAFETY: NEON is always there, and `at + 16 <= width`, the length of both.
        *sum = offset
            + unsafe {
                let mut lanes = [vdupq_n_s32(0); 2];
                for at in (0..width).step_by(16) {
                    let code = vld1q_s8(codes.as_ptr().add(at));
                    let row = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(row.as_ptr().add(at)), vdupq_n_u8(128)));
                    lanes[0] = vpadalq_s16(lanes[0], vmull_s8(vget_low_s8(row), vget_low_s8(code)));
                    lanes[1] = vpadalq_s16(lanes[1], vmull_high_s8(row, code));
                }
                vaddvq_s32(vaddq_s32(lanes[0], lanes[1]))
            };
    }
}
