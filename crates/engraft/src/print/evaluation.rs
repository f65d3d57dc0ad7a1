//! Evaluation as people read it.

use std::collections::BTreeMap;
use std::fmt::Write;

use engraft_app::Metric;
use engraft_app::evaluate::{
    Ancestor, AnswersReport, CompareReport, Difference, EvalReport, GateReport, GateVerdict, ModelLineage,
    RunLineage, RunView, States, Verdict,
};

/// The most failures or items shown at once; `--json` has them all.
const SHOWN: usize = 10;

pub(crate) fn measured(report: &EvalReport) -> String {
    let mut text = measures(&report.measures);
    for (name, bounds) in &report.bounds {
        let _ = writeln!(
            text,
            "{name:<16} {:.3} to {:.3} whatever the {} missing items would have scored",
            bounds.worst, bounds.best, bounds.missing
        );
    }
    let _ = writeln!(text, "{}", states(report.states));
    if report.resumed > 0 {
        let _ = writeln!(text, "{} items were kept from an interrupted try.", report.resumed);
    }
    for failure in report.failures.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}: {}: {}", failure.uri, failure.kind, failure.message);
    }
    if report.failures.len() > SHOWN {
        let _ = writeln!(text, "  and {} more", report.failures.len() - SHOWN);
    }
    let short = &report.run_id[..report.run_id.len().min(12)];
    let _ = writeln!(
        text,
        "Run {short}. Next: engraft metrics compare {short} OTHER, or engraft eval show {short}"
    );
    text
}

pub(crate) fn answers(report: &AnswersReport) -> String {
    let outcomes = &report.outcomes;
    format!(
        "Answerable: {} right, {} wrong, {} left unanswered. Not answerable: {} left unanswered, {} answered.\n{}",
        outcomes.answered_right,
        outcomes.answered_wrong,
        outcomes.over_refused,
        outcomes.refused,
        outcomes.false_answers,
        measured(&report.report)
    )
}

pub(crate) fn runs(runs: &[RunView]) -> String {
    if runs.is_empty() {
        return "Nothing was measured yet.\nNext: engraft eval answers --questions FILE\n".into();
    }
    let line = |run: &RunView| {
        let id = run.run_id.as_deref().map_or("interrupted", |id| &id[..id.len().min(12)]);
        format!("{id:<12}  {:<10} {:<12} {:>6} items  {}\n", run.kind, run.name, run.items, run.started)
    };
    runs.iter().map(line).collect()
}

pub(crate) fn run(run: &RunView) -> String {
    let mut text = runs(std::slice::from_ref(run));
    let kept: BTreeMap<String, Metric> = serde_json::from_value(run.measures.clone()).unwrap_or_default();
    text.push_str(&measures(&kept));
    let rows = run.rows.as_deref().unwrap_or_default();
    for row in rows.iter().take(SHOWN) {
        let scores: Vec<String> = row.scores.iter().map(|(name, score)| format!("{name} {score}")).collect();
        let _ = writeln!(text, "  {}: {}", row.id, scores.join(", "));
    }
    if rows.len() > SHOWN {
        let _ = writeln!(text, "  and {} more; --json has them all", rows.len() - SHOWN);
    }
    text
}

pub(crate) fn lineage(report: &RunLineage) -> String {
    let mut text = runs(std::slice::from_ref(&report.run));
    let _ = writeln!(text, "  decided by {}", report.run.about);
    text.extend(report.models.iter().map(ancestor));
    for document in report.documents.iter().take(SHOWN) {
        let (name, version) = (document.uri.as_deref().unwrap_or(&document.doc_id), document.doc_version);
        let since = if document.current { "" } else { ", changed or removed since" };
        let _ = writeln!(
            text,
            "  {name}, version {version}: found for {} questions, cited {} times{since}",
            document.found, document.cited
        );
    }
    if report.documents.len() > SHOWN {
        let _ =
            writeln!(text, "  and {} more documents; --json has them all", report.documents.len() - SHOWN);
    }
    text
}

fn ancestor(model: &Ancestor) -> String {
    let kind = model.kind.as_deref().unwrap_or("model that was removed since");
    let mut text = format!("  {} is a {kind}\n", model.name);
    for ancestor in &model.lineage {
        let _ = writeln!(text, "    from {ancestor}");
    }
    text
}

pub(crate) fn model_lineage(report: &ModelLineage) -> String {
    let mut text = ancestor(&report.model);
    let _ = writeln!(text, "  it took part in {} runs", report.runs.len());
    text.push_str(&runs(&report.runs));
    text
}

pub(crate) fn compared(report: &CompareReport) -> String {
    let difference = &report.difference;
    let verdict = match difference.verdict {
        Verdict::Better => "A is better than B.".to_string(),
        Verdict::Worse => "A is worse than B.".to_string(),
        Verdict::Equivalent => format!("A and B differ by less than {}.", difference.margin),
        Verdict::NeedMore => "Too few questions for a verdict.".to_string(),
    };
    let mut text =
        format!("{verdict}\n{}: A {}, B {}\n", report.metric, shown(&report.a.mean), shown(&report.b.mean));
    text.push_str(&doubt(difference));
    if report.documents < difference.metric.n {
        let _ = writeln!(text, "The questions come from {} documents.", report.documents);
    }
    for (name, side) in [("A", &report.a), ("B", &report.b)] {
        if side.states.scored < side.states.total() {
            let _ = writeln!(text, "{name}: {}", states(side.states));
        }
    }
    if let Some(bounds) = report.bounds {
        let _ = writeln!(
            text,
            "With {} pairs missing, the difference is {:+.3} to {:+.3} whatever they would have scored.",
            bounds.missing, bounds.worst, bounds.best
        );
    }
    text
}

pub(crate) fn gated(report: &GateReport) -> String {
    let word = match report.gate.verdict {
        GateVerdict::Pass => "Pass",
        GateVerdict::Fail => "Fail",
        GateVerdict::NeedMore => "Need more",
    };
    format!("{word}: {}.\n{}: {}", report.gate.why, report.metric, doubt(&report.gate.difference))
}

/// The difference with everything that says how sure it is.
fn doubt(difference: &Difference) -> String {
    let mut text = format!("difference {}", shown(&difference.metric));
    if let Some(p) = difference.p {
        let _ = write!(text, ", p {p:.4}");
    }
    text.push('\n');
    if let Some(mde) = difference.mde {
        let _ = writeln!(text, "So many questions show differences of {mde:.3} and more in 80 of 100 tries.");
    }
    match difference.need_n {
        Some(n) if n > 0 => {
            let _ = writeln!(
                text,
                "About {n} more questions decide, if the true difference is the one measured."
            );
        }
        _ => {}
    }
    text
}

fn measures(measures: &BTreeMap<String, Metric>) -> String {
    measures.iter().map(|(name, metric)| format!("{name:<16} {}\n", shown(metric))).collect()
}

/// The value with its interval and its n.
pub(super) fn shown(metric: &Metric) -> String {
    let Some(value) = metric.value else { return "nothing to measure".into() };
    match (metric.low, metric.high) {
        (Some(low), Some(high)) => format!("{value:.3} [{low:.3}, {high:.3}] n {}", metric.n),
        _ => format!("{value:.3} n {}", metric.n),
    }
}

fn states(states: States) -> String {
    let named = [
        ("scored", states.scored),
        ("abstained", states.abstained),
        ("without claims", states.no_claims),
        ("undefined", states.undefined),
        ("failed", states.failed),
        ("timed out", states.timeout),
        ("skipped", states.skipped),
    ];
    let some = named.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{n} {name}"));
    some.collect::<Vec<_>>().join(", ")
}
