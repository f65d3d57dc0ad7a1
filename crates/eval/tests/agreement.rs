//! Parity of the coefficients of agreement with statsmodels, krippendorff, irrCAC and SciPy; `xtask/golden/agreement.py`
//! makes the file and says whose definition is followed where they differ.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{Coefficient, Labels, Metric, Resampling, Scale, agreement, coefficient, kendall_tau};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tables: Vec<Table>,
    rankings: Vec<Rankings>,
}

#[derive(Deserialize)]
struct Table {
    rows: Vec<(String, String, String)>,
    expected: BTreeMap<Coefficient, Option<f64>>,
    fleiss_used: usize,
}

#[derive(Deserialize)]
struct Rankings {
    a: Vec<f64>,
    b: Vec<f64>,
    tau: Option<f64>,
}

const NONE: Resampling = Resampling { seed: 0, resamples: 0 };

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/agreement.json")).unwrap()
}

fn labels(rows: &[(String, String, String)]) -> Labels {
    Labels::from_rows(
        rows.iter().map(|(task, worker, label)| (task.as_str(), worker.as_str(), label.as_str())),
    )
}

#[test]
fn every_coefficient_is_the_reference_s_to_1e_9() {
    let mut compared = 0;
    for (number, table) in golden().tables.iter().enumerate() {
        let labels = labels(&table.rows);
        for (which, expected) in &table.expected {
            let value = coefficient(&labels, *which, &NONE).metric.value;
            let close = match (value, expected) {
                (Some(value), Some(expected)) => (value - expected).abs() <= 1e-9,
                (value, expected) => value == *expected,
            };
            assert!(close, "table {number}: {which} is {value:?}, not {expected:?}");
            compared += 1;
        }
        assert_eq!(coefficient(&labels, Coefficient::Fleiss, &NONE).used, table.fleiss_used);
    }
    assert!(compared > 250, "{compared}");
}

#[test]
fn tau_b_is_scipy_s() {
    for Rankings { a, b, tau } in golden().rankings {
        let value = kendall_tau(&a, &b);
        let close = value.zip(tau).is_none_or(|(value, tau)| (value - tau).abs() <= 1e-12);
        assert!(close && value.is_some() == tau.is_some(), "{a:?} and {b:?}: {value:?}, not {tau:?}");
    }
}

#[test]
fn all_together_say_the_same_as_each_alone_and_hold_their_value() {
    let table = &golden().tables[17];
    let labels = labels(&table.rows);
    let resampling = Resampling { seed: 4, resamples: 300 };
    for scale in [Scale::Nominal, Scale::Ordinal, Scale::Interval, Scale::Ratio] {
        let all = agreement(&labels, scale, &resampling);
        assert_eq!(all.coefficients.len(), scale.coefficients().len());
        for (which, measured) in &all.coefficients {
            assert_eq!(measured, &coefficient(&labels, *which, &resampling), "{which}");
            let Some((value, (low, high))) =
                measured.metric.value.zip(measured.metric.low.zip(measured.metric.high))
            else {
                panic!("{which}: {measured:?}")
            };
            assert!(low <= value && value <= high && measured.used <= measured.of, "{which}: {measured:?}");
        }
    }
}

#[test]
fn the_published_example_of_alpha_comes_out_as_printed() {
    // Krippendorff 2011, "Computing Krippendorff's alpha-reliability", example C: four observers, twelve units.
    let observers = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ];
    let units: Vec<String> = (10..22).map(|unit| unit.to_string()).collect();
    let rows: Vec<(&str, &str, &str)> = observers
        .iter()
        .zip(["a", "b", "c", "d"])
        .flat_map(|(row, name)| {
            units.iter().zip(row.split(' ')).map(move |(unit, label)| (unit.as_str(), name, label))
        })
        .filter(|(_, _, label)| *label != ".")
        .collect();
    let labels = Labels::from_rows(rows);
    let alpha = |which| (coefficient(&labels, which, &NONE).metric.value.unwrap() * 1000.0).round() / 1000.0;
    assert_eq!(alpha(Coefficient::AlphaNominal), 0.743);
    assert_eq!(alpha(Coefficient::AlphaOrdinal), 0.815);
    assert_eq!(alpha(Coefficient::AlphaInterval), 0.849);
    assert_eq!(alpha(Coefficient::AlphaRatio), 0.797);
    assert_eq!(coefficient(&labels, Coefficient::AlphaNominal, &NONE).used, 11);
}

