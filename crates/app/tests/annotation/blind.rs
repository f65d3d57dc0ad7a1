//! Blindness: what an annotator is shown says nothing of others' answers, nor of what is gold.

use engraft_app::people::{Principal, Role};
use engraft_app::{dataset, review, work};
use expect_test::expect;
use serde_json::{Value, json};

use crate::bench::{Bench, D, me, record};

#[test]
fn the_payload_of_an_item() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let mut item = serde_json::to_value(bench.take(&ana)).unwrap();
    item["guideline"] = "…".into();
    expect![[r#"{"active_ms":0,"answers":null,"dataset":"topics","draft_version":0,"expires_at":"2026-11-22T12:30:00.000Z","fields":{"message":"Message number 0 of somebody"},"guideline":"…","item":"m000","layout":[{"name":"message","required":true,"type":"text"}],"lease":"1","presented":{},"questions":[{"name":"topic","options":[{"value":"fault"},{"value":"order"},{"value":"use"}],"required":true,"type":"label"}],"read_only":false,"returned":null,"status":"pending","suggestions":[],"version":0}"#]]
    .assert_eq(&item.to_string());
}

/// The payload without what names the item and its lease.
fn stripped(item: &work::ItemView) -> String {
    let mut value = serde_json::to_value(item).unwrap();
    for key in ["item", "lease", "fields"] {
        value[key] = Value::Null;
    }
    value.to_string()
}

/// So many items, every second of them gold.
fn half_gold(items: usize) -> Bench {
    let bench = Bench::new(0, json!({ "gold": { "rate": 0.5, "onboarding": 1 } }));
    let lines = (0..items).map(|place| {
        let mut line = record(place);
        if place % 2 == 0 {
            line["gold"] = json!({ "topic": "fault" });
        }
        line.to_string()
    });
    bench.import(&lines.collect::<Vec<_>>().join("\n"));
    bench
}

fn number(item: &str) -> usize {
    item[1..].parse().unwrap()
}

#[test]
fn gold_and_other_items_look_the_same_before_and_after_the_answer() {
    let bench = half_gold(20);
    let ana = bench.person("ana", Role::Annotator);
    let (mut payloads, mut replies) = (Vec::new(), Vec::new());
    let mut golds = 0;
    let piles = || bench.with(|context| work::counts(context, &bench.workspace, &ana, D)).unwrap();
    for _ in 0..12 {
        let before = piles();
        let item = bench.take(&ana);
        assert_eq!(piles(), before, "to be given {} says nothing", item.item);
        golds += usize::from(number(&item.item).is_multiple_of(2));
        payloads.push(stripped(&item));
        let mut reply =
            serde_json::to_value(bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap()).unwrap();
        reply["response_id"] = Value::Null;
        let counts = piles();
        assert_eq!(reply["counts"], serde_json::to_value(counts).unwrap());
        reply["counts"] = json!([before.pending - counts.pending, counts.submitted - before.submitted]);
        replies.push(reply.to_string());
    }
    assert!((2..=10).contains(&golds), "{golds} gold items of 12");
    payloads.dedup();
    replies.dedup();
    assert_eq!((payloads.len(), replies.len()), (1, 1), "{payloads:?} {replies:?}");
}

#[test]
fn what_one_is_given_is_among_what_one_may_choose_from() {
    let bench = half_gold(40);
    let ana = bench.person("ana", Role::Annotator);
    let names = || -> (Vec<String>, Vec<String>) {
        bench.with(|context| {
            let bulk = work::bulk(context, &bench.workspace, &ana, D, None, None, 200).unwrap();
            let similar = work::similar(context, &bench.workspace, &ana, D, "m001", 200).unwrap();
            (
                bulk.into_iter().map(|item| item.item).collect(),
                similar.into_iter().map(|item| item.item).collect(),
            )
        })
    };
    for answered in 0..4 {
        let items = bench.next(&ana, 6).items;
        let golds = items.iter().filter(|item| number(&item.item).is_multiple_of(2)).count();
        assert!((1..6).contains(&golds), "{golds} of 6");
        let (bulk, similar) = names();
        for item in &items {
            assert!(bulk.contains(&item.item), "{} is not in {bulk:?}", item.item);
            assert!(
                item.item == "m001" || similar.contains(&item.item),
                "{} is not in {similar:?}",
                item.item
            );
        }
        assert_eq!(bulk.len(), 40 - answered * 6);
        for item in items {
            bench.submit(&ana, &item, json!({ "topic": "fault" })).unwrap();
            let (bulk, similar) = names();
            assert!(
                !bulk.contains(&item.item) && !similar.contains(&item.item),
                "{} was answered",
                item.item
            );
        }
    }
}

#[test]
fn a_known_item_that_was_decided_is_given_as_any_other() {
    let more = json!({ "distribution": { "overlap": 2 }, "gold": { "rate": 0.5, "onboarding": 1 } });
    let bench = Bench::new(3, more);
    let person = |name| bench.person(name, Role::Annotator);
    let (ana, ben) = (person("ana"), person("ben"));
    let known = bench.say(&ana, "use");
    assert_eq!(bench.say(&ben, "order"), known);
    let right = json!({ "topic": "use" });
    let decision = review::Decision { item: known.clone(), answers: right.clone(), version: None };
    bench.with(|context| review::decide(context, &bench.workspace, &me(), D, &decision)).unwrap();
    bench
        .with(|context| dataset::set_gold(context, &bench.workspace, &me(), D, &known, Some(&right)))
        .unwrap();
    bench.wait(1);
    let open = |who: &Principal| {
        bench.with(|context| work::open(context, &bench.workspace, who, D, &known)).unwrap()
    };
    assert!(open(&ana).read_only, "whoever answered before the decision finds it closed, as any other");
    let given = |who: &Principal| {
        let items = bench.next(who, 3).items;
        let mut payloads: Vec<String> = items.iter().map(stripped).collect();
        payloads.dedup();
        assert_eq!((items.len(), payloads.len()), (3, 1), "{payloads:?}");
        items.into_iter().find(|item| item.item == known).unwrap()
    };
    let cleo = person("cleo");
    bench.submit(&cleo, &given(&cleo), json!({ "topic": "order" })).unwrap();
    let again = open(&cleo);
    assert!(!again.read_only);
    assert_eq!(bench.submit(&cleo, &again, json!({ "topic": "fault" })).unwrap().version, 2);
    let back = bench.with(|context| work::undo(context, &bench.workspace, &cleo, D)).unwrap();
    assert_eq!((back.item.as_str(), back.read_only), (known.as_str(), false));
    // To skip it and take that back tells nothing either.
    let dora = person("dora");
    let item = given(&dora);
    let skip = work::Skip { item: item.item, lease: item.lease, reason: "unclear".into(), active_ms: 0 };
    bench.with(|context| work::skip(context, &bench.workspace, &dora, D, &skip)).unwrap();
    assert_eq!(bench.with(|context| work::undo(context, &bench.workspace, &dora, D)).unwrap().item, known);
    let whole = bench.with(|context| review::item(context, &bench.workspace, &me(), D, &known)).unwrap();
    let source = whole.resolution.map(|resolution| resolution.source);
    assert_eq!(source, Some(engraft_app::annotate::ResolutionSource::Adjudicated), "the decision stands");
}

#[test]
fn gold_chosen_from_many_rows_is_measured_as_well() {
    let bench = half_gold(4);
    let ana = bench.person("ana", Role::Annotator);
    let items: Vec<String> = (0..4).map(|place| format!("m{place:03}")).collect();
    let done = bench.with(|context| {
        work::bulk_submit(context, &bench.workspace, &ana, D, &items, &json!({ "topic": "use" }), 0).unwrap()
    });
    assert_eq!((done.submitted.len(), done.counts.pending), (4, 0));
    let board = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    assert_eq!(serde_json::to_value(&board.people[0].gold).unwrap()["n"], 2, "{:?}", board.people);
}

#[test]
fn no_item_stands_out_by_its_place() {
    let bench = half_gold(200);
    let ana = bench.person("ana", Role::Annotator);
    let (mut ordinary, mut gold) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        let item = bench.take(&ana);
        let place = number(&item.item);
        if place.is_multiple_of(2) {
            gold.push(place)
        } else {
            ordinary.push(place)
        }
        bench.submit(&ana, &item, json!({ "topic": "fault" })).unwrap();
    }
    for places in [ordinary, gold] {
        let downs = places.windows(2).filter(|pair| pair[0] > pair[1]).count();
        assert!(places.len() > 10 && downs * 4 >= places.len(), "{places:?}");
    }
}

