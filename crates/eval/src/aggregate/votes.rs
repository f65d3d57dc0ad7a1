//! Majority vote, and majority vote weighted by agreement with the majority.

use crate::Labels;

/// Each label's share of the votes, task by task.
pub(super) fn majority(labels: &Labels) -> Vec<f64> {
    shares(labels, |_| 1.0)
}

/// Votes weigh what share of their worker's votes are with the majority; where all of a task's votes weigh nothing, all
/// count alike.
pub(super) fn weighted(labels: &Labels) -> Vec<f64> {
    let width = labels.labels().len();
    let majority = majority(labels);
    let mut with = vec![0.0; labels.workers().len()];
    let mut votes = vec![0.0; labels.workers().len()];
    for task in 0..labels.tasks().len() {
        let winner = super::most_probable(&majority[task * width..][..width]);
        for given in labels.of_task(task) {
            votes[given.worker as usize] += 1.0;
            with[given.worker as usize] += f64::from(given.label as usize == winner);
        }
    }
    shares(labels, |worker| with[worker] / votes[worker])
}

fn shares(labels: &Labels, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let width = labels.labels().len();
    let mut shares = vec![0.0; labels.tasks().len() * width];
    for task in 0..labels.tasks().len() {
        let given = labels.of_task(task);
        let all: f64 = given.iter().map(|given| weight(given.worker as usize)).sum();
        for one in given {
            let share = if all > 0.0 { weight(one.worker as usize) / all } else { 1.0 / given.len() as f64 };
            shares[task * width + one.label as usize] += share;
        }
    }
    shares
}
