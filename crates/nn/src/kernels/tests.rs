//! Every instruction set of this CPU against plain `f64` arithmetic, on sizes that leave remainders everywhere.

mod gradients;

use proptest::prelude::*;

use super::{Attention, AttentionScratch, Finish, Isa, Job, Linear, Packed, Planes, Precision, Rounded};

/// Numbers in `[-1, 1)` that only depend on the seed.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

#[track_caller]
fn check_near(what: &str, found: &[f32], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (i, (&x, &y)) in found.iter().zip(wanted).enumerate() {
        let off = (f64::from(x) - y).abs();
        assert!(off <= tolerance * (1.0 + y.abs()), "{what}: [{i}] is {x}, should be {y}");
    }
}

/// A linear layer of random weights: rows, weights (one output after the other), bias, what is there before.
struct Case {
    count: usize,
    inputs: usize,
    outputs: usize,
    rows: Vec<f32>,
    weights: Vec<f32>,
    bias: Vec<f32>,
    before: Vec<f32>,
}

impl Case {
    fn new(seed: u64, count: usize, inputs: usize, outputs: usize) -> Case {
        Case {
            count,
            inputs,
            outputs,
            rows: numbers(seed, count * inputs),
            weights: numbers(seed + 1, outputs * inputs),
            bias: numbers(seed + 2, outputs),
            before: numbers(seed + 3, count * outputs),
        }
    }

    fn run(&self, isa: Isa, precision: Precision, finish: Finish) -> Vec<f32> {
        let mut weights = |output: usize, row: &mut [f32]| {
            row.copy_from_slice(&self.weights[output * self.inputs..][..self.inputs]);
        };
        let layer = Packed::new(isa, precision, self.inputs, &self.bias, &mut weights);
        let mut out = self.before.clone();
        let mut scratch = Rounded::default();
        let (rows, count) = (&self.rows, self.count);
        isa.run(Job::Linear(Linear {
            rows,
            count,
            layer: &layer,
            finish,
            out: &mut out,
            scratch: &mut scratch,
        }));
        out
    }

    fn naive(&self, precision: Precision, finish: Finish) -> Vec<f64> {
        let rows = rounded(&self.rows, self.inputs, precision);
        let weights = rounded(&self.weights, self.inputs, precision);
        let mut out = Vec::new();
        for (r, row) in rows.chunks_exact(self.inputs).enumerate() {
            for (c, column) in weights.chunks_exact(self.inputs).enumerate() {
                let dot: f64 = row.iter().zip(column).map(|(a, b)| a * b).sum();
                let value = dot + f64::from(self.bias[c]);
                out.push(match finish {
                    Finish::Store | Finish::Split(_) => value,
                    Finish::Gelu => value * 0.5 * (1.0 + erf(value / 2f64.sqrt())),
                    Finish::Add => value + f64::from(self.before[r * self.outputs + c]),
                });
            }
        }
        out
    }
}

/// What rounding leaves of each row, in real units.
fn rounded(rows: &[f32], width: usize, precision: Precision) -> Vec<f64> {
    let round_row = |row: &[f32]| -> Vec<f64> {
        match precision {
            Precision::F32 => row.iter().map(|&x| f64::from(x)).collect(),
            Precision::Bf16 => row.iter().map(|&x| bf16(x)).collect(),
            Precision::Int8 => {
                let step = row.iter().fold(0f32, |most, x| most.max(x.abs())) / 127.0;
                let inverse = 1.0 / step;
                row.iter().map(|x| f64::from((x * inverse).round_ties_even()) * f64::from(step)).collect()
            }
        }
    };
    rows.chunks_exact(width).flat_map(round_row).collect()
}

/// The nearer of the two neighbours with eight bits of precision, the even one of two as near.
fn bf16(x: f32) -> f64 {
    let below = f32::from_bits(x.to_bits() & 0xffff_0000);
    let above = f32::from_bits((x.to_bits() & 0xffff_0000) + 0x1_0000);
    let (down, up) = ((x - below).abs(), (above - x).abs());
    let even_below = below.to_bits() >> 16 & 1 == 0;
    f64::from(if down < up || down == up && even_below { below } else { above })
}

