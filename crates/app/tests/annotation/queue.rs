//! The queue: exactly as many answers as asked for, nothing overwritten unseen, nothing lost.

use engraft_app::annotate::Strategy;
use engraft_app::people::Role;
use engraft_app::work::{self, Skip, Submission, Tab, Why};
use engraft_app::{Error, dataset, review};
use serde_json::json;

use crate::bench::{Bench, D, me};

#[test]
fn no_item_gets_more_answers_than_asked_for_and_none_too_few() {
    let bench = Bench::new(20, json!({ "distribution": { "overlap": 2 } }));
    let people: Vec<_> = ["ana", "ben", "cleo"].map(|name| bench.person(name, Role::Annotator)).into();
    for round in 0..20 {
        for (place, who) in people.iter().enumerate() {
            let next = bench.next(who, 1 + (round + place) % 3);
            // Some of what is taken is left lying, as people do.
            if let Some(item) = next.items.first().filter(|_| (round * 7 + place) % 4 > 0) {
                bench.submit(who, item, json!({ "topic": "use" })).unwrap();
            }
        }
        bench.wait(700);
    }
    bench.wait(3600);
    for who in &people {
        while let Some(item) = bench.next(who, 1).items.pop() {
            bench.submit(who, &item, json!({ "topic": "use" })).unwrap();
        }
    }
    for place in 0..20 {
        let item = bench
            .with(|context| review::item(context, &bench.workspace, &me(), D, &format!("m{place:03}")))
            .unwrap();
        assert_eq!(item.responses.len(), 2, "{}", item.item);
        assert!(item.resolution.is_some());
    }
    let finished = bench.next(&people[0], 1).finished.unwrap();
    assert_eq!(finished.why, Why::Done);
}

#[test]
fn asking_again_gives_the_same_items_with_the_same_leases() {
    let bench = Bench::new(5, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let held = |next: work::Next| -> Vec<(String, Option<String>)> {
        next.items.into_iter().map(|item| (item.item, item.lease)).collect()
    };
    let first = held(bench.next(&ana, 3));
    assert_eq!(first.len(), 3);
    assert_eq!(held(bench.next(&ana, 3)), first);
}

#[test]
fn an_answer_after_the_lease_is_kept_as_a_draft_and_refused() {
    let bench = Bench::new(1, json!({}));
    let (ana, ben) = (bench.person("ana", Role::Annotator), bench.person("ben", Role::Annotator));
    let late = bench.take(&ana);
    bench.wait(1801);
    bench.say(&ben, "use");
    let refused = bench.submit(&ana, &late, json!({ "topic": "order" })).unwrap_err();
    let Error::Conflict { message, .. } = refused else { panic!("{refused}") };
    assert!(message.contains("no longer held") && message.contains("draft"), "{message}");
    let mine = bench.with(|context| work::open(context, &bench.workspace, &ana, D, "m000")).unwrap();
    assert_eq!((mine.status, json!(mine.answers)), (Tab::Draft, json!({ "topic": "order" })));
}

#[test]
fn two_tabs_do_not_overwrite_each_other() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap();
    // The other tab still shows version 0.
    let refused = bench.submit(&ana, &item, json!({ "topic": "order" })).unwrap_err();
    let Error::Conflict { current, .. } = refused else { panic!("{refused}") };
    let current = current.unwrap();
    assert_eq!((current.version, current.answers), (1, json!({ "topic": "use" })));
    let seen = bench.with(|context| work::open(context, &bench.workspace, &ana, D, "m000")).unwrap();
    assert_eq!(bench.submit(&ana, &seen, json!({ "topic": "order" })).unwrap().version, 2);
}

