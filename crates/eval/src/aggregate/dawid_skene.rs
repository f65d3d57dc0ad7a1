//! Dawid and Skene's model (Dawid and Skene 1979): each worker has a matrix of which label they give for which.

use super::em::{Em, Rows, normalise, priors, run};
use super::votes;
use crate::Labels;

/// Nothing is thought impossible: the least count of a mistake, and the least probability of a label.
const LEAST: f64 = 1e-10;

/// Starts from the shares of the votes; a round is an expectation and then a maximisation.
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

/// The probabilities of each task's labels, given how often labels are right and workers wrong; returns the log-likelihood.
///
/// `errors_log` has for each row of a worker and the label they gave the log-probability of giving it, by right label.
pub(super) fn expect(
    labels: &Labels,
    rows: &Rows,
    priors_log: &[f64],
    errors_log: &[f64],
    posterior: &mut [f64],
) -> f64 {
    let width = priors_log.len();
    let (_, starts) = labels.all();
    let mut likelihood = 0.0;
    for (bounds, logs) in starts.windows(2).zip(posterior.chunks_exact_mut(width)) {
        logs.copy_from_slice(priors_log);
        for row in &rows.of_given[bounds[0]..bounds[1]] {
            let errors = &errors_log[*row as usize * width..][..width];
            logs.iter_mut().zip(errors).for_each(|(log, error)| *log += error);
        }
        likelihood += normalise(logs);
    }
    likelihood
}

pub(super) fn log_priors(posterior: &[f64], width: usize) -> Vec<f64> {
    priors(posterior, width).into_iter().map(|prior| prior.max(LEAST).ln()).collect()
}

fn log_errors(labels: &Labels, rows: &Rows, posterior: &[f64]) -> Vec<f64> {
    let width = labels.labels().len();
    let (_, starts) = labels.all();
    let mut counts = vec![0.0; rows.worker.len() * width];
    for (bounds, probabilities) in starts.windows(2).zip(posterior.chunks_exact(width)) {
        for row in &rows.of_given[bounds[0]..bounds[1]] {
            let counts = &mut counts[*row as usize * width..][..width];
            counts.iter_mut().zip(probabilities).for_each(|(count, probability)| *count += probability);
        }
    }
    let mut sums = vec![0.0; labels.workers().len() * width];
    for (worker, counts) in rows.worker.iter().zip(counts.chunks_exact_mut(width)) {
        let sums = &mut sums[*worker as usize * width..][..width];
        for (count, sum) in counts.iter_mut().zip(sums) {
            *count = count.max(LEAST);
            *sum += *count;
        }
    }
    for (worker, counts) in rows.worker.iter().zip(counts.chunks_exact_mut(width)) {
        let sums = &sums[*worker as usize * width..][..width];
        counts.iter_mut().zip(sums).for_each(|(count, sum)| *count = (*count / sum).ln());
    }
    counts
}
