//! Plain arrays, for CPUs without a file of their own; the compiler vectorises what it can.

use super::product::Arithmetic;
use super::simd::Simd;
use super::{Job, Packed, perform, perform_rounded};

/// Registers of a line of a panel.
pub(super) const REGISTERS: usize = 2;

/// The set every CPU has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// Applies a function lane by lane.
#[inline(always)]
fn lanes(a: [f32; 8], b: [f32; 8], f: impl Fn(f32, f32) -> f32) -> [f32; 8] {
    let mut out = a;
    for i in 0..8 {
        out[i] = f(a[i], b[i]);
    }
    out
}

impl Simd for Portable {
    type F = [f32; 8];
    const LANES: usize = 8;
    const TALL: bool = false;

    fn run(self, job: Job<'_>) {
        match job {
            Job::Linear(job) if matches!(job.layer, Packed::Int8(_)) => {
                perform_rounded::<_, _, REGISTERS>(self, Int8, job, 0);
            }
            job => perform::<_, REGISTERS>(self, job),
        }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 8] {
        [x; 8]
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> [f32; 8] {
        let mut out = [0.0; 8];
        out.copy_from_slice(&from[..8]);
        out
    }
    #[inline(always)]
    fn store(self, x: [f32; 8], to: &mut [f32]) {
        to[..8].copy_from_slice(&x);
    }
    #[inline(always)]
    fn add(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        lanes(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        lanes(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        lanes(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        lanes(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn fma(self, a: [f32; 8], b: [f32; 8], c: [f32; 8]) -> [f32; 8] {
        // Rounded twice: `mul_add` is a slow library call where the CPU lacks the instruction.
        lanes(lanes(a, b, |a, b| a * b), c, |ab, c| ab + c)
    }
    #[inline(always)]
    fn max(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        lanes(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn min(self, a: [f32; 8], b: [f32; 8]) -> [f32; 8] {
        lanes(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn round(self, x: [f32; 8]) -> [f32; 8] {
        // Beyond 2²³ an f32 has no fraction: adding 1.5 · 2²³ rounds.
        lanes(x, [12_582_912.0; 8], |x, magic| x + magic - magic)
    }
    #[inline(always)]
    fn scale(self, x: [f32; 8], n: [f32; 8]) -> [f32; 8] {
        // The exponent field alone makes the power; the magic number leaves `n` in the lowest bits.
        lanes(x, n, |x, n| x * f32::from_bits((n + 12_582_912.0 + 127.0).to_bits() << 23))
    }
    #[inline(always)]
    fn total(self, x: [f32; 8]) -> f32 {
        ((x[0] + x[4]) + (x[1] + x[5])) + ((x[2] + x[6]) + (x[3] + x[7]))
    }
    #[inline(always)]
    fn peak(self, x: [f32; 8]) -> f32 {
        x.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}

/// Quads of `i8`.
#[derive(Clone, Copy)]
struct Int8;

impl Arithmetic<Portable> for Int8 {
    type Word = u32;
    type Column = [u32; 8];
    type Spread = u32;
    type Sum = [i32; 8];

    #[inline(always)]
    fn start(self, _s: Portable, _shift: &[i32]) -> [i32; 8] {
        [0; 8]
    }
    #[inline(always)]
    fn load(self, _s: Portable, panel: &[u32]) -> [u32; 8] {
        let mut out = [0; 8];
        out.copy_from_slice(&panel[..8]);
        out
    }
    #[inline(always)]
    fn spread(self, _s: Portable, word: u32) -> u32 {
        word
    }
    #[inline(always)]
    fn step(self, _s: Portable, mut sum: [i32; 8], row: u32, column: [u32; 8]) -> [i32; 8] {
        // A shift up and an arithmetic shift down takes out one signed byte.
        let byte = |word: u32, up: u32| (word << up).cast_signed() >> 24;
        for i in 0..8 {
            for up in [24, 16, 8, 0] {
                sum[i] += byte(row, up) * byte(column[i], up);
            }
        }
        sum
    }
    #[inline(always)]
    fn value(self, _s: Portable, sum: [i32; 8], row: f32, scale: &[f32], bias: &[f32]) -> [f32; 8] {
        let mut out = [0.0; 8];
        for i in 0..8 {
            out[i] = sum[i] as f32 * (row * scale[i]) + bias[i];
        }
        out
    }
}
