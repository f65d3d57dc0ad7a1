//! Parity of aggregation, label issues, consensus and strengths with crowd-kit, cleanlab, choix and SciPy;
//! `xtask/golden/aggregation.py` makes the file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;

use engraft_eval::{
    Comparison, Em, Labels, Method, Outcome, Resampling, bradley_terry, crowdlab, label_issues, posterior,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    tables: Vec<Table>,
    noise: Vec<Noise>,
    consensus: Vec<Consensus>,
    preferences: Vec<Preferences>,
}

#[derive(Deserialize)]
struct Table {
    rows: Vec<(String, String, String)>,
    rounds: usize,
    expected: BTreeMap<Method, Vec<f64>>,
}

#[derive(Deserialize)]
struct Noise {
    given: Vec<usize>,
    probabilities: Vec<Vec<f64>>,
    self_confidence: Vec<f64>,
    margin: Vec<f64>,
    issues: Vec<usize>,
}

#[derive(Deserialize)]
struct Consensus {
    rows: Vec<(String, String, String)>,
    probabilities: Vec<Vec<f64>>,
    labels: Vec<String>,
    quality: Vec<f64>,
    agreement: Vec<f64>,
    model_weight: f64,
    worker_quality: Vec<f64>,
    worker_agreement: Vec<f64>,
}

#[derive(Deserialize)]
struct Preferences {
    games: Vec<(usize, usize, usize)>,
    strengths: Vec<f64>,
    tie: f64,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/aggregation.json")).unwrap()
}

fn labels(rows: &[(String, String, String)]) -> Labels {
    Labels::from_rows(
        rows.iter().map(|(task, worker, label)| (task.as_str(), worker.as_str(), label.as_str())),
    )
}

/// The largest difference.
fn apart(ours: impl IntoIterator<Item = f64>, theirs: &[f64]) -> f64 {
    let ours: Vec<f64> = ours.into_iter().collect();
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_methods_that_go_round_and_the_votes_give_crowd_kit_s_probabilities() {
    let mut compared = 0;
    for table in golden().tables {
        let labels = labels(&table.rows);
        for (method, expected) in &table.expected {
            // GLAD is compared where it stands still.
            let (rounds, most) = match method {
                Method::Glad => (5000, 1e-6),
                _ => (table.rounds, 1e-9),
            };
            let ours = posterior(&labels, *method, &Em { rounds, tolerance: -1.0 });
            let apart = apart(ours, expected);
            assert!(apart <= most, "{method} is {apart:e} apart on a table of {}", labels.len());
        }
        compared += table.expected.len();
    }
    // Six methods on four tables; GLAD on the two small ones.
    assert_eq!(compared, 22);
}

#[test]
fn label_issues_and_their_scores_are_cleanlab_s() {
    for case in golden().noise {
        let mut issues = label_issues(&case.given, &case.probabilities);
        issues.sort_by_key(|issue| issue.item);
        assert!(apart(issues.iter().map(|issue| issue.self_confidence), &case.self_confidence) <= 1e-12);
        assert!(apart(issues.iter().map(|issue| issue.margin), &case.margin) <= 1e-12);
        let found: Vec<usize> = issues.iter().filter(|issue| issue.issue).map(|issue| issue.item).collect();
        assert_eq!(found, case.issues);
    }
}

#[test]
fn the_consensus_with_a_model_is_cleanlab_s() {
    for case in golden().consensus {
        let ours = crowdlab(&labels(&case.rows), &case.probabilities).unwrap();
        let found: Vec<&str> = ours.items.iter().map(|item| item.label.as_str()).collect();
        assert_eq!(found, case.labels);
        assert!(apart(ours.items.iter().map(|item| item.quality), &case.quality) <= 1e-9);
        assert!(apart(ours.items.iter().map(|item| item.agreement), &case.agreement) <= 1e-12);
        assert!(apart([ours.model_weight], &[case.model_weight]) <= 1e-9);
        assert!(apart(ours.workers.iter().map(|worker| worker.quality), &case.worker_quality) <= 1e-9);
        assert!(apart(ours.workers.iter().map(|worker| worker.agreement), &case.worker_agreement) <= 1e-12);
    }
}

#[test]
fn strengths_are_choix_s_and_with_ties_those_of_davidson_s_likelihood() {
    let outcomes = [Outcome::Left, Outcome::Right, Outcome::Tie];
    for case in golden().preferences {
        let game = |(left, right, outcome): &(usize, usize, usize)| Comparison {
            left: left.to_string(),
            right: right.to_string(),
            outcome: outcomes[*outcome],
            item: 0,
        };
        let games: Vec<Comparison> = case.games.iter().map(game).collect();
        let ours = bradley_terry(&games, &Resampling { seed: 0, resamples: 0 });
        let apart = apart(ours.items.iter().map(|item| item.strength.value.unwrap()), &case.strengths);
        assert!(apart <= 1e-6 && (ours.tie - case.tie).abs() <= 1e-6, "{apart:e} apart, ties {}", ours.tie);
    }
}
