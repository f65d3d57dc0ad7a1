//! Self-attention of one sequence: head by head, a few queries at a time, scores never leaving the nearest cache.

use super::product::{Exact, MOST_ROWS, tile, tile_rows};
use super::simd::{Simd, exp2, store_some};

/// Registers of a line of packed values: with six rows or more, enough chains to keep the multipliers busy.
const VALUE_REGISTERS: usize = 2;

/// One sequence's attention.
pub(crate) struct Attention<'a> {
    /// Planes of queries, one a head, then of keys, then of values; each a row per token of the whole batch.
    pub(crate) qkv: &'a [f32],
    /// Heads of each kind.
    pub(crate) heads: usize,
    /// Rows of a plane.
    pub(crate) rows: usize,
    /// The sequence's first row.
    pub(crate) first: usize,
    /// Per token of the sequence the mixed values of all heads: the hidden size.
    pub(crate) context: &'a mut [f32],
    /// Working memory.
    pub(crate) scratch: &'a mut AttentionScratch,
}

/// Working memory of [`Attention`]; grows to the longest sequence it has seen.
#[derive(Debug, Default)]
pub(crate) struct AttentionScratch {
    /// Panels of keys, transposed: a line per dimension.
    keys: Vec<f32>,
    /// Panels of values: a line per token.
    values: Vec<f32>,
    /// The scores of a tile of queries.
    scores: Vec<f32>,
}

/// One head of one sequence, packed.
struct Head<'a> {
    /// A row per token.
    queries: &'a [f32],
    keys: &'a [f32],
    values: &'a [f32],
    len: usize,
    depth: usize,
}

/// Writes `softmax(q·kᵀ/√d)·v` of every head to the context (Vaswani et al. 2017, eq. 1).
#[inline(always)]
pub(super) fn attend<S: Simd, const NV: usize>(s: S, job: Attention<'_>) {
    let Attention { qkv, heads, rows, first, context, scratch } = job;
    let hidden = qkv.len() / rows / 3;
    let len = context.len() / hidden;
    let depth = hidden / heads;
    let keys_wide = NV * S::LANES;
    let values_wide = VALUE_REGISTERS * S::LANES;
    let padded = len.next_multiple_of(keys_wide);
    let grow = |buffer: &mut Vec<f32>, len: usize| buffer.resize(buffer.len().max(len), 0.0);
    grow(&mut scratch.keys, padded * depth);
    grow(&mut scratch.values, len * depth.next_multiple_of(values_wide));
    grow(&mut scratch.scores, padded * MOST_ROWS);
    let scores = &mut scratch.scores[..padded * MOST_ROWS];
    let plane = |n: usize| &qkv[(n * rows + first) * depth..][..len * depth];
    for head in 0..heads {
        let factor = std::f32::consts::LOG2_E / (depth as f32).sqrt();
        pack_keys(plane(heads + head), depth, keys_wide, factor, &mut scratch.keys[..padded * depth]);
        let values = match depth == values_wide {
            true => plane(2 * heads + head),
            false => pack_values(plane(2 * heads + head), depth, values_wide, &mut scratch.values),
        };
        let packed = Head { queries: plane(head), keys: &scratch.keys, values, len, depth };
        let mut done = 0;
        while done < len {
            let context = &mut context[done * hidden + head * depth..];
            let taken = tile_rows::<S>(len - done);
            match taken {
                1 => queries::<S, 1, NV>(s, &packed, done, scores, context, hidden),
                2 => queries::<S, 2, NV>(s, &packed, done, scores, context, hidden),
                3 => queries::<S, 3, NV>(s, &packed, done, scores, context, hidden),
                4 => queries::<S, 4, NV>(s, &packed, done, scores, context, hidden),
                5 => queries::<S, 5, NV>(s, &packed, done, scores, context, hidden),
                6 => queries::<S, 6, NV>(s, &packed, done, scores, context, hidden),
                _ => queries::<S, MOST_ROWS, NV>(s, &packed, done, scores, context, hidden),
            }
            done += taken;
        }
    }
}

