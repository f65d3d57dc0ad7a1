//! A seeded stream as orders and as shares.

use engraft_eval::SplitMix;

/// A number in `[0, 1)`.
pub(crate) fn unit(draw: &mut SplitMix) -> f32 {
    (draw.next() >> 40) as f32 / (1u32 << 24) as f32
}

/// Any order, each as likely (Fisher and Yates).
pub(crate) fn shuffle<T>(draw: &mut SplitMix, items: &mut [T]) {
    for at in (1..items.len()).rev() {
        items.swap(at, draw.below(at + 1));
    }
}
