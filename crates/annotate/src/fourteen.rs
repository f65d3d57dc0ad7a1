//! What each of the fourteen types of question must have: a refusal that helps, a measure of how far people agree, an aggregate
//! of several answers, and a way out and back. Its keys are tried in `server/tests/browser/journeys/keyboard.mjs`.

use std::collections::BTreeSet;

use engraft_core::Fault;
use engraft_eval::Resampling;
use serde_json::{Value, json};

use crate::format::{ExportOptions, Exporter, Format, ImportOptions, Input, import};
use crate::read::{answers, fields, schema, variants};
use crate::resolve::key;
use crate::{Answer, Answers, Given, Judged, Record, ResponseStatus, aggregate_one, agreement};

/// An answer that cannot be taken, by type.
fn wrong(kind: &str) -> Value {
    match kind {
        "label" => json!("biling"),
        "labels" => json!(["sad"]),
        "taxonomy" => json!([["Finance", "Invoice"]]),
        "spans" => json!([{"char_start": 6, "char_end": 9, "label": "PER", "quote": "Zoë"}]),
        "relations" => json!([{"from": "zoe", "to": "city", "label": "live in"}]),
        "rating" => json!(9),
        "ranking" => json!([{"value": "p3", "rank": 1}]),
        "preference" => json!({"choice": "c", "strength": 1}),
        "text" | "correction" => json!(" "),
        "turns" => json!([{"turn": 1, "labels": ["asks"]}]),
        "relevance" => json!([{"id": "p1", "grade": 7}]),
        "support" => json!([{"char_start": 0, "char_end": 5, "verdict": "supported"}]),
        "form" => json!({"partie": "x"}),
        other => panic!("nobody has thought of a wrong answer to a question of type `{other}`"),
    }
}

#[test]
fn there_are_fourteen() {
    let kinds: BTreeSet<&str> = schema().questions.iter().map(|question| question.kind.name()).collect();
    assert_eq!(kinds.len(), 14);
}

#[test]
fn each_refuses_what_is_wrong_and_says_what_to_do() {
    for question in &schema().questions {
        let refused = Answer::read(question, &wrong(question.kind.name()), &fields()).unwrap_err();
        let told = refused.problem(&question.name).to_string();
        let hint = refused.hint().unwrap_or_default();
        assert!(told.starts_with(&question.name) && told.ends_with(&hint) && hint.len() > 5, "{told}");
    }
}

#[test]
fn each_has_a_measure_of_agreement_with_its_interval() {
    let (schema, fields) = (schema(), fields());
    for question in &schema.questions {
        let said = variants(&question.name);
        let (one, other) = (&said[said.len() - 2], &said[said.len() - 1]);
        let pairs: Vec<[&Answers; 2]> =
            (0..12).map(|n| [[one, one], [other, other], [one, other]][n % 3]).collect();
        let names: Vec<String> = (0..12).map(|n| format!("i{n}")).collect();
        let items: Vec<Judged> = names
            .iter()
            .zip(&pairs)
            .map(|(item, [ann, bob])| Judged {
                item,
                fields: &fields,
                responses: vec![("ann", *ann), ("bob", *bob)],
            })
            .collect();
        let found = agreement(question, &items, &Resampling { seed: 0, resamples: 200 });
        let metric = &found.headline.metric;
        let (Some(value), Some(low), Some(high)) = (metric.value, metric.low, metric.high) else {
            panic!("{}: {metric:?}", question.name);
        };
        assert!(low <= value && value <= high && value < 1.0, "{}: {metric:?}", question.name);
        assert!(found.headline.used > 0 && found.headline.used <= found.headline.of, "{}", question.name);
    }
}

#[test]
fn each_is_aggregated() {
    let fields = fields();
    for question in &schema().questions {
        let said = variants(&question.name);
        let majority = [&said[0], &said[0], &said[0], &said[said.len() - 1]];
        let belief = aggregate_one(question, &fields, &majority).unwrap();
        assert!(belief.posterior > 0.0 && belief.posterior <= 1.0, "{}: {}", question.name, belief.posterior);
    }
}

#[test]
fn each_goes_out_and_comes_back() {
    let schema = schema();
    let all = crate::read_answers(&schema, &fields(), &answers(), crate::Stage::Submit).unwrap();
    let response = Given {
        user: "ann".into(),
        status: ResponseStatus::Submitted,
        answers: all.clone(),
        at: None,
        active_ms: None,
        guideline: None,
        accepted: Vec::new(),
        reason: None,
    };
    let record = Record { id: "1".into(), fields: fields(), responses: vec![response], ..Record::default() };
    for format in [Format::Jsonl, Format::Csv, Format::LabelStudio] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let mut exporter = Exporter::create(format, &schema, &path, &ExportOptions::default()).unwrap();
        exporter.write(&record).unwrap();
        exporter.finish().unwrap();
        let mut back = Vec::new();
        let mut keep = |record| {
            back.push(record);
            Ok(())
        };
        let report =
            import(format, &schema, Input::Path(&path), &ImportOptions::default(), &mut keep).unwrap();
        assert_eq!(report.rejected, [], "{format}");
        let given: &Answers = &back[0].responses[0].answers;
        for question in &schema.questions {
            assert!(given.contains_key(&question.name), "{format} lost {}", question.name);
            assert_eq!(key(question, given), key(question, &all), "{format}: {}", question.name);
        }
    }
}
