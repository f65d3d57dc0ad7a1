//! Calibration: one temperature that makes probabilities mean what they say (Guo, Pleiss, Sun and Weinberger 2017).

use engraft_eval::Metric;
use serde::{Deserialize, Serialize};

/// Bins of the expected calibration error.
pub const BINS: usize = 15;
/// Temperatures sought, as powers of e.
const RANGE: (f64, f64) = (-5.0, 5.0);

/// The temperature, and what it did on rows it was not fitted on nor trained with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Scores are divided by it, after those of every member by its own; above 0.
    pub temperature: f64,
    /// Expected calibration error in bins of equal width, without any temperature and with all.
    pub ece_width: (f64, f64),
    /// Expected calibration error in bins of equal size, without any temperature and with all.
    pub ece_mass: (f64, f64),
    /// Rows it was fitted on.
    pub rows: usize,
}

impl Calibration {
    /// Fits the temperature on the scores of held-out rows with one right class each. No row leaves it at 1.
    pub fn of_classes(scores: &[Vec<f64>], right: &[usize]) -> Calibration {
        let temperature = temperature(scores, right);
        let before: Vec<(f64, bool)> = confidence(scores, right, 1.0);
        let after: Vec<(f64, bool)> = confidence(scores, right, temperature);
        Calibration::from_confidence(temperature, &before, &after)
    }

    /// Fits the temperature on the scores of held-out yes-or-no questions.
    pub fn of_truths(scores: &[f64], right: &[bool]) -> Calibration {
        let loss = |temperature: f64| {
            let each = scores.iter().zip(right).map(|(score, &right)| {
                let signed = if right { score / temperature } else { -score / temperature };
                softplus(-signed)
            });
            each.sum::<f64>()
        };
        let temperature = if scores.is_empty() { 1.0 } else { lowest(1, loss) };
        let at = |temperature: f64| -> Vec<(f64, bool)> {
            let each = scores.iter().zip(right).map(|(score, &right)| (sigmoid(score / temperature), right));
            each.collect()
        };
        Calibration::from_confidence(temperature, &at(1.0), &at(temperature))
    }

    fn from_confidence(temperature: f64, before: &[(f64, bool)], after: &[(f64, bool)]) -> Calibration {
        Calibration {
            temperature,
            ece_width: (ece_by_width(before), ece_by_width(after)),
            ece_mass: (ece_by_mass(before), ece_by_mass(after)),
            rows: after.len(),
        }
    }
}

/// The temperature with the least negative log-likelihood of the right classes.
pub fn temperature(scores: &[Vec<f64>], right: &[usize]) -> f64 {
    if scores.is_empty() {
        return 1.0;
    }
    lowest(scores.len(), |temperature| negative_log_likelihood(scores, right, temperature))
}

/// The mean negative log-likelihood, in nats, of the right classes under `softmax(scores / temperature)`.
pub fn negative_log_likelihood(scores: &[Vec<f64>], right: &[usize], temperature: f64) -> f64 {
    let each = scores.iter().zip(right).map(|(scores, &right)| {
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|score| ((score - most) / temperature).exp()).sum();
        sum.ln() - (scores[right] - most) / temperature
    });
    each.sum::<f64>() / scores.len().max(1) as f64
}

/// Golden-section search over the logarithm: the loss has one valley in the inverse temperature.
///
/// As if one row in `rows` spoke for 1: a handful of rows that are all right would else make every answer certain.
fn lowest(rows: usize, loss: impl Fn(f64) -> f64) -> f64 {
    let loss = |temperature: f64| loss(temperature) + temperature.ln().powi(2) / rows as f64;
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = RANGE;
    let (mut a, mut b) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_a, mut at_b) = (loss(a.exp()), loss(b.exp()));
    while high - low > 1e-6 {
        if at_a <= at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - golden * (high - low);
            at_a = loss(a.exp());
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + golden * (high - low);
            at_b = loss(b.exp());
        }
    }
    f64::midpoint(low, high).exp()
}

/// `softmax(scores / temperature)`.
pub fn softmax(scores: &[f64], temperature: f64) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| ((score - most) / temperature).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// `1 / (1 + exp(-score))`.
pub fn sigmoid(score: f64) -> f64 {
    if score >= 0.0 { 1.0 / (1.0 + (-score).exp()) } else { score.exp() / (1.0 + score.exp()) }
}

/// `ln(1 + exp(x))` without overflow.
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// The first of the greatest.
pub fn argmax(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best })
}

/// How sure the model is of its class, and whether that is right.
fn confidence(scores: &[Vec<f64>], right: &[usize], temperature: f64) -> Vec<(f64, bool)> {
    let each = scores.iter().zip(right).map(|(scores, &right)| {
        let best = argmax(scores);
        (softmax(scores, temperature)[best], best == right)
    });
    each.collect()
}

/// The expected calibration error over [`BINS`] bins of equal width, in `[0, 1]`: the mean distance of how sure from how often
/// right, each bin weighing by its rows. 0 without rows.
pub fn ece_by_width(sure: &[(f64, bool)]) -> f64 {
    let bin = |confidence: f64| ((confidence * BINS as f64) as usize).min(BINS - 1);
    let mut bins = vec![Vec::new(); BINS];
    for &one in sure {
        bins[bin(one.0)].push(one);
    }
    gap(bins.iter().map(Vec::as_slice), sure.len())
}

