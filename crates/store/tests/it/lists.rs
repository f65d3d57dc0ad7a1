//! Lists and filters, a page at a time.

use engraft_store::{Ask, Filter, NewRecord, NewResolution, Source, State, Status};
use expect_test::{Expect, expect};

use crate::desk::{Desk, record, topic};

/// Ten items with words; person 1 said `money` of 1 to 3 and skipped 4, person 2 said `time` of 3 and 5.
fn desk() -> Desk {
    let desk = Desk::new(2, 0, 2);
    let words = [
        "late refund",
        "Refund policy",
        "unrefundable",
        "añb café",
        "漢字 かな",
        "a-b_c",
        "",
        "refunds are late",
        "x",
        "late",
    ];
    let records: Vec<NewRecord> = words
        .iter()
        .enumerate()
        .map(|(n, words)| NewRecord { text: words.to_string(), ..record(n + 1, 2) })
        .collect();
    desk.import(&records);
    for item in [1, 2, 3, 4] {
        let lease = desk.store.take(desk.dataset, item, 1, 1000, 0).unwrap().unwrap();
        if item == 4 { _ = desk.skip(1, lease, 1) } else { desk.label(1, lease, "money", 1) }
    }
    for item in [3, 5] {
        let lease = desk.store.take(desk.dataset, item, 2, 1000, 0).unwrap().unwrap();
        desk.label(2, lease, "time", 1);
    }
    desk.store.comment(desk.dataset, 8, 1, "?", true, 2).unwrap();
    let new = NewResolution { answers: "{}".into(), source: Source::Adjudicated, by: None, posterior: None };
    desk.store.resolve(desk.dataset, &[(5, new, None)], 3).unwrap();
    desk
}

#[track_caller]
fn check(filter: Filter<'_>, expected: Expect) {
    let desk = desk();
    // Pages of two give what one page gives.
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = desk.store.list(desk.dataset, &Filter { after, limit: 2, ..filter }).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.no);
        pages.extend(page);
    }
    assert_eq!(pages, desk.store.list(desk.dataset, &Filter { limit: 99, ..filter }).unwrap());
    let numbers: Vec<String> = pages.iter().map(|row| row.no.to_string()).collect();
    expected.assert_eq(&numbers.join(" "));
}

#[test]
fn gold_leaves_the_choice_as_other_items_do() {
    let desk = Desk::new(3, 60, 1);
    let gold: Vec<NewRecord> =
        (61..=120).map(|n| NewRecord { gold: Some("{}".into()), ..record(n, 1) }).collect();
    desk.import(&gold);
    let choice = |user| -> (usize, usize) {
        let filter = Filter { answerable: Some(user), limit: 200, ..Filter::default() };
        let rows = desk.store.list(desk.dataset, &filter).unwrap();
        let ordinary = rows.iter().filter(|row| row.no <= 60).count();
        (ordinary, rows.len() - ordinary)
    };
    assert_eq!((choice(1), choice(2)), ((60, 60), (60, 60)));
    for item in 1..=45 {
        let lease = desk.store.take(desk.dataset, item, 2, 1000, 0).unwrap().unwrap();
        desk.label(2, lease, "time", 1);
    }
    // Whoever answered all those themselves misses no gold; to others as much of it is gone as of the rest.
    assert_eq!(choice(2), (15, 60));
    let (ordinary, gold) = choice(1);
    assert!(ordinary == 15 && (5..=25).contains(&gold), "{gold} of 60");
    let held = desk.store.next(&Ask { gold: true, ..desk.ask(1, 16, 2) }).unwrap().leased;
    let golden: Vec<_> = held.iter().filter(|lease| lease.item > 60).collect();
    for lease in held.iter().filter(|lease| lease.item <= 60) {
        desk.label(1, *lease, "time", 3);
    }
    assert_eq!((golden.len(), choice(1)), (1, (0, 1)), "what is held is shown until it is answered");
    desk.say(1, *golden[0], "{}", 4);
    assert_eq!((choice(1), choice(3)), ((0, 0), (0, 0)));
}

