//! Bodies and queries as values; what cannot be read is the sender's problem, said like every other.

use axum::Json;
use axum::extract::rejection::{FormRejection, JsonRejection, QueryRejection};
use axum::extract::{Form, FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A JSON body.
pub(crate) struct Sent<T>(pub(crate) T);

/// The fields of a form.
pub(crate) struct Fields<T>(pub(crate) T);

/// What stands behind the `?`.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Sent<T>, Problem> {
        let unread = |no: JsonRejection| {
            refused(no.status(), no.body_text(), "send the JSON that docs/reference/api.md describes")
        };
        Json::from_request(request, state).await.map(|Json(value)| Sent(value)).map_err(unread)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Fields<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Fields<T>, Problem> {
        let unread = |no: FormRejection| {
            refused(no.status(), no.body_text(), "go back, reload the page and fill the form in again")
        };
        Form::from_request(request, state).await.map(|Form(value)| Fields(value)).map_err(unread)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Asked<T>, Problem> {
        let unread = |no: QueryRejection| {
            refused(no.status(), no.body_text(), "correct what stands behind the `?` of the address")
        };
        Query::from_request_parts(parts, state).await.map(|Query(value)| Asked(value)).map_err(unread)
    }
}

fn refused(status: StatusCode, words: String, hint: &str) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::too_large("this is longer than is taken here", "send it in parts")
        }
        _ => Problem::user(words, hint),
    }
}
