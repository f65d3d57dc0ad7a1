//! In and out: signing in, signing out, and the choice of light or dark.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header::{REFERER, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use engraft_app::{Context, Workspace, people};
use maud::{Markup, html};
use serde::Deserialize;

use crate::extract::{Asked, Fields};
use crate::guard::{SESSION, Who};
use crate::page::{Frame, Page, Place, Theme};
use crate::problem::Problem;
use crate::serve::Peer;
use crate::studio::{Studio, secret};

/// Thirty days; the server ends a session earlier when it is not used.
const LONGEST_SECONDS: u32 = 30 * 24 * 3600;
const YEAR_SECONDS: u32 = 365 * 24 * 3600;
/// No name is longer, in characters.
const LONGEST_NAME: usize = 64;
const UNFIT: &str = "This name and password do not fit. Check both; capitals count.";

#[derive(Deserialize)]
pub(crate) struct Door {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    theme: String,
}

/// The form; on the first visit of all, the way to make the owner.
pub(crate) async fn door(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Option<Who>,
    Asked(door): Asked<Door>,
) -> Result<Response, Problem> {
    if who.is_some() {
        return Ok(Redirect::to(inside(&door.next)).into_response());
    }
    if studio.is_first_visit().await? {
        return Ok(Redirect::to("/first").into_response());
    }
    Ok(form(&frame, "", &door.next, None).into_response())
}

/// Lets somebody in, or says why not.
pub(crate) async fn enter(
    State(studio): State<Arc<Studio>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    frame: Frame,
    Fields(given): Fields<Credentials>,
) -> Result<Response, Problem> {
    let fresh = secret().map_err(|message| Problem::unavailable(message, "try again"))?;
    let from = peer.address(&headers).to_string();
    let (name, password) = (given.name.trim().to_string(), given.password);
    if name.chars().count() > LONGEST_NAME {
        let page = form(&frame, "", &given.next, Some(UNFIT));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let tried = name.clone();
    let login =
        move |context: Context, app: &Workspace| people::login(context, app, &name, &password, &fresh, &from);
    match studio.call_hashing(login).await {
        Ok(session) => {
            let cookie = set_cookie(SESSION, &session.secret, LONGEST_SECONDS, true, &headers);
            Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(inside(&given.next))).into_response())
        }
        Err(problem)
            if matches!(problem.status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) =>
        {
            let status = if problem.status == StatusCode::UNAUTHORIZED {
                StatusCode::UNPROCESSABLE_ENTITY
            } else {
                problem.status
            };
            let words = match problem.more.get("seconds") {
                Some(seconds) => format!("Too many tries. Wait {seconds} seconds, then try again."),
                None => UNFIT.to_string(),
            };
            Ok((status, form(&frame, &tried, &given.next, Some(&words))).into_response())
        }
        Err(problem) => Err(problem),
    }
}

/// Ends the session here and on the server.
pub(crate) async fn leave(
    State(studio): State<Arc<Studio>>,
    who: Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(session) = who.session {
        studio.call(move |context, app| people::logout(context, app, &session.secret)).await?;
    }
    let cookie = set_cookie(SESSION, "", 0, true, &headers);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/login")).into_response())
}

/// Keeps the choice in a cookie and goes back to where it was made.
pub(crate) async fn theme(headers: HeaderMap, Fields(chosen): Fields<Chosen>) -> Response {
    let cookie = set_cookie("theme", Theme::named(&chosen.theme).name(), YEAR_SECONDS, false, &headers);
    let back =
        headers.get(REFERER).and_then(|from| from.to_str().ok()).and_then(|from| from.parse::<Uri>().ok());
    let path = back.as_ref().and_then(Uri::path_and_query).map_or("/", |path| path.as_str());
    (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(inside(path))).into_response()
}

/// A path of this studio, whatever was asked for.
pub(crate) fn inside(next: &str) -> &str {
    let other_host = next.starts_with("//") || next.contains('\\') || next.contains(char::is_control);
    if next.starts_with('/') && !other_host { next } else { "/" }
}

/// The text of a `set-cookie` header; a secret is hidden from scripts, and sent over https only where there is https.
pub(crate) fn set_cookie(name: &str, value: &str, seconds: u32, hidden: bool, headers: &HeaderMap) -> String {
    let https = headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let (hidden, secure) = (if hidden { "; HttpOnly" } else { "" }, if https { "; Secure" } else { "" });
    format!("{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{hidden}{secure}")
}

fn form(frame: &Frame, name: &str, next: &str, wrong: Option<&str>) -> Markup {
    frame.page(Page {
        title: "Sign in",
        place: Place::Outside,
        scripts: &[],
        class: "narrow door",
        body: html! {
            h1 { "Sign in" }
            @if let Some(words) = wrong { p.notice.bad role="alert" #wrong { (words) } }
            form.stack method="post" action="/login" {
                input type="hidden" name="next" value=(next);
                label.field { span { "Name" } input name="name" value=(name) autocomplete="username" autocapitalize="none" required autofocus[name.is_empty()]; }
                label.field { span { "Password" } input type="password" name="password" autocomplete="current-password" required autofocus[!name.is_empty()] aria-describedby=[wrong.map(|_| "wrong")]; }
                button.button.primary { "Sign in" }
            }
            p.muted { "No account, or the password is lost? Ask the owner of this studio: the page “People” makes a new one." }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_led_elsewhere() {
        assert_eq!(inside("/d/tickets/work?tab=draft"), "/d/tickets/work?tab=draft");
        for elsewhere in
            ["https://example.org", "//example.org", "/\\example.org", "", "d/tickets", "/a\r\nset-cookie: x"]
        {
            assert_eq!(inside(elsewhere), "/", "{elsewhere:?}");
        }
    }

    #[test]
    fn the_secret_is_hidden_from_scripts_and_kept_to_https_where_there_is_https() {
        let plain = set_cookie(SESSION, "s", 60, true, &HeaderMap::new());
        assert_eq!(plain, "engraft=s; Path=/; Max-Age=60; SameSite=Lax; HttpOnly");
        let https = [("x-forwarded-proto".parse().unwrap(), "https".parse().unwrap())].into_iter().collect();
        assert_eq!(
            set_cookie("theme", "dark", 60, false, &https),
            "theme=dark; Path=/; Max-Age=60; SameSite=Lax; Secure"
        );
    }
}