#[test]
fn everything_in_item_order() {
    check(Filter::default(), expect!["1 2 3 4 5 6 7 8 9 10"]);
}

#[test]
fn by_state() {
    let state = |state| Filter { state: Some(state), ..Filter::default() };
    check(state(State::Open), expect!["1 2 4 6 7 8 9 10"]);
    check(state(State::Complete), expect!["3"]);
    check(state(State::Resolved), expect!["5"]);
    check(state(State::Gold), expect![""]);
}

#[test]
fn by_person_and_status() {
    check(Filter { user: Some(1), ..Filter::default() }, expect!["1 2 3 4"]);
    check(Filter { user: Some(1), status: Some(Status::Skipped), ..Filter::default() }, expect!["4"]);
    check(Filter { user: Some(2), state: Some(State::Complete), ..Filter::default() }, expect!["3"]);
    check(Filter { user: Some(1), since: Some(1), ..Filter::default() }, expect!["1 2 3 4"]);
    check(Filter { user: Some(1), since: Some(2), ..Filter::default() }, expect![""]);
}

#[test]
fn by_label() {
    let (money, time) = (topic("money"), topic("time"));
    check(Filter { label: Some(&money), ..Filter::default() }, expect!["1 2 3"]);
    check(Filter { label: Some(&time), state: Some(State::Resolved), ..Filter::default() }, expect!["5"]);
    check(Filter { label: Some(&money), user: Some(2), ..Filter::default() }, expect!["3"]);
    check(Filter { label: Some(&topic("never")), ..Filter::default() }, expect![""]);
}

#[test]
fn by_words_and_the_beginning_of_a_word() {
    let text = |text| Filter { text: Some(text), ..Filter::default() };
    check(text("refund"), expect!["1 2 8"]);
    check(text("ref*"), expect!["1 2 8"]);
    check(text("re*"), expect!["1 2 8"]);
    check(text("refunded"), expect!["1 2 8"]);
    check(text("late refund"), expect!["1 8"]);
    check(text("refund late"), expect!["1 8"]);
    check(text("cafe"), expect!["4"]);
    check(text("漢字"), expect!["5"]);
    check(text("a b"), expect!["6"]);
    check(text("\" OR *"), expect![""]);
    check(text("..."), expect![""]);
    let money = topic("money");
    check(Filter { label: Some(&money), ..text("refund") }, expect!["1 2"]);
    check(Filter { label: Some(&money), ..text("r*") }, expect!["1 2"]);
    check(Filter { label: Some(&money), ..text("re*") }, expect!["1 2"]);
}

#[test]
fn by_flags_that_nobody_settled() {
    check(Filter { flagged: true, ..Filter::default() }, expect!["8"]);
    let desk = desk();
    let comment = desk.store.comments(desk.dataset, 8).unwrap().remove(0);
    assert!(
        desk.store.settle(comment.no, Some(2), 5).unwrap()
            && !desk.store.settle(comment.no, None, 6).unwrap()
    );
    assert_eq!(
        desk.store.list(desk.dataset, &Filter { flagged: true, limit: 9, ..Filter::default() }).unwrap(),
        []
    );
    let tally = desk.store.tally(desk.dataset, 7).unwrap();
    assert_eq!((tally.comments, tally.flags), (1, 0));
}

#[test]
fn two_datasets_do_not_see_each_other() {
    let desk = desk();
    let other = desk.store.create_dataset("other", "{}", None, 0).unwrap().no;
    desk.store.import(other, &[NewRecord { text: "late refund".into(), ..record(1, 1) }], None, 0).unwrap();
    let found = |text| desk.store.list(other, &Filter { text, limit: 9, ..Filter::default() }).unwrap();
    assert_eq!((found(None).len(), found(Some("refund")).len()), (1, 1));
    let here = desk.store.list(desk.dataset, &Filter { text: Some("refund"), limit: 9, ..Filter::default() });
    assert_eq!(here.unwrap().len(), 3);
    assert_eq!(desk.store.item(other, 1).unwrap(), None);
}
