//! What a kernel may ask of an instruction set: one vector register of `f32`, and the functions built on it.
//!
//! An instruction set is a value that only its `detect` can make, so holding one proves that this CPU has it; that is
//! why the methods are safe. Everything here is `#[inline(always)]`: a kernel is compiled once per set, inside the
//! set's one entry function, which alone carries the `target_feature` attribute.

use super::Job;

/// The widest register of any set, in lanes.
pub(super) const MOST_LANES: usize = 16;

/// An instruction set of this CPU.
pub(super) trait Simd: Copy {
    /// A register of [`Self::LANES`] numbers.
    type F: Copy;
    /// Numbers in a register.
    const LANES: usize;
    /// Rows of a full tile, 6 or 12: as many as leave all sums in registers.
    const ROWS: usize;

    /// Asks for the memory so many bytes past the start of `from`, there or not.
    #[inline(always)]
    fn prefetch<W>(self, _from: &[W], _bytes: usize) {}

    /// Runs a job with this set's instructions turned on.
    fn run(self, job: Job<'_>);

    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::F;
    /// The first `LANES` numbers of `from`, which has at least as many.
    fn load(self, from: &[f32]) -> Self::F;
    /// Writes the lanes to the start of `to`, which has room.
    fn store(self, x: Self::F, to: &mut [f32]);
    /// `a + b`
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a - b`
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b`
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a / b`
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once where the set can.
    fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// The greater of each pair.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// The lesser of each pair.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// The nearest whole number, ties to even, for `|x| < 2²²`.
    fn round(self, x: Self::F) -> Self::F;
    /// `x · 2ⁿ` for whole `n` in `[-126, 127]`.
    fn scale(self, x: Self::F, n: Self::F) -> Self::F;
    /// The sum of the lanes.
    fn total(self, x: Self::F) -> f32;
    /// The greatest of the lanes.
    fn peak(self, x: Self::F) -> f32;
}

/// The polynomial `c[0] + c[1]·x + …` in every lane.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(s: S, x: S::F, c: [f32; N]) -> S::F {
    let mut sum = s.splat(c[N - 1]);
    let mut i = N - 1;
    while i > 0 {
        i -= 1;
        sum = s.fma(sum, x, s.splat(c[i]));
    }
    sum
}

/// `2ˣ` for `x ≤ 0`, to 2 units in the last place; below -126 it stays at `2⁻¹²⁶`.
///
/// The power is split at the nearest whole number; a degree-5 minimax polynomial (relative error 7.5e-8) does the rest.
#[inline(always)]
pub(super) fn exp2<S: Simd>(s: S, x: S::F) -> S::F {
    let x = s.max(x, s.splat(-126.0));
    let whole = s.round(x);
    let rest = s.sub(x, whole);
    let c = [1.0, 0.693_146_94, 0.240_221_2, 0.055_507_135, 0.009_675_542, 0.001_327_646_2];
    s.scale(polynomial(s, rest, c), whole)
}

/// `x · Φ(x)`, the exact (erf) form of GELU, Hendrycks & Gimpel 2016, to 1e-6.
#[inline(always)]
pub(super) fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let half = s.mul(x, s.splat(0.5));
    s.fma(half, erf_of_root(s, x), half)
}

/// `Φ(x)`, the share of a normal distribution below `x`, to 3e-8.
#[inline(always)]
pub(super) fn phi<S: Simd>(s: S, x: S::F) -> S::F {
    let half = s.splat(0.5);
    s.fma(erf_of_root(s, x), half, half)
}

/// `erf(x/√2)`, as `x·P(x²)/Q(x²)` with a rational minimax fit on `[-5.6, 5.6]` (error 1.9e-8), outside of which it is ±1
/// to the last bit that matters.
#[inline(always)]
fn erf_of_root<S: Simd>(s: S, x: S::F) -> S::F {
    const P: [f32; 6] =
        [0.797_884_46, 0.068_748_385, 0.009_414_265, 0.000_347_660_13, 1.271_256e-5, 4.429_218_6e-8];
    const Q: [f32; 6] = [1.0, 0.252_829_05, 0.028_938_966, 0.001_912_861_6, 7.509_472e-5, 1.180_216_4e-6];
    let bound = s.splat(5.6);
    let clamped = s.max(s.min(x, bound), s.sub(s.splat(0.0), bound));
    let square = s.mul(clamped, clamped);
    s.div(s.mul(clamped, polynomial(s, square, P)), polynomial(s, square, Q))
}

/// The first `LANES` numbers of `from`; zeros stand in for those it lacks.
#[inline(always)]
pub(super) fn load_some<S: Simd>(s: S, from: &[f32]) -> S::F {
    if from.len() >= S::LANES {
        return s.load(from);
    }
    let mut whole = [0.0; MOST_LANES];
    whole[..from.len()].copy_from_slice(from);
    s.load(&whole)
}

/// Writes as many lanes as `to` has room for.
#[inline(always)]
pub(super) fn store_some<S: Simd>(s: S, x: S::F, to: &mut [f32]) {
    if to.len() >= S::LANES {
        return s.store(x, to);
    }
    let mut whole = [0.0; MOST_LANES];
    s.store(x, &mut whole);
    to.copy_from_slice(&whole[..to.len()]);
}