/// [`ece_by_width`] of chances, and whether each came true, as a figure of a report; `n` is their number.
pub fn calibration_error(chances: &[(f64, bool)]) -> Metric {
    let value = (!chances.is_empty()).then(|| ece_by_width(chances));
    let why = "resampling shows more of this error than there is".to_string();
    Metric { value, low: None, high: None, n: chances.len(), why: Some(why) }
}

/// As [`ece_by_width`], over [`BINS`] bins with as equal numbers of rows as there can be.
pub fn ece_by_mass(sure: &[(f64, bool)]) -> f64 {
    let mut sorted = sure.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = sorted.len();
    gap((0..BINS).map(|bin| &sorted[bin * n / BINS..(bin + 1) * n / BINS]), n)
}

fn gap<'a>(bins: impl Iterator<Item = &'a [(f64, bool)]>, n: usize) -> f64 {
    let each = bins.map(|bin| {
        let sure: f64 = bin.iter().map(|one| one.0).sum();
        let right = bin.iter().filter(|one| one.1).count() as f64;
        (sure - right).abs()
    });
    each.sum::<f64>() / n.max(1) as f64
}

#[cfg(test)]
mod tests {
    use engraft_eval::SplitMix;
    use proptest::prelude::*;

    use super::*;

    /// Rows whose right class is drawn from softmax(scores), and the scores times `sharpness`.
    fn world(n: usize, sharpness: f64, seed: u64) -> (Vec<Vec<f64>>, Vec<usize>) {
        let mut draw = SplitMix::new(seed, 0);
        let mut uniform = || draw.below(1 << 30) as f64 / (1u64 << 30) as f64;
        let mut rows = (Vec::new(), Vec::new());
        for _ in 0..n {
            let scores: Vec<f64> = (0..4).map(|_| 4.0 * uniform()).collect();
            let (mut left, odds) = (uniform(), softmax(&scores, 1.0));
            let right = odds.iter().position(|odd| {
                left -= odd;
                left < 0.0
            });
            rows.0.push(scores.iter().map(|score| score * sharpness).collect());
            rows.1.push(right.unwrap_or(3));
        }
        rows
    }

    #[test]
    fn it_finds_the_temperature_that_made_the_scores_too_sharp() {
        let (scores, right) = world(4000, 3.0, 1);
        let found = temperature(&scores, &right);
        assert!((found - 3.0).abs() < 0.25, "{found}");
    }

    #[test]
    fn on_other_rows_the_calibration_error_falls_in_20_of_20_seeds() {
        for seed in 0..20 {
            let (scores, right) = world(400, 3.0, seed);
            let temperature = temperature(&scores, &right);
            let (scores, right) = world(1000, 3.0, 100 + seed);
            let (before, after) =
                (confidence(&scores, &right, 1.0), confidence(&scores, &right, temperature));
            assert!(ece_by_width(&after) < ece_by_width(&before), "seed {seed}");
            assert!(ece_by_mass(&after) < ece_by_mass(&before), "seed {seed}");
        }
    }

    #[test]
    fn a_handful_of_right_rows_does_not_make_every_answer_certain() {
        let found = temperature(&[vec![1.0, 0.0], vec![2.0, 0.0], vec![1.5, 0.0]], &[0, 0, 0]);
        assert!(found > 0.1, "{found}");
    }

    #[test]
    fn the_error_of_known_bins() {
        let sure = [(0.95, true), (0.95, false), (0.15, false), (0.15, false)];
        assert!((ece_by_width(&sure) - (0.45 + 0.15) / 2.0).abs() < 1e-12);
        assert_eq!((ece_by_width(&[]), ece_by_mass(&[])), (0.0, 0.0));
        assert_eq!((calibration_error(&sure).n, calibration_error(&[]).value), (4, None));
    }

    #[test]
    fn yes_and_no_have_a_temperature_too() {
        let mut draw = SplitMix::new(5, 0);
        let mut uniform = || draw.below(1 << 30) as f64 / (1u64 << 30) as f64;
        let (mut scores, mut right) = (Vec::new(), Vec::new());
        for _ in 0..4000 {
            let score = 6.0 * uniform() - 3.0;
            right.push(uniform() < sigmoid(score));
            scores.push(score * 2.0);
        }
        let found = Calibration::of_truths(&scores, &right);
        assert!((found.temperature - 2.0).abs() < 0.2 && found.ece_width.1 < found.ece_width.0, "{found:?}");
    }

    proptest! {
        #[test]
        fn the_chosen_class_never_changes(
            rows in prop::collection::vec((prop::collection::vec(-9.0f64..9.0, 3), 0usize..3), 1..20)
        ) {
            let (scores, right): (Vec<Vec<f64>>, Vec<usize>) = rows.into_iter().unzip();
            let temperature = temperature(&scores, &right);
            prop_assert!(temperature.is_finite() && temperature > 0.0);
            for scores in &scores {
                let odds = softmax(scores, temperature);
                prop_assert!((odds.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                // Where rounding makes equals of two, the chosen one is still among the greatest.
                prop_assert_eq!(odds[argmax(scores)], odds[argmax(&odds)]);
            }
        }
    }
}
