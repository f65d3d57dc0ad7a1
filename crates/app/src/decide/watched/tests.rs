//! A decision that the workspace cannot be told of goes on, and seldom waits for the store.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use engraft_core::Silent;
use engraft_store::Limits;

use super::*;

#[test]
fn a_store_that_is_locked_is_asked_twice_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truth.sqlite");
    let limits = Limits { wait: Duration::from_millis(1), max_bytes: None };
    let store = Store::open_with(&path, &limits, true).unwrap();
    let no = store.begin_decision("topics", "classify", "out", "now").unwrap();
    let (clock, asked) = (AtomicI64::new(0), AtomicUsize::new(0));
    let now = || {
        asked.fetch_add(1, Ordering::Relaxed);
        "later".to_string()
    };
    let now_ns = || clock.load(Ordering::Relaxed);
    let far = Mutex::default();
    let watch = Watch { inner: &Silent, store: &store, no, now: &now, now_ns: &now_ns, far };
    let asked_in_a_minute = || {
        asked.store(0, Ordering::Relaxed);
        for _ in 0..60 {
            clock.fetch_add(1_000_000_000, Ordering::Relaxed);
            watch.advance(1);
        }
        asked.load(Ordering::Relaxed)
    };
    assert_eq!(asked_in_a_minute(), 60);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(asked_in_a_minute(), 2);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(asked_in_a_minute(), 60);
    assert_eq!(store.decision(no).unwrap().unwrap().done, 180);
}
