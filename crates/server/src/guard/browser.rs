//! Says what went wrong as a page when a person's browser asked, and leads people who are not signed in to the door.

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::Who;
use crate::page::{Frame, Page, Place, encoded};
use crate::problem::Problem;

/// Replaces the JSON of a [`Problem`] by a page for whoever accepts HTML.
pub(crate) async fn speak_html(request: Request, next: Next) -> Response {
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let is_api = request.uri().path().starts_with("/api/");
    if is_api || !accepts.contains("text/html") {
        return next.run(request).await;
    }
    let theme = Frame::theme_of(request.headers());
    let back = match *request.method() {
        Method::GET => request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        _ => "/".to_string(),
    };
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    if problem.status == StatusCode::UNAUTHORIZED {
        return Redirect::to(&format!("/login?next={}", encoded(&back))).into_response();
    }
    let frame = Frame::of(response.extensions_mut().remove::<Who>(), theme);
    let page = frame.page(Page {
        title: title(&problem),
        place: Place::Outside,
        scripts: &[],
        class: "narrow",
        body: html! {
            h1 { (title(&problem)) }
            p { (sentence(&problem.message)) }
            @if let Some(hint) = &problem.hint { p.muted { "What you can do: " (hint) "." } }
            p { a.button.primary href="/" { "To the datasets" } }
        },
    });
    let headers = response.headers().clone();
    let mut told = (problem.status, page).into_response();
    for (name, value) in &headers {
        if name != CONTENT_TYPE && name != "content-length" {
            told.headers_mut().insert(name, value.clone());
        }
    }
    told.headers_mut().insert("vary", HeaderValue::from_static("accept"));
    told
}

fn title(problem: &Problem) -> &'static str {
    match problem.status {
        StatusCode::FORBIDDEN if problem.kind == "stale_page" => "This page is from an earlier visit",
        StatusCode::FORBIDDEN => "That is not yours to do",
        StatusCode::NOT_FOUND => "Nothing here",
        StatusCode::CONFLICT => "Changed in the meantime",
        StatusCode::TOO_MANY_REQUESTS => "Too fast",
        StatusCode::SERVICE_UNAVAILABLE => "Not available now",
        StatusCode::INTERNAL_SERVER_ERROR => "Our fault",
        _ => "That did not work",
    }
}

/// With a capital and a full stop.
fn sentence(words: &str) -> String {
    let stop = if words.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{stop}", crate::page::capital(words))
}
