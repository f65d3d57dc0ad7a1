//! Pages over HTTP: one request, bounded in size and time, and the sitemaps that list them.

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

/// The addresses a sitemap lists, or `None` when `page` is no sitemap. A sitemap of sitemaps lists sitemaps.
pub(crate) fn sitemap(page: &[u8]) -> Option<Vec<String>> {
    let text = std::str::from_utf8(page).ok()?;
    let root = text.get(..text.len().min(2048)).unwrap_or(text);
    if !root.contains("<urlset") && !root.contains("<sitemapindex") {
        return None;
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("<loc>") {
        rest = &rest[start + 5..];
        let Some(end) = rest.find("</loc>") else { break };
        let address = rest[..end].trim().replace("&amp;", "&");
        if address.starts_with("http://") || address.starts_with("https://") {
            found.push(address);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sitemap_lists_its_pages() {
        let text = "<urlset><url><loc> http://a/x?b=1&amp;c=2 </loc></url><url><loc>file:///etc</loc></url></urlset>";
        assert_eq!(sitemap(text.as_bytes()), Some(vec!["http://a/x?b=1&c=2".to_string()]));
    }

    #[test]
    fn a_page_is_no_sitemap() {
        assert_eq!(sitemap(b"<html><loc>http://a</loc>"), None);
    }
}
