//! Each type of question by its own measure, against values worked out by hand.

use engraft_eval::Resampling;
use serde_json::{Value, json};

use super::agreement;
use crate::read::{Stage, answers, fields, read_answers, schema};
use crate::{Answers, Judged};

const ITEMS: [&str; 4] = ["i1", "i2", "i3", "i4"];

/// The headline over four items on which two people give these answers; the measure's name and its value.
#[track_caller]
fn check(question: &str, pairs: [(Value, Value); 4], measure: &str, expected: f64) {
    let schema = schema();
    let fields = fields();
    let read = |value: &Value| -> Answers {
        let mut all = answers();
        all[question] = value.clone();
        read_answers(&schema, &fields, &all, Stage::Part).unwrap()
    };
    let said: Vec<(Answers, Answers)> = pairs.iter().map(|(one, other)| (read(one), read(other))).collect();
    let items: Vec<Judged> = said
        .iter()
        .zip(ITEMS)
        .map(|((one, other), item)| Judged {
            item,
            fields: &fields,
            responses: vec![("ann", one), ("bob", other)],
        })
        .collect();
    let resampling = Resampling { seed: 0, resamples: 100 };
    let found = agreement(schema.question(question).unwrap(), &items, &resampling);
    assert_eq!(found.measure, measure);
    let value = found.headline.metric.value.unwrap();
    assert!((value - expected).abs() < 1e-9, "{question}: {value}");
    assert!(found.headline.of >= 4 && found.headline.used > 0);
}

/// Three items on which both say the first, and one on which the second says the other.
fn once(one: Value, other: Value) -> [(Value, Value); 4] {
    [(one.clone(), one.clone()), (one.clone(), one.clone()), (one.clone(), one.clone()), (one, other)]
}

#[test]
fn classes_have_a_nominal_alpha() {
    // One of four pairs differs and one class is used once of eight: 1 - 7 * 2 / (2 * 7 * 1) = 0.
    check("topic", once(json!("other"), json!("refund")), "alpha_nominal", 0.0);
    let half = [
        (json!("other"), json!("other")),
        (json!("refund"), json!("refund")),
        (json!("other"), json!("other")),
        (json!("refund"), json!("other")),
    ];
    // Coincidences: 2 off the diagonal, classes used 5 and 3 times: 1 - 7 * 2 / (2 * 15).
    check("topic", half, "alpha_nominal", 1.0 - 14.0 / 30.0);
    let better = |choice: &str| json!({"choice": choice});
    check("better", once(better("tie"), better("both_bad")), "alpha_nominal", 0.0);
}

#[test]
fn options_are_judged_one_by_one() {
    // 8 units of two answers; "angry" is yes 7 times, "happy" yes 8 times: 15 yes, 1 no, one pair differs.
    check(
        "moods",
        once(json!(["angry", "happy"]), json!(["happy"])),
        "alpha_nominal",
        1.0 - 15.0 * 2.0 / (2.0 * 15.0),
    );
    let verdict = |verdict: &str| json!([{"char_start": 0, "char_end": 20, "verdict": verdict}, {"char_start": 21, "char_end": 31, "verdict": "not"}]);
    // 8 sentences; supported 7 times, partly once, not 8 times: 1 - 15 * 2 / (256 - 49 - 1 - 64).
    check("proof", once(verdict("supported"), verdict("partly")), "alpha_nominal", 1.0 - 30.0 / 142.0);
    // 16 classes of the tree, 15 yes and 17 no: on the last item the two differ on Finance, Taxes and Legal.
    check(
        "class",
        once(json!([["Finance", "Taxes"]]), json!([["Legal"]])),
        "alpha_nominal",
        1.0 - 31.0 * 2.0 * 3.0 / (2.0 * 15.0 * 17.0),
    );
    let acts = |label: &str| json!([{"turn": 0, "labels": [label]}]);
    check("acts", once(acts("asks"), acts("thanks")), "alpha_nominal", 1.0 - 30.0 / 142.0);
}

#[test]
fn scales_are_ordinal() {
    // Four values once or twice each; near misses count for little.
    let near = [(json!(1), json!(1)), (json!(2), json!(2)), (json!(5), json!(5)), (json!(4), json!(5))];
    let far = [(json!(1), json!(1)), (json!(2), json!(2)), (json!(5), json!(5)), (json!(4), json!(1))];
    let schema = schema();
    let fields = fields();
    let value = |pairs: &[(Value, Value)]| {
        let read =
            |value: &Value| read_answers(&schema, &fields, &json!({"stars": value}), Stage::Part).unwrap();
        let said: Vec<(Answers, Answers)> =
            pairs.iter().map(|(one, other)| (read(one), read(other))).collect();
        let items: Vec<Judged> = said
            .iter()
            .zip(ITEMS)
            .map(|((one, other), item)| Judged {
                item,
                fields: &fields,
                responses: vec![("ann", one), ("bob", other)],
            })
            .collect();
        let found =
            agreement(schema.question("stars").unwrap(), &items, &Resampling { seed: 0, resamples: 10 });
        assert_eq!(found.measure, "alpha_ordinal");
        found.headline.metric.value.unwrap_or_else(|| panic!("{:?}", found.headline.metric.why))
    };
    assert!(value(&near) > 0.9 && value(&far) < 0.7, "{} {}", value(&near), value(&far));
}

