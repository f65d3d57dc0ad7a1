//! AVX-512: sixteen lanes, thirty-two registers; `bf16` and `i8` products where the CPU has them.

use std::arch::x86_64::{
    __m512, __m512bh, __m512i, _MM_FROUND_NO_EXC, _MM_FROUND_TO_NEAREST_INT, _MM_HINT_T0, _mm_prefetch,
    _mm512_add_ps, _mm512_cvtepi32_ps, _mm512_div_ps, _mm512_dpbf16_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_reduce_add_ps,
    _mm512_reduce_max_ps, _mm512_roundscale_ps, _mm512_scalef_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_storeu_ps, _mm512_sub_ps,
};

use super::product::Arithmetic;
use super::simd::Simd;
use super::{Job, Linear, Packed, perform, perform_rounded};

/// Registers of a line of a panel: with twelve rows of two sums, a step loads two columns and spreads twelve words.
pub(super) const REGISTERS: usize = 2;

/// VNNI multiplies unsigned bytes with signed ones: rows are moved up by this.
pub(super) const ROW_OFFSET: u8 = 128;

/// Proof that this CPU has AVX-512 F, BW, DQ and VL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512 {
    // Only `detect` fills these in.
    pub(super) bf16: Option<Bf16>,
    pub(super) vnni: Option<Vnni>,
}

/// Proof of AVX512_BF16: pairs of `bf16`, summed in `f32`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bf16(());

/// Proof of AVX512_VNNI: quads of bytes, summed in `i32`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vnni(());

impl Avx512 {
    /// The set, if this CPU has it.
    pub(super) fn detect() -> Option<Avx512> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        has.then(|| Avx512 {
            bf16: is_x86_feature_detected!("avx512bf16").then_some(Bf16(())),
            vnni: is_x86_feature_detected!("avx512vnni").then_some(Vnni(())),
        })
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn enter(s: Avx512, job: Job<'_>) {
    perform::<_, REGISTERS>(s, job);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")]
fn enter_bf16(s: Avx512, bf16: Bf16, job: Linear<'_>) {
    perform_rounded::<_, _, REGISTERS>(s, bf16, job, 0);
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn enter_vnni(s: Avx512, vnni: Vnni, job: Linear<'_>) {
    perform_rounded::<_, _, REGISTERS>(s, vnni, job, ROW_OFFSET);
}

impl Simd for Avx512 {
    type F = __m512;
    const LANES: usize = 16;
    const ROWS: usize = 12;

    #[inline(always)]
    fn prefetch<W>(self, from: &[W], bytes: usize) {
        // SAFETY: nothing is read, so any address will do.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast::<i8>().wrapping_add(bytes)) }
    }

    fn run(self, job: Job<'_>) {
        match (job, self.bf16, self.vnni) {
            (Job::Linear(job @ Linear { layer: Packed::Bf16(_), .. }), Some(bf16), _) => {
                // SAFETY: `self` and `bf16` prove the features.
                unsafe { enter_bf16(self, bf16, job) }
            }
            (Job::Linear(job @ Linear { layer: Packed::Int8(_), .. }), _, Some(vnni)) => {
                // SAFETY: `self` and `vnni` prove the features.
                unsafe { enter_vnni(self, vnni, job) }
            }
            // SAFETY: `self` proves the features.
            (job, _, _) => unsafe { enter(self, job) },
        }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        // SAFETY: `self` proves the feature; so below.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    fn load(self, from: &[f32]) -> __m512 {
        let from = &from[..16];
        // SAFETY: sixteen numbers are there to read.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, x: __m512, to: &mut [f32]) {
        let to = &mut to[..16];
        // SAFETY: there is room for sixteen numbers.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    fn round(self, x: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x) }
    }
    #[inline(always)]
    fn scale(self, x: __m512, n: __m512) -> __m512 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_scalef_ps(x, n) }
    }
    #[inline(always)]
    fn total(self, x: __m512) -> f32 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_reduce_add_ps(x) }
    }
    #[inline(always)]
    fn peak(self, x: __m512) -> f32 {
        // SAFETY: as for `splat`.
        unsafe { _mm512_reduce_max_ps(x) }
    }
}

#[inline(always)]
fn load_words(_proof: Avx512, from: &[u32]) -> __m512i {
    let from = &from[..16];
    // SAFETY: the proof for the feature; sixteen words are there to read.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[inline(always)]
fn splat_word(_proof: Avx512, word: u32) -> __m512i {
    // SAFETY: the proof for the feature.
    unsafe { _mm512_set1_epi32(word.cast_signed()) }
}

impl Arithmetic<Avx512> for Bf16 {
    type Word = u32;
    type Column = __m512i;
    type Spread = __m512i;
    type Sum = __m512;

    #[inline(always)]
    fn start(self, s: Avx512, _shift: &[i32]) -> __m512 {
        s.splat(0.0)
    }
    #[inline(always)]
    fn load(self, s: Avx512, panel: &[u32]) -> __m512i {
        load_words(s, panel)
    }
    #[inline(always)]
    fn spread(self, s: Avx512, word: u32) -> __m512i {
        splat_word(s, word)
    }
    #[inline(always)]
    fn step(self, _s: Avx512, sum: __m512, row: __m512i, column: __m512i) -> __m512 {
        // SAFETY: `self` proves the feature; the two types are the same 512 bits.
        unsafe {
            let pairs = |x: __m512i| std::mem::transmute::<__m512i, __m512bh>(x);
            _mm512_dpbf16_ps(sum, pairs(row), pairs(column))
        }
    }
    #[inline(always)]
    fn value(self, s: Avx512, sum: __m512, _row: f32, _scale: &[f32], bias: &[f32]) -> __m512 {
        s.add(sum, s.load(bias))
    }
}

impl Arithmetic<Avx512> for Vnni {
    type Word = u32;
    type Column = __m512i;
    type Spread = __m512i;
    type Sum = __m512i;

    #[inline(always)]
    fn start(self, _s: Avx512, shift: &[i32]) -> __m512i {
        let shift = &shift[..16];
        // SAFETY: `_s` proves the feature; sixteen words are there to read.
        unsafe { _mm512_loadu_si512(shift.as_ptr().cast()) }
    }
    #[inline(always)]
    fn load(self, s: Avx512, panel: &[u32]) -> __m512i {
        load_words(s, panel)
    }
    #[inline(always)]
    fn spread(self, s: Avx512, word: u32) -> __m512i {
        splat_word(s, word)
    }
    #[inline(always)]
    fn step(self, _s: Avx512, sum: __m512i, row: __m512i, column: __m512i) -> __m512i {
        // SAFETY: `self` proves the feature.
        unsafe { _mm512_dpbusd_epi32(sum, row, column) }
    }
    #[inline(always)]
    fn value(self, s: Avx512, sum: __m512i, row: f32, scale: &[f32], bias: &[f32]) -> __m512 {
        // SAFETY: `s` proves the feature.
        let sum = unsafe { _mm512_cvtepi32_ps(sum) };
        s.fma(sum, s.mul(s.splat(row), s.load(scale)), s.load(bias))
    }
}
