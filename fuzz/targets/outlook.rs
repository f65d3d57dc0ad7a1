//! Messages saved by Outlook: subject, body, page, properties and an attachment, split at bytes of value 255.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(5, |&byte| byte == 255);
    let mut next = || parts.next().unwrap_or_default();
    engraft_fuzz::check_compound(
        "a.msg",
        &[
            ("/__substg1.0_0037001E", next()),
            ("/__substg1.0_1000001F", next()),
            ("/__substg1.0_10130102", next()),
            ("/__properties_version1.0", next()),
            ("/__attach_version1.0_#00000000/__substg1.0_3707001E", b"a.eml"),
            ("/__attach_version1.0_#00000000/__substg1.0_37010102", next()),
        ],
    );
});
