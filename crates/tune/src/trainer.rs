//! The loop that every trained model goes through: batches in a seeded order, one schedule, a check that everything really
//! moves, the best epoch kept, and a checkpoint that goes on to the bit where it stopped.

use engraft_nn::train::{AdamW, Draw, Parameter, Schedule, clip_gradients, zero_gradients};
use serde::{Deserialize, Serialize};

use crate::guard::{check_loss, check_moves, check_norm};
use crate::keep::{State, restore, values};
use crate::{TuneError, Watch};

#[cfg(test)]
pub(crate) mod laws;

/// What is trained, and how a batch of its examples becomes a loss.
pub trait Task {
    /// How many examples there are.
    fn examples(&self) -> usize;

    /// Computes the loss of a batch, the mean over its examples, and adds the gradients to those of the parameters.
    fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError>;

    /// The tensors in groups, each with its rate as a multiple of the plan's.
    fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)>;

    /// The batches of an epoch: examples in random order, the last batch as small as it comes.
    ///
    /// A task whose examples must not meet in one batch cuts them itself.
    fn batches(&self, size: usize, draw: &mut Draw) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.examples()).collect();
        draw.shuffle(&mut order);
        order.chunks(size).map(<[usize]>::to_vec).collect()
    }
}

/// How to train.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Passes over all examples at most.
    pub epochs: usize,
    /// Examples of a batch.
    pub batch: usize,
    /// The rate at its highest.
    pub rate: f64,
    /// The share of all steps in which the rate goes up.
    pub warmup: f64,
    /// Weight decay of AdamW.
    pub weight_decay: f64,
    /// The longest that all gradients together may be.
    pub clip: f64,
    /// Epochs without a better score before it stops; `None`: all epochs are trained and the last one is kept.
    pub patience: Option<usize>,
    /// Chooses the order of the examples.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            epochs: 3,
            batch: 32,
            rate: 2e-5,
            warmup: 0.1,
            weight_decay: 0.01,
            clip: 1.0,
            patience: None,
            seed: 0,
        }
    }
}

/// What a training was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Steps taken.
    pub steps: u64,
    /// The mean loss of each epoch.
    pub losses: Vec<f64>,
    /// The score of each epoch; empty where nothing was scored.
    pub scores: Vec<f64>,
    /// The epoch whose weights were kept, from 1.
    pub best: usize,
}

