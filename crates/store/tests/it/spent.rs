//! How long somebody was at an item: as they say, but never longer than the server knows it can have been.

use engraft_store::{Leased, SaveDraft, Skip, Submission, Submit, Undone, UserNo};

use crate::desk::{Desk, LEASE};

const LONG: u64 = 1_000_000_000;
const ONE: &str = r#"{"topic":"use"}"#;
const OTHER: &str = r#"{"topic":"order"}"#;

/// Answers and says to have been at it for so long.
#[track_caller]
fn say(desk: &Desk, submit: Submit<'_>, active_ms: u64) {
    let outcome = desk.store.submit(&Submit { active_ms, ..submit }).unwrap();
    assert!(matches!(outcome, Submission::Accepted(_)), "{outcome:?}");
}

fn spent(desk: &Desk, user: UserNo) -> u64 {
    desk.store.member(desk.dataset, user).unwrap().active_ms
}

fn drafted(desk: &Desk, item: u32, user: UserNo) -> u64 {
    let work = desk.store.work(desk.dataset, item, user).unwrap().unwrap();
    work.draft.unwrap().active_ms
}

#[test]
fn an_answer_takes_no_longer_than_its_author_has_the_item() {
    let desk = Desk::new(1, 2, 1);
    let lease = desk.one(1, 100);
    say(&desk, desk.submit(1, lease, ONE, 700), LONG);
    assert_eq!(spent(&desk, 1), 600);
    let other = desk.one(1, 800);
    say(&desk, desk.submit(1, other, ONE, 1000), 150);
    assert_eq!(spent(&desk, 1), 750, "what can be is kept as it was said");
}

#[test]
fn a_change_adds_no_more_than_the_time_since_the_last() {
    let desk = Desk::new(1, 1, 1);
    let lease = desk.one(1, 100);
    say(&desk, desk.submit(1, lease, ONE, 700), LONG);
    say(&desk, Submit { expected: 1, ..desk.submit(1, lease, OTHER, 1000) }, LONG);
    assert_eq!(spent(&desk, 1), 900);
    let Undone::Back { item, token, expires_at } = desk.undo(1, 2000) else { panic!("nothing came back") };
    assert_eq!((spent(&desk, 1), drafted(&desk, item, 1)), (0, 900));
    let back = Leased { item, token, expires_at, again: false };
    say(&desk, desk.submit(1, back, ONE, 2500), LONG);
    assert_eq!(spent(&desk, 1), 1400, "what was counted before, and the time since it came back");
}

#[test]
fn drafts_and_skips_take_no_longer_either() {
    let desk = Desk::new(1, 2, 1);
    let (lease, other) = (desk.one(1, 10), desk.next(1, 2, 20).leased[1]);
    let draft = SaveDraft {
        dataset: desk.dataset,
        item: lease.item,
        user: 1,
        expected: None,
        answers: ONE,
        guideline: None,
        active_ms: LONG,
        now: 50,
    };
    desk.store.save_draft(&draft).unwrap();
    assert_eq!(drafted(&desk, lease.item, 1), 40);
    let skip = Skip {
        dataset: desk.dataset,
        item: other.item,
        user: 1,
        token: other.token,
        reason: "unclear",
        guideline: &desk.guideline,
        active_ms: LONG,
        now: 90,
    };
    desk.store.skip(&skip).unwrap();
    assert_eq!(desk.store.versions(desk.dataset, other.item, 1).unwrap()[0].active_ms, 70);
}

#[test]
fn what_is_sent_late_counts_from_when_the_item_was_given_first() {
    let desk = Desk::new(1, 1, 1);
    let lease = desk.one(1, 100);
    desk.store.expire(100 + LEASE).unwrap();
    let late = Submit { active_ms: 2300, ..desk.submit(1, lease, ONE, 2500) };
    assert!(matches!(desk.store.submit(&late), Ok(Submission::Refused(_))));
    assert_eq!(drafted(&desk, lease.item, 1), 2300, "offline, they were at it long after the lease");
    let again = desk.one(1, 2600);
    say(&desk, desk.submit(1, again, ONE, 2700), LONG);
    assert_eq!(spent(&desk, 1), 2600);
}

#[test]
fn an_item_that_was_chosen_among_many_counts_from_when_they_were_shown() {
    let desk = Desk::new(2, 2, 1);
    let take = |item, user| desk.store.take(desk.dataset, item, user, LEASE, 400).unwrap().unwrap();
    desk.store.note_rows(desk.dataset, 1, 100).unwrap();
    say(&desk, desk.submit(1, take(1, 1), ONE, 400), LONG);
    say(&desk, desk.submit(2, take(2, 2), ONE, 400), LONG);
    assert_eq!((spent(&desk, 1), spent(&desk, 2)), (300, 0), "nobody showed rows to the other");
}
