//! Runs: interrupted and gone on with, finished once, the same outcome under the same id.

use engraft_store::{NewRun, RunItemRow, Store, StoreError};
use rusqlite::Connection;

use crate::support::file_in;

fn plan(name: &str) -> NewRun {
    let (plan, about) = (format!("plan of {name}"), "{}".to_string());
    NewRun { plan, kind: "retrieval".into(), name: name.into(), about, items: 2 }
}

fn item(ordinal: u32, score: f64) -> RunItemRow {
    RunItemRow {
        ordinal,
        item: format!("q{ordinal}"),
        document: format!("d{ordinal}"),
        seed: u64::MAX,
        state: "scored".into(),
        ms: Some(f64::from(ordinal)),
        scores: format!("{{\"RR\":{score}}}"),
        detail: "{}".into(),
    }
}

fn finished(store: &Store, name: &str, scores: [f64; 2]) -> String {
    let (no, done) = store.begin_run(&plan(name), "now").unwrap();
    assert!(done.is_empty());
    store.put_run_items(no, &[item(0, scores[0]), item(1, scores[1])]).unwrap();
    store.finish_run(no, "{}", "later").unwrap()
}

fn empty() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create_or_open(&file_in(&folder)).unwrap();
    (folder, store)
}

#[test]
fn an_interrupted_run_is_found_by_its_plan_with_what_it_has() {
    let (folder, store) = empty();
    let (no, done) = store.begin_run(&plan("a"), "now").unwrap();
    assert!(done.is_empty());
    store.put_run_items(no, &[item(1, 0.5)]).unwrap();
    drop(store);
    let store = Store::open(&file_in(&folder)).unwrap();
    assert_eq!(store.begin_run(&plan("a"), "later").unwrap(), (no, vec![1]));
    assert!(store.begin_run(&plan("b"), "later").unwrap().1.is_empty());
    store.put_run_items(no, &[item(0, 1.0)]).unwrap();
    assert_eq!(store.run_items(no).unwrap(), [item(0, 1.0), item(1, 0.5)]);
}

#[test]
fn the_same_outcome_has_the_same_id_and_is_kept_once() {
    let (_folder, store) = empty();
    let first = finished(&store, "a", [1.0, 0.5]);
    assert_eq!(finished(&store, "a", [1.0, 0.5]), first);
    let other = finished(&store, "a", [1.0, 0.25]);
    assert_ne!(other, first);
    let runs = store.runs().unwrap();
    assert_eq!(runs.iter().map(|run| run.id.clone().unwrap()).collect::<Vec<_>>(), [first.clone(), other]);
    assert_eq!(runs[0].started, "now");
    assert_eq!(store.run_by_id(&first[..12]).unwrap().as_ref(), Some(&runs[0]));
    assert_eq!(store.run_by_id("no id").unwrap(), None);
}

#[test]
fn a_finished_run_is_never_edited() {
    let (_folder, store) = empty();
    let id = finished(&store, "a", [1.0, 0.5]);
    let no = store.run_by_id(&id).unwrap().unwrap().no;
    assert!(matches!(store.put_run_items(no, &[item(0, 0.0)]), Err(StoreError::NoSuch { .. })));
    assert!(matches!(store.finish_run(no, "{}", "again"), Err(StoreError::NoSuch { .. })));
    assert_eq!(store.run_items(no).unwrap()[0], item(0, 1.0));
}

#[test]
fn a_knowledge_base_of_the_schema_before_gets_its_runs() {
    let (folder, store) = empty();
    drop(store);
    let old = Connection::open(file_in(&folder)).unwrap();
    old.execute_batch("DROP TABLE decision; DROP TABLE reply; DROP TABLE run_item; DROP TABLE run; DROP TABLE staging; ALTER TABLE dataset DROP COLUMN salt; ALTER TABLE dataset DROP COLUMN hourly_rate; ALTER TABLE dataset DROP COLUMN currency; ALTER TABLE lease DROP COLUMN since; ALTER TABLE held_once DROP COLUMN since; ALTER TABLE member DROP COLUMN rows_at; PRAGMA user_version = 3").unwrap();
    drop(old);
    let store = Store::open(&file_in(&folder)).unwrap();
    assert!(store.runs().unwrap().is_empty());
}
