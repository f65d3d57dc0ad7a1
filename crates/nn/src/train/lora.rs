//! LoRA (Hu et al. 2021): a frozen weight plus the product of two thin trained ones.
//!
//! The weights are packed anew for every step anyway, so the passes run on the merged weight `W + s·B·A` at no further
//! cost, and only the gradients of `A` and `B` are computed, from two thin products, never that of `W`.

use std::borrow::Cow;

use super::Parameter;
use super::body::LinearAt;

/// What of an encoder is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Adapt {
    /// Everything.
    Full,
    /// Adapters beside the linear layers; the model itself stays as it is.
    Lora(Lora),
}

/// The shape of the adapters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lora {
    /// The inner dimension `r` of each adapter; 8 by default.
    pub rank: usize,
    /// The adapter's product is scaled by `alpha / rank`; 16 by default.
    pub alpha: f32,
    /// Whether all linear layers have one, or only queries and values.
    pub all_linear: bool,
    /// Draws `A`; `B` starts at 0.
    pub seed: u64,
}

impl Default for Lora {
    fn default() -> Lora {
        Lora { rank: 8, alpha: 16.0, all_linear: true, seed: 0 }
    }
}

/// Where the thin weights of an adapter are among the parameters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adapter {
    /// `[rank, inputs]`
    pub(super) a: usize,
    /// `[outputs, rank]`
    pub(super) b: usize,
    pub(super) scale: f32,
}

impl Lora {
    /// Adds an adapter of the layer called `name` to the parameters, when it is one of those that get one.
    ///
    /// `A` is uniform within ±1/√inputs and `B` is 0, as in PEFT.
    pub(super) fn adapter(
        &self,
        name: &str,
        inputs: usize,
        outputs: usize,
        parameters: &mut Vec<Parameter>,
    ) -> Option<Adapter> {
        let chosen = self.all_linear || name.ends_with("query") || name.ends_with("value");
        if !chosen {
            return None;
        }
        let bound = 1.0 / (inputs as f64).sqrt();
        let mut draw = super::Draw::new(self.seed, parameters.len() as u64);
        let uniform = (0..self.rank * inputs).map(|_| (bound * (2.0 * draw.unit() - 1.0)) as f32).collect();
        parameters.push(Parameter::new(&format!("{name}.lora_A.weight"), &[self.rank, inputs], uniform));
        let zeros = vec![0.0; outputs * self.rank];
        parameters.push(Parameter::new(&format!("{name}.lora_B.weight"), &[outputs, self.rank], zeros));
        let (a, b) = (parameters.len() - 2, parameters.len() - 1);
        Some(Adapter { a, b, scale: self.alpha / self.rank as f32 })
    }
}

/// The weight as it acts: `W`, or `W + s·B·A`.
pub(super) fn merge(parameters: &[Parameter], linear: LinearAt) -> Cow<'_, [f32]> {
    let weight = &parameters[linear.weight];
    let Some(Adapter { a, b, scale }) = linear.adapter else { return Cow::Borrowed(&weight.values) };
    let (a, b) = (&parameters[a], &parameters[b]);
    let (rank, inputs) = (a.shape[0], a.shape[1]);
    let mut merged = weight.values.clone();
    for (row, factors) in merged.chunks_exact_mut(inputs).zip(b.values.chunks_exact(rank)) {
        for (factor, line) in factors.iter().zip(a.values.chunks_exact(inputs)) {
            let factor = factor * scale;
            for (x, y) in row.iter_mut().zip(line) {
                *x += factor * y;
            }
        }
    }
    Cow::Owned(merged)
}
