//! Logistic regression on vectors: multinomial where a text has one class, one a class where it has any number.

use engraft_eval::minimise;
use rayon::prelude::*;

use crate::calibrate::{sigmoid, softplus};
use crate::data::Labelling;
use crate::dense::{Matrix, add_product, add_transposed};

/// Rows summed up together; fixed, so that sums are the same at any number of threads.
const CHUNK: usize = 512;
/// Steps of L-BFGS at most.
const STEPS: usize = 200;
/// Stops when no slope of the mean loss is steeper.
const FLAT: f64 = 5e-5;

/// A linear head: one row of weights a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// `[dimension, classes]`.
    pub weights: Vec<f32>,
    /// One a class.
    pub bias: Vec<f32>,
}

impl Logistic {
    /// Minimises `c` × the summed log-loss plus half the squared length of the weights; the bias is free. `start` is where to
    /// begin, by default nowhere in particular.
    pub fn train(
        vectors: &Matrix,
        given: &[Vec<usize>],
        classes: usize,
        labelling: Labelling,
        c: f64,
        start: Option<&Logistic>,
    ) -> Logistic {
        let (n, d) = (vectors.rows(), vectors.columns);
        // Whole registers of classes; those that pad never get a gradient.
        let k = classes.next_multiple_of(8);
        let decay = 1.0 / (c * n.max(1) as f64);
        let mut point = vec![0.0; (d + 1) * k];
        if let Some(start) = start {
            for at in 0..d {
                for class in 0..classes {
                    point[at * k + class] = f64::from(start.weights[at * classes + class]);
                }
            }
            (0..classes).for_each(|class| point[d * k + class] = f64::from(start.bias[class]));
        }
        let at = minimise(point, FLAT, STEPS, |point, gradient| {
            let weights: Vec<f32> = point.iter().map(|x| *x as f32).collect();
            let chunks: Vec<(f64, Vec<f32>)> = (0..n.div_ceil(CHUNK))
                .into_par_iter()
                .map(|chunk| {
                    let rows = chunk * CHUNK..n.min((chunk + 1) * CHUNK);
                    slope(vectors, given, rows, &weights, (d, k, classes), labelling)
                })
                .collect();
            gradient.fill(0.0);
            let mut loss = 0.0;
            for (part, slopes) in &chunks {
                loss += part;
                gradient.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += f64::from(*slope));
            }
            let n = n.max(1) as f64;
            gradient.iter_mut().for_each(|slope| *slope /= n);
            let mut length = 0.0;
            for (slope, x) in gradient.iter_mut().zip(point).take(d * k) {
                *slope += decay * x;
                length += x * x;
            }
            loss / n + decay * length / 2.0
        });
        let weights =
            (0..d * classes).map(|place| at[place / classes * k + place % classes] as f32).collect();
        Logistic { weights, bias: (0..classes).map(|class| at[d * k + class] as f32).collect() }
    }

    /// For each row the score of every class: log-odds, up to a constant a row where a text has one class.
    pub fn scores(&self, vectors: &Matrix) -> Vec<Vec<f64>> {
        let (d, k) = (vectors.columns, self.bias.len());
        (0..vectors.rows())
            .into_par_iter()
            .map(|row| {
                let mut out = self.bias.clone();
                add_product(vectors.row(row), d, &self.weights, k, &mut out);
                out.into_iter().map(f64::from).collect()
            })
            .collect()
    }
}