#[test]
fn what_is_undefined_is_null_with_its_reason() {
    let why = |rows: &[(&str, &str, &str)], which| {
        let measured = coefficient(&Labels::from_rows(rows.iter().copied()), which, &Resampling::default());
        assert_eq!((measured.metric.value, measured.metric.low, measured.used), (None, None, 0));
        measured.metric.why.unwrap()
    };
    let alone = [("1", "a", "x"), ("2", "b", "y")];
    for which in [Coefficient::Percent, Coefficient::Fleiss, Coefficient::AlphaNominal, Coefficient::Ac1] {
        assert_eq!(why(&alone, which), "no item has two labels");
    }
    assert_eq!(why(&alone, Coefficient::Cohen), "no two people labelled the same item");
    assert_eq!(why(&alone, Coefficient::AlphaInterval), "the labels are not numbers");
    let same = [("1", "a", "-7"), ("1", "b", "-7")];
    assert_eq!(why(&same, Coefficient::Cohen), "each pair of people gave one and the same label throughout");
    assert_eq!(why(&same, Coefficient::AlphaRatio), "a ratio scale has no numbers below zero");
    assert_eq!(
        why(&same, Coefficient::AlphaInterval),
        "all labels on shared items are the same, so nothing could have been disagreed on"
    );
    assert_eq!(why(&same, Coefficient::Ac1), "there is only one label");
}

#[test]
fn per_label_and_per_worker_show_where_the_disagreement_is() {
    let mut rows = Vec::new();
    let tasks: Vec<String> = (10..30).map(|task| task.to_string()).collect();
    for (at, task) in tasks.iter().enumerate() {
        let label = ["x", "y", "z"][at % 3];
        rows.extend([(task.as_str(), "ann", label), (task.as_str(), "bob", label)]);
        // Cat takes every z for a y.
        rows.push((task.as_str(), "cat", if label == "z" { "y" } else { label }));
    }
    let all = agreement(&Labels::from_rows(rows), Scale::Nominal, &Resampling { seed: 0, resamples: 200 });
    let specific = |label: &str| all.per_label[label].specific.metric.value.unwrap();
    assert!(specific("x") == 1.0 && specific("z") < specific("y"), "{:?}", all.per_label);
    let percent = |worker: &str| all.per_worker[worker].percent.metric.value.unwrap();
    assert!(percent("cat") < percent("ann") && percent("ann") == percent("bob"));
    assert_eq!((all.n_items, all.n_workers, all.n_answers, all.per_label["z"].specific.used), (20, 3, 60, 6));
    let json = serde_json::to_value(&all).unwrap();
    assert!(
        json["coefficients"]["alpha_nominal"]["value"].is_f64() && json["coefficients"]["ac1"]["of"] == 20
    );
}

#[test]
fn a_crowd_of_thousands_of_pairs_has_an_interval_too() {
    // Fifty people, 1,225 pairs; and two hundred of whom hardly two share a second item.
    let crowd = |workers: usize, tasks: usize, each: usize| {
        let row = move |at: usize| {
            let (task, turn) = (at / each, at % each);
            let worker = (task * 7 + turn * (task % 11 + 1)) % workers;
            let label = if (task + turn * turn) % 3 == 0 { "x" } else { "y" };
            (task.to_string(), worker.to_string(), label.to_string())
        };
        labels(&(0..tasks * each).map(row).collect::<Vec<_>>())
    };
    for (table, least) in [(crowd(50, 300, 8), 1000), (crowd(200, 700, 3), 1500)] {
        let pairs: BTreeSet<(u32, u32)> = (0..table.tasks().len())
            .flat_map(|task| {
                let given = table.of_task(task);
                given.iter().flat_map(|one| given.iter().map(|other| (one.worker, other.worker)))
            })
            .filter(|(one, other)| one < other)
            .collect();
        assert!(pairs.len() > least, "{}", pairs.len());
        for which in [Coefficient::Cohen, Coefficient::CohenLinear, Coefficient::CohenQuadratic] {
            let Metric { value, low, high, why, .. } =
                coefficient(&table, which, &Resampling { seed: 1, resamples: 200 }).metric;
            let (value, low, high) = (value.unwrap(), low.unwrap(), high.unwrap());
            assert!(low < high && high < value + 0.3 && why.is_none(), "{which}: {low} {value} {high}");
        }
    }
}

