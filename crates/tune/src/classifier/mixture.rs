//! Mixing members: the weighted mean of their probabilities, the weights by expectation-maximisation on held-out rows.

use crate::calibrate::{sigmoid, softmax};
use crate::data::Labelling;

/// The least probability a mixture gives.
const FLOOR: f64 = 1e-9;
/// Rounds of expectation-maximisation.
const ROUNDS: usize = 300;
/// Rows of doubt: as many are shared equally among the members before the real ones are looked at.
const DOUBT: f64 = 20.0;

/// The mixture of what the members say of one text: log-probabilities, or log-odds where a text has any number of classes.
pub(crate) fn mix(
    scores: &[&[f64]],
    temperatures: &[f64],
    weights: &[f64],
    labelling: Labelling,
) -> Vec<f64> {
    let mut mixed = vec![0.0; scores.first().map_or(0, |scores| scores.len())];
    for ((scores, temperature), weight) in scores.iter().zip(temperatures).zip(weights) {
        let probabilities = probabilities(scores, *temperature, labelling);
        mixed.iter_mut().zip(probabilities).for_each(|(sum, p)| *sum += weight * p);
    }
    let score = |p: f64| match labelling {
        Labelling::Single => p.max(FLOOR).ln(),
        Labelling::Multi => (p.max(FLOOR) / (1.0 - p).max(FLOOR)).ln(),
    };
    mixed.into_iter().map(score).collect()
}

pub(crate) fn probabilities(scores: &[f64], temperature: f64, labelling: Labelling) -> Vec<f64> {
    match labelling {
        Labelling::Single => softmax(scores, temperature),
        Labelling::Multi => scores.iter().map(|score| sigmoid(score / temperature)).collect(),
    }
}

/// The weights of the mixture that makes held-out rows most likely; they sum to 1. `likelihoods` holds for each row what each
/// member gives the truth.
pub fn mix_weights(likelihoods: &[Vec<f64>], members: usize) -> Vec<f64> {
    let mut weights = vec![1.0 / members.max(1) as f64; members];
    for _ in 0..ROUNDS {
        let mut shares = vec![DOUBT / members.max(1) as f64; members];
        for row in likelihoods {
            let all: f64 = row.iter().zip(&weights).map(|(p, w)| p * w).sum::<f64>().max(f64::MIN_POSITIVE);
            shares.iter_mut().zip(row.iter().zip(&weights)).for_each(|(share, (p, w))| *share += p * w / all);
        }
        let sum: f64 = shares.iter().sum();
        weights = shares.into_iter().map(|share| share / sum).collect();
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_that_knows_the_truth_weighs_most() {
        let rows: Vec<Vec<f64>> = (0..500).map(|_| vec![0.9, 0.5, 0.1]).collect();
        let weights = mix_weights(&rows, 3);
        assert!(weights[0] > 0.9 && weights[2] < 0.05, "{weights:?}");
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_rows_all_weigh_alike() {
        assert_eq!(mix_weights(&[], 4), [0.25; 4]);
    }

    #[test]
    fn members_that_err_on_different_rows_are_both_kept() {
        let rows: Vec<Vec<f64>> =
            (0..500).map(|row| if row % 2 == 0 { vec![0.9, 0.2] } else { vec![0.2, 0.9] }).collect();
        let weights = mix_weights(&rows, 2);
        assert!((weights[0] - 0.5).abs() < 0.01, "{weights:?}");
    }

    #[test]
    fn a_mixture_is_the_mean_of_probabilities() {
        let mixed = mix(&[&[0.0, 0.0], &[2.0, 0.0]], &[1.0, 2.0], &[0.5, 0.5], Labelling::Single);
        let second = 1.0 / (1.0 + (-1.0f64).exp());
        assert!((mixed[0].exp() - (0.5 + second) / 2.0).abs() < 1e-12, "{mixed:?}");
    }
}
