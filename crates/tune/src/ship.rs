//! Ship or not: the candidate against what there is, on the same rows, with the doubt of rows and of seeds.

use engraft_eval::{Metric, Resampling, SplitMix, quantile};
use serde::{Deserialize, Serialize};

use crate::clusters::widened;

/// Whether a model is proven better, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Ship it: the whole interval of the difference lies above 0.
    pub ship: bool,
    /// In words, with the numbers.
    pub why: String,
}

impl Verdict {
    /// Ships where both do, and says why in the words of both.
    pub(crate) fn and(self, other: Verdict) -> Verdict {
        Verdict { ship: self.ship && other.ship, why: format!("{}; {}", self.why, other.why) }
    }

    /// As it is; where it ships and `other` does not, that one: better than what is bad is not good yet.
    pub(crate) fn unless(self, other: Verdict) -> Verdict {
        if self.ship && !other.ship { other } else { self }
    }

    /// As it is; where it ships though more than one in twenty of the `rows` it was evaluated on was learned from, it does not: what
    /// a model remembers is no gain.
    pub fn unless_learned(mut self, learned: usize, rows: usize) -> Verdict {
        if self.ship && learned * 20 > rows {
            self.ship = false;
            self.why.push_str(&format!(
                "; but {learned} of the {rows} rows to evaluate on say the same as a row that was learned from; name others with `--eval`"
            ));
        }
        self
    }
}

/// The mean paired difference `candidate − base` with its 95 % interval over rows and seeds.
///
/// `base` and `candidate` hold for each seed one score a row, higher is better, of the same rows in the same order. A cluster
/// bootstrap: every resample draws rows with replacement, the same for both, and seeds with replacement for each. Drawing K
/// seeds of K shows only (K − 1)/K of their variance, so their deviations are stretched to make up for it (Davison and Hinkley
/// 1997, §2.7.1). One seed shows no spread of seeds, and only rows are drawn.
pub fn paired_difference(base: &[Vec<f64>], candidate: &[Vec<f64>], resampling: &Resampling) -> Metric {
    let n = base.iter().chain(candidate).map(Vec::len).min().unwrap_or(0);
    paired_difference_of_groups(base, candidate, &(0..n).collect::<Vec<_>>(), resampling)
}

/// As [`paired_difference`], of rows that belong together: whole groups are drawn, and the interval of fewer than thirty is widened
/// by Student's quantile. `groups` numbers the group of each row from 0.
pub fn paired_difference_of_groups(
    base: &[Vec<f64>],
    candidate: &[Vec<f64>],
    groups: &[usize],
    resampling: &Resampling,
) -> Metric {
    let n = base.iter().chain(candidate).map(Vec::len).min().unwrap_or(0).min(groups.len());
    let count = groups.iter().max().map_or(0, |most| most + 1);
    let bare = |value, why: &str| Metric { value, low: None, high: None, n, why: Some(why.into()) };
    if n == 0 || base.is_empty() || candidate.is_empty() {
        return bare(None, "nothing to compare");
    }
    let (base_mean, candidate_mean) = (mean_of_seeds(base, n), mean_of_seeds(candidate, n));
    let differences: Vec<f64> = candidate_mean.iter().zip(&base_mean).map(|(a, b)| a - b).collect();
    let value = differences.iter().sum::<f64>() / n as f64;
    if count == 1 || resampling.resamples == 0 {
        return bare(
            Some(value),
            if n == 1 { "one row shows no spread" } else { "one group of rows shows no spread" },
        );
    }
    let (of_base, of_candidate) = (deviations(base, &base_mean), deviations(candidate, &candidate_mean));
    let still = |seeds: &[Vec<f64>]| seeds.iter().all(|seed| seed.iter().all(|one| one.abs() < 1e-12));
    if differences.iter().all(|one| (one - differences[0]).abs() < 1e-12)
        && still(&of_base)
        && still(&of_candidate)
    {
        return bare(Some(value), "all rows differ alike, so resampling shows no spread");
    }
    let mut means: Vec<f64> = (0..resampling.resamples)
        .map(|resample| {
            let mut draw = SplitMix::new(resampling.seed, resample as u64);
            let mut times = vec![0.0; count];
            (0..count).for_each(|_| times[draw.below(count)] += 1.0);
            let weights: Vec<f64> = groups.iter().map(|&group| times[group]).collect();
            let all: f64 = weights.iter().sum();
            let mean = |values: &[f64]| values.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() / all;
            let mut total = mean(&differences);
            for (seeds, sign) in [(&of_candidate, 1.0), (&of_base, -1.0)] {
                let k = seeds.len();
                if k > 1 {
                    let stretch = (k as f64 / (k - 1) as f64).sqrt();
                    let drawn: f64 = (0..k).map(|_| mean(&seeds[draw.below(k)])).sum();
                    total += sign * stretch * drawn / k as f64;
                }
            }
            total
        })
        .collect();
    means.sort_by(f64::total_cmp);
    // As of two groups that gain the same: rows differ, and no resample shows it.
    if means[means.len() - 1] - means[0] < 1e-12 {
        return bare(Some(value), "all groups of rows differ alike, so resampling shows no spread");
    }
    let (low, high) = (quantile(&means, 0.025), quantile(&means, 0.975));
    widened(Metric { value: Some(value), low: Some(low), high: Some(high), n, why: None }, count, n)
}

