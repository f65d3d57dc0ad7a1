//! Deleting a dataset: what goes with it, a way to keep a copy, and a name to be typed.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::dataset::{self, Deleted};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::figures::count;
use crate::api::queue::plain;
use crate::extract::{Fields, Sent};
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address, encoded, wrong};
use crate::problem::Problem;
use crate::studio::Studio;

#[derive(Deserialize)]
pub(crate) struct Typed {
    /// The dataset's name.
    #[serde(default)]
    confirm: String,
}

/// The question.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    Ok(asked(&studio, &frame, &who, &name, None).await?.into_response())
}

/// Deletes it, when its name was typed.
pub(crate) async fn now(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Fields(typed): Fields<Typed>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.clone());
    let confirm = typed.confirm.trim().to_string();
    match studio.call(move |context, app| dataset::delete(context, app, &principal, &of, &confirm)).await {
        Ok(_) => Ok(Redirect::to("/").into_response()),
        Err(problem) if problem.status == axum::http::StatusCode::BAD_REQUEST => {
            let page = asked(&studio, &frame, &who, &name, Some(&problem)).await?;
            Ok((problem.status, page).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// The same for programs.
pub(crate) async fn now_json(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(typed): Sent<Typed>,
) -> Result<Json<Value>, Problem> {
    let gone = studio
        .call(move |context, app| dataset::delete(context, app, &principal, &name, &typed.confirm))
        .await?;
    Ok(Json(plain(&gone)?))
}

async fn asked(
    studio: &Arc<Studio>,
    frame: &Frame,
    who: &Who,
    name: &str,
    refused: Option<&Problem>,
) -> Result<Markup, Problem> {
    let (principal, of) = (who.principal.clone(), name.to_string());
    let goes = studio.call(move |context, app| dataset::to_delete(context, app, &principal, &of)).await?;
    Ok(frame.page(Page {
        title: &format!("Delete {name}"),
        place: Place::Dataset(name, Part::Settings),
        scripts: &["lead.js"],
        class: "narrow",
        body: html! {
            h1 { "Delete " (name) }
            @if let Some(problem) = refused { (wrong(problem)) }
            (what_goes(&goes))
            form.stack method="post" action={ "/d/" (encoded(name)) "/delete/now" } {
                (frame.csrf_field())
                label.field { span { "Type " code { (name) } " to delete it" } input name="confirm" required autocomplete="off" autocapitalize="none" spellcheck="false"; }
                div.row { button.button.danger { "Delete it for good" } a.button href=(address(name, Part::Settings)) { "Keep it" } }
            }
        },
    }))
}

fn what_goes(goes: &Deleted) -> Markup {
    html! {
        p { "Gone for good: " (count(goes.items, "item", "items")) ", " (count(goes.responses, "response", "responses")) " and " (count(goes.snapshots, "snapshot", "snapshots")) ". The log keeps that the dataset was there and who did what when, without what was said." }
        p { a href=(address(&goes.dataset, Part::Transfer)) { "Export it first" } " if anybody may ever ask for it." }
    }
}
