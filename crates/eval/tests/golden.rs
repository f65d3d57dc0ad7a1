//! Parity with `pytrec_eval` on random runs; `xtask/golden/rank.py` makes the file.

use std::collections::BTreeMap;

use engraft_eval::{Measure, Qrels, Run, Ties, evaluate, parse_qrels};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    qrels: Qrels,
    run: Run,
    /// By measure, by query.
    expected: BTreeMap<String, BTreeMap<String, f64>>,
}

#[test]
fn every_measure_is_the_reference_s_to_1e_12() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/rank.json")).unwrap();
    let mut compared = 0;
    for (number, case) in cases.iter().enumerate() {
        for (name, expected) in &case.expected {
            let measure: Measure = name.parse().unwrap();
            let scores = evaluate(&case.qrels, &case.run, &[measure], Ties::Trec9).remove(0);
            for (query, &wanted) in expected {
                // The reference says 0 where nothing is relevant; here such queries are not counted.
                let undefined = scores.undefined.contains(query);
                let value = if undefined { 0.0 } else { scores.scored[query] };
                assert!(
                    (value - wanted).abs() <= 1e-12,
                    "case {number}, {query}: {name} is {value}, not {wanted}"
                );
                compared += 1;
            }
            let lacking = scores.missing.iter().filter(|query| expected.contains_key(*query));
            assert_eq!(lacking.count(), 0, "the reference drops what the run lacks");
        }
    }
    assert!(cases.len() == 50 && compared > 1000, "{compared} values in {} cases", cases.len());
}

#[test]
fn the_judgements_of_a_public_set_are_read_as_published() {
    let Some(folder) = engraft_testkit::data("rag-scifact") else { return };
    let qrels = parse_qrels(&std::fs::read_to_string(folder.join("qrels/test.tsv")).unwrap()).unwrap();
    // BEIR's test split: 300 claims, 339 judgements (Thakur et al. 2021, table 8).
    let judgements: usize = qrels.values().map(|docs| docs.len()).sum();
    assert_eq!((qrels.len(), judgements), (300, 339));
    let run: Run =
        qrels.iter().map(|(q, docs)| (q.clone(), docs.keys().map(|d| (d.clone(), 1.0)).collect())).collect();
    let scores = evaluate(&qrels, &run, &[Measure::Ndcg(Some(10))], Ties::Trec10).remove(0);
    assert!(
        scores.scored.values().all(|score| (score - 1.0).abs() < 1e-12),
        "the judgements themselves rank perfectly"
    );
}
