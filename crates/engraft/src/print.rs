//! Reports as people read them.

pub(crate) mod annotation;
pub(crate) mod deciding;
pub(crate) mod evaluation;
pub(crate) mod extractor;
pub(crate) mod judging;
pub(crate) mod metrics;
pub(crate) mod people;
pub(crate) mod ranking;
pub(crate) mod tuning;

use std::fmt::Write;

use engraft_app::{
    AskReport, BatchReport, DemoReport, DocumentCounts, DocumentView, Followed, FoundHit, History,
    IngestReport, Initialised, ModelInfo, Removed, SearchReport,
};

/// The most failures shown at once; `--json` has them all.
const SHOWN: usize = 10;
/// Code points of a passage shown in a list of hits.
const EXCERPT: usize = 240;

pub(crate) fn initialised(made: &Initialised) -> String {
    let place = made.workspace.display();
    match made.created {
        true => format!("{place} is now a workspace.\nNext: engraft ingest FOLDER\n"),
        false => format!("{place} is a workspace already; nothing was changed.\n"),
    }
}

pub(crate) fn models(models: &[ModelInfo]) -> String {
    if models.is_empty() {
        return "No model is on this machine yet.\nNext: engraft model pull all-MiniLM-L6-v2\n".into();
    }
    models.iter().map(model).collect()
}

pub(crate) fn model(model: &ModelInfo) -> String {
    let size = bytes(model.bytes);
    if let Some(manifest) = &model.manifest {
        return format!(
            "{}{}",
            tuning::manifest(manifest),
            format_args!("{size} in {}\n", model.path.display())
        );
    }
    let outputs = if model.kind == "encoder" { "dimensions" } else { "outputs" };
    format!("{}  {}, {} {outputs}, {size}, {}\n", model.name, model.kind, model.dim, model.path.display())
}

pub(crate) fn ingested(report: &IngestReport) -> String {
    let (documents, chunks) = (report.documents, report.chunks);
    if documents == DocumentCounts::default() && chunks.total == 0 {
        return format!(
            "Nothing was found to bring in; hidden and git-ignored files are left out.\n{NOTHING_YET}"
        );
    }
    let mut text = format!(
        "{} added, {} updated, {} removed, {} unchanged, {} failed; {} in {:.1} s\n\
         {} passages in all ({} new, {} gone, {} embedded)\n",
        documents.added,
        documents.updated,
        documents.removed,
        documents.unchanged,
        documents.failed,
        bytes(report.bytes),
        report.seconds,
        chunks.total,
        chunks.added,
        chunks.removed,
        report.embedded,
    );
    for failure in report.failures.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}: {}: {}", failure.uri, failure.kind, failure.message);
        if !failure.hint.is_empty() {
            let _ = writeln!(text, "    hint: {}", failure.hint);
        }
    }
    more(&mut text, report.failures.len(), "failures");
    for pair in report.duplicates.iter().take(SHOWN) {
        let _ =
            writeln!(text, "  {} says the same as {} ({:.0} %)", pair.uri, pair.of, pair.similarity * 100.0);
    }
    more(&mut text, report.duplicates.len(), "duplicates");
    text
}

fn more(text: &mut String, count: usize, what: &str) {
    if count > SHOWN {
        let _ = writeln!(text, "  and {} more {what}; --json lists them all", count - SHOWN);
    }
}

pub(crate) fn followed(change: &Followed) -> String {
    let message = change.message.as_deref().map(|message| format!("  {message}")).unwrap_or_default();
    format!("{:9} {}  {:.0} ms{message}\n", change.change, change.uri, change.lag_ms)
}

const NOTHING_YET: &str = "No document yet.\nNext: engraft ingest FOLDER\n";

pub(crate) fn documents(documents: &[DocumentView]) -> String {
    if documents.is_empty() {
        return NOTHING_YET.into();
    }
    let width = documents.iter().map(|document| document.uri.chars().count()).max().unwrap_or(0).min(60);
    let mut text = String::new();
    for document in documents {
        let title = document.title.as_deref().unwrap_or("");
        let _ = writeln!(
            text,
            "{:width$}  v{}  {:3} passages  {title}",
            document.uri, document.version, document.chunks
        );
    }
    text
}

pub(crate) fn document(document: &DocumentView) -> String {
    let mut text = format!(
        "uri       {}\ntitle     {}\nversion   {} of {}\nsize      {} characters in {} passages\nreaders   {}\n",
        document.uri,
        document.title.as_deref().unwrap_or("-"),
        document.version,
        document.updated_at,
        document.chars,
        document.chunks,
        if document.acl.is_empty() { "the workspace's owner".into() } else { document.acl.join(", ") },
    );
    for (key, value) in &document.metadata {
        let _ = writeln!(text, "{key:9} {value}");
    }
    let _ = writeln!(text, "\n{}", document.text.as_deref().unwrap_or(""));
    text
}

