//! The gradient of self-attention of one sequence, head by head; the weights are computed anew, never kept.

use super::attention::{pack_keys, pack_values, powers};
use super::product::{Exact, MOST_ROWS, tile, tile_rows};
use super::simd::{Simd, store_some};

/// Registers of a line of packed values.
const VALUE_REGISTERS: usize = 2;

/// The gradient of one sequence's attention.
pub(crate) struct AttentionGrad<'a> {
    /// Planes of queries, one a head, then of keys, then of values; each a row per token of the whole batch.
    pub(crate) qkv: &'a [f32],
    /// Heads of each kind.
    pub(crate) heads: usize,
    /// Rows of a plane.
    pub(crate) rows: usize,
    /// The sequence's first row.
    pub(crate) first: usize,
    /// The gradient of the context, per token of the sequence all heads.
    pub(crate) context_grad: &'a [f32],
    /// Per token of the sequence the gradients of its queries, keys and values, all heads of each.
    pub(crate) grad: &'a mut [f32],
    /// Working memory.
    pub(crate) scratch: &'a mut AttentionGradScratch,
}

/// Working memory of [`AttentionGrad`]; grows to the longest sequence it has seen.
#[derive(Debug, Default)]
pub(crate) struct AttentionGradScratch {
    keys: Vec<f32>,
    values: Vec<f32>,
    lines: [Vec<f32>; 3],
    scores: Vec<f32>,
    score_grads: Vec<f32>,
    /// Attention weights, a row per key.
    weights: Vec<f32>,
    /// Gradients of the scores, a row per key.
    weight_grads: Vec<f32>,
}

/// One head, packed every way it is multiplied.
struct Head<'a> {
    len: usize,
    depth: usize,
    hidden: usize,
    /// A row per token.
    queries: &'a [f32],
    /// Of all heads: a row per token.
    context_grad: &'a [f32],
    /// Panels of keys and of values: a line per dimension.
    keys: &'a [f32],
    values: &'a [f32],
    /// Panels of keys: a line per token.
    key_lines: &'a [f32],
}

/// Writes the gradients of queries, keys and values.
#[inline(always)]
pub(super) fn attend_grad<S: Simd, const NV: usize>(s: S, job: AttentionGrad<'_>) {
    let AttentionGrad { qkv, heads, rows, first, context_grad, grad, scratch } = job;
    let hidden = qkv.len() / rows / 3;
    let len = context_grad.len() / hidden;
    let depth = hidden / heads;
    let wide = NV * S::LANES;
    let line = VALUE_REGISTERS * S::LANES;
    let padded = len.next_multiple_of(wide);
    let grow = |buffer: &mut Vec<f32>, len: usize| buffer.resize(buffer.len().max(len), 0.0);
    let AttentionGradScratch { keys, values, lines, scores, score_grads, weights, weight_grads } = scratch;
    grow(keys, padded * depth);
    grow(values, padded * depth);
    lines.iter_mut().for_each(|buffer| grow(buffer, len * depth.next_multiple_of(line)));
    grow(scores, padded * MOST_ROWS);
    grow(score_grads, padded * MOST_ROWS);
    grow(weights, len * len);
    grow(weight_grads, len * len);
    let [query_lines, key_lines, context_lines] = lines;
    let plane = |n: usize| &qkv[(n * rows + first) * depth..][..len * depth];
    let mut own = vec![0.0; len * depth];
    for head in 0..heads {
        let (queries, head_keys, head_values) = (plane(head), plane(heads + head), plane(2 * heads + head));
        for (own, all) in own.chunks_exact_mut(depth).zip(context_grad.chunks_exact(hidden)) {
            own.copy_from_slice(&all[head * depth..][..depth]);
        }
        let factor = std::f32::consts::LOG2_E / (depth as f32).sqrt();
        pack_keys(head_keys, depth, wide, factor, &mut keys[..padded * depth]);
        pack_keys(head_values, depth, wide, 1.0, &mut values[..padded * depth]);
        let query_lines = pack_values(queries, depth, line, query_lines);
        let key_lines = pack_values(head_keys, depth, line, key_lines);
        let context_lines = pack_values(&own, depth, line, context_lines);
        let packed = Head { len, depth, hidden, queries, context_grad: &own, keys, values, key_lines };
        let (scores, score_grads) =
            (&mut scores[..padded * MOST_ROWS], &mut score_grads[..padded * MOST_ROWS]);
        let mut tiles = Tiles { scores, score_grads, weights, weight_grads };
        let mut done = 0;
        while done < len {
            let taken = tile_rows::<S>(len - done);
            let out = &mut grad[done * 3 * hidden + head * depth..];
            match taken {
                1 => queries_grad::<S, 1, NV>(s, &packed, done, &mut tiles, out),
                2 => queries_grad::<S, 2, NV>(s, &packed, done, &mut tiles, out),
                3 => queries_grad::<S, 3, NV>(s, &packed, done, &mut tiles, out),
                4 => queries_grad::<S, 4, NV>(s, &packed, done, &mut tiles, out),
                5 => queries_grad::<S, 5, NV>(s, &packed, done, &mut tiles, out),
                6 => queries_grad::<S, 6, NV>(s, &packed, done, &mut tiles, out),
                _ => queries_grad::<S, MOST_ROWS, NV>(s, &packed, done, &mut tiles, out),
            }
            done += taken;
        }
        let sides = [(&*weight_grads, query_lines, hidden), (&*weights, context_lines, 2 * hidden)];
        for (rows, lines, offset) in sides {
            let mut done = 0;
            while done < len {
                let taken = tile_rows::<S>(len - done);
                let out = &mut grad[done * 3 * hidden + offset + head * depth..];
                let rows = &rows[done * len..];
                let shape = Shape { steps: len, stride: len, depth, out_stride: 3 * hidden };
                match taken {
                    1 => mixed::<S, 1>(s, rows, lines, shape, out),
                    2 => mixed::<S, 2>(s, rows, lines, shape, out),
                    3 => mixed::<S, 3>(s, rows, lines, shape, out),
                    4 => mixed::<S, 4>(s, rows, lines, shape, out),
                    5 => mixed::<S, 5>(s, rows, lines, shape, out),
                    6 => mixed::<S, 6>(s, rows, lines, shape, out),
                    _ => mixed::<S, MOST_ROWS>(s, rows, lines, shape, out),
                }
                done += taken;
            }
        }
    }
}

