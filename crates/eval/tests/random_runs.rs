//! Parity with `pytrec_eval` on 1,000 random runs; `xtask/golden/rank_random.py` draws the same and says how.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod draw;

use std::collections::BTreeMap;
use std::fmt::Write;

use draw::SplitMix;
use engraft_eval::{Measure, Rules, Table, Ties, evaluate_tables, read_qrels, read_run};
use serde::Deserialize;

const RUNS: u64 = 1000;
const BLOCK: u64 = 5;

#[derive(Deserialize)]
struct Golden {
    /// By measure, a weighted sum for every five runs.
    sums: BTreeMap<String, Vec<f64>>,
}

/// Judgements and a run as TREC files, and the queries for which the run returned nothing.
fn draw(number: u64) -> (String, String, Vec<String>) {
    let mut rng = SplitMix(number);
    let docs = 3 + rng.below(28);
    let top = [0, 1, 3][rng.below(3)];
    let kind = rng.below(3);
    let (mut qrels, mut run, mut empty) = (String::new(), String::new(), Vec::new());
    for query in 0..3 {
        let (mut judged, mut any) = (String::new(), false);
        for doc in 0..docs {
            if rng.below(10) < 4 {
                let grade = rng.below(top + 2) as i64 - 1;
                any |= grade >= 0;
                writeln!(judged, "q{query} 0 d{doc} {grade}").unwrap();
            }
        }
        if any {
            qrels.push_str(&judged);
        }
        let missing = rng.below(10) == 0;
        let mut returned = String::new();
        for doc in 0..docs {
            if rng.below(3) > 0 {
                let scores = [
                    rng.below(5) as f64 / 4.0,
                    rng.uniform() * 20.0 - 10.0,
                    0.1 + rng.below(4) as f64 * 1e-10,
                ];
                writeln!(returned, "q{query} Q0 d{doc} 0 {:?} x", scores[kind]).unwrap();
            }
        }
        if !missing && returned.is_empty() {
            empty.push(format!("q{query}"));
        }
        if !missing {
            run.push_str(&returned);
        }
    }
    (qrels, run, empty)
}

/// A name of the golden file: some end in the least relevant grade, `AP(2)`.
fn read(name: &str) -> (Measure, i64) {
    match name.strip_suffix("(2)") {
        Some(name) => (name.parse().unwrap(), 2),
        None => (name.parse().unwrap(), 1),
    }
}

/// The reference says 0 where nothing is relevant, and gives the logarithm of what is averaged geometrically.
fn as_reference(measure: Measure, value: Option<f64>) -> f64 {
    let value = value.unwrap_or(0.0);
    if measure.is_geometric() { value.max(0.00001).ln() } else { value }
}

#[test]
fn a_thousand_random_runs_score_as_the_reference_scores_them() {
    let golden: Golden = serde_json::from_str(include_str!("golden/rank_random.json")).unwrap();
    let names: Vec<(&String, (Measure, i64))> = golden.sums.keys().map(|name| (name, read(name))).collect();
    let (mut values, mut queries_compared) = (0, 0);
    for block in 0..RUNS / BLOCK {
        let mut sums = vec![0.0; names.len()];
        let mut place = 0.0;
        for number in block * BLOCK..(block + 1) * BLOCK {
            let (qrels, run, empty) = draw(number);
            let (qrels, run) = (read_qrels(&qrels).unwrap(), read_run(&run).unwrap());
            let before = place;
            for (sum, (_, (measure, level))) in sums.iter_mut().zip(&names) {
                place = before;
                let rules = Rules { ties: Ties::Trec9, level: *level };
                let found = evaluate_tables(&qrels, &run, &[*measure], rules);
                for (query, value) in found.queries.iter().zip(found.of_measure(0)) {
                    // The reference drops what the run lacks.
                    if run.place(query).is_none() && !empty.contains(&query.to_string()) {
                        continue;
                    }
                    *sum += (1.0 + place / 64.0) * as_reference(*measure, value);
                    place += 1.0;
                    values += 1;
                }
            }
            queries_compared += (place - before) as usize;
        }
        for ((name, _), sum) in names.iter().zip(sums) {
            let wanted = golden.sums[*name][block as usize];
            // At most fifteen values, each to 1e-12; some are tens.
            let near = 1e-12 * wanted.abs().max(1.0);
            assert!((sum - wanted).abs() <= near, "block {block}: {name} is {sum}, not {wanted}");
        }
    }
    assert!(
        names.len() >= 33 && queries_compared > 2400 && values > 80_000,
        "{queries_compared} queries, {values} values"
    );
}

#[test]
fn maps_and_files_are_the_same_to_the_measures() {
    for number in 0..40 {
        let (qrels, run, _) = draw(number);
        let (qrels, run) = (read_qrels(&qrels).unwrap(), read_run(&run).unwrap());
        let (qrels_map, run_map) = (qrels.to_map(), run.to_map());
        let measures = [Measure::Ndcg(None), Measure::Bpref, Measure::InferredAp];
        let of_tables = evaluate_tables(&qrels, &run, &measures, Rules::default());
        let (qrels, run) = (Table::of_map(&qrels_map), Table::of_map(&run_map));
        assert_eq!(of_tables, evaluate_tables(&qrels, &run, &measures, Rules::default()));
    }
}
