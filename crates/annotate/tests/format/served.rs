//! What a Label Studio server keeps of our tasks comes back as it was. It numbers annotations anew and keeps the old number
//! aside, dates them itself, gives those of people it does not know to whoever brought them in, and refuses tasks that lack
//! a field: `bench/studio/travel.py` asks a real one.

use std::collections::BTreeSet;

use engraft_annotate::Record;
use engraft_annotate::format::{Format, label_config, read_config};
use serde_json::{Value, json};

use crate::round_trip::{everything, of_everything};
use crate::{export, import_text, record, schema, told};

/// The tasks as a server gives them out that took them in.
fn served(tasks: &str) -> Vec<Value> {
    let mut tasks: Vec<Value> = serde_json::from_str(tasks).unwrap();
    let mut count = 0;
    for (at, task) in tasks.iter_mut().enumerate() {
        task["id"] = json!(at + 1);
        for (list, person, name) in
            [("annotations", "completed_by", json!(1)), ("drafts", "user", json!("lead"))]
        {
            for annotation in task[list].as_array_mut().unwrap() {
                count += 1;
                annotation["import_id"] = annotation["id"].take();
                annotation["id"] = json!(count);
                annotation[person] = name.clone();
                annotation["created_at"] = json!("2030-01-02T03:04:05.678Z");
            }
        }
    }
    tasks
}

#[track_caller]
fn check(schema: &engraft_annotate::Schema, records: &[Record]) {
    let tasks = served(&export(Format::LabelStudio, schema, records).text());
    for task in &tasks {
        for field in &schema.fields {
            assert!(task["data"].get(&field.name).is_some(), "{task} lacks {}", field.name);
        }
    }
    let (back, report) = import_text(Format::LabelStudio, schema, &json!(tasks).to_string());
    assert_eq!((report.rejected.as_slice(), told(&report.losses)), (&[][..], String::new()));
    let lines = |records: &[Record]| records.iter().map(Record::canonical).collect::<Vec<_>>();
    assert_eq!(lines(&back), lines(records));
}

#[test]
fn whoever_answered_when_and_what_is_gold_come_back() {
    let (json, _, _) = everything();
    let schema = schema(&json);
    check(&schema, &of_everything(&schema, &[], &json!({ "mood": "sad", "stars": 3 })));
}

#[test]
fn comparisons_come_back_with_their_ties_and_strengths() {
    let asked = |name: &str, strength: u8, more: bool| json!({ "name": name, "type": "preference", "field": "replies", "strength": strength, "tie": more, "both_bad": more, "required": false });
    let schema = schema(&json!({
        "fields": [{ "name": "replies", "type": "answers" }],
        "questions": [asked("plain", 0, false), asked("open", 0, true), asked("graded", 3, true), asked("sure", 2, false)],
    }));
    let side = |id: &str| json!({ "choice": { "id": id } });
    let by = |id: &str, strength: u8| json!({ "choice": { "id": id }, "strength": strength });
    let tie = json!({ "choice": "tie" });
    let answers = [
        json!({ "plain": side("right"), "open": side("right"), "graded": by("right", 3), "sure": by("right", 1) }),
        json!({ "plain": side("left"), "open": side("left"), "graded": by("left", 1), "sure": by("left", 2) }),
        json!({ "open": tie, "graded": { "choice": "both_bad" } }),
        json!({ "open": { "choice": "both_bad" }, "graded": tie }),
    ];
    // The names of the answers are those of the other side.
    let replies = json!([{ "id": "right", "text": "first" }, { "id": "left", "text": "second" }]);
    let item = |(at, answers): (usize, &Value)| {
        let said = json!({ "user": "ann", "status": "submitted", "answers": answers });
        record(
            &schema,
            &json!({ "id": format!("{at}"), "fields": { "replies": replies }, "responses": [said] }),
        )
    };
    let records: Vec<Record> = answers.iter().enumerate().map(item).collect();
    check(&schema, &records);
    let exported = export(Format::LabelStudio, &schema, &records);
    assert_eq!(told(&exported.report.losses), "", "nothing for --strict to refuse");
}

#[test]
fn the_grades_of_two_questions_are_kept_apart() {
    let asked = |name: &str| json!({ "name": name, "type": "relevance", "field": "found", "query": "text" });
    let schema = schema(&json!({
        "fields": [{ "name": "text", "type": "text" }, { "name": "found", "type": "passages" }],
        "questions": [asked("on topic"), asked("to the point")],
    }));
    let grades = |one: u8, other: u8| json!([{ "id": "d1", "grade": one }, { "id": "d2", "grade": other }]);
    let said = json!({ "on topic": grades(3, 0), "to the point": grades(0, 1) });
    let found = ["d1", "d2"].map(|id| json!({ "id": id, "text": id }));
    let responses = json!([{ "user": "ann", "status": "submitted", "answers": said }]);
    let fields = json!({ "text": "?", "found": found });
    check(&schema, &[record(&schema, &json!({ "id": "1", "fields": fields, "responses": responses }))]);
    let written = label_config(&schema).text;
    let names: BTreeSet<&str> =
        written.split(" name=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(names.len(), written.matches(" name=\"").count(), "{written}");
    assert_eq!(read_config(&written).unwrap().schema, schema);
}

#[test]
fn a_prediction_told_by_its_number_alone_is_counted_as_lost() {
    let (json, _, _) = everything();
    let schema = schema(&json);
    let records = of_everything(&schema, &[], &json!({ "mood": "sad" }));
    let mut tasks = served(&export(Format::LabelStudio, &schema, &records[..1]).text());
    tasks[0]["predictions"] = json!([43, 44]);
    let (_, report) = import_text(Format::LabelStudio, &schema, &json!(tasks).to_string());
    assert!(told(&report.losses).starts_with("2 × a prediction: the file tells its number alone"));
}

#[test]
fn people_whose_name_is_no_email_are_nobody_to_a_server_and_themselves_again_here() {
    let (json, _, _) = everything();
    let schema = schema(&json);
    let records = of_everything(&schema, &[], &json!({ "mood": "sad" }));
    let tasks: Vec<Value> =
        serde_json::from_str(&export(Format::LabelStudio, &schema, &records).text()).unwrap();
    assert_eq!(tasks[0]["annotations"][0]["completed_by"]["email"], "ann@example.org");
    assert_eq!(tasks[1]["annotations"][0].get("completed_by"), None, "the name is `ann`");
}

#[test]
fn what_somebody_adds_in_the_server_is_theirs() {
    let (json, _, _) = everything();
    let schema = schema(&json);
    let records = of_everything(&schema, &[], &json!({ "mood": "sad" }));
    let mut tasks = served(&export(Format::LabelStudio, &schema, &records[..1]).text());
    let result = json!([{ "id": "x", "from_name": "mood", "to_name": "text", "type": "choices", "value": { "choices": ["sad"] } }]);
    let added = json!({ "id": 99, "import_id": null, "completed_by": { "email": "eve@example.org" }, "created_at": "2030-01-02T03:04:05Z", "result": result });
    tasks[0]["annotations"].as_array_mut().unwrap().push(added);
    let (back, _) = import_text(Format::LabelStudio, &schema, &json!(tasks).to_string());
    let said: Vec<(&str, Option<&str>)> =
        back[0].responses.iter().map(|given| (given.user.as_str(), given.at.as_deref())).collect();
    let expected = [
        ("ann@example.org", Some("2026-03-01T12:10:04.123Z")),
        ("eve@example.org", Some("2030-01-02T03:04:05Z")),
    ];
    assert_eq!(said, expected);
}
