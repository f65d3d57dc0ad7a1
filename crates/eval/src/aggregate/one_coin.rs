//! The one-coin model: Dawid and Skene's with a single probability of being right for each worker.

use super::dawid_skene::{expect, log_priors};
use super::em::{Em, Rows, run};
use super::votes;
use crate::Labels;

/// The least probability of being right, and of being wrong.
const LEAST: f64 = 1e-10;

/// There are at least two labels.
pub(super) fn posterior(labels: &Labels, em: &Em) -> Vec<f64> {
    let width = labels.labels().len();
    let rows = Rows::of(labels);
    let mut posterior = votes::majority(labels);
    let mut priors_log = log_priors(&posterior, width);
    let mut errors_log = log_errors(labels, &rows, &posterior);
    run(em, labels.len(), || {
        let likelihood = expect(labels, &rows, &priors_log, &errors_log, &mut posterior);
        priors_log = log_priors(&posterior, width);
        errors_log = log_errors(labels, &rows, &posterior);
        likelihood
    });
    posterior
}

fn log_errors(labels: &Labels, rows: &Rows, posterior: &[f64]) -> Vec<f64> {
    let width = labels.labels().len();
    let mut right = vec![0.0; labels.workers().len()];
    let mut answers = vec![0.0; labels.workers().len()];
    for (task, probabilities) in posterior.chunks_exact(width).enumerate() {
        for given in labels.of_task(task) {
            right[given.worker as usize] += probabilities[given.label as usize];
            answers[given.worker as usize] += 1.0;
        }
    }
    let mut errors = Vec::with_capacity(rows.worker.len() * width);
    for (worker, label) in rows.worker.iter().zip(&rows.label) {
        let skill = right[*worker as usize] / answers[*worker as usize];
        let other = (1.0 - skill) / (width - 1) as f64;
        let chance = |true_label: usize| if true_label == *label as usize { skill } else { other };
        errors.extend((0..width).map(|true_label| chance(true_label).clamp(LEAST, 1.0 - LEAST).ln()));
    }
    errors
}
