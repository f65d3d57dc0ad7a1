//! The sections that show single measurements: evidence, confidence, time, what is missing.

use engraft_eval::Metric;

use super::engineer::{is_front, ranged};
use super::escape::{esc, list, prose, short, table};
use super::limits::{meanings, of_search};
use super::pictures;
use crate::experiment::named;
use crate::words::number;
use crate::{ArmReport, Decision, Experiment, GROUNDEDNESS, Measure, Preference};

const MISSING_SHOWN: usize = 50;

/// The arms that have rows.
pub(super) fn measured(decision: &Decision) -> impl Iterator<Item = &ArmReport> {
    decision.arms.iter().filter(|arm| arm.quality.value.is_some())
}

/// Every further measure, by arm.
pub(crate) fn grounded(experiment: &Experiment, decision: &Decision) -> String {
    let named = experiment.measures.iter().skip(1).filter(|measure| !of_search(measure));
    let measures: Vec<&Measure> = named.collect();
    if measures.is_empty() {
        return "<p>Nothing beside the quality was measured on the answers.</p>".into();
    }
    let mut heads = vec![("Arm", false)];
    heads.extend(measures.iter().map(|measure| (measure.name.as_str(), true)));
    let rows = measured(decision).map(|arm| {
        let mut cells = vec![esc(&arm.name)];
        cells.extend(measures.iter().map(|measure| match arm.measures.get(&measure.name) {
            Some(Metric { value: Some(value), .. }) if measure.by_construction.is_some() => {
                format!("{value:.3}, by construction")
            }
            Some(metric) => ranged(metric, &|value| format!("{value:.3}")),
            None if measure.name == GROUNDEDNESS => "shows no evidence".into(),
            None => "–".into(),
        }));
        (is_front(decision, arm), cells)
    });
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    out.push_str(&meanings(&measures));
    out.push_str(&given(&measures));
    out.push_str("<p>No language model judged any of these numbers.</p>\n");
    let told: Vec<String> = customs(decision).iter().map(|words| prose(words)).collect();
    if !told.is_empty() {
        out.push_str(&format!("<h3>In the team's words</h3>{}", list(told)));
    }
    out
}

/// Which of these measures are no findings, and why; nothing where all are.
fn given(measures: &[&Measure]) -> String {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for measure in measures {
        let Some(why) = measure.by_construction.as_deref() else { continue };
        let name = format!("<code>{}</code>", esc(&measure.name));
        match all.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(name),
            None => all.push((why, vec![name])),
        }
    }
    let told = all.iter().map(|(why, names)| {
        format!("<p>By construction and no finding: {}; {}.</p>\n", names.join(", "), prose(why))
    });
    told.collect()
}

/// How arms sound beside the team, and which answers people prefer, in words.
pub(crate) fn customs(decision: &Decision) -> Vec<String> {
    let style = |arm: &ArmReport| {
        let found = arm.style.as_ref()?;
        Some(format!(
            "Style of `{}`: a classifier of words and letters tells its texts from the team's with an area under the curve of {:.2}{}, n {} (0.5: not at all, 1: always).",
            arm.name,
            found.value?,
            ends(found, &|value| format!("{value:.2}")),
            found.n
        ))
    };
    let preference = |one: &Preference| {
        let rate = one.win_rate.value?;
        let share = |rate: f64| format!("{:.0}", 100.0 * rate);
        Some(format!(
            "People who saw two answers without names prefer those of `{}` to those of `{}` in {} of 100 pairs{}, n {}; ties count half.",
            one.arm,
            one.over,
            share(rate),
            ends(&one.win_rate, &share),
            one.win_rate.n
        ))
    };
    let styles = decision.arms.iter().filter_map(style);
    styles.chain(decision.preferences.iter().filter_map(preference)).collect()
}

fn ends(metric: &Metric, show: &dyn Fn(f64) -> String) -> String {
    let both = metric.low.zip(metric.high);
    both.map_or_else(String::new, |(low, high)| format!(" [{}, {}]", show(low), show(high)))
}

