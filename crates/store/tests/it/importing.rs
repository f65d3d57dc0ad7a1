//! Imports that are whole or nothing and hold nobody up, and datasets that go for good.

use std::sync::mpsc::channel;

use engraft_store::{
    Filter, Imported, ItemWords, NewRecord, NewResolution, NewResponse, NewSuggestion, Source, Status, Store,
    StoreError, Target,
};

use crate::desk::{Desk, LEASE, record, topic};
use crate::support::file_in;

const SALT: &str = "0123456789abcdef";

fn records(numbers: std::ops::Range<usize>) -> Vec<NewRecord> {
    numbers.map(|n| record(n, 1)).collect()
}

fn response(user: u32, value: &str) -> NewResponse {
    NewResponse {
        user,
        status: Status::Submitted,
        answers: format!(r#"{{"topic":"{value}"}}"#),
        labels: vec![topic(value)],
        accepted: Vec::new(),
        reason: None,
        guideline: None,
        active_ms: 10,
        at: 3,
    }
}

/// Records that come with an answer of this person.
fn answered(numbers: std::ops::Range<usize>, user: u32) -> Vec<NewRecord> {
    let each = numbers.map(|n| NewRecord { responses: vec![response(user, "order")], ..record(n, 1) });
    each.collect()
}

/// Items are found by their dataset's schema and by all their fields.
fn by_all(schema: &str) -> Result<ItemWords, StoreError> {
    let schema = schema.to_string();
    Ok(Box::new(move |fields: &str| format!("{schema} {fields}")))
}

fn found(store: &Store, dataset: u32, words: &str) -> Vec<String> {
    let filter = Filter { text: Some(words), limit: 100, ..Filter::default() };
    store.list(dataset, &filter).unwrap().into_iter().map(|row| row.external).collect()
}

/// What is in the file that others could ever come upon.
fn rows(desk: &Desk, table: &str) -> u64 {
    let file = rusqlite::Connection::open(file_in(&desk.folder)).unwrap();
    file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn an_import_that_fails_leaves_no_dataset_no_person_and_no_item() {
    let desk = Desk::new(0, 0, 1);
    let people = desk.store.users().unwrap().len();
    let target = Target::New { name: "new", schema: "{}" };
    let line = || StoreError::NoSuch { what: "line", name: "7".into() };
    for late in [false, true] {
        let outcome: Result<(), StoreError> = desk.store.import_with(
            target,
            None,
            SALT,
            5,
            |into| {
                into.people.number("ana")?;
                into.items.add(records(1..2))?;
                if late { Ok(()) } else { Err(line()) }
            },
            |(), imported| {
                assert_eq!(imported.items, 1);
                Err(line())
            },
        );
        assert!(matches!(outcome, Err(StoreError::NoSuch { what: "line", .. })), "{outcome:?}");
        assert!(desk.store.dataset("new").unwrap().is_none());
        assert_eq!(desk.store.users().unwrap().len(), people);
        assert_eq!((rows(&desk, "item"), rows(&desk, "dataset"), rows(&desk, "staging")), (0, 1, 0));
    }
    let added = desk.store.import_with(
        target,
        None,
        SALT,
        5,
        |into| {
            let (one, again) = (into.people.number("ana")?, into.people.number("ana")?);
            assert_eq!(one, again);
            let mut first = records(0..3);
            first[0].responses.push(response(one, "order"));
            into.items.add(first)?;
            into.items.add(records(0..3))
        },
        |(), imported| Ok::<_, StoreError>(imported),
    );
    let added = added.unwrap();
    assert_eq!((added.items, added.existing, added.responses), (3, 3, 1));
    let new = desk.store.dataset("new").unwrap().unwrap();
    assert_eq!(found(&desk.store, new.no, "number").len(), 3);
    let ana = desk.store.user("ana").unwrap().unwrap();
    assert_eq!(desk.store.members(new.no).unwrap()[0].0, ana.no);
    assert!(desk.store.verify_events().unwrap().problems.is_empty());
}

#[test]
fn others_work_while_an_import_is_read_and_see_nothing_of_it() {
    let desk = Desk::new(1, 2, 1);
    let import = desk.store.import_with(
        Target::Existing(desk.dataset),
        None,
        SALT,
        5,
        |into| {
            into.items.add(records(10..20))?;
            // Another process would find the lock free as well: it is taken for a batch, not for an import.
            let elsewhere = Store::open(&file_in(&desk.folder))?;
            let lease = desk.one(1, 6);
            desk.label(1, lease, "order", 7);
            assert_eq!(elsewhere.tally(desk.dataset, 8)?.items, 2);
            assert_eq!(found(&elsewhere, desk.dataset, "number").len(), 2);
            elsewhere.create_dataset("beside", "{}", None, 8)?;
            into.items.add(records(20..30))
        },
        |(), imported| Ok::<_, StoreError>(imported),
    );
    assert_eq!(import.unwrap(), Imported { items: 20, ..Imported::default() });
    assert_eq!(desk.store.tally(desk.dataset, 9).unwrap().items, 22);
    assert_eq!(found(&desk.store, desk.dataset, "number").len(), 22);
}

#[test]
fn the_words_of_a_batch_are_one_piece_of_the_index_and_all_of_them_are_found() {
    let desk = Desk::new(0, 0, 1);
    let pieces = || rows(&desk, "(SELECT DISTINCT segid FROM item_text_idx)");
    let import = desk.store.import_with(
        Target::Existing(desk.dataset),
        None,
        SALT,
        5,
        |into| {
            into.items.add(records(100..150))?;
            assert_eq!(pieces(), 1);
            // What is there already, and what comes twice, has its words in the index.
            into.items.add([records(120..190), records(180..200)].concat())?;
            assert_eq!(pieces(), 2);
            Ok(())
        },
        |(), imported| Ok::<_, StoreError>(imported),
    );
    assert_eq!(import.unwrap(), Imported { items: 100, existing: 40, ..Imported::default() });
    desk.import(&records(200..240));
    assert_eq!(pieces(), 3);
    let names = |numbers: std::ops::Range<usize>| -> Vec<String> {
        numbers.map(|n| format!("item-{n:06}")).collect()
    };
    assert_eq!(found(&desk.store, desk.dataset, "183"), names(183..184));
    for (word, numbers) in [("1*", 100..200), ("18*", 180..190), ("23*", 230..240), ("2*", 200..240)] {
        assert_eq!(found(&desk.store, desk.dataset, word), names(numbers), "{word}");
    }
}

#[test]
fn what_a_crash_left_of_an_import_is_gone_with_the_next() {
    let desk = Desk::new(0, 2, 1);
    let file = file_in(&desk.folder);
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let store = Store::open(&file).unwrap();
        let target = Target::New { name: "new", schema: "{}" };
        let read = |into: &mut engraft_store::Importing<'_>| -> Result<(), StoreError> {
            into.items.add(records(0..5))?;
            panic!("the process dies here");
        };
        store.import_with(target, None, SALT, 5, read, |(), _| Ok(()))
    }));
    assert!(died.is_err());
    assert_eq!((rows(&desk, "item"), rows(&desk, "dataset")), (7, 2));
    assert_eq!(desk.store.datasets().unwrap().len(), 1, "nobody sees it");
    let none = desk.store.import_with(
        Target::Existing(desk.dataset),
        None,
        SALT,
        6,
        |_| Ok(()),
        |(), imported| Ok::<_, StoreError>(imported),
    );
    assert_eq!(none.unwrap(), Imported::default());
    assert_eq!((rows(&desk, "item"), rows(&desk, "dataset")), (2, 1));
}