#[test]
fn sending_the_same_twice_counts_once() {
    let bench = Bench::new(2, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    let first = bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap();
    let again = bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap();
    assert_eq!((first.version, again.version), (1, 1));
    assert_eq!(again.counts.submitted, 1);
}

#[test]
fn what_one_skips_goes_to_others_and_never_comes_back() {
    let bench = Bench::new(1, json!({}));
    let (ana, ben) = (bench.person("ana", Role::Annotator), bench.person("ben", Role::Annotator));
    let item = bench.take(&ana);
    let skip = Skip { item: item.item, lease: item.lease, reason: "unclear".into(), ..Skip::default() };
    let done = bench.with(|context| work::skip(context, &bench.workspace, &ana, D, &skip)).unwrap();
    assert_eq!((done.counts.skipped, done.counts.pending), (1, 0));
    assert_eq!(bench.next(&ana, 1).finished.unwrap().why, Why::Waiting);
    bench.say(&ben, "use");
    let tab = bench
        .with(|context| work::history(context, &bench.workspace, &ana, D, Some(Tab::Skipped), None, 10))
        .unwrap();
    assert_eq!(tab.items[0].reason.as_deref(), Some("unclear"));
}

#[test]
fn a_skip_that_comes_too_late_promises_no_draft() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    bench.wait(1801);
    let skip = Skip { item: item.item, lease: item.lease, reason: "unclear".into(), ..Skip::default() };
    let refused = bench.with(|context| work::skip(context, &bench.workspace, &ana, D, &skip)).unwrap_err();
    assert_eq!(refused.to_string(), "m000 is no longer held for you");
}

#[test]
fn the_last_submit_can_be_taken_back() {
    let bench = Bench::new(3, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let first = bench.say(&ana, "use");
    bench.wait(1);
    let second = bench.say(&ana, "order");
    let undo = || bench.with(|context| work::undo(context, &bench.workspace, &ana, D));
    let back = undo().unwrap();
    assert_eq!((&back.item, back.status), (&second, Tab::Draft));
    assert_eq!(json!(back.answers), json!({ "topic": "order" }));
    assert_eq!(undo().unwrap().item, first);
    assert!(matches!(undo(), Err(Error::Conflict { .. })));
    bench.submit(&ana, &back, json!({ "topic": "fault" })).unwrap();
}

#[test]
fn a_draft_saved_in_two_places_is_a_conflict() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    let save = |topic: &str, seen: u64| {
        let draft = Submission {
            item: item.item.clone(),
            draft_version: Some(seen),
            answers: json!({ "topic": topic }),
            ..Submission::default()
        };
        bench.with(|context| work::save_draft(context, &bench.workspace, &ana, D, &draft))
    };
    let first = save("use", 0).unwrap();
    assert!(matches!(save("order", 0), Err(Error::Conflict { current: Some(_), .. })));
    assert!(save("order", first.version).is_ok());
}

#[test]
fn many_rows_are_labelled_at_once_and_taken_back_at_once() {
    let bench = Bench::new(6, json!({}));
    let (ana, ben) = (bench.person("ana", Role::Annotator), bench.person("ben", Role::Annotator));
    let gone = bench.say(&ben, "use");
    let rows = bench.with(|context| work::bulk(context, &bench.workspace, &ana, D, None, None, 50)).unwrap();
    assert_eq!(rows.len(), 5);
    let mut items: Vec<String> = rows.into_iter().map(|row| row.item).collect();
    items.push(gone.clone());
    let done = bench
        .with(|context| {
            work::bulk_submit(context, &bench.workspace, &ana, D, &items, &json!({ "topic": "fault" }), 6000)
        })
        .unwrap();
    assert_eq!((done.submitted.len(), &done.refused[0].item), (5, &gone));
    let back = bench.with(|context| work::bulk_undo(context, &bench.workspace, &ana, D, &done.undo)).unwrap();
    assert_eq!((back.submitted.len(), back.counts.submitted, back.counts.pending), (5, 0, 5));
}

