//! The chunker, over what the Markdown parser makes of the input; the first byte is the window.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((&window, text)) = bytes.split_first() {
        engraft_fuzz::check_chunks(text, usize::from(window));
    }
});
