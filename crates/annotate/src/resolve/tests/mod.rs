//! What several answers come to, type by type.

use engraft_eval::{Method, Resampling};
use expect_test::{Expect, expect};
use serde_json::{Map, Value, json};

use super::{DEFAULT_ACCURACY, Judged, aggregate, aggregate_one, key, strengths, vote_posterior};
use crate::read::{Stage, answers, fields, read_answers, schema};
use crate::{Answers, Schema, canonical_json};

mod laws;
mod merge;

/// The good answers with another answer to one question.
fn with(question: &str, value: &Value) -> Answers {
    let mut all = answers();
    all[question] = value.clone();
    read_answers(&schema(), &fields(), &all, Stage::Part).unwrap()
}

/// What these answers to one question come to, and how sure it is.
#[track_caller]
fn check(question: &str, values: &[Value], expected: &Expect) {
    let schema = schema();
    let responses: Vec<Answers> = values.iter().map(|value| with(question, value)).collect();
    let responses: Vec<&Answers> = responses.iter().collect();
    let belief = aggregate_one(schema.question(question).unwrap(), &fields(), &responses);
    let shown = belief.map(|belief| format!("{} {:.3}", canonical_json(&belief.answer), belief.posterior));
    expected.assert_eq(&shown.unwrap_or_default());
}

