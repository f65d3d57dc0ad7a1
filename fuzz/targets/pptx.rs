//! A slide and its notes; the input is split at its first zero byte.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let mut next = || parts.next().unwrap_or_default();
    engraft_fuzz::check_package(
        "a.pptx",
        &[
            ("[Content_Types].xml", b"<Types/>"),
            ("ppt/presentation.xml", b"<p><sldIdLst><sldId id='r1'/></sldIdLst></p>"),
            ("ppt/_rels/presentation.xml.rels", b"<R><R Id='r1' Type='/slide' Target='slides/s.xml'/></R>"),
            ("ppt/slides/s.xml", next()),
            ("ppt/slides/_rels/s.xml.rels", b"<R><R Id='n' Type='/notesSlide' Target='../n.xml'/></R>"),
            ("ppt/n.xml", next()),
        ],
    );
});
