//! The event log: what it keeps, what it finds, and what erasing a person leaves of it.

use engraft_store::{EventFilter, Idle, NewEvent, NewUser, Role, Store, StoreError, Submission};
use rusqlite::Connection;

use crate::desk::Desk;
use crate::support::file_in;

/// A desk where three people said, skipped, changed and took back things.
fn busy() -> Desk {
    let desk = Desk::new(3, 4, 2);
    for user in 1..=3 {
        for (n, lease) in desk.next(user, 4, 0).leased.into_iter().enumerate() {
            match n {
                1 => _ = desk.skip(user, lease, 2),
                _ => desk.label(user, lease, "money", 1),
            }
        }
    }
    desk.undo(2, 5);
    desk.store.comment(desk.dataset, 1, 2, "looks odd", true, 6).unwrap();
    desk
}

#[test]
fn a_log_nobody_touched_proves_itself() {
    let desk = busy();
    let found = desk.store.verify_events().unwrap();
    assert_eq!((found.problems, found.erased), (Vec::<String>::new(), 0));
    assert_eq!((found.events, found.head), desk.store.event_head().unwrap());
    assert!(found.vouched > 10);
    let filter =
        EventFilter { dataset: Some(desk.dataset), item: Some(1), limit: 9, ..EventFilter::default() };
    let about: Vec<String> = desk.store.events(&filter).unwrap().into_iter().map(|row| row.kind).collect();
    assert_eq!(about, ["flagged", "submitted", "submitted"]);
    let filter = EventFilter { kind: Some("undone"), limit: 9, ..EventFilter::default() };
    assert_eq!(desk.store.events(&filter).unwrap()[0].user, Some(2));
}

/// Somebody with the file and a grudge.
#[track_caller]
fn tampered(sql: &str) {
    let Desk { folder, store, .. } = busy();
    drop(store);
    let file = Connection::open(file_in(&folder)).unwrap();
    file.execute_batch("DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_removed;").unwrap();
    file.execute_batch(sql).unwrap();
    drop(file);
    let found = Store::open(&file_in(&folder)).unwrap().verify_events().unwrap();
    assert!(!found.problems.is_empty(), "not found: {sql}");
}

#[test]
fn every_changed_byte_is_found() {
    for column in [
        "at = at + 1",
        "user = 7",
        "about = 7",
        "item = 4",
        "kind = 'edited'",
        "body = body || ' '",
        "digest = 'x'",
        "hash = 'x'",
    ] {
        tampered(&format!(
            "UPDATE event SET {column} WHERE no = (SELECT max(no) FROM event WHERE kind = 'submitted')"
        ));
    }
    tampered("UPDATE event SET dataset = NULL WHERE no = 9");
    tampered("UPDATE event_person SET body = replace(body, 'odd', 'even') WHERE body LIKE '%odd%'");
}

#[test]
fn removed_and_moved_rows_are_found() {
    tampered("DELETE FROM event WHERE no = 7");
    tampered("DELETE FROM event WHERE no = (SELECT max(no) FROM event)");
    tampered("DELETE FROM event WHERE no = 1");
    tampered(
        "UPDATE event SET no = -1 WHERE no = 5; UPDATE event SET no = 5 WHERE no = 6; UPDATE event SET no = 6 WHERE no = -1",
    );
    tampered(
        "INSERT INTO event SELECT max(no) + 1, 0, 1, 1, 1, 'submitted', '{}', NULL, NULL, 'x' FROM event",
    );
}

#[test]
fn answers_changed_behind_the_logs_back_are_found() {
    tampered("UPDATE response SET answers = '\"forged\"' WHERE user = 1 AND status = 1 AND item = 1");
    tampered("UPDATE response SET active_ms = active_ms + 1 WHERE user = 1 AND status = 1 AND item = 1");
    tampered("UPDATE past_response SET answers = '\"forged\"'");
    tampered("DELETE FROM response WHERE user = 3");
    tampered("UPDATE response SET user = 3 WHERE user = 2 AND item = 1");
}

