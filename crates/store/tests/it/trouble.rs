//! What can go wrong, what is said about it, and that nothing is damaged by it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use engraft_core::Fault;
use engraft_store::{Limits, Store, StoreError, Write};
use expect_test::{Expect, expect};
use rusqlite::Connection;

use crate::support::{MODEL, NOW, document, file_in, fresh, put, remove, vectors};

/// Compares kind, message and hint, with the folder's name taken out.
#[track_caller]
fn check<T: std::fmt::Debug>(outcome: Result<T, StoreError>, folder: &Path, expected: Expect) {
    let error = outcome.expect_err("should have failed");
    let said = format!("{:?}: {error}\nhint: {}\n", error.kind(), error.hint().unwrap_or_default());
    expected.assert_eq(&said.replace(&folder.display().to_string(), "DIR"));
}

const HURRY: Limits = Limits { wait: Duration::from_millis(50), max_bytes: None };

#[test]
fn a_missing_database_is_not_made_by_opening_it() {
    let folder = tempfile::tempdir().unwrap();
    check(
        Store::open(&file_in(&folder)),
        folder.path(),
        expect![[r#"
        Missing: there is no knowledge base at DIR/engraft.db
        hint: make one with `engraft init`, or name its folder with `--workspace`
    "#]],
    );
    assert!(!file_in(&folder).exists());
}

#[test]
fn a_folder_in_place_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(file_in(&folder)).unwrap();
    check(
        Store::create_or_open(&file_in(&folder)),
        folder.path(),
        expect![[r#"
        User: DIR/engraft.db cannot hold a knowledge base: a folder has that name
        hint: choose another folder, or move what is in the way
    "#]],
    );
}

#[test]
fn a_file_in_place_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes"), "x").unwrap();
    check(
        Store::create_or_open(&folder.path().join("notes/engraft.db")),
        folder.path(),
        expect![[r#"
        User: DIR/notes/engraft.db cannot hold a knowledge base: its folder cannot be made: File exists (os error 17)
        hint: choose another folder, or move what is in the way
    "#]],
    );
}

#[test]
fn a_file_that_is_not_a_database() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(file_in(&folder), "Dear diary, ".repeat(1000)).unwrap();
    check(
        Store::create_or_open(&file_in(&folder)),
        folder.path(),
        expect![[r#"
        User: DIR/engraft.db is not a knowledge base: it is not an SQLite file
        hint: move the file away and run `engraft ingest` again, or choose another folder
    "#]],
    );
    assert!(fs::read_to_string(file_in(&folder)).unwrap().starts_with("Dear diary"));
}

#[test]
fn a_database_of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(file_in(&folder)).unwrap().execute_batch("CREATE TABLE recipes (name)").unwrap();
    check(
        Store::create_or_open(&file_in(&folder)),
        folder.path(),
        expect![[r#"
        User: DIR/engraft.db is not a knowledge base: it is an SQLite file of another program
        hint: move the file away and run `engraft ingest` again, or choose another folder
    "#]],
    );
}

#[test]
fn a_database_of_a_newer_build() {
    let (folder, store) = fresh();
    drop(store);
    Connection::open(file_in(&folder)).unwrap().pragma_update(None, "user_version", 999).unwrap();
    check(
        Store::open(&file_in(&folder)),
        folder.path(),
        expect![[r#"
        User: DIR/engraft.db has schema 999, this build reads up to 9
        hint: update engraft to the version that wrote it, or newer
    "#]],
    );
}

#[test]
fn a_folder_nothing_can_be_written_to() {
    // Nobody, root included, can make files there.
    let path = Path::new("/proc/self/engraft.db");
    if !Path::new("/proc/self").exists() {
        return engraft_testkit::skip("there is no /proc here");
    }
    let error = Store::create_or_open(path).expect_err("should have failed");
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
}

#[test]
fn a_database_another_process_is_writing_to() {
    let (folder, store) = fresh();
    drop(store);
    let store = Store::open_with(&file_in(&folder), &HURRY, false).unwrap();
    let other = Connection::open(file_in(&folder)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    check(
        store.apply(&[put("a", "one")], &[], MODEL, NOW),
        folder.path(),
        expect![[r#"
        Unavailable: DIR/engraft.db is locked by another process that is writing to it
        hint: wait for the other engraft process to finish, or stop it; then run this again
    "#]],
    );
    assert_eq!(store.documents(None).unwrap(), [], "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    store.apply(&[put("a", "one")], &[], MODEL, NOW).unwrap();
}

#[test]
fn a_full_disk_changes_nothing_and_removing_still_works() {
    let (folder, store) = fresh();
    drop(store);
    let limits = Limits { max_bytes: Some(1 << 20), ..HURRY };
    let store = Store::open_with(&file_in(&folder), &limits, false).unwrap();
    // Words that do not compress.
    let noise = |seed: u64| -> String {
        let digest = |i: u64| engraft_core::content_hash(&(seed * 1000 + i).to_le_bytes());
        (0..200).map(|i| digest(i) + "\n").collect()
    };
    let mut kept = 0;
    let failed = loop {
        match store.apply(&[put(&format!("a{kept}"), &noise(kept))], &[], MODEL, NOW) {
            Ok(_) => kept += 1,
            failed => break failed,
        }
        assert!(kept < 1000, "the limit binds");
    };
    check(
        failed,
        folder.path(),
        expect![[r#"
        Unavailable: there is no room left to write DIR/engraft.db; nothing was changed
        hint: free some disk space, then run this again
    "#]],
    );
    assert!(kept > 3);
    assert_eq!(store.documents(None).unwrap().len(), kept as usize);
    assert_eq!((store.index_version().unwrap(), store.check().unwrap()), (kept, vec![]));
    let purge = Write::Remove { source: 1, uri: "a0".into(), purge: true };
    store.apply(&[purge, remove("a1")], &[], MODEL, NOW).unwrap();
    store.apply(&[put("small", "fits again")], &[], MODEL, NOW).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn a_damaged_page_is_found_by_the_check() {
    let (folder, store) = fresh();
    let writes: Vec<_> = (0..200).map(|i| put(&format!("a{i}"), &format!("one {i}\ntwo {i}"))).collect();
    store.apply(&writes, &vectors(&writes), MODEL, NOW).unwrap();
    drop(store);
    let mut bytes = fs::read(file_in(&folder)).unwrap();
    // A quarter of the file, so that it is not one page that happens to be empty.
    let middle = bytes.len() / 2;
    bytes[middle..middle + middle / 2].fill(0x5a);
    fs::write(file_in(&folder), bytes).unwrap();
    match Store::open(&file_in(&folder)).and_then(|store| store.check()) {
        Ok(wrong) => assert_ne!(wrong, Vec::<String>::new()),
        Err(error) => assert_eq!(error.kind(), engraft_core::Kind::Unavailable, "{error}"),
    }
}

#[test]
fn a_bad_write_takes_its_whole_batch_back() {
    let (folder, store) = fresh();
    let mut long = document("b", "a longer text");
    long.text = "short".into();
    let writes = [put("a", "one"), Write::Put(Box::new(long))];
    check(
        store.apply(&writes, &[], MODEL, NOW),
        folder.path(),
        expect![[r#"
        Bug: chunk 0 of b ends at code point 13, the text has 5
        hint: 
    "#]],
    );
    let mut lost = document("c", "x");
    lost.source = 7;
    check(
        store.apply(&[put("a", "one"), Write::Put(Box::new(lost))], &[], MODEL, NOW),
        folder.path(),
        expect![[r#"
            Bug: there is no source number 7
            hint: 
        "#]],
    );
    store.apply(&[put("d", "one")], &vectors(&[put("d", "one")]), MODEL, NOW).unwrap();
    let odd = [(document("e", "two").chunks[0].embed_hash.clone(), vec![1.0; 3])];
    check(
        store.apply(&[put("e", "two")], &odd, MODEL, NOW),
        folder.path(),
        expect![[r#"
        Bug: a vector of tiny has 3 numbers, its others have 4
        hint: 
    "#]],
    );
    let uris: Vec<_> = store.documents(None).unwrap().into_iter().map(|row| row.uri).collect();
    assert_eq!(uris, ["d"]);
    assert_eq!(store.index_version().unwrap(), 1);
}

#[test]
fn a_file_of_the_first_schema_is_brought_up_and_keeps_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(file_in(&folder)).unwrap();
    old.execute_batch(include_str!("../../src/schema/1.sql")).unwrap();
    old.execute("INSERT INTO meta VALUES ('name', 'old')", []).unwrap();
    old.pragma_update(None, "application_id", 0x456e_6772).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    let store = Store::open(&file_in(&folder)).unwrap();
    assert_eq!(store.meta("name").unwrap().as_deref(), Some("old"));
    assert_eq!(store.create_dataset("d", "{}", None, 0).unwrap().no, 1);
    let version = |row: &rusqlite::Row<'_>| row.get::<_, u32>(0);
    let now = Connection::open(file_in(&folder)).unwrap();
    assert_eq!(now.pragma_query_value(None, "user_version", version).unwrap(), 9);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}
