//! Mails: headers, parts, quoted replies.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| engraft_fuzz::check("a.eml", bytes));
