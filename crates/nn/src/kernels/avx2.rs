//! AVX2 with FMA: eight lanes, sixteen registers; `i8` products by multiply-and-add of neighbouring bytes.

use std::arch::x86_64::{
    __m256, __m256i, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32,
    _mm_max_ps, _mm_max_ss, _mm_movehl_ps, _mm_shuffle_ps, _mm256_abs_epi8, _mm256_add_epi32, _mm256_add_ps,
    _mm256_castps256_ps128, _mm256_castsi256_ps, _mm256_cvtepi32_ps, _mm256_cvtps_epi32, _mm256_div_ps,
    _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_round_ps, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_slli_epi32,
    _mm256_storeu_ps, _mm256_sub_ps,
};

use super::product::Arithmetic;
use super::simd::Simd;
use super::{Job, Linear, Packed, perform, perform_rounded};

/// Registers of a line of a panel: six rows of two sums, two columns and one spread word fill the register file.
pub(super) const REGISTERS: usize = 2;

/// Proof that this CPU has AVX2 and FMA.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// The set, if this CPU has it.
    pub(super) fn detect() -> Option<Avx2> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        has.then_some(Avx2(()))
    }
}

#[target_feature(enable = "avx2,fma")]
fn enter(s: Avx2, job: Job<'_>) {
    match job {
        Job::Linear(job @ Linear { layer: Packed::Int8(_), .. }) => {
            perform_rounded::<_, _, REGISTERS>(s, Int8, job, 0);
        }
        job => perform::<_, REGISTERS>(s, job),
    }
}

impl Simd for Avx2 {
    type F = __m256;
    const LANES: usize = 8;
    const ROWS: usize = 6;

    fn run(self, job: Job<'_>) {
        // SAFETY: `self` proves the features.
        unsafe { enter(self, job) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m256 {
        // SAFETY: `self` proves the features; so below.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> __m256 {
        let from = &from[..8];
        // SAFETY: eight numbers are there to read.
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, x: __m256, to: &mut [f32]) {
        let to = &mut to[..8];
        // SAFETY: there is room for eight numbers.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    fn round(self, x: __m256) -> __m256 {
        // SAFETY: as for `splat`.
        unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }
    }
    #[inline(always)]
    fn scale(self, x: __m256, n: __m256) -> __m256 {
        // The exponent field alone makes the power.
        // SAFETY: as for `splat`.
        unsafe {
            let exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
            _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(exponent)))
        }
    }
    #[inline(always)]
    fn total(self, x: __m256) -> f32 {
        // SAFETY: as for `splat`.
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
    #[inline(always)]
    fn peak(self, x: __m256) -> f32 {
        // SAFETY: as for `splat`.
        unsafe {
            let four = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
            let two = _mm_max_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps::<1>(two, two)))
        }
    }
}

/// Quads of `i8`: the instruction multiplies unsigned with signed bytes and saturates sums of two beyond 2¹⁵, so the
/// row gives its magnitudes (at most 127) and lends its signs to the column.
#[derive(Clone, Copy)]
struct Int8;

impl Arithmetic<Avx2> for Int8 {
    type Word = u32;
    type Column = __m256i;
    /// Magnitudes, and the values with their signs.
    type Spread = (__m256i, __m256i);
    type Sum = __m256i;

    #[inline(always)]
    fn start(self, _s: Avx2, _shift: &[i32]) -> __m256i {
        // SAFETY: `_s` proves the feature.
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    fn load(self, _s: Avx2, panel: &[u32]) -> __m256i {
        let panel = &panel[..8];
        // SAFETY: `_s` proves the feature; eight words are there to read.
        unsafe { _mm256_loadu_si256(panel.as_ptr().cast()) }
    }
    #[inline(always)]
    fn spread(self, _s: Avx2, word: u32) -> (__m256i, __m256i) {
        // SAFETY: `_s` proves the feature.
        unsafe {
            let signed = _mm256_set1_epi32(word.cast_signed());
            (_mm256_abs_epi8(signed), signed)
        }
    }
    #[inline(always)]
    fn step(self, _s: Avx2, sum: __m256i, row: (__m256i, __m256i), column: __m256i) -> __m256i {
        // SAFETY: `_s` proves the feature.
        unsafe {
            let pairs = _mm256_maddubs_epi16(row.0, _mm256_sign_epi8(column, row.1));
            _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }
    #[inline(always)]
    fn value(self, s: Avx2, sum: __m256i, row: f32, scale: &[f32], bias: &[f32]) -> __m256 {
        // SAFETY: `s` proves the feature.
        let sum = unsafe { _mm256_cvtepi32_ps(sum) };
        s.fma(sum, s.mul(s.splat(row), s.load(scale)), s.load(bias))
    }
}
