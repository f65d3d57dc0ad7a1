//! The CPU kernels, one door for all instruction sets: [`Isa`] finds the best, [`Isa::run`] does a [`Job`] with it.
//!
//! The kernels are generic over a small trait ([`simd::Simd`]); each instruction set is one file that implements it.
//! All unsafe code of the crate's arithmetic is in those files.

mod attention;
mod attention_grad;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod gradients;
#[cfg(target_arch = "aarch64")]
mod neon;
mod norm;
mod panels;
mod portable;
mod product;
mod round;
mod simd;
#[cfg(test)]
mod tests;

pub(crate) use attention::{Attention, AttentionScratch};
pub(crate) use attention_grad::{AttentionGrad, AttentionGradScratch};
pub(crate) use gradients::{GeluGrad, NormaliseGrad, NormaliseKeep};
pub(crate) use panels::{Packed, Panels};
pub(crate) use product::{Finish, Planes};

use product::{Arithmetic, Exact, Rows, multiply};
use serde::{Deserialize, Serialize};
use simd::Simd;

/// What the weights and activations of linear layers are rounded to; sums and everything else stay `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Not rounded: the reference.
    #[default]
    F32,
    /// Eight bits of precision, up to twice the speed where the CPU multiplies `bf16`; elsewhere `f32` is used.
    Bf16,
    /// Whole numbers from -127 to 127, with a scale per token and per output; the fastest, and the least exact. Elsewhere
    /// than on x86-64 with AVX2, `f32` is used.
    Int8,
}

/// A set of vector instructions of this CPU; holding one proves that this CPU has it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Avx2),
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Neon),
    Portable(portable::Portable),
}

impl Isa {
    /// All sets this CPU has, the fastest first.
    pub(crate) fn all() -> Vec<Isa> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(avx512::Avx512::detect().map(Isa::Avx512));
            all.extend(avx2::Avx2::detect().map(Isa::Avx2));
        }
        #[cfg(target_arch = "aarch64")]
        all.extend(neon::Neon::detect().map(Isa::Neon));
        all.push(Isa::Portable(portable::Portable));
        all
    }

    /// The fastest set that does `precision` itself, or the fastest of all.
    pub(crate) fn best(precision: Precision) -> Isa {
        let all = Isa::all();
        all.iter().copied().find(|isa| isa.offered(precision) == precision).unwrap_or(all[0])
    }

    /// The name users see and can ask for.
    pub(crate) fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => "avx2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(_) => "neon",
            Isa::Portable(_) => "portable",
        }
    }

    /// What is done when `precision` is asked for: that, or `f32` where the CPU gains nothing by it.
    pub(crate) fn offered(self, precision: Precision) -> Precision {
        let has = match (self, precision) {
            (_, Precision::F32) => true,
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512(set), Precision::Bf16) => set.bf16.is_some(),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx512(set), Precision::Int8) => set.vnni.is_some(),
            #[cfg(target_arch = "x86_64")]
            (Isa::Avx2(_), Precision::Int8) => true,
            _ => false,
        };
        if has { precision } else { Precision::F32 }
    }

    /// Columns of a panel.
    fn panel(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => avx512::Avx512::LANES * avx512::REGISTERS,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(_) => avx2::Avx2::LANES * avx2::REGISTERS,
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(_) => neon::Neon::LANES * neon::REGISTERS,
            Isa::Portable(_) => portable::Portable::LANES * portable::REGISTERS,
        }
    }

    /// What is added to rounded activations: VNNI multiplies unsigned bytes with signed ones.
    fn row_offset(self) -> u8 {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(_) => avx512::ROW_OFFSET,
            _ => 0,
        }
    }

    /// Does a job.
    pub(crate) fn run(self, job: Job<'_>) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512(set) => set.run(job),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2(set) => set.run(job),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon(set) => set.run(job),
            Isa::Portable(set) => set.run(job),
        }
    }
}

