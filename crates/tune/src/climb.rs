//! How far up: a tier is compared with the best of those below it, on the same rows, and taken only where it is proven better.

use engraft_eval::Metric;

use crate::ship::{Verdict, verdict};

/// Tiers from the bottom up, on the rows they are judged by.
pub(crate) struct Climb<'a> {
    /// The name of each as a method, and what it lost on each row by a proper score; less is better.
    pub(crate) tiers: Vec<(&'static str, Vec<f64>)>,
    /// What is gained where less is lost, as in `its Brier score`.
    pub(crate) measure: &'a str,
    /// The mean of a gain on each row, with its doubt.
    pub(crate) mean: &'a dyn Fn(&[f64]) -> Metric,
}

/// A tier beside the best of those below it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Beside {
    /// The place of that one: it loses least on average.
    pub(crate) below: usize,
    /// How much less is lost.
    pub(crate) gain: Metric,
    /// Whether that is proven.
    pub(crate) verdict: Verdict,
}

impl Climb<'_> {
    /// The tier at that place beside the best of those below it; `None` for the lowest.
    ///
    /// Which one is the best is seen on the rows that the gain is measured on, so the tier is not flattered.
    pub(crate) fn beside(&self, place: usize) -> Option<Beside> {
        let lost = |tier: usize| self.tiers[tier].1.iter().sum::<f64>();
        let below = (0..place).min_by(|&a, &b| lost(a).total_cmp(&lost(b)))?;
        let (name, base) = &self.tiers[below];
        let gains: Vec<f64> = base.iter().zip(&self.tiers[place].1).map(|(base, own)| base - own).collect();
        let gain = (self.mean)(&gains);
        let verdict = verdict(&gain, self.measure, &format!("`{name}`"));
        Some(Beside { below, gain, verdict })
    }

    /// The highest tier that is proven better than the best of those below it, else the lowest; and in words why others were
    /// not taken.
    pub(crate) fn highest(&self) -> (usize, Option<String>) {
        let (mut highest, mut words) = (0, Vec::new());
        for place in 1..self.tiers.len() {
            let Some(Beside { verdict, .. }) = self.beside(place) else { continue };
            if verdict.ship {
                highest = place;
            } else {
                words.push(format!("`{}` was not taken: {}", self.tiers[place].0, verdict.why));
            }
        }
        (highest, (!words.is_empty()).then(|| words.join(". ")))
    }
}

#[cfg(test)]
mod tests {
    use engraft_eval::Resampling;

    use super::*;

    fn mean(gains: &[f64]) -> Metric {
        Metric::mean(gains, &Resampling { seed: 0, resamples: 200 })
    }

    /// Losses of 40 rows around a mean; every tier swings otherwise, by up to a tenth.
    fn losses(mean: f64, tier: usize) -> Vec<f64> {
        (0..40).map(|row| mean + ((row * (tier + 3)) % 11) as f64 / 50.0 - 0.1).collect()
    }

    #[track_caller]
    fn check(means: &[f64], highest: usize, below_the_last: usize) {
        let names = ["a", "b", "c", "d"];
        let tiers = means.iter().enumerate().map(|(tier, &mean)| (names[tier], losses(mean, tier))).collect();
        let climb = Climb { tiers, measure: "its loss", mean: &mean };
        assert_eq!(climb.highest().0, highest);
        assert_eq!(climb.beside(means.len() - 1).map(|beside| beside.below), Some(below_the_last));
    }

    #[test]
    fn each_tier_that_loses_much_less_is_taken() {
        check(&[3.0, 2.0, 1.0], 2, 1);
    }

    #[test]
    fn a_tier_that_loses_more_than_the_best_below_is_not_taken() {
        check(&[1.0, 3.0, 2.0], 0, 0);
        check(&[3.0, 1.0, 2.0], 1, 1);
    }

    #[test]
    fn a_tier_may_be_passed_over() {
        check(&[2.0, 3.0, 1.0], 2, 0);
    }

    #[test]
    fn what_was_not_taken_is_told_with_what_it_was_compared_with() {
        let climb = Climb {
            tiers: vec![("a", losses(1.0, 0)), ("b", losses(2.0, 1))],
            measure: "its loss",
            mean: &mean,
        };
        let (highest, why) = climb.highest();
        let why = why.unwrap();
        assert!(
            highest == 0 && why.starts_with("`b` was not taken: its loss is worse than that of `a`"),
            "{why}"
        );
        assert_eq!(climb.beside(0), None);
    }
}
