//! XML of no known format.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| engraft_fuzz::check("a.xml", &[b"<?xml version='1.0'?>", bytes].concat()));