#[test]
fn many_rows_take_no_longer_together_than_they_were_shown() {
    let bench = Bench::new(5, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let say = |items: [&str; 2]| {
        let items = items.map(str::to_string);
        let topic = json!({ "topic": "use" });
        let done = bench
            .with(|context| work::bulk_submit(context, &bench.workspace, &ana, D, &items, &topic, u64::MAX));
        assert_eq!(done.unwrap().submitted.len(), 2);
        let board = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
        (board.hours_spent * 3600.0).round()
    };
    bench.with(|context| work::bulk(context, &bench.workspace, &ana, D, None, None, 50)).unwrap();
    bench.wait(60);
    assert_eq!(say(["m000", "m001"]), 60.0);
    bench.wait(8);
    assert_eq!(say(["m002", "m003"]), 68.0, "what was counted is not counted again");
}

#[test]
fn what_is_taken_back_at_once_is_what_was_answered_at_once() {
    let bench = Bench::new(4, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let items = ["m000".to_string(), "m001".to_string()];
    let topic = json!({ "topic": "fault" });
    let done = bench
        .with(|context| work::bulk_submit(context, &bench.workspace, &ana, D, &items, &topic, 0))
        .unwrap();
    let later = bench.say(&ana, "use");
    let mine = bench.with(|context| work::open(context, &bench.workspace, &ana, D, "m001")).unwrap();
    bench.submit(&ana, &mine, json!({ "topic": "order" })).unwrap();
    let undo =
        || bench.with(|context| work::bulk_undo(context, &bench.workspace, &ana, D, &done.undo)).unwrap();
    let back = undo();
    assert_eq!(back.submitted, ["m000"]);
    let why: Vec<_> = back.refused.iter().map(|it| (it.item.as_str(), it.message.as_str())).collect();
    assert_eq!(why, [("m001", "it was changed since")]);
    assert_eq!((undo().submitted.len(), back.counts.submitted), (0, 2), "{later} and m001 stay");
}

#[test]
fn answers_that_fit_none_of_many_rows_leave_nothing_held() {
    let bench = Bench::new(4, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let held = bench.take(&ana);
    let items: Vec<String> = (0..4).map(|place| format!("m{place:03}")).collect();
    let rain = json!({ "topic": "rain" });
    let done = bench
        .with(|context| work::bulk_submit(context, &bench.workspace, &ana, D, &items, &rain, 0))
        .unwrap();
    assert_eq!((done.submitted.len(), done.refused.len()), (0, 4));
    let next = bench.next(&ana, 1);
    assert_eq!((next.items.len(), &next.items[0].item, &next.items[0].lease), (1, &held.item, &held.lease));
}

#[test]
fn who_is_paused_answers_no_rows_at_once() {
    let bench = Bench::new(2, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    bench
        .with(|context| review::pause(context, &bench.workspace, &me(), D, "ana", Some("too fast")))
        .unwrap();
    let items = ["m000".to_string()];
    let topic = json!({ "topic": "use" });
    let done = bench
        .with(|context| work::bulk_submit(context, &bench.workspace, &ana, D, &items, &topic, 0))
        .unwrap();
    assert_eq!((done.submitted.len(), done.refused.len()), (0, 1));
}

#[test]
fn a_row_that_is_not_free_any_more_says_why() {
    let bench = Bench::new(5, json!({}));
    let (ana, ben) = (bench.person("ana", Role::Annotator), bench.person("ben", Role::Annotator));
    let full = bench.say(&ben, "use");
    let held = bench.take(&ben).item;
    let said = bench.say(&ana, "use");
    let skipped = bench.take(&ana);
    let reason = "unclear".to_string();
    let skip = Skip { item: skipped.item.clone(), lease: skipped.lease, reason, ..Skip::default() };
    bench.with(|context| work::skip(context, &bench.workspace, &ana, D, &skip)).unwrap();
    let items = [full.clone(), held.clone(), said.clone(), skipped.item.clone(), "m9".to_string()];
    let answer = || {
        let topic = json!({ "topic": "fault" });
        let done =
            bench.with(|context| work::bulk_submit(context, &bench.workspace, &ana, D, &items, &topic, 0));
        done.unwrap()
    };
    let why: Vec<String> = answer().refused.into_iter().map(|row| row.message).collect();
    let expected = [
        format!("{full} has all the answers it needs"),
        format!("{held} is in the hands of others for now"),
        format!("you have answered {said} already"),
        format!("you skipped {}", skipped.item),
    ];
    assert_eq!(why[..4], expected);
    assert!(why[4].contains("m9") && why.len() == 5, "what never was is told so still: {why:?}");
    bench.with(|context| review::pause(context, &bench.workspace, &me(), D, "ana", Some("slow"))).unwrap();
    assert_eq!(answer().refused[1].message, "your work here is paused");
}

#[test]
fn who_was_never_given_an_item_writes_and_reads_nothing_of_it() {
    let bench = Bench::new(2, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let topic = json!({ "topic": "use" });
    let given =
        Submission { item: "m001".into(), lease: Some("1".into()), answers: topic, ..Submission::default() };
    let drafted = bench.with(|context| work::save_draft(context, &bench.workspace, &ana, D, &given));
    assert!(matches!(drafted, Err(Error::Conflict { kept: false, .. })));
    let submitted = bench.with(|context| work::submit(context, &bench.workspace, &ana, D, &given));
    assert!(matches!(submitted, Err(Error::Conflict { kept: false, .. })));
    let read = bench.with(|context| work::open(context, &bench.workspace, &ana, D, "m001").map(drop));
    let heard = bench.with(|context| work::comments(context, &bench.workspace, &ana, D, "m001").map(drop));
    assert!(matches!((read, heard), (Err(Error::Missing { .. }), Err(Error::Missing { .. }))));
    // What they held once and lost, they may still write about.
    let lost = bench.take(&ana);
    bench.wait(1801);
    bench.next(&bench.person("ben", Role::Annotator), 1);
    let mine = Submission { item: lost.item, answers: json!({ "topic": "use" }), ..Submission::default() };
    bench.with(|context| work::save_draft(context, &bench.workspace, &ana, D, &mine)).unwrap();
}

#[test]
fn a_first_draft_that_comes_after_its_submit_is_not_kept() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    bench.submit(&ana, &item, json!({ "topic": "use" })).unwrap();
    let late = Submission {
        item: item.item.clone(),
        version: Some(0),
        draft_version: Some(0),
        answers: json!({ "topic": "order" }),
        ..Submission::default()
    };
    let refused =
        bench.with(|context| work::save_draft(context, &bench.workspace, &ana, D, &late)).unwrap_err();
    let Error::Conflict { current: Some(current), .. } = refused else { panic!("{refused}") };
    assert_eq!((current.version, current.answers), (1, json!({ "topic": "use" })));
}

#[test]
fn another_answer_with_the_same_lease_replaces_nothing_unseen() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    let say = |topic: &str, version| {
        let (item, lease, answers) = (item.item.clone(), item.lease.clone(), json!({ "topic": topic }));
        let given = Submission { item, lease, version, answers, ..Submission::default() };
        bench.with(|context| work::submit(context, &bench.workspace, &ana, D, &given))
    };
    let kept = || {
        let mine = bench.with(|context| work::open(context, &bench.workspace, &ana, D, &item.item)).unwrap();
        mine.version
    };
    assert_eq!(say("use", None).unwrap().version, 1);
    assert_eq!(say("use", None).unwrap().version, 1, "sent twice is said once");
    let refused = say("order", None).unwrap_err();
    assert!(refused.to_string().contains("answered m000 already"), "{refused}");
    let Error::Conflict { current: Some(current), kept: true, .. } = refused else { panic!("{refused}") };
    assert_eq!((current.version, current.answers, kept()), (1, json!({ "topic": "use" }), 1));
    assert_eq!(say("order", Some(1)).unwrap().version, 2);
}

#[test]
fn numbers_too_large_to_be_meant_are_taken_for_the_largest_or_refused() {
    let bench = Bench::new(3, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let mine = |item: &work::ItemView, version, lease: Option<String>| {
        let answers = json!({ "topic": "use" });
        let (item, active_ms) = (item.item.clone(), u64::MAX);
        let given = Submission { item, lease, version, answers, active_ms, ..Submission::default() };
        bench.with(|context| work::submit(context, &bench.workspace, &ana, D, &given))
    };
    // Twice: the sum must fit, too.
    let first = bench.take(&ana);
    mine(&first, None, first.lease.clone()).unwrap();
    let second = bench.take(&ana);
    mine(&second, None, second.lease.clone()).unwrap();
    assert!(matches!(mine(&first, Some(1 << 32 | 1), None), Err(Error::Conflict { .. })));
    let (third, huge) = (bench.take(&ana), u64::MAX.to_string());
    assert!(matches!(mine(&third, None, Some(huge.clone())), Err(Error::Request { .. })));
    let held = [(third.item, huge)];
    let alive =
        bench.with(|context| work::heartbeat(context, &bench.workspace, &ana, D, &held)).unwrap().items;
    assert_eq!(alive[0].lease, None);
    let before = Some(u64::MAX);
    let past =
        bench.with(|context| work::history(context, &bench.workspace, &ana, D, None, before, 9)).unwrap();
    assert_eq!(past.items.len(), 2);
    let log =
        bench.with(|context| engraft_app::people::log(context, &bench.workspace, &me(), before, usize::MAX));
    assert!(!log.unwrap().is_empty());
}

#[test]
fn answers_that_do_not_fit_name_their_question() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    let Err(Error::Problems { problems, .. }) = bench.submit(&ana, &item, json!({ "topic": "rain" })) else {
        panic!("accepted")
    };
    assert_eq!(problems[0].at, "topic");
    let Err(Error::Problems { problems, .. }) = bench.submit(&ana, &item, json!({})) else {
        panic!("accepted")
    };
    assert_eq!(problems[0].at, "topic");
}

#[test]
fn what_a_model_is_least_sure_of_comes_first() {
    let bench = Bench::new(0, json!({}));
    let scores = [0.99, 0.4, 0.7];
    let lines = scores.iter().enumerate().map(|(place, score)| {
        let mut line = crate::bench::record(place);
        line["suggestions"] = json!([{ "model": "m1", "score": score, "answers": { "topic": "use" } }]);
        line.to_string()
    });
    bench.import(&lines.collect::<Vec<_>>().join("\n"));
    let order = |strategy| {
        let done =
            bench.with(|context| dataset::arrange(context, &bench.workspace, &me(), D, strategy, 0)).unwrap();
        assert_eq!((done.items, done.suggested), (3, 3));
    };
    order(Strategy::Uncertainty);
    let ana = bench.person("ana", Role::Annotator);
    let next = bench.next(&ana, 3);
    let names: Vec<&str> = next.items.iter().map(|item| item.item.as_str()).collect();
    assert_eq!(names, ["m001", "m002", "m000"]);
}

#[test]
fn similar_items_are_found_by_their_words() {
    let bench = Bench::empty();
    let lines = ["the red lamp blinks", "the lamp blinks red at night", "a price list please"];
    let lines = lines.iter().enumerate();
    let lines: Vec<String> = lines
        .map(|(place, text)| json!({ "id": format!("m{place}"), "fields": { "message": text } }).to_string())
        .collect();
    bench
        .with(|context| {
            let schema = crate::bench::schema(json!({})).to_string();
            engraft_app::dataset::create(context, &bench.workspace, &me(), D, &schema)
        })
        .unwrap();
    bench.import(&lines.join("\n"));
    let ana = bench.person("ana", Role::Annotator);
    let found = bench.with(|context| work::similar(context, &bench.workspace, &ana, D, "m0", 2)).unwrap();
    let names: Vec<&str> = found.iter().map(|row| row.item.as_str()).collect();
    assert_eq!(names, ["m1", "m2"]);
    assert!(found[0].score > found[1].score);
    let rows = |item| {
        let rows = bench.with(|context| work::alike(context, &bench.workspace, &ana, D, item, 9)).unwrap();
        rows.into_iter().map(|row| row.item).collect::<Vec<_>>()
    };
    assert_eq!(rows("m2"), ["m2", "m0", "m1"], "all that is open, with the item itself");
    bench.say(&ana, "use");
    assert_eq!(rows("m0"), ["m1", "m2"], "but nothing that was answered");
}
