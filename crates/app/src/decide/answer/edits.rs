//! Scripted edits of the documents: written, taken in, and asked about until the answer cites them.

use std::path::Path;
use std::time::Instant;

use engraft_decide::UpdateTrial;
use engraft_eval::{QuoteCheck, SplitMix};
use serde::{Deserialize, Serialize};

use super::fresh::{self, Cited};
use super::how::How;
use crate::decide::kept::Kept;
use crate::decide::meter::metered;
use crate::isolate::Parsers;
use crate::{AskRequest, Context, Error, Workspace, ask, sync};

/// An edit that does not show after this is given up.
const LIMIT_S: f64 = 10.0;
/// How the names of files with edits begin.
const EDITED: &str = "scripted-edit-";
/// Between two questions.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
/// Before the first ten edits there is nothing to change or delete.
const THINGS: [&str; 10] = [
    "east gate",
    "north shed",
    "roof hatch",
    "boat house",
    "archive room",
    "tool store",
    "seed vault",
    "clock tower",
    "wood workshop",
    "glass house",
];

/// An edit with the processor time it took.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Edited {
    pub(super) trial: UpdateTrial,
    pub(super) cpu_s: f64,
}

/// Makes `trials` edits below `documents`, which `workspace` follows, and says how long each took to show in the answers of an arm.
///
/// Each thing is added, then changed, and some are deleted: every edit has a question of its own, written before it.
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
    let (mut done, mut more) = kept.results::<Edited>(&format!("edits-{arm}"), fingerprint)?;
    // Each edit builds on the ones before it: half a script cannot be taken up again.
    if done.len() < trials {
        done.clear();
        more.clear()?;
    }
    let mut random = SplitMix::new(seed, 0x6564_6974);
    let mut codes: Vec<Option<u64>> = vec![None; trials.max(1)];
    context.progress.stage("edit documents", Some(trials as u64));
    for number in done.len()..trials {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        // Of ten edits three add, five change, two delete.
        let known: Vec<usize> = (0..codes.len()).filter(|&at| codes[at].is_some()).collect();
        let what = match (number % 10, known.is_empty()) {
            (_, true) | (0 | 3 | 6, _) => "add",
            (4 | 9, _) => "delete",
            _ => "change",
        };
        let thing = match what {
            "add" => (0..codes.len()).find(|&at| codes[at].is_none()).unwrap_or(0),
            _ => known[random.below(known.len())],
        };
        let code = 100_000 + random.below(900_000) as u64;
        let name = format!("{} {}", THINGS[thing % THINGS.len()], 1 + thing / THINGS.len());
        let path = documents.join(format!("{EDITED}{thing}.md"));
        let probe = format!("What is the key code of the {name}?");
        let mut cited = Vec::new();
        let ((shown, seconds), used) = metered(|| {
            let began = Instant::now();
            let asked = how.request(&probe, None);
            let shown = edit(&path, what, &name, code)
                .and_then(|()| sync(context, workspace, parsers, None, false))
                .and_then(|_| {
                    appears(context, workspace, &asked, (what, code, codes[thing]), began, &mut cited)
                });
            (shown, began.elapsed().as_secs_f64())
        });
        let seconds = shown?.then_some(seconds);
        codes[thing] = (what != "delete").then_some(code);
        let fresh = fresh::share(&cited);
        let trial = UpdateTrial { what: what.into(), probe, seconds, limit_s: LIMIT_S, fresh };
        let edited = Edited { trial, cpu_s: used.cpu_s };
        more.keep(&edited)?;
        done.push(edited);
        context.progress.advance(1);
    }
    Ok(done)
}

/// Takes back every edit; whether there were any.
pub(super) fn take_back(documents: &Path) -> Result<bool, Error> {
    let mut any = false;
    for entry in std::fs::read_dir(documents).map_err(Error::io("read", documents))? {
        let path = entry.map_err(Error::io("read", documents))?.path();
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if name.starts_with(EDITED) {
            std::fs::remove_file(&path).map_err(Error::io("delete", &path))?;
            any = true;
        }
    }
    Ok(any)
}

fn edit(path: &Path, what: &str, name: &str, code: u64) -> Result<(), Error> {
    match what {
        "delete" => std::fs::remove_file(path).map_err(Error::io("delete", path)),
        _ => {
            let text = format!("# Key code of the {name}\n\nThe key code of the {name} is {code}.\n");
            std::fs::write(path, text).map_err(Error::io("write", path))
        }
    }
}

/// Asks until the answer cites the new code, or for a deletion no longer the old one; whatever is cited on the way is added to `cited`.
fn appears(
    context: Context,
    workspace: &Workspace,
    probe: &AskRequest,
    (what, code, old): (&str, u64, Option<u64>),
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
        let shows = match what {
            "delete" => !old.is_some_and(cites),
            _ => cites(code),
        };
        if shows || began.elapsed().as_secs_f64() > LIMIT_S {
            return Ok(shows);
        }
        std::thread::sleep(PAUSE);
    }
}