#[test]
fn only_those_who_may_see_progress_hear_how_far_a_dataset_is() {
    let bench = Bench::new(2, json!({ "gold": { "rate": 0.5 } }));
    let (ana, vic) = (bench.person("ana", Role::Annotator), bench.person("vic", Role::Viewer));
    bench.say(&ana, "use");
    bench.with(|context| dataset::snapshot(context, &bench.workspace, &me(), D)).unwrap();
    let seen = |who: &Principal| {
        bench.with(|context| {
            let row = dataset::list(context, &bench.workspace, who).unwrap().remove(0);
            let view = dataset::show(context, &bench.workspace, who, D).unwrap();
            let snapshots = (row.snapshot.is_some(), view.snapshot.is_some(), view.snapshots.len());
            ((row.responses, row.resolved), (view.responses, view.resolved), snapshots, view.schema.gold.rate)
        })
    };
    let all = (Some(1), Some(1));
    assert_eq!(seen(&me()), (all, all, (true, true, 1), 0.5));
    assert_eq!(seen(&vic), (all, all, (true, true, 1), 0.0));
    assert_eq!(seen(&ana), ((None, None), (None, None), (false, false, 0), 0.0));
}

#[test]
fn nothing_an_annotator_can_call_says_what_others_answered() {
    let bench = Bench::new(3, json!({ "distribution": { "overlap": 3 } }));
    let (ana, ben) = (bench.person("ana", Role::Annotator), bench.person("ben", Role::Annotator));
    for _ in 0..3 {
        let item = bench.say(&ben, "order");
        bench
            .with(|context| {
                work::comment(context, &bench.workspace, &ben, D, &item, "certainly an order", true)
            })
            .unwrap();
    }
    let item = bench.take(&ana);
    let heard = bench.with(|context| {
        let w = &bench.workspace;
        let name = &item.item;
        json!([
            work::queues(context, w, &ana).unwrap(),
            work::comments(context, w, &ana, D, name).unwrap(),
            work::open(context, w, &ana, D, name).unwrap(),
            work::history(context, w, &ana, D, None, None, 50).unwrap(),
            work::similar(context, w, &ana, D, name, 5).unwrap(),
            work::bulk(context, w, &ana, D, None, None, 5).unwrap(),
            dataset::list(context, w, &ana).map(|_| ()).is_ok(),
        ])
    });
    // The schema names the option; an answer would be a string by itself.
    let text = heard.to_string();
    for word in ["ben", "certainly", "\"topic\":\"order\""] {
        assert!(!text.contains(word), "`{word}` in {text}");
    }
}