/// The summed loss of some rows and its slope by every weight and bias.
fn slope(
    vectors: &Matrix,
    given: &[Vec<usize>],
    rows: std::ops::Range<usize>,
    weights: &[f32],
    (d, k, classes): (usize, usize, usize),
    labelling: Labelling,
) -> (f64, Vec<f32>) {
    let inputs = &vectors.data[rows.start * d..rows.end * d];
    let mut errors: Vec<f32> = weights[d * k..].repeat(rows.len());
    add_product(inputs, d, &weights[..d * k], k, &mut errors);
    let mut loss = 0.0;
    for (scores, given) in errors.chunks_exact_mut(k).zip(&given[rows]) {
        scores[classes..].fill(0.0);
        let scores = &mut scores[..classes];
        loss += match labelling {
            Labelling::Single => one_class(scores, given),
            Labelling::Multi => any_classes(scores, given),
        };
    }
    let mut slopes = vec![0.0; (d + 1) * k];
    add_transposed(inputs, d, &errors, k, &mut slopes[..d * k]);
    for errors in errors.chunks_exact(k) {
        slopes[d * k..].iter_mut().zip(errors).for_each(|(sum, error)| *sum += error);
    }
    (loss, slopes)
}

/// Cross-entropy of one row; its scores become the slopes.
fn one_class(scores: &mut [f32], given: &[usize]) -> f64 {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let right = given.first().map_or(0.0, |&class| scores[class] - most);
    scores.iter_mut().for_each(|score| *score = (*score - most).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
    if let Some(&class) = given.first() {
        scores[class] -= 1.0;
    }
    f64::from(sum.ln() - right)
}

/// The summed binary cross-entropies of one row; its scores become the slopes.
fn any_classes(scores: &mut [f32], given: &[usize]) -> f64 {
    let mut loss = 0.0;
    for (class, score) in scores.iter_mut().enumerate() {
        let (right, x) = (given.contains(&class), f64::from(*score));
        loss += softplus(if right { -x } else { x });
        *score = (sigmoid(x) - f64::from(u8::from(right))) as f32;
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> Matrix {
        let rows = [[1.0, 0.2], [0.9, -0.1], [0.1, 1.0], [-0.2, 0.8], [-1.0, 0.1], [-0.8, -0.3]];
        Matrix::of(rows.iter().map(|row| row.to_vec()).collect(), 2)
    }

    /// The loss as a textbook has it.
    fn loss(head: &Logistic, given: &[Vec<usize>], labelling: Labelling, c: f64) -> f64 {
        let length: f64 = head.weights.iter().map(|w| f64::from(*w) * f64::from(*w)).sum();
        let rows = head.scores(&vectors());
        let each = rows.iter().zip(given).map(|(scores, given)| match labelling {
            Labelling::Single => scores.iter().map(|s| s.exp()).sum::<f64>().ln() - scores[given[0]],
            Labelling::Multi => {
                let one = |(class, score): (usize, &f64)| {
                    (1.0 + (if given.contains(&class) { -score } else { *score }).exp()).ln()
                };
                scores.iter().enumerate().map(one).sum()
            }
        });
        c * each.sum::<f64>() + length / 2.0
    }

    #[track_caller]
    fn check(given: &[Vec<usize>], labelling: Labelling) {
        let head = Logistic::train(&vectors(), given, 3, labelling, 5.0, None);
        let at = loss(&head, given, labelling, 5.0);
        // No small step in any direction goes down.
        for place in 0..9 {
            for step in [-0.02, 0.02] {
                let mut moved = head.clone();
                if place < 6 {
                    moved.weights[place] += step
                } else {
                    moved.bias[place - 6] += step
                }
                assert!(loss(&moved, given, labelling, 5.0) > at - 1e-5, "{place} {step}");
            }
        }
        let again = Logistic::train(&vectors(), given, 3, labelling, 5.0, Some(&head));
        assert!(again.weights.iter().zip(&head.weights).all(|(a, b)| (a - b).abs() < 1e-2));
    }

    #[test]
    fn it_finds_the_lowest_point_for_one_class_a_text() {
        check(&[vec![0], vec![0], vec![1], vec![1], vec![2], vec![1]], Labelling::Single);
    }

    #[test]
    fn it_finds_the_lowest_point_for_any_classes_a_text() {
        check(&[vec![0, 1], vec![0], vec![1], vec![], vec![2], vec![1, 2]], Labelling::Multi);
    }
}
