//! What people say about items beside their answers travels whole, or is counted.

use engraft_app::dataset::{self, ExportRequest};
use engraft_app::{people, review, work};
use serde_json::json;

use crate::bench::{Bench, D, me, record};
use crate::travel::export;

/// Two items: a comment, a settled flag, an answer and a draft about the first, a flag without words about the second.
fn talked_about() -> String {
    let (mut one, mut other) = (record(0), record(1));
    one["responses"] = json!([
        { "user": "ana", "status": "submitted", "answers": { "topic": "use" }, "at": "2026-11-01T10:00:00.000Z" },
        { "user": "ben", "status": "draft", "answers": { "topic": "order" }, "at": "2026-11-01T11:00:00.000Z", "active_ms": 700 },
    ]);
    one["comments"] = json!([
        { "user": "ana", "text": "Which lamp?", "flag": false, "at": "2026-11-01T10:05:00.000Z" },
        { "user": "ben", "text": "Is this ours?", "flag": true, "at": "2026-11-01T11:05:00.000Z", "settled_at": "2026-11-02T09:00:00.000Z" },
    ]);
    other["comments"] =
        json!([{ "user": "ana", "text": "", "flag": true, "at": "2026-11-01T10:06:00.000Z" }]);
    format!("{one}\n{other}")
}

#[test]
fn comments_flags_and_drafts_go_out_and_come_back_the_same() {
    let bench = Bench::new(0, json!({}));
    let report = bench.import(&talked_about());
    assert_eq!((report.responses, report.drafts, report.comments), (1, 1, 3));
    let first = export(&bench, "one.jsonl", "jsonl", true).unwrap();
    let text = std::fs::read_to_string(bench.folder.path().join("one.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let given: Vec<serde_json::Value> =
        talked_about().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (line, given) in lines.iter().zip(&given) {
        assert_eq!(line["comments"], given["comments"]);
    }
    assert_eq!(lines[0]["responses"][1], given[0]["responses"][1]);
    let again = Bench::new(0, json!({}));
    again.import(&text);
    assert_eq!(export(&again, "two.jsonl", "jsonl", true).unwrap().sha256, first.sha256);
    let known = again.try_import(D, &text, true).unwrap();
    assert_eq!((known.known, known.drafts, known.comments), (2, 0, 0), "and twice adds nothing");
    let shown = again.with(|context| review::item(context, &again.workspace, &me(), D, "m000")).unwrap();
    let heard: Vec<_> = shown.comments.iter().map(|it| (it.by.as_str(), it.text.as_str())).collect();
    assert_eq!(heard, [("ana", "Which lamp?"), ("ben", "Is this ours?")]);
}

#[test]
fn what_another_format_leaves_out_of_comments_flags_and_drafts_is_counted_with_its_first_item() {
    let bench = Bench::new(0, json!({}));
    bench.import(&talked_about());
    let lossy = export(&bench, "out.jsonl", "doccano", false).unwrap();
    assert_eq!(lossy.rows, 2, "without --strict it goes out");
    let counted = |what: &str| {
        let found = lossy.losses.iter().find(|loss| loss.what == what);
        found.map(|loss| (loss.count, loss.first.clone().unwrap_or_default()))
    };
    for (what, count) in [("a comment", 1), ("a flag", 2), ("a draft", 1)] {
        assert_eq!(counted(what), Some((count, "m000".to_string())), "{what}");
    }
    let refused = export(&bench, "strict.jsonl", "doccano", true).unwrap_err();
    assert!(refused.to_string().contains("1 a comment (the format has no place for it)"), "{refused}");
}

#[test]
fn a_draft_beside_its_authors_response_is_counted() {
    let bench = Bench::new(1, json!({}));
    let ana = bench.person("ana", people::Role::Annotator);
    let item = bench.say(&ana, "use");
    let other =
        work::Submission { item, answers: json!({ "topic": "order" }), ..work::Submission::default() };
    bench.with(|context| work::save_draft(context, &bench.workspace, &ana, D, &other)).unwrap();
    let lossy = export(&bench, "out.jsonl", "jsonl", false).unwrap();
    let losses: Vec<_> =
        lossy.losses.iter().map(|loss| (loss.what.as_str(), loss.count, loss.first.as_deref())).collect();
    assert_eq!(losses, [("a draft", 1, Some("m000"))]);
    let text = std::fs::read_to_string(bench.folder.path().join("out.jsonl")).unwrap();
    assert_eq!((text.matches("\"user\":\"ana\"").count(), text.contains("order")), (1, false), "{text}");
}

#[test]
fn an_import_takes_no_draft_away_and_says_so() {
    let bench = Bench::new(0, json!({}));
    bench.import(&talked_about());
    let older = talked_about().replace("\"topic\":\"order\"", "\"topic\":\"fault\"");
    let report = bench.import(&older);
    let losses: Vec<_> = report.losses.iter().map(|loss| (loss.what.as_str(), loss.count)).collect();
    assert_eq!((report.drafts, losses), (0, vec![("drafts", 1)]));
}

#[test]
fn a_snapshot_holds_no_comments_and_no_drafts_and_whoever_is_erased_is_in_no_export() {
    let bench = Bench::new(0, json!({}));
    bench.import(&talked_about());
    let taken = bench.with(|context| dataset::snapshot(context, &bench.workspace, &me(), D)).unwrap();
    let request = ExportRequest {
        path: bench.folder.path().join("kept.jsonl"),
        format: "jsonl".into(),
        snapshot: Some(taken.snapshot),
        split: None,
        seed: 0,
        question: None,
        voices: None,
        strict: true,
    };
    let kept = bench.with(|context| dataset::export(context, &bench.workspace, &me(), D, &request)).unwrap();
    assert_eq!((kept.rows, kept.losses.len()), (2, 0), "what it does not know it does not lose");
    let text = std::fs::read_to_string(&request.path).unwrap();
    assert!(!text.contains("comments") && !text.contains("draft") && !text.contains("lamp"), "{text}");
    bench.with(|context| people::erase_user(context, &bench.workspace, &me(), "ben", true)).unwrap();
    export(&bench, "now.jsonl", "jsonl", true).unwrap();
    let text = std::fs::read_to_string(bench.folder.path().join("now.jsonl")).unwrap();
    assert!(text.contains("Which lamp?") && !text.contains("ours") && !text.contains("ben"), "{text}");
}
