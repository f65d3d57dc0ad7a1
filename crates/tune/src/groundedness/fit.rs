//! A logistic model whose weights keep to the sides they may be on.

use crate::calibrate::{sigmoid, softplus};
use crate::groundedness::features::Sign;

/// Log-odds as a weighted sum.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Linear {
    /// One a value.
    pub(crate) weights: Vec<f64>,
    /// The log-odds of a claim whose values are all 0.
    pub(crate) start: f64,
}

impl Linear {
    /// The log-odds of a row of values.
    pub(crate) fn score(&self, values: &[f32]) -> f64 {
        self.start
            + self.weights.iter().zip(values).map(|(weight, value)| weight * f64::from(*value)).sum::<f64>()
    }
}

/// A row to fit to: its values, how true it is in `[0, 1]`, and how much it counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) target: f64,
    pub(crate) counts: f64,
}

/// Newton steps, sweeps over the coordinates within one, and when either is done.
const STEPS: usize = 100;
const SWEEPS: usize = 500;
const STILL: f64 = 1e-9;

/// The weights that make the targets most likely, less `ridge` / 2 for each unit of squared weight, of values scaled to
/// deviation 1; weights are kept to the side that `signs` gives them. Values that never vary get no weight.
///
/// Newton steps, each solved within the bounds by coordinate descent (as in Friedman, Hastie and Tibshirani 2010) and halved
/// until the loss falls.
pub(crate) fn fit(rows: &[Row<'_>], signs: &[Sign], ridge: f64) -> Linear {
    let width = signs.len();
    let all: f64 = rows.iter().map(|row| row.counts).sum();
    if rows.is_empty() || all <= 0.0 {
        return Linear { weights: vec![0.0; width], start: 0.0 };
    }
    let mean = |of: &dyn Fn(f64) -> f64, at: usize| {
        rows.iter().map(|row| row.counts * of(f64::from(row.values[at]))).sum::<f64>() / all
    };
    let means: Vec<f64> = (0..width).map(|at| mean(&|value| value, at)).collect();
    let scales: Vec<f64> =
        (0..width).map(|at| mean(&|value| (value - means[at]).powi(2), at).sqrt()).collect();
    let varies: Vec<bool> = scales.iter().map(|scale| *scale > 1e-9).collect();
    // Scaled rows with a 1 behind, whose weight is the start.
    let scaled = |row: &Row<'_>| -> Vec<f64> {
        let value = |at: usize| match varies[at] {
            true => (f64::from(row.values[at]) - means[at]) / scales[at],
            false => 0.0,
        };
        (0..width).map(value).chain([1.0]).collect()
    };
    let problem = Problem { rows, scaled: rows.iter().map(scaled).collect(), signs, ridge };
    let mut at = vec![0.0; width + 1];
    let mut loss = problem.loss(&at);
    for _ in 0..STEPS {
        let step = problem.step(&at);
        if step.iter().all(|move_| move_.abs() < STILL) {
            break;
        }
        let tried = (0..30).map(|halvings| 0.5f64.powi(halvings)).find_map(|share| {
            let next: Vec<f64> = at.iter().zip(&step).map(|(x, move_)| x + share * move_).collect();
            let next_loss = problem.loss(&next);
            (next_loss < loss).then_some((next, next_loss))
        });
        let Some((next, next_loss)) = tried else { break };
        (at, loss) = (next, next_loss);
    }
    let weights: Vec<f64> = (0..width).map(|i| if varies[i] { at[i] / scales[i] } else { 0.0 }).collect();
    let start = at[width] - weights.iter().zip(&means).map(|(weight, mean)| weight * mean).sum::<f64>();
    Linear { weights, start }
}

struct Problem<'a> {
    rows: &'a [Row<'a>],
    /// Each row's scaled values, then 1.
    scaled: Vec<Vec<f64>>,
    signs: &'a [Sign],
    ridge: f64,
}