/// Transposes the keys of one head into panels, times `factor`: that of the scores and of the change to base 2.
#[inline(always)]
pub(super) fn pack_keys(from: &[f32], depth: usize, wide: usize, factor: f32, keys: &mut [f32]) {
    for (rows, panel) in from.chunks(wide * depth).zip(keys.chunks_exact_mut(wide * depth)) {
        for (dimension, line) in panel.chunks_exact_mut(wide).enumerate() {
            line.fill(0.0);
            for (row, x) in rows.chunks_exact(depth).zip(line) {
                *x = row[dimension] * factor;
            }
        }
    }
}

/// Copies the values of one head into panels; columns beyond its depth keep what they held, and are never stored.
#[inline(always)]
pub(super) fn pack_values<'a>(from: &[f32], depth: usize, wide: usize, values: &'a mut [f32]) -> &'a [f32] {
    let len = from.len() / depth;
    for (token, value) in from.chunks_exact(depth).enumerate() {
        for (panel, part) in value.chunks(wide).enumerate() {
            values[(panel * len + token) * wide..][..part.len()].copy_from_slice(part);
        }
    }
    values
}

/// The context of `R` queries of one head from token `from` on; in `context`, tokens are `stride` apart.
#[expect(
    clippy::needless_range_loop,
    reason = "counted loops over registers unroll; iterators need not inline here"
)]
#[inline(always)]
fn queries<S: Simd, const R: usize, const NV: usize>(
    s: S,
    head: &Head<'_>,
    from: usize,
    scores: &mut [f32],
    context: &mut [f32],
    stride: usize,
) {
    let &Head { queries, keys, values, len, depth } = head;
    let padded = scores.len() / MOST_ROWS;
    let wide = NV * S::LANES;
    let zero = s.splat(0.0);
    let mut rows = [&queries[..depth]; R];
    for r in 0..R {
        rows[r] = &queries[(from + r) * depth..][..depth];
    }
    for panel in 0..padded / wide {
        let sums = tile(s, Exact, rows, &keys[panel * wide * depth..][..wide * depth], [zero; NV]);
        for r in 0..R {
            for v in 0..NV {
                s.store(sums[r][v], &mut scores[r * padded + panel * wide + v * S::LANES..]);
            }
        }
    }
    let mut weights = [1.0; R];
    for r in 0..R {
        let row = &mut scores[r * padded..][..padded];
        row[len..].fill(f32::NEG_INFINITY);
        weights[r] = 1.0 / powers(s, row);
    }
    let mut rows = [&scores[..len]; R];
    for r in 0..R {
        rows[r] = &scores[r * padded..][..len];
    }
    let wide = VALUE_REGISTERS * S::LANES;
    for panel in 0..depth.div_ceil(wide) {
        let sums = tile(s, Exact, rows, &values[panel * len * wide..][..len * wide], [zero; VALUE_REGISTERS]);
        for r in 0..R {
            let place = &mut context[r * stride..][..depth];
            for v in 0..VALUE_REGISTERS {
                let column = panel * wide + v * S::LANES;
                if column < depth {
                    let end = depth.min(column + S::LANES);
                    store_some(s, s.mul(sums[r][v], s.splat(weights[r])), &mut place[column..end]);
                }
            }
        }
    }
}

/// Replaces scores, in base 2, by their powers relative to the greatest, and returns the sum of those.
#[inline(always)]
pub(super) fn powers<S: Simd>(s: S, row: &mut [f32]) -> f32 {
    let mut most = s.splat(f32::NEG_INFINITY);
    for x in row.chunks_exact(S::LANES) {
        most = s.max(most, s.load(x));
    }
    let most = s.splat(s.peak(most));
    let mut sum = s.splat(0.0);
    for x in row.chunks_exact_mut(S::LANES) {
        let power = exp2(s, s.sub(s.load(x), most));
        sum = s.add(sum, power);
        s.store(power, x);
    }
    s.total(sum)
}
