//! Retrieval and its limits: what was found, and what perfect and useless retrieval would give.

use engraft_eval::Metric;

use super::engineer::{is_front, ranged};
use super::escape::{esc, list, prose, table};
use super::evidence::measured;
use super::lacking::lacking;
use crate::words::{number, percent, points};
use crate::{Decision, EVIDENCE_RECALL, Experiment, JUDGED, Measure, NDCG, RECALL};

/// What was found, and what perfect and useless retrieval would give, beside the arms.
pub(crate) fn limits(experiment: &Experiment, decision: &Decision) -> String {
    let told = |measure: &&Measure| measured(decision).any(|arm| arm.measures.contains_key(&measure.name));
    let found = experiment.measures.iter().filter(|measure| of_search(measure));
    let found: Vec<&Measure> = found.filter(told).collect();
    let lacking =
        lacking(experiment, decision).map_or(String::new(), |why| format!("<p>{}</p>\n", prose(why)));
    let unasked = unjudged(experiment, decision) + &lacking;
    let none = "<p>No diagnostic arm was measured.</p>";
    let limited = measured(decision).any(|arm| !arm.candidate);
    if !limited && found.is_empty() {
        return unasked + none;
    }
    let rows = measured(decision).filter(|arm| arm.retrieval || !arm.candidate).map(|arm| {
        let contrast = decision.diagnostics.iter().find(|one| one.diagnostic == arm.name);
        let against = contrast.map_or(String::new(), |one| {
            format!("{} against <code>{}</code>", esc(&points(&one.difference)), esc(&one.beside))
        });
        let mut cells = vec![esc(&arm.name), esc(&percent(&arm.quality)), against];
        cells.extend(found.iter().map(|measure| {
            let metric = arm.measures.get(&measure.name);
            metric.map_or("–".into(), |metric| figure(measure, metric))
        }));
        (is_front(decision, arm), cells)
    });
    let mut heads = vec![("Arm", false), ("Quality", true), ("Difference", true)];
    heads.extend(found.iter().map(|measure| (measure.name.as_str(), true)));
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    if !found.is_empty() {
        out.push_str(&meanings(&found));
    }
    out.push_str(&unasked);
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

/// A share in per cent; nDCG is none, and is told with how many questions have something to find.
fn figure(measure: &Measure, metric: &Metric) -> String {
    match measure.name == NDCG {
        true => format!("{}, n {}", ranged(metric, &|value| format!("{value:.3}")), number(metric.n)),
        false => esc(&percent(metric)),
    }
}

/// Which measures of search no arm that looks things up has, and why; nothing where they have all.
fn unjudged(experiment: &Experiment, decision: &Decision) -> String {
    let looking = || measured(decision).filter(|arm| arm.retrieval);
    let lacking = |name: &&str| !looking().any(|arm| arm.measures.contains_key(*name));
    let kind = experiment.kind.as_str();
    let all = match kind {
        // These read passages or texts, of which some are gold.
        "answer" | "write" => vec![RECALL, EVIDENCE_RECALL, NDCG, JUDGED],
        _ => vec![NDCG, JUDGED],
    };
    let names: Vec<String> =
        all.into_iter().filter(lacking).map(|name| format!("<code>{name}</code>")).collect();
    if names.is_empty() || looking().next().is_none() {
        return String::new();
    }
    let asked_for = experiment.measures.iter().any(|measure| measure.name == NDCG);
    let why = match (kind, asked_for) {
        ("write", _) => "nobody said which examples are the right ones to show",
        (_, false) => "the record was made before they were",
        ("answer", true) => "no question says which passages hold its answer (`gold`)",
        (_, true) => "no example is a right one to look up for any question",
    };
    format!("<p>{}: not measured, because {}.</p>\n", names.join(", "), prose(why))
}

/// Whether a measure is of what was found, and not of what was made of it.
pub(super) fn of_search(measure: &Measure) -> bool {
    [RECALL, EVIDENCE_RECALL, NDCG, JUDGED].contains(&measure.name.as_str())
}

/// What each of these measures means.
pub(super) fn meanings(measures: &[&Measure]) -> String {
    list(measures.iter().map(|measure| {
        let better = if measure.higher_is_better { "more is better" } else { "less is better" };
        format!("<code>{}</code>: {} ({better})", esc(&measure.name), prose(&measure.meaning))
    }))
}
