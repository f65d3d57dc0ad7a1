//! What goes back when a request fails: one JSON object for programs, a page with the same words for people.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use engraft_core::{Fault, Kind};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A failed request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// What else the caller needs to go on, next to `error`: the current version after a conflict.
    pub(crate) more: Map<String, Value>,
}

impl Problem {
    /// The request makes no sense as it stands.
    pub(crate) fn user(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "user", message.into(), hint)
    }

    /// There is nothing at that address.
    pub(crate) fn missing(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "missing", message.into(), hint)
    }

    /// Nobody is signed in.
    pub(crate) fn signed_out() -> Problem {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            "nobody is signed in".into(),
            "sign in, or send a token: `authorization: Bearer …`",
        )
    }

    /// Whoever is signed in may not.
    pub(crate) fn forbidden(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", message.into(), hint)
    }

    /// The page was made for another session: signed in again, perhaps in another window.
    pub(crate) fn stale_page() -> Problem {
        Problem::new(
            StatusCode::FORBIDDEN,
            "stale_page",
            "the token of this page is missing or old".into(),
            "reload the page and try again",
        )
    }

    /// The body is longer than is taken here.
    pub(crate) fn too_large(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message.into(), hint)
    }

    /// Something needed is not there now.
    pub(crate) fn unavailable(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message.into(), hint)
    }

    /// Our fault.
    pub(crate) fn bug(message: impl Into<String>) -> Problem {
        let hint = "please report this, with what you did before";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "bug", message.into(), hint)
    }

    /// An error of this crate that knows whose fault it is.
    pub(crate) fn fault(error: &dyn Fault) -> Problem {
        let (status, kind) = by_kind(error.kind());
        Problem { status, kind, message: error.to_string(), hint: error.hint(), more: Map::new() }
    }

    /// The same with something the caller needs to go on.
    pub(crate) fn with<T: Serialize>(mut self, name: &str, value: &T) -> Problem {
        self.more.insert(name.to_string(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    fn new(status: StatusCode, kind: &'static str, message: String, hint: &str) -> Problem {
        Problem { status, kind, message, hint: Some(hint.to_string()), more: Map::new() }
    }
}

/// The app's errors: what they are alone decides the status.
impl From<engraft_app::Error> for Problem {
    fn from(error: engraft_app::Error) -> Problem {
        use engraft_app::Error;
        let (status, kind) = match (&error, error.kind()) {
            (Error::Denied { .. }, _) => (StatusCode::FORBIDDEN, "forbidden"),
            (Error::NotLoggedIn, _) => (StatusCode::UNAUTHORIZED, "signed_out"),
            (Error::SlowDown { .. }, _) => (StatusCode::TOO_MANY_REQUESTS, "too_many"),
            (Error::Problems { .. }, _) => (StatusCode::UNPROCESSABLE_ENTITY, "user"),
            (_, kind) => by_kind(kind),
        };
        let (message, hint) = (error.to_string(), error.hint());
        let problem = Problem { status, kind, message, hint, more: Map::new() };
        match &error {
            Error::Problems { problems, .. } => problem.with("problems", problems),
            Error::Conflict { current, kept, .. } => {
                let problem = problem.with("kept", kept);
                match current {
                    Some(current) => problem.with("current", current),
                    None => problem,
                }
            }
            Error::SlowDown { seconds } => problem.with("seconds", seconds),
            _ => problem,
        }
    }
}

fn by_kind(kind: Kind) -> (StatusCode, &'static str) {
    match kind {
        Kind::User => (StatusCode::BAD_REQUEST, "user"),
        Kind::Missing => (StatusCode::NOT_FOUND, "missing"),
        Kind::Conflict => (StatusCode::CONFLICT, "conflict"),
        Kind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        Kind::Bug => (StatusCode::INTERNAL_SERVER_ERROR, "bug"),
    }
}

/// JSON; `guard::browser` turns it into a page for people, who ask for `text/html`.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = json!({ "kind": self.kind, "message": self.message, "hint": self.hint });
        let mut body = self.more.clone();
        body.insert("error".into(), error);
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.more.get("seconds").and_then(Value::as_u64) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_an_error_alone_decides_the_status() {
        let missing =
            engraft_app::Error::Missing { what: "dataset", name: "x".into(), hint: "make it".into() };
        let problem = Problem::from(missing);
        assert_eq!((problem.status.as_u16(), problem.kind), (404, "missing"));
        assert_eq!(problem.hint.as_deref(), Some("make it"));
        assert_eq!(Problem::from(engraft_app::Error::Cancelled).status.as_u16(), 503);
        assert_eq!(Problem::from(engraft_app::Error::Bug("x".into())).status.as_u16(), 500);
    }
}
