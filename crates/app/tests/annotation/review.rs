//! Reviewing: what agrees is settled, what does not is decided blind, a third person is asked when that helps.

use engraft_app::people::{Principal, Role};
use engraft_app::work::Tab;
use engraft_app::{Error, Method, dataset, review, work};
use serde_json::{Value, json};

use crate::bench::{Bench, D, me};

pub(crate) fn two(bench: &Bench) -> (Principal, Principal) {
    (bench.person("ana", Role::Annotator), bench.person("ben", Role::Annotator))
}

fn state(bench: &Bench, item: &str) -> Value {
    let item = bench.with(|context| review::item(context, &bench.workspace, &me(), D, item)).unwrap();
    json!([
        item.responses.len(),
        item.resolution.map(|resolution| json!([resolution.source, resolution.answers]))
    ])
}

#[test]
fn unanimous_answers_become_the_resolution_at_once() {
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    bench.say(&ana, "use");
    assert_eq!(state(&bench, "m000"), json!([1, null]));
    bench.say(&ben, "use");
    assert_eq!(state(&bench, "m000"), json!([2, ["agreed", { "topic": "use" }]]));
}

#[test]
fn a_quorum_becomes_the_resolution_at_once_and_the_rest_is_a_conflict() {
    for (said, settled) in [
        (["use", "order", "use"], json!([3, ["agreed", { "topic": "use" }]])),
        (["use", "order", "fault"], json!([3, null])),
    ] {
        let merge = json!({ "distribution": { "overlap": 3 }, "merge": { "policy": "quorum", "quorum": 2 } });
        let bench = Bench::new(1, merge);
        for (name, answer) in ["ana", "ben", "cleo"].into_iter().zip(said) {
            bench.say(&bench.person(name, Role::Annotator), answer);
        }
        assert_eq!(state(&bench, "m000"), settled);
    }
}

