//! Self-attention of one sequence: head by head, six queries at a time, scores never leaving the nearest cache.

use super::product::{Exact, ROWS, tile, tile_rows};
use super::simd::{Simd, exp2, store_some};

/// Registers of a line of packed values: with six rows, enough chains to keep the multipliers busy on any set.
const VALUE_REGISTERS: usize = 2;

/// One sequence's attention.
pub(crate) struct Attention<'a> {
    /// Tokens of the sequence; at least one.
    pub(crate) len: usize,
    /// Per token the queries, keys and values of all heads: three times the hidden size.
    pub(crate) qkv: &'a [f32],
    /// How many heads the hidden size is divided among.
    pub(crate) heads: usize,
    /// Per token the mixed values of all heads: the hidden size.
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
    qkv: &'a [f32],
    hidden: usize,
    len: usize,
    /// Where the head's dimensions begin and how many it has.
    first: usize,
    depth: usize,
    keys: &'a [f32],
    values: &'a [f32],
}

/// Writes `softmax(q·kᵀ/√d)·v` of every head to the context (Vaswani et al. 2017, eq. 1).
#[inline(always)]
pub(super) fn attend<S: Simd, const NV: usize>(s: S, job: Attention<'_>) {
    let Attention { len, qkv, heads, context, scratch } = job;
    let hidden = context.len() / len;
    let depth = hidden / heads;
    let keys_wide = NV * S::LANES;
    let values_wide = VALUE_REGISTERS * S::LANES;
    let padded = len.next_multiple_of(keys_wide);
    // Stale numbers from longer sequences stand only where zeros of padding are not needed: see `pack_*`.
    scratch.keys.resize(scratch.keys.len().max(padded * depth), 0.0);
    scratch.values.resize(scratch.values.len().max(len * depth.next_multiple_of(values_wide)), 0.0);
    scratch.scores.resize(scratch.scores.len().max(padded * ROWS), 0.0);
    for head in 0..heads {
        let first = head * depth;
        pack_keys(qkv, hidden, first, depth, keys_wide, &mut scratch.keys[..padded * depth]);
        pack_values(qkv, hidden, first, depth, values_wide, &mut scratch.values);
        let head = Head { qkv, hidden, len, first, depth, keys: &scratch.keys, values: &scratch.values };
        let mut done = 0;
        while done < len {
            let scores = &mut scratch.scores[..padded * ROWS];
            let context = &mut context[done * hidden..];
            let taken = tile_rows::<S>(len - done);
            match taken {
                1 => queries::<S, 1, NV>(s, &head, done, scores, context),
                2 => queries::<S, 2, NV>(s, &head, done, scores, context),
                3 => queries::<S, 3, NV>(s, &head, done, scores, context),
                4 => queries::<S, 4, NV>(s, &head, done, scores, context),
                5 => queries::<S, 5, NV>(s, &head, done, scores, context),
                6 => queries::<S, 6, NV>(s, &head, done, scores, context),
                _ => queries::<S, ROWS, NV>(s, &head, done, scores, context),
            }
            done += taken;
        }
    }
}

/// Transposes the keys of one head into panels, the factor of the scores and the change to base 2 folded in.
#[inline(always)]
fn pack_keys(qkv: &[f32], hidden: usize, first: usize, depth: usize, wide: usize, keys: &mut [f32]) {
    let factor = std::f32::consts::LOG2_E / (depth as f32).sqrt();
    let tokens = keys.len() / depth;
    for (token, row) in qkv.chunks_exact(3 * hidden).enumerate() {
        let key = &row[hidden + first..][..depth];
        let panel = &mut keys[token / wide * wide * depth..][..wide * depth];
        for (line, x) in panel.chunks_exact_mut(wide).zip(key) {
            line[token % wide] = x * factor;
        }
    }
    let len = qkv.len() / (3 * hidden);
    for token in len..tokens {
        let panel = &mut keys[token / wide * wide * depth..][..wide * depth];
        for line in panel.chunks_exact_mut(wide) {
            line[token % wide] = 0.0;
        }
    }
}

/// Copies the values of one head into panels; the columns beyond its depth are never stored, whatever they hold.
#[inline(always)]
fn pack_values(qkv: &[f32], hidden: usize, first: usize, depth: usize, wide: usize, values: &mut [f32]) {
    let len = qkv.len() / (3 * hidden);
    for (token, row) in qkv.chunks_exact(3 * hidden).enumerate() {
        let value = &row[2 * hidden + first..][..depth];
        for (panel, part) in value.chunks(wide).enumerate() {
            values[(panel * len + token) * wide..][..part.len()].copy_from_slice(part);
        }
    }
}

/// The context of `R` queries of one head from token `from` on.
#[inline(always)]
fn queries<S: Simd, const R: usize, const NV: usize>(
    s: S, head: &Head<'_>, from: usize, scores: &mut [f32], context: &mut [f32],
) {
    let (len, depth) = (head.len, head.depth);
    let padded = scores.len() / ROWS;
    let wide = NV * S::LANES;
    let zero = s.splat(0.0);
    let mut rows = [&head.qkv[..depth]; R];
    for r in 0..R {
        rows[r] = &head.qkv[(from + r) * 3 * head.hidden + head.first..][..depth];
    }
    for panel in 0..padded / wide {
        let keys = &head.keys[panel * wide * depth..][..wide * depth];
        let sums = tile(s, Exact, rows, keys, [zero; NV]);
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
        let values = &head.values[panel * len * wide..][..len * wide];
        let sums = tile(s, Exact, rows, values, [zero; VALUE_REGISTERS]);
        for r in 0..R {
            let place = &mut context[r * head.hidden + head.first..][..depth];
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
fn powers<S: Simd>(s: S, row: &mut [f32]) -> f32 {
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
