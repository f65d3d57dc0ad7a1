//! `decide`: a task or a record in, a verdict out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use engraft_app as app;
use engraft_app::Error;

use super::{NO, Session, parsers};
use crate::cli::deciding::Decide;
use crate::print;

impl Session<'_> {
    pub(super) fn decide(&self, words: &Decide) -> Result<ExitCode, Error> {
        if let Some(record) = &words.replay {
            let replayed = app::decide::replay(record, words.out.as_deref())?;
            self.show(&replayed, print::deciding::replayed)?;
            return Ok(ExitCode::from(if replayed.identical == Some(false) { NO } else { 0 }));
        }
        let file = words.task.as_deref().unwrap_or_else(|| Path::new("TASK.toml"));
        let mut task = app::decide::Task::read(file)?;
        let out = words.out.clone().unwrap_or_else(|| beside(file));
        let mut command = format!("engraft decide {}", file.display());
        if let Some(seed) = words.seed {
            task.seed = seed;
            command += &format!(" --seed {seed}");
        }
        let workspace = match (task.wants_workspace(), task.asks_a_model(), self.workspace()) {
            (true, _, opened) => Some(opened?),
            // That no language model is named says more than that there is no place to name it.
            (false, true, Err(Error::NoWorkspace(_))) => None,
            (false, true, opened) => Some(opened?),
            // Only its studio would show how far this is.
            (false, false, opened) => opened.ok(),
        };
        if words.dry_run {
            return self.show(
                &app::decide::plan_decision(self.context, workspace.as_ref(), &task, &out)?,
                print::deciding::plan,
            );
        }
        let request = app::decide::DecideRequest {
            task: &task,
            out: &out,
            command: &command,
            threads: self.threads,
            workspace: workspace.as_ref(),
            parsers: &parsers()?,
        };
        let decided = app::decide::decide(self.context, &request)?;
        self.show(&decided, print::deciding::decided)?;
        Ok(ExitCode::from(if decided.decision.recommendation.is_some() { 0 } else { NO }))
    }
}

/// `team/topics.toml` writes into `team/topics.decision`.
fn beside(task: &Path) -> PathBuf {
    task.with_extension("decision")
}
