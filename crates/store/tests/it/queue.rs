//! The queue, one rule a test.

use engraft_store::{Idle, Leased, NewRecord, NewResolution, Seen, Source, Submission, Submit, Undone, Why};
use expect_test::{Expect, expect};

use crate::desk::{Desk, LEASE, record};

/// What became of a submission, in a few words.
fn outcome(submission: &Submission) -> String {
    match submission {
        Submission::Accepted(it) => {
            let replayed = if it.replayed { " again" } else { "" };
            format!("v{} {}/{} {:?}{replayed}", it.version, it.submitted, it.wanted, it.state)
        }
        Submission::Refused(it) => {
            let current =
                it.current.as_ref().map(|row| format!(", current v{} {}", row.version, row.answers));
            format!("{:?}, draft v{}{}", it.why, it.draft, current.unwrap_or_default())
        }
    }
}

#[track_caller]
fn check(submission: &Submission, expected: Expect) {
    expected.assert_eq(&outcome(submission));
}

fn items(leased: &[Leased]) -> Vec<u32> {
    leased.iter().map(|lease| lease.item).collect()
}

#[test]
fn everybody_gets_other_items_in_order_when_one_answer_is_wanted() {
    let desk = Desk::new(2, 5, 1);
    assert_eq!(items(&desk.next(1, 3, 0).leased), [1, 2, 3]);
    assert_eq!(items(&desk.next(2, 3, 0).leased), [4, 5]);
    assert_eq!(desk.store.tally(desk.dataset, 0).unwrap().leased, 5);
}

#[test]
fn of_many_who_reach_for_one_item_at_once_as_many_get_it_as_it_has_places() {
    let desk = Desk::new(8, 1, 3);
    let mut other = desk.store.item(desk.dataset, 1).unwrap().unwrap();
    let tokens: Vec<u64> = std::thread::scope(|scope| {
        let desk = &desk;
        let reach = |user| scope.spawn(move || desk.store.take(desk.dataset, 1, user, LEASE, 0).unwrap());
        let all: Vec<_> = (1..=8).map(reach).collect();
        all.into_iter().filter_map(|one| one.join().unwrap()).map(|lease| lease.token).collect()
    });
    let distinct: std::collections::BTreeSet<u64> = tokens.iter().copied().collect();
    assert_eq!((tokens.len(), distinct.len(), desk.counts(1)), (3, 3, (0, 3)));
    other.held = 3;
    assert_eq!(desk.store.item(desk.dataset, 1).unwrap().unwrap(), other, "nothing else of the item changed");
}

#[test]
fn an_item_that_misses_fewer_answers_comes_first() {
    let desk = Desk::new(4, 3, 3);
    let one = desk.one(1, 0);
    desk.say(1, one, "{}", 1);
    let two = desk.one(2, 2);
    desk.say(2, two, "{}", 3);
    assert_eq!((one.item, two.item, desk.one(3, 4).item), (1, 1, 1));
    assert_eq!(desk.one(4, 5).item, 2, "three people hold or answered the first");
}

#[test]
fn what_somebody_holds_is_given_to_them_again_with_the_same_token_and_more_time() {
    let desk = Desk::new(1, 5, 1);
    let first = desk.next(1, 2, 0).leased;
    let again = desk.next(1, 3, 500).leased;
    assert_eq!((again[0].token, again[0].again, again[0].expires_at), (first[0].token, true, 500 + LEASE));
    assert_eq!((items(&again), again[2].again), (vec![1, 2, 3], false));
    assert!(again[2].token > again[1].token);
}