/// Trains `task` as `plan` says, or goes on with what the surroundings kept of it when it was stopped.
///
/// `score` is asked after every epoch and says how good the task is now, more being better; `None` where that is not to be
/// known. What was best is what the task has at the end, if the plan has a patience. Stops with an error when a loss is not
/// a number, and after one of the first three steps when a trained tensor has no gradient, naming it.
pub fn train<T: Task>(
    task: &mut T,
    plan: &Plan,
    watch: Watch<'_>,
    mut score: impl FnMut(&mut T) -> Result<Option<f64>, TuneError>,
) -> Result<Trained, TuneError> {
    if task.examples() == 0 || plan.batch == 0 || plan.epochs == 0 {
        return Err(TuneError::data(
            "there is nothing to train on",
            "give at least one example and one epoch",
        ));
    }
    let Watch { progress, cancel, .. } = watch;
    let mut kept = watch.keep.map(|keep| keep.next(task, plan, watch));
    let mut at = State::default();
    if let Some(found) = kept.as_mut().map(|kept| kept.resume(task)).transpose()?.flatten() {
        progress.say(&format!("going on after step {}", found.optimiser_steps));
        at = found;
    }
    if at.done {
        return Ok(at.trained);
    }
    let mut optimiser =
        AdamW { weight_decay: plan.weight_decay, steps: at.optimiser_steps, ..AdamW::default() };
    let per_epoch = task.batches(plan.batch, &mut Draw::new(plan.seed, 0)).len() as u64;
    let total = per_epoch * plan.epochs as u64;
    let schedule = Schedule { peak: 1.0, warmup: (plan.warmup * total as f64).round() as u64, total };
    progress.stage("train", Some(total));
    progress.advance(at.epoch as u64 * per_epoch + at.batches as u64);
    while at.epoch < plan.epochs {
        let since_best = at.epoch - at.trained.best.min(at.epoch);
        if plan.patience.is_some_and(|patience| at.epoch > 0 && since_best > patience) {
            break;
        }
        let batches = task.batches(plan.batch, &mut Draw::new(plan.seed, at.epoch as u64));
        while let Some(batch) = batches.get(at.batches) {
            if let Some(kept) = kept.as_mut().filter(|kept| cancel.is_cancelled() || kept.is_due()) {
                kept.save(task, &at)?;
            }
            watch.go_on()?;
            let loss = step(task, batch, &mut optimiser, plan, &schedule)?;
            at.losses += loss;
            at.batches += 1;
            at.optimiser_steps = optimiser.steps;
            at.trained.steps += 1;
            progress.advance(1);
            progress.note(&format!(
                "loss {loss:.4}, rate {:.1e}",
                plan.rate * schedule.rate(optimiser.steps - 1)
            ));
        }
        at.trained.losses.push(at.losses / batches.len() as f64);
        (at.epoch, at.batches, at.losses) = (at.epoch + 1, 0, 0.0);
        let now = score(task)?;
        at.trained.scores.extend(now);
        let scores = &at.trained.scores;
        let better = scores.len() < 2
            || now.is_some_and(|now| scores[..scores.len() - 1].iter().all(|&score| now > score));
        if better || plan.patience.is_none() || now.is_none() {
            at.trained.best = at.epoch;
            at.best = plan.patience.is_some().then(|| values(task));
        }
    }
    if let Some(best) = at.best.take() {
        restore(task, &best);
    }
    at.done = true;
    if let Some(mut kept) = kept {
        kept.finish(task, &at)?;
    }
    Ok(at.trained)
}

fn step<T: Task>(
    task: &mut T,
    batch: &[usize],
    optimiser: &mut AdamW,
    plan: &Plan,
    schedule: &Schedule,
) -> Result<f64, TuneError> {
    for (parameters, _) in task.groups() {
        zero_gradients(parameters);
    }
    let loss = task.step(batch)?;
    let number = optimiser.steps + 1;
    check_loss(number, loss)?;
    let mut groups = task.groups();
    // With a warm-up the rate of the first step is zero, and only the second moves anything.
    if number <= 3 {
        let moved = (0..optimiser.steps).any(|step| schedule.rate(step) > 0.0);
        let all = groups.iter().flat_map(|(parameters, _)| parameters.iter().map(|parameter| &**parameter));
        // An adapter's A has no gradient until its B, which starts at 0, has moved.
        check_moves(number, all, |name| !moved && name.contains("lora_A"))?;
    }
    let mut all: Vec<&mut Parameter> =
        groups.iter_mut().flat_map(|(parameters, _)| parameters.iter_mut().map(|p| &mut **p)).collect();
    check_norm(number, clip_gradients(&mut all, plan.clip))?;
    let rate = plan.rate * schedule.rate(optimiser.steps);
    optimiser.next_step();
    for (parameters, factor) in groups {
        optimiser.update(parameters, rate * factor);
    }
    Ok(loss)
}

/// Cuts a batch into parts of at most `most` tokens, each at least one example long, so that a pass fits the memory.
pub fn parts(batch: &[usize], most: usize, tokens: impl Fn(usize) -> usize) -> Vec<Vec<usize>> {
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut sum = 0;
    for &example in batch {
        let len = tokens(example);
        match parts.last_mut() {
            Some(part) if sum + len <= most => part.push(example),
            _ => {
                parts.push(vec![example]);
                sum = 0;
            }
        }
        sum += len;
    }
    parts
}

#[cfg(test)]
mod tests;
