//! What every experiment says of itself, whatever its kind.

use engraft_decide::{DataFact, Experiment};

use super::task::Task;
use crate::Context;

/// The commit that this build was made from, where whoever built it said so.
const COMMIT: Option<&str> = option_env!("ENGRAFT_COMMIT");

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
            build: build(COMMIT),
            machine: format!("{threads}, {} {}", std::env::consts::ARCH, std::env::consts::OS),
            command: self.command.clone(),
            seed: self.task.seed,
            resamples: self.task.resamples,
            setup: Vec::new(),
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

fn build(commit: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match commit.filter(|commit| !commit.is_empty()) {
        Some(commit) => format!("engraft {version} (commit {commit})"),
        None => format!("engraft {version} (no commit was named when it was built)"),
    }
}

/// What arms are made with, as names and values.
pub(super) fn setup<'f>(facts: impl IntoIterator<Item = (&'f str, String)>) -> Vec<DataFact> {
    facts.into_iter().map(|(what, value)| DataFact { what: what.into(), value }).collect()
}

/// An encoder by what people call it and a hash of its weights, from the name it gives itself; `None`: there is none.
pub(super) fn encoder(name: Option<&str>) -> String {
    match name.map(|name| name.rsplit_once('@').ok_or(name)) {
        Some(Ok((name, weights))) => format!("{name}, weights {weights}"),
        Some(Err(name)) => name.into(),
        None => "none".into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_says_which_commit_it_is_where_that_is_known() {
        assert!(build(Some("abc1234")).ends_with(" (commit abc1234)"));
        assert!(build(None).ends_with(" (no commit was named when it was built)"));
        assert_eq!(build(Some("")), build(None));
    }

    #[test]
    fn an_encoder_is_told_with_the_hash_of_its_weights() {
        assert_eq!(encoder(Some("mini@v2@0123456789ab+int8")), "mini@v2, weights 0123456789ab+int8");
        assert_eq!((encoder(Some("words")), encoder(None)), ("words".into(), "none".into()));
    }
}
