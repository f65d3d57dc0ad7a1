//! The tile and the pictures of a decision, for the studio: of its record once it is made, of what is measured so far while it runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use engraft_core::content_hash;
use engraft_decide::{Decision, Experiment, decide, pictures, tile};
use engraft_store::{DecisionNo, DecisionRow, DecisionState};

use super::kept::so_far;
use super::output::{RECORD, record};
use super::watched::row;
use crate::people::{Act, Principal};
use crate::{Error, Workspace};

/// Resamples of what is drawn while a decision runs.
const RESAMPLES: usize = 1000;

/// The tile and the pictures as HTML, with the classes of the report; no question, no answer and no document stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The four cells.
    pub tile: String,
    /// All pictures there are.
    pub pictures: String,
    /// Differs where something else would be drawn; empty where nothing was read to draw it.
    pub from: String,
}

impl Drawn {
    pub(super) fn of(experiment: &Experiment, decision: &Decision, from: String) -> Drawn {
        Drawn { tile: tile(experiment, decision), pictures: pictures(experiment, decision), from }
    }
}

/// The tile and the pictures of a decision; `None`: there is nothing to draw yet, or its files are gone. `kept` is what an earlier call
/// gave, and comes back where nothing else would be drawn.
///
/// While it runs they are drawn when every arm has answered everything, without a verdict, and again as more is measured.
pub fn drawn(
    workspace: &Workspace,
    who: &Principal,
    no: DecisionNo,
    kept: Option<Arc<Drawn>>,
) -> Result<Option<Arc<Drawn>>, Error> {
    who.must(Act::SeeProgress)?;
    let row = row(workspace, no)?;
    let Some((path, from)) = source(&row) else { return Ok(None) };
    if let Some(kept) = kept.filter(|kept| kept.from == from) {
        return Ok(Some(kept));
    }
    // A file that is replaced just now is read the next time.
    let Some(experiment) = std::fs::read(path).ok().and_then(|bytes| record(&bytes).ok()) else {
        return Ok(None);
    };
    let drawn = match row.state {
        DecisionState::Decided => made(&row).map(|decision| Drawn::of(&experiment, &decision, from)),
        _ => unfinished(experiment, from),
    };
    Ok(drawn.map(Arc::new))
}

/// What [`drawn`] would be drawn from; differs whenever that does.
pub fn drawn_from(workspace: &Workspace, who: &Principal, no: DecisionNo) -> Result<Option<String>, Error> {
    who.must(Act::SeeProgress)?;
    Ok(source(&row(workspace, no)?).map(|(_, from)| from))
}

/// The file that holds what was measured, and a name for it as it is now.
fn source(row: &DecisionRow) -> Option<(PathBuf, String)> {
    let out = Path::new(&row.out);
    let path = match row.state {
        DecisionState::Decided => out.join(RECORD),
        DecisionState::Running => so_far(out),
        DecisionState::Stopped => return None,
    };
    let file = std::fs::metadata(&path).ok()?;
    let since = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let what = format!("{} {} {}", path.display(), since.as_nanos(), file.len());
    Some((path, content_hash(what.as_bytes())[..16].to_string()))
}

fn made(row: &DecisionRow) -> Option<Decision> {
    let text = std::fs::read(Path::new(&row.out).join("decision.json")).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Drawn without a verdict: what is still to be measured may turn it.
fn unfinished(mut experiment: Experiment, from: String) -> Option<Drawn> {
    experiment.resamples = experiment.resamples.min(RESAMPLES);
    let mut decision = decide(&experiment, "").ok()?;
    (decision.front, decision.recommendation) = (None, None);
    decision.sensitivity.clear();
    Some(Drawn::of(&experiment, &decision, from))
}
