//! Real preferences: 999 pairs of answers, each judged by three people (PandaLM's test set).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;

use engraft_annotate::{
    Answer, Answers, Choice, Judged, Record, Schema, aggregate, agreement, canonical_json, merge, strengths,
};
use engraft_eval::{Coefficient, Method, Resampling};
use serde_json::{Value, json};

const PEOPLE: [&str; 3] = ["a1", "a2", "a3"];

fn schema(policy: &Value) -> Schema {
    let schema = json!({
        "fields": [{"name": "prompt", "type": "text"}, {"name": "replies", "type": "answers"}],
        "questions": [{"name": "better", "type": "preference", "field": "replies", "both_bad": false}],
        "distribution": {"overlap": 3},
        "merge": policy
    });
    Schema::read_value(&schema).unwrap()
}

fn records(schema: &Schema) -> Option<Vec<Record>> {
    let file = std::fs::read_to_string(engraft_testkit::data("pref-pandalm")?.join("pairs.jsonl")).unwrap();
    let record = |line: &str| {
        let pair: Value = serde_json::from_str(line).unwrap();
        let models: Vec<&str> = pair["systems"].as_str().unwrap().split('_').collect();
        let choice = |label: &Value| match label.as_i64().unwrap() {
            0 => json!("tie"),
            which => json!({"id": which.to_string()}),
        };
        let said = pair["labels"].as_array().unwrap().iter().zip(PEOPLE).map(|(label, user)| {
            json!({"user": user, "status": "submitted", "answers": {"better": {"choice": choice(label)}}})
        });
        let record = json!({
            "id": pair["id"],
            "fields": {
                "prompt": format!("{}\n{}", pair["instruction"].as_str().unwrap(), pair["input"].as_str().unwrap()),
                "replies": [
                    {"id": "1", "text": pair["response1"], "model": models[0]},
                    {"id": "2", "text": pair["response2"], "model": models[1]}
                ]
            },
            "responses": said.collect::<Vec<Value>>()
        });
        Record::read(schema, &record).unwrap()
    };
    Some(file.lines().map(record).collect())
}

fn answers(record: &Record) -> Vec<&Answers> {
    record.responses.iter().map(|given| &given.answers).collect()
}

#[test]
fn unanimous_pairs_and_majorities_are_those_counted_by_hand() {
    let (unanimous, quorum) =
        (schema(&json!({"policy": "unanimous"})), schema(&json!({"policy": "quorum", "quorum": 2})));
    let Some(records) = records(&unanimous) else { return };
    let resolved = |schema: &Schema, record: &Record| {
        merge(schema, &record.fields, &answers(record), &BTreeMap::new()).resolution()
    };
    assert_eq!(records.iter().filter(|record| resolved(&unanimous, record).is_some()).count(), 879);
    let majorities: Vec<Answers> = records
        .iter()
        .filter_map(|record| resolved(&quorum, record))
        .map(|resolution| resolution.answers)
        .collect();
    assert_eq!(majorities.len(), 999);
    let decided = |answers: &&Answers| matches!(&answers["better"], Answer::Preference(preference) if matches!(preference.choice, Choice::Id(_)));
    assert_eq!(majorities.iter().filter(decided).count(), 894);
}

#[test]
fn agreement_and_aggregates_are_those_computed_apart() {
    let schema = schema(&json!({"policy": "unanimous"}));
    let Some(records) = records(&schema) else { return };
    let items: Vec<Judged> = records
        .iter()
        .map(|record| Judged {
            item: &record.id,
            fields: &record.fields,
            responses: record.responses.iter().map(|given| (given.user.as_str(), &given.answers)).collect(),
        })
        .collect();
    let question = &schema.questions[0];
    let resampling = Resampling { seed: 0, resamples: 200 };
    let found = agreement(question, &items, &resampling);
    // Computed by a few lines of Python from the three labels of each pair.
    let percent = &found.classes.as_ref().unwrap().coefficients[&Coefficient::Percent];
    assert!((percent.metric.value.unwrap() - 0.919_919_919_919_921).abs() < 1e-12);
    assert!((found.headline.metric.value.unwrap() - 0.864_220_685_196_081_6).abs() < 1e-12);
    assert_eq!((found.measure, found.headline.used, found.headline.of), ("alpha_nominal", 999, 999));

    let majority = aggregate(question, &items, Method::Majority, &resampling);
    let modelled = aggregate(question, &items, Method::DawidSkene, &resampling);
    let same = majority
        .iter()
        .filter(|(item, belief)| canonical_json(&modelled[*item].answer) == canonical_json(&belief.answer));
    // Three people who agree this well are hardly ever outvoted by a model of themselves.
    assert!(same.count() >= 980 && modelled.len() == 999);

    let found = strengths(question, &items, &resampling).unwrap();
    let names: Vec<&str> = found.items.iter().map(|item| item.item.as_str()).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    let games: u64 = found.items.iter().map(|item| (item.wins + item.losses + item.ties) as u64).sum();
    assert_eq!(games, 2 * 2997);
}