/// Where a tile of queries leaves what the keys and values will ask for.
struct Tiles<'a> {
    scores: &'a mut [f32],
    score_grads: &'a mut [f32],
    weights: &'a mut [f32],
    weight_grads: &'a mut [f32],
}

/// The gradients of `R` queries from token `from` on, and their columns of the weights and of the scores' gradients.
#[inline(always)]
fn queries_grad<S: Simd, const R: usize, const NV: usize>(
    s: S,
    head: &Head<'_>,
    from: usize,
    tiles: &mut Tiles<'_>,
    out: &mut [f32],
) {
    let &Head { len, depth, hidden, queries, context_grad, keys, values, key_lines } = head;
    let Tiles { scores, score_grads, weights, weight_grads } = tiles;
    let padded = scores.len() / MOST_ROWS;
    let wide = NV * S::LANES;
    let zero = s.splat(0.0);
    let mut query_rows = [&queries[..depth]; R];
    let mut context_rows = [&queries[..depth]; R];
    for r in 0..R {
        query_rows[r] = &queries[(from + r) * depth..][..depth];
        context_rows[r] = &context_grad[(from + r) * depth..][..depth];
    }
    for panel in 0..padded / wide {
        let part = panel * wide * depth..(panel + 1) * wide * depth;
        let sums = tile(s, Exact, query_rows, &keys[part.clone()], [zero; NV]);
        let grads = tile(s, Exact, context_rows, &values[part], [zero; NV]);
        for r in 0..R {
            for v in 0..NV {
                let at = r * padded + panel * wide + v * S::LANES;
                s.store(sums[r][v], &mut scores[at..]);
                s.store(grads[r][v], &mut score_grads[at..]);
            }
        }
    }
    let factor = 1.0 / (depth as f32).sqrt();
    for r in 0..R {
        let row = &mut scores[r * padded..][..padded];
        let grads = &mut score_grads[r * padded..][..padded];
        row[len..].fill(f32::NEG_INFINITY);
        let scale = s.splat(1.0 / powers(s, row));
        row[len..].fill(0.0);
        let mut dot = zero;
        for (weight, grad) in row.chunks_exact_mut(S::LANES).zip(grads.chunks_exact(S::LANES)) {
            let scaled = s.mul(s.load(weight), scale);
            s.store(scaled, weight);
            dot = s.fma(scaled, s.load(grad), dot);
        }
        let dot = s.splat(s.total(dot));
        let factor = s.splat(factor);
        for (weight, grad) in row.chunks_exact(S::LANES).zip(grads.chunks_exact_mut(S::LANES)) {
            let inner = s.mul(s.load(weight), s.sub(s.load(grad), dot));
            s.store(s.mul(inner, factor), grad);
        }
    }
    for key in 0..len {
        let place = key * len + from;
        for r in 0..R {
            weights[place + r] = scores[r * padded + key];
            weight_grads[place + r] = score_grads[r * padded + key];
        }
    }
    let shape = Shape { steps: len, stride: padded, depth, out_stride: 3 * hidden };
    mixed::<S, R>(s, score_grads, key_lines, shape, out);
}

/// The sizes of a product of rows with lines.
#[derive(Clone, Copy)]
struct Shape {
    /// Numbers of a row that count.
    steps: usize,
    /// From one row to the next.
    stride: usize,
    /// Columns.
    depth: usize,
    /// From one row of the result to the next.
    out_stride: usize,
}

/// Stores `R` rows times lines.
#[expect(
    clippy::needless_range_loop,
    reason = "counted loops over registers unroll; iterators need not inline here"
)]
#[inline(always)]
fn mixed<S: Simd, const R: usize>(s: S, from: &[f32], lines: &[f32], shape: Shape, out: &mut [f32]) {
    let Shape { steps, stride, depth, out_stride } = shape;
    let wide = VALUE_REGISTERS * S::LANES;
    let mut rows = [&from[..steps]; R];
    for r in 0..R {
        rows[r] = &from[r * stride..][..steps];
    }
    for panel in 0..depth.div_ceil(wide) {
        let start = [s.splat(0.0); VALUE_REGISTERS];
        let sums = tile(s, Exact, rows, &lines[panel * steps * wide..][..steps * wide], start);
        for r in 0..R {
            let place = &mut out[r * out_stride..][..depth];
            for v in 0..VALUE_REGISTERS {
                let column = panel * wide + v * S::LANES;
                if column < depth {
                    let end = depth.min(column + S::LANES);
                    store_some(s, sums[r][v], &mut place[column..end]);
                }
            }
        }
    }
}
