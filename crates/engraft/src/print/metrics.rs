//! Metrics as people read them.

use std::fmt::Write;

use engraft_app::Metric;
use engraft_app::metrics::{LabelsReport, MetricsReport, SpansReport};

use super::SHOWN;

pub(crate) fn measured(report: &MetricsReport) -> String {
    let names = report.measures.0.iter().map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or(0);
    let mut text = String::new();
    for (name, metric) in &report.measures.0 {
        let _ = writeln!(text, "{name:width$}  {}", one(metric));
    }
    let states: Vec<String> = report.states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    let _ = writeln!(text, "{}", states.join(", "));
    for id in report.missing.iter().take(SHOWN) {
        let _ = writeln!(text, "  missing, scored 0: {id}");
    }
    super::more(&mut text, report.missing.len(), "missing");
    for note in &report.notes {
        let _ = writeln!(text, "note: {note}");
    }
    for (query, values) in report.per_query.iter().flat_map(|queries| &queries.0) {
        let shown =
            |value: &Option<f64>| value.map_or_else(|| "-".to_string(), |value| format!("{value:.4}"));
        let values: Vec<String> =
            values.0.iter().map(|(name, value)| format!("{name} {}", shown(value))).collect();
        let _ = writeln!(text, "{query}  {}", values.join("  "));
    }
    text
}

pub(crate) fn labels(report: &LabelsReport) -> String {
    let mut text = measured(&report.report);
    for (label, row) in &report.per_label {
        let _ = writeln!(text, "  {label}: f1 {}, {} right", one(&row.prf.f1), row.support);
    }
    text
}

pub(crate) fn spans(report: &SpansReport) -> String {
    let mut text = measured(&report.report);
    for (label, row) in &report.per_label {
        let _ = writeln!(text, "  {label}: f1 {}, {} right", one(&row.f1.prf.f1), row.f1.support);
    }
    text
}

fn one(metric: &Metric) -> String {
    let n = metric.n;
    match (metric.value, metric.low.zip(metric.high)) {
        (None, _) => format!("-       {}", metric.why.as_deref().unwrap_or("undefined")),
        (Some(value), Some((low, high))) => format!("{value:.4}  [{low:.4}, {high:.4}]  n {n}"),
        (Some(value), None) => {
            format!("{value:.4}  n {n}; {}", metric.why.as_deref().unwrap_or("no interval"))
        }
    }
}
