//! The percentile bootstrap (Efron 1979): how far a mean would move had other items been drawn.

use serde::Serialize;

/// How to resample. The same seed gives the same interval on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// Chooses the resamples.
    pub seed: u64,
    /// How many; 1,000 or more for a 95 % interval.
    pub resamples: usize,
}

impl Default for Resampling {
    fn default() -> Resampling {
        Resampling { seed: 0, resamples: 2000 }
    }
}

/// A 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The 95 % percentile interval of the mean of `values`, which must be independent of one another (one per query, not one
/// per query and document). `None` when there are no values or no resamples.
///
/// Ends are the 2.5 % and 97.5 % quantiles of the resampled means, interpolated linearly.
pub fn bootstrap_mean(values: &[f64], resampling: &Resampling) -> Option<Interval> {
    if values.is_empty() || resampling.resamples == 0 {
        return None;
    }
    let mut means: Vec<f64> = (0..resampling.resamples)
        .map(|resample| {
            let mut draw = SplitMix::new(resampling.seed, resample as u64);
            let sum: f64 = (0..values.len()).map(|_| values[draw.below(values.len())]).sum();
            sum / values.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    Some(Interval { low: quantile(&means, 0.025), high: quantile(&means, 0.975) })
}

/// The `q`-quantile of sorted values, interpolated linearly. `sorted` must not be empty; `q` in `[0, 1]`.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let at = q * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

/// SplitMix64 (Steele, Lea and Flood 2014): seeded randomness, the same on every machine. One stream per resample, so that
/// they could be drawn in any order.
#[derive(Clone, Debug)]
pub struct SplitMix(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix {
    /// The stream of that number under that seed.
    pub fn new(seed: u64, stream: u64) -> SplitMix {
        // The stream number is mixed before it meets the seed; neighbouring streams would overlap otherwise.
        SplitMix(seed ^ SplitMix(stream.wrapping_mul(GOLDEN)).next())
    }

    /// 64 random bits.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so `Option` would only be in the way")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`; its bias, `n` in 2^64, is too small to ever be seen.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_generator_is_splitmix64() {
        // The first outputs for seed 1234567 of Vigna's public reference implementation.
        let mut generator = SplitMix(1_234_567);
        let first = [generator.next(), generator.next(), generator.next()];
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn about_95_of_100_intervals_hold_the_true_mean() {
        let mut world = SplitMix(7);
        let covered = (0..400u64).filter(|&seed| {
            // The mean of eight uniform numbers is nearly normal around one half.
            let mut item = || (0..8).map(|_| world.below(1 << 30) as f64 / (1u64 << 33) as f64).sum::<f64>();
            let values: Vec<f64> = (0..100).map(|_| item()).collect();
            let interval = bootstrap_mean(&values, &Resampling { seed, resamples: 1000 }).unwrap();
            interval.low <= 0.5 && 0.5 <= interval.high
        });
        let covered = covered.count();
        assert!((365..=395).contains(&covered), "{covered} of 400");
    }

    #[test]
    fn more_items_make_it_narrower() {
        let width = |n: usize| {
            let values: Vec<f64> = (0..n).map(|i| (i % 2) as f64).collect();
            let interval = bootstrap_mean(&values, &Resampling::default()).unwrap();
            interval.high - interval.low
        };
        // The normal approximation: 2 x 1.96 x 0.5 / sqrt(n).
        assert!((width(100) - 0.196).abs() < 0.025 && (width(10_000) - 0.0196).abs() < 0.0025);
    }

    proptest! {
        #[test]
        fn it_lies_within_the_values(values in prop::collection::vec(-5.0f64..5.0, 1..40), seed: u64) {
            let interval = bootstrap_mean(&values, &Resampling { seed, resamples: 200 }).unwrap();
            let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
            prop_assert!(least - 1e-12 <= interval.low && interval.low <= interval.high);
            prop_assert!(interval.high <= most + 1e-12);
        }
    }
}