#[test]
fn a_conflict_is_decided_without_names_and_closes_the_item() {
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    bench.say(&ana, "use");
    bench.say(&ben, "order");
    let rita = bench.person("rita", Role::Reviewer);
    let shown = bench.with(|context| {
        let list = review::conflicts(context, &bench.workspace, &rita, D, None, 10).unwrap();
        assert_eq!((list.total, list.items[0].questions.as_slice()), (1, ["topic".to_string()].as_slice()));
        review::conflict(context, &bench.workspace, &rita, D, &list.items[0].item).unwrap()
    });
    let text = serde_json::to_string(&shown).unwrap();
    assert!(!text.contains("ana") && !text.contains("ben"), "{text}");
    assert_eq!(shown.sides.iter().map(|side| side.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);

    let decide = |version| {
        let decision = review::Decision {
            item: "m000".into(),
            answers: json!({ "topic": "use" }),
            version: Some(version),
        };
        bench.with(|context| review::decide(context, &bench.workspace, &rita, D, &decision))
    };
    assert!(matches!(decide(shown.version + 1), Err(Error::Conflict { .. })));
    assert_eq!(decide(shown.version).unwrap().left, 0);
    assert_eq!(state(&bench, "m000"), json!([2, ["adjudicated", { "topic": "use" }]]));
    // What was reviewed is no longer changed.
    let seen = bench.with(|context| work::open(context, &bench.workspace, &ben, D, "m000")).unwrap();
    assert!(seen.read_only);
    assert!(matches!(bench.submit(&ben, &seen, json!({ "topic": "use" })), Err(Error::Conflict { .. })));
}

#[test]
fn an_older_page_does_not_decide_over_a_newer_decision() {
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    bench.say(&ana, "use");
    bench.say(&ben, "order");
    let (rita, rolf) = (bench.person("rita", Role::Reviewer), bench.person("rolf", Role::Reviewer));
    let open = |who| {
        bench.with(|context| review::conflict(context, &bench.workspace, who, D, "m000")).unwrap().version
    };
    let decide = |who, topic: &str, version| {
        let answers = json!({ "topic": topic });
        let decision = review::Decision { item: "m000".into(), answers, version: Some(version) };
        bench.with(|context| review::decide(context, &bench.workspace, who, D, &decision))
    };
    let (hers, his) = (open(&rita), open(&rolf));
    decide(&rita, "use", hers).unwrap();
    let Err(Error::Conflict { current: Some(current), kept: false, .. }) = decide(&rolf, "order", his) else {
        panic!("his page shows what was before her decision");
    };
    assert_eq!((current.version, &current.answers), (1, &json!({ "topic": "use" })));
    assert_eq!(state(&bench, "m000"), json!([2, ["adjudicated", { "topic": "use" }]]));
    // Whoever looks again may decide anew.
    let again = open(&rolf);
    decide(&rolf, "order", again).unwrap();
    assert_eq!(state(&bench, "m000"), json!([2, ["adjudicated", { "topic": "order" }]]));
}

#[test]
fn the_cost_is_active_hours_at_the_rate_and_only_for_leads() {
    let bench = Bench::new(2, json!({}));
    let (ana, _) = two(&bench);
    let item = bench.say(&ana, "use");
    let show =
        |who: &Principal| bench.with(|context| review::dashboard(context, &bench.workspace, who, D)).unwrap();
    assert_eq!(show(&me()).cost, None);
    let rate = |rate| bench.with(|context| review::set_rate(context, &bench.workspace, &me(), D, rate));
    rate(Some((36.0, " eur "))).unwrap();
    // Five seconds at a cent a second.
    let seen = show(&me());
    let cost = seen.cost.unwrap();
    assert_eq!((cost.currency.as_str(), cost.hourly_rate), ("EUR", 36.0));
    let near = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-9, "{value} of {expected}");
    near(cost.spent, 0.05);
    near(cost.per_resolved.unwrap(), 0.05);
    near(cost.left.unwrap(), 0.05);
    near(seen.people[0].cost.unwrap(), 0.05);
    // Who changes an answer says how long they were at it in all; what was counted is not counted again.
    let again = bench.with(|context| work::open(context, &bench.workspace, &ana, D, &item)).unwrap();
    assert_eq!(again.active_ms, 5000);
    let longer = |version, topic, active_ms| {
        let (item, answers) = (item.clone(), json!({ "topic": topic }));
        let given = work::Submission { item, version, answers, active_ms, ..work::Submission::default() };
        bench.with(|context| work::submit(context, &bench.workspace, &ana, D, &given)).unwrap().version
    };
    bench.wait(5);
    let version = longer(Some(again.version), "order", 7000);
    near(show(&me()).cost.unwrap().spent, 0.07);
    // Nobody is paid for more time than passed.
    bench.wait(1);
    longer(Some(version), "use", u64::MAX);
    near(show(&me()).cost.unwrap().spent, 0.08);
    assert_eq!(show(&bench.person("vera", Role::Viewer)).cost, None, "a viewer hears of no money");
    for wrong in [(0.0, "EUR"), (f64::NAN, "EUR"), (1.0, "euros"), (1.0, "€uro")] {
        assert!(matches!(rate(Some(wrong)), Err(Error::Request { .. })), "{wrong:?}");
    }
    rate(None).unwrap();
    assert_eq!(show(&me()).cost, None);
}

