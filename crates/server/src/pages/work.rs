//! Where people answer: the tabs of their own work, the item, and the guidelines beside it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::people::Act;
use engraft_app::work::{
    self, Finished, GuidelinesView, History, ItemView, Next, Skip, Submission, Tab, TabCounts, Why,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::{clock, thousands, time};
use super::guidelines;
use crate::api::queue;
use crate::extract::Asked;
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address, capital, encoded};
use crate::problem::Problem;
use crate::studio::Studio;
use crate::{item, sheet};

/// Held at once: the one on screen and two behind it, so that the next is there at once.
const HOW_MANY: usize = 3;
const ROWS: usize = 50;

/// Tabs in the order of a response's life.
const TABS: [(Tab, &str); 5] = [
    (Tab::Pending, "pending"),
    (Tab::Draft, "draft"),
    (Tab::Submitted, "submitted"),
    (Tab::Skipped, "skipped"),
    (Tab::Returned, "returned"),
];

#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(default)]
    tab: Option<Tab>,
    #[serde(default)]
    item: Option<String>,
    #[serde(default)]
    before: Option<u64>,
}

/// What stands on the stage.
enum Stage {
    Item(Box<ItemView>),
    Finished(Finished),
    Pile(History),
}

/// `/d/{dataset}`: the part that this role uses first.
pub(crate) async fn enter(who: Who, Path(dataset): Path<String>) -> Redirect {
    let part = match &who.principal {
        principal if principal.may(Act::SeeAnswers) => Part::Dashboard,
        principal if principal.may(Act::Annotate) => Part::Work,
        _ => Part::Dashboard,
    };
    Redirect::to(&address(&dataset, part))
}

/// The page.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(dataset): Path<String>,
    Asked(query): Asked<Query>,
) -> Result<Response, Problem> {
    let (principal, name) = (who.principal.clone(), dataset.clone());
    let tab = query.tab.unwrap_or(Tab::Pending);
    let (stage, counts, guide) = studio
        .call(move |context, app| {
            let guide = work::guidelines(context, app, &principal, &name)?;
            if guide.changed && !guidelines::is_unread(&guide) {
                // There is nothing to read yet; from now on what changes is news. A change at this moment is, too.
                drop(work::acknowledge(context, app, &principal, &name, &guide.version));
            }
            let counts = work::counts(context, app, &principal, &name)?;
            let stage = match (&query.item, tab) {
                (Some(item), _) => Stage::Item(Box::new(work::open(context, app, &principal, &name, item)?)),
                (None, Tab::Pending) => match work::next(context, app, &principal, &name, HOW_MANY)? {
                    Next { items, finished: None, .. } if !items.is_empty() => Stage::Item(Box::new(
                        items.into_iter().next().ok_or(engraft_app::Error::Bug("no item".into()))?,
                    )),
                    Next { finished, .. } => Stage::Finished(finished.unwrap_or_else(nothing_said)),
                },
                (None, tab) => Stage::Pile(work::history(
                    context,
                    app,
                    &principal,
                    &name,
                    Some(tab),
                    query.before,
                    ROWS,
                )?),
            };
            Ok((stage, counts, guide))
        })
        .await?;
    let tab = match &stage {
        Stage::Item(view) if query_names_an_item(view, tab) => view.status,
        _ => tab,
    };
    let page = frame.page(Page {
        title: &format!("Annotate {dataset}"),
        place: Place::Dataset(&dataset, Part::Work),
        scripts: &["work.js"],
        class: "work",
        body: html! {
            h1.visually-hidden { "Annotate " (dataset) }
            div.bench data-dataset=(dataset) data-user=(who.principal.user) data-how-many=(HOW_MANY) data-tab=(name_of(tab)) {
                (tabs(&dataset, tab, &counts))
                @if guidelines::is_unread(&guide) { (reminder(&guide)) }
                section #stage aria-label="Item" aria-live="polite" {
                    @match &stage {
                        Stage::Item(view) => (item::render(view, who.csrf())),
                        Stage::Finished(finished) => (finished_page(&dataset, finished, &counts)),
                        Stage::Pile(history) => (pile(&dataset, tab, history)),
                    }
                }
                (panel(&guide))
            }
        },
    });
    Ok(page.into_response())
}

/// The item's form, sent without scripts.
pub(crate) async fn send(
    State(studio): State<Arc<Studio>>,
    who: Who,
    Path(dataset): Path<String>,
    body: String,
) -> Result<Redirect, Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&body)
        .map_err(|error| Problem::user(error.to_string(), "reload the page"))?;
    let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let number = |name: &str| field(name).and_then(|value| value.parse::<u64>().ok());
    let item = field("item").ok_or_else(|| Problem::user("no item is named", "reload the page"))?;
    let lease = field("lease").filter(|lease| !lease.is_empty());
    let active_ms = number("active_ms").unwrap_or(0);
    let (what, reason) = (field("do").unwrap_or_default(), field("reason").unwrap_or_default());
    let (version, draft_version) = (number("version"), number("draft_version"));
    let (name, principal) = (dataset.clone(), who.principal);
    let sent = studio
        .call(move |context, app| {
            if what == "skip" {
                let skip = Skip { item, lease, reason, active_ms };
                return work::skip(context, app, &principal, &name, &skip).map(|_| Ok(()));
            }
            let asked = queue::questions(context, app, &principal, &name)?;
            let answers = match sheet::answers(&asked, &body) {
                Ok(answers) => answers,
                Err(problem) => return Ok(Err(problem)),
            };
            let accepted = item::read_accepted(&body);
            let said = Submission { item, lease, version, draft_version, answers, active_ms, accepted };
            match what.as_str() {
                "draft" => work::save_draft(context, app, &principal, &name, &said).map(|_| Ok(())),
                _ => work::submit(context, app, &principal, &name, &said).map(|_| Ok(())),
            }
        })
        .await;
    queue::flat(sent)?;
    Ok(Redirect::to(&address(&dataset, Part::Work)))
}