impl Problem<'_> {
    fn loss(&self, at: &[f64]) -> f64 {
        let of_row = |(row, values): (&Row<'_>, &Vec<f64>)| {
            let score = dot(at, values);
            row.counts * (softplus(score) - row.target * score)
        };
        let squares: f64 = at[..self.signs.len()].iter().map(|weight| weight * weight).sum();
        self.rows.iter().zip(&self.scaled).map(of_row).sum::<f64>() + self.ridge / 2.0 * squares
    }

    /// Where the quadratic that fits the loss at this point is lowest within the bounds, as a move from here.
    fn step(&self, at: &[f64]) -> Vec<f64> {
        let n = at.len();
        let mut slopes: Vec<f64> = at.iter().map(|weight| self.ridge * weight).collect();
        let mut curvature = vec![vec![0.0; n]; n];
        slopes[n - 1] = 0.0;
        for (row, values) in self.rows.iter().zip(&self.scaled) {
            let chance = sigmoid(dot(at, values));
            let (slope, bend) =
                (row.counts * (chance - row.target), row.counts * (chance * (1.0 - chance)).max(1e-6));
            for i in 0..n {
                slopes[i] += slope * values[i];
                for j in 0..=i {
                    curvature[i][j] += bend * values[i] * values[j];
                }
            }
        }
        // Only what stands on and below the diagonal was summed up.
        let below = curvature.clone();
        for (i, row) in curvature.iter_mut().enumerate() {
            row[i] += if i + 1 < n { self.ridge } else { 0.0 };
            (i + 1..n).for_each(|j| row[j] = below[j][i]);
        }
        let mut step = vec![0.0; n];
        for _ in 0..SWEEPS {
            let mut moved: f64 = 0.0;
            for i in (0..n).filter(|&i| curvature[i][i] > 1e-12) {
                let slope = slopes[i] + dot(&curvature[i], &step);
                let wanted = at[i] + step[i] - slope / curvature[i][i];
                let allowed = match self.signs.get(i) {
                    Some(Sign::For) => wanted.max(0.0),
                    Some(Sign::Against) => wanted.min(0.0),
                    Some(Sign::Either) | None => wanted,
                };
                moved = moved.max((allowed - at[i] - step[i]).abs());
                step[i] = allowed - at[i];
            }
            if moved < STILL / 10.0 {
                break;
            }
        }
        step
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_eval::SplitMix;

    /// Rows with two values: the first tells, the second is its negative with noise.
    fn world(n: usize) -> Vec<([f32; 2], f64)> {
        let mut draw = SplitMix::new(3, 0);
        let mut uniform = move || draw.below(1 << 20) as f32 / (1 << 20) as f32;
        (0..n)
            .map(|_| {
                let told = uniform() * 2.0 - 1.0;
                let truth = f64::from(u8::from(uniform() < 1.0 / (1.0 + (-3.0 * told).exp())));
                ([told, uniform() - told], truth)
            })
            .collect()
    }

    fn fitted(n: usize, signs: [Sign; 2], ridge: f64) -> Linear {
        let world = world(n);
        let rows: Vec<Row<'_>> =
            world.iter().map(|(values, target)| Row { values, target: *target, counts: 1.0 }).collect();
        fit(&rows, &signs, ridge)
    }

    #[test]
    fn it_finds_the_weights_a_world_was_made_with() {
        let found = fitted(20_000, [Sign::Either, Sign::Either], 1e-6);
        assert!((found.weights[0] - 3.0).abs() < 0.25 && found.weights[1].abs() < 0.25, "{found:?}");
    }

    #[test]
    fn a_weight_never_leaves_its_side() {
        let found = fitted(500, [Sign::Against, Sign::For], 1.0);
        assert_eq!(found.weights, [0.0, 0.0]);
    }

    #[test]
    fn a_ridge_pulls_weights_to_nothing() {
        let (loose, tight) =
            (fitted(500, [Sign::For, Sign::Either], 1.0), fitted(500, [Sign::For, Sign::Either], 1000.0));
        assert!(tight.weights[0] > 0.0 && tight.weights[0] < loose.weights[0] / 3.0);
    }

    #[test]
    fn a_value_that_never_varies_gets_no_weight() {
        let rows = [[1.0f32, 0.0], [1.0, 1.0]];
        let rows: Vec<Row<'_>> =
            rows.iter().map(|row| Row { values: row, target: f64::from(row[1]), counts: 1.0 }).collect();
        let found = fit(&rows, &[Sign::For, Sign::For], 1.0);
        assert!(found.weights[0] == 0.0 && found.weights[1] > 0.0);
    }
}
