//! Plain arrays, for CPUs without a file of their own; the compiler vectorises them where it can.

use super::simd::Simd;
use super::{Job, perform};

/// Registers of a line of a panel.
pub(super) const REGISTERS: usize = 2;

/// The set every CPU has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Portable;

/// Adding this to a small `f32` rounds it, since beyond 2²³ there is no fraction, and leaves it in the lowest bits.
const MAGIC: f32 = 12_582_912.0;

// Loops, not closures: the compiler gives up inlining closures in a function as large as a kernel.
impl Simd for Portable {
    type F = [f32; 4];
    const LANES: usize = 4;
    const ROWS: usize = 6;

    fn run(self, job: Job<'_>) {
        perform::<_, REGISTERS>(self, job);
    }
    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 4] {
        [x; 4]
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> [f32; 4] {
        [from[0], from[1], from[2], from[3]]
    }
    #[inline(always)]
    fn store(self, x: [f32; 4], to: &mut [f32]) {
        to[..4].copy_from_slice(&x);
    }
    #[inline(always)]
    fn add(self, mut a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for i in 0..4 {
            a[i] += b[i];
        }
        a
    }
    #[inline(always)]
    fn sub(self, mut a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for i in 0..4 {
            a[i] -= b[i];
        }
        a
    }
    #[inline(always)]
    fn mul(self, mut a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for i in 0..4 {
            a[i] *= b[i];
        }
        a
    }
    #[inline(always)]
    fn div(self, mut a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for i in 0..4 {
            a[i] /= b[i];
        }
        a
    }
    #[inline(always)]
    fn fma(self, a: [f32; 4], b: [f32; 4], mut c: [f32; 4]) -> [f32; 4] {
        // Rounded twice: `mul_add` is a slow library call where the CPU lacks the instruction.
        for i in 0..4 {
            c[i] += a[i] * b[i];
        }
        c
    }
    #[inline(always)]
    fn max(self, mut a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for i in 0..4 {
            a[i] = if a[i] > b[i] { a[i] } else { b[i] };
        }
        a
    }
    #[inline(always)]
    fn min(self, mut a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        for i in 0..4 {
            a[i] = if a[i] < b[i] { a[i] } else { b[i] };
        }
        a
    }
    #[inline(always)]
    fn round(self, mut x: [f32; 4]) -> [f32; 4] {
        for x in &mut x {
            *x = *x + MAGIC - MAGIC;
        }
        x
    }
    #[inline(always)]
    fn scale(self, mut x: [f32; 4], n: [f32; 4]) -> [f32; 4] {
        // The exponent field alone makes the power.
        for i in 0..4 {
            x[i] *= f32::from_bits((n[i] + MAGIC + 127.0).to_bits() << 23);
        }
        x
    }
    #[inline(always)]
    fn total(self, x: [f32; 4]) -> f32 {
        (x[0] + x[2]) + (x[1] + x[3])
    }
    #[inline(always)]
    fn peak(self, x: [f32; 4]) -> f32 {
        x[0].max(x[1]).max(x[2].max(x[3]))
    }
}
