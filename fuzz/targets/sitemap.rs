//! Sitemaps: once as they are, once with the input as what a sitemap holds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    engraft_fuzz::check_sitemap(bytes);
    engraft_fuzz::check_sitemap(&[b"<urlset>", bytes].concat());
});
