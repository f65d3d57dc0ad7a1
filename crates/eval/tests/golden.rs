//! Parity with `pytrec_eval` on random runs; `xtask/golden/rank.py` and, in 64 bits, `rank_f64.py` make the files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

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

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

/// How often a value is not the reference's to 1e-12, and how many were compared.
fn differing(case: &Case, ties: Ties) -> (Vec<String>, usize) {
    let (mut differing, mut compared) = (Vec::new(), 0);
    for (name, expected) in &case.expected {
        let measure: Measure = name.parse().unwrap();
        let scores = evaluate(&case.qrels, &case.run, &[measure], ties).remove(0);
        for (query, &wanted) in expected {
            // The reference says 0 where nothing is relevant; here such queries are not counted.
            let undefined = scores.undefined.contains(query);
            let value = if undefined { 0.0 } else { scores.scored[query] };
            if (value - wanted).abs() > 1e-12 {
                differing.push(format!("{query}: {name} is {value}, not {wanted}"));
            }
            compared += 1;
        }
        let lacking = scores.missing.iter().filter(|query| expected.contains_key(*query));
        assert_eq!(lacking.count(), 0, "the reference drops what the run lacks");
    }
    (differing, compared)
}

/// Compares every value of 50 cases and says how many there were.
#[track_caller]
fn check(cases: &[Case], ties: Ties) -> usize {
    assert_eq!(cases.len(), 50);
    let each = cases.iter().enumerate().map(|(number, case)| {
        let (differing, compared) = differing(case, ties);
        assert!(differing.is_empty(), "case {number}: {differing:?}");
        compared
    });
    each.sum()
}

#[test]
fn every_measure_is_the_reference_s_to_1e_12() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/rank.json")).unwrap();
    let compared = check(&cases, Ties::Trec9);
    assert!(compared > 1000, "{compared} values");
}

#[test]
fn scores_that_differ_beyond_32_bits_are_ordered_by_64() {
    let Cases { cases } = serde_json::from_str(include_str!("golden/rank_f64.json")).unwrap();
    let compared = check(&cases, Ties::Trec10);
    assert!(compared > 1400, "{compared} values");
    // Each of these runs is one that 32 bits would score otherwise.
    let alike = cases.iter().filter(|case| differing(case, Ties::Trec9).0.is_empty());
    assert_eq!(alike.count(), 0);
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
