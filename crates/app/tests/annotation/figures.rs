//! Figures of a dashboard, and the items behind them.

use engraft_app::people::Role;
use engraft_app::{review, work};
use serde_json::{Value, json};

use crate::bench::{Bench, D, me};
use crate::review::two;

#[test]
fn a_cell_of_the_matrix_opens_its_items() {
    let bench = Bench::new(3, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    for (one, other) in [("use", "order"), ("use", "use"), ("order", "use")] {
        let item = bench.say(&ana, one);
        assert_eq!(bench.say(&ben, other), item);
    }
    let items = |label: &str, other: &str, state: Option<&str>| {
        let filter = review::ItemFilter {
            question: Some("topic".into()),
            label: Some(label.into()),
            other: Some(other.into()),
            state: state.map(str::to_string),
            ..review::ItemFilter::default()
        };
        let found =
            bench.with(|context| review::items(context, &bench.workspace, &me(), D, &filter)).unwrap();
        found.items.into_iter().map(|row| format!("{} {}", row.item, row.state)).collect::<Vec<_>>()
    };
    assert_eq!(items("use", "order", None), ["m000 conflict", "m002 conflict"]);
    assert_eq!(items("order", "use", None).len(), 2, "in either order");
    assert_eq!(items("use", "use", None), ["m001 resolved"]);
    assert_eq!(items("use", "order", Some("resolved")), [""; 0]);
    let dashboard = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    for cell in &dashboard.matrices[0].cells {
        assert_eq!(items(&cell.a, &cell.b, None).len() as u64, cell.pairs, "{cell:?}");
    }
}

#[test]
fn every_figure_of_a_person_opens_the_items_behind_it() {
    let bench = Bench::new(0, json!({ "distribution": { "overlap": 2 } }));
    let lines = (0..6).map(|place| {
        let mut line = crate::bench::record(place);
        line["suggestions"] = json!([{ "model": "m1", "answers": { "topic": "use" } }]);
        line.to_string()
    });
    let gold = json!({ "id": "g", "fields": { "message": "known" }, "gold": { "topic": "use" } }).to_string();
    bench.import(&lines.chain([gold]).collect::<Vec<_>>().join("\n"));
    let (ana, ben) = two(&bench);
    let item = bench.say(&ana, "use");
    let skipped = bench.take(&ana);
    let skip = work::Skip { item: skipped.item, lease: skipped.lease, ..work::Skip::default() };
    let skip = work::Skip { reason: "unclear".into(), ..skip };
    bench.with(|context| work::skip(context, &bench.workspace, &ana, D, &skip)).unwrap();
    bench.wait(24 * 3600);
    for topic in ["use", "order", "use"] {
        bench.say(&ana, topic);
    }
    for topic in ["use", "order"] {
        bench.say(&ben, topic);
    }
    bench.with(|context| work::bulk(context, &bench.workspace, &ana, D, None, None, 9)).unwrap();
    bench.wait(1);
    bench
        .with(|context| {
            work::bulk_submit(
                context,
                &bench.workspace,
                &ana,
                D,
                &["g".into()],
                &json!({ "topic": "use" }),
                9,
            )
        })
        .unwrap();
    let items = |filter: Value| {
        let filter: review::ItemFilter = serde_json::from_value(filter).unwrap();
        let found = bench.with(|context| review::items(context, &bench.workspace, &me(), D, &filter));
        found.unwrap().items.into_iter().map(|row| row.item).collect::<Vec<_>>()
    };
    let dashboard = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    for row in &dashboard.people {
        let count = |more: Value| {
            let mut filter = json!({ "user": row.user });
            filter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            items(filter).len() as u64
        };
        let n = |share: &Option<engraft_app::Metric>| share.as_ref().map_or(0, |share| share.n as u64);
        assert_eq!(count(json!({ "status": "submitted" })), row.submitted, "{row:?}");
        assert_eq!(count(json!({ "today": true })), row.today, "{row:?}");
        assert_eq!(count(json!({ "status": "skipped" })), row.skipped, "{row:?}");
        assert_eq!(count(json!({ "state": "gold", "status": "submitted" })), n(&row.gold), "{row:?}");
        assert_eq!(count(json!({ "behind": "agrees" })), n(&row.agrees), "one question, two people: {row:?}");
        assert_eq!(count(json!({ "behind": "accepted" })), n(&row.accepted), "{row:?}");
        assert_eq!(count(json!({ "behind": "speed" })), row.submitted, "all of them took some time: {row:?}");
    }
    let [first, _] = &dashboard.people[..] else { panic!("{:?}", dashboard.people) };
    assert_eq!((first.submitted, first.today, first.skipped), (5, 4, 1), "the figures are not all the same");
    let question = json!({ "question": "topic", "behind": "agreement" });
    assert_eq!((items(question).len(), dashboard.agreement[0].used), (2, 2));
    assert_eq!(dashboard.agreement[0].items, 2);
    let flag = |text| {
        bench.with(|context| work::comment(context, &bench.workspace, &ana, D, &item, text, true)).unwrap();
    };
    flag("one");
    flag("two");
    let dashboard = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    assert_eq!(items(json!({ "flagged": true })).len() as u64, dashboard.items.flagged);
}

#[test]
fn a_figure_of_many_answers_says_how_many_items_it_opens() {
    let label = |name: &str| json!({ "name": name, "type": "label", "options": ["fault", "order", "use"] });
    let more = json!({ "distribution": { "overlap": 3 }, "questions": [label("topic"), label("next")] });
    let bench = Bench::new(0, more);
    let lines = (0..2).map(|place| {
        let mut line = crate::bench::record(place);
        line["suggestions"] = json!([{ "model": "m1", "answers": { "topic": "use", "next": "use" } }]);
        line.to_string()
    });
    bench.import(&lines.collect::<Vec<_>>().join("\n"));
    let (ana, ben) = two(&bench);
    let cleo = bench.person("cleo", Role::Annotator);
    for who in [&ana, &ben, &cleo] {
        for _ in 0..2 {
            let item = bench.take(who);
            bench.submit(who, &item, json!({ "topic": "use", "next": "order" })).unwrap();
        }
    }
    let items = |filter: Value| {
        let filter: review::ItemFilter = serde_json::from_value(filter).unwrap();
        let found = bench.with(|context| review::items(context, &bench.workspace, &me(), D, &filter));
        found.unwrap().items.len() as u64
    };
    let dashboard = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    for row in &dashboard.people {
        let n = |share: &Option<engraft_app::Metric>| share.as_ref().map_or(0, |share| share.n);
        assert_eq!(
            (n(&row.agrees), n(&row.accepted)),
            (8, 4),
            "two others, two questions, two items: {row:?}"
        );
        assert_eq!((row.agrees_items, row.accepted_items), (2, 2), "{row:?}");
        // Eight answers that are all the same say no more than the two items they are to.
        let agrees = row.agrees.as_ref().unwrap();
        assert_eq!(agrees.value, Some(1.0));
        assert!((agrees.low.unwrap() - 0.3424).abs() < 1e-4, "Wilson's interval of 2 of 2: {agrees:?}");
        let accepted = row.accepted.as_ref().unwrap();
        assert!(accepted.low.unwrap() < 0.1 && accepted.high.unwrap() > 0.65, "{accepted:?}");
        assert_eq!(items(json!({ "user": row.user, "behind": "agrees" })), row.agrees_items);
        assert_eq!(items(json!({ "user": row.user, "behind": "accepted" })), row.accepted_items);
    }
    let cell = &dashboard.matrices[0].cells[0];
    assert_eq!((cell.pairs, cell.items.len()), (6, 2), "three pairs of people an item");
}
