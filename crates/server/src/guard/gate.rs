//! The gate in front of every page and endpoint: finds out who asks, and refuses what a tricked browser sent.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engraft_core::{Fault, Kind};

use super::who::Session;
use super::{SESSION, Who, cookie, forgery};
use crate::problem::Problem;
use crate::studio::Studio;

/// No form of ours is longer; a schema of a thousand questions fits.
const LONGEST_FORM: usize = 2 * 1024 * 1024;

/// Puts [`Who`] into the request when somebody is signed in; whether that is needed, the handler says.
pub(crate) async fn gate(State(studio): State<Arc<Studio>>, mut request: Request, next: Next) -> Response {
    let who = match identify(&studio, request.headers()).await {
        Ok(who) => who,
        Err(problem) => return problem.into_response(),
    };
    if !request.method().is_safe() {
        request = match unforged(request, who.as_ref()).await {
            Ok(request) => request,
            Err(problem) => return problem.into_response(),
        };
    }
    if let Some(who) = &who {
        request.extensions_mut().insert(who.clone());
    }
    let mut response = next.run(request).await;
    if let Some(who) = who {
        response.extensions_mut().insert(who);
    }
    response
}

/// Whoever the token or the cookie belongs to. A wrong token is refused; a session that is over is nobody's.
async fn identify(studio: &Arc<Studio>, headers: &HeaderMap) -> Result<Option<Who>, Problem> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(given) = text(AUTHORIZATION) {
        let Some(secret) = given.strip_prefix("Bearer ").map(|secret| secret.trim().to_string()) else {
            return Err(Problem::signed_out());
        };
        let principal =
            studio.call(move |context, app| engraft_app::people::token(context, app, &secret)).await?;
        return Ok(Some(Who { principal, session: None }));
    }
    let Some(secret) = text(COOKIE).and_then(|cookies| cookie(cookies, SESSION)).map(str::to_string) else {
        return Ok(None);
    };
    studio
        .call(move |context, app| match engraft_app::people::session(context, app, &secret) {
            Ok((principal, csrf)) => Ok(Some(Who { principal, session: Some(Session { secret, csrf }) })),
            Err(engraft_app::Error::NotLoggedIn) => Ok(None),
            // A cookie that was never one of ours is no reason to fail.
            Err(error) if error.kind() == Kind::User => Ok(None),
            Err(error) => Err(error),
        })
        .await
}

/// The same request, once it is sure that one of our own pages, or a program, sent it.
async fn unforged(request: Request, who: Option<&Who>) -> Result<Request, Problem> {
    let session = who.and_then(|who| who.session.as_ref());
    if who.is_some() && session.is_none() {
        // A token: browsers never send one by themselves.
        return Ok(request);
    }
    forgery::check_origin(request.headers())?;
    let Some(session) = session else { return Ok(request) };
    let (parts, body) = request.into_parts();
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let is_form =
        text(CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let given = text(forgery::HEADER);
    if given.is_some() || !is_form {
        forgery::check_token(&session.csrf, given)?;
        return Ok(Request::from_parts(parts, body));
    }
    let bytes = to_bytes(body, LONGEST_FORM)
        .await
        .map_err(|_| Problem::too_large("this form is too long", "send less than 2 MB at once"))?;
    // Tokens are letters and digits: what is escaped is none.
    let fields = bytes.split(|byte| *byte == b'&');
    let given = fields.filter_map(|field| field.strip_prefix(b"csrf=")).next();
    forgery::check_token(&session.csrf, given.and_then(|given| std::str::from_utf8(given).ok()))?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
