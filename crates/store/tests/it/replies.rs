//! Replies of a language model: kept once, found again, and there after the file was closed.

use engraft_store::{ReplyRow, Store};

use crate::support::file_in;

#[test]
fn what_was_paid_for_is_found_again_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(&file_in(&folder)).unwrap();
    let reply = |body: &str| ReplyRow {
        key: "a".into(),
        model: "m".into(),
        body: body.into(),
        tokens_in: 7,
        tokens_out: 2,
    };
    assert_eq!(store.reply("a").unwrap(), None);
    store.put_reply(&reply("first"), "now").unwrap();
    store.put_reply(&reply("second"), "later").unwrap();
    drop(store);
    let store = Store::open(&file_in(&folder)).unwrap();
    assert_eq!(store.reply("a").unwrap(), Some(reply("first")));
    assert_eq!(store.reply("b").unwrap(), None);
}