#[test]
fn one_person_more_is_asked_while_it_is_not_sure_and_nobody_beyond_the_most() {
    let rule = json!({ "distribution": { "overlap": 2, "max_overlap": 3, "until_posterior": 0.8 },
        "merge": { "policy": "posterior", "least": 0.8 } });
    let bench = Bench::new(2, rule);
    let (ana, ben) = two(&bench);
    let cleo = bench.person("cleo", Role::Annotator);
    let (sure, torn) = (bench.say(&ana, "use"), bench.say(&ana, "use"));
    for (item, topic) in [(&sure, "use"), (&torn, "order")] {
        let taken = bench.take(&ben);
        assert_eq!(taken.item, *item);
        bench.submit(&ben, &taken, json!({ "topic": topic })).unwrap();
    }
    let third = bench.take(&cleo);
    assert_eq!(third.item, torn, "only the item in doubt goes to a third person");
    bench.submit(&cleo, &third, json!({ "topic": "use" })).unwrap();
    assert_eq!(state(&bench, &torn), json!([3, ["aggregated", { "topic": "use" }]]));
    assert_eq!(bench.next(&bench.person("dora", Role::Annotator), 1).items.len(), 0);
}

#[test]
fn changing_an_answer_reopens_what_it_had_settled() {
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    bench.say(&ana, "use");
    bench.say(&ben, "use");
    let seen = bench.with(|context| work::open(context, &bench.workspace, &ben, D, "m000")).unwrap();
    bench.submit(&ben, &seen, json!({ "topic": "order" })).unwrap();
    assert_eq!(state(&bench, "m000"), json!([2, null]));
    let list =
        bench.with(|context| review::conflicts(context, &bench.workspace, &me(), D, None, 10)).unwrap();
    assert_eq!(list.total, 1);
}

#[test]
fn an_answer_given_back_waits_for_its_author_with_the_reason() {
    let bench = Bench::new(1, json!({}));
    let (ana, ben) = two(&bench);
    bench.say(&ana, "use");
    bench
        .with(|context| review::return_to(context, &bench.workspace, &me(), D, "m000", "ana", "see rule 2"))
        .unwrap();
    assert_eq!(bench.next(&ben, 1).items.len(), 0, "it waits for ana alone");
    let tab = bench
        .with(|context| work::history(context, &bench.workspace, &ana, D, Some(Tab::Returned), None, 10))
        .unwrap();
    assert_eq!((tab.counts.returned, tab.items[0].reason.as_deref()), (1, Some("see rule 2")));
    let item = bench.with(|context| work::open(context, &bench.workspace, &ana, D, "m000")).unwrap();
    assert_eq!((item.status, item.returned.as_deref()), (Tab::Returned, Some("see rule 2")));
    bench.submit(&ana, &item, json!({ "topic": "order" })).unwrap();
    let counts = bench.with(|context| work::counts(context, &bench.workspace, &ana, D)).unwrap();
    assert_eq!((counts.returned, counts.submitted), (0, 1));
}

#[test]
fn resolving_weighs_all_answers_and_leaves_doubt_to_a_reviewer() {
    let bench = Bench::new(4, json!({ "distribution": { "overlap": 3 } }));
    let people: Vec<_> = ["ana", "ben", "cleo"].map(|name| bench.person(name, Role::Annotator)).into();
    for (place, who) in people.iter().enumerate() {
        for item in 0..4 {
            bench.say(who, if place == 2 && item == 3 { "order" } else { "use" });
        }
    }
    let resolve = |all| {
        let request = review::ResolveRequest { method: Method::Majority, question: None, all, seed: 0 };
        bench.with(|context| review::resolve(context, &bench.workspace, &me(), D, &request)).unwrap()
    };
    let report = resolve(false);
    assert_eq!((report.question.as_str(), report.items.len(), report.workers.len()), ("topic", 4, 3));
    assert_eq!((report.written.agreed, report.written.left), (0, 1), "three were settled when they came in");
    assert_eq!((resolve(true).written.aggregated, resolve(true).written.left), (1, 0));
}

