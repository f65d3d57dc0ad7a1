//! The gradients of single operations, of every instruction set of this CPU, against differences of plain `f64` arithmetic.

use super::{Isa, Job, erf, naive_attention, numbers};
use crate::kernels::{AttentionGrad, AttentionGradScratch, GeluGrad, NormaliseGrad, NormaliseKeep};

/// Added to numbers that are multiples of 2⁻²³, and stays exact.
const STEP: f32 = 1.0 / 1024.0;

/// The slope of `sum` in each of `at`.
fn slopes(at: &[f32], sum: impl Fn(&[f32]) -> f64) -> Vec<f64> {
    let slope = |n: usize| {
        let side = |step: f32| {
            let mut moved = at.to_vec();
            moved[n] += step;
            sum(&moved)
        };
        (side(STEP) - side(-STEP)) / f64::from(2.0 * STEP)
    };
    (0..at.len()).map(slope).collect()
}

#[track_caller]
fn check(what: &str, gradient: &[f32], slopes: &[f64]) {
    assert_eq!(gradient.len(), slopes.len());
    let most = slopes.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
    for (n, (&found, &slope)) in gradient.iter().zip(slopes).enumerate() {
        let allowed = 1e-3 * slope.abs().max(2e-2 * most);
        assert!((f64::from(found) - slope).abs() <= allowed, "{what}: [{n}] is {found}, the slope {slope}");
    }
}

/// What outputs come to, each so many times.
fn weighed(outputs: &[f64], weights: &[f32]) -> f64 {
    outputs.iter().zip(weights).map(|(x, weight)| x * f64::from(*weight)).sum()
}

#[test]
fn gelu() {
    let pre: Vec<f32> = (0..77).map(|n| (n - 38) as f32 / 16.0).collect();
    let weights = numbers(1, pre.len());
    let gelu = |x: f64| x * 0.5 * (1.0 + erf(x / 2f64.sqrt()));
    let wanted =
        slopes(&pre, |pre| weighed(&pre.iter().map(|&x| gelu(f64::from(x))).collect::<Vec<_>>(), &weights));
    for isa in Isa::all() {
        let (mut out, mut grad) = (vec![0.0; pre.len()], weights.clone());
        isa.run(Job::GeluGrad(GeluGrad { pre: &pre, out: &mut out, grad: &mut grad }));
        check(isa.name(), &grad, &wanted);
    }
}

#[test]
fn layer_normalisation() {
    let (count, width, eps) = (3, 37, 1e-3f32);
    let (rows, weights) = (numbers(2, count * width), numbers(3, count * width));
    let (gain, bias) = (numbers(4, width), numbers(5, width));
    let outputs = |rows: &[f32], gain: &[f32], bias: &[f32]| -> f64 {
        let mut out = Vec::new();
        for row in rows.chunks_exact(width) {
            let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / width as f64;
            let squares = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>();
            let deviation = (squares / width as f64 + f64::from(eps)).sqrt();
            let units = row.iter().map(|&x| (f64::from(x) - mean) / deviation);
            out.extend(units.zip(gain.iter().zip(bias)).map(|(x, (&g, &b))| x * f64::from(g) + f64::from(b)));
        }
        weighed(&out, &weights)
    };
    let of_rows = slopes(&rows, |rows| outputs(rows, &gain, &bias));
    let of_gain = slopes(&gain, |gain| outputs(&rows, gain, &bias));
    let of_bias = slopes(&bias, |bias| outputs(&rows, &gain, bias));
    for isa in Isa::all() {
        let (mut units, mut out, mut inverse) = (rows.clone(), vec![0.0; rows.len()], vec![0.0; count]);
        isa.run(Job::NormaliseKeep(NormaliseKeep {
            rows: &mut units,
            out: &mut out,
            inverse: &mut inverse,
            gain: &gain,
            bias: &bias,
            eps,
        }));
        let (mut grad, mut gain_grad, mut bias_grad) = (weights.clone(), vec![0.0; width], vec![0.0; width]);
        isa.run(Job::NormaliseGrad(NormaliseGrad {
            grad: &mut grad,
            rows: &units,
            inverse: &inverse,
            gain: &gain,
            gain_grad: &mut gain_grad,
            bias_grad: &mut bias_grad,
        }));
        check(isa.name(), &grad, &of_rows);
        check(isa.name(), &gain_grad, &of_gain);
        check(isa.name(), &bias_grad, &of_bias);
    }
}

#[test]
fn attention() {
    // The sequence stands between two others.
    let (len, heads, depth, first) = (13, 2, 7, 3);
    let (hidden, rows) = (heads * depth, len + 5);
    let (qkv, weights) = (numbers(6, rows * 3 * hidden), numbers(7, len * hidden));
    let all = slopes(&qkv, |qkv| weighed(&naive_attention(qkv, rows, first, len, heads, depth), &weights));
    // From planes, one a head, to queries, keys and values token by token.
    let mut wanted = Vec::with_capacity(len * 3 * hidden);
    for token in 0..len {
        for plane in 0..3 * heads {
            wanted.extend_from_slice(&all[(plane * rows + first + token) * depth..][..depth]);
        }
    }
    for isa in Isa::all() {
        let mut grad = vec![0.0; len * 3 * hidden];
        let scratch = &mut AttentionGradScratch::default();
        let (context_grad, out) = (&weights[..], &mut grad[..]);
        isa.run(Job::AttentionGrad(AttentionGrad {
            qkv: &qkv,
            heads,
            rows,
            first,
            context_grad,
            grad: out,
            scratch,
        }));
        check(isa.name(), &grad, &wanted);
    }
}