fn query_names_an_item(view: &ItemView, tab: Tab) -> bool {
    tab == Tab::Pending && view.status != Tab::Pending
}

fn nothing_said() -> Finished {
    Finished { why: Why::Done, message: "There is nothing for you here now.".into(), until: None }
}

fn name_of(tab: Tab) -> &'static str {
    TABS.iter().find(|(known, _)| *known == tab).map_or("pending", |(_, name)| name)
}

fn tabs(dataset: &str, current: Tab, counts: &TabCounts) -> Markup {
    let number = |tab: Tab| match tab {
        Tab::Pending => counts.pending,
        Tab::Draft => counts.draft,
        Tab::Submitted => counts.submitted,
        Tab::Skipped => counts.skipped,
        Tab::Returned => counts.returned,
    };
    html! {
        nav.tabs aria-label="My work" {
            @for (tab, name) in TABS {
                a href={ (address(dataset, Part::Work)) "?tab=" (name) } aria-current=[(tab == current).then_some("page")] {
                    (capital(name)) " " span.badge data-count=(name) { @if tab == Tab::Pending && counts.pending_fewer { "< " } (thousands(number(tab))) }
                }
            }
            a.aside href={ "/d/" (encoded(dataset)) "/bulk" } { "Many at once" }
            button.button.aside type="button" data-action="guidelines" aria-controls="guidelines" aria-expanded="false" { "Guidelines" kbd data-command="guidelines" {} }
        }
    }
}

/// Why there is nothing to do, and what else there is.
pub(crate) fn finished_page(dataset: &str, finished: &Finished, counts: &TabCounts) -> Markup {
    let title = match finished.why {
        Why::Empty => "No items yet",
        Why::Done => "All done",
        Why::Waiting => "You did all you can",
        Why::Reserved => "The rest is in other hands",
        Why::Paused => "Your work here is paused",
    };
    html! {
        div.empty.finished data-why=(serde_json::to_value(finished.why).ok().and_then(|why| why.as_str().map(str::to_string)).unwrap_or_default()) {
            h2 { (title) }
            p { (finished.message) }
            @if let Some(until) = &finished.until { p { "Reserved until " (clock(until)) "." } }
            p.muted { "You submitted " (super::figures::count(counts.submitted, "item", "items")) " here." }
            div.row {
                a.button.primary href="/" { "To the datasets" }
                @if counts.submitted > 0 { a.button href={ (address(dataset, Part::Work)) "?tab=submitted" } { "Look at my answers" } }
                @if counts.draft > 0 { a.button href={ (address(dataset, Part::Work)) "?tab=draft" } { "Finish my drafts" } }
            }
        }
    }
}

fn pile(dataset: &str, tab: Tab, history: &History) -> Markup {
    let here = address(dataset, Part::Work);
    html! {
        @if history.items.is_empty() {
            div.empty {
                h2 { "Nothing " (match tab { Tab::Draft => "begun", Tab::Skipped => "skipped", Tab::Returned => "given back", _ => "submitted yet" }) }
                p { a.button.primary href=(here) { "To the next item" } }
            }
        } @else {
            ol.pile {
                @for row in &history.items {
                    li {
                        a dir="auto" href={ (here) "?item=" (encoded(&row.item)) } { (row.title) }
                        @if let Some(reason) = &row.reason { span.muted { " – " (reason.replace('_', " ")) } }
                        span.muted { (time(&row.at)) }
                    }
                }
            }
            @if let Some(before) = history.before {
                p { a.button href={ (here) "?tab=" (name_of(tab)) "&before=" (before) } { "Older" } }
            }
        }
    }
}

fn panel(guide: &GuidelinesView) -> Markup {
    let unread = guidelines::is_unread(guide);
    html! {
        aside #guidelines aria-label="Guidelines" data-unread[unread] hidden[!unread] { (guidelines::panel(guide)) }
    }
}

/// Stands for the panel on a narrow screen, where it would push the item out of sight.
fn reminder(guide: &GuidelinesView) -> Markup {
    let words = if guide.before.is_some() { "they changed" } else { "please read them once" };
    html! {
        button.button.unread type="button" data-action="guidelines" aria-controls="guidelines" aria-expanded="false" {
            "Guidelines: " (words)
        }
    }
}
