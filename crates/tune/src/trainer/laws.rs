//! What every task of the training loop keeps, whatever it trains: gradients are slopes, and a batch in parts is the batch.

use std::path::PathBuf;

use engraft_nn::train::{Draw, zero_gradients};

use crate::keep::{restore, values};
use crate::trainer::Task;

/// How far a tensor goes to either side: so little that hardly anything curves, so much that rounding hardly counts.
const STEP: f32 = 5e-3;

/// What a bias of keys adds is the same for all scores of a query, of which attention hears nothing: its gradient is rounding.
const STILL: &str = "key.bias";

/// A made-up encoder of 24 numbers a token, which reads fifty ids and up to forty of them in a row.
pub(crate) fn base() -> PathBuf {
    engraft_testkit::repository().join("crates/nn/tests/golden/training")
}

/// The gradient of every trained tensor gives the slopes of the loss of `batch`, along itself and along a direction of chance;
/// and every tensor has one.
#[track_caller]
pub(crate) fn gradients_are_slopes<T: Task>(task: &mut T, batch: &[usize]) {
    let (_, gradients) = gradients(task, batch);
    let start = values(task);
    let norms: Vec<f64> = gradients.iter().map(|(_, gradient)| norm(gradient)).collect();
    let most = norms.iter().copied().fold(0.0, f64::max);
    for (n, ((name, gradient), &norm)) in gradients.iter().zip(&norms).enumerate() {
        if name.ends_with(STILL) {
            assert!(norm <= 1e-4 * most, "{name}: the gradient is {norm} long, the longest {most}");
            continue;
        }
        assert!(norm > 0.0, "{name} has no gradient");
        // The slope along a gradient does not tell of an error across it; a direction of chance does. Slope and curvature are
        // less there, by the root of how many numbers the tensor has; rounding is not.
        let root = (gradient.len() as f64).sqrt();
        let ways = [
            (of_length_one(gradient), 5e-3 * norm + 1e-4 * most),
            (chance(n, gradient.len()), 5e-3 * norm / root + 2e-4 * most),
        ];
        for (way, allowed) in ways {
            let mut loss_at = |step: f32| {
                let mut moved = start.clone();
                moved[n].iter_mut().zip(&way).for_each(|(x, along)| *x += step * along);
                restore(task, &moved);
                task.step(batch).unwrap()
            };
            let slope = (loss_at(STEP) - loss_at(-STEP)) / f64::from(2.0 * STEP);
            let told = dot(gradient, &way);
            assert!((slope - told).abs() <= allowed, "{name}: slope {slope}, gradient {told} of {norm}");
        }
    }
    restore(task, &start);
}

/// A batch that passes in parts costs what it costs at once, and has the same gradients. `bound` says how many tokens pass
/// together.
#[track_caller]
pub(crate) fn parts_add_up<T: Task>(task: &mut T, batch: &[usize], bound: impl Fn(&mut T, usize)) {
    bound(task, usize::MAX);
    let (whole, at_once) = gradients(task, batch);
    bound(task, 1);
    let (sum, in_parts) = gradients(task, batch);
    assert!((whole - sum).abs() <= 1e-6 * whole.abs().max(1.0), "the loss at once {whole}, in parts {sum}");
    let most_of_all = at_once.iter().map(|(_, gradient)| most(gradient)).fold(0.0, f32::max);
    assert!(most_of_all > 0.0, "there is nothing to add up");
    for ((name, a), (_, b)) in at_once.iter().zip(&in_parts) {
        let off = a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
        let allowed = 1e-4 * most(a) + 1e-6 * most_of_all;
        assert!(off <= allowed, "{name}: {off} between at once and in parts, of {}", most(a));
    }
}

/// The loss of a batch, and the gradient of every trained tensor by its name.
fn gradients<T: Task>(task: &mut T, batch: &[usize]) -> (f64, Vec<(String, Vec<f32>)>) {
    for (parameters, _) in task.groups() {
        zero_gradients(parameters);
    }
    let loss = task.step(batch).unwrap();
    let groups = task.groups();
    let trained = groups.iter().flat_map(|(parameters, _)| parameters).filter(|one| one.trained);
    let named = trained.map(|one| (one.name.clone(), one.gradient.clone())).collect();
    (loss, named)
}

/// A direction that only depends on the number of the tensor and its length.
fn chance(tensor: usize, len: usize) -> Vec<f32> {
    let mut draw = Draw::new(1, tensor as u64);
    let numbers: Vec<f32> = (0..len).map(|_| draw.unit() as f32 - 0.5).collect();
    of_length_one(&numbers)
}

fn of_length_one(way: &[f32]) -> Vec<f32> {
    let norm = norm(way);
    way.iter().map(|&x| (f64::from(x) / norm) as f32).collect()
}

fn norm(gradient: &[f32]) -> f64 {
    dot(gradient, gradient).sqrt()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
}

fn most(gradient: &[f32]) -> f32 {
    gradient.iter().map(|x| x.abs()).fold(0.0, f32::max)
}