#[test]
fn the_dashboard_counts_and_names_the_items_behind_each_cell() {
    let bench = Bench::new(3, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    for (one, other) in [("use", "use"), ("use", "order"), ("fault", "fault")] {
        bench.say(&ana, one);
        bench.say(&ben, other);
    }
    let board =
        |who: &Principal| bench.with(|context| review::dashboard(context, &bench.workspace, who, D)).unwrap();
    let all = board(&me());
    assert_eq!((all.items.total, all.items.resolved, all.items.conflicts, all.responses), (3, 2, 1, 6));
    let cell = all.matrices[0].cells.iter().find(|cell| cell.a != cell.b).unwrap();
    assert_eq!((cell.a.as_str(), cell.b.as_str(), cell.pairs), ("order", "use", 1));
    assert_eq!(cell.items.len(), 1);
    assert_eq!(all.people.len(), 2);
    assert_eq!(all.people[0].agrees.as_ref().unwrap().n, 3);
    assert!(all.agreement[0].metric.value.unwrap() > 0.0);
    // A viewer sees numbers, no people and no items.
    let seen = board(&bench.person("vera", Role::Viewer));
    assert_eq!(
        (seen.people.len(), seen.matrices[0].cells.iter().map(|cell| cell.items.len()).sum()),
        (0, 0usize)
    );
    assert_eq!(seen.agreement, all.agreement);
}

#[test]
fn guidelines_say_what_changed_since_one_read_them() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let read = || bench.with(|context| work::guidelines(context, &bench.workspace, &ana, D)).unwrap();
    let first = read();
    assert!(first.changed && first.before.is_none());
    bench.with(|context| work::acknowledge(context, &bench.workspace, &ana, D, &first.version)).unwrap();
    assert!(!read().changed);
    let schema = crate::bench::schema(json!({ "guidelines": "Ask twice." })).to_string();
    bench.with(|context| dataset::set_schema(context, &bench.workspace, &me(), D, &schema)).unwrap();
    let changed = read();
    let now: Vec<&str> = changed.text.lines().skip(1).collect();
    let was = [vec!["Ask what has to happen next."], now].concat().join("\n");
    assert_eq!((changed.changed, changed.before), (true, Some(was)), "nothing but the guidelines");
    assert!(
        bench.with(|context| work::acknowledge(context, &bench.workspace, &ana, D, &first.version)).is_err()
    );
}

#[test]
fn what_options_mean_is_part_of_the_guidelines_and_of_what_changed() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let read = || bench.with(|context| work::guidelines(context, &bench.workspace, &ana, D)).unwrap();
    let set = |more: Value| {
        let schema = crate::bench::schema(more).to_string();
        bench.with(|context| dataset::set_schema(context, &bench.workspace, &me(), D, &schema)).unwrap();
    };
    let asked = |example: &str| {
        let fault =
            json!({ "value": "fault", "text": "Fault", "description": "It broke", "example": example });
        json!([{ "name": "topic", "title": "What is it about?", "type": "label", "options": [fault, "use"] }])
    };
    set(json!({ "questions": asked("No light") }));
    let now = read();
    let meanings = [("Fault".to_string(), "It broke · For example: No light".to_string())];
    assert_eq!(
        (now.meanings[0].question.as_str(), now.meanings[0].options.as_slice()),
        ("What is it about?", &meanings[..])
    );
    bench.with(|context| work::acknowledge(context, &bench.workspace, &ana, D, &now.version)).unwrap();
    set(json!({ "questions": asked("No light"), "distribution": { "overlap": 2 } }));
    assert!(!read().changed, "nothing that people read is different");
    let told = || bench.with(|context| work::queues(context, &bench.workspace, &ana)).unwrap();
    assert!(!told()[0].guidelines_changed, "nor are they told so");
    set(json!({ "questions": asked("It hums") }));
    let changed = read();
    assert!(told()[0].guidelines_changed);
    let line = "What is it about? – Fault: It broke · For example: No light";
    assert!(changed.before.unwrap().lines().any(|was| was == line));
}

