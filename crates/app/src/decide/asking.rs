//! Asking one set of answers after another: each is kept on disk as it comes, and none is asked for twice.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::kept::Kept;
use crate::{Context, Error};

/// Where answers are kept, and how many of them there are.
pub(super) struct Asking<'a> {
    pub(super) context: Context<'a>,
    pub(super) kept: &'a Kept,
    /// A hash of all that answers depend on.
    pub(super) fingerprint: &'a str,
    /// Answers kept from an interrupted run.
    pub(super) reused: usize,
    /// Answers asked for now.
    pub(super) asked: usize,
}

impl<'a> Asking<'a> {
    pub(super) fn new(context: Context<'a>, kept: &'a Kept, fingerprint: &'a str) -> Asking<'a> {
        Asking { context, kept, fingerprint, reused: 0, asked: 0 }
    }

    /// The `n` answers of the set `name`, in order; `say` gives those that are not there yet.
    pub(super) fn all<T: Serialize + DeserializeOwned>(
        &mut self,
        name: &str,
        n: usize,
        mut say: impl FnMut(usize) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let (mut answers, mut more) = self.kept.results::<T>(name, self.fingerprint)?;
        answers.truncate(n);
        self.reused += answers.len();
        self.context.progress.advance(answers.len() as u64);
        for at in answers.len()..n {
            self.go_on()?;
            let answer = say(at)?;
            more.keep(&answer)?;
            answers.push(answer);
            self.asked += 1;
            self.context.progress.advance(1);
        }
        Ok(answers)
    }

    /// An error when the person asked to stop.
    pub(super) fn go_on(&self) -> Result<(), Error> {
        if self.context.cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}
