//! Parity of text, label, span, calibration and citation measures with their references; `xtask/golden/metrics.py` draws
//! the same inputs and says what the references say of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod draw;

use std::collections::BTreeMap;

use draw::SplitMix;
use engraft_eval::{
    CitedAnswer, CitedSentence, Citing, Entity, Prediction, Resampling, Tally, TextItem, TextMeasure, auroc,
    calibration, citations, entities, f1_report, label_report, ppi_mean, risk_coverage, strict_entities,
    text_metrics,
};
use serde::Deserialize;

const NONE: Resampling = Resampling { seed: 0, resamples: 0 };

/// By measure, a weighted sum for every block of draws.
type Sums = BTreeMap<String, Vec<f64>>;

#[derive(Deserialize)]
struct Golden {
    pool: Vec<String>,
    squad: Sums,
    overlaps: Sums,
    corpora: Sums,
    labels: Sums,
    spans: Sums,
    calibration: Sums,
    ppi: Sums,
    alce: Sums,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("golden/metrics.json")).unwrap()
}

/// Compares the weighted sums of `values(draw)` with the file, each to `near` of its size.
#[track_caller]
fn check(wanted: &Sums, size: usize, near: f64, values: impl Fn(usize) -> Vec<(String, f64)>) {
    let count = wanted.values().next().unwrap().len();
    assert!(count > 5);
    for block in 0..count {
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        for place in 0..size {
            for (name, value) in values(block * size + place) {
                *sums.entry(name).or_default() += (1.0 + place as f64 / 64.0) * value;
            }
        }
        assert_eq!(sums.len(), wanted.len());
        for (name, sum) in sums {
            let wanted = wanted[&name][block];
            assert!(
                (sum - wanted).abs() <= near * wanted.abs().max(1.0),
                "block {block}: {name} is {sum}, not {wanted}"
            );
        }
    }
}

fn join(rng: &mut SplitMix, words: &[&str]) -> String {
    let spaces = [" ", " ", " ", " ", "  ", "\n"];
    words.iter().map(|word| format!("{word}{}", spaces[rng.below(6)])).collect()
}

/// A text and one or two that hold most of its words.
fn pair(pool: &[String], number: usize) -> (String, Vec<String>) {
    let mut rng = SplitMix(number as u64);
    let count = rng.below(14);
    let words: Vec<&str> = (0..count).map(|_| pool[rng.below(pool.len())].as_str()).collect();
    let said = join(&mut rng, &words);
    let references = 1 + rng.below(2);
    let mut right = Vec::new();
    for _ in 0..references {
        let mut words = Vec::new();
        for word in said.split_whitespace() {
            if rng.below(8) > 0 {
                words.push(if rng.below(4) > 0 { word } else { pool[rng.below(pool.len())].as_str() });
            }
        }
        right.push(join(&mut rng, &words));
    }
    (said, right)
}

fn measure(names: &[&str], items: &[TextItem]) -> Vec<(String, f64)> {
    let measures: Vec<TextMeasure> = names.iter().map(|name| name.parse().unwrap()).collect();
    let found = text_metrics(items, &measures, &NONE);
    names.iter().zip(found).map(|(name, found)| (name.to_string(), found.metric.value.unwrap())).collect()
}

#[test]
fn squad_s_script_agrees_on_ten_thousand_pairs() {
    let golden = golden();
    check(&golden.squad, 100, 1e-12, |number| {
        let (said, right) = pair(&golden.pool, number);
        measure(&["em", "f1"], &[TextItem { prediction: &said, references: &right }])
    });
}

#[test]
fn rouge_score_and_sacrebleu_agree_on_a_thousand_pairs() {
    let golden = golden();
    let names = ["rouge1", "rouge2", "rougeL", "rougeLsum", "bleu", "chrf"];
    check(&golden.overlaps, 20, 1e-9, |number| {
        let (said, right) = pair(&golden.pool, number);
        let items = [TextItem { prediction: &said, references: &right }];
        let measures: Vec<TextMeasure> = names.iter().map(|name| name.parse().unwrap()).collect();
        let found = text_metrics(&items, &measures, &NONE);
        names.iter().zip(found).map(|(name, found)| (name.to_string(), found.items[0])).collect()
    });
}