#[test]
fn a_new_option_another_title_and_other_help_are_changes_too() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", Role::Annotator);
    let read = || bench.with(|context| work::guidelines(context, &bench.workspace, &ana, D)).unwrap();
    let check = |question: Value, line: &str| {
        let schema = crate::bench::schema(json!({ "questions": [question] })).to_string();
        bench.with(|context| dataset::set_schema(context, &bench.workspace, &me(), D, &schema)).unwrap();
        let now = read();
        assert!(now.changed, "{line}");
        assert!(now.text.lines().any(|new| new == line), "{}", now.text);
        bench.with(|context| work::acknowledge(context, &bench.workspace, &ana, D, &now.version)).unwrap();
        assert!(!read().changed, "{line}");
    };
    let asked = |title: &str, help: &str, options: &[&str]| json!({ "name": "topic", "title": title, "help": help, "type": "label", "options": options });
    check(asked("Topic", "Choose one.", &["fault", "use"]), "Topic – use");
    check(asked("Topic", "Choose one.", &["fault", "use", "order"]), "Topic – order");
    check(asked("Topic", "Choose the first.", &["fault", "use", "order"]), "Topic – Choose the first.");
    check(asked("Subject", "Choose the first.", &["fault", "use", "order"]), "Subject");
    let tree = |leaf: &str| json!({ "name": "topic", "type": "taxonomy", "options": [{ "value": "A", "children": [{ "value": leaf }] }] });
    check(tree("B"), "topic – A – B");
    check(tree("C"), "topic – A – C");
}

/// A dataset of one text with names and links, answered by two people; what each said.
fn linked(ana: Value, ben: Value) -> Bench {
    let bench = Bench::empty();
    let schema = json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [
            { "name": "names", "type": "spans", "field": "text", "options": ["PER", "ORG"] },
            { "name": "links", "type": "relations", "spans": "names", "options": ["owns", "works for"], "required": false },
        ],
        "distribution": { "overlap": 2 },
    });
    bench.with(|context| dataset::create(context, &bench.workspace, &me(), D, &schema.to_string())).unwrap();
    bench.import(&json!({ "id": "m", "fields": { "text": "Ana owns Sony in Lima." } }).to_string());
    for (name, said) in [("ana", ana), ("ben", ben)] {
        let who = bench.person(name, Role::Annotator);
        let item = bench.take(&who);
        bench.submit(&who, &item, said).unwrap();
    }
    bench
}

fn span(id: &str, start: usize, end: usize, label: &str) -> Value {
    json!({ "id": id, "char_start": start, "char_end": end, "label": label })
}

/// What the arrows of a decision join, in words.
fn joined(answers: &engraft_app::annotate::Answers) -> Vec<String> {
    use engraft_app::annotate::Answer::{Relations, Spans};
    let (Some(Spans(spans)), Some(Relations(arrows))) = (answers.get("names"), answers.get("links")) else {
        return Vec::new();
    };
    let quote = |id: &str| spans.iter().find(|span| span.id == id).unwrap().quote.as_str();
    arrows.iter().map(|one| format!("{} {} {}", quote(&one.from), one.label, quote(&one.to))).collect()
}

#[test]
fn arrows_that_a_reviewer_picks_join_what_they_joined_whatever_the_parts_were_called() {
    // Ana marked Sony first: her s2 is Ben's s1, and what all agree on is named by place.
    let bench = linked(
        json!({ "names": [span("s1", 9, 13, "ORG"), span("s2", 0, 3, "PER")],
            "links": [{ "from": "s2", "to": "s1", "label": "owns" }] }),
        json!({ "names": [span("s1", 0, 3, "PER"), span("s2", 9, 13, "ORG")],
            "links": [{ "from": "s1", "to": "s2", "label": "works for" }] }),
    );
    let rita = bench.person("rita", Role::Reviewer);
    let view = bench.with(|context| review::conflict(context, &bench.workspace, &rita, D, "m")).unwrap();
    assert_eq!(view.open, ["links"]);
    for side in &view.sides {
        let label = if joined(&side.answers)[0].contains("owns") { "owns" } else { "works for" };
        assert_eq!(joined(&side.answers), [format!("Ana {label} Sony")]);
        let answers = json!({ "links": side.answers["links"] });
        let seen = bench.with(|context| review::conflict(context, &bench.workspace, &rita, D, "m")).unwrap();
        let decision = review::Decision { item: "m".into(), answers, version: Some(seen.version) };
        let decided =
            bench.with(|context| review::decide(context, &bench.workspace, &rita, D, &decision)).unwrap();
        assert_eq!(joined(&decided.resolution.answers), [format!("Ana {label} Sony")]);
    }
}

