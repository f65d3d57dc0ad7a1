//! Datasets, queues, agreement and resolutions as people read them.

use std::fmt::Write;

use engraft_app::annotate::format::{Loss, Rejected};
use engraft_app::dataset::{
    AuditReport, DatasetRow, DatasetView, ExportReport, GoldSet, ImportReport, Snapshotted,
};
use engraft_app::review::{AgreementReport, QuestionAgreement, RateSet, ResolveReport, Together};
use engraft_app::work::{ItemView, Next, QueueView, Submitted, TabCounts};
use engraft_app::{Agreement, AnnotatedReport, Measured, Metric, Resolved};
use serde::Serialize;

/// The most lines of a list; `--json` has them all.
const SHOWN: usize = 10;

pub(crate) fn json<T: Serialize>(report: &T) -> String {
    serde_json::to_string_pretty(report).map(|text| text + "\n").unwrap_or_default()
}

pub(crate) fn created(made: &DatasetView) -> String {
    format!("{} is ready.\nNext: engraft dataset import {} FILE --format jsonl\n", made.dataset, made.dataset)
}

pub(crate) fn datasets(rows: &[DatasetRow]) -> String {
    if rows.is_empty() {
        return "No dataset yet.\nNext: engraft dataset create NAME --schema FILE\n".into();
    }
    let line = |row: &DatasetRow| {
        format!(
            "{:24} {} items, {} answers, {} resolved\n",
            row.dataset,
            row.items,
            row.responses.unwrap_or_default(),
            row.resolved.unwrap_or_default()
        )
    };
    rows.iter().map(line).collect()
}

pub(crate) fn dataset(view: &DatasetView) -> String {
    let mut text = format!(
        "{}: {} items, {} answers, {} resolved, made {}\n",
        view.dataset,
        view.items,
        view.responses.unwrap_or_default(),
        view.resolved.unwrap_or_default(),
        view.created_at.get(..10).unwrap_or_default()
    );
    for question in &view.schema.questions {
        let title = question.title();
        let _ = writeln!(text, "  {} ({}): {title}", question.name, question.kind.name());
    }
    let overlap = view.schema.distribution.overlap;
    let _ = writeln!(text, "  {overlap} {} an item", if overlap == 1 { "answer" } else { "answers" });
    for snapshot in &view.snapshots {
        let _ = writeln!(
            text,
            "  snapshot {} of {}: {} items, {} answers",
            short(&snapshot.snapshot),
            snapshot.created_at.get(..10).unwrap_or_default(),
            snapshot.items,
            snapshot.responses
        );
    }
    text
}

pub(crate) fn snapshotted(made: &Snapshotted) -> String {
    let known = if made.created { "" } else { "; it was there already" };
    format!("Snapshot {} holds {} items and {} answers{known}.\n", made.snapshot, made.items, made.responses)
}

pub(crate) fn imported(report: &ImportReport) -> String {
    let mut text = format!(
        "{}: {} items, {} answers, {} suggestions in {:.1} s",
        report.dataset, report.items, report.responses, report.suggestions, report.seconds
    );
    let extra = [
        (report.known, "known before"),
        (report.gold, "gold"),
        (report.resolutions, "resolved"),
        (report.comments, "comments"),
        (report.drafts, "drafts"),
        (report.repaired, "spans repaired"),
    ];
    for (count, what) in extra.into_iter().filter(|(count, _)| *count > 0) {
        let _ = write!(text, ", {count} {what}");
    }
    text.push('\n');
    rejected(&mut text, &report.rejected, report.rejected_total);
    for item in report.differing.iter().take(SHOWN) {
        let _ = writeln!(text, "  {item} is there with other fields and was left as it is");
    }
    losses(&mut text, &report.losses);
    text
}

fn rejected(text: &mut String, rows: &[Rejected], total: u64) {
    for row in rows.iter().take(SHOWN) {
        let _ = writeln!(text, "  line {}: {}", row.line, row.message);
    }
    if total > SHOWN as u64 {
        let _ = writeln!(text, "  and {} more lines; --json lists them", total - SHOWN as u64);
    }
}