#[test]
fn an_erased_person_is_in_nothing_that_an_import_left_or_goes_on_to_bring() {
    let desk = Desk::new(2, 0, 1);
    let file = file_in(&desk.folder);
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let store = Store::open(&file).unwrap();
        let target = Target::Existing(desk.dataset);
        let read = |into: &mut engraft_store::Importing<'_>| -> Result<(), StoreError> {
            into.items.add(answered(0..5, 1))?;
            panic!("the process dies here");
        };
        store.import_with(target, None, SALT, 5, read, |(), _| Ok(()))
    }));
    assert!(died.is_err());
    let waiting = || std::fs::metadata(desk.folder.path().join("engraft.db-import")).unwrap().len();
    assert!(waiting() > 0, "their answers are still in the file");
    desk.store.erase_user(1, false, None, 6).unwrap();
    assert_eq!((waiting(), rows(&desk, "item"), rows(&desk, "staging")), (0, 0, 0));
    let erased = std::thread::scope(|scope| {
        let mut erasing = None;
        let import = desk.store.import_with(
            Target::Existing(desk.dataset),
            None,
            SALT,
            7,
            |into| {
                into.items.add(answered(10..15, 2))?;
                let (begun, begins) = channel();
                erasing = Some(scope.spawn(move || {
                    let elsewhere = Store::open(&file).unwrap();
                    begun.send(()).unwrap();
                    elsewhere.erase_user(2, false, None, 8).unwrap()
                }));
                begins.recv().unwrap();
                into.items.add(answered(15..20, 2))
            },
            |(), imported| Ok::<_, StoreError>(imported),
        );
        assert_eq!(import.unwrap().responses, 10);
        erasing.unwrap().join().unwrap()
    });
    assert_eq!((erased.responses, rows(&desk, "response"), rows(&desk, "item")), (10, 0, 10));
    assert!(desk.store.verify_events().unwrap().problems.is_empty());
}

