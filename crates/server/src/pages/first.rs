//! The first visit: whoever can read the terminal makes the owner.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use engraft_app::people;
use maud::{Markup, html};
use serde::Deserialize;

use super::sign_in::set_cookie;
use crate::extract::{Asked, Fields};
use crate::guard::SESSION;
use crate::page::{Frame, Page, Place};
use crate::problem::Problem;
use crate::serve::Peer;
use crate::studio::{Studio, secret};

#[derive(Deserialize)]
pub(crate) struct Visit {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
pub(crate) struct Owner {
    code: String,
    name: String,
    password: String,
}

/// The form; once there is an owner, the way to the door.
pub(crate) async fn form(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Asked(visit): Asked<Visit>,
) -> Result<Response, Problem> {
    Ok(match studio.is_first_visit().await? {
        true => draw(&frame, &visit.code, "", None).into_response(),
        false => Redirect::to("/login").into_response(),
    })
}

/// Makes the owner and signs them in.
pub(crate) async fn make(
    State(studio): State<Arc<Studio>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    frame: Frame,
    Fields(owner): Fields<Owner>,
) -> Result<Response, Problem> {
    let Some(wanted) = studio.first_code() else { return Ok(Redirect::to("/login").into_response()) };
    let again = |words: &str| {
        (StatusCode::UNPROCESSABLE_ENTITY, draw(&frame, &owner.code, &owner.name, Some(words)))
            .into_response()
    };
    if owner.code.trim().to_uppercase() != wanted {
        return Ok(again("This is not the code that the terminal shows. Copy it from the last lines there."));
    }
    let random = || secret().map_err(|message| Problem::unavailable(message, "try again"));
    let (salt, fresh, from) = (random()?, random()?, peer.address(&headers).to_string());
    let (name, password) = (owner.name.trim().to_string(), owner.password.clone());
    let session = studio.call_hashing(move |context, app| {
        people::first_owner(context, app, &name, &password, &salt)?;
        people::login(context, app, &name, &password, &fresh, &from)
    });
    match session.await {
        Ok(session) => {
            studio.forget_first_code();
            let cookie = set_cookie(SESSION, &session.secret, 30 * 24 * 3600, true, &headers);
            Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
        }
        Err(problem) if problem.status.is_client_error() => {
            Ok(again(&format!("{}. {}", problem.message, problem.hint.unwrap_or_default())))
        }
        Err(problem) => Err(problem),
    }
}

fn draw(frame: &Frame, code: &str, name: &str, wrong: Option<&str>) -> Markup {
    frame.page(Page {
        title: "Welcome",
        place: Place::Outside,
        scripts: &[],
        class: "narrow door",
        body: html! {
            h1 { "Welcome to your studio" }
            p { "Nobody can sign in yet. Make the owner: the person who adds people and datasets." }
            @if let Some(words) = wrong { p.notice.bad role="alert" { (words) } }
            form.stack method="post" action="/first" {
                label.field { span { "Code" } input name="code" value=(code) autocomplete="one-time-code" spellcheck="false" required; small.help { "The terminal where the studio was started shows it." } }
                label.field { span { "Your name" } input name="name" value=(name) autocomplete="username" autocapitalize="none" required; small.help { "People see it beside what you do." } }
                label.field { span { "Password" } input type="password" name="password" autocomplete="new-password" minlength="8" required; small.help { "At least 8 characters. A sentence is easy to keep in mind." } }
                button.button.primary { "Make the owner" }
            }
        },
    })
}
