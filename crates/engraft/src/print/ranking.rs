//! Tuned search as people read of it.

use std::fmt::Write;

use engraft_app::Served;
use engraft_app::tune::TuneReport;

use crate::print::tuning::figure;

/// The most rejected rows shown at once; `--json` has more.
const SHOWN: usize = 10;

pub(crate) fn tuned(report: &TuneReport) -> String {
    let mut text = format!(
        "{} is a {} ({}), tuned on {} rows in {:.1} s.\n",
        report.model, report.kind, report.method, report.train.rows, report.train.seconds
    );
    for (name, metric) in &report.eval {
        let _ = writeln!(text, "  {name}: {}", figure(metric));
    }
    for (name, metric) in &report.against_base {
        let _ = writeln!(text, "  {name}, less that of {}: {}", report.against, figure(metric));
    }
    let data = &report.data;
    let notes = [
        (data.rejected_total, "rows could not be read or have no answer"),
        (data.unresolved, "questions are not resolved, or answered by documents that are not here"),
        (data.leaked, "questions to evaluate on were learnt from too"),
    ];
    for (count, what) in notes.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "  note: {count} {what}");
    }
    let long = &data.over_length;
    if long.too_long > 0 {
        let _ = writeln!(
            text,
            "  note: {} texts or pairs are longer than what is read: {} cut, {} left out, {} tokens unread",
            long.too_long, long.truncated, long.dropped, long.tokens_lost
        );
    }
    for bad in data.rejected.iter().take(SHOWN) {
        let _ = writeln!(text, "    {}: {}; {}", bad.uri, bad.message, bad.hint);
    }
    let _ = match (report.served, report.ship) {
        (true, _) => writeln!(
            text,
            "Search uses it from now on: {}.\nBack: engraft model rollback {}",
            report.why, report.kind
        ),
        (false, true) => writeln!(
            text,
            "Proven better on these passages; `engraft model serve {}` makes search use it.",
            report.model
        ),
        (false, false) => writeln!(text, "Search stays as it is: {}.", report.why),
    };
    text
}

pub(crate) fn served(served: &Served) -> String {
    let before = served.before.as_deref().unwrap_or("none");
    let (kind, uses) = match served.kind.as_str() {
        "reader" => ("reader", "Answers use"),
        kind => (kind, "Search uses"),
    };
    match &served.model {
        Some(model) => format!("{uses} the {kind} {model}; before: {before}.\n"),
        None => format!("{uses} no tuned {kind} any more; before: {before}.\n"),
    }
}
