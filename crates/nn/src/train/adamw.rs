//! AdamW (Loshchilov & Hutter 2019), as PyTorch computes it, and the schedule of its rate.

use super::Parameter;

/// The optimiser; its moments lie with each parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Decay of the first moment; 0.9 by default.
    pub beta1: f64,
    /// Decay of the second moment; 0.999 by default.
    pub beta2: f64,
    /// Added to the root of the second moment; 1e-8 by default.
    pub eps: f64,
    /// Weight decay, decoupled; 0 by default.
    pub weight_decay: f64,
    /// Steps taken so far.
    pub steps: u64,
}

impl Default for AdamW {
    fn default() -> AdamW {
        AdamW { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0, steps: 0 }
    }
}

impl AdamW {
    /// Counts one more step; call it once before [`Self::update`] of every group.
    pub fn next_step(&mut self) {
        self.steps += 1;
    }

    /// Moves the parameters of a group against their gradients, at its rate.
    pub fn update<'a>(&self, parameters: impl IntoIterator<Item = &'a mut Parameter>, rate: f64) {
        let correction1 = 1.0 - self.beta1.powf(self.steps as f64);
        let correction2 = (1.0 - self.beta2.powf(self.steps as f64)).sqrt();
        let (beta1, beta2, eps) = (self.beta1 as f32, self.beta2 as f32, self.eps as f32);
        let (left1, left2) = ((1.0 - self.beta1) as f32, (1.0 - self.beta2) as f32);
        let (step, correction2) = ((rate / correction1) as f32, correction2 as f32);
        for parameter in parameters.into_iter().filter(|parameter| parameter.trained) {
            let decay = if parameter.decays { 1.0 - (rate * self.weight_decay) as f32 } else { 1.0 };
            parameter.each_part(|values, gradient, first, second| {
                let moments = first.iter_mut().zip(second);
                for ((x, &g), (m, v)) in values.iter_mut().zip(&*gradient).zip(moments) {
                    *m = beta1 * *m + left1 * g;
                    *v = beta2 * *v + left2 * g * g;
                    *x = *x * decay - step * *m / (v.sqrt() / correction2 + eps);
                }
            });
        }
    }
}

/// How the rate goes from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// The rate at its highest.
    pub peak: f64,
    /// Steps on the way up from 0.
    pub warmup: u64,
    /// Steps in all; the rate reaches 0 after the last.
    pub total: u64,
}

impl Schedule {
    /// The rate of step `step`, the first being 0: up linearly, then down linearly.
    pub fn rate(&self, step: u64) -> f64 {
        let left =
            self.total.saturating_sub(step) as f64 / (self.total - self.warmup.min(self.total)).max(1) as f64;
        match step < self.warmup {
            true => self.peak * step as f64 / self.warmup as f64,
            false => self.peak * left.min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_move_a_weight_as_pytorch_does() {
        // torch.optim.AdamW([[1.0, -2.0]], lr=.1, weight_decay=.01), gradients [.5, -1], [.1, .2], [-.3, 0].
        let mut weight = Parameter::new("weight", &[2], vec![1.0, -2.0]);
        let mut optimiser = AdamW { weight_decay: 0.01, ..AdamW::default() };
        for gradient in [[0.5, -1.0], [0.1, 0.2], [-0.3, 0.0]] {
            weight.gradient.copy_from_slice(&gradient);
            optimiser.next_step();
            optimiser.update([&mut weight], 0.1);
        }
        let expected = [0.795_907_86, -1.803_651_9];
        for (x, y) in weight.values.iter().zip(expected) {
            assert!((x - y).abs() < 1e-6, "{:?}", weight.values);
        }
    }

    #[test]
    fn the_rate_goes_up_and_down_as_in_transformers() {
        let schedule = Schedule { peak: 1.0, warmup: 2, total: 6 };
        let rates: Vec<f64> = (0..7).map(|step| schedule.rate(step)).collect();
        assert_eq!(rates, [0.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0]);
    }
}
