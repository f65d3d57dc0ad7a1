//! What every experiment says of itself, whatever its kind.

use engraft_decide::Experiment;

use super::task::Task;
use crate::Context;

/// The circumstances of an experiment.
pub(super) struct Frame<'a> {
    pub(super) task: &'a Task,
    pub(super) created: String,
    pub(super) command: String,
    pub(super) threads: usize,
}

impl<'a> Frame<'a> {
    pub(super) fn new(context: Context, task: &'a Task, command: &str, threads: usize) -> Frame<'a> {
        Frame { task, created: (context.now)(), command: command.into(), threads }
    }

    /// An experiment with everything but data, questions and arms.
    pub(super) fn experiment(&self) -> Experiment {
        let threads = match self.threads {
            1 => "one thread".to_string(),
            n => format!("{n} threads"),
        };
        Experiment {
            name: self.task.name.clone(),
            kind: self.task.kind.name().into(),
            created: self.created.clone(),
            build: format!("engraft {}", env!("CARGO_PKG_VERSION")),
            machine: format!("{threads}, {} {}", std::env::consts::ARCH, std::env::consts::OS),
            command: self.command.clone(),
            seed: self.task.seed,
            resamples: self.task.resamples,
            data: Vec::new(),
            measures: Vec::new(),
            stages: Vec::new(),
            questions: Vec::new(),
            routed_by: String::new(),
            arms: Vec::new(),
            curve: Vec::new(),
            unasked: Vec::new(),
            not_measured: Vec::new(),
            scale: None,
            label_s: Some(self.task.label_s(None)),
            styles: Vec::new(),
            votes: Vec::new(),
            judge: None,
            notes: Vec::new(),
            terms: self.task.terms(),
        }
    }
}

/// An experiment as measured.
pub(super) struct Measured {
    pub(super) experiment: Experiment,
    /// Answers kept from an interrupted run.
    pub(super) reused: usize,
    /// Answers asked for now.
    pub(super) asked: usize,
}