pub(crate) fn removed(removed: &Removed) -> String {
    let erased = if removed.purged { " Earlier versions are erased too." } else { "" };
    let [document] = &removed.documents;
    let back = format!(
        "It is still in the source `{}`: the next `engraft sync` brings it back, unless it is taken out there first.\n",
        document.source
    );
    let back = if removed.returns { back } else { String::new() };
    format!("{} is gone with {} passages.{erased}\n{back}", removed.uri, removed.chunks)
}

pub(crate) fn history(history: &History) -> String {
    let lines = history.versions.iter().map(|version| {
        let until = version.superseded_at.as_deref().unwrap_or("now");
        let hash = &version.hash[..version.hash.len().min(12)];
        format!(
            "v{}  {} to {until}  {} characters  {hash}\n",
            version.version, version.created_at, version.chars
        )
    });
    lines.collect()
}

pub(crate) fn batch(report: &BatchReport) -> String {
    format!("{} queries in {:.2} s, {:.0} a second\n", report.queries, report.seconds, report.qps)
}

pub(crate) fn found(report: &SearchReport) -> String {
    if report.nothing_yet {
        return NOTHING_YET.into();
    }
    if report.hits.is_empty() {
        return "Nothing found.\nNext: try other words, or `engraft docs list` to see what there is\n".into();
    }
    let mut text: String = report.hits.iter().map(hit).collect();
    if let Some(explain) = &report.explain {
        let _ = writeln!(text, "{}", serde_json::to_string_pretty(explain).unwrap_or_default());
        for (kind, model) in &report.models {
            let _ = writeln!(text, "{kind}: {model}");
        }
    }
    let _ = writeln!(text, "{} hits in {:.1} ms", report.hits.len(), report.took_ms);
    text
}

fn hit(hit: &FoundHit) -> String {
    let leg = |leg: Option<engraft_core::LegScore>| {
        leg.map_or_else(|| "-".to_string(), |leg| format!("#{} {:.2}", leg.rank, leg.score))
    };
    let mut legs = format!("words {}, meaning {}", leg(hit.legs.lexical), leg(hit.legs.dense));
    if let Some(again) = &hit.rerank {
        let _ =
            write!(legs, "; second look {:.2}, before #{} {:.2}", again.score, again.before, again.search);
    }
    let flat = hit.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = flat.chars().take(EXCERPT).collect();
    let rest = if flat.chars().count() > EXCERPT { "…" } else { "" };
    let place = place(&hit.heading, hit.page, hit.place.as_deref());
    format!("{}. {}{place}  {:.3}  ({legs})\n   {shown}{rest}\n\n", hit.rank, hit.uri, hit.score)
}

fn place(heading: &str, page: Option<u32>, place: Option<&str>) -> String {
    let mut text = String::new();
    if !heading.is_empty() {
        let _ = write!(text, " › {heading}");
    }
    if let Some(page) = page {
        let _ = write!(text, ", page {page}");
    }
    if let Some(place) = place {
        let _ = write!(text, ", {place}");
    }
    text
}

pub(crate) fn answered(report: &AskReport) -> String {
    let mut text = format!("{}\n", report.answer);
    for citation in &report.citations {
        let place = place(&citation.heading, citation.page, None);
        let day = citation.updated_at.get(..10).unwrap_or(&citation.updated_at);
        let _ = writeln!(
            text,
            "  [{}] {}{place}, characters {}–{}, {day}",
            citation.n, citation.uri, citation.char_start, citation.char_end
        );
    }
    for note in &report.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    if report.answerable {
        let _ = writeln!(text, "  support {:.2}, {:.0} ms", report.support, report.took_ms);
    }
    text
}

pub(crate) fn demo(report: &DemoReport) -> String {
    let mut text = format!(
        "A handbook of {} documents became {} passages in {:.1} s.\n",
        report.ingested.documents.added, report.ingested.chunks.total, report.ingested.seconds
    );
    for asked in &report.asked {
        let _ = write!(text, "\n? {}\n{}", asked.question, answered(&asked.report));
    }
    let updated = report.updated.documents;
    let _ = writeln!(
        text,
        "\nThen a policy changed: {} documents updated, {} added, {} removed in {:.1} s. The same question again:",
        updated.updated, updated.added, updated.removed, report.updated.seconds
    );
    for asked in &report.asked_again {
        let _ = write!(text, "\n? {}\n{}", asked.question, answered(&asked.report));
    }
    text.push_str(&annotation::annotated(&report.annotated));
    text.push_str(&tuning::demonstrated(&report.tuned, &report.reranked));
    let _ = write!(text, "\nRetrieval, fine-tuning or both? {}", deciding::decided(&report.decided));
    text.push_str(&next(&report.next));
    text
}

/// What can be done next, a line each.
fn next(steps: &[String]) -> String {
    let steps: String = steps.iter().map(|step| format!("  {step}\n")).collect();
    format!("\nWhat you can do next\n{steps}")
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..1_048_576 => format!("{:.1} KB", count as f64 / 1024.0),
        _ => format!("{:.1} MB", count as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_next_step_has_a_line() {
        let steps = ["engraft ask".to_string(), "engraft search".to_string()];
        assert_eq!(next(&steps), "\nWhat you can do next\n  engraft ask\n  engraft search\n");
    }
}
