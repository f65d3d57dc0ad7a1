//! The log: what was done, by whom, and whether any of it was changed since; for the owner.

use std::sync::Arc;

use axum::extract::State;
use engraft_app::people::{self, LogEntry, LogVerified};
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::{thousands, time};
use crate::extract::Asked;
use crate::guard::Who;
use crate::page::{Frame, Page, Place};
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
                thead { tr { th.number { "No." } th { "When" } th { "Who" } th { "What" } th { "Details" } } }
                tbody { @for entry in entries {
                    tr { td.number { (entry.seq) } td { (time(&entry.at)) } td { (entry.by) } td { (entry.what.replace('_', " ")) } td { details.ondemand { summary { "Show" } code { (entry.body.to_string()) } } } }
                } }
            }
        }
        @if let Some(last) = entries.last().filter(|_| entries.len() == ROWS) {
            p { a.button href={ "/log?before=" (last.seq) } { "Earlier entries" } }
        }
    }
}