#[test]
fn a_decision_whose_arrow_has_lost_an_end_is_refused() {
    let bench = linked(
        json!({ "names": [span("s1", 9, 13, "ORG"), span("s2", 0, 3, "PER")],
            "links": [{ "from": "s2", "to": "s1", "label": "owns" }] }),
        json!({ "names": [span("s1", 17, 21, "ORG"), span("s2", 0, 3, "PER")],
            "links": [{ "from": "s2", "to": "s1", "label": "works for" }] }),
    );
    let rita = bench.person("rita", Role::Reviewer);
    let view = bench.with(|context| review::conflict(context, &bench.workspace, &rita, D, "m")).unwrap();
    let decide = |names: usize, links: usize| {
        let [names, links] =
            [("names", names), ("links", links)].map(|(name, side)| &view.sides[side].answers[name]);
        let answers = json!({ "names": names, "links": links });
        let decision = review::Decision { item: "m".into(), answers, version: None };
        bench.with(|context| review::decide(context, &bench.workspace, &rita, D, &decision))
    };
    assert!(matches!(decide(0, 1), Err(Error::Problems { .. })), "one marks Sony, the arrow ends at Lima");
    assert!(matches!(decide(1, 0), Err(Error::Problems { .. })));
    assert_eq!(joined(&decide(0, 0).unwrap().resolution.answers), joined(&view.sides[0].answers));
}

#[test]
fn who_marks_the_same_in_another_order_agrees() {
    let parts = |first: &str, second: &str| json!({ "names": [span(first, 9, 13, "ORG"), span(second, 0, 3, "PER")] });
    let bench = linked(parts("s1", "s2"), parts("s2", "s1"));
    let board = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    let agrees = board.people.iter().map(|row| row.agrees.as_ref().unwrap());
    assert_eq!(agrees.map(|share| (share.value, share.n)).collect::<Vec<_>>(), [(Some(1.0), 1); 2]);
}

#[test]
fn suggestions_taken_are_counted_answer_by_answer_and_where_one_person_answers_too() {
    let asked = |name: &str| json!({ "name": name, "type": "label", "options": ["a", "b"] });
    let names = ["one", "two", "three", "four"];
    let bench = Bench::new(0, json!({ "questions": names.map(asked) }));
    let suggested = json!({ "model": "m", "answers": { "one": "a", "two": "a", "three": "a", "four": "a" } });
    let line = json!({ "id": "i", "fields": { "message": "hello" }, "suggestions": [suggested] });
    bench.import(&line.to_string());
    let ana = bench.person("ana", Role::Annotator);
    let item = bench.take(&ana);
    let given = work::Submission {
        item: item.item.clone(),
        lease: item.lease.clone(),
        version: Some(item.version),
        answers: json!({ "one": "a", "two": "b", "three": "b", "four": "b" }),
        accepted: vec!["one".into()],
        ..work::Submission::default()
    };
    bench.with(|context| work::submit(context, &bench.workspace, &ana, D, &given)).unwrap();
    let board = bench.with(|context| review::dashboard(context, &bench.workspace, &me(), D)).unwrap();
    let taken = board.people[0].accepted.as_ref().unwrap();
    assert_eq!((taken.value, taken.n), (Some(0.25), 4));
}