#[test]
fn bleu_and_chrf_of_many_items_are_those_of_the_corpus() {
    let golden = golden();
    check(&golden.corpora, 1, 1e-9, |number| {
        let pairs: Vec<_> = (0..40).map(|at| pair(&golden.pool, 1000 * number + at)).collect();
        let item = |(said, right): &'_ (String, Vec<String>)| (said.clone(), right[..1].to_vec());
        let pairs: Vec<_> = pairs.iter().map(item).collect();
        let items: Vec<TextItem> =
            pairs.iter().map(|(said, right)| TextItem { prediction: said, references: right }).collect();
        measure(&["bleu", "chrf"], &items)
    });
}

/// Right labels and predicted ones, and how many labels there may be.
fn labelled(number: usize) -> (Vec<usize>, Vec<Option<usize>>, usize) {
    let mut rng = SplitMix(number as u64);
    let count = 2 + rng.below(5);
    let gold: Vec<usize> = (0..50).map(|_| rng.below(count)).collect();
    let said = gold.iter().map(|one| Some(if rng.below(3) > 0 { *one } else { rng.below(count) })).collect();
    (gold, said, count)
}

#[test]
fn labels_are_scored_as_scikit_learn_scores_them() {
    check(&golden().labels, 4, 1e-10, |number| {
        let (gold, said, count) = labelled(number);
        let labels: Vec<String> = (0..count).map(|label| label.to_string()).collect();
        let report = label_report(&gold, &said, &labels, &NONE);
        let mut found = vec![
            ("accuracy".to_string(), report.accuracy.value.unwrap()),
            ("mcc".to_string(), report.mcc.value.unwrap()),
        ];
        let first = &report.f1.per_label["0"].prf;
        let all = [
            ("micro", &report.f1.micro),
            ("macro", &report.f1.macro_average),
            ("weighted", &report.f1.weighted),
            ("label", first),
        ];
        for (name, prf) in all {
            for (part, metric) in [("precision", &prf.precision), ("recall", &prf.recall), ("f1", &prf.f1)] {
                found.push((format!("{name}_{part}"), metric.value.unwrap()));
            }
        }
        found
    });
}

type Sequences = Vec<Vec<&'static str>>;

fn tagged(number: usize) -> (Sequences, Sequences) {
    let mut rng = SplitMix(number as u64);
    let tags = ["O", "O", "B-x", "I-x", "I-x", "B-y", "I-y", "I-z"];
    let (mut gold, mut said) = (Vec::new(), Vec::new());
    for _ in 0..12 {
        let length = 1 + rng.below(12);
        let right: Vec<&str> = (0..length).map(|_| tags[rng.below(8)]).collect();
        said.push(right.iter().map(|tag| if rng.below(4) > 0 { *tag } else { tags[rng.below(8)] }).collect());
        gold.push(right);
    }
    (gold, said)
}

