//! Mails: headers, parts, quoted replies; and mailboxes of them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    engraft_fuzz::check("a.eml", bytes);
    let mut mailbox = b"From ann@example.org Thu Jan  1 00:00:00 1970\n".to_vec();
    mailbox.extend_from_slice(bytes);
    engraft_fuzz::check("a.mbox", &mailbox);
});
