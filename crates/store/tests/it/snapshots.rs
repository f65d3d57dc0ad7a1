//! Snapshots: the same bytes for ever, whatever becomes of the dataset.

use std::ops::ControlFlow;

use engraft_store::{RecordRow, SnapshotRow, StoreError};
use rusqlite::Connection;

use crate::desk::{Desk, record};
use crate::support::file_in;

fn line(record: &RecordRow) -> String {
    let said: Vec<String> = record
        .responses
        .iter()
        .map(|row| format!("{}: {} v{}", row.user, row.answers, row.version))
        .collect();
    format!("{} {}", record.external, said.join("; "))
}

fn snapshot(desk: &Desk, now: i64) -> SnapshotRow {
    desk.store.snapshot(desk.dataset, Some(1), now, r#"{"n":1}"#, &mut line).unwrap()
}

fn lines(desk: &Desk, id: &str) -> Vec<String> {
    let mut lines = Vec::new();
    desk.store
        .for_each_snapshot_line(id, &mut |line| {
            lines.push(line.to_string());
            ControlFlow::Continue(())
        })
        .unwrap();
    lines
}

#[test]
fn a_snapshot_stays_what_it_was() {
    let desk = Desk::new(2, 1300, 1);
    let lease = desk.one(1, 0);
    desk.say(1, lease, "first", 1);
    let old = snapshot(&desk, 2);
    let before = lines(&desk, &old.id);
    assert_eq!((before.len(), before[0].as_str(), old.rows), (1300, "item-000001 1: first v1", 1300));
    assert_eq!(before.iter().map(|line| line.len() as u64 + 1).sum::<u64>(), old.bytes);
    let edit = engraft_store::Submit { expected: 1, ..desk.submit(1, lease, "second", 3) };
    desk.store.submit(&edit).unwrap();
    desk.import(&[record(2000, 1)]);
    desk.store.erase_user(1, false, None, 4).unwrap();
    let new = snapshot(&desk, 5);
    assert_ne!(old.id, new.id);
    assert_eq!(lines(&desk, &old.id), before);
    assert_eq!(lines(&desk, &new.id).len(), 1301);
    assert_eq!(desk.store.snapshots(desk.dataset).unwrap(), [old.clone(), new]);
    assert_eq!(desk.store.snapshot_by_id(&old.id[..9]).unwrap(), Some(old));
    assert_eq!(desk.store.snapshot_by_id("").unwrap(), None);
}

#[test]
fn an_unchanged_dataset_has_one_snapshot_and_a_grown_one_shares_what_it_had() {
    let desk = Desk::new(1, 1300, 1);
    let blocks = || -> u32 {
        let file = Connection::open(file_in(&desk.folder)).unwrap();
        file.query_row("SELECT count(*) FROM block", [], |row| row.get(0)).unwrap()
    };
    let one = snapshot(&desk, 1);
    assert_eq!((snapshot(&desk, 9), blocks()), (one.clone(), 3));
    desk.import(&[record(9999, 1)]);
    assert_eq!((snapshot(&desk, 10).rows, blocks()), (1301, 4));
    assert_eq!(lines(&desk, &one.id).len(), 1300);
}

#[test]
fn a_damaged_snapshot_says_so_and_a_missing_one_too() {
    let desk = Desk::new(1, 3, 1);
    let one = snapshot(&desk, 1);
    let file = Connection::open(file_in(&desk.folder)).unwrap();
    file.execute("UPDATE block SET body = CAST(replace(CAST(body AS TEXT), '1', '2') AS BLOB)", []).unwrap();
    let read = |id| desk.store.for_each_snapshot_line(id, &mut |_| ControlFlow::Continue(()));
    assert!(matches!(read(&one.id), Err(StoreError::Damaged { .. })));
    assert!(matches!(read("abc"), Err(StoreError::NoSuch { what: "snapshot", .. })));
}
