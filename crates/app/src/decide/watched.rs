//! Decisions as the studio shows them: how far each is while it runs, what it came to, and what other weights would say.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use engraft_core::Progress;
use engraft_decide::{Decision, Experiment, Resampled, Weights, html};
use engraft_store::Store;
pub use engraft_store::{DecisionNo, DecisionRow, DecisionState};
use engraft_tune::data::sha256_of;

use super::drawn::Drawn;
use super::output::{RECORD, record};
use super::task::request;
use super::{Decided, Task, unfit};
use crate::people::{Act, Principal};
use crate::{Context, Error, Workspace};

/// How often it is said how far a decision is, in nanoseconds.
const OFTEN: i64 = 500_000_000;
/// How long nothing is said after it could not be, in nanoseconds: a lock that another process holds is waited for each time.
const SELDOM: i64 = 30_000_000_000;

/// Runs `decide` while the workspace is told how far it is.
pub(super) fn watched(
    context: Context,
    workspace: &Workspace,
    task: &Task,
    out: &Path,
    decide: impl FnOnce(Context) -> Result<Decided, Error>,
) -> Result<Decided, Error> {
    let folder = std::path::absolute(out).map_err(Error::io("find", out))?;
    let now = (context.now)();
    // Nobody's decision fails because it cannot be watched, as in a workspace that is read-only or locked.
    let Ok(no) =
        workspace.store.begin_decision(&task.name, task.kind.name(), &folder.to_string_lossy(), &now)
    else {
        return decide(context);
    };
    let watch = Watch {
        inner: context.progress,
        store: &workspace.store,
        no,
        now: context.now,
        now_ns: context.now_ns,
        far: Mutex::new(Far::default()),
    };
    let decided = decide(Context { progress: &watch, ..context });
    let (state, words) = match &decided {
        Ok(decided) => (DecisionState::Decided, decided.decision.verdict.clone()),
        Err(error) => (DecisionState::Stopped, error.to_string()),
    };
    let _ = workspace.store.end_decision(no, state, &words, &(context.now)());
    decided
}

/// Passes on what it hears, and tells the workspace now and then.
struct Watch<'a> {
    inner: &'a dyn Progress,
    store: &'a Store,
    no: DecisionNo,
    now: &'a (dyn Fn() -> String + Sync),
    now_ns: &'a (dyn Fn() -> i64 + Sync),
    far: Mutex<Far>,
}

#[derive(Default)]
struct Far {
    stage: String,
    done: u64,
    total: Option<u64>,
    /// When to tell again.
    next_ns: i64,
}

impl Watch<'_> {
    fn far(&self) -> MutexGuard<'_, Far> {
        self.far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how far it is, and tells it when it is time: one thread at a time, while the others go on.
    fn tell(&self, change: impl FnOnce(&mut Far)) {
        let (stage, done, total) = {
            let mut far = self.far();
            change(&mut far);
            if (self.now_ns)() < far.next_ns {
                return;
            }
            far.next_ns = i64::MAX;
            (far.stage.clone(), far.done, far.total)
        };
        // What could not be told now is told the next time.
        let told = self.store.tell_decision(self.no, &stage, done, total, &(self.now)());
        let pause = if told.is_ok() { OFTEN } else { SELDOM };
        self.far().next_ns = (self.now_ns)().saturating_add(pause);
    }
}

impl Progress for Watch<'_> {
    fn stage(&self, name: &str, total: Option<u64>) {
        self.inner.stage(name, total);
        self.tell(|far| (far.stage, far.done, far.total) = (name.to_string(), 0, total));
    }

    fn advance(&self, units: u64) {
        self.inner.advance(units);
        self.tell(|far| far.done += units);
    }

    fn say(&self, remark: &str) {
        self.inner.say(remark);
    }

    fn note(&self, note: &str) {
        self.inner.note(note);
    }
}

/// All decisions begun in this workspace, the last one first.
pub fn decisions(workspace: &Workspace, who: &Principal) -> Result<Vec<DecisionRow>, Error> {
    who.must(Act::SeeProgress)?;
    Ok(workspace.store.decisions()?)
}

/// One of them, with the decision once it is made and its files are still there.
pub fn decision(
    workspace: &Workspace,
    who: &Principal,
    no: DecisionNo,
) -> Result<(DecisionRow, Option<Decision>), Error> {
    who.must(Act::SeeProgress)?;
    let row = row(workspace, no)?;
    let text = match row.state {
        DecisionState::Decided => std::fs::read(PathBuf::from(&row.out).join("decision.json")).ok(),
        DecisionState::Running | DecisionState::Stopped => None,
    };
    let decision = text.and_then(|text| serde_json::from_slice(&text).ok());
    Ok((row, decision))
}

/// The whole report as one page; it quotes questions and documents.
pub fn decision_report(workspace: &Workspace, who: &Principal, no: DecisionNo) -> Result<String, Error> {
    who.must(Act::SeeAnswers)?;
    let (experiment, sha256) = measured(&row(workspace, no)?)?;
    Ok(html(&experiment, &super::decided(&experiment, &sha256)?))
}

/// What was measured for a decision, resampled once, to be weighed in many ways.
#[derive(Debug)]
pub struct Scales {
    resampled: Resampled,
    sha256: String,
}

impl Scales {
    /// Reads the record of a decision that is made.
    pub fn of(workspace: &Workspace, who: &Principal, no: DecisionNo) -> Result<Scales, Error> {
        who.must(Act::SeeProgress)?;
        let (experiment, sha256) = measured(&row(workspace, no)?)?;
        Ok(Scales { resampled: Resampled::of(&experiment).map_err(unfit)?, sha256 })
    }

    /// What would be decided were the criteria weighed so.
    pub fn weigh(&mut self, weights: Weights) -> Result<Decision, Error> {
        self.resampled
            .weigh(weights)
            .map_err(|error| request(error.to_string(), "let at least one criterion count"))?;
        Ok(self.resampled.decide(&self.sha256))
    }

    /// The tile and the pictures of what [`Scales::weigh`] gave.
    pub fn drawn(&self, decision: &Decision) -> Drawn {
        Drawn::of(self.resampled.experiment(), decision, String::new())
    }
}

pub(super) fn row(workspace: &Workspace, no: DecisionNo) -> Result<DecisionRow, Error> {
    workspace.store.decision(no)?.ok_or_else(|| Error::Missing {
        what: "decision",
        name: no.to_string(),
        hint: "begin one with `engraft decide TASK.toml`".into(),
    })
}

fn measured(row: &DecisionRow) -> Result<(Experiment, String), Error> {
    let path = PathBuf::from(&row.out).join(RECORD);
    let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
    Ok((record(&bytes)?, sha256_of(&bytes)))
}

#[cfg(test)]
mod tests;