/// The error function by its Maclaurin series; beyond 4 it is 1 to 1e-8.
fn erf(x: f64) -> f64 {
    if x.abs() > 4.0 {
        return x.signum();
    }
    let (mut sum, mut term) = (0.0, x);
    for n in 0..120 {
        sum += term / f64::from(2 * n + 1);
        term *= -x * x / f64::from(n + 1);
    }
    2.0 / std::f64::consts::PI.sqrt() * sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_set_multiplies_like_f64(
        seed in 0u64..1000, count in 1usize..15, inputs in 1usize..80, outputs in 1usize..150,
        finish in prop_oneof![Just(Finish::Store), Just(Finish::Gelu), Just(Finish::Add)],
    ) {
        let case = Case::new(seed, count, inputs, outputs);
        for isa in Isa::all() {
            for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
                let wanted = case.naive(isa.offered(precision), finish);
                let found = case.run(isa, precision, finish);
                check_near(&format!("{} {precision:?}", isa.name()), &found, &wanted, 2e-5);
            }
        }
    }

    #[test]
    fn splitting_into_planes_only_moves_numbers(
        seed in 0u64..1000, count in 1usize..15, planes in 1usize..5, width in prop_oneof![Just(32), 1usize..50],
    ) {
        let mut case = Case::new(seed, count, 9, planes * width);
        for isa in Isa::all() {
            case.before = numbers(seed, count * planes * width);
            let straight = case.run(isa, Precision::F32, Finish::Store);
            case.before = vec![0.0; (count + 3) * planes * width];
            let (rows, first) = (count + 3, 2);
            let split = case.run(isa, Precision::F32, Finish::Split(Planes { width, rows, first }));
            for (i, x) in straight.iter().enumerate() {
                let (row, column) = (i / (planes * width), i % (planes * width));
                let place = ((column / width) * rows + first + row) * width + column % width;
                prop_assert_eq!(*x, split[place]);
            }
            let written = straight.iter().filter(|x| **x != 0.0).count();
            prop_assert_eq!(split.iter().filter(|x| **x != 0.0).count(), written);
        }
    }

    #[test]
    fn a_row_does_not_depend_on_the_rows_beside_it(
        seed in 0u64..1000, count in 2usize..15, inputs in 1usize..40, outputs in 1usize..80,
    ) {
        let case = Case::new(seed, count, inputs, outputs);
        for isa in Isa::all() {
            for precision in [Precision::F32, Precision::Bf16, Precision::Int8] {
                let together = case.run(isa, precision, Finish::Gelu);
                for row in 0..count {
                    let rows = case.rows[row * inputs..][..inputs].to_vec();
                    let before = case.before[row * outputs..][..outputs].to_vec();
                    let (weights, bias) = (case.weights.clone(), case.bias.clone());
                    let alone = Case { count: 1, inputs, outputs, rows, before, weights, bias };
                    let alone = alone.run(isa, precision, Finish::Gelu);
                    prop_assert_eq!(&together[row * outputs..][..outputs], &alone[..]);
                }
            }
        }
    }

    #[test]
    fn every_set_attends_like_f64(
        seed in 0u64..1000, len in 1usize..150, heads in 1usize..4, depth in prop_oneof![Just(32), 1usize..70],
    ) {
        // The sequence stands between two others.
        let (hidden, first, rows) = (heads * depth, 3, len + 5);
        let qkv: Vec<f32> = numbers(seed, rows * 3 * hidden).iter().map(|x| x * 3.0).collect();
        let wanted = naive_attention(&qkv, rows, first, len, heads, depth);
        for isa in Isa::all() {
            let mut scratch = AttentionScratch::default();
            let mut found = vec![0.0; rows * hidden];
            // All three as one, so that a longer sequence before must leave no trace.
            let (scratch, context) = (&mut scratch, &mut found[..]);
            isa.run(Job::Attention(Attention { qkv: &qkv, heads, rows, first: 0, context, scratch }));
            let context = &mut found[..len * hidden];
            isa.run(Job::Attention(Attention { qkv: &qkv, heads, rows, first, context, scratch }));
            check_near(isa.name(), &found[..len * hidden], &wanted, 1e-5);
        }
    }

    #[test]
    fn every_set_normalises_like_f64(seed in 0u64..1000, count in 1usize..4, width in 1usize..100) {
        let rows: Vec<f32> = numbers(seed, count * width).iter().map(|x| x * 5.0 + 1.0).collect();
        let (gain, bias) = (numbers(seed + 1, width), numbers(seed + 2, width));
        let eps = 1e-3;
        let mut wanted = Vec::new();
        for row in rows.chunks_exact(width) {
            let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / width as f64;
            let squares = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>();
            let deviation = (squares / width as f64 + f64::from(eps)).sqrt();
            let scaled = row.iter().map(|&x| (f64::from(x) - mean) / deviation);
            wanted.extend(scaled.zip(gain.iter().zip(&bias)).map(|(x, (&g, &b))| x * f64::from(g) + f64::from(b)));
        }
        for isa in Isa::all() {
            let mut found = rows.clone();
            isa.run(Job::Normalise { rows: &mut found, gain: &gain, bias: &bias, eps });
            check_near(isa.name(), &found, &wanted, 2e-5);
        }
    }
}

