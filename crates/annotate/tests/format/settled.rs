//! What is written where a format holds one set of answers an item: what is known, decided or agreed on, and nothing else.

use engraft_annotate::format::{ExportOptions, Format, Voices};
use engraft_annotate::{Record, Schema};
use engraft_core::Fault;
use serde_json::{Value, json};

use crate::{Exported, export, export_with, record, schema, told};

/// Those that hold one set of answers an item.
const ONE_SET: [Format; 12] = [
    Format::Doccano,
    Format::Brat,
    Format::Conll,
    Format::TrlDpo,
    Format::TrlKto,
    Format::TrlReward,
    Format::SftMessages,
    Format::Sharegpt,
    Format::Alpaca,
    Format::Beir,
    Format::TrecQrels,
    Format::RerankTriplets,
];

fn asks(more: &Value) -> Schema {
    let mut json = json!({
        "fields": [
            { "name": "text", "type": "text" }, { "name": "replies", "type": "answers" },
            { "name": "found", "type": "passages" },
        ],
        "questions": [
            { "name": "names", "type": "spans", "field": "text", "options": ["PER", "ORG"], "required": false },
            { "name": "links", "type": "relations", "spans": "names", "options": ["owns"], "required": false },
            { "name": "better", "type": "preference", "field": "replies", "required": false },
            { "name": "fix", "type": "correction", "field": "replies", "required": false },
            { "name": "grades", "type": "relevance", "field": "found", "query": "text", "required": false },
            { "name": "why", "type": "text", "required": false },
        ],
    });
    json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    schema(&json)
}

fn two() -> Schema {
    asks(&json!({ "distribution": { "overlap": 2 } }))
}

/// An item with a response for each of these answers, and what else is known of it.
fn item(schema: &Schema, given: &[Value], more: &Value) -> Record {
    let responses: Vec<Value> = (1..)
        .zip(given)
        .map(|(n, answers)| json!({ "user": format!("u{n}"), "status": "submitted", "answers": answers }))
        .collect();
    let mut json = json!({
        "id": "i", "responses": responses,
        "fields": {
            "text": "Ana owns Sony", "replies": [{ "id": "a", "text": "A" }, { "id": "b", "text": "B" }],
            "found": [{ "id": "d1", "text": "one" }, { "id": "d2", "text": "two" }],
        },
    });
    json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    record(schema, &json)
}

fn better(id: &str) -> Value {
    json!({ "better": { "choice": { "id": id } } })
}

fn said(name: &str) -> Value {
    let (ana, sony) = (json!([0, 3, "PER"]), json!([9, 13, "ORG"]));
    let marks = if name == "u1" { vec![ana] } else { vec![ana, sony] };
    let grade = if name == "u1" { 3 } else { 0 };
    json!({
        "names": marks.iter().map(|mark| json!({ "char_start": mark[0], "char_end": mark[1], "label": mark[2] })).collect::<Vec<_>>(),
        "better": { "choice": { "id": if name == "u1" { "a" } else { "b" } } },
        "fix": format!("better said by {name}"),
        "grades": [{ "id": "d1", "grade": 3 }, { "id": "d2", "grade": grade }],
    })
}

fn with(format: Format, schema: &Schema, record: Record, voices: Voices) -> Exported {
    export_with(format, schema, &[record], &ExportOptions { voices, ..ExportOptions::default() })
}

const WHY: &str = "1 × an answer to `why`: the rows are made of other questions";
const WHO: &str = "1 × who responded: the format has no place for it";

/// The chosen answer of each row, and what was lost but for the item's name and the field that no row is about.
fn chosen(schema: &Schema, record: Record) -> (Vec<String>, String) {
    let exported = export(Format::TrlDpo, schema, &[record]);
    let row = |line: &str| serde_json::from_str::<Value>(line).unwrap()["chosen"][0]["content"].to_string();
    let mut losses = exported.report.losses.clone();
    losses.retain(|loss| !["the field `found`", "the name of an item"].contains(&loss.what.as_str()));
    (exported.text().lines().map(row).collect(), told(&losses))
}