#[test]
fn the_database_itself_refuses_to_change_the_log() {
    let Desk { folder, store, .. } = busy();
    drop(store);
    let file = Connection::open(file_in(&folder)).unwrap();
    assert!(file.execute("UPDATE event SET at = 0", []).is_err());
    assert!(file.execute("DELETE FROM event", []).is_err());
}

#[test]
fn an_erased_person_leaves_numbers_and_a_valid_chain() {
    let desk = busy();
    let before = desk.store.event_head().unwrap();
    let erased = desk.store.erase_user(2, true, Some(1), 9).unwrap();
    assert_eq!((erased.responses, erased.drafts, erased.comments, erased.residue), (0, 1, 1, false));
    let found = desk.store.verify_events().unwrap();
    assert_eq!(found.problems, Vec::<String>::new());
    assert!(found.erased > 0 && found.events == before.0 + 1);
    let user = desk.store.user_by_no(2).unwrap().unwrap();
    assert_eq!((user.name.as_str(), user.active, user.erased_at), ("user-2", false, Some(9)));
    assert!(desk.store.user("person 2").unwrap().is_none());
    for name in ["engraft.db", "engraft.db-wal"] {
        let bytes = std::fs::read(desk.folder.path().join(name)).unwrap_or_default();
        for gone in ["person 2", "looks odd"] {
            assert!(
                !bytes.windows(gone.len()).any(|window| window == gone.as_bytes()),
                "{gone} is in {name}"
            );
        }
    }
    assert_eq!(desk.store.responses(desk.dataset, 1).unwrap().len(), 2, "their answers stay");
    let again = NewUser { name: "person 2", role: Role::Annotator, password: None, salt: "00" };
    assert_eq!(desk.store.create_user(&again, None, 10).unwrap(), 4, "the name is free, the number is not");
}

#[test]
fn answers_that_go_with_a_person_are_asked_for_again() {
    let desk = busy();
    assert_eq!(desk.store.label_counts(desk.dataset).unwrap()[0].responses, 6);
    let removed = desk.store.erase_user(1, false, None, 9).unwrap();
    assert_eq!(removed.responses, 4);
    assert_eq!(desk.store.verify_events().unwrap().problems, Vec::<String>::new());
    let rows = desk.store.responses(desk.dataset, 1).unwrap();
    assert_eq!(rows.iter().map(|row| row.user).collect::<Vec<_>>(), [2]);
    assert_eq!(desk.store.label_counts(desk.dataset).unwrap()[0].responses, 3);
    let tally = desk.store.tally(desk.dataset, 9).unwrap();
    assert_eq!((tally.submitted, tally.skipped, tally.complete), (3, 2, 0));
    assert_eq!(desk.store.check().unwrap(), Vec::<String>::new());
    let lease = desk.one(3, 10);
    assert!(matches!(desk.say(3, lease, "{}", 11), Submission::Accepted(_)));
    assert_ne!(desk.next(3, 1, 12).idle, Some(Idle::Done));
}

#[test]
fn what_is_personal_in_an_event_of_the_callers_lies_outside_the_chain() {
    let desk = Desk::new(1, 0, 1);
    let personal = Some((1, r#"{"address":"192.0.2.7"}"#));
    let event =
        NewEvent { at: 5, user: Some(1), kind: "signed_in", body: "{}", personal, ..NewEvent::default() };
    desk.store.log(&event).unwrap();
    let filter = EventFilter { kind: Some("signed_in"), limit: 1, ..EventFilter::default() };
    assert_eq!(
        desk.store.events(&filter).unwrap()[0].personal.as_deref(),
        Some(r#"{"address":"192.0.2.7"}"#)
    );
    desk.store.erase_user(1, true, None, 6).unwrap();
    let kept = desk.store.events(&filter).unwrap().remove(0);
    assert_eq!((kept.personal, kept.digest.is_some()), (None, true));
    let nobody = NewEvent { personal: Some((9, "{}")), kind: "x", body: "{}", ..NewEvent::default() };
    assert!(matches!(desk.store.log(&nobody), Err(StoreError::NoSuch { what: "user", .. })));
    assert!(desk.store.verify_events().unwrap().problems.is_empty());
}
