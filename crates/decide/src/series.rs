//! Arithmetic on measured values together with their resamples.

use engraft_eval::{Metric, quantile};

use crate::draws::Series;
use crate::random::Random;

impl Series {
    /// The weighted sum of series that were drawn together.
    pub(crate) fn sum(parts: &[(f64, &Series)]) -> Series {
        let resamples = parts.first().map_or(0, |(_, series)| series.draws.len());
        let draws = (0..resamples)
            .map(|at| parts.iter().map(|(weight, series)| weight * series.draws[at]).sum())
            .collect();
        let point = parts.iter().map(|(weight, series)| weight * series.point).sum();
        let of_seeds =
            0..if parts.iter().any(|(_, series)| !series.limits.is_empty()) { resamples } else { 0 };
        let limits =
            of_seeds.map(|at| parts.iter().map(|(weight, series)| weight * series.limit(at)).sum()).collect();
        Series { point, draws, n: parts.iter().map(|(_, series)| series.n).min().unwrap_or(0), limits }
    }

    /// Where a draw would end up with ever more questions.
    pub(crate) fn limit(&self, draw: usize) -> f64 {
        self.limits.get(draw).copied().unwrap_or(self.point)
    }

    /// A share of questions, as if arms of another `stream` differed from this one on one more question, half of it won by either
    /// (Agresti and Min 2005).
    ///
    /// Resampling alone would have the arm that wins the only three questions on which two differ win in nearly every draw. The
    /// mean over the draws stays; of many questions one more changes next to nothing.
    pub(crate) fn hedged(&self, seed: u64, stream: usize) -> Series {
        // Of the difference of two arms the variance grows by that of one question won or lost.
        let mut random = Random::new(seed ^ 0x6865_6467, stream as u64);
        let half = std::f64::consts::FRAC_1_SQRT_2 / self.n.max(1) as f64;
        let noise: Vec<f64> = self.draws.iter().map(|_| half * random.normal()).collect();
        let mean = noise.iter().sum::<f64>() / noise.len().max(1) as f64;
        let draws = self.draws.iter().zip(&noise).map(|(draw, noise)| draw + noise - mean).collect();
        Series { draws, ..self.clone() }
    }

    /// Each value through `function`.
    pub(crate) fn map(&self, function: impl Fn(f64) -> f64) -> Series {
        let each = |values: &[f64]| values.iter().map(|value| function(*value)).collect();
        Series {
            point: function(self.point),
            draws: each(&self.draws),
            n: self.n,
            limits: each(&self.limits),
        }
    }

    /// The value with its 95 % percentile interval.
    pub(crate) fn metric(&self) -> Metric {
        let (low, high) = self.range(0.025, 0.975);
        if low == high {
            let why = Some("it did not vary when resampled".to_string());
            return Metric { value: Some(self.point), low: None, high: None, n: self.n, why };
        }
        Metric { value: Some(self.point), low: Some(low), high: Some(high), n: self.n, why: None }
    }

    /// Two quantiles of the draws.
    pub(crate) fn range(&self, low: f64, high: f64) -> (f64, f64) {
        if self.draws.is_empty() {
            return (self.point, self.point);
        }
        let mut sorted = self.draws.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        (quantile(&sorted, low), quantile(&sorted, high))
    }
}