#[test]
fn what_people_disagree_on_makes_no_row_and_is_counted() {
    for format in ONE_SET {
        let record = || item(&two(), &[said("u1"), said("u2")], &json!({}));
        let left_out = with(format, &two(), record(), Voices::Settled).report;
        let losses = told(&left_out.losses);
        assert_eq!(left_out.rows, 0, "{format}");
        assert!(
            losses.contains("1 × an item people disagree on: nobody has decided it"),
            "{format}: {losses}"
        );
        let all = with(format, &two(), record(), Voices::Aggregated).report;
        assert!(all.rows > 0 && !told(&all.losses).contains("disagree"), "{format}: {:?}", all.losses);
        let decided = json!({ "resolution": { "answers": said("u2"), "source": "adjudicated" } });
        let decided = item(&two(), &[said("u1"), said("u2")], &decided);
        let rows = with(format, &two(), decided, Voices::Settled).report.rows;
        assert!(rows > 0, "{format}");
    }
}

#[test]
fn an_item_that_misses_answers_makes_no_row_and_is_counted() {
    for format in ONE_SET {
        let record = || item(&two(), &[said("u1")], &json!({}));
        let left_out = with(format, &two(), record(), Voices::Settled).report;
        let losses = told(&left_out.losses);
        assert_eq!(left_out.rows, 0, "{format}");
        assert!(losses.contains("1 × an item that misses answers"), "{format}: {losses}");
        assert!(with(format, &two(), record(), Voices::Aggregated).report.rows > 0, "{format}");
    }
}

#[test]
fn a_known_answer_goes_before_whatever_people_said_or_decided() {
    const OTHER: &str = "1 × a response that says something else: one answer an item is written: the known one, else what was decided or agreed on";
    const KNOWN: &str = "1 × that an answer is known to be right: the format has no place for it";
    const CAME: &str = "1 × how a resolution came about: the format has no place for it";
    let one = asks(&json!({}));
    let known = item(&one, &[better("b")], &json!({ "gold": better("a") }));
    let lost = format!("{OTHER}\n{KNOWN}\n{WHO}");
    assert_eq!(chosen(&one, known), (vec!["\"A\"".to_string()], lost));
    let resolution = json!({ "answers": better("b"), "source": "adjudicated" });
    let both = item(&two(), &[better("b")], &json!({ "gold": better("a"), "resolution": resolution }));
    let lost = format!("{OTHER}\n{CAME}\n{KNOWN}");
    assert_eq!(chosen(&two(), both), (vec!["\"A\"".to_string()], lost));
    // It says nothing of the other questions.
    let half = json!({ "gold": { "why": "known" }, "resolution": resolution });
    let (rows, losses) = chosen(&two(), item(&two(), &[], &half));
    assert_eq!((rows, losses), (vec!["\"B\"".to_string()], format!("{WHY}\n{CAME}\n{KNOWN}")));
    let labels = schema(&json!({
        "fields": [{ "name": "text", "type": "text" }],
        "questions": [{ "name": "mood", "type": "label", "options": ["good", "bad"] }],
    }));
    let line = json!({
        "id": "1", "fields": { "text": "t" }, "gold": { "mood": "good" },
        "responses": [{ "user": "u", "status": "submitted", "answers": { "mood": "bad" } }],
    });
    let text = export(Format::Doccano, &labels, &[record(&labels, &line)]).text();
    assert!(text.contains("good") && !text.contains("bad"), "{text}");
}

#[test]
fn what_people_agree_on_is_written_though_they_differ_elsewhere() {
    let mut given = [better("b"), better("b")];
    given[0]["why"] = json!("shorter");
    given[1]["why"] = json!("kinder");
    let (rows, losses) = chosen(&two(), item(&two(), &given, &json!({})));
    assert_eq!(rows, ["\"B\""]);
    let another = "1 × a response: the format holds one set of answers an item";
    assert_eq!(losses, format!("{another}\n{WHY}\n{WHO}"));
}