/// Textbook attention of the sequence of `len` tokens from row `first` on.
fn naive_attention(
    qkv: &[f32],
    rows: usize,
    first: usize,
    len: usize,
    heads: usize,
    depth: usize,
) -> Vec<f64> {
    let hidden = heads * depth;
    let at = |token: usize, part: usize, i: usize| {
        f64::from(qkv[((part * heads + i / depth) * rows + first + token) * depth + i % depth])
    };
    let mut out = vec![0.0; len * hidden];
    for head in 0..heads {
        let dims = head * depth..(head + 1) * depth;
        for query in 0..len {
            let score = |key| dims.clone().map(|i| at(query, 0, i) * at(key, 1, i)).sum::<f64>();
            let scores: Vec<f64> = (0..len).map(|key| score(key) / (depth as f64).sqrt()).collect();
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = scores.iter().map(|x| (x - most).exp()).sum();
            for i in dims.clone() {
                let mixed = (0..len).map(|key| (scores[key] - most).exp() * at(key, 2, i));
                out[query * hidden + i] = mixed.sum::<f64>() / total;
            }
        }
    }
    out
}

#[test]
fn gelu_is_exact_to_a_millionth_from_far_left_to_far_right() {
    let xs: Vec<f32> = (-4000..=4000).map(|i| i as f32 / 1000.0).collect();
    let wanted: Vec<f64> =
        xs.iter().map(|&x| f64::from(x) * 0.5 * (1.0 + erf(f64::from(x) / 2f64.sqrt()))).collect();
    for isa in Isa::all() {
        let mut weights = |_: usize, row: &mut [f32]| row.fill(0.0);
        let layer = Packed::new(isa, Precision::F32, 1, &xs, &mut weights);
        let mut out = vec![0.0; xs.len()];
        let (rows, mut scratch) = ([0.0], Rounded::default());
        let finish = Finish::Gelu;
        isa.run(Job::Linear(Linear {
            rows: &rows,
            count: 1,
            layer: &layer,
            finish,
            out: &mut out,
            scratch: &mut scratch,
        }));
        check_near(isa.name(), &out, &wanted, 1e-6);
    }
}

#[test]
fn gelu_of_great_magnitudes_is_the_identity_or_zero() {
    let xs = [-1e6f32, -40.0, -6.5, 6.5, 40.0, 1e6];
    for isa in Isa::all() {
        let mut weights = |_: usize, row: &mut [f32]| row.fill(0.0);
        let layer = Packed::new(isa, Precision::F32, 1, &xs, &mut weights);
        let mut out = vec![0.0; xs.len()];
        let (rows, mut scratch) = ([0.0], Rounded::default());
        let finish = Finish::Gelu;
        isa.run(Job::Linear(Linear {
            rows: &rows,
            count: 1,
            layer: &layer,
            finish,
            out: &mut out,
            scratch: &mut scratch,
        }));
        for (x, y) in xs.iter().zip(out) {
            let wanted = x.max(0.0);
            assert!((y - wanted).abs() <= 1e-6 * x.abs(), "{}: gelu({x}) = {y}", isa.name());
        }
    }
}

#[test]
fn rows_of_zeros_survive_rounding() {
    let mut case = Case::new(7, 3, 10, 5);
    case.rows.fill(0.0);
    for isa in Isa::all() {
        let found = case.run(isa, Precision::Int8, Finish::Store);
        let wanted: Vec<f32> = case.bias.iter().copied().cycle().take(15).collect();
        assert_eq!(found, wanted, "{}", isa.name());
    }
}
