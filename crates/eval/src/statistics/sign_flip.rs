//! The sign-flip permutation test (Fisher 1935): were the two sides alike, each difference could as well be its opposite.

use rayon::prelude::*;

use crate::statistics::distributions::ln_gamma;
use crate::{Resampling, SplitMix};

/// Up to so many differences all flips are tried.
const EXACT: usize = 20;
/// Differences looked up together: eight signs are one byte.
const BYTE: usize = 8;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignFlip {
    /// The share of flips with a sum at least as far from 0 as the one measured.
    pub two_sided: f64,
    /// The share with a sum at most as large: small where the differences are below 0.
    pub below: f64,
    /// The share with a sum at least as large: small where the differences are above 0.
    pub above: f64,
    /// Whether every flip was counted; else they are `resamples` random ones with the measured one among them.
    pub exact: bool,
}

/// Tests whether `differences`, one per independent unit (a document's questions summed), lie evenly around 0.
///
/// Differences of 0 say nothing. Exact up to 20 others, and of any number when they are all of one size, as those of right
/// and wrong answers are (this is McNemar's exact test). Otherwise `(1 + b) / (1 + B)` of B random flips.
pub fn sign_flip(differences: &[f64], resampling: &Resampling) -> SignFlip {
    let filled: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    let Some(&first) = filled.first() else {
        return SignFlip { two_sided: 1.0, below: 1.0, above: 1.0, exact: true };
    };
    let sum: f64 = filled.iter().sum();
    // Sums that differ by rounding alone are equal.
    let slack = 1e-12 * filled.iter().map(|difference| difference.abs()).sum::<f64>();
    if filled.iter().all(|difference| (difference.abs() - first.abs()).abs() <= 1e-12 * first.abs()) {
        return one_size(&filled);
    }
    let tally = |sums: &mut dyn Iterator<Item = f64>| {
        let mut counts = [0u64; 3];
        for flipped in sums {
            counts[0] += u64::from(flipped.abs() >= sum.abs() - slack);
            counts[1] += u64::from(flipped <= sum + slack);
            counts[2] += u64::from(flipped >= sum - slack);
        }
        counts
    };
    if filled.len() <= EXACT {
        let (left, right) = filled.split_at(filled.len() / 2);
        let (left, right) = (all_sums(left), all_sums(right));
        let counts = tally(&mut left.iter().flat_map(|a| right.iter().map(move |b| a + b)));
        let share = counts.map(|count| count as f64 / (left.len() * right.len()) as f64);
        return SignFlip { two_sided: share[0], below: share[1], above: share[2], exact: true };
    }
    let tables: Vec<Vec<f64>> = filled.chunks(BYTE).map(all_sums).collect();
    let random = |resample: usize| {
        let mut draw = SplitMix::new(resampling.seed, resample as u64);
        let eight = |tables: &[Vec<f64>]| {
            let bytes = draw.next().to_le_bytes();
            let looked_up = tables.iter().zip(bytes).map(|(table, byte)| table[byte as usize % table.len()]);
            looked_up.sum::<f64>()
        };
        tables.chunks(8).map(eight).sum::<f64>()
    };
    let counts = (0..resampling.resamples)
        .into_par_iter()
        .map(|resample| tally(&mut std::iter::once(random(resample))))
        .reduce(|| [0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
    let share = counts.map(|count| (1 + count) as f64 / (1 + resampling.resamples) as f64);
    SignFlip { two_sided: share[0], below: share[1], above: share[2], exact: false }
}

/// The sums of all flips, 2^n of them.
fn all_sums(differences: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0];
    for difference in differences {
        sums = sums.iter().flat_map(|sum| [sum - difference, sum + difference]).collect();
    }
    sums
}

/// Differences of one size: how many are above 0 is binomial with even chances.
fn one_size(filled: &[f64]) -> SignFlip {
    let (n, ups) = (filled.len(), filled.iter().filter(|difference| **difference > 0.0).count());
    let half = 0.5f64.ln() * n as f64 + ln_gamma(n as f64 + 1.0);
    let chance = |k: usize| (half - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0)).exp();
    let tail = |from: usize| (from..=n).map(chance).sum::<f64>().min(1.0);
    let (above, below) = (tail(ups), tail(n - ups));
    SignFlip { two_sided: (2.0 * above.min(below)).min(1.0), below, above, exact: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(differences: &[f64], two_sided: f64, above: f64) {
        let found = sign_flip(differences, &Resampling { seed: 0, resamples: 1000 });
        assert!((found.two_sided - two_sided).abs() < 1e-12, "{found:?}");
        assert!((found.above - above).abs() < 1e-12 && found.exact, "{found:?}");
    }

    #[test]
    fn few_differences_are_flipped_in_every_way() {
        check(&[1.0, 2.0, 3.0], 0.25, 0.125);
        check(&[1.0, 2.0, -3.0, 0.0], 1.0, 0.625);
        check(&[0.1, 0.2, -0.3], 1.0, 0.625);
    }

    #[test]
    fn right_and_wrong_answers_are_mcnemar_s_exact_test() {
        // Eight of ten: 2 x (1 + 10 + 45) / 1024.
        check(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0], 112.0 / 1024.0, 56.0 / 1024.0);
        check(&[0.0; 5], 1.0, 1.0);
    }

    #[test]
    fn many_differences_are_flipped_at_random_and_never_give_p_0() {
        let all: Vec<f64> = (1..=30).map(f64::from).collect();
        let found = sign_flip(&all, &Resampling { seed: 0, resamples: 999 });
        assert_eq!((found.two_sided, found.above, found.below, found.exact), (0.001, 0.001, 1.0, false));
    }

    #[test]
    fn random_flips_agree_with_all_flips() {
        let exact: Vec<f64> = (1..=20).map(|i| f64::from(i) * if i % 3 == 0 { -1.0 } else { 1.0 }).collect();
        let mut random = exact.clone();
        random.push(1e-9);
        let resampling = Resampling { seed: 3, resamples: 40_000 };
        let (exact, random) = (sign_flip(&exact, &resampling), sign_flip(&random, &resampling));
        assert!(exact.exact && !random.exact);
        assert!((exact.two_sided - random.two_sided).abs() < 0.01, "{exact:?} {random:?}");
    }
}