#[test]
fn classes_go_by_majority() {
    check("topic", &[json!("other"), json!("refund"), json!("other")], &expect![[r#""other" 0.667"#]]);
    check("topic", &[json!("refund"), json!("other")], &expect![[r#""other" 0.500"#]]);
    check(
        "moods",
        &[json!(["angry"]), json!(["angry", "happy"]), json!([])],
        &expect![[r#"["angry"] 0.667"#]],
    );
    let acts = |turn: usize, label: &str| json!([{"turn": turn, "labels": [label]}]);
    check(
        "acts",
        &[acts(0, "asks"), acts(0, "asks"), acts(2, "thanks")],
        &expect![[r#"[{"labels":["asks"],"turn":0}] 0.667"#]],
    );
}

#[test]
fn a_tree_is_followed_as_far_as_most_go() {
    let path = |path: &[&str]| json!([path]);
    check(
        "class",
        &[path(&["Finance", "Taxes"]), path(&["Finance", "Invoices"]), path(&["Finance"])],
        &expect![[r#"[["Finance"]] 0.667"#]],
    );
    check(
        "class",
        &[path(&["Finance", "Taxes"]), path(&["Finance", "Taxes"]), path(&["Legal"])],
        &expect![[r#"[["Finance","Taxes"]] 0.667"#]],
    );
    check("class", &[path(&["Finance"]), path(&["Legal"])], &expect![""]);
}

#[test]
fn details_go_with_their_supporters() {
    let better = |id: &str, strength: u8| json!({"choice": {"id": id}, "strength": strength});
    check(
        "better",
        &[better("a", 1), better("b", 3), better("a", 3), better("a", 2)],
        &expect![[r#"{"choice":{"id":"a"},"strength":2} 0.750"#]],
    );
    let grade = |grade: u8, evidence: Value| json!([{"id": "p2", "grade": grade, "evidence": evidence}, {"id": "p1", "grade": 0}]);
    check(
        "grades",
        &[grade(2, json!([[0, 9]])), grade(2, json!([[4, 12]])), grade(0, json!([]))],
        &expect![[r#"[{"evidence":[[4,9]],"grade":2,"id":"p2"},{"grade":0,"id":"p1"}] 0.667"#]],
    );
    let proof = |verdict: &str, passages: Value| {
        json!([{"char_start": 0, "char_end": 20, "verdict": verdict, "passages": passages},
               {"char_start": 21, "char_end": 31, "verdict": "no_citation"}])
    };
    check(
        "proof",
        &[
            proof("supported", json!(["p1"])),
            proof("supported", json!(["p1", "p2"])),
            proof("not", json!(["p2"])),
        ],
        &expect![[
            r#"[{"char_end":20,"char_start":0,"passages":["p1"],"quote":"She lives in Brazil.","verdict":"supported"},{"char_end":31,"char_start":21,"quote":"In a city.","verdict":"no_citation"}] 0.667"#
        ]],
    );
}

#[test]
fn ratings_rankings_and_texts() {
    check("stars", &[json!(1), json!(4), json!(5), json!(5)], &expect!["4 0.250"]);
    let order = |one: u32, two: u32| json!([{"value": "p1", "rank": one}, {"value": "p2", "rank": two}]);
    check(
        "order",
        &[order(1, 2), order(1, 1), order(1, 2)],
        &expect![[r#"[{"rank":1,"value":"p1"},{"rank":2,"value":"p2"}] 0.667"#]],
    );
    check(
        "why",
        &[json!("too slow today"), json!("slow today"), json!("no idea at all")],
        &expect![[r#""slow today" 0.333"#]],
    );
    check(
        "fixed",
        &[
            json!("She lives in Brazil."),
            json!("She lives in a city."),
            json!("She lives in Brazil, I think."),
        ],
        &expect![[r#""She lives in Brazil." 0.550"#]],
    );
}

#[test]
fn a_form_that_votes_would_break_is_replaced_by_the_one_most_like_it() {
    check(
        "facts",
        &[
            json!({"party": "A", "sums": [1, 2]}),
            json!({"party": "A", "sums": [1]}),
            json!({"party": "B", "sums": [1]}),
        ],
        &expect![[r#"{"party":"A","sums":[1]} 0.667"#]],
    );
    // Nobody's date has a majority, and every form has to have its own party.
    check(
        "facts",
        &[json!({"party": "A"}), json!({"party": "B", "signed": "2024-01-01"}), json!({"party": "C"})],
        &expect![[r#"{"party":"A"} 0.333"#]],
    );
}

#[test]
fn one_answer_comes_to_itself() {
    let all = read_answers(&schema(), &fields(), &answers(), Stage::Submit).unwrap();
    for question in &schema().questions {
        let belief = aggregate_one(question, &fields(), &[&all]).unwrap();
        let alone: Answers = [(question.name.clone(), belief.answer)].into();
        let mut again = all.clone();
        again.extend(alone);
        if question.name == "links" {
            // Ends are named after the aggregated spans.
            again.insert(
                "names".to_string(),
                aggregate_one(schema().question("names").unwrap(), &fields(), &[&all]).unwrap().answer,
            );
        }
        assert_eq!(key(question, &again), key(question, &all), "{}", question.name);
        assert!((belief.posterior - 1.0).abs() < 1e-12, "{}", question.name);
        let json: Value = serde_json::from_str(&canonical_json(&again[&question.name])).unwrap();
        assert!(crate::Answer::read(question, &json, &fields()).is_ok(), "{}", question.name);
    }
}

#[test]
fn one_coin_posteriors_are_bayes() {
    let schema = schema();
    let posterior = |question: &str, values: &[(Value, f64)]| {
        let read: Vec<(Answers, f64)> =
            values.iter().map(|(value, accuracy)| (with(question, value), *accuracy)).collect();
        let given: Vec<(&Answers, f64)> =
            read.iter().map(|(answers, accuracy)| (answers, *accuracy)).collect();
        vote_posterior(schema.question(question).unwrap(), &fields(), &given).unwrap()
    };
    // One of three classes, right with .8: .8 against .1 and .1.
    assert!((posterior("topic", &[(json!("other"), DEFAULT_ACCURACY)]).posterior - 0.8).abs() < 1e-12);
    let two = posterior("topic", &[(json!("other"), 0.8), (json!("other"), 0.8)]).posterior;
    assert!((two - 0.64 / (0.64 + 2.0 * 0.01)).abs() < 1e-12);
    let better = posterior("topic", &[(json!("other"), 0.6), (json!("refund"), 0.9), (json!("other"), 0.6)]);
    let (refund, other, third) = (0.9 * 0.04, 0.36 * 0.05, 0.04 * 0.05);
    assert_eq!(canonical_json(&better.answer), "\"refund\"");
    assert!((better.posterior - refund / (refund + other + third)).abs() < 1e-12);
    // A free text: the one given, or any other.
    assert!((posterior("why", &[(json!("slow"), 0.8)]).posterior - 0.8).abs() < 1e-12);
}

const TASKS: [&str; 4] = ["t1", "t2", "t3", "t4"];

#[test]
fn a_model_of_the_annotators_outvotes_two_who_are_careless() {
    let schema = Schema::read(
        r#"{"fields":[{"name":"t","type":"text"}],"questions":[
        {"name":"q","type":"label","options":["a","b"]},{"name":"m","type":"labels","options":["x","y"]}]}"#,
    )
    .unwrap();
    let fields: Map<String, Value> = json!({"t": "x"}).as_object().unwrap().clone();
    // Ann, Bea and Cid agree on 40 items; Dan and Eve answer by lot; on one item only Ann, Dan and Eve answered.
    let names: Vec<String> = (0..40).map(|item| format!("i{item:02}")).collect();
    let lot = |item: usize, who: &str| crate::split::uniform(&[&item.to_string(), who], 5) < 0.5;
    let said = |yes: bool| {
        let json =
            json!({"q": if yes { "a" } else { "b" }, "m": if yes { json!(["x"]) } else { json!(["y"]) }});
        read_answers(&schema, &fields, &json, Stage::Submit).unwrap()
    };
    let (yes, no) = (said(true), said(false));
    let pick = |truth: bool| if truth { &yes } else { &no };
    let mut items: Vec<Judged> = names
        .iter()
        .enumerate()
        .map(|(number, item)| {
            let truth = number % 2 == 0;
            let mut responses: Vec<(&str, &Answers)> =
                ["ann", "bea", "cid"].map(|who| (who, pick(truth))).to_vec();
            responses.extend(["dan", "eve"].map(|who| (who, pick(lot(number, who)))));
            Judged { item, fields: &fields, responses }
        })
        .collect();
    items.push(Judged {
        item: "last",
        fields: &fields,
        responses: vec![("ann", &yes), ("dan", &no), ("eve", &no)],
    });
    let last = |question: &str, method| {
        let beliefs = aggregate(schema.question(question).unwrap(), &items, method, &Resampling::default());
        assert_eq!(beliefs.len(), 41);
        canonical_json(&beliefs["last"].answer)
    };
    assert_eq!(last("q", Method::Majority), "\"b\"");
    assert_eq!(last("q", Method::DawidSkene), "\"a\"");
    assert_eq!(last("m", Method::Majority), "[\"y\"]");
    assert_eq!(last("m", Method::OneCoin), "[\"x\"]");
}

#[test]
fn models_are_compared_across_items() {
    let schema = Schema::read(r#"{"fields":[{"name":"r","type":"answers"}],"questions":[{"name":"q","type":"preference","field":"r"}]}"#).unwrap();
    let fields: Map<String, Value> = json!({"r": [
        {"id": "1", "text": "x", "model": "small"}, {"id": "2", "text": "y", "model": "large"}
    ]})
    .as_object()
    .unwrap()
    .clone();
    let read = |json: Value| read_answers(&schema, &fields, &json!({"q": json}), Stage::Submit).unwrap();
    let (large, tie, bad) =
        (read(json!({"choice": "2"})), read(json!({"choice": "tie"})), read(json!({"choice": "both_bad"})));
    let items: Vec<Judged> = TASKS
        .iter()
        .map(|item| Judged {
            item,
            fields: &fields,
            responses: vec![("ann", &large), ("bob", &tie), ("eve", &bad)],
        })
        .collect();
    let found = strengths(&schema.questions[0], &items, &Resampling::default()).unwrap();
    let large = found.items.iter().find(|item| item.item == "large").unwrap();
    assert_eq!((large.wins, large.losses, large.ties), (4, 0, 4));
    assert!(
        large.strength.value > found.items.iter().find(|item| item.item == "small").unwrap().strength.value
    );
}
