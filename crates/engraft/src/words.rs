//! Small words of the command line: `K=V` pairs, filters, the time.

use std::time::{SystemTime, UNIX_EPOCH};

use engraft_app::Error;
use engraft_core::Metadata;

/// The metadata that `K=V` words say; a value that is a JSON scalar or list keeps its type.
pub(crate) fn metadata(words: &[String]) -> Result<Metadata, Error> {
    words.iter().map(|word| pair(word)).collect()
}

fn pair(word: &str) -> Result<(String, serde_json::Value), Error> {
    let (key, value) =
        word.split_once('=').filter(|(key, _)| !key.trim().is_empty()).ok_or_else(|| Error::Request {
            message: format!("`{word}` is no metadata"),
            hint: "write it as KEY=VALUE, such as --metadata department=finance".into(),
        })?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.into()));
    Ok((key.trim().to_string(), value))
}

/// The JSON of a filter.
pub(crate) fn filter(text: &str) -> Result<serde_json::Value, Error> {
    serde_json::from_str(text).map_err(|error| Error::Request {
        message: format!("the filter is no JSON: {error}"),
        hint: "write it as '{\"lang\":\"en\",\"year\":{\"$gte\":2024}}'".into(),
    })
}

/// Fresh random bytes from the operating system.
pub(crate) fn secret() -> Result<engraft_app::people::Secret, Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Error::Unavailable {
        message: format!("the system gave no random bytes: {error}"),
        hint: "try again".into(),
    })?;
    Ok(bytes)
}

/// Nanoseconds since 1970.
pub(crate) fn now_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos() as i64)
}

/// The time as RFC 3339 in UTC, to the millisecond.
pub(crate) fn now() -> String {
    let now = jiff::Timestamp::now();
    format!("{now:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_keep_their_type() {
        let read = metadata(&["year=2024".into(), "tags=[\"a\"]".into(), "team=IT & ops".into()]).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"tags":["a"],"team":"IT & ops","year":2024}"#);
    }

    #[test]
    fn a_word_without_an_equals_sign_is_refused() {
        assert!(metadata(&["year".into()]).is_err());
        assert!(metadata(&["=x".into()]).is_err());
    }

    #[test]
    fn the_time_is_rfc_3339() {
        let now = now();
        assert!(now.ends_with('Z') && now.len() == 24, "{now}");
    }
}
