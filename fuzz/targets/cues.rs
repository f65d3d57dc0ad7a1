//! Subtitles: WebVTT and SubRip.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    engraft_fuzz::check("a.srt", bytes);
    engraft_fuzz::check("a.vtt", &[b"WEBVTT\n\n00:01.000 --> 00:02.000\n", bytes].concat());
});
