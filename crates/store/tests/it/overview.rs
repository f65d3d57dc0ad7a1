//! What desks and overviews show, answers given back.

use engraft_store::{Ask, Left, NewRecord, Submission, UserNo};

use crate::desk::{Desk, record};

/// Takes an item and answers it after that time; which one.
fn answer(desk: &Desk, user: UserNo, active_ms: u64, now: i64) -> u32 {
    let lease = desk.one(user, now);
    let mut submit = desk.submit(user, lease, r#"{"topic":"use"}"#, now + active_ms.cast_signed());
    submit.active_ms = active_ms;
    assert!(matches!(desk.store.submit(&submit), Ok(Submission::Accepted(_))));
    lease.item
}

#[test]
fn what_is_left_is_what_is_open_and_not_answered_by_oneself() {
    let desk = Desk::new(2, 3, 2);
    let left = |user| desk.store.left(desk.dataset, user).unwrap().items;
    assert_eq!((left(1), left(2)), (3, 3));
    answer(&desk, 1, 100, 1);
    assert_eq!((left(1), left(2)), (2, 3));
    answer(&desk, 2, 100, 2);
    assert_eq!(left(1) + left(2), 4, "one item is complete, or two are begun");
}

#[test]
fn gold_counts_among_what_is_left_as_any_other_item_and_the_end_does_not_tell_it_apart() {
    let desk = Desk::new(1, 24, 1);
    let gold: Vec<NewRecord> =
        (25..=27).map(|n| NewRecord { gold: Some("{}".into()), ..record(n, 1) }).collect();
    desk.import(&gold);
    let left = || desk.store.left(desk.dataset, 1).unwrap();
    let exact = |items| Left { items, fewer: false };
    let (few, none) = (Left { items: 20, fewer: true }, exact(0));
    let held = desk.store.next(&Ask { gold: true, ..desk.ask(1, 25, 0) }).unwrap().leased;
    let golden = held.iter().position(|lease| lease.item > 24).unwrap();
    let mut order: Vec<usize> = (0..25).filter(|place| *place != golden).collect();
    order.insert(3, golden);
    assert_eq!(left(), exact(27));
    let after: Vec<Left> = order
        .iter()
        .map(|place| {
            let lease = held[*place];
            match *place == golden {
                true => _ = desk.skip(1, lease, 1),
                false => _ = desk.say(1, lease, "{}", 1),
            }
            left()
        })
        .collect();
    assert_eq!(after[..7], [26, 25, 24, 23, 22, 21, 20].map(exact));
    // Two gold items are never served: an exact number would fall from 3 to 0 with the last ordinary item.
    assert!(after[7..24].iter().all(|left| *left == few), "{after:?}");
    assert_eq!(after[24], none, "gold alone is no work");
}

#[test]
fn where_there_is_nothing_but_gold_it_is_what_is_left() {
    let desk = Desk::new(1, 0, 1);
    let gold: Vec<NewRecord> =
        (1..=2).map(|n| NewRecord { gold: Some("{}".into()), ..record(n, 1) }).collect();
    desk.import(&gold);
    let left = || desk.store.left(desk.dataset, 1).unwrap().items;
    assert_eq!(left(), 2);
    let lease = desk.store.next(&Ask { gold: true, ..desk.ask(1, 1, 0) }).unwrap().leased[0];
    desk.say(1, lease, "{}", 1);
    assert_eq!(left(), 1);
}

#[test]
fn speed_is_the_median_of_what_was_submitted() {
    let desk = Desk::new(1, 3, 1);
    assert_eq!(desk.store.median_ms(desk.dataset, 1).unwrap(), None);
    for (now, ms) in [(10, 900), (1000, 100), (2000, 500)] {
        answer(&desk, 1, ms, now);
    }
    assert_eq!(desk.store.median_ms(desk.dataset, 1).unwrap(), Some(500));
    assert_eq!(desk.store.submitted_since(desk.dataset, 1, 1000).unwrap(), 2);
}

#[test]
fn the_latest_items_that_two_answered_come_newest_first() {
    let desk = Desk::new(2, 3, 2);
    let mut order = Vec::new();
    for now in 1..=3 {
        let (one, other) = (answer(&desk, 1, 1, now * 10), answer(&desk, 2, 1, now * 10 + 1));
        order.extend([one, other]);
    }
    let found = desk.store.recent_overlapped(desk.dataset, 2).unwrap();
    order.reverse();
    let mut latest: Vec<u32> = Vec::new();
    for item in order {
        if !latest.contains(&item) {
            latest.push(item);
        }
    }
    assert_eq!(found, latest[..2]);
    let records = desk.store.records_of(desk.dataset, &found).unwrap();
    assert_eq!(records.iter().map(|record| record.no).collect::<Vec<_>>(), found);
    assert!(records.iter().all(|record| record.responses.len() == 2));
}

#[test]
fn an_answer_given_back_waits_for_its_author_until_they_answer_again() {
    let desk = Desk::new(2, 1, 1);
    let item = answer(&desk, 1, 100, 1);
    let give_back =
        |now| desk.store.return_response(desk.dataset, item, 1, "see rule 2", None, 1_000_000, now);
    assert!(give_back(2).unwrap());
    assert!(!give_back(3).unwrap(), "there is no response to give back");
    let waiting = desk.store.returned(desk.dataset, 1, 10).unwrap();
    assert_eq!((waiting[0].item, waiting[0].reason.as_str()), (item, "see rule 2"));
    assert!(desk.next(2, 1, 4).leased.is_empty(), "it is held for its author");
    assert_eq!(answer(&desk, 1, 100, 5), item);
    assert_eq!(desk.store.count_returned(desk.dataset, 1).unwrap(), 0);
    assert_eq!(desk.store.why_returned(desk.dataset, item, 1).unwrap(), None);
}