#[test]
fn a_dataset_imported_while_another_is_deleted_is_found_by_its_words() {
    let desk = Desk::new(0, 3, 1);
    let (file, dataset) = (file_in(&desk.folder), desk.dataset);
    let removed = std::thread::scope(|scope| {
        let mut deleting = None;
        let import = desk.store.import_with(
            Target::New { name: "new", schema: r#"{"asks":"freshly"}"# },
            None,
            SALT,
            5,
            |into| {
                into.items.add(records(10..12))?;
                let (begun, begins) = channel();
                deleting = Some(scope.spawn(move || {
                    let elsewhere = Store::open(&file).unwrap();
                    begun.send(()).unwrap();
                    elsewhere.delete_dataset(dataset, None, 6, &by_all).unwrap()
                }));
                begins.recv().unwrap();
                into.items.add(records(12..14))
            },
            |(), imported| Ok::<_, StoreError>(imported),
        );
        assert_eq!(import.unwrap().items, 4);
        deleting.unwrap().join().unwrap()
    });
    assert_eq!(removed.items, 3);
    let new = desk.store.dataset("new").unwrap().unwrap();
    assert_eq!(found(&desk.store, new.no, "number").len(), 4);
    assert_eq!(found(&desk.store, new.no, "freshly").len(), 4, "by the schema it has");
}

#[test]
fn a_schema_that_nobody_can_read_stops_the_deletion() {
    let desk = Desk::new(0, 2, 1);
    let other = desk.store.create_dataset("other", "{}", None, 1).unwrap().no;
    desk.store.import(other, &records(100..102), None, 1).unwrap();
    let unreadable =
        |_: &str| -> Result<ItemWords, StoreError> { Err(StoreError::Damaged { what: "a schema".into() }) };
    let refused = desk.store.delete_dataset(desk.dataset, None, 2, &unreadable);
    assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{refused:?}");
    for dataset in [desk.dataset, other] {
        assert_eq!(found(&desk.store, dataset, "number").len(), 2, "all is as it was");
    }
}

#[test]
fn two_imports_take_turns() {
    let desk = Desk::new(0, 0, 1);
    let import = |range: std::ops::Range<usize>| {
        let store = Store::open(&file_in(&desk.folder)).unwrap();
        let outcome = store.import_with(
            Target::Existing(desk.dataset),
            None,
            SALT,
            5,
            |into| range.clone().try_for_each(|n| into.items.add(records(n..n + 1))),
            |(), imported| Ok::<_, StoreError>(imported),
        );
        outcome.unwrap().items
    };
    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(|| import(0..40)), scope.spawn(|| import(20..60)));
        (one.join().unwrap(), other.join().unwrap())
    });
    assert_eq!(one + other, 60, "{one} and {other}");
    assert_eq!(desk.store.tally(desk.dataset, 9).unwrap().items, 60);
}

/// The tables whose rows name their dataset, but for the log, which stays, and what an import under way is in.
fn tables(desk: &Desk) -> Vec<String> {
    let file = rusqlite::Connection::open(file_in(&desk.folder)).unwrap();
    let mut find = file
        .prepare(
            "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table' AND c.name = 'dataset' AND m.name NOT IN ('event', 'staging')",
        )
        .unwrap();
    let names = find.query_map([], |row| row.get::<_, String>(0)).unwrap();
    names.map(|name| name.unwrap()).collect()
}

