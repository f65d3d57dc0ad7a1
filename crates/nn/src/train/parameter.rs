//! Weights that are trained: their values, gradients, and what the optimiser remembers of them.

use std::collections::BTreeSet;

use rayon::prelude::*;

/// One tensor of a model in training, row-major, `f32`.
#[derive(Clone, Debug, Default)]
pub struct Parameter {
    /// As in the model's file.
    pub name: String,
    /// Its shape, outputs first.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: Vec<f32>,
    /// What the last backward passes added up; empty where nothing is trained.
    pub gradient: Vec<f32>,
    /// Whether the optimiser may move it.
    pub trained: bool,
    /// Whether weight decay applies: not to biases, normalisations and lookup tables.
    pub decays: bool,
    /// Rows of a lookup table that ever got a gradient; `None`: all of them count.
    pub(super) touched: Option<BTreeSet<usize>>,
    /// First and second moments of the gradient, as AdamW keeps them.
    pub(super) moments: [Vec<f32>; 2],
}

impl Parameter {
    /// A tensor to train; biases and normalisations are told by their name and do not decay.
    pub fn new(name: &str, shape: &[usize], values: Vec<f32>) -> Parameter {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        let plain = name.ends_with("bias") || name.contains("LayerNorm");
        // Zeroed memory costs nothing until it is written to, so rows that are never touched never take any.
        let zeros = || vec![0.0; values.len()];
        Parameter {
            name: name.to_string(),
            shape: shape.to_vec(),
            gradient: zeros(),
            moments: [zeros(), zeros()],
            values,
            trained: true,
            decays: !plain,
            touched: None,
        }
    }

    /// A tensor that stays as it is.
    pub fn frozen(name: &str, shape: &[usize], values: Vec<f32>) -> Parameter {
        let (name, shape) = (name.to_string(), shape.to_vec());
        Parameter { name, shape, values, ..Parameter::default() }
    }

    /// A lookup table: only the rows that are looked up are trained, and none decays.
    pub(super) fn sparse(mut self) -> Parameter {
        self.decays = false;
        self.touched = Some(BTreeSet::new());
        self
    }

    /// Numbers of a row.
    pub(super) fn width(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// Runs over the parts that can have a gradient: `work(values, gradient, first moments, second moments)`.
    pub(super) fn each_part(&mut self, work: impl Fn(&mut [f32], &mut [f32], &mut [f32], &mut [f32]) + Sync) {
        const PART: usize = 1 << 14;
        let width = self.width();
        let [first, second] = &mut self.moments;
        match &self.touched {
            None => {
                let moments = first.par_chunks_mut(PART).zip(second.par_chunks_mut(PART));
                let parts = self.values.par_chunks_mut(PART).zip(self.gradient.par_chunks_mut(PART));
                parts.zip(moments).for_each(|((values, gradient), (first, second))| {
                    work(values, gradient, first, second);
                });
            }
            Some(rows) => {
                for row in rows {
                    let place = row * width..(row + 1) * width;
                    work(
                        &mut self.values[place.clone()],
                        &mut self.gradient[place.clone()],
                        &mut first[place.clone()],
                        &mut second[place],
                    );
                }
            }
        }
    }

    /// The sum of the squares of the gradient, in a fixed order at any number of threads.
    fn squares(&self) -> f64 {
        const PART: usize = 1 << 14;
        let squares = |part: &[f32]| part.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
        match &self.touched {
            None => {
                let parts: Vec<f64> = self.gradient.par_chunks(PART).map(squares).collect();
                parts.iter().sum()
            }
            Some(rows) => {
                let width = self.width();
                rows.iter().map(|row| squares(&self.gradient[row * width..][..width])).sum()
            }
        }
    }
}

/// The Euclidean length of all gradients together; NaN or infinite when one of them is.
pub fn gradient_norm<'a>(parameters: impl IntoIterator<Item = &'a Parameter>) -> f64 {
    let trained = parameters.into_iter().filter(|parameter| parameter.trained);
    trained.map(Parameter::squares).sum::<f64>().sqrt()
}

/// The trained tensors whose gradient is all zeros or not a number: what no training will move.
pub fn without_gradient<'a>(parameters: impl IntoIterator<Item = &'a Parameter>) -> Vec<&'a str> {
    let still = |parameter: &&Parameter| {
        let squares = parameter.squares();
        parameter.trained && (squares == 0.0 || !squares.is_finite())
    };
    parameters.into_iter().filter(still).map(|parameter| parameter.name.as_str()).collect()
}

/// Forgets all gradients.
pub fn zero_gradients<'a>(parameters: impl IntoIterator<Item = &'a mut Parameter>) {
    for parameter in parameters.into_iter().filter(|parameter| parameter.trained) {
        parameter.each_part(|_, gradient, _, _| gradient.fill(0.0));
    }
}

/// Scales all gradients so that together they are no longer than `longest`, and returns how long they were.
pub fn clip_gradients(parameters: &mut [&mut Parameter], longest: f64) -> f64 {
    let norm = gradient_norm(parameters.iter().map(|parameter| &**parameter));
    if norm > longest && norm.is_finite() {
        // As PyTorch's `clip_grad_norm_`.
        let factor = (longest / (norm + 1e-6)) as f32;
        for parameter in parameters.iter_mut().filter(|parameter| parameter.trained) {
            parameter.each_part(|_, gradient, _, _| gradient.iter_mut().for_each(|x| *x *= factor));
        }
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::super::AdamW;
    use super::*;

    #[test]
    fn a_lookup_table_moves_as_if_all_of_its_rows_counted() {
        let values: Vec<f32> = (0..12).map(|n| n as f32 / 7.0 - 0.8).collect();
        let new = || Parameter::new("table", &[4, 3], values.clone());
        let (mut whole, mut table) = (Parameter { decays: false, ..new() }, new().sparse());
        let mut optimiser = AdamW { weight_decay: 0.01, ..AdamW::default() };
        // The rows that each step looks up; the last one never is.
        for rows in [&[0, 2][..], &[2], &[1]] {
            zero_gradients([&mut whole, &mut table]);
            for at in rows.iter().flat_map(|row| row * 3..row * 3 + 3) {
                (whole.gradient[at], table.gradient[at]) = (0.3 - at as f32 / 5.0, 0.3 - at as f32 / 5.0);
            }
            table.touched.get_or_insert_default().extend(rows);
            let norms = [gradient_norm([&whole]), gradient_norm([&table])];
            assert!((norms[0] - norms[1]).abs() < 1e-12, "{norms:?}");
            optimiser.next_step();
            optimiser.update([&mut whole, &mut table], 0.1);
            assert_eq!(whole.values, table.values);
        }
        assert_eq!(table.values[9..], values[9..], "a row moved that was never looked up");
        assert!(table.values[..9].iter().zip(&values).all(|(now, before)| now != before));
    }

    #[test]
    fn a_table_that_was_never_looked_up_has_no_gradient() {
        let table = Parameter::new("table", &[2, 2], vec![1.0; 4]).sparse();
        assert_eq!(without_gradient([&table]), ["table"]);
    }
}
