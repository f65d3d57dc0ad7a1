//! Expectation and maximisation in turn (Dempster, Laird and Rubin 1977), for the methods that model the workers.

use crate::Labels;

/// When to stop going round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Em {
    /// After this many rounds at most.
    pub rounds: usize,
    /// When a round changes the log-likelihood by less than this a label given; below 0: never.
    pub tolerance: f64,
}

impl Default for Em {
    fn default() -> Em {
        Em { rounds: 100, tolerance: 1e-5 }
    }
}

/// The distinct pairs of a worker and a label they gave, as rows, and the row of every label given.
pub(super) struct Rows {
    /// The worker of each row.
    pub(super) worker: Vec<u32>,
    /// The label of each row.
    pub(super) label: Vec<u32>,
    /// The row of each label given, task by task.
    pub(super) of_given: Vec<u32>,
}

impl Rows {
    /// Rows are in the order in which they first appear.
    pub(super) fn of(labels: &Labels) -> Rows {
        let (given, _) = labels.all();
        let mut by_worker: Vec<Vec<(u32, u32)>> = vec![Vec::new(); labels.workers().len()];
        let mut rows =
            Rows { worker: Vec::new(), label: Vec::new(), of_given: Vec::with_capacity(given.len()) };
        for given in given {
            let own = &mut by_worker[given.worker as usize];
            let at = own.partition_point(|(label, _)| *label < given.label);
            if own.get(at).is_none_or(|(label, _)| *label != given.label) {
                own.insert(at, (given.label, rows.worker.len() as u32));
                rows.worker.push(given.worker);
                rows.label.push(given.label);
            }
            rows.of_given.push(own[at].1);
        }
        rows
    }
}

/// The mean probability of each label over tasks.
pub(super) fn priors(posterior: &[f64], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for task in posterior.chunks_exact(width) {
        sums.iter_mut().zip(task).for_each(|(sum, probability)| *sum += probability);
    }
    let tasks = (posterior.len() / width) as f64;
    sums.iter_mut().for_each(|sum| *sum /= tasks);
    sums
}

/// Turns log-likelihoods into probabilities in place; returns the log of their sum.
pub(super) fn normalise(logs: &mut [f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for log in logs.iter_mut() {
        *log = (*log - most).exp();
        sum += *log;
    }
    logs.iter_mut().for_each(|part| *part /= sum);
    most + sum.ln()
}

/// Goes round until the log-likelihood that `round` returns stands still; `given` is how many labels were given.
pub(super) fn run(em: &Em, given: usize, mut round: impl FnMut() -> f64) {
    let mut before = f64::NEG_INFINITY;
    for _ in 0..em.rounds {
        let now = round();
        if (now - before).abs() < em.tolerance * given as f64 {
            break;
        }
        before = now;
    }
}