/// Something to compute, in one go, with one instruction set.
pub(crate) enum Job<'a> {
    /// A linear layer.
    Linear(Linear<'a>),
    /// The attention of one sequence.
    Attention(Attention<'a>),
    /// Layer normalisation in place.
    Normalise { rows: &'a mut [f32], gain: &'a [f32], bias: &'a [f32], eps: f32 },
    /// The gradient of the attention of one sequence.
    AttentionGrad(AttentionGrad<'a>),
    /// Layer normalisation that keeps what its gradient needs.
    NormaliseKeep(NormaliseKeep<'a>),
    /// The gradient of layer normalisation.
    NormaliseGrad(NormaliseGrad<'a>),
    /// GELU of every number.
    Gelu { pre: &'a [f32], out: &'a mut [f32] },
    /// The gradient of GELU.
    GeluGrad(GeluGrad<'a>),
}

/// `finish(rows · weights + bias)`.
pub(crate) struct Linear<'a> {
    /// Inputs, row by row; at least one row.
    pub(crate) rows: &'a [f32],
    /// How many rows.
    pub(crate) count: usize,
    /// Weights and bias, packed for the set that does the job.
    pub(crate) layer: &'a Packed,
    /// What is done with the result.
    pub(crate) finish: Finish,
    /// Outputs, row by row or as `finish` says.
    pub(crate) out: &'a mut [f32],
    /// Working memory.
    pub(crate) scratch: &'a mut Rounded,
}

/// Rows rounded to narrower words.
#[derive(Debug, Default)]
pub(crate) struct Rounded {
    words: Vec<u32>,
    scales: Vec<f32>,
}

/// A job whose layer, if it has one, is in `f32`.
#[inline(always)]
fn perform<S: Simd, const NV: usize>(s: S, job: Job<'_>) {
    match job {
        Job::Linear(Linear { rows, layer: Packed::F32(panels), finish, out, .. }) => {
            multiply::<S, Exact, NV>(
                s,
                Exact,
                &Rows { words: rows, scales: &[], first: 0 },
                panels,
                finish,
                out,
            );
        }
        Job::Linear(_) => unreachable!("this set does not offer the precision that the layer is packed in"),
        Job::Attention(job) => attention::attend::<S, NV>(s, job),
        Job::Normalise { rows, gain, bias, eps } => norm::normalise(s, rows, gain, bias, eps),
        Job::AttentionGrad(job) => attention_grad::attend_grad::<S, NV>(s, job),
        Job::NormaliseKeep(job) => gradients::normalise_keep(s, job),
        Job::NormaliseGrad(job) => gradients::normalise_grad(s, job),
        Job::Gelu { pre, out } => gradients::gelu_all(s, pre, out),
        Job::GeluGrad(job) => gradients::gelu_grad(s, job),
    }
}

/// A linear layer in narrower words.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "only sets of x86-64 do so"))]
#[inline(always)]
fn perform_rounded<S: Simd, A: Arithmetic<S, Word = u32>, const NV: usize>(
    s: S,
    arithmetic: A,
    job: Linear<'_>,
    row_offset: u8,
) {
    let Linear { rows, count, layer, finish, out, scratch } = job;
    let inputs = rows.len() / count;
    let (panels, int8) = match layer {
        Packed::Bf16(panels) => (panels, false),
        Packed::Int8(panels) => (panels, true),
        Packed::F32(_) => unreachable!("a layer in f32 is not rounded"),
    };
    scratch.words.resize(scratch.words.len().max(count * panels.steps), 0);
    scratch.scales.resize(scratch.scales.len().max(count), 1.0);
    let words = &mut scratch.words[..count * panels.steps];
    let rounded = words.chunks_exact_mut(panels.steps).zip(&mut scratch.scales);
    for (row, (words, scale)) in rows.chunks_exact(inputs).zip(rounded) {
        match int8 {
            true => *scale = round::to_int8(row, row_offset, words),
            false => round::to_bf16(row, words),
        }
    }
    multiply::<S, A, NV>(
        s,
        arithmetic,
        &Rows { words, scales: &scratch.scales, first: 0 },
        panels,
        finish,
        out,
    );
}
