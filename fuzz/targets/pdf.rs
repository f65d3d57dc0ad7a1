//! PDF: give it a corpus, or nothing gets past the header.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| engraft_fuzz::check("a.pdf", bytes));
