//! Refuses requests that another site made a browser send: wrong origin, or no token of the session.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use crate::problem::Problem;

/// The header that carries the session's token; forms carry it as the field `csrf`.
pub(crate) const HEADER: &str = "x-csrf-token";

/// Fails unless the browser says that one of our own pages sent this. Programs other than browsers say nothing.
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign = match (text(ORIGIN.as_str()), text("sec-fetch-site")) {
        (Some(origin), _) => {
            // A proxy may speak https for us, so only the authority is compared.
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_none() || authority != text("x-forwarded-host").or(text(HOST.as_str()))
        }
        (None, Some(site)) => !matches!(site, "same-origin" | "none"),
        (None, None) => false,
    };
    match foreign {
        true => Err(Problem::forbidden(
            "this request came from another site",
            "open the studio itself and try again there",
        )),
        false => Ok(()),
    }
}

/// Fails unless `given` is the token of the session, `wanted`.
pub(crate) fn check_token(wanted: &str, given: Option<&str>) -> Result<(), Problem> {
    let given = given.unwrap_or_default();
    let pairs = wanted.bytes().zip(given.bytes());
    // Every byte is compared, so that the time taken tells nothing about how many were right.
    match pairs.fold(wanted.len() ^ given.len(), |sum, (a, b)| sum | usize::from(a ^ b)) {
        0 if !wanted.is_empty() => Ok(()),
        _ => Err(Problem::stale_page()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], allowed: bool) {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        assert_eq!(check_origin(&pairs.collect()).is_ok(), allowed, "{headers:?}");
    }

    #[test]
    fn only_our_own_pages_may_send() {
        check(&[("host", "127.0.0.1:7700"), ("origin", "http://127.0.0.1:7700")], true);
        check(&[("host", "studio.example"), ("origin", "https://studio.example")], true);
        check(&[("host", "127.0.0.1:7700"), ("origin", "http://127.0.0.1:9999")], false);
        check(&[("host", "127.0.0.1:7700"), ("origin", "null")], false);
        check(
            &[
                ("host", "inner:80"),
                ("x-forwarded-host", "studio.example"),
                ("origin", "https://studio.example"),
            ],
            true,
        );
        check(&[("host", "a"), ("sec-fetch-site", "cross-site")], false);
        check(&[("host", "a"), ("sec-fetch-site", "same-site")], false);
        check(&[("host", "a"), ("sec-fetch-site", "same-origin")], true);
        check(&[("host", "a")], true);
    }

    #[test]
    fn a_token_fits_one_session_only() {
        assert!(check_token("abc", Some("abc")).is_ok());
        for wrong in [None, Some(""), Some("ab"), Some("abcd"), Some("abd")] {
            assert!(check_token("abc", wrong).is_err(), "{wrong:?}");
        }
        assert!(check_token("", Some("")).is_err(), "a session without a token takes nothing");
    }
}
