//! Blindness: what an annotator is shown says nothing of others' answers, nor of what is gold.

use engraft_app::people::Role;
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
    expect![[r#"{"answers":null,"dataset":"topics","draft_version":0,"expires_at":"2026-11-22T12:30:00.000Z","fields":{"message":"Message number 0 of somebody"},"guideline":"…","item":"m000","layout":[{"name":"message","required":true,"type":"text"}],"lease":"1","presented":{},"questions":[{"name":"topic","options":[{"value":"fault"},{"value":"order"},{"value":"use"}],"required":true,"type":"label"}],"read_only":false,"returned":null,"status":"pending","suggestions":[],"version":0}"#]]
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

#[test]
fn gold_and_other_items_look_the_same_before_and_after_the_answer() {
    let bench = Bench::new(0, json!({ "gold": { "rate": 0.5, "onboarding": 1 } }));
    let lines = (0..20).map(|place| {
        let mut line = record(place);
        if place % 2 == 0 {
            line["gold"] = json!({ "topic": "fault" });
        }
        line.to_string()
    });
    bench.import(&lines.collect::<Vec<_>>().join("\n"));
    let ana = bench.person("ana", Role::Annotator);
    let (mut payloads, mut replies) = (Vec::new(), Vec::new());
    let mut golds = 0;
    for _ in 0..12 {
        let item = bench.take(&ana);
        golds += usize::from(item.item[1..].parse::<usize>().unwrap() % 2 == 0);
        payloads.push(stripped(&item));
        let mut reply =
            serde_json::to_value(bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap()).unwrap();
        reply["response_id"] = Value::Null;
        reply["counts"] = Value::Null;
        replies.push(reply.to_string());
    }
    assert!((2..=10).contains(&golds), "{golds} gold items of 12");
    payloads.dedup();
    replies.dedup();
    assert_eq!((payloads.len(), replies.len()), (1, 1), "{payloads:?} {replies:?}");
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
    let a = first.iter().filter(|id| *id == "a").count();
    assert!((4..=16).contains(&a), "a stood first {a} times of 20");
}
