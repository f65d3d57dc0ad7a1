//! Pages over HTTP: one request, bounded in size and time.

use std::io::Read;
use std::time::Duration;

use crate::Error;

/// Gets one page of at most `limit` bytes within 30 seconds.
pub(crate) fn get(url: &str, limit: u64) -> Result<Vec<u8>, Error> {
    let failed = |why: String| Error::Unavailable {
        message: format!("cannot get {url}: {why}"),
        hint: "check the address and the network, then run it again".into(),
    };
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30 + limit / (1 << 20))))
        .user_agent(concat!("engraft/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut response = agent.get(url).call().map_err(|error| match error {
        ureq::Error::StatusCode(404 | 410) => Error::Missing {
            what: "page",
            name: url.into(),
            hint: "check the address; if the page moved, ingest the new one".into(),
        },
        error => failed(error.to_string()),
    })?;
    let mut bytes = Vec::new();
    let mut body = response.body_mut().with_config().limit(limit + 1).reader();
    body.read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(failed(format!("it is larger than {} MiB", limit >> 20)));
    }
    Ok(bytes)
}
