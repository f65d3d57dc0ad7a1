//! Sitemaps: the addresses that a site lists of its pages.

/// The addresses a sitemap lists, in its order, or `None` when `page` is no sitemap. A sitemap of sitemaps lists sitemaps.
///
/// Only addresses of `http` and `https` are listed, without white space around them. A file that ends early lists what it has.
pub fn sitemap(page: &[u8]) -> Option<Vec<String>> {
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

    #[test]
    fn a_sitemap_that_ends_early_lists_what_it_has() {
        let text = "<sitemapindex><loc>https://a/1.xml</loc><loc>https://a/2";
        assert_eq!(sitemap(text.as_bytes()), Some(vec!["https://a/1.xml".to_string()]));
    }
}