fn losses(text: &mut String, losses: &[Loss]) {
    for loss in losses {
        let first = loss.first.as_ref().map_or(String::new(), |item| format!(", first in {item}"));
        let _ = writeln!(text, "  lost: {} {} ({}){first}", loss.count, loss.what, loss.why);
    }
}

pub(crate) fn gold(set: &GoldSet) -> String {
    match &set.gold {
        Some(known) => format!("{}: {} is known to be right.\n", set.item, serde_json::json!(known)),
        None => format!("{} has no known answers.\n", set.item),
    }
}

pub(crate) fn rate(set: &RateSet) -> String {
    match (set.hourly_rate, &set.currency) {
        (Some(hour), Some(currency)) => {
            format!("An hour of work on {} costs {currency} {hour:.2}.\n", set.dataset)
        }
        _ => format!("What an hour of work on {} costs is not known any more.\n", set.dataset),
    }
}

pub(crate) fn exported(report: &ExportReport) -> String {
    let mut text = String::new();
    for file in &report.files {
        let _ = writeln!(text, "{}  {} rows  sha256 {}", file.path.display(), file.rows, short(&file.sha256));
    }
    for path in &report.beside {
        let _ = writeln!(text, "{}  for the tool that reads it", path.display());
    }
    let _ = writeln!(text, "{} rows in {:.1} s", report.rows, report.seconds);
    losses(&mut text, &report.losses);
    text
}

pub(crate) fn audited(report: &AuditReport) -> String {
    let mut text =
        format!("{}: {} items looked at\n{}", report.dataset, report.found.items, json(&report.found));
    for issue in report.label_issues.iter().take(SHOWN) {
        let _ = writeln!(
            text,
            "  {} says {} = {}, its neighbours say {} ({:.2})",
            issue.item, issue.question, issue.given, issue.suggested, issue.score
        );
    }
    if report.label_issues.len() > SHOWN {
        let _ = writeln!(text, "  and {} more; --json lists them all", report.label_issues.len() - SHOWN);
    }
    text
}

pub(crate) fn item(item: &ItemView) -> String {
    let mut text = format!("{}\n", item.item);
    for (name, value) in &item.fields {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        let _ = writeln!(text, "  {name}: {shown}");
    }
    for question in &item.questions {
        let title = question.title();
        let _ = writeln!(text, "? {} ({}): {title}", question.name, question.kind.name());
    }
    if let Some(lease) = &item.lease {
        let until = item.expires_at.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "Held until {until}.\nNext: engraft queue submit --item {} --as USER --lease {lease} --answers JSON",
            item.item
        );
    }
    text
}

pub(crate) fn finished(next: &Next) -> String {
    let Some(finished) = &next.finished else { return String::new() };
    let until = finished.until.as_deref().map(|at| format!(" Look again at {at}.")).unwrap_or_default();
    format!("{}{until}\n", finished.message)
}

pub(crate) fn submitted(done: &Submitted) -> String {
    let left = pending(&done.counts);
    let mut text = format!("Kept as version {}. {left} left.\n", done.version);
    if let Some(gold) = &done.gold {
        let _ = writeln!(text, "This was a known item; look again at: {}", gold.titles.join(", "));
    }
    text
}

fn pending(counts: &TabCounts) -> String {
    let fewer = if counts.pending_fewer { "fewer than " } else { "" };
    format!("{fewer}{}", counts.pending)
}

pub(crate) fn queues(queues: &[QueueView]) -> String {
    if queues.is_empty() {
        return "No queue yet.\nNext: engraft dataset create NAME --schema FILE\n".into();
    }
    let line = |queue: &QueueView| {
        let counts = queue.counts;
        let minutes = queue.minutes_left.map(|left| format!(", about {left:.0} min")).unwrap_or_default();
        let paused = if queue.paused { ", paused" } else { "" };
        format!(
            "{:24} {} to do{minutes}; {} drafts, {} submitted, {} skipped, {} returned{paused}\n",
            queue.dataset,
            pending(&counts),
            counts.draft,
            counts.submitted,
            counts.skipped,
            counts.returned
        )
    };
    queues.iter().map(line).collect()
}

