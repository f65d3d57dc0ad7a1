//! JSON and JSON Lines.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["a.json", "a.jsonl"] {
        engraft_fuzz::check(name, bytes);
    }
});