#[test]
fn spans_are_scored_as_seqeval_scores_them_leniently_and_strictly() {
    let labels = ["x", "y", "z"].map(String::from);
    check(&golden().spans, 4, 1e-10, |number| {
        let (gold, said) = tagged(number);
        let mut found = Vec::new();
        for strict in [false, true] {
            let of =
                |tags: &[&'static str]| if strict { strict_entities(tags) } else { entities(tags) }.unwrap();
            let tally = |label: usize, said: &[Entity], gold: &[Entity]| {
                let mine = |entity: &&Entity| entity.label == labels[label];
                let hits = said.iter().filter(mine).filter(|entity| gold.contains(entity)).count();
                Tally {
                    label,
                    hits,
                    predicted: said.iter().filter(mine).count(),
                    gold: gold.iter().filter(mine).count(),
                }
            };
            let items: Vec<Vec<Tally>> = gold
                .iter()
                .zip(&said)
                .map(|(gold, said)| {
                    let (gold, said) = (of(gold), of(said));
                    (0..3).map(|label| tally(label, &said, &gold)).collect()
                })
                .collect();
            let report = f1_report(&items, &labels, &NONE);
            for (name, prf) in
                [("micro", report.micro), ("macro", report.macro_average), ("weighted", report.weighted)]
            {
                let mode = if strict { "strict" } else { "lenient" };
                found.push((format!("{mode}_{name}"), prf.f1.value.unwrap_or(0.0)));
            }
        }
        found
    });
}

#[test]
fn calibration_and_ranking_of_confidences_are_the_references() {
    check(&golden().calibration, 4, 1e-10, |number| {
        let mut rng = SplitMix(number as u64);
        let confidence =
            |rng: &mut SplitMix| if number % 2 == 1 { rng.below(41) as f64 / 40.0 } else { rng.uniform() };
        let confidences: Vec<f64> = (0..80).map(|_| confidence(&mut rng)).collect();
        let right = |rng: &mut SplitMix, c: f64| (rng.below(1000) as f64) < 1000.0 * c * 0.9;
        let items: Vec<(f64, bool)> = confidences.iter().map(|c| (*c, right(&mut rng, *c))).collect();
        let predictions: Vec<Prediction> = items
            .iter()
            .map(|(confidence, right)| Prediction { confidence: *confidence, right: *right })
            .collect();
        let measured = calibration(&predictions, &NONE);
        let metrics = [
            ("auroc", auroc(&items, &NONE)),
            ("brier", measured.brier),
            ("ece_equal_width", measured.ece.equal_width),
            ("ece_equal_mass", measured.ece.equal_mass),
            ("aurc", risk_coverage(&predictions, &NONE).aurc),
        ];
        metrics.into_iter().map(|(name, metric)| (name.to_string(), metric.value.unwrap())).collect()
    });
}

#[test]
fn corrected_means_are_those_of_ppi_py() {
    check(&golden().ppi, 2, 1e-9, |number| {
        let mut rng = SplitMix(number as u64);
        let (n, others) = (20 + rng.below(100), 50 + rng.below(400));
        let noise = 0.2 + 2.0 * rng.uniform();
        let labels: Vec<f64> = (0..n).map(|_| rng.below(2) as f64).collect();
        let labelled: Vec<(f64, f64)> =
            labels.iter().map(|label| (*label, label + noise * (rng.uniform() - 0.5))).collect();
        let unlabelled: Vec<f64> =
            (0..others).map(|_| rng.below(2) as f64 + noise * (rng.uniform() - 0.5)).collect();
        let mean = ppi_mean(&labelled, &unlabelled).mean;
        vec![("low".into(), mean.low.unwrap()), ("high".into(), mean.high.unwrap())]
    });
}

#[test]
fn citations_are_scored_as_alce_s_script_scores_them() {
    check(&golden().alce, 20, 1e-12, |number| {
        let mut rng = SplitMix(number as u64);
        let passages = 1 + rng.below(5);
        let sentences = 1 + rng.below(5);
        let mut answer = CitedAnswer { passages, sentences: Vec::new() };
        for _ in 0..sentences {
            let mut cites: Vec<usize> = Vec::new();
            for _ in 0..rng.below(4) {
                let more = rng.below(2);
                let cited = rng.below(passages + more);
                if !cites.contains(&cited) {
                    cites.push(cited);
                }
            }
            answer.sentences.push(CitedSentence { claims: true, cites });
        }
        let mut entails = |_: usize, sentence: usize, cited: &[usize]| {
            let mask: u64 = cited.iter().map(|passage| 1 << passage).sum();
            let seed = number as u64 * 1_000_003 + sentence as u64 * 1009 + mask;
            SplitMix(seed).below(8) < 2 + cited.len()
        };
        let found = citations(&[answer], &mut entails, Citing::Alce, &NONE);
        vec![
            ("recall".into(), found.recall.value.unwrap()),
            ("precision".into(), found.precision.value.unwrap()),
        ]
    });
}
