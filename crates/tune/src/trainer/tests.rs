//! Trainings that end, tell how far they are, are stopped and go on, fail and say so: on a line through points, and on an adapter
//! in one dimension.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use engraft_core::{Cancel, Fault, Progress, Silent};
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
fn kept(line: &mut Line, folder: Option<&Path>, cancel: &Cancel, seconds: i64) -> Result<Trained, TuneError> {
    let keep = folder.map(|folder| Keep::open(folder.into()).unwrap());
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

/// Keeps what it is told.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn keep(&self, told: String) {
        self.0.lock().unwrap().push(told);
    }
}

impl Progress for Heard {
    fn stage(&self, name: &str, total: Option<u64>) {
        self.keep(format!("{name}: {total:?}"));
    }
    fn advance(&self, units: u64) {
        self.keep(format!("{units} more"));
    }
    fn say(&self, remark: &str) {
        self.keep(remark.to_string());
    }
    fn note(&self, note: &str) {
        self.keep(note.to_string());
    }
}

#[test]
fn every_step_is_told_with_its_loss_and_its_rate() {
    let (heard, cancel) = (Heard::default(), Cancel::default());
    // An epoch is one step, whose loss is its mean.
    let plan = Plan { epochs: 4, batch: 40, warmup: 0.5, ..PLAN };
    let watch = Watch { progress: &heard, ..Watch::quiet(&cancel) };
    let trained = train(&mut Line::new(), &plan, watch, |_| Ok(None)).unwrap();
    let mut expected = vec!["train: Some(4)".to_string(), "0 more".to_string()];
    for (loss, rate) in trained.losses.iter().zip(["0.0e0", "1.5e-1", "3.0e-1", "1.5e-1"]) {
        expected.extend(["1 more".to_string(), format!("loss {loss:.4}, rate {rate}")]);
    }
    assert_eq!((trained.losses.len(), heard.0.into_inner().unwrap()), (4, expected));
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
    let way = dir.path().join("0/state-2.new");
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
    assert!(!empty.path().exists());
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
