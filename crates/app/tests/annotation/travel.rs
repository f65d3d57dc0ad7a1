//! Imports, exports, snapshots: all of it or nothing, and what goes out comes back the same.

use engraft_app::dataset::{self, ExportRequest};
use engraft_app::{Error, people, review};
use serde_json::json;

use crate::bench::{Bench, D, me, record};

pub(crate) fn export(
    bench: &Bench,
    name: &str,
    format: &str,
    strict: bool,
) -> Result<dataset::ExportReport, Error> {
    let request = ExportRequest {
        path: bench.folder.path().join(name),
        format: format.into(),
        snapshot: None,
        split: None,
        seed: 0,
        question: None,
        voices: None,
        strict,
    };
    bench.with(|context| dataset::export(context, &bench.workspace, &me(), D, &request))
}

fn answered() -> String {
    let lines = (0..5).map(|place| {
        let mut line = record(place);
        line["responses"] = json!([
            { "user": "ana", "status": "submitted", "answers": { "topic": "use" }, "at": "2026-11-01T10:00:00.000Z", "active_ms": 900 },
            { "user": "ben", "status": "skipped", "answers": {}, "reason": "unclear", "at": "2026-11-01T11:00:00.000Z" },
        ]);
        line["suggestions"] = json!([{ "model": "m1", "score": 0.5, "answers": { "topic": "order" } }]);
        line.to_string()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_goes_out_comes_back_the_same() {
    let bench = Bench::new(0, json!({}));
    let report = bench.import(&answered());
    assert_eq!((report.items, report.responses, report.suggestions), (5, 10, 5));
    let first = export(&bench, "one.jsonl", "jsonl", true).unwrap();
    assert_eq!(first.rows, 5);
    let text = std::fs::read_to_string(bench.folder.path().join("one.jsonl")).unwrap();
    assert_eq!(text.matches("\"reason\":\"unclear\"").count(), 5);
    let again = Bench::new(0, json!({}));
    again.import(&text);
    let second = export(&again, "two.jsonl", "jsonl", true).unwrap();
    assert_eq!(first.sha256, second.sha256);
}

#[test]
fn importing_twice_adds_nothing() {
    let bench = Bench::new(0, json!({}));
    bench.import(&answered());
    let again = bench.import(&answered());
    assert_eq!((again.items, again.known, again.responses), (0, 5, 0));
}

#[test]
fn importing_again_sets_gold_and_says_what_it_left_out() {
    let bench = Bench::new(0, json!({}));
    bench.import(&answered());
    let mut line = record(0);
    line["gold"] = json!({ "topic": "use" });
    let again = bench.import(&line.to_string());
    assert_eq!((again.known, again.gold), (1, 1));
    let shown = bench.with(|context| dataset::show(context, &bench.workspace, &me(), D)).unwrap();
    assert_eq!(shown.gold, Some(1));
    assert_eq!(bench.import(&line.to_string()).gold, 0, "nothing new");
    line["responses"] = json!([
        { "user": "ana", "status": "submitted", "answers": { "topic": "order" } },
        { "user": "ben", "status": "skipped", "answers": {} },
    ]);
    let lossy = bench.import(&line.to_string());
    let losses: Vec<_> = lossy.losses.iter().map(|loss| (loss.what.as_str(), loss.count)).collect();
    assert_eq!(losses, [("responses", 1)]);
    let refused = bench.try_import(D, &line.to_string(), true).unwrap_err();
    assert!(refused.to_string().contains("1 responses (the person has another"), "{refused}");
    // The same again loses nothing, so that strict imports can be run twice.
    bench.try_import(D, &answered(), true).unwrap();
}

#[test]
fn a_strict_import_of_an_item_that_shows_something_else_leaves_nothing() {
    let bench = Bench::new(1, json!({}));
    let mut line = record(0);
    line["fields"]["message"] = json!("another");
    let lines = format!("{line}\n{}", record(1));
    let refused = bench.try_import(D, &lines, true).unwrap_err();
    assert!(refused.to_string().contains("the first of them m000"), "{refused}");
    let shown = bench.with(|context| dataset::show(context, &bench.workspace, &me(), D)).unwrap();
    assert_eq!(shown.items, 1);
}

#[test]
fn an_import_makes_nobody_who_is_called_like_the_person_at_the_machine() {
    let bench = Bench::new(0, json!({}));
    let mut line = record(0);
    line["responses"] = json!([{ "user": "owner", "status": "submitted", "answers": { "topic": "use" } }]);
    let refused = bench.try_import(D, &line.to_string(), false).unwrap_err();
    assert!(matches!(refused, Error::Request { .. }), "{refused}");
    let users = bench.with(|context| people::list_users(context, &bench.workspace, &me())).unwrap();
    assert_eq!(users, []);
    // Who is there already goes by that name.
    bench.person("owner", people::Role::Owner);
    assert_eq!(bench.import(&line.to_string()).responses, 1);
}

#[test]
fn a_strict_import_that_would_lose_something_leaves_nothing() {
    let bench = Bench::new(0, json!({}));
    let broken = format!("{}\n{{\"fields\":{{\"message\":7}}}}", record(0));
    let refused = bench.try_import(D, &broken, true).unwrap_err();
    assert!(refused.to_string().contains("line 2"), "{refused}");
    let show = || bench.with(|context| dataset::show(context, &bench.workspace, &me(), D)).unwrap().items;
    assert_eq!(show(), 0);
    let report = bench.try_import(D, &broken, false).unwrap();
    assert_eq!((report.items, report.rejected_total, report.rejected[0].line), (1, 1, 2));
}

#[test]
fn a_dataset_made_by_an_import_that_fails_was_never_there() {
    let bench = Bench::empty();
    let mut line = record(0);
    line["responses"] = json!([{ "user": "ana", "status": "submitted", "answers": { "topic": "use" } }]);
    let broken = format!("{line}\n{}", json!({ "fields": { "message": "m" }, "responses": [{ "user": 7 }] }));
    assert!(bench.try_import("new", &broken, true).is_err());
    let list = || bench.with(|context| dataset::list(context, &bench.workspace, &me())).unwrap();
    assert_eq!(list(), []);
    let report = bench.try_import("new", &line.to_string(), false).unwrap();
    assert!(report.created);
    assert_eq!(list()[0].responses, Some(1));
}

#[test]
fn what_an_import_that_makes_its_dataset_loses_is_counted_once() {
    let bench = Bench::empty();
    let lines =
        "{\"text\":\"a\",\"label\":[\"x\"],\"Comments\":[\"odd\"]}\n{\"text\":\"b\",\"label\":[\"y\"]}";
    let take = || {
        let request = dataset::ImportRequest {
            path: bench.write("in.jsonl", lines),
            format: "doccano".into(),
            offset_unit: None,
            user: None,
            strict: false,
        };
        bench
            .with(|context| dataset::import(context, &bench.workspace, &me(), D, &request, &[9; 32]))
            .unwrap()
    };
    let made = take();
    let losses: Vec<_> = made.losses.iter().map(|loss| (loss.what.as_str(), loss.count)).collect();
    assert!(made.created);
    assert_eq!(losses, [("a comment", 1)]);
    assert_eq!(take().losses, made.losses, "as into a dataset that is there");
}

#[test]
fn an_import_that_is_stopped_leaves_nothing() {
    let bench = Bench::new(0, json!({}));
    bench.cancel.cancel();
    assert!(matches!(bench.try_import(D, &answered(), false), Err(Error::Cancelled)));
    let shown = bench.with(|context| dataset::show(context, &bench.workspace, &me(), D)).unwrap();
    assert_eq!((shown.items, shown.responses), (0, Some(0)));
}

#[test]
fn a_strict_export_that_would_lose_something_writes_nothing() {
    let bench = Bench::new(0, json!({}));
    bench.import(&answered());
    let lossy = export(&bench, "out.jsonl", "doccano", false).unwrap();
    assert!(!lossy.losses.is_empty(), "doccano holds no suggestions");
    let refused = export(&bench, "strict.jsonl", "doccano", true).unwrap_err();
    assert!(refused.to_string().contains("nothing was written"), "{refused}");
    let left: Vec<_> =
        std::fs::read_dir(bench.folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("strict")), "{left:?}");
}

#[test]
fn an_export_writes_what_is_settled_and_says_what_is_not() {
    let bench = Bench::new(0, json!({ "distribution": { "overlap": 2 } }));
    let line = |place: usize, topics: &[&str]| {
        let mut line = record(place);
        let given = ["ana", "ben"].iter().zip(topics);
        line["responses"] = given
            .map(
                |(user, topic)| json!({ "user": user, "status": "submitted", "answers": { "topic": topic } }),
            )
            .collect();
        line.to_string()
    };
    bench.import(&[line(0, &["use", "use"]), line(1, &["use", "order"]), line(2, &["use"])].join("\n"));
    let settled = export(&bench, "settled.jsonl", "doccano", false).unwrap();
    let counted = |what: &str| settled.losses.iter().find(|loss| loss.what == what).map(|loss| loss.count);
    assert_eq!(settled.rows, 1);
    assert_eq!(counted("an item people disagree on"), Some(1));
    assert_eq!(counted("an item that misses answers"), Some(1));
    let request = |voices: &str| ExportRequest {
        path: bench.folder.path().join("all.jsonl"),
        format: "doccano".into(),
        snapshot: None,
        split: None,
        seed: 0,
        question: None,
        voices: Some(voices.into()),
        strict: false,
    };
    let rows = |voices: &str| {
        let request = request(voices);
        bench
            .with(|context| dataset::export(context, &bench.workspace, &me(), D, &request))
            .map(|done| done.rows)
    };
    assert_eq!((rows("aggregated").unwrap(), rows("every").unwrap()), (3, 5));
    assert!(rows("loudest").is_err());
}

#[test]
fn a_snapshot_stays_as_it_was_and_a_difference_names_what_changed() {
    let bench = Bench::new(0, json!({}));
    bench.import(&answered());
    let snapshot = || bench.with(|context| dataset::snapshot(context, &bench.workspace, &me(), D)).unwrap();
    let first = snapshot();
    assert_eq!((first.items, first.responses, first.created), (5, 5, true));
    assert!(!snapshot().created);
    bench.import(&record(7).to_string());
    let decision =
        review::Decision { item: "m000".into(), answers: json!({ "topic": "fault" }), version: None };
    bench.with(|context| review::decide(context, &bench.workspace, &me(), D, &decision)).unwrap();
    let second = snapshot();
    let diff = bench
        .with(|context| {
            dataset::diff(context, &bench.workspace, &me(), &first.snapshot[..10], &second.snapshot)
        })
        .unwrap();
    assert_eq!((diff.added.as_slice(), diff.unchanged), (["m007".to_string()].as_slice(), 4));
    assert!(diff.changed[0].what.iter().any(|what| what.starts_with("resolution")), "{:?}", diff.changed);
    let lineage = bench
        .with(|context| review::lineage(context, &bench.workspace, &me(), &format!("{D}/m000")))
        .unwrap();
    assert_eq!(lineage.snapshots, [first.snapshot.clone(), second.snapshot]);
    let kinds: Vec<&str> = lineage.events.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(kinds, ["resolved"]);
    let response = &lineage.item.responses[0].response_id;
    let one = bench.with(|context| review::lineage(context, &bench.workspace, &me(), response)).unwrap();
    assert_eq!(one.response.unwrap().user, "ana");
    // The export of the first snapshot knows nothing of what came after.
    let request = ExportRequest {
        path: bench.folder.path().join("old.jsonl"),
        format: "jsonl".into(),
        snapshot: Some(first.snapshot),
        split: None,
        seed: 0,
        question: None,
        voices: None,
        strict: false,
    };
    let old = bench.with(|context| dataset::export(context, &bench.workspace, &me(), D, &request)).unwrap();
    assert_eq!(old.rows, 5);
    let text = std::fs::read_to_string(bench.folder.path().join("old.jsonl")).unwrap();
    assert!(text.contains("\"user\":\"ana\"") && !text.contains("adjudicated"), "{text}");
}

#[test]
fn the_audit_finds_copies_leaks_and_an_answer_its_neighbours_contradict() {
    let bench = Bench::new(0, json!({}));
    let mut lines = Vec::new();
    for place in 0..24 {
        let (text, topic) = match place % 2 {
            0 => (format!("the lamp blinks red again and again, lamp {place}"), "fault"),
            _ => (format!("please send a price list and an offer, customer {place}"), "order"),
        };
        let topic = if place == 6 { "order" } else { topic };
        lines.push(
            json!({ "id": format!("m{place:03}"), "fields": { "message": text },
            "responses": [{ "user": "ana", "status": "submitted", "answers": { "topic": topic } }] })
            .to_string(),
        );
    }
    for place in 24..30 {
        lines
            .push(json!({ "id": format!("m{place:03}"), "fields": { "message": "Thank you!" } }).to_string());
    }
    bench.import(&lines.join("\n"));
    let request = dataset::AuditRequest { split: Some("train=.5,test=.5".into()), seed: 0 };
    let report = bench.with(|context| dataset::audit(context, &bench.workspace, &me(), D, &request)).unwrap();
    assert_eq!(report.found.duplicates[0].items.len(), 6);
    let issue = &report.label_issues[0];
    assert_eq!(
        (issue.item.as_str(), issue.given.as_str(), issue.suggested.as_str()),
        ("m006", "order", "fault")
    );
}

/// Two answers, a gold answer, a suggestion and a decision that name `use`, in a dataset that goes on without that option.
fn renamed(bench: &Bench) {
    let mut line = record(1);
    line["gold"] = json!({ "topic": "use" });
    line["resolution"] = json!({ "answers": { "topic": "use" }, "source": "adjudicated" });
    line["suggestions"] = json!([{ "model": "m1", "answers": { "topic": "use" } }]);
    bench.import(&format!("{}\n{line}", answered().lines().next().unwrap()));
    let more = json!({ "questions": [
        { "name": "topic", "type": "label", "options": ["fault", "order", "handling"] },
        { "name": "tone", "type": "label", "options": ["kind", "rude"] },
    ] });
    bench.change(more);
}

#[test]
fn an_export_counts_the_answers_that_a_changed_schema_holds_no_more() {
    let bench = Bench::new(0, json!({}));
    renamed(&bench);
    let lossy = export(&bench, "now.jsonl", "jsonl", false).unwrap();
    let losses: Vec<_> = lossy.losses.iter().map(|loss| (loss.what.as_str(), loss.count)).collect();
    assert_eq!(losses, [("an answer to `topic`", 4)]);
    let refused = export(&bench, "strict.jsonl", "jsonl", true).unwrap_err();
    assert!(refused.to_string().contains("4 an answer to `topic`"), "{refused}");
    let shown = bench.with(|context| review::item(context, &bench.workspace, &me(), D, "m000")).unwrap();
    assert_eq!(json!(shown.responses[0].earlier), json!({ "topic": "use" }));
}

#[test]
fn a_snapshot_after_the_schema_changed_can_be_read_and_keeps_what_was_said() {
    let bench = Bench::new(0, json!({}));
    renamed(&bench);
    let taken = bench.with(|context| dataset::snapshot(context, &bench.workspace, &me(), D)).unwrap();
    let request = ExportRequest {
        path: bench.folder.path().join("kept.jsonl"),
        format: "jsonl".into(),
        snapshot: Some(taken.snapshot.clone()),
        split: None,
        seed: 0,
        question: None,
        voices: None,
        strict: false,
    };
    let kept = bench.with(|context| dataset::export(context, &bench.workspace, &me(), D, &request)).unwrap();
    assert_eq!((kept.rows, kept.losses[0].count), (2, 4));
    bench.change(json!({}));
    let back = bench.with(|context| dataset::snapshot(context, &bench.workspace, &me(), D)).unwrap();
    let diff = bench
        .with(|context| dataset::diff(context, &bench.workspace, &me(), &taken.snapshot, &back.snapshot))
        .unwrap();
    assert_eq!(diff.changed.len(), 2, "the option is back, and so is what was said");
}