#[test]
fn a_lease_that_ended_goes_to_somebody_else_and_its_token_is_stale() {
    let desk = Desk::new(2, 1, 1);
    let lost = desk.one(1, 0);
    assert_eq!(desk.next(2, 1, LEASE - 1).idle, Some(Idle::Reserved { until: LEASE }));
    let won = desk.one(2, LEASE);
    assert!(won.item == lost.item && won.token > lost.token);
    check(&desk.say(1, lost, r#"{"a":1}"#, LEASE + 1), expect!["NoLease, draft v1"]);
    check(&desk.say(2, won, r#"{"a":2}"#, LEASE + 2), expect!["v1 1/1 Complete"]);
    let kept = desk.store.work(desk.dataset, 1, 1).unwrap().unwrap();
    assert_eq!(kept.draft.unwrap().answers, r#"{"a":1}"#, "what they wrote is kept");
    assert!(kept.response.is_none());
}

#[test]
fn an_ended_lease_is_stale_even_if_nobody_else_came() {
    let desk = Desk::new(1, 1, 1);
    let lease = desk.one(1, 0);
    check(&desk.say(1, lease, "{}", LEASE), expect!["NoLease, draft v1"]);
    let fresh = desk.store.take(desk.dataset, 1, 1, LEASE, LEASE).unwrap().unwrap();
    check(&desk.say(1, fresh, "{}", LEASE + 1), expect!["v1 1/1 Complete"]);
}

#[test]
fn somebody_elses_token_is_worth_nothing() {
    let desk = Desk::new(2, 1, 1);
    let lease = desk.one(1, 0);
    check(&desk.say(2, lease, "{}", 1), expect!["NoLease, draft v1"]);
    check(&desk.skip(2, lease, 1), expect!["NoLease, draft v0"]);
    assert_eq!(desk.counts(1), (0, 1));
}

#[test]
fn a_sign_of_life_keeps_a_lease() {
    let desk = Desk::new(2, 1, 1);
    let lease = desk.one(1, 0);
    let beat = |token, now| desk.store.heartbeat(desk.dataset, 1, &[token], LEASE, now).unwrap();
    assert_eq!(beat(lease.token, 900), [lease.token]);
    assert_eq!(desk.next(2, 1, 1500).idle, Some(Idle::Reserved { until: 1900 }));
    assert_eq!(beat(lease.token, 1900), [0u64; 0], "too late");
    assert_eq!(desk.one(2, 1900).item, 1);
}

#[test]
fn what_is_given_back_goes_to_others_first() {
    let desk = Desk::new(2, 3, 1);
    let held = desk.next(1, 2, 0).leased;
    assert_eq!(desk.store.release(desk.dataset, 1, Some(held[1].token), 1).unwrap(), 1);
    assert_eq!(desk.one(2, 2).item, 2);
    assert_eq!(desk.store.release(desk.dataset, 1, None, 3).unwrap(), 1);
    check(&desk.say(1, held[0], "{}", 4), expect!["NoLease, draft v1"]);
}

#[test]
fn what_somebody_skipped_comes_back_to_others_and_never_to_them() {
    let desk = Desk::new(2, 1, 1);
    let lease = desk.one(1, 0);
    check(&desk.skip(1, lease, 1), expect!["v1 0/1 Open"]);
    check(&desk.skip(1, lease, 2), expect!["v1 0/1 Open again"]);
    assert_eq!(desk.next(1, 1, 3).idle, Some(Idle::Waiting));
    assert_eq!(desk.store.take(desk.dataset, 1, 1, LEASE, 4).unwrap(), None);
    check(&desk.say(1, lease, r#"{"late":1}"#, 5), expect!["Skipped, draft v1, current v1 {}"]);
    let other = desk.one(2, 6);
    check(&desk.say(2, other, "{}", 7), expect!["v1 1/1 Complete"]);
    assert_eq!((desk.next(1, 1, 8).idle, desk.next(2, 1, 8).idle), (Some(Idle::Done), Some(Idle::Done)));
    let tally = desk.store.tally(desk.dataset, 8).unwrap();
    assert_eq!((tally.skipped, tally.submitted, tally.complete, tally.open), (1, 1, 1, 0));
}

#[test]
fn the_same_answers_sent_twice_count_once() {
    let desk = Desk::new(1, 1, 2);
    let lease = desk.one(1, 0);
    check(&desk.say(1, lease, r#"{"a":1}"#, 1), expect!["v1 1/2 Open"]);
    check(&desk.say(1, lease, r#"{"a":1}"#, 9000), expect!["v1 1/2 Open again"]);
    assert_eq!(desk.store.versions(desk.dataset, 1, 1).unwrap().len(), 1);
}

#[test]
fn an_own_answer_can_be_changed_by_whoever_saw_its_latest_version() {
    let desk = Desk::new(1, 1, 1);
    let lease = desk.one(1, 0);
    desk.say(1, lease, "1", 1);
    let edit = |answers, expected, now| {
        let submit = desk.submit(1, lease, answers, now);
        desk.store.submit(&engraft_store::Submit { token: None, expected, ..submit }).unwrap()
    };
    check(&edit("2", 1, 5000), expect!["v2 1/1 Complete"]);
    check(&edit("3", 1, 5001), expect!["Version, draft v1, current v2 2"]);
    check(&edit("3", 2, 5002), expect!["v3 1/1 Complete"]);
    check(&edit("3", 2, 5003), expect!["v3 1/1 Complete again"]);
    let versions = desk.store.versions(desk.dataset, 1, 1).unwrap();
    let versions: Vec<_> = versions.iter().map(|row| (row.version, row.answers.as_str(), row.at)).collect();
    assert_eq!(versions, [(1, "1", 1), (2, "2", 5000), (3, "3", 5002)]);
    assert!(desk.store.drafts(desk.dataset, 1, 9).unwrap().is_empty(), "the draft became the response");
}

#[test]
fn a_change_takes_an_automatic_resolution_back_and_a_reviewers_decision_stands() {
    let desk = Desk::new(1, 1, 1);
    let lease = desk.one(1, 0);
    desk.say(1, lease, "1", 1);
    let resolve = |source, now| {
        let answers = "1".to_string();
        let new = NewResolution { answers, source, by: Some(1), posterior: None };
        desk.store.resolve(desk.dataset, &[(1, new, None)], now).unwrap()
    };
    let edit = |answers, expected| {
        let submit = desk.submit(1, lease, answers, 3);
        desk.store.submit(&engraft_store::Submit { token: None, expected, ..submit }).unwrap()
    };
    assert_eq!(resolve(Source::Agreed, 2), 1);
    check(&edit("2", 1), expect!["v2 1/1 Complete"]);
    assert_eq!(desk.store.resolution(desk.dataset, 1).unwrap(), None);
    assert_eq!(resolve(Source::Adjudicated, 4), 1);
    check(&edit("3", 2), expect!["Reviewed, draft v1, current v2 2"]);
    assert_eq!(desk.undo(1, 5), Undone::Refused(Why::Reviewed));
    assert_eq!(resolve(Source::Aggregated, 6), 0, "what is computed does not replace what was decided");
    let layers = desk.store.resolutions(desk.dataset, 1).unwrap();
    let layers: Vec<_> = layers.iter().map(|row| (row.version, row.source)).collect();
    assert_eq!(layers, [(1, Source::Agreed), (2, Source::Adjudicated)]);
    assert!(desk.store.unresolve(desk.dataset, 1, Some(1), 7).unwrap());
    check(&edit("3", 2), expect!["v3 1/1 Complete"]);
}

#[test]
fn undo_brings_the_last_answer_back_as_a_draft_with_a_lease() {
    let desk = Desk::new(2, 2, 1);
    let held = desk.next(1, 2, 0).leased;
    desk.say(1, held[0], r#"{"n":1}"#, 1);
    desk.say(1, held[1], r#"{"n":2}"#, 2);
    let Undone::Back { item, token, .. } = desk.undo(1, 3) else { panic!("undone") };
    assert_eq!((item, desk.counts(2)), (2, (0, 1)));
    let work = desk.store.work(desk.dataset, 2, 1).unwrap().unwrap();
    assert_eq!(
        (work.draft.unwrap().answers.as_str(), work.response, work.lease.unwrap().0),
        (r#"{"n":2}"#, None, token)
    );
    assert_eq!(desk.next(2, 1, 4).idle, Some(Idle::Reserved { until: 3 + LEASE }));
    let again = Leased { item, token, expires_at: 0, again: false };
    check(&desk.say(1, again, r#"{"n":3}"#, 5), expect!["v2 1/1 Complete"]);
    assert_eq!(desk.store.versions(desk.dataset, 2, 1).unwrap().len(), 2);
    assert!(matches!(desk.undo(1, 6), Undone::Back { item: 2, .. }));
    assert!(matches!(desk.undo(1, 7), Undone::Back { item: 1, .. }));
    assert_eq!(desk.undo(1, 8), Undone::Nothing);
    assert_eq!(desk.store.member(desk.dataset, 1).unwrap().submitted, 0);
    assert_eq!(desk.store.tally(desk.dataset, 8).unwrap().submitted, 0);
}

#[test]
fn a_skip_can_be_undone_while_nobody_else_has_the_item() {
    let desk = Desk::new(2, 1, 1);
    let lease = desk.one(1, 0);
    desk.skip(1, lease, 1);
    assert!(matches!(desk.undo(1, 2), Undone::Back { item: 1, .. }));
    let lease = desk.one(1, 3);
    assert!(lease.again);
    desk.skip(1, lease, 4);
    desk.one(2, 5);
    assert_eq!(desk.undo(1, 6), Undone::Refused(Why::NoRoom));
    assert_eq!(desk.store.tally(desk.dataset, 6).unwrap().skipped, 1);
}

#[test]
fn of_two_who_settle_at_once_one_asks_for_another_answer() {
    let desk = Desk::new(3, 1, 2);
    for user in [1, 2] {
        desk.say(user, desk.one(user, 1), &format!("{{\"topic\":\"{user}\"}}"), 2);
    }
    let rows = desk.store.responses(desk.dataset, 1).unwrap();
    let seen = Seen::new(&rows, None);
    let ask = || desk.store.want_more(desk.dataset, 1, 1, Some(&seen), None, 3).unwrap();
    assert_eq!((ask(), ask()), (3, 3));
    desk.say(3, desk.one(3, 4), "{}", 5);
    assert_eq!(ask(), 3, "it was worked out from two answers, and there are three");
}

#[test]
fn one_more_person_can_be_asked() {
    let desk = Desk::new(3, 2, 1);
    let lease = desk.one(1, 0);
    desk.say(1, lease, "{}", 1);
    assert_eq!(desk.store.want_more(desk.dataset, 1, 1, None, None, 2).unwrap(), 2);
    assert_eq!(desk.one(1, 3).item, 2, "not the same person again");
    assert_eq!(desk.one(2, 4).item, 1);
    assert_eq!(desk.next(3, 1, 5).leased, []);
}

#[test]
fn untouched_items_can_be_put_in_another_order() {
    let desk = Desk::new(3, 4, 1);
    desk.store.set_order(desk.dataset, &[(4, -2), (3, -1)]).unwrap();
    assert_eq!(items(&desk.next(1, 3, 0).leased), [4, 3, 1]);
    desk.store.release(desk.dataset, 1, None, 1).unwrap();
    assert_eq!(desk.one(2, 2).item, 4, "what was begun is finished first");
}

#[test]
fn a_dataset_with_gold_is_served_in_a_shuffled_order() {
    let ordinary: Vec<NewRecord> = (1..=40).map(|n| record(n, 1)).collect();
    let golden = [NewRecord { gold: Some("right".into()), ..record(41, 1) }];
    let served = |desk: &Desk| items(&desk.next(1, 40, 0).leased);
    // Gold comes last, first, or is chosen later; what somebody put first stays first.
    let last = Desk::new(1, 40, 1);
    last.import(&golden);
    let first = Desk::new(1, 0, 1);
    first.import(&golden);
    first.import(&ordinary);
    let chosen = Desk::new(1, 41, 1);
    chosen.store.set_order(chosen.dataset, &[(9, 1)]).unwrap();
    chosen.store.set_gold(chosen.dataset, 41, Some("right"), None, 0).unwrap();
    for (desk, begins) in [(last, None), (first, None), (chosen, Some(9))] {
        let order = served(&desk);
        let downs = order.windows(2).filter(|pair| pair[0] > pair[1]).count();
        assert!(order.len() == 40 && downs > 10, "{order:?}");
        assert!(begins.is_none_or(|item| order[0] == item), "{order:?}");
    }
}

#[test]
fn gold_comes_with_ordinary_work_and_counts_for_the_person_alone() {
    let desk = Desk::new(2, 3, 1);
    let gold: Vec<NewRecord> =
        (10..13).map(|n| NewRecord { gold: Some("right".into()), ..record(n, 1) }).collect();
    desk.import(&gold);
    let ask = |user, seed, now| {
        let ask = engraft_store::Ask { gold: true, seed, ..desk.ask(user, 3, now) };
        desk.store.next(&ask).unwrap().leased
    };
    for user in 1..=2 {
        let leased = ask(user, u64::from(user) << 33, 0);
        let golden: Vec<_> = leased.iter().filter(|lease| lease.item > 3).copied().collect();
        assert_eq!(golden.len(), 1, "{leased:?}");
        let submit = desk.submit(user, golden[0], "right", 1);
        desk.store.submit(&engraft_store::Submit { gold_right: Some(user == 1), ..submit }).unwrap();
    }
    assert_eq!(ask(1, 0, 2).len(), 2, "no gold when nothing ordinary is left: that would tell");
    let member = desk.store.member(desk.dataset, 2).unwrap();
    assert_eq!((member.submitted, member.gold_served, member.gold_answered, member.gold_right), (1, 1, 1, 0));
    let tally = desk.store.tally(desk.dataset, 2).unwrap();
    assert_eq!((tally.items, tally.gold, tally.open, tally.wanted, tally.submitted), (6, 3, 3, 3, 0));
}

#[test]
fn a_paused_person_gets_nothing_new_but_may_finish() {
    let desk = Desk::new(1, 3, 1);
    let lease = desk.one(1, 0);
    desk.store.pause(desk.dataset, 1, Some("gold below 0.7"), None, 1).unwrap();
    assert_eq!(desk.next(1, 3, 2).leased.len(), 1);
    check(&desk.say(1, lease, "{}", 3), expect!["v1 1/1 Complete"]);
    assert_eq!(desk.next(1, 1, 4).idle, Some(Idle::Paused));
    desk.store.pause(desk.dataset, 1, None, None, 5).unwrap();
    assert_eq!(desk.one(1, 6).item, 2);
}

#[test]
fn a_resolved_item_is_asked_of_nobody() {
    let desk = Desk::new(1, 2, 3);
    let new =
        NewResolution { answers: "{}".into(), source: Source::Adjudicated, by: Some(1), posterior: None };
    desk.store.resolve(desk.dataset, &[(1, new, None)], 0).unwrap();
    assert_eq!(items(&desk.next(1, 9, 1).leased), [2]);
    assert_eq!(desk.store.take(desk.dataset, 1, 1, LEASE, 1).unwrap(), None);
    desk.store.unresolve(desk.dataset, 1, None, 2).unwrap();
    assert_eq!(items(&desk.next(1, 9, 3).leased), [2, 1]);
}

#[test]
fn who_is_paused_takes_nothing_new_and_keeps_what_they_hold() {
    let desk = Desk::new(1, 2, 1);
    let held = desk.one(1, 0);
    desk.store.pause(desk.dataset, 1, Some("too fast"), None, 0).unwrap();
    let take = |item| desk.store.take(desk.dataset, item, 1, LEASE, 1).unwrap();
    let other = 3 - held.item;
    assert_eq!((take(held.item).map(|lease| lease.token), take(other)), (Some(held.token), None));
    desk.store.pause(desk.dataset, 1, None, None, 2).unwrap();
    assert!(take(other).is_some());
}

#[test]
fn only_the_version_that_is_named_is_taken_back() {
    let desk = Desk::new(1, 1, 1);
    let lease = desk.one(1, 0);
    desk.say(1, lease, "{}", 0);
    let undo = |version| desk.store.undo_version(desk.dataset, lease.item, 1, version, LEASE, 1).unwrap();
    assert_eq!(undo(2), Undone::Refused(Why::Version));
    assert!(matches!(undo(1), Undone::Back { .. }));
    assert_eq!(undo(1), Undone::Nothing);
}

#[test]
fn who_held_an_item_is_remembered_until_they_are_erased() {
    let desk = Desk::new(2, 2, 1);
    let once = |item, user| desk.store.work(desk.dataset, item, user).unwrap().unwrap().held_once;
    let (lost, given) = (desk.one(1, 0), desk.one(2, 0));
    assert!(!once(lost.item, 1) && !once(given.item, 2));
    desk.store.release(desk.dataset, 2, Some(given.token), 1).unwrap();
    desk.store.expire(LEASE).unwrap();
    assert!(once(lost.item, 1) && once(given.item, 2) && !once(lost.item, 2));
    desk.store.erase_user(2, true, None, LEASE).unwrap();
    assert!(once(lost.item, 1) && !once(given.item, 2));
}

#[test]
fn what_was_worked_out_from_answers_that_changed_since_is_not_set() {
    let desk = Desk::new(2, 1, 2);
    let (one, two) = (desk.one(1, 0), desk.one(2, 0));
    desk.say(1, one, r#"{"topic":"a"}"#, 1);
    desk.say(2, two, r#"{"topic":"a"}"#, 2);
    let seen = || {
        let (dataset, item) = (desk.dataset, one.item);
        let before = desk.store.resolution(dataset, item).unwrap();
        Seen::new(&desk.store.responses(dataset, item).unwrap(), before.as_ref())
    };
    let resolve = |seen: &Seen, source| {
        let new = NewResolution { answers: "{}".into(), source, by: None, posterior: None };
        desk.store.resolve(desk.dataset, &[(one.item, new, Some(seen.clone()))], 9).unwrap()
    };
    let first = seen();
    let edit = Submit { expected: 1, ..desk.submit(1, one, r#"{"topic":"b"}"#, 3) };
    assert!(matches!(desk.store.submit(&edit).unwrap(), Submission::Accepted(_)));
    assert_eq!(resolve(&first, Source::Agreed), 0, "an answer was changed");
    let second = seen();
    assert_eq!(resolve(&second, Source::Adjudicated), 1);
    assert_eq!(resolve(&second, Source::Adjudicated), 0, "it was decided");
    assert_eq!(resolve(&seen(), Source::Adjudicated), 1, "by whoever saw that decision");
    desk.store.unresolve(desk.dataset, one.item, None, 10).unwrap();
    let third = seen();
    assert!(matches!(desk.undo(2, 11), Undone::Back { .. }));
    assert_eq!(resolve(&third, Source::Agreed), 0, "an answer was taken back");
}
