//! GLAD (Whitehill et al. 2009): workers differ in ability, tasks in difficulty.
//!
//! A worker of ability a gives the right label of a task of ease e^b with probability 1 / (1 + exp(-a e^b)), else any
//! other alike. Labels are equally likely beforehand; a and b have normal priors around 1 with deviation 1. An ability
//! below 0 turns a worker's labels round. The most probable abilities and eases are found directly, where the paper goes
//! there by expectation and maximisation; both stop at the same place.

use super::em::{Em, normalise};
use crate::Labels;
use crate::optimise::minimise;

/// Where abilities and the logarithms of eases start, and the mean of their priors.
const MIDDLE: f64 = 1.0;

/// There are at least two labels. It stops where no slope is above the tolerance.
pub(super) fn posterior(labels: &Labels, em: &Em) -> Vec<f64> {
    let (workers, tasks) = (labels.workers().len(), labels.tasks().len());
    let mut posterior = vec![0.0; tasks * labels.labels().len()];
    let start = vec![MIDDLE; workers + tasks];
    let flat = em.tolerance.max(1e-10);
    let best = minimise(start, flat, em.rounds, |at, slope| {
        let (abilities, eases) = at.split_at(workers);
        let (ability_slopes, ease_slopes) = slope.split_at_mut(workers);
        unlikelihood(labels, abilities, eases, ability_slopes, ease_slopes, &mut posterior)
    });
    let (abilities, eases) = best.split_at(workers);
    let (mut of_workers, mut of_tasks) = (vec![0.0; workers], vec![0.0; tasks]);
    unlikelihood(labels, abilities, eases, &mut of_workers, &mut of_tasks, &mut posterior);
    posterior
}

/// Minus the log-probability of the labels and of the parameters, with its slopes and the labels' posterior.
fn unlikelihood(
    labels: &Labels,
    abilities: &[f64],
    eases: &[f64],
    ability_slopes: &mut [f64],
    ease_slopes: &mut [f64],
    posterior: &mut [f64],
) -> f64 {
    let width = labels.labels().len();
    let others = ((width - 1) as f64).ln();
    let mut likelihood = 0.0;
    ability_slopes.iter_mut().zip(abilities).for_each(|(slope, ability)| *slope = ability - MIDDLE);
    for (task, logs) in posterior.chunks_exact_mut(width).enumerate() {
        let ease = eases[task].exp();
        logs.fill(-(width as f64).ln());
        let mut any = 0.0;
        for given in labels.of_task(task) {
            let strength = abilities[given.worker as usize] * ease;
            // The log-probability of a wrong label; a right one has `strength` and the others more.
            any -= softplus(strength) + others;
            logs[given.label as usize] += strength + others;
        }
        likelihood += any + normalise(logs);
        let mut slope = 0.0;
        for given in labels.of_task(task) {
            let ability = abilities[given.worker as usize];
            let surprise = logs[given.label as usize] - 1.0 / (1.0 + (-ability * ease).exp());
            ability_slopes[given.worker as usize] -= surprise * ease;
            slope += surprise * ability * ease;
        }
        ease_slopes[task] = eases[task] - MIDDLE - slope;
    }
    let prior = |values: &[f64]| values.iter().map(|value| (value - MIDDLE).powi(2)).sum::<f64>() / 2.0;
    prior(abilities) + prior(eases) - likelihood
}

/// ln(1 + e^x) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
