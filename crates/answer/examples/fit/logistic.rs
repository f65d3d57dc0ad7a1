//! Logistic regression by Newton's method, the area under the ROC curve and the calibration error.

/// Features with what is to be told from them.
pub(crate) struct Row {
    pub(crate) set: &'static str,
    /// Questions of one part are held out together.
    pub(crate) part: usize,
    pub(crate) x: Vec<f64>,
    pub(crate) label: bool,
    /// How much the row counts.
    pub(crate) weight: f64,
}

/// Weights, the constant first, that maximise the likelihood of `rows` less half of `ridge` times their square.
pub(crate) fn fit<'a>(rows: impl Iterator<Item = &'a Row> + Clone, ridge: f64) -> Vec<f64> {
    let n = rows.clone().next().map_or(0, |row| row.x.len()) + 1;
    let mut weights = vec![0.0; n];
    for _ in 0..25 {
        let mut hessian = vec![vec![0.0; n + 1]; n];
        for row in rows.clone() {
            let x: Vec<f64> = std::iter::once(1.0).chain(row.x.iter().copied()).collect();
            let p = 1.0 / (1.0 + (-dot(&weights, &x)).exp());
            for i in 0..n {
                for j in 0..n {
                    hessian[i][j] += row.weight * p * (1.0 - p) * x[i] * x[j];
                }
                hessian[i][n] += row.weight * (f64::from(row.label) - p) * x[i];
            }
        }
        for i in 1..n {
            hessian[i][i] += ridge;
            hessian[i][n] -= ridge * weights[i];
        }
        hessian[0][0] += 1e-6;
        let step = solve(hessian);
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += step);
        if step.iter().all(|step| step.abs() < 1e-8) {
            break;
        }
    }
    weights
}

/// The log-odds of a row.
pub(crate) fn log_odds(weights: &[f64], features: &[f64]) -> f64 {
    weights[0] + dot(&weights[1..], features)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Gauss's elimination with pivots; the last column is the right side.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let n = rows.len();
    for i in 0..n {
        let pivot = (i..n).max_by(|&a, &b| rows[a][i].abs().total_cmp(&rows[b][i].abs())).unwrap_or(i);
        rows.swap(i, pivot);
        let top = rows[i].clone();
        for row in rows.iter_mut().enumerate().filter(|(j, _)| *j != i).map(|(_, row)| row) {
            let factor = row[i] / top[i];
            row.iter_mut().zip(&top).for_each(|(value, top)| *value -= factor * top);
        }
    }
    (0..n).map(|i| rows[i][n] / rows[i][i]).collect()
}

/// The probability that a positive has a higher score than a negative; ties count half.
pub(crate) fn auroc(scores: &[(f64, bool)]) -> f64 {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins, mut positives) = (0.0, 0.0, 0.0);
    let mut i = 0;
    while i < sorted.len() {
        let tied = sorted[i..].iter().take_while(|other| other.0 == sorted[i].0).count();
        let held = sorted[i..i + tied].iter().filter(|tied| tied.1).count() as f64;
        let lost = tied as f64 - held;
        wins += held * (below + lost / 2.0);
        below += lost;
        positives += held;
        i += tied;
    }
    wins / (positives * below)
}

/// How far probabilities are from what came true, over ten bins of equal width, by how many are in each.
pub(crate) fn calibration_error(told: &[(f64, bool)]) -> f64 {
    let bin = |p: f64| ((p * 10.0) as usize).min(9);
    let apart = (0..10).map(|at| {
        let inside = told.iter().filter(|told| bin(told.0) == at);
        inside.map(|(p, right)| p - f64::from(*right)).sum::<f64>().abs()
    });
    apart.sum::<f64>() / told.len() as f64
}
