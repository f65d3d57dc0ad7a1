//! Support vector machines by dual coordinate descent (Hsieh, Chang, Lin, Keerthi and Sundararajan 2008), one a class against
//! the rest, with squared hinge loss.

use engraft_eval::SplitMix;
use rayon::prelude::*;

use crate::linear::features::Sparse;

/// Passes at most.
const PASSES: usize = 60;
/// Stops when the projected gradients of a pass differ by less.
const FLAT: f64 = 0.02;

/// What tells one class from the rest: positive inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// One weight a feature.
    pub weights: Vec<f64>,
    /// Added to every score.
    pub bias: f64,
}

/// One machine a class. `given` are each row's classes; `c` weighs the loss of a row against the length of the weights. The
/// bias counts as the weight of a feature that is always 1.
///
/// A class without rows, or with all of them, gets a machine that always says so.
pub fn train_machines(
    rows: &Sparse,
    features: usize,
    given: &[Vec<usize>],
    classes: usize,
    c: f64,
    seed: u64,
) -> Vec<Machine> {
    let squares: Vec<f64> = (0..rows.len())
        .map(|row| 1.0 + rows.row(row).map(|(_, x)| f64::from(x) * f64::from(x)).sum::<f64>())
        .collect();
    let one = |class: usize| {
        let inside: Vec<bool> = given.iter().map(|classes| classes.contains(&class)).collect();
        let count = inside.iter().filter(|inside| **inside).count();
        if count == 0 || count == inside.len() {
            return Machine { weights: vec![0.0; features], bias: if count == 0 { -1.0 } else { 1.0 } };
        }
        descend(rows, features, &inside, &squares, c, &mut SplitMix::new(seed, class as u64))
    };
    (0..classes).into_par_iter().map(one).collect()
}

fn descend(
    rows: &Sparse,
    features: usize,
    inside: &[bool],
    squares: &[f64],
    c: f64,
    draw: &mut SplitMix,
) -> Machine {
    let diagonal = 0.5 / c;
    let mut machine = Machine { weights: vec![0.0; features], bias: 0.0 };
    let mut alphas = vec![0.0f64; inside.len()];
    let mut active: Vec<usize> = (0..inside.len()).collect();
    // Rows whose multiplier is 0 and whose gradient was above the last pass's greatest stay 0 for now.
    let mut ceiling = f64::INFINITY;
    for _ in 0..PASSES {
        for place in (1..active.len()).rev() {
            active.swap(place, draw.below(place + 1));
        }
        let (mut most, mut least) = (f64::NEG_INFINITY, f64::INFINITY);
        active.retain(|&row| {
            let sign = if inside[row] { 1.0 } else { -1.0 };
            let mut score = machine.bias;
            for (feature, x) in rows.row(row) {
                score += machine.weights[feature as usize] * f64::from(x);
            }
            let alpha = alphas[row];
            let slope = sign * score - 1.0 + diagonal * alpha;
            if alpha == 0.0 && slope > ceiling {
                return false;
            }
            let projected = if alpha == 0.0 { slope.min(0.0) } else { slope };
            most = most.max(projected);
            least = least.min(projected);
            if projected.abs() > 1e-12 {
                let next = (alpha - slope / (squares[row] + diagonal)).max(0.0);
                let step = (next - alpha) * sign;
                alphas[row] = next;
                machine.bias += step;
                for (feature, x) in rows.row(row) {
                    machine.weights[feature as usize] += step * f64::from(x);
                }
            }
            true
        });
        if most - least <= FLAT {
            if active.len() == inside.len() {
                break;
            }
            // At rest among the active rows: look at all of them once more.
            active = (0..inside.len()).collect();
            ceiling = f64::INFINITY;
            continue;
        }
        ceiling = if most > 0.0 { most } else { f64::INFINITY };
    }
    machine
}