fn mean_of_seeds(seeds: &[Vec<f64>], n: usize) -> Vec<f64> {
    (0..n).map(|row| seeds.iter().map(|seed| seed[row]).sum::<f64>() / seeds.len() as f64).collect()
}

fn deviations(seeds: &[Vec<f64>], mean: &[f64]) -> Vec<Vec<f64>> {
    seeds.iter().map(|seed| seed.iter().zip(mean).map(|(x, mean)| x - mean).collect()).collect()
}

/// Ships when the whole interval of `difference` is above 0. `measure` names what was compared, `against` with what.
pub fn verdict(difference: &Metric, measure: &str, against: &str) -> Verdict {
    let points = |value: f64| format!("{:+.1}", value * 100.0);
    let (Some(value), Some(low), Some(high)) = (difference.value, difference.low, difference.high) else {
        let why = difference.why.as_deref().unwrap_or("no interval");
        let ship = false;
        return Verdict { ship, why: format!("{measure} cannot be told from that of {against}: {why}") };
    };
    let numbers =
        format!("{} points ({} to {}) on {} rows", points(value), points(low), points(high), difference.n);
    if low > 0.0 {
        return Verdict { ship: true, why: format!("{measure} is better than that of {against}: {numbers}") };
    }
    if high < 0.0 {
        return Verdict { ship: false, why: format!("{measure} is worse than that of {against}: {numbers}") };
    }
    // The interval narrows with the root of n.
    let need = (difference.n as f64 * ((value - low) / value.abs()).powi(2)).ceil();
    let more = match value > 0.0 && need.is_finite() && need < 1e6 {
        true => format!("; a gain of this size would show on about {need:.0} rows"),
        false => String::new(),
    };
    Verdict {
        ship: false,
        why: format!("{measure} is not proven better than that of {against}: {numbers}{more}"),
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    /// Scores of 0 and 1 for two models of `seeds` seeds on `n` rows: the candidate mends a share of the rows and breaks
    /// another, and every seed of either has a swing of its own, in points of accuracy.
    fn world(n: usize, seeds: usize, mends: f64, breaks: f64, swing: f64, seed: u64) -> [Vec<Vec<f64>>; 2] {
        let mut draw = SplitMix::new(seed, 99);
        let mut uniform = move || draw.below(1 << 40) as f64 / (1u64 << 40) as f64;
        let hard: Vec<(f64, f64)> = (0..n).map(|_| (uniform(), uniform())).collect();
        let mut arm = |better: bool| -> Vec<Vec<f64>> {
            let of_seed = |swing: f64, noise: &[f64]| -> Vec<f64> {
                let row = |((easy, other), noise): (&(f64, f64), &f64)| {
                    let mut right = *easy < 0.85;
                    if better {
                        right = if right { *other >= breaks / 0.85 } else { *other < mends / 0.15 };
                    }
                    // A seed turns a few rows over, in the direction of its luck.
                    if *noise < swing.abs() {
                        right = swing > 0.0;
                    }
                    f64::from(right)
                };
                hard.iter().zip(noise).map(row).collect()
            };
            (0..seeds)
                .map(|_| {
                    let luck = (uniform() + uniform() + uniform() - 1.5) * 2.0 * swing;
                    let noise: Vec<f64> = (0..n).map(|_| uniform()).collect();
                    of_seed(luck, &noise)
                })
                .collect()
        };
        [arm(false), arm(true)]
    }

    /// How often of 200 times a candidate is shipped, by as many resamples as tuners take.
    fn shipped(seeds: usize, mends: f64, breaks: f64, swing: f64) -> usize {
        let ships = |seed: &u64| {
            let [base, candidate] = world(500, seeds, mends, breaks, swing, *seed);
            let resampling = Resampling { seed: *seed, resamples: 1000 };
            verdict(&paired_difference(&base, &candidate, &resampling), "accuracy", "the base").ship
        };
        (0..200_u64).into_par_iter().filter(ships).count()
    }

    #[test]
    fn without_a_real_gain_it_ships_in_at_most_5_of_100() {
        // The candidate differs on 10 % of the rows and is better by nothing; then it does not differ but for the luck of seeds.
        for (seeds, turned, swing) in [(1, 0.05, 0.0), (3, 0.05, 0.01), (3, 0.0, 0.01)] {
            let count = shipped(seeds, turned, turned, swing);
            assert!(count <= 10, "{seeds} seeds, {turned} turned over: {count} of 200");
        }
    }

    #[test]
    fn without_a_real_gain_rows_of_a_few_documents_ship_in_at_most_5_of_100() {
        // A twentieth of the rows is mended and as many are broken, in documents of thirty rows.
        for documents in [2, 3, 5, 8] {
            let n = documents * 30;
            let groups: Vec<usize> = (0..n).map(|row| row / 30).collect();
            let ships = |seed: &u64| {
                let [base, candidate] = world(n, 1, 0.05, 0.05, 0.0, *seed);
                let resampling = Resampling { seed: *seed, resamples: 1000 };
                let gain = paired_difference_of_groups(&base, &candidate, &groups, &resampling);
                verdict(&gain, "accuracy", "the base").ship
            };
            let count = (0..200_u64).into_par_iter().filter(ships).count();
            assert!(count <= 10, "{documents} documents: {count} of 200");
        }
    }

    #[test]
    fn two_documents_that_gain_the_same_show_no_spread() {
        let [base, mut candidate] = [[vec![0.0; 8]], [vec![0.0; 8]]];
        (candidate[0][1], candidate[0][6]) = (1.0, 1.0);
        let groups = [0, 0, 0, 0, 1, 1, 1, 1];
        let gain = paired_difference_of_groups(&base, &candidate, &groups, &Resampling::default());
        assert_eq!((gain.value, gain.low, gain.high), (Some(0.25), None, None));
    }

    #[test]
    fn a_gain_of_5_points_on_500_rows_is_shipped_in_at_least_80_of_100() {
        // 8 % of the rows are mended, 3 % broken: as between neighbouring tiers on BANKING77; and somewhat more of both.
        for (mends, breaks) in [(0.08, 0.03), (0.09, 0.04)] {
            for (seeds, swing) in [(1, 0.0), (3, 0.01)] {
                let count = shipped(seeds, mends, breaks, swing);
                assert!(count >= 160, "{seeds} seeds, {mends} mended, {breaks} broken: {count} of 200");
            }
        }
    }

    #[test]
    fn the_same_gain_among_more_rows_turned_over_is_shipped_in_three_of_five() {
        for (seeds, swing) in [(1, 0.0), (3, 0.01)] {
            let count = shipped(seeds, 0.15, 0.10, swing);
            assert!((110..=140).contains(&count), "{seeds} seeds: {count} of 200");
        }
    }

    #[test]
    fn one_seed_a_side_is_the_plain_bootstrap_of_differences() {
        let [base, candidate] = world(300, 1, 0.1, 0.05, 0.0, 4);
        let resampling = Resampling { seed: 9, resamples: 400 };
        let differences: Vec<f64> = candidate[0].iter().zip(&base[0]).map(|(a, b)| a - b).collect();
        let plain = Metric::mean(&differences, &resampling);
        let paired = paired_difference(&base, &candidate, &resampling);
        let near = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-12;
        assert!(near(plain.low, paired.low) && near(plain.high, paired.high), "{plain:?} {paired:?}");
    }

    #[test]
    fn rows_of_a_group_are_drawn_together() {
        let [base, candidate] = world(400, 3, 0.1, 0.05, 0.01, 6);
        // Each row four times over says no more than once.
        let four = |seeds: &[Vec<f64>]| -> Vec<Vec<f64>> {
            seeds.iter().map(|seed| seed.iter().flat_map(|&x| [x; 4]).collect()).collect()
        };
        let groups: Vec<usize> = (0..1600).map(|row| row / 4).collect();
        let resampling = Resampling { seed: 2, resamples: 600 };
        let width = |metric: Metric| metric.high.unwrap() - metric.low.unwrap();
        let once = width(paired_difference(&base, &candidate, &resampling));
        let (base, candidate) = (four(&base), four(&candidate));
        let grouped = width(paired_difference_of_groups(&base, &candidate, &groups, &resampling));
        let loose = width(paired_difference(&base, &candidate, &resampling));
        assert!((grouped / once - 1.0).abs() < 1e-9 && loose < 0.85 * once, "{once} {grouped} {loose}");
    }

    #[test]
    fn what_is_remembered_does_not_ship() {
        let told = |ship| Verdict { ship, why: "better".into() };
        assert_eq!(told(true).unless_learned(5, 100), told(true));
        assert_eq!(told(false).unless_learned(100, 100), told(false));
        let learned = told(true).unless_learned(6, 100);
        assert!(!learned.ship && learned.why.starts_with("better; but 6 of the 100 rows"), "{learned:?}");
    }

    #[test]
    fn of_two_verdicts_both_must_ship() {
        let told = |ship, why: &str| Verdict { ship, why: why.into() };
        for (a, b) in [(true, true), (true, false), (false, true), (false, false)] {
            assert_eq!(told(a, "one").and(told(b, "other")), told(a && b, "one; other"));
            let unless = told(a, "one").unless(told(b, "other"));
            assert_eq!((unless.ship, unless.why == "other"), (a && b, a && !b));
        }
    }

    #[test]
    fn the_verdict_says_why_in_numbers() {
        let metric = |value, low, high| Metric {
            value: Some(value),
            low: Some(low),
            high: Some(high),
            n: 400,
            why: None,
        };
        let why = |value, low, high| verdict(&metric(value, low, high), "accuracy", "linear").why;
        assert_eq!(
            why(0.03, 0.01, 0.05),
            "accuracy is better than that of linear: +3.0 points (+1.0 to +5.0) on 400 rows"
        );
        assert_eq!(
            why(-0.03, -0.05, -0.01),
            "accuracy is worse than that of linear: -3.0 points (-5.0 to -1.0) on 400 rows"
        );
        assert_eq!(
            why(0.01, -0.01, 0.03),
            "accuracy is not proven better than that of linear: +1.0 points (-1.0 to +3.0) on 400 rows; a gain of this size would show on about 1600 rows"
        );
        let same = paired_difference(&[vec![1.0; 5]], &[vec![1.0; 5]], &Resampling::default());
        assert!(!verdict(&same, "accuracy", "linear").ship);
    }
}
