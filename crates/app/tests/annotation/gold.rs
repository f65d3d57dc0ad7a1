//! Hidden known items: served first and now and then, and whoever misses too many is paused.

use engraft_app::people::{Principal, Role};
use engraft_app::work::{MissedGold, Why};
use engraft_app::{dataset, review, work};
use serde_json::{Value, json};

use crate::bench::{Bench, D, me, record};

fn bench(rule: Value) -> Bench {
    let question = json!({
        "name": "topic", "title": "What is it about?", "type": "label", "options": ["fault", "order", "use"],
    });
    let bench = Bench::new(0, json!({ "gold": rule, "questions": [question] }));
    let lines = (0..60).map(|place| {
        let mut line = record(place);
        if place < 30 {
            line["gold"] = json!({ "topic": "fault" });
        }
        line.to_string()
    });
    bench.import(&lines.collect::<Vec<_>>().join("\n"));
    bench
}

fn is_gold(item: &str) -> bool {
    item[1..].parse::<usize>().unwrap() < 30
}

#[test]
fn everybody_starts_with_the_onboarding_items() {
    let bench = bench(json!({ "onboarding": 3 }));
    let ana = bench.person("ana", Role::Annotator);
    let served = bench.next(&ana, 5);
    let golds: Vec<bool> = served.items.iter().map(|item| is_gold(&item.item)).collect();
    assert_eq!(golds, [true, true, true, false, false]);
}

#[test]
fn whoever_misses_too_many_is_paused_until_a_lead_lets_them_go_on() {
    let bench = bench(json!({ "rate": 0.9 }));
    let ana = bench.person("ana", Role::Annotator);
    let mut answered = 0;
    let finished = loop {
        let mut next = bench.next(&ana, 1);
        let Some(item) = next.items.pop() else { break next.finished.unwrap() };
        bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap();
        answered += 1;
        assert!(answered < 40, "never paused");
    };
    assert_eq!(finished.why, Why::Paused);
    let board = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    assert!(board.people[0].paused.as_ref().unwrap().starts_with("0 of 10"), "{:?}", board.people);
    bench.with(|context| review::pause(context, &bench.workspace, &me(), D, "ana", None)).unwrap();
    assert_eq!(bench.next(&ana, 1).items.len(), 1);
}

#[test]
fn only_when_the_lead_wants_it_does_one_hear_of_a_miss() {
    for feedback in [false, true] {
        let bench = bench(json!({ "onboarding": 1, "feedback": feedback }));
        let ana = bench.person("ana", Role::Annotator);
        let item = bench.take(&ana);
        let done = bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap();
        let expected =
            done.gold.map(|MissedGold { missed, titles, expected }| json!([missed, titles, expected]));
        assert_eq!(
            expected,
            feedback.then(|| json!([["topic"], ["What is it about?"], { "topic": "fault" }]))
        );
    }
}

#[test]
fn gold_is_set_and_taken_away_and_checked() {
    let bench = Bench::new(1, json!({}));
    let set = |gold: Option<&Value>| {
        bench.with(|context| dataset::set_gold(context, &bench.workspace, &me(), D, "m000", gold))
    };
    assert!(set(Some(&json!({ "topic": "rain" }))).is_err());
    assert!(set(Some(&json!({}))).is_err(), "it would measure nobody");
    set(Some(&json!({ "topic": "use" }))).unwrap();
    let shown = |who: &Principal| {
        bench.with(|context| dataset::show(context, &bench.workspace, who, D)).unwrap().gold
    };
    assert_eq!(shown(&me()), Some(1));
    assert_eq!(shown(&bench.person("ana", Role::Annotator)), None);
    set(None).unwrap();
    assert_eq!(shown(&me()), Some(0));
}

#[test]
fn gold_asks_for_no_reviewer_and_counts_in_no_agreement() {
    let bench = bench(json!({ "onboarding": 2 }));
    for (name, topic) in [("ana", "use"), ("ben", "order")] {
        let who = bench.person(name, Role::Annotator);
        bench.say(&who, topic);
        bench.say(&who, topic);
    }
    let found = bench.with(|context| {
        let conflicts = review::conflicts(context, &bench.workspace, &me(), D, None, 10).unwrap();
        let counts = work::counts(context, &bench.workspace, &me_as(&bench, "ana"), D).unwrap();
        (conflicts.total, counts.submitted)
    });
    assert_eq!(found, (0, 2));
}

fn me_as(bench: &Bench, name: &str) -> Principal {
    engraft_app::people::stand_in(&bench.workspace, name).unwrap()
}

#[test]
fn a_miss_that_was_told_stays_a_miss_whatever_is_said_after_it() {
    let bench = bench(json!({ "onboarding": 2, "feedback": true }));
    let ana = bench.person("ana", Role::Annotator);
    let right = || {
        let board = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
        let gold = json!(board.people[0].gold);
        (gold["value"].as_f64(), gold["n"].as_u64())
    };
    let first = bench.take(&ana);
    assert!(bench.submit(&ana, &first, json!({ "topic": "use" })).unwrap().gold.is_some());
    let seen = work::ItemView { version: 1, lease: None, ..first };
    assert_eq!(bench.submit(&ana, &seen, json!({ "topic": "fault" })).unwrap().gold, None);
    assert_eq!(right(), (Some(0.0), Some(1)));
    let second = bench.take(&ana);
    bench.submit(&ana, &second, json!({ "topic": "use" })).unwrap();
    let back = bench.with(|context| work::undo(context, &bench.workspace, &ana, D)).unwrap();
    bench.submit(&ana, &back, json!({ "topic": "fault" })).unwrap();
    assert_eq!(right(), (Some(0.0), Some(2)));
}
