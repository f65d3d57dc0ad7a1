//! A linear layer on top of the encoder: classes of a text, tags of a token, the score of a pair.

use super::product::{BLOCK, Dense, Filler, Sums, add_weight_grads};
use super::{Draw, Parameter};
use crate::Precision;
use crate::kernels::{Finish, Isa};
use rayon::prelude::*;

/// `y = x·Wᵀ + b` on rows of any kind.
#[derive(Debug)]
pub struct Head {
    isa: Isa,
    /// `[outputs, inputs]`, then `[outputs]`.
    parameters: [Parameter; 2],
}

impl Head {
    /// Small random weights (normal, deviation 0.02, as BERT's heads start) and no bias.
    pub fn new(name: &str, inputs: usize, outputs: usize, seed: u64) -> Head {
        let mut draw = Draw::new(seed, outputs as u64);
        // Twelve uniform numbers less six are nearly normal, and the same on every machine: no logarithm is asked for.
        let mut normal = || 0.02 * ((0..12).map(|_| draw.unit()).sum::<f64>() - 6.0);
        let weight = (0..inputs * outputs).map(|_| normal() as f32).collect();
        Head::of(name, inputs, weight, vec![0.0; outputs])
    }

    /// Given weights, `[outputs, inputs]`, and biases.
    pub fn of(name: &str, inputs: usize, weight: Vec<f32>, bias: Vec<f32>) -> Head {
        let outputs = bias.len();
        let weight = Parameter::new(&format!("{name}.weight"), &[outputs, inputs], weight);
        let bias = Parameter::new(&format!("{name}.bias"), &[outputs], bias);
        Head { isa: Isa::best(Precision::F32), parameters: [weight, bias] }
    }

    /// Weight and bias.
    pub fn parameters(&self) -> &[Parameter; 2] {
        &self.parameters
    }

    /// Weight and bias, to be moved.
    pub fn parameters_mut(&mut self) -> &mut [Parameter; 2] {
        &mut self.parameters
    }

    fn dense(&self) -> Dense {
        let [weight, bias] = &self.parameters;
        let mut dense = Dense::new(self.isa, weight.shape[1], weight.shape[0]);
        dense.fill(&[&weight.values], &[&bias.values], true);
        dense
    }

    /// The outputs of `rows`, `[rows, inputs]`.
    pub fn forward(&self, rows: &[f32]) -> Vec<f32> {
        let [weight, _] = &self.parameters;
        let (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        let dense = self.dense();
        let mut out = vec![0.0; rows.len() / inputs * outputs];
        let blocks = out.par_chunks_mut(BLOCK * outputs).zip(rows.par_chunks(BLOCK * inputs));
        blocks.for_each(|(out, rows)| dense.outputs(rows, Finish::Store, out));
        out
    }

    /// Adds to the gradients of weight and bias, and returns that of the rows.
    pub fn backward(&mut self, rows: &[f32], grads: &[f32]) -> Vec<f32> {
        let dense = self.dense();
        let [weight, bias] = &mut self.parameters;
        let (outputs, inputs) = (weight.shape[0], weight.shape[1]);
        let mut filler = Filler::default();
        let filled = filler.fill(self.isa, rows, inputs);
        let sums = Sums { weight: &mut weight.gradient, bias: &mut bias.gradient };
        add_weight_grads(self.isa, grads, outputs, 0..outputs, &filled, sums);
        let mut back = vec![0.0; rows.len()];
        let blocks = back.par_chunks_mut(BLOCK * inputs).zip(grads.par_chunks(BLOCK * outputs));
        blocks.for_each(|(out, grads)| dense.input_grads(grads, Finish::Store, out));
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every gradient of a linear layer against differences: nothing curves, so that the step may be a large one.
    #[test]
    fn its_gradients_are_the_slopes() {
        // More rows than go together, and sizes that leave remainders.
        let (count, inputs, outputs) = (BLOCK + 3, 19, 7);
        let mut draw = Draw::new(3, 0);
        let mut numbers = |n: usize| -> Vec<f32> { (0..n).map(|_| draw.unit() as f32 - 0.5).collect() };
        let at = [numbers(outputs * inputs), numbers(outputs), numbers(count * inputs)];
        let weights = numbers(count * outputs);
        let head = |at: &[Vec<f32>; 3]| Head::of("layer", inputs, at[0].clone(), at[1].clone());
        let sum = |at: &[Vec<f32>; 3]| -> f64 {
            let out = head(at).forward(&at[2]);
            out.iter().zip(&weights).map(|(y, weight)| f64::from(*y) * f64::from(*weight)).sum()
        };
        let mut layer = head(&at);
        let of_rows = layer.backward(&at[2], &weights);
        let [of_weight, of_bias] = layer.parameters();
        for (part, gradient) in [&of_weight.gradient, &of_bias.gradient, &of_rows].into_iter().enumerate() {
            assert_eq!(gradient.len(), at[part].len());
            let most = gradient.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
            for (n, found) in gradient.iter().enumerate() {
                let side = |step: f32| {
                    let mut moved = at.clone();
                    moved[part][n] += step;
                    sum(&moved)
                };
                let slope = (side(0.5) - side(-0.5)) as f32;
                let allowed = 1e-3 * slope.abs().max(2e-2 * most);
                assert!((slope - found).abs() <= allowed, "{part}: [{n}]: slope {slope}, gradient {found}");
            }
        }
    }
}