#[test]
fn suggestions_can_wait_for_the_answer() {
    let bench = Bench::new(0, json!({ "hide_suggestions": true }));
    let mut line = record(0);
    line["suggestions"] = json!([{ "model": "m1", "score": 0.9, "answers": { "topic": "use" } }]);
    bench.import(&line.to_string());
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    assert_eq!(item.suggestions, []);
    bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap();
    let after = bench.with(|context| work::open(context, &bench.workspace, &ana, D, "m000")).unwrap();
    assert_eq!(after.suggestions[0].model, "m1");
}

#[test]
fn only_a_suggestion_that_was_taken_unchanged_counts_as_accepted() {
    let bench = Bench::new(0, json!({ "distribution": { "overlap": 2 } }));
    let mut line = record(0);
    line["suggestions"] = json!([{ "model": "m1", "answers": { "topic": "use" } }]);
    bench.import(&line.to_string());
    for (name, topic) in [("ana", "use"), ("ben", "order")] {
        let who = bench.person(name, Role::Annotator);
        let item = bench.take(&who);
        let given = work::Submission {
            item: item.item,
            lease: item.lease,
            answers: json!({ "topic": topic }),
            accepted: vec!["topic".into()],
            ..work::Submission::default()
        };
        bench.with(|context| work::submit(context, &bench.workspace, &who, D, &given)).unwrap();
    }
    let item = bench.with(|context| review::item(context, &bench.workspace, &me(), D, "m000")).unwrap();
    let accepted: Vec<_> = item.responses.iter().map(|row| (row.user.as_str(), row.accepted.len())).collect();
    assert_eq!(accepted, [("ana", 1), ("ben", 0)]);
}

#[test]
fn sides_are_shuffled_for_each_person_and_stay_so() {
    let bench = Bench::empty();
    let schema = json!({
        "fields": [{ "name": "replies", "type": "answers" }],
        "questions": [{ "name": "better", "type": "preference", "field": "replies" }],
        "distribution": { "overlap": 20 },
    });
    bench.with(|context| dataset::create(context, &bench.workspace, &me(), D, &schema.to_string())).unwrap();
    let replies = json!([{ "id": "a", "text": "Yes." }, { "id": "b", "text": "No." }]);
    bench.import(&json!({ "id": "m000", "fields": { "replies": replies } }).to_string());
    let first: Vec<String> = (0..20)
        .map(|number| {
            let who = bench.person(&format!("p{number}"), Role::Annotator);
            let shown = |item: work::ItemView| item.presented["replies"][0].clone();
            let first = shown(bench.take(&who));
            assert_eq!(shown(bench.take(&who)), first);
            first
        })
        .collect();
    // The log says in which order the one stood before the other who answered.
    let who = engraft_app::people::stand_in(&bench.workspace, "p0").unwrap();
    let seen = bench.take(&who);
    bench.submit(&who, &seen, json!({ "better": { "choice": { "id": "a" } } })).unwrap();
    let log =
        bench.with(|context| engraft_app::people::log(context, &bench.workspace, &me(), None, 9)).unwrap();
    let entry = log.iter().find(|entry| entry.what == "submitted").unwrap();
    assert_eq!(entry.body["presented"]["replies"], json!(seen.presented["replies"]));
    let a = first.iter().filter(|id| *id == "a").count();
    assert!((4..=16).contains(&a), "a stood first {a} times of 20");
}
