//! The known right answer of an item: somebody's, the resolution, or a lead's own; until it is taken away again.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::annotate::Answers;
use engraft_app::review::{self, ItemDetail};
use engraft_app::work::ItemView;
use engraft_app::{dataset, people};
use maud::{Markup, html};
use serde_json::Value;

use super::items::item_address;
use crate::guard::Who;
use crate::item;
use crate::page::{Frame, Page, Part, Place};
use crate::problem::Problem;
use crate::sheet;
use crate::studio::Studio;

/// The item with its questions, for a lead who says the right answer.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.clone());
    let view = studio
        .call(move |context, app| {
            principal.must(people::Act::Manage)?;
            review::item(context, app, &principal, &of, &id)
        })
        .await?;
    let page = frame.page(Page {
        title: &format!("{name}: the known answer of {}", view.item),
        place: Place::Dataset(&name, Part::Items),
        scripts: &["lead.js", "alone.js"],
        class: "adjudicate",
        body: form(&frame, &view),
    });
    Ok(page.into_response())
}

/// Keeps the answer that was chosen, or forgets it.
pub(crate) async fn set(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path((name, id)): Path<(String, String)>,
    body: String,
) -> Result<Redirect, Problem> {
    let to = item_address(&name, &id);
    studio
        .call(move |context, app| {
            let view = review::item(context, app, &principal, &name, &id)?;
            let known = match chosen(&view, &body) {
                Ok(known) => known,
                Err(problem) => return Ok(Err(problem)),
            };
            dataset::set_gold(context, app, &principal, &name, &id, known.as_ref()).map(|_| Ok(()))
        })
        .await
        .and_then(|set| set)?;
    Ok(Redirect::to(&to))
}

/// The answers that a form means; `None` to forget what was known.
fn chosen(view: &ItemDetail, form: &str) -> Result<Option<Value>, Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(form).unwrap_or_default();
    let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let answers = match field("how") {
        Some("forget") => return Ok(None),
        Some("own") => return sheet::answers(&view.questions, form).map(Some),
        Some("resolution") => view.resolution.as_ref().map(|resolution| &resolution.answers),
        Some("response") => {
            // As it was read: whoever changed their answer meanwhile may have said something else.
            let same = |version: u64| field("version") == Some(&*version.to_string());
            let mut responses = view.responses.iter().filter(|one| one.status == "submitted");
            let found = responses.find(|one| Some(&*one.user) == field("user") && same(one.version));
            found.map(|response| &response.answers)
        }
        _ => {
            return Err(Problem::user(
                "it is not said which answer is right",
                "choose one on the item's page",
            ));
        }
    };
    let gone = || Problem {
        status: StatusCode::CONFLICT,
        ..Problem::user("this answer is not there any more", "look at the item again and choose anew")
    };
    let value = serde_json::to_value(answers.ok_or_else(gone)?);
    value.map(Some).map_err(|error| Problem::bug(error.to_string()))
}

/// What is known to be right, and how to say so.
pub(super) fn panel(frame: &Frame, view: &ItemDetail) -> Markup {
    let here = format!("{}/known", item_address(&view.dataset, &view.item));
    html! {
        section.panel data-known {
            h2 { "Known right answers" }
            @match &view.gold {
                Some(known) => (item::show_answers(&view.questions, &view.fields, known)),
                None => p.muted { "None. An item whose right answer is known measures people, and none of them can tell it from the others." },
            }
            @if frame.may(people::Act::Manage) {
                div.row {
                    a.button href=(here) { @if view.gold.is_some() { "Change them" } @else { "Say what is right" } }
                    @if view.gold.is_some() {
                        form method="post" action=(here) {
                            (frame.csrf_field())
                            button.button name="how" value="forget" { "No longer known" }
                        }
                    }
                }
            }
        }
    }
}

/// A button that makes these answers the known ones; `pairs` says whose they are.
pub(super) fn button(frame: &Frame, view: &ItemDetail, answers: &Answers, pairs: &[(&str, &str)]) -> Markup {
    html! {
        @if view.gold.as_ref() == Some(answers) {
            p { span.badge { "known to be right" } }
        } @else if frame.may(people::Act::Manage) && !answers.is_empty() {
            form method="post" action={ (item_address(&view.dataset, &view.item)) "/known" } {
                (frame.csrf_field())
                @for (name, value) in pairs { input type="hidden" name=(name) value=(value); }
                button.button.small { "This is the right answer" }
            }
        }
    }
}

fn form(frame: &Frame, view: &ItemDetail) -> Markup {
    let resolved = view.resolution.as_ref().map(|resolution| &resolution.answers);
    let sheet = ItemView {
        dataset: view.dataset.clone(),
        item: view.item.clone(),
        answers: view.gold.as_ref().or(resolved).cloned(),
        ..ItemView::bare(&view.layout, &view.questions, &view.fields)
    };
    let back = item_address(&view.dataset, &view.item);
    html! {
        h1 { "What is right for " (view.item) }
        p.muted { "Questions that are left open measure nobody." }
        form.deciding method="post" action={ (back) "/known" } autocomplete="off" {
            (frame.csrf_field())
            input type="hidden" name="how" value="own";
            (item::controls(&sheet))
            div.row.decide {
                button.button.primary { "This is the right answer" }
                a.button href=(back) { "Back to the item" }
            }
        }
    }
}
