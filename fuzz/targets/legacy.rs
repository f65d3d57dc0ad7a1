//! Compound files of Word, Excel and PowerPoint 97-2003: give it a corpus, or nothing gets past the header.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["a.doc", "a.ppt", "a.xls"] {
        engraft_fuzz::check(name, bytes);
    }
});