proptest! {
    #[test]
    fn no_coefficient_is_above_one_and_names_do_not_matter(
        table in prop::collection::btree_map((0u8..10, 0u8..4), 0u8..4, 1..36)
    ) {
        let rows = |rename: &dyn Fn(u8) -> u8| -> Vec<(String, String, String)> {
            let row = |((task, worker), label): (&(u8, u8), &u8)| {
                (task.to_string(), rename(*worker).to_string(), label.to_string())
            };
            table.iter().map(row).collect()
        };
        let (one, other) = (labels(&rows(&|worker| worker)), labels(&rows(&|worker| 9 - worker)));
        for which in Scale::Ratio.coefficients() {
            let (value, renamed) = (coefficient(&one, *which, &NONE), coefficient(&other, *which, &NONE));
            prop_assert!(value.metric.value.is_none_or(|value| value.is_finite() && value <= 1.0 + 1e-12), "{which}");
            prop_assert_eq!(value.metric.value.is_some(), renamed.metric.value.is_some());
            let apart = value.metric.value.zip(renamed.metric.value).map_or(0.0, |(a, b)| (a - b).abs());
            prop_assert!(apart < 1e-9, "{which}: {value:?} {renamed:?}");
            prop_assert!(value.metric.why.is_some(), "without resamples there is always a reason");
        }
    }

    #[test]
    fn people_who_say_the_same_agree_perfectly(truth in prop::collection::vec(1u8..5, 2..20)) {
        prop_assume!(truth.iter().any(|label| *label != truth[0]));
        let row = |worker: &'static str| {
            let label = move |(task, label): (usize, &u8)| (task.to_string(), worker.to_string(), label.to_string());
            truth.iter().enumerate().map(label).collect::<Vec<_>>()
        };
        let all = labels(&[row("a"), row("b"), row("c")].concat());
        for which in Scale::Ratio.coefficients() {
            let value = coefficient(&all, *which, &NONE).metric.value.unwrap();
            prop_assert!((value - 1.0).abs() < 1e-9, "{which} is {value}");
        }
    }
}

#[test]
fn the_same_said_of_ten_places_of_an_item_makes_nothing_surer() {
    let words = ["yes", "no", "maybe"];
    let rows = |places: usize| -> Vec<(String, String, String)> {
        let given = |item: usize, worker: usize| words[(item * 7 + worker * (item % 3)) % 3].to_string();
        let tasks = (0..30).flat_map(|item| (0..places).map(move |place| (item, place)));
        let all = tasks.flat_map(|(item, place)| (0..2).map(move |worker| (item, place, worker)));
        all.map(|(item, place, worker)| {
            (format!("{item:02}/{place}"), worker.to_string(), given(item, worker))
        })
        .collect()
    };
    let resampling = Resampling { seed: 4, resamples: 300 };
    let measured = |labels: Labels| coefficient(&labels, Coefficient::Percent, &resampling).metric;
    let once = measured(labels(&rows(1)));
    let grouped = measured(labels(&rows(10)).grouped(|task| &task[..2]));
    let apart = measured(labels(&rows(10)));
    let ends = |metric: &Metric| [metric.value, metric.low, metric.high].map(Option::unwrap);
    let same = ends(&grouped).iter().zip(ends(&once)).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(same, "{grouped:?} {once:?}");
    assert!(
        ends(&apart)[2] - ends(&apart)[1] < 0.5 * (ends(&once)[2] - ends(&once)[1]),
        "{apart:?} {once:?}"
    );
}
