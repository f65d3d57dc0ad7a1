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
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use engraft_core::{Cancel, Fault, Silent};
    use engraft_nn::train::{Head, loss};

    use crate::Keep;

    /// A line through points, by the same loop that trains encoders.
    struct Line {
        head: Head,
        rows: Vec<[f32; 2]>,
        targets: Vec<f32>,
        stop_after: Option<u64>,
        cancel: Option<(u64, Arc<Cancel>)>,
        steps: u64,
    }

    impl Line {
        fn new() -> Line {
            let mut draw = Draw::new(3, 0);
            let mut number = || draw.unit() as f32 - 0.5;
            let rows: Vec<[f32; 2]> = (0..40).map(|_| [number(), number()]).collect();
            let targets = rows.iter().map(|[x, y]| f32::from(u8::from(2.0 * x - y > 0.1))).collect();
            Line { head: Head::new("line", 2, 1, 1), rows, targets, stop_after: None, cancel: None, steps: 0 }
        }
    }

    impl Task for Line {
        fn examples(&self) -> usize {
            self.rows.len()
        }
        fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError> {
            self.steps += 1;
            if self.stop_after.is_some_and(|after| self.steps > after) {
                return Err(TuneError::Cancelled);
            }
            if let Some((_, cancel)) = self.cancel.as_ref().filter(|(at, _)| *at == self.steps) {
                cancel.cancel();
            }
            let rows: Vec<f32> = batch.iter().flat_map(|&n| self.rows[n]).collect();
            let targets: Vec<f32> = batch.iter().map(|&n| self.targets[n]).collect();
            let (loss, grads) = loss::binary(&self.head.forward(&rows), &targets, 1.0, batch.len() as f64);
            self.head.backward(&rows, &grads);
            Ok(loss)
        }
        fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
            vec![(self.head.parameters_mut().iter_mut().collect(), 1.0)]
        }
    }

    const PLAN: Plan = Plan {
        epochs: 30,
        batch: 7,
        rate: 0.3,
        warmup: 0.1,
        weight_decay: 0.0,
        clip: 1.0,
        patience: None,
        seed: 5,
    };

    /// Trains in a folder, as the first training of a command; a second passes between two looks at the time.
    fn kept(
        line: &mut Line,
        folder: Option<&Path>,
        cancel: &Cancel,
        seconds: i64,
    ) -> Result<Trained, TuneError> {
        let keep = folder.map(|folder| Keep::new(folder.into()));
        let time = AtomicI64::new(0);
        let now_ns = || time.fetch_add(seconds * 1_000_000_000, Ordering::Relaxed);
        let watch = Watch { progress: &Silent, cancel, now_ns: &now_ns, keep: keep.as_ref() };
        train(line, &PLAN, watch, |_| Ok(None))
    }

    fn run(line: &mut Line) -> Result<Trained, TuneError> {
        kept(line, None, &Cancel::default(), 0)
    }

    fn unwatched<T: Task>(
        task: &mut T,
        plan: &Plan,
        score: impl FnMut(&mut T) -> Result<Option<f64>, TuneError>,
    ) -> Result<Trained, TuneError> {
        train(task, plan, Watch::quiet(&Cancel::default()), score)
    }

    fn weights(line: &Line) -> Vec<u32> {
        line.head.parameters().iter().flat_map(|parameter| &parameter.values).map(|x| x.to_bits()).collect()
    }

    #[test]
    fn the_loss_goes_down() {
        let trained = run(&mut Line::new()).unwrap();
        assert_eq!(trained.steps, 30 * 6);
        assert!(trained.losses[29] < 0.25 && trained.losses[0] > 0.5, "{:?}", trained.losses);
    }

    #[test]
    fn what_was_stopped_ends_as_if_it_had_not_been() {
        let mut whole = Line::new();
        run(&mut whole).unwrap();
        let dir = tempfile::tempdir().unwrap();
        // A person stops it in the midst of epochs; then the machine does, ten steps of six seconds after the last state.
        for stop_at in [20, 30] {
            let cancel = Arc::new(Cancel::default());
            let mut stopped = Line { cancel: Some((stop_at, Arc::clone(&cancel))), ..Line::new() };
            let done = kept(&mut stopped, Some(dir.path()), &cancel, 0);
            assert!(matches!(done, Err(TuneError::Cancelled)) && stopped.steps == stop_at);
        }
        let mut failed = Line { stop_after: Some(25), ..Line::new() };
        assert!(kept(&mut failed, Some(dir.path()), &Cancel::default(), 6).is_err());
        let mut resumed = Line::new();
        let trained = kept(&mut resumed, Some(dir.path()), &Cancel::default(), 0).unwrap();
        assert!((180 - 75..=180 - 60).contains(&resumed.steps), "{} steps", resumed.steps);
        assert_eq!((trained.steps, weights(&whole)), (180, weights(&resumed)));
        // What is done stays done, for a command that is stopped in its next training.
        let mut done = Line::new();
        assert_eq!(kept(&mut done, Some(dir.path()), &Cancel::default(), 0).unwrap(), trained);
        assert_eq!((done.steps, weights(&done)), (0, weights(&whole)));
    }

    #[test]
    fn a_state_that_cannot_be_written_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let stop = |at| {
            let cancel = Arc::new(Cancel::default());
            let mut line = Line { cancel: Some((at, Arc::clone(&cancel))), ..Line::new() };
            kept(&mut line, Some(dir.path()), &cancel, 0).unwrap_err()
        };
        assert!(matches!(stop(20), TuneError::Cancelled));
        // A folder stands where the next one would be written.
        let way = dir.path().join("0/next.new");
        std::fs::create_dir(&way).unwrap();
        let failed = stop(30);
        assert!(failed.to_string().contains("cannot write"), "{failed}");
        std::fs::remove_dir(&way).unwrap();
        let mut resumed = Line::new();
        kept(&mut resumed, Some(dir.path()), &Cancel::default(), 0).unwrap();
        assert_eq!(resumed.steps, 180 - 20);
    }

    #[test]
    fn a_state_of_something_else_is_not_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let stop = |line: Line| {
            let cancel = Arc::new(Cancel::default());
            let mut line = Line { cancel: Some((50, Arc::clone(&cancel))), ..line };
            kept(&mut line, Some(dir.path()), &cancel, 0).unwrap_err()
        };
        stop(Line { head: Head::new("line", 2, 1, 2), ..Line::new() });
        let mut line = Line::new();
        kept(&mut line, Some(dir.path()), &Cancel::default(), 0).unwrap();
        assert_eq!(line.steps, 180);
        // A short one leaves nothing behind once it is over.
        let empty = tempfile::tempdir().unwrap();
        kept(&mut Line::new(), Some(empty.path()), &Cancel::default(), 0).unwrap();
        assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
    }

    /// An adapter in one dimension: the product of `a` and `b`, which starts at 0, is to be 1.
    struct Thin {
        parameters: [Parameter; 2],
        steps: u64,
        /// What becomes of the gradient of `a` in a step, by its number.
        spoilt: fn(u64, f32) -> f32,
    }

    fn thin(spoilt: fn(u64, f32) -> f32) -> Result<Trained, TuneError> {
        let parameter = |name: &str, value| Parameter::new(name, &[1], vec![value]);
        let parameters = [parameter("x.lora_A.weight", 1.0), parameter("x.lora_B.weight", 0.0)];
        unwatched(&mut Thin { parameters, steps: 0, spoilt }, &PLAN, |_| Ok(None))
    }

    impl Task for Thin {
        fn examples(&self) -> usize {
            8
        }
        fn step(&mut self, _batch: &[usize]) -> Result<f64, TuneError> {
            self.steps += 1;
            let [a, b] = &mut self.parameters;
            let far = a.values[0] * b.values[0] - 1.0;
            a.gradient[0] += (self.spoilt)(self.steps, 2.0 * far * b.values[0]);
            b.gradient[0] += 2.0 * far * a.values[0];
            Ok(f64::from(far * far))
        }
        fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
            vec![(self.parameters.iter_mut().collect(), 1.0)]
        }
    }

    #[test]
    fn an_adapter_is_trained_through_a_warm_up_and_named_when_it_cannot_move() {
        assert!(thin(|_, right| right).unwrap().losses[29] < 0.05);
        let stuck = thin(|_, _| 0.0).unwrap_err().to_string();
        assert!(stuck.contains("x.lora_A.weight has no gradient in step 3"), "{stuck}");
    }

    #[test]
    fn a_gradient_that_is_not_a_number_stops_it_though_the_loss_is_one() {
        let first = thin(|_, _| f32::NAN).unwrap_err();
        let said = "training failed: the gradient of x.lora_A.weight in step 1 is NaN long";
        assert_eq!(first.to_string(), said);
        assert!(first.hint().unwrap().contains("lower learning rate"), "{first}");
        let later = thin(|step, right| if step == 9 { f32::INFINITY } else { right }).unwrap_err();
        assert_eq!(later.to_string(), "training failed: the gradients of step 9 are inf long");
    }

    #[test]
    fn the_best_epoch_is_kept_and_patience_ends_it() {
        let mut line = Line::new();
        let plan = Plan { patience: Some(2), ..PLAN };
        let mut epoch = 0;
        let mut at_best = Vec::new();
        let scores = [0.1, 0.4, 0.3, 0.4, 0.2, 0.9];
        let trained = unwatched(&mut line, &plan, |line: &mut Line| {
            if epoch == 1 {
                at_best = weights(line);
            }
            epoch += 1;
            Ok(Some(scores[epoch - 1]))
        });
        let trained = trained.unwrap();
        assert_eq!((trained.best, trained.scores.len()), (2, 5));
        assert_eq!(weights(&line), at_best);
    }

    #[test]
    fn a_tensor_without_a_gradient_is_named() {
        let mut line = Line::new();
        line.rows.iter_mut().for_each(|row| *row = [0.0; 2]);
        let error = run(&mut line).unwrap_err();
        assert!(error.to_string().contains("line.weight has no gradient"), "{error}");
        assert!(error.hint().unwrap().contains("use larger batches"), "{error}");
    }

    #[test]
    fn a_loss_that_is_not_a_number_stops_it() {
        let mut line = Line::new();
        line.targets[3] = f32::NAN;
        let error = run(&mut line).unwrap_err().to_string();
        assert!(error.contains("is NaN"), "{error}");
    }

    #[test]
    fn a_batch_is_cut_where_the_tokens_are_too_many() {
        let cut = parts(&[0, 1, 2, 3, 4], 10, |n| [4, 6, 1, 30, 2][n]);
        assert_eq!(cut, [vec![0, 1], vec![2], vec![3], vec![4]]);
    }
}