#[test]
fn passages_have_an_ordinal_alpha() {
    let grades = |second: u8| json!([{"id": "p1", "grade": 0}, {"id": "p2", "grade": second}]);
    // 8 passages, 16 grades: 9 times 0 and 7 times 2, and one pair differs. With two grades in use every scale says the same.
    check("grades", once(grades(2), grades(0)), "alpha_ordinal", 1.0 - 15.0 * 2.0 / (2.0 * 9.0 * 7.0));
}

#[test]
fn spans_relations_and_rankings_have_their_own() {
    let span = |start: usize, end: usize| json!([{"char_start": start, "char_end": end, "label": "PER"}]);
    let pairs = once(span(4, 7), span(4, 13));
    let no_links = |pairs: [(Value, Value); 4]| pairs;
    // The arrows of the other answers would lack their spans: they are not part of this question.
    let schema = schema();
    let fields = fields();
    let said: Vec<(Answers, Answers)> = no_links(pairs)
        .iter()
        .map(|(one, other)| {
            let read = |value: &Value| {
                read_answers(&schema, &fields, &json!({"names": value}), Stage::Part).unwrap()
            };
            (read(one), read(other))
        })
        .collect();
    let items: Vec<Judged> = said
        .iter()
        .zip(ITEMS)
        .map(|((one, other), item)| Judged {
            item,
            fields: &fields,
            responses: vec![("ann", one), ("bob", other)],
        })
        .collect();
    let found = agreement(schema.question("names").unwrap(), &items, &Resampling { seed: 0, resamples: 100 });
    let spans = found.spans.unwrap();
    assert_eq!(found.measure, "f1_exact");
    assert!((found.headline.metric.value.unwrap() - 0.75).abs() < 1e-9);
    assert!((spans.f1_overlap.metric.value.unwrap() - 1.0).abs() < 1e-9);
    assert!(spans.alpha_u.metric.value.is_some());

    let links = answers()["links"].clone();
    check("links", once(links, json!([])), "f1_triples", 0.75);
    let order = |one: u32, two: u32| json!([{"value": "p1", "rank": one}, {"value": "p2", "rank": two}]);
    check("order", once(order(1, 2), order(2, 1)), "kendall_tau", 0.5);
}

#[test]
fn a_ranking_s_tau_has_an_interval_around_its_value() {
    let (schema, fields) = (schema(), fields());
    let ranked = |one: u32, two: u32| {
        let order = json!([{"value": "p1", "rank": one}, {"value": "p2", "rank": two}]);
        read_answers(&schema, &fields, &json!({ "order": order }), Stage::Part).unwrap()
    };
    let (up, down) = (ranked(1, 2), ranked(2, 1));
    let names: Vec<String> = (0..12).map(|n| format!("i{n}")).collect();
    let other = |n: usize| if n.is_multiple_of(3) { &down } else { &up };
    let items = names.iter().enumerate().map(|(n, item)| Judged {
        item,
        fields: &fields,
        responses: vec![("ann", &up), ("bob", other(n))],
    });
    let items: Vec<Judged> = items.collect();
    let found = agreement(schema.question("order").unwrap(), &items, &Resampling { seed: 0, resamples: 200 });
    let metric = &found.headline.metric;
    // Eight of twelve pairs alike: (8 - 4) / 12.
    let (value, low, high) = (metric.value.unwrap(), metric.low.unwrap(), metric.high.unwrap());
    assert!((value - 1.0 / 3.0).abs() < 1e-12 && low < value && value < high, "{metric:?}");
}

#[test]
fn texts_and_forms_count_what_is_equal() {
    check("why", once(json!("So slow"), json!("slow")), "percent", 0.75);
    check("fixed", once(json!("She lives."), json!("she lives.")), "percent", 0.75);
    // Two leaves on each item; on the last the party differs.
    check(
        "facts",
        once(json!({"party": "A", "sums": [1]}), json!({"party": "B", "sums": [1]})),
        "percent",
        7.0 / 8.0,
    );
    // A leaf that one of the two left out is a difference.
    let signed = json!({"party": "A", "signed": "2024-01-01"});
    check("facts", once(signed, json!({"party": "A"})), "percent", 7.0 / 8.0);
}

#[test]
fn the_reference_names_every_type() {
    let reference = include_str!("../../../../docs/reference/agreement.md");
    for question in &schema().questions {
        let row = format!("\n| `{}` |", question.kind.name());
        assert_eq!(reference.matches(&row).count(), 1, "{row}");
    }
}
