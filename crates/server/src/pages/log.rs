//! The log: what was done, by whom, and whether any of it was changed since; for the owner.

use std::sync::Arc;

use axum::extract::State;
use engraft_app::people::{self, LogEntry, LogVerified};
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::{thousands, time};
use crate::extract::Asked;
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address, encoded};
use crate::problem::Problem;
use crate::studio::Studio;

const ROWS: usize = 200;

#[derive(Deserialize)]
pub(crate) struct Since {
    #[serde(default)]
    before: Option<u64>,
    /// Whether to recompute every hash, which takes as long as the log is.
    #[serde(default)]
    check: bool,
}

/// The log; when asked, also whether it is whole.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Asked(since): Asked<Since>,
) -> Result<Markup, Problem> {
    let principal = who.principal.clone();
    let (entries, verified) = studio
        .call(move |context, app| {
            let entries = people::log(context, app, &principal, since.before, ROWS)?;
            let verified = since.check.then(|| people::verify_log(context, app, &principal)).transpose()?;
            Ok((entries, verified))
        })
        .await?;
    Ok(frame.page(Page {
        title: "Log",
        place: Place::People,
        scripts: &["lead.js"],
        class: "people",
        body: log_body(&entries, verified.as_ref()),
    }))
}

fn log_body(entries: &[LogEntry], verified: Option<&LogVerified>) -> Markup {
    html! {
        div.row.between { h1 { "Log" } a.button href="/log?check=true" { "Check every entry" } }
        @if let Some(verified) = verified {
            @if verified.verified {
                p.notice.good { "All " (thousands(verified.entries)) " entries fit together: nothing was changed or taken out." }
            } @else {
                div.notice.bad { p { "The log was tampered with:" } ul { @for problem in &verified.problems { li { (problem) } } } }
            }
            p.muted { "Note the last hash elsewhere to prove later that nothing was cut off: " code { (verified.head) } }
        }
        div.scroll tabindex="0" role="region" aria-label="Entries" {
            table.table {
                thead { tr { th.number { "No." } th { "When" } th { "Who" } th { "What" } th { "Where" } th { "Details" } } }
                tbody { @for entry in entries {
                    tr { td.number { (entry.seq) } td { (time(&entry.at)) } td { (entry.by) } td { (words(&entry.what)) } td { (place(entry)) } td { details.ondemand { summary { "Show" } code { (entry.body.to_string()) } } } }
                } }
            }
        }
        @if let Some(last) = entries.last().filter(|_| entries.len() == ROWS) {
            p { a.button href={ "/log?before=" (last.seq) } { "Earlier entries" } }
        }
    }
}

/// The dataset and the item, as far as there are any, on the way to them.
fn place(entry: &LogEntry) -> Markup {
    let Some(dataset) = &entry.dataset else { return html! {} };
    let items = address(dataset, Part::Items);
    html! {
        a href=(address(dataset, Part::Dashboard)) { (dataset) }
        @if let Some(item) = &entry.item { " / " a href={ (items) "/" (encoded(item)) } { (item) } }
    }
}

/// What was done, to be read behind who did it; a kind of entry that nobody wrote words for stays as it is stored.
fn words(what: &str) -> &str {
    match what {
        "submitted" => "submitted an answer",
        "edited" => "changed an answer",
        "skipped" => "skipped an item",
        "undone" => "took back an answer or a skip",
        "returned" => "gave an answer back to its author",
        "resolved" => "resolved an item",
        "unresolved" => "took a resolution back",
        "wanted_more" => "asked for one person more",
        "commented" => "commented on an item",
        "flagged" => "flagged an item",
        "settled" => "looked after a comment",
        "guidelines_read" => "read the guidelines",
        "gold_set" => "gave an item a known answer",
        "gold_removed" => "took the known answer from an item",
        "paused" => "paused a person",
        "resumed" => "let a person go on",
        "dataset_created" => "made a dataset",
        "dataset_deleted" => "deleted a dataset",
        "schema_set" => "changed a schema",
        "rate_set" => "set what an hour costs",
        "imported" => "imported items",
        "snapshot" => "took a snapshot",
        "user_created" => "added a person",
        "role_set" => "changed a role",
        "password_set" => "set a password",
        "active_set" => "let a person in, or kept them out",
        "user_erased" => "erased a person",
        "token_created" => "made a token",
        "token_revoked" => "revoked a token",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::words;

    /// The kinds of entries that the store writes, found in its source: short texts on lines that say `kind`, or that note
    /// what became of a response.
    fn kinds() -> Vec<String> {
        let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/src");
        let mut found = Vec::new();
        for folder in ["annotation", "people"] {
            for file in std::fs::read_dir(store.join(folder)).unwrap().flatten() {
                let source = std::fs::read_to_string(file.path()).unwrap();
                let tells = |line: &&str| {
                    line.contains("kind: \"")
                        || line.contains("kind = ")
                        || line.contains("kind) = ")
                        || line.contains("note(tx, \"")
                        || line.contains("finish(tx, \"")
                };
                for line in source.lines().filter(tells) {
                    let quoted = line.split('"').skip(1).step_by(2);
                    let is_kind = |word: &&str| {
                        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
                    };
                    found.extend(quoted.filter(is_kind).map(str::to_string));
                }
            }
        }
        found
    }

    #[test]
    fn every_kind_of_entry_is_told_in_words() {
        let kinds = kinds();
        assert!(kinds.len() >= 29, "the store writes more kinds than were found: {kinds:?}");
        let untold: Vec<&String> = kinds.iter().filter(|kind| words(kind) == kind.as_str()).collect();
        assert!(untold.is_empty(), "{untold:?}");
    }
}
