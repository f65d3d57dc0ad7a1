//! What resampling needs beyond whole numbers: normal numbers, and the Dirichlet draws of uncertain weights.

use engraft_eval::SplitMix;

/// A stream of random numbers.
pub(crate) struct Random(SplitMix);

impl Random {
    pub(crate) fn new(seed: u64, stream: u64) -> Random {
        Random(SplitMix::new(seed, stream))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next()
    }

    /// A whole number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    /// A number in `(0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// A standard normal number (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = ((-2.0 * self.unit().ln()).sqrt(), std::f64::consts::TAU * self.unit());
        radius * angle.cos()
    }

    /// A gamma number of the given shape, above 0, and scale 1 (Marsaglia and Tsang 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.unit().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Weights that sum to one, drawn around `weights` (which do too): a Dirichlet with `certainty` pseudo-votes.
    ///
    /// A weight of zero stays zero.
    pub(crate) fn weights(&mut self, weights: &[f64], certainty: f64) -> Vec<f64> {
        let drawn: Vec<f64> = weights
            .iter()
            .map(|weight| if *weight > 0.0 { self.gamma(weight * certainty) } else { 0.0 })
            .collect();
        let sum: f64 = drawn.iter().sum();
        if sum > 0.0 { drawn.iter().map(|weight| weight / sum).collect() } else { weights.to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_scatter_around_what_was_said() {
        let (said, certainty) = ([0.7, 0.3, 0.0], 50.0);
        let draws: Vec<Vec<f64>> =
            (0..4000).map(|stream| Random::new(1, stream).weights(&said, certainty)).collect();
        let mean = draws.iter().map(|draw| draw[0]).sum::<f64>() / 4000.0;
        let variance = draws.iter().map(|draw| (draw[0] - mean).powi(2)).sum::<f64>() / 4000.0;
        assert!((mean - 0.7).abs() < 0.005, "{mean}");
        // The variance of a Dirichlet's part: p (1 - p) / (certainty + 1).
        assert!((variance - 0.7 * 0.3 / 51.0).abs() < 0.0006, "{variance}");
        assert!(draws.iter().all(|draw| draw[2] == 0.0 && (draw.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }
}