#[test]
fn the_merge_policy_says_what_is_settled() {
    let policy = |policy: Value| asks(&json!({ "distribution": { "overlap": 3 }, "merge": policy }));
    let torn = [better("a"), better("b"), better("b")];
    let quorum = policy(json!({ "policy": "quorum", "quorum": 2 }));
    let (rows, losses) = chosen(&quorum, item(&quorum, &torn, &json!({})));
    assert_eq!(rows, ["\"B\""]);
    let (first, rest) = losses.split_once('\n').unwrap();
    assert_eq!(first, "1 × a response: the format holds one set of answers an item");
    assert!(rest.starts_with("1 × a response that says something else: "), "{losses}");
    let sure = policy(json!({ "policy": "posterior", "least": 0.9999 }));
    assert_eq!(chosen(&sure, item(&sure, &torn, &json!({}))).0, Vec::<String>::new());
    let never = policy(json!({ "policy": "never" }));
    let (rows, losses) = chosen(&never, item(&never, &[better("b"), better("b"), better("b")], &json!({})));
    let waits = "1 × an item that waits for a reviewer: its answers alone do not settle it";
    assert_eq!((rows, losses.as_str()), (Vec::<String>::new(), waits));
}

#[test]
fn spans_agree_by_where_they_are_and_not_by_their_names() {
    let mark = |marks: &[(usize, usize, &str)]| {
        let span = |(start, end, label): &(usize, usize, &str)| json!({ "char_start": start, "char_end": end, "label": label });
        json!({ "names": marks.iter().map(span).collect::<Vec<_>>() })
    };
    // The outlier came first; the others marked the same in another order.
    let given = [
        mark(&[(0, 8, "ORG")]),
        mark(&[(0, 3, "PER"), (9, 13, "ORG")]),
        mark(&[(9, 13, "ORG"), (0, 3, "PER")]),
    ];
    let quorum =
        asks(&json!({ "distribution": { "overlap": 3 }, "merge": { "policy": "quorum", "quorum": 2 } }));
    for voices in [Voices::Settled, Voices::Aggregated] {
        let text = with(Format::Conll, &quorum, item(&quorum, &given, &json!({})), voices).text();
        assert!(text.contains("Ana -X- _ B-PER\nowns -X- _ O\nSony -X- _ B-ORG"), "{voices:?}: {text}");
    }
}

#[test]
fn an_arrow_joins_what_it_joined_whoever_numbered_the_spans() {
    let (ana, sony) = (
        json!({ "char_start": 0, "char_end": 3, "label": "PER" }),
        json!({ "char_start": 9, "char_end": 13, "label": "ORG" }),
    );
    let named = |span: &Value, id: &str| {
        let mut span = span.clone();
        span["id"] = json!(id);
        span
    };
    let given = |ana_is: &str, sony_is: &str, from: &str, to: &str| {
        let mut spans = [named(&ana, ana_is), named(&sony, sony_is)];
        spans.sort_by_key(|span| span["id"].to_string());
        json!({ "names": spans, "links": [{ "from": from, "to": to, "label": "owns" }] })
    };
    let (right, other) = (given("s1", "s2", "s1", "s2"), given("s2", "s1", "s2", "s1"));
    let reversed = given("s1", "s2", "s2", "s1");
    let arrow = |given: &[Value], more: &Value, voices| {
        let exported = with(Format::Brat, &two(), item(&two(), given, more), voices);
        let ann = std::fs::read_to_string(exported.path.join("i.ann")).unwrap();
        let line = |start: &str| ann.lines().find(|line| line.starts_with(start)).unwrap_or_default();
        let end = |of: &str| {
            let name = line("R1").split(of).nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or("-");
            line(&format!("{name}\t")).split('\t').nth(2).unwrap_or_default().to_string()
        };
        format!("{} {}", end("Arg1:"), end("Arg2:"))
    };
    for voices in [Voices::Settled, Voices::Aggregated] {
        assert_eq!(arrow(&[other.clone(), right.clone()], &json!({}), voices), "Ana Sony", "{voices:?}");
    }
    // Two of three drew it so; the known spans have names of their own.
    let three = [reversed, other.clone(), right];
    assert_eq!(arrow(&three, &json!({}), Voices::Aggregated), "Ana Sony");
    let known = json!({ "gold": { "names": [named(&ana, "s1"), named(&sony, "s2")] } });
    let decided =
        json!({ "gold": known["gold"], "resolution": { "answers": other, "source": "adjudicated" } });
    assert_eq!(arrow(&[], &decided, Voices::Settled), "Ana Sony");
}

#[test]
fn a_choice_of_answers_that_is_none_is_told_with_those_there_are() {
    let error = "loud".parse::<Voices>().unwrap_err();
    assert_eq!(error.to_string(), "`loud` says not whose answers to write");
    assert_eq!(error.hint().unwrap(), "use settled, aggregated or every");
}
