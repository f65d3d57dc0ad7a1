//! One's own password.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::people;
use maud::{Markup, html};
use serde::Deserialize;

use crate::extract::Fields;
use crate::guard::Who;
use crate::page::{Frame, Page, Place};
use crate::problem::Problem;
use crate::studio::{Studio, secret};

#[derive(Deserialize)]
pub(crate) struct Change {
    old: String,
    new: String,
}

/// The form.
pub(crate) async fn page(frame: Frame, _: Who) -> Markup {
    draw(&frame, None)
}

/// Changes it; every session ends, so that whoever knew the old one is out.
pub(crate) async fn change(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Fields(change): Fields<Change>,
) -> Result<Response, Problem> {
    let fresh = secret().map_err(|message| Problem::unavailable(message, "try again"))?;
    let principal = who.principal.clone();
    let changed = studio
        .call_hashing(move |context, app| {
            people::set_own_password(context, app, &principal, &change.old, &change.new, &fresh)
        })
        .await;
    match changed {
        Ok(()) => Ok(Redirect::to("/login").into_response()),
        Err(problem) if problem.status.is_client_error() => {
            let words = format!("{}. {}", problem.message, problem.hint.unwrap_or_default());
            Ok((problem.status, draw(&frame, Some(&words))).into_response())
        }
        Err(problem) => Err(problem),
    }
}

fn draw(frame: &Frame, wrong: Option<&str>) -> Markup {
    frame.page(Page {
        title: "Password",
        place: Place::Account,
        scripts: &[],
        class: "narrow",
        body: html! {
            h1 { "Password" }
            @if let Some(words) = wrong { p.notice.bad role="alert" { (words) } }
            form.stack method="post" action="/account" {
                (frame.csrf_field())
                label.field { span { "The one you have" } input type="password" name="old" autocomplete="current-password" required; }
                label.field { span { "The new one" } input type="password" name="new" autocomplete="new-password" minlength="8" required; small.help { "At least 8 characters. A sentence is easy to keep in mind." } }
                button.button.primary { "Change it and sign in again" }
            }
        },
    })
}
