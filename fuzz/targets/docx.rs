//! The main part, the styles and the numbering of a Word document; the input is split at its first zero byte.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |&byte| byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    engraft_fuzz::check_package(
        "a.docx",
        &[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", next()),
            ("word/styles.xml", next()),
            ("word/numbering.xml", next()),
            (
                "word/_rels/document.xml.rels",
                b"<R><R Id='1' Type='/styles' Target='styles.xml'/><R Id='2' Type='/numbering' Target='numbering.xml'/></R>",
            ),
        ],
    );
});