/// A desk with 20 items, 19 to answer and one gold, and something in every table.
fn full() -> Desk {
    let desk = Desk::new(2, 18, 2);
    let said = NewSuggestion { model: "small".into(), score: Some(0.5), answers: "{}".into() };
    desk.import(&[
        NewRecord { gold: Some("{}".into()), ..record(98, 1) },
        NewRecord { suggestions: vec![said], ..record(99, 2) },
    ]);
    // So many that the queue remembers how far this person has looked.
    let each = (0..18).map(|now| {
        let lease = desk.one(1, now);
        desk.label(1, lease, "order", now);
        lease.item
    });
    let items: Vec<u32> = each.collect();
    desk.one(1, 20);
    assert_eq!(desk.store.release(desk.dataset, 1, None, 21).unwrap(), 1);
    desk.skip(2, desk.one(2, 22), 23);
    // A past response, a draft, a lease and the reason come of an answer given back.
    assert!(desk.store.return_response(desk.dataset, items[17], 1, "look again", None, LEASE, 24).unwrap());
    desk.store.comment(desk.dataset, items[16], 1, "hm", true, 25).unwrap();
    let decided =
        NewResolution { answers: "{}".into(), source: Source::Adjudicated, by: Some(2), posterior: None };
    for now in [26, 27] {
        let one = [(items[15], decided.clone(), None)];
        assert_eq!(desk.store.resolve(desk.dataset, &one, now).unwrap(), 1);
    }
    desk.store.snapshot(desk.dataset, None, 28, "{}", &mut |row| row.external.clone()).unwrap();
    desk
}

#[test]
fn a_deleted_dataset_is_gone_from_every_table_and_the_log_stays_whole() {
    let desk = full();
    let other = desk.store.create_dataset("other", "{}", None, 1).unwrap().no;
    desk.store.import(other, &records(100..102), None, 1).unwrap();
    let named = tables(&desk);
    assert!(named.len() >= 18, "{named:?}");
    let named = named.iter().map(|table| format!("{table} WHERE dataset = {}", desk.dataset));
    // What hangs on those rows, of which the other dataset has nothing.
    let beneath = [
        "labelled",
        "block",
        "snapshot_block",
        "event_person p JOIN event e ON e.no = p.event AND e.dataset IS NOT NULL",
    ];
    let places: Vec<String> = named.chain(beneath.map(str::to_string)).collect();
    for place in &places {
        assert!(rows(&desk, place) > 0, "nothing to delete: {place}");
    }
    let before = desk.store.verify_events().unwrap();
    assert!(before.problems.is_empty() && before.vouched > 0);
    let removed = desk.store.delete_dataset(desk.dataset, Some(1), 29, &by_all).unwrap();
    // 18 answers less the one given back, and a skip.
    assert_eq!((removed.items, removed.responses, removed.snapshots), (20, 18, 1));
    assert!(desk.store.dataset("tickets").unwrap().is_none());
    for place in &places {
        assert_eq!(rows(&desk, place), 0, "{place}");
    }
    assert_eq!((rows(&desk, "item"), rows(&desk, "task")), (2, 2));
    assert_eq!(found(&desk.store, other, "number").len(), 2, "the index of words is whole");
    let after = desk.store.verify_events().unwrap();
    assert_eq!((after.problems.as_slice(), after.events), ([].as_slice(), before.events + 1));
    let again = desk.store.delete_dataset(desk.dataset, None, 30, &by_all);
    assert!(matches!(again, Err(StoreError::NoSuch { what: "dataset", .. })));
    // The name is free, the number is not.
    let anew = desk.store.create_dataset("tickets", "{}", None, 31).unwrap();
    assert!(anew.no > other);
}

#[test]
fn the_order_of_untouched_items_beside_gold_differs_from_dataset_to_dataset() {
    let order = || {
        let desk = Desk::new(1, 40, 1);
        let gold = NewRecord { gold: Some("{}".into()), ..record(99, 1) };
        desk.import(&[gold]);
        desk.next(1, 40, 1).leased.into_iter().map(|leased| leased.item).collect::<Vec<_>>()
    };
    let (one, other) = (order(), order());
    assert_eq!(one.len(), 40);
    assert_ne!(one, other, "an order that follows from the numbers of dataset and items can be worked out");
}