/// How far the confidence of arms can be believed.
pub(crate) fn confidence(decision: &Decision) -> String {
    let three = |value: f64| format!("{value:.3}");
    let rows: Vec<_> = measured(decision)
        .filter_map(|arm| {
            let reliability = arm.confidence.as_ref()?;
            let cells = vec![
                esc(&arm.name),
                ranged(&reliability.ece, &three),
                ranged(&reliability.ece_equal_mass, &three),
                ranged(&reliability.brier, &three),
                ranged(&reliability.aurc, &three),
                ranged(&reliability.coverage_at_5, &|share| format!("{:.0} %", 100.0 * share)),
            ];
            Some((is_front(decision, arm), cells))
        })
        .collect();
    if rows.is_empty() {
        return "<p>No arm says how sure it is.</p>".into();
    }
    let heads = [
        ("Arm", false),
        ("Calibration error", true),
        ("The same, bins of equal size", true),
        ("Brier", true),
        ("Area under risk–coverage", true),
        ("Answered with ≤ 5 % errors", true),
    ];
    let mut out = table(&heads, &rows);
    out.push_str(
        "<p class=soft>Answers of all training seeds, in 15 bins of equal width, then of equal size; an answer counts as right when all of it is. \
         Answers that are equally sure stay together; questions without a confidence, such as those that stay unanswered, count as never answered \
         where errors go by the share that is answered, and are left out elsewhere. Intervals are over clusters of questions.</p>\n",
    );
    out.push_str("<div class=plots>");
    out.push_str(&pictures::risk_coverage(decision));
    out.push_str(&pictures::reliability(decision));
    out.push_str("</div>\n");
    out
}

/// Waiting time, whole and by stage.
pub(crate) fn latency(experiment: &Experiment, decision: &Decision) -> String {
    let mut heads = vec![("Arm", false), ("p50, ms", true), ("p95, ms", true), ("p99, ms", true)];
    heads.extend(experiment.stages.iter().map(|stage| (stage.as_str(), true)));
    let two = |ms: f64| format!("{ms:.2}");
    let rows = measured(decision).map(|arm| {
        let median = arm.latency_p50_ms.map_or("–".into(), |ms| format!("{ms:.2}"));
        let slowest = arm.latency_p99_ms.as_ref().map_or("–".into(), |p99| ranged(p99, &two));
        let mut cells = vec![esc(&arm.name), median, ranged(&arm.latency_ms, &two), slowest];
        cells.extend(experiment.stages.iter().map(|stage| {
            let mean = arm.stages.iter().find(|(name, _)| name == stage);
            mean.map_or("–".into(), |(_, mean)| format!("{mean:.2}"))
        }));
        (is_front(decision, arm), cells)
    });
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    out.push_str(
        "<p class=soft>Stages are means in milliseconds. Of fewer than a hundred answers the 99th percentile is the slowest one. ",
    );
    out.push_str(match asks_a_model(experiment) {
        true => {
            "How many were under way at once stands under what is taken for granted. Replies are read whole and not as they are written, so \
             that the time to their first word is not known.</p>\n"
        }
        false => "Questions were asked one after another.</p>\n",
    });
    out.push_str("<div class=plots>");
    out.push_str(&pictures::latency(experiment, decision));
    out.push_str("</div>\n");
    out
}

/// Whether a language model wrote anything.
fn asks_a_model(experiment: &Experiment) -> bool {
    let mut rows = experiment.arms.iter().flat_map(|arm| &arm.runs).flat_map(|run| &run.rows);
    rows.any(|row| row.tokens_out > 0)
}

/// The ledger of rows without a score.
pub(crate) fn missing(decision: &Decision) -> String {
    if decision.missing.is_empty() {
        return "<p>Every arm answered every question.</p>".into();
    }
    let rows: Vec<_> = decision
        .missing
        .iter()
        .take(MISSING_SHOWN)
        .map(|row| {
            let cells = vec![
                esc(&row.arm),
                row.seed.to_string(),
                short(&row.id, 60),
                named(row.state).to_string(),
                prose(&row.why),
            ];
            (false, cells)
        })
        .collect();
    let heads = [("Arm", false), ("Seed", true), ("Question", false), ("State", false), ("Why", false)];
    let mut out = table(&heads, &rows);
    if decision.missing.len() > MISSING_SHOWN {
        let more = decision.missing.len() - MISSING_SHOWN;
        out.push_str(&format!("<p>And {} more; <code>decision.json</code> lists all.</p>", number(more)));
    }
    let bounds = decision.arms.iter().filter_map(|arm| Some((arm, arm.quality_bounds?)));
    let bounds = bounds.map(|(arm, [low, high])| {
        format!(
            "<code>{}</code>: between {:.1} % and {:.1} %, had every failed answer been wrong or right.",
            esc(&arm.name),
            100.0 * low,
            100.0 * high
        )
    });
    out.push_str(&list(bounds));
    out
}

/// The command that repeats it.
pub(crate) fn replay(experiment: &Experiment, decision: &Decision) -> String {
    format!(
        "<p>To measure again: <code>{}</code></p><p>To decide again on the same measurements, byte for byte: \
         <code>engraft decide --replay record.json</code> (sha256 <code>{}</code>).</p>\n",
        esc(&experiment.command),
        esc(&decision.record_sha256)
    )
}