#[test]
fn a_reviewer_leaves_a_conflict_about_her_own_answer_to_others() {
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 } }));
    let (rita, rolf) = (bench.person("rita", Role::Reviewer), bench.person("rolf", Role::Reviewer));
    bench.say(&rita, "use");
    bench.say(&bench.person("ben", Role::Annotator), "order");
    let barred = |who| {
        bench.with(|context| review::conflict(context, &bench.workspace, who, D, "m000")).unwrap().barred
    };
    assert_eq!((barred(&rita), barred(&rolf)), (true, false));
    let decide = |who| {
        let decision =
            review::Decision { item: "m000".into(), answers: json!({ "topic": "use" }), version: None };
        bench.with(|context| review::decide(context, &bench.workspace, who, D, &decision))
    };
    assert!(matches!(decide(&rita), Err(Error::Request { .. })));
    assert_eq!(state(&bench, "m000"), json!([2, null]));
    assert!(decide(&rolf).is_ok());
}

#[test]
fn a_decision_without_a_version_replaces_none_that_was_made_before() {
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    bench.say(&ana, "use");
    bench.say(&ben, "order");
    let rita = bench.person("rita", Role::Reviewer);
    let decide = |topic: &str, version| {
        let answers = json!({ "topic": topic });
        let decision = review::Decision { item: "m000".into(), answers, version };
        bench.with(|context| review::decide(context, &bench.workspace, &rita, D, &decision))
    };
    decide("use", None).unwrap();
    assert!(matches!(decide("order", None), Err(Error::Conflict { .. })));
    assert_eq!(state(&bench, "m000"), json!([2, ["adjudicated", { "topic": "use" }]]));
    let view = bench.with(|context| review::conflict(context, &bench.workspace, &rita, D, "m000")).unwrap();
    decide("order", Some(view.version)).unwrap();
    assert_eq!(state(&bench, "m000"), json!([2, ["adjudicated", { "topic": "order" }]]));
}

#[test]
fn what_all_agreed_on_goes_where_the_decision_leaves_it_unasked() {
    let questions = json!([
        { "name": "topic", "type": "label", "options": ["fault", "order", "use"] },
        { "name": "part", "type": "label", "options": ["lamp", "pump"],
          "visible_when": { "question": "topic", "any_of": ["fault", "order"] } },
    ]);
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 }, "questions": questions }));
    let (ana, ben) = two(&bench);
    for (who, topic) in [(&ana, "fault"), (&ben, "order")] {
        let item = bench.take(who);
        bench.submit(who, &item, json!({ "topic": topic, "part": "lamp" })).unwrap();
    }
    let decision =
        review::Decision { item: "m000".into(), answers: json!({ "topic": "use" }), version: None };
    bench.with(|context| review::decide(context, &bench.workspace, &me(), D, &decision)).unwrap();
    assert_eq!(state(&bench, "m000"), json!([2, ["adjudicated", { "topic": "use" }]]));
}

#[test]
fn a_reviewer_reads_what_was_said_about_a_conflict_and_not_who_said_it() {
    let bench = Bench::new(1, json!({ "distribution": { "overlap": 2 } }));
    let (ana, ben) = two(&bench);
    bench.say(&ana, "use");
    bench.say(&ben, "order");
    bench
        .with(|context| work::comment(context, &bench.workspace, &ana, D, "m000", "By rule 3.", true))
        .unwrap();
    let rita = bench.person("rita", Role::Reviewer);
    let view = bench.with(|context| review::conflict(context, &bench.workspace, &rita, D, "m000")).unwrap();
    let said = |topic: &str| {
        let is = |side: &&review::Side| json!(side.answers) == json!({ "topic": topic });
        view.sides.iter().find(is).unwrap().comments.clone()
    };
    assert_eq!((said("use"), said("order")), (vec!["By rule 3.".to_string()], Vec::new()));
    assert!(!json!(view).to_string().contains("ana"));
}
