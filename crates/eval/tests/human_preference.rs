//! Whether the score of content words goes the way people do, on real answers.

use engraft_eval::{Resampling, TextItem, TextMeasure, text_metrics};
use serde::Deserialize;

#[derive(Deserialize)]
struct Pair {
    reference: String,
    response_1: String,
    response_2: String,
    labels: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    /// From -2, the first answer is much better, to 2.
    overall: f64,
}

/// Ranks from 1; equal values share their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let same = values.iter().filter(|other| *other == value).count();
        below as f64 + (same as f64 + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let centred = |values: &[f64]| -> Vec<f64> {
        let ranks = ranks(values);
        let mean = ranks.iter().sum::<f64>() / ranks.len() as f64;
        ranks.iter().map(|rank| rank - mean).collect()
    };
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (a, b) = (centred(a), centred(b));
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

#[test]
fn content_words_go_the_way_of_people_s_preferences() {
    let Some(folder) = engraft_testkit::data("pref-ragchecker-human") else { return };
    let text = std::fs::read_to_string(folder.join("pairs.jsonl")).unwrap();
    let pairs: Vec<Pair> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let score = |answer: &str, pair: &Pair| {
        let references = [pair.reference.clone()];
        let items = [TextItem { prediction: answer, references: &references }];
        let none = Resampling { seed: 0, resamples: 0 };
        text_metrics(&items, &[TextMeasure::ContentF1], &none)[0].items[0]
    };
    let (mut differences, mut preferences) = (Vec::new(), Vec::new());
    for pair in &pairs {
        let difference = score(&pair.response_2, pair) - score(&pair.response_1, pair);
        for label in &pair.labels {
            differences.push(difference);
            preferences.push(label.overall);
        }
    }
    // 0.54 was measured on these labels.
    let rho = spearman(&differences, &preferences);
    assert!(preferences.len() == 280 && rho > 0.52, "{rho} over {} labels", preferences.len());
}
