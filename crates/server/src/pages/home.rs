//! The first page after signing in: every dataset with what is left to do, one click from the next item.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::dataset::DatasetRow;
use engraft_app::people::{Act, Principal};
use engraft_app::work::QueueView;
use engraft_app::{dataset, work};
use maud::{Markup, html};

use super::figures::{bar, count, minutes, percent, seconds, thousands};
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address};
use crate::problem::Problem;
use crate::studio::Studio;

/// The page.
pub(crate) async fn home(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Option<Who>,
) -> Result<Response, Problem> {
    let Some(who) = who else { return Ok(Redirect::to("/login").into_response()) };
    let principal = who.principal.clone();
    let (mut rows, queues) = studio
        .call(move |context, app| {
            let rows = dataset::list(context, app, &principal)?;
            let may_answer = principal.may(Act::Annotate);
            let queues = if may_answer { work::queues(context, app, &principal)? } else { Vec::new() };
            Ok((rows, queues))
        })
        .await?;
    let principal = &who.principal;
    // What waits for this person comes first, and Enter leads to the first item there is.
    let queue_of = |row: &DatasetRow| queues.iter().find(|queue| queue.dataset == row.dataset);
    rows.sort_by_cached_key(|row| (!queue_of(row).is_some_and(has_work), natural(&row.dataset)));
    let first = rows.iter().find_map(|row| queue_of(row).filter(|queue| has_work(queue)));
    let page = frame.page(Page {
        title: "Datasets",
        place: Place::Home,
        scripts: &["lead.js"],
        class: "home",
        body: html! {
            div.row.between {
                h1 { "Datasets" }
                @if principal.may(Act::Manage) && !rows.is_empty() { a.button href="/new" { "New dataset" } }
            }
            @if rows.is_empty() { (nothing(principal)) }
            div.cards {
                @for row in &rows {
                    @let queue = queue_of(row);
                    (card(row, queue, principal, queue.is_some() && queue == first))
                }
            }
        },
    });
    Ok(page.into_response())
}

/// What names are sorted by, so that `set-3` comes before `set-29`: numbers by their size, words by their letters.
fn natural(name: &str) -> Vec<(usize, String)> {
    let mut pieces: Vec<String> = Vec::new();
    for c in name.to_lowercase().chars() {
        match pieces.last_mut() {
            Some(piece) if piece.ends_with(|last: char| last.is_ascii_digit()) == c.is_ascii_digit() => {
                piece.push(c)
            }
            _ => pieces.push(c.to_string()),
        }
    }
    let weighed = pieces.into_iter().map(|piece| match piece.trim_start_matches('0') {
        digits if piece.starts_with(|first: char| first.is_ascii_digit()) => {
            (digits.len(), digits.to_string())
        }
        _ => (usize::MAX, piece),
    });
    weighed.collect()
}

fn nothing(principal: &Principal) -> Markup {
    html! {
        div.empty {
            @if principal.may(Act::Manage) {
                h2 { "Make the first dataset" }
                p { "A dataset is what people look at, what they are asked, and how many of them answer each item. Start from a template and change it." }
                p { a.button.primary href="/new" { "New dataset" } }
            } @else {
                h2 { "Nothing to do yet" }
                p { "As soon as a lead makes a dataset, it is here with a button to begin." }
            }
        }
    }
}

fn card(row: &DatasetRow, queue: Option<&QueueView>, principal: &Principal, is_first: bool) -> Markup {
    let name = row.dataset.as_str();
    html! {
        article.card.dataset {
            h2 { (name) }
            @if let Some((resolved, responses)) = row.resolved.zip(row.responses) {
                (bar("Resolved", resolved, row.items))
                p.muted {
                    (percent(resolved, row.items)) " resolved · " (count(row.items, "item", "items")) " · "
                    (count(responses, "response", "responses"))
                }
            } @else {
                p.muted { (count(row.items, "item", "items")) }
            }
            @if let Some(queue) = queue { (mine(queue)) }
            div.row {
                @if let Some(queue) = queue {
                    @if has_work(queue) {
                        a.button.primary autofocus[is_first] href=(address(name, Part::Work)) { (begin(queue)) }
                    } @else {
                        a.button href=(address(name, Part::Work)) { "Open" }
                    }
                }
                @if principal.may(Act::SeeProgress) { a.button href=(address(name, Part::Dashboard)) { "Dashboard" } }
                @if row.items == 0 && principal.may(Act::Manage) {
                    a.button.primary href=(address(name, Part::Transfer)) { "Import items" }
                }
            }
        }
    }
}

fn has_work(queue: &QueueView) -> bool {
    queue.counts.pending + queue.counts.returned > 0 && !queue.paused
}

fn begin(queue: &QueueView) -> &'static str {
    if queue.counts.submitted + queue.counts.draft > 0 { "Continue" } else { "Begin" }
}

fn mine(queue: &QueueView) -> Markup {
    html! {
        @if queue.paused { p.notice.warn { "Your work here is paused. Ask a lead what to look at before you go on." } }
        @if queue.guidelines_changed && queue.counts.submitted > 0 { p.notice { "The guidelines changed since your last visit." } }
        @if queue.counts.returned > 0 { p.notice.warn { (count(queue.counts.returned, "item was", "items were")) " given back to you." } }
        dl.figures {
            div { dt { "Left for you" } dd { @if queue.counts.pending_fewer { "fewer than " } (thousands(queue.counts.pending)) } }
            div { dt { "Done today" } dd { (thousands(queue.done_today)) } }
            div { dt { "Median time" } dd { @match queue.median_seconds { Some(value) => (seconds(value)), None => "–" } } }
            div { dt { "Time left" } dd { @match queue.minutes_left.filter(|_| queue.counts.pending > 0) { Some(value) => (minutes(value)), None => "–" } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::natural;

    #[test]
    fn numbers_in_names_are_sorted_by_their_size() {
        let mut names = ["set-29", "set-3", "Set-30", "set", "set-3b", "10", "9", "set-003a"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["9", "10", "set", "set-3", "set-003a", "set-3b", "set-29", "Set-30"]);
    }
}
