//! Scripted edits of the documents: written, taken in, and asked about until the answer cites them.

use std::path::Path;
use std::time::Instant;

use engraft_core::Silent;
use engraft_decide::UpdateTrial;
use engraft_eval::QuoteCheck;
use serde::{Deserialize, Serialize};

use super::fresh::{self, Cited};
use super::how::How;
use super::script::{Edit, Script, take_back};
use crate::decide::kept::Kept;
use crate::decide::meter::metered;
use crate::isolate::Parsers;
use crate::{AskRequest, Context, Error, Workspace, ask, sync};

/// An edit that does not show after this is given up.
const LIMIT_S: f64 = 10.0;
/// Between two questions.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// An edit with the processor time it took.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Edited {
    pub(super) trial: UpdateTrial,
    pub(super) cpu_s: f64,
}

/// Makes `trials` edits below `documents`, which `workspace` follows, and says how long each took to show in the answers of an arm.
///
/// Every edit has a question of its own, written before it. What an interrupted run finished is made again without being asked about,
/// since each edit builds on the ones before it.
#[expect(clippy::too_many_arguments, reason = "where, what is kept of which arm, and the script")]
pub(super) fn edits(
    context: Context,
    workspace: &Workspace,
    parsers: &Parsers,
    documents: &Path,
    (kept, arm): (&Kept, &str),
    fingerprint: &str,
    how: &How,
    (trials, seed): (usize, u64),
) -> Result<Vec<Edited>, Error> {
    let (mut done, mut more) = kept.results::<Edited>(&format!("edits-{arm}-{seed}"), fingerprint)?;
    done.truncate(trials);
    context.progress.stage("edit documents", Some(trials as u64));
    context.progress.advance(done.len() as u64);
    if done.len() == trials {
        return Ok(done);
    }
    // What takes an edit in has stages of its own, which would take the place of this one.
    let quiet = Context { progress: &Silent, ..context };
    // Every script begins with the documents as they came: not with the edits of another arm.
    let left = take_back(documents)?;
    let mut script = Script::new(seed);
    for _ in &done {
        script.next_edit().make(documents)?;
    }
    if left || !done.is_empty() {
        sync(quiet, workspace, parsers, None, false)?;
    }
    while done.len() < trials {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let edit = script.next_edit();
        let probe = edit.probe();
        let mut cited = Vec::new();
        let ((shown, seconds), used) = metered(|| {
            let began = Instant::now();
            let asked = how.request(&probe, None);
            let shown = edit
                .make(documents)
                .and_then(|()| sync(quiet, workspace, parsers, None, false))
                .and_then(|_| appears(quiet, workspace, &asked, &edit, began, &mut cited));
            (shown, began.elapsed().as_secs_f64())
        });
        let seconds = shown?.then_some(seconds);
        let fresh = fresh::share(&cited);
        let trial =
            UpdateTrial { what: edit.what.into(), probe, seconds, limit_s: LIMIT_S, fresh, renewed: None };
        let edited = Edited { trial, cpu_s: used.cpu_s };
        more.keep(&edited)?;
        done.push(edited);
        context.progress.advance(1);
    }
    Ok(done)
}

/// Asks until the answer cites the new code, or for a deletion no longer the old one; whatever is cited on the way is added to `cited`.
fn appears(
    context: Context,
    workspace: &Workspace,
    probe: &AskRequest,
    edit: &Edit,
    began: Instant,
    cited: &mut Vec<QuoteCheck<'static>>,
) -> Result<bool, Error> {
    loop {
        let report = ask(context, workspace, probe)?;
        for citation in Cited::of(&report) {
            cited.push(citation.check(workspace)?);
        }
        let cites =
            |code: u64| report.citations.iter().any(|citation| citation.quote.contains(&code.to_string()));
        let shows = match edit.what {
            "delete" => !edit.old.is_some_and(cites),
            _ => cites(edit.code),
        };
        if shows || began.elapsed().as_secs_f64() > LIMIT_S {
            return Ok(shows);
        }
        std::thread::sleep(PAUSE);
    }
}