/// `0.71 (0.62 to 0.80, n 60)`.
pub(crate) fn metric(metric: &Metric) -> String {
    let Some(value) = metric.value else {
        return format!("- ({})", metric.why.as_deref().unwrap_or("nothing to measure"));
    };
    match (metric.low, metric.high) {
        (Some(low), Some(high)) => format!("{value:.3} ({low:.3} to {high:.3}, n {})", metric.n),
        _ => format!("{value:.3} (n {})", metric.n),
    }
}

pub(crate) fn agreed(agreement: &Agreement) -> String {
    let mut text = format!("{} items, {} people\n", agreement.n_items, agreement.n_workers);
    for (name, measured) in &agreement.coefficients {
        let _ = writeln!(text, "  {:16} {}", name.to_string(), covered(measured));
    }
    for (worker, row) in &agreement.per_worker {
        let _ = writeln!(text, "  {worker:16} agrees with the others {}", covered(&row.percent));
    }
    text
}

/// A metric that could not use everything says of how many it is.
fn covered(measured: &Measured) -> String {
    let words = metric(&measured.metric);
    if measured.used == measured.of { words } else { format!("{words}, of {}", measured.of) }
}

pub(crate) fn dataset_agreed(report: &AgreementReport) -> String {
    report.questions.iter().map(question).collect()
}

pub(crate) fn question(row: &QuestionAgreement) -> String {
    format!("  {:16} {} {}\n", row.question, row.measure, metric(&row.metric))
}

pub(crate) fn resolved(resolved: &Resolved) -> String {
    let mut text = format!("{} items by {}\n", resolved.items.len(), resolved.method);
    if let Some(accuracy) = &resolved.accuracy {
        let _ = writeln!(text, "  accuracy {}", metric(accuracy));
    }
    if let Some(choice) = &resolved.choice {
        let _ = writeln!(text, "  {}", choice.why);
    }
    for item in resolved.items.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}: {} ({:.2})", item.task, item.label, item.posterior);
    }
    if resolved.items.len() > SHOWN {
        let _ = writeln!(text, "  and {} more; --json lists them all", resolved.items.len() - SHOWN);
    }
    text
}

pub(crate) fn dataset_resolved(report: &ResolveReport) -> String {
    let written = report.written;
    let mut text = format!(
        "{} by {}: {} agreed, {} computed, {} left to a reviewer\n",
        report.dataset, report.method, written.agreed, written.aggregated, written.left
    );
    for worker in &report.workers {
        let _ = writeln!(text, "  {:16} quality {:.2}", worker.worker, worker.quality);
    }
    for Together { model, consensus } in &report.together {
        let weight = consensus.model_weight;
        let _ =
            writeln!(text, "With {model}, whose vote weighs {weight:.2} (a person's at most 1), least sure:");
        for item in consensus.items.iter().take(SHOWN) {
            let _ = writeln!(text, "  {}: {} ({:.2})", item.task, item.label, item.quality);
        }
    }
    for (question, strengths) in &report.strengths {
        let _ = writeln!(text, "{question}, by who wrote the answers:");
        for one in &strengths.items {
            let record = format!("{} won, {} lost, {} tied", one.wins, one.losses, one.ties);
            let _ = writeln!(text, "  {:16} strength {}; {record}", one.item, metric(&one.strength));
        }
    }
    text
}

pub(crate) fn annotated(report: &AnnotatedReport) -> String {
    let mut text = format!(
        "\nThree people sorted messages from customers: dataset {}, {} items, {} answers. They agree, with 95 % intervals:\n",
        report.dataset, report.items, report.responses
    );
    text.extend(report.agreement.iter().map(question));
    let resolved = report.resolved;
    let _ = writeln!(
        text,
        "Weighed together (Dawid-Skene), {} items are settled, {} wait for a reviewer, {} for answers.\n\
         Dataset {}: two people said how relevant passages are to {} questions; {} wait for somebody, with what search found.",
        resolved.agreed, resolved.left, report.open, report.judgements, report.judged, report.to_judge
    );
    text
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
