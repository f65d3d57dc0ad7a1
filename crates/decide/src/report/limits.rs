//! Retrieval and its limits: what was found, and what perfect and useless retrieval would give.

use super::engineer::is_front;
use super::escape::{esc, list, prose, table};
use super::evidence::measured;
use crate::words::{percent, points};
use crate::{Decision, EVIDENCE_RECALL, Experiment, Measure, RECALL};

/// What was found, and what perfect and useless retrieval would give, beside the arms.
pub(crate) fn limits(experiment: &Experiment, decision: &Decision) -> String {
    let found: Vec<&Measure> = experiment.measures.iter().filter(|measure| of_search(measure)).collect();
    let none = "<p>No diagnostic arm was measured.</p>";
    let limited = measured(decision).any(|arm| !arm.candidate);
    if !limited && found.is_empty() {
        return none.into();
    }
    let rows = measured(decision).filter(|arm| arm.retrieval || !arm.candidate).map(|arm| {
        let contrast = decision.diagnostics.iter().find(|one| one.diagnostic == arm.name);
        let against = contrast.map_or(String::new(), |one| {
            format!("{} against <code>{}</code>", esc(&points(&one.difference)), esc(&one.beside))
        });
        let mut cells = vec![esc(&arm.name), prose(&arm.description), esc(&percent(&arm.quality)), against];
        cells.extend(found.iter().map(|measure| {
            let metric = arm.measures.get(&measure.name);
            metric.map_or("–".into(), |metric| esc(&percent(metric)))
        }));
        (is_front(decision, arm), cells)
    });
    let mut heads = vec![("Arm", false), ("What it does", false), ("Quality", true), ("Difference", true)];
    heads.extend(found.iter().map(|measure| (measure.name.as_str(), true)));
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    if !found.is_empty() {
        out.push_str(&meanings(&found));
    }
    if !limited {
        out.push_str(none);
        return out;
    }
    out.push_str(
        "<p class=soft>Diagnostics are never chosen. What lies between an arm and perfect retrieval is lost by finding the \
         wrong things; what lies between perfect retrieval and 100 % by what is made of them.</p>\n",
    );
    out
}

/// Whether a measure is of what was found, and not of what was made of it.
pub(super) fn of_search(measure: &Measure) -> bool {
    [RECALL, EVIDENCE_RECALL].contains(&measure.name.as_str())
}

/// What each of these measures means.
pub(super) fn meanings(measures: &[&Measure]) -> String {
    list(measures.iter().map(|measure| {
        let better = if measure.higher_is_better { "more is better" } else { "less is better" };
        format!("<code>{}</code>: {} ({better})", esc(&measure.name), prose(&measure.meaning))
    }))
}
