//! The section on changes: how they came through, what they were, and what was stale for how long.

use std::collections::BTreeSet;

use engraft_eval::Metric;

use super::engineer::{is_front, ranged};
use super::escape::{esc, prose, short, table};
use super::pictures;
use crate::words::{duration, number, percent};
use crate::{Arm, Decision, Experiment, ROUTER, Role};

/// Changes that are told one by one.
const EXAMPLES: usize = 5;

/// How changes came through.
pub(crate) fn lag(experiment: &Experiment, decision: &Decision) -> String {
    let cite =
        decision.arms.iter().filter_map(|arm| arm.lag.as_ref()).any(|lag| lag.fresh_citations.is_some());
    let renewed = decision.arms.iter().filter_map(|arm| arm.lag.as_ref()).any(|lag| lag.deploy_s.is_some());
    let rows: Vec<_> = decision
        .arms
        .iter()
        .filter_map(|arm| {
            let lag = arm.lag.as_ref()?;
            let mut cells = vec![
                esc(&arm.name),
                number(lag.trials),
                number(lag.never),
                ranged(&lag.median_s, &duration),
                ranged(&lag.p95_s, &duration),
            ];
            if renewed {
                let parts = [&lag.retrain_s, &lag.deploy_s];
                let part = |part: &Option<Metric>| part.as_ref().map(|part| ranged(part, &duration));
                cells.extend(parts.map(|one| part(one).unwrap_or_else(|| "–".into())));
            }
            cells.extend([
                told(lag.stale_after_minute.as_ref()),
                told(lag.stale_after_hour.as_ref()),
                esc(&percent(&lag.deletions)),
            ]);
            if cite {
                cells.push(told(lag.fresh_citations.as_ref()));
            }
            Some((is_front(decision, arm), cells))
        })
        .collect();
    if rows.is_empty() {
        return "<p>No change was tried.</p>".into();
    }
    let mut heads =
        vec![("Arm", false), ("Changes", true), ("Never showed", true), ("Median", true), ("p95", true)];
    heads.extend([("Training", true), ("Deploying", true)].into_iter().filter(|_| renewed));
    heads.extend([
        ("Stale after 1 minute", true),
        ("Stale after 1 hour", true),
        ("Deletions honoured", true),
    ]);
    heads.extend(cite.then_some(("Fresh citations", true)));
    let mut out = table(&heads, &rows);
    for (arm, lag) in decision.arms.iter().filter_map(|arm| Some((arm, arm.lag.as_ref()?))) {
        out.push_str(&format!("<p><b>{}</b>: {}</p>\n", esc(&arm.name), prose(&lag.how)));
    }
    out.push_str(
        "<p class=soft>Stale: the share of changes that answers did not show by then; one that never showed while it was waited for is among \
         them.</p>\n",
    );
    if renewed {
        out.push_str(
            "<p class=soft>Training and deploying: the medians of these parts of a change. Deploying: writing the model that was trained \
             again to disk, as <code>engraft tune</code> does, and opening it from there; the question is asked of what was opened.</p>\n",
        );
    }
    out.push_str(&edits(experiment, decision));
    out.push_str("<div class=plots>");
    out.push_str(&pictures::survival(experiment, decision));
    out.push_str("</div>\n");
    out
}

/// What was changed: how many of each kind every arm showed, and the first few one by one.
fn edits(experiment: &Experiment, decision: &Decision) -> String {
    let tried = |arm: &&Arm| !arm.updates.is_empty() && arm.role == Role::Candidate && arm.name != ROUTER;
    let arms: Vec<&Arm> = experiment.arms.iter().filter(tried).collect();
    let Some(longest) = arms.iter().map(|arm| &arm.updates).max_by_key(|updates| updates.len()) else {
        return String::new();
    };
    let front = |arm: &&Arm| decision.front.as_deref() == Some(arm.name.as_str());
    let kinds: BTreeSet<&str> = longest.iter().map(|trial| trial.what.as_str()).collect();
    let shown = |arm: &&Arm| {
        let of = |kind: &&str| {
            let all = arm.updates.iter().filter(|trial| trial.what == **kind);
            let (tried, seen) = all.fold((0, 0), |(tried, seen), trial| {
                (tried + 1, seen + usize::from(trial.seconds.is_some()))
            });
            format!("{} of {}", number(seen), number(tried))
        };
        let cells: Vec<String> = [esc(&arm.name)].into_iter().chain(kinds.iter().map(of)).collect();
        (front(arm), cells)
    };
    let mut heads = vec![("Arm", false)];
    heads.extend(kinds.iter().map(|kind| (*kind, true)));
    let rows: Vec<_> = arms.iter().map(shown).collect();
    let mut out = format!("<h3>Changes that showed, by kind</h3>{}", table(&heads, &rows));
    // The script is the same for every arm; an arm that was slow stopped before its end.
    let rows: Vec<_> = longest
        .iter()
        .take(EXAMPLES)
        .enumerate()
        .map(|(at, trial)| {
            let took = |arm: &&Arm| match arm.updates.get(at) {
                Some(trial) => {
                    trial.seconds.map_or_else(|| "never".into(), |seconds| esc(&duration(seconds)))
                }
                None => "not tried".into(),
            };
            let own = [esc(&trial.what), short(&trial.probe, 120)];
            let cells: Vec<String> = own.into_iter().chain(arms.iter().map(took)).collect();
            (false, cells)
        })
        .collect();
    let mut heads = vec![("Change", false), ("What shows it", false)];
    heads.extend(arms.iter().map(|arm| (arm.name.as_str(), true)));
    out.push_str(&format!("<h3>The first of them</h3>{}", table(&heads, &rows)));
    out
}

fn told(share: Option<&Metric>) -> String {
    share.map_or("–".into(), |share| esc(&percent(share)))
}
