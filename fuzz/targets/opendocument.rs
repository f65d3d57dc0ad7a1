//! The content of an OpenDocument text, and a chapter of an electronic book.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    engraft_fuzz::check_package("a.odt", &[("content.xml", bytes)]);
    engraft_fuzz::check_package(
        "a.epub",
        &[
            ("META-INF/container.xml", b"<c><rootfile full-path='b.opf'/></c>"),
            ("b.opf", b"<p><manifest><item id='a' href='a.xhtml'/></manifest><spine><itemref idref='a'/></spine></p>"),
            ("a.xhtml", bytes),
        ],
    );
});
