//! Who a request comes from, as the gate found out.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use engraft_app::people::Principal;

use crate::problem::Problem;

/// The cookie that holds a session's secret.
pub(crate) const SESSION: &str = "engraft";

/// Whoever sent the request.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// Their name, role and scopes.
    pub(crate) principal: Principal,
    /// Of a session; a token has none.
    pub(crate) session: Option<Session>,
}

/// A person's session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// What the cookie holds.
    pub(crate) secret: String,
    /// What our own pages send back, and nobody else can.
    pub(crate) csrf: String,
}

impl Who {
    /// The token that forms of this session carry; empty for a token, which sends no forms.
    pub(crate) fn csrf(&self) -> &str {
        self.session.as_ref().map(|session| session.csrf.as_str()).unwrap_or_default()
    }
}

/// Fails when nobody is signed in.
impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Who, Problem> {
        parts.extensions.get::<Who>().cloned().ok_or_else(Problem::signed_out)
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Who>, Infallible> {
        Ok(parts.extensions.get::<Who>().cloned())
    }
}

/// The value of a cookie in a `cookie` header.
pub(crate) fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        assert_eq!(cookie("theme=dark; engraft=abc", "engraft"), Some("abc"));
        assert_eq!(cookie("xengraft=1;engraft=2", "engraft"), Some("2"));
        assert_eq!(cookie("engraftx=1", "engraft"), None);
        assert_eq!(cookie("", "engraft"), None);
    }
}
