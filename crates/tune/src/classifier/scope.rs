//! Out of scope: whether a text belongs to none of the classes, told by how at home the members find it.

use serde::{Deserialize, Serialize};

use crate::calibrate::sigmoid;
use crate::classifier::logistic::Logistic;
use crate::data::Labelling;
use crate::dense::Matrix;

/// Texts in scope that may be rejected, as a share.
const FALSE_REJECT: f64 = 0.05;
/// From so many texts out of scope on, the clues are weighed by them.
const ENOUGH: usize = 20;
/// Weighs the loss of a row against the length of the weights.
const C: f64 = 1.0;

/// Tells texts out of scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// What such texts are called.
    pub label: String,
    /// Above this a text is rejected.
    pub threshold: f64,
    /// Texts out of scope that the clues were weighed by; 0: there were too few, and all clues count alike.
    pub learned_from: usize,
    mean: Vec<f64>,
    spread: Vec<f64>,
    weights: Vec<f64>,
    bias: f64,
}

impl Scope {
    /// Learns from held-out rows: the clues of each, its mixed log-probabilities, and whether it is in scope. The threshold is
    /// where one in twenty texts in scope is rejected.
    pub(crate) fn learn(label: &str, clues: &[Vec<f64>], mixed: &[Vec<f64>], inside: &[bool]) -> Scope {
        let all: Vec<Vec<f64>> =
            clues.iter().zip(mixed).map(|(clues, mixed)| with_mixture(clues, mixed)).collect();
        let columns = all.first().map_or(0, Vec::len);
        let at_home: Vec<&Vec<f64>> =
            all.iter().zip(inside).filter(|(_, inside)| **inside).map(|(row, _)| row).collect();
        let n = at_home.len().max(1) as f64;
        let mean: Vec<f64> =
            (0..columns).map(|at| at_home.iter().map(|row| row[at]).sum::<f64>() / n).collect();
        let spread: Vec<f64> = (0..columns)
            .map(|at| {
                (at_home.iter().map(|row| (row[at] - mean[at]).powi(2)).sum::<f64>() / n).sqrt().max(1e-9)
            })
            .collect();
        let outside = inside.iter().filter(|inside| !**inside).count();
        let mut scope = Scope {
            label: label.into(),
            threshold: 0.5,
            learned_from: 0,
            weights: vec![-1.0 / columns.max(1) as f64; columns],
            bias: 0.0,
            mean,
            spread,
        };
        if outside >= ENOUGH {
            let rows: Vec<Vec<f32>> =
                all.iter().map(|row| scope.standard(row).iter().map(|x| *x as f32).collect()).collect();
            let given: Vec<Vec<usize>> =
                inside.iter().map(|inside| if *inside { vec![] } else { vec![0] }).collect();
            let head = Logistic::train(&Matrix::of(rows, columns), &given, 1, Labelling::Multi, C, None);
            scope.weights = head.weights.iter().map(|w| f64::from(*w)).collect();
            scope.bias = f64::from(head.bias[0]);
            scope.learned_from = outside;
        }
        let mut at_home: Vec<f64> = at_home.into_iter().map(|row| scope.of(row)).collect();
        at_home.sort_by(f64::total_cmp);
        if !at_home.is_empty() {
            scope.threshold = engraft_eval::quantile(&at_home, 1.0 - FALSE_REJECT);
        }
        scope
    }

    /// How likely a text is out of scope, in `[0, 1]`; a probability where the clues were weighed by examples.
    pub(crate) fn score(&self, clues: &[f64], mixed: &[f64]) -> f64 {
        self.of(&with_mixture(clues, mixed))
    }

    fn of(&self, clues: &[f64]) -> f64 {
        let sum: f64 = self.standard(clues).iter().zip(&self.weights).map(|(x, w)| x * w).sum();
        sigmoid(sum + self.bias)
    }

    fn standard(&self, clues: &[f64]) -> Vec<f64> {
        clues
            .iter()
            .zip(self.mean.iter().zip(&self.spread))
            .map(|(x, (mean, spread))| (x - mean) / spread)
            .collect()
    }
}

/// The greatest log-probability and the negative entropy of the mixture are clues too.
fn with_mixture(clues: &[f64], mixed: &[f64]) -> Vec<f64> {
    let most = mixed.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let order: f64 = mixed.iter().map(|log| log.exp() * log).sum();
    clues.iter().copied().chain([most, order]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows at home have a clue near 1, rows out of scope near 0; every tenth is the other way round.
    fn rows(n: usize, outside: usize) -> (Vec<Vec<f64>>, Vec<Vec<f64>>, Vec<bool>) {
        let inside: Vec<bool> = (0..n).map(|row| row >= outside).collect();
        let clue = |(row, inside): (usize, &bool)| {
            let odd = row % 10 == 3;
            vec![if *inside == odd { 0.1 } else { 0.9 } + 0.01 * (row % 7) as f64, (row % 5) as f64]
        };
        let clues = inside.iter().enumerate().map(clue).collect();
        (clues, vec![vec![-0.1, -2.4]; n], inside)
    }

    #[track_caller]
    fn check(outside: usize, learned_from: usize) {
        let (clues, mixed, inside) = rows(400, outside);
        let scope = Scope::learn("oos", &clues, &mixed, &inside);
        assert_eq!(scope.learned_from, learned_from);
        let score = |row: usize| scope.score(&clues[row], &mixed[row]);
        assert!(score(0) > score(399), "{} {}", score(0), score(399));
        let rejected = (outside..400).filter(|&row| score(row) > scope.threshold).count();
        assert!(rejected as f64 <= 0.05 * (400 - outside) as f64 + 1.0, "{rejected}");
    }

    #[test]
    fn texts_out_of_scope_weigh_the_clues() {
        check(100, 100);
    }

    #[test]
    fn without_them_the_clues_count_alike() {
        check(0, 0);
    }
}
