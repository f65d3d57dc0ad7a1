//! Scripted changes tried on an arm: how long each takes to show in an answer, and what it costs.

use std::path::Path;

use engraft_decide::{Arm, Renewed, UpdateTrial};
use serde::{Deserialize, Serialize};

use super::asking::Asking;
use super::meter::{Used, metered};
use super::task::Updates;
use crate::Error;

/// Changes every arm is put through, however slow it is.
const LEAST: usize = 3;

/// What the change of that number is: of ten, five change, three add, two delete.
pub(super) fn what(number: usize) -> &'static str {
    match number % 10 {
        0 | 2 | 4 | 6 | 8 => "change",
        1 | 5 | 9 => "add",
        _ => "delete",
    }
}

/// A change, and the question that shows it.
pub(super) struct Scripted {
    pub(super) what: &'static str,
    pub(super) probe: String,
}

/// What came of a change.
pub(super) struct Shown {
    /// Whether the answer follows it.
    pub(super) follows: bool,
    /// What training and deploying took, of an arm that learns.
    pub(super) renewed: Option<Renewed>,
}

/// What training and deploying took.
pub(super) fn renewed(retrain: Used, deploy: Used) -> Renewed {
    Renewed { retrain_s: retrain.ms / 1e3, deploy_s: deploy.ms / 1e3 }
}

/// A trial with the processor time it took.
#[derive(Clone, Serialize, Deserialize)]
struct Tried {
    trial: UpdateTrial,
    cpu_s: f64,
}

/// Tries the changes on `arm` and writes into it how long they took and what one costs. `shows` makes the change of that
/// number in a copy of what the arm knows, asks, and says what came of it; it may write into the folder it is given, which is new and
/// goes afterwards. Making and removing that folder is not in the time.
pub(super) fn try_on(
    asking: &Asking,
    updates: &Updates,
    arm: &mut Arm,
    script: &[Scripted],
    shows: &dyn Fn(&Arm, usize, &Path) -> Result<Shown, Error>,
) -> Result<(), Error> {
    // Not `changes-…`: that is what a build kept which deployed nothing.
    let (mut tried, mut more) =
        asking.kept.results::<Tried>(&format!("updates-{}", arm.name), asking.fingerprint)?;
    tried.truncate(script.len());
    let progress = asking.context.progress;
    progress.stage(&format!("change {}", arm.name), Some(script.len() as u64));
    progress.advance(tried.len() as u64);
    let mut spent: f64 = tried.iter().map(|tried| tried.trial.limit_s).sum();
    let done = tried.len();
    for (number, Scripted { what, probe }) in script.iter().enumerate().skip(done) {
        asking.go_on()?;
        if spent > updates.budget_s && number >= LEAST {
            break;
        }
        let folder = asking.kept.scratch()?;
        let (shown, used) = metered(|| shows(arm, number, folder.path()));
        let took = used.ms / 1e3;
        let Shown { follows, renewed } = shown?;
        let seconds = follows.then_some(took);
        spent += took;
        let (what, probe) = ((*what).into(), probe.clone());
        let trial = UpdateTrial { what, probe, seconds, limit_s: took, fresh: None, renewed };
        let one = Tried { trial, cpu_s: used.cpu_s };
        more.keep(&one)?;
        tried.push(one);
        progress.advance(1);
    }
    let n = tried.len().max(1) as f64;
    arm.upkeep.update_cpu_s = tried.iter().map(|tried| tried.cpu_s).sum::<f64>() / n;
    arm.upkeep.update_person_min = if arm.tuned { updates.review_minutes } else { 0.0 };
    arm.updates = tried.into_iter().map(|tried| tried.trial).collect();
    Ok(())
}
