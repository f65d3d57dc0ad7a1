//! A classifier on evaluation rows: measures with intervals, and the score of every row for the comparison.

use std::collections::BTreeMap;

use engraft_eval::{Metric, Prediction as Sure, Resampling, Tally, auroc, calibration, f1_report};

use crate::calibrate::{argmax, calibration_error};
use crate::classifier::Prediction;
use crate::data::{Labelling, Labels};

/// How a classifier did.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluated {
    /// Every measure by its name.
    pub measures: BTreeMap<String, Metric>,
    /// For each row in scope 1 when right, else 0; the F1 of its classes where it has any number.
    pub scores: Vec<f64>,
}

/// What each row's score is called.
pub(crate) fn main_measure(labelling: Labelling) -> &'static str {
    match labelling {
        Labelling::Single => "accuracy",
        Labelling::Multi => "row_f1",
    }
}

/// Measures predictions against what was given: a row's classes, or `None` when it is out of scope.
///
/// Single: `accuracy`, `macro_f1`, `nll`, `brier`, `ece` and `ece_uncalibrated` (15 bins of equal width), `ece_mass`. Multi:
/// `row_f1`, `exact`, `micro_f1`, `macro_f1`, and `ece` and `ece_uncalibrated` over every class of every row, of which the chance
/// that the row has it is told. Where rows are out of scope: `out_of_scope_auroc`, `out_of_scope_recall` and
/// `false_reject` at the threshold, `out_of_scope_recall_at_5` with 5 % of these very rows in scope rejected.
pub fn evaluate(
    predictions: &[Prediction],
    given: &[Option<Vec<usize>>],
    labels: &Labels,
    labelling: Labelling,
    resampling: &Resampling,
) -> Evaluated {
    let inside: Vec<(&Prediction, &Vec<usize>)> =
        predictions.iter().zip(given).filter_map(|(one, given)| Some((one, given.as_ref()?))).collect();
    let mut measures = BTreeMap::new();
    let exact: Vec<f64> =
        inside.iter().map(|(one, given)| f64::from(u8::from(one.classes == **given))).collect();
    let scores: Vec<f64> = match labelling {
        Labelling::Single => exact.clone(),
        Labelling::Multi => inside.iter().map(|(one, given)| row_f1(given, &one.classes)).collect(),
    };
    measures.insert(main_measure(labelling).into(), Metric::mean(&scores, resampling));
    let tallies: Vec<Vec<Tally>> = inside.iter().map(|(one, given)| tallies(given, &one.classes)).collect();
    let f1 = f1_report(&tallies, labels.names(), resampling);
    measures.insert("macro_f1".into(), f1.macro_average.f1);
    match labelling {
        Labelling::Single => confidence(&mut measures, &inside, resampling),
        Labelling::Multi => {
            measures.insert("exact".into(), Metric::mean(&exact, resampling));
            measures.insert("micro_f1".into(), f1.micro.f1);
            let error = |of: fn(&Prediction) -> &Vec<f64>| calibration_error(&decisions(&inside, of));
            measures.insert("ece".into(), error(|one| &one.probabilities));
            measures.insert("ece_uncalibrated".into(), error(|one| &one.uncalibrated));
        }
    }
    let scored = predictions.iter().all(|one| one.out_of_scope.is_some());
    if scored && given.iter().any(Option::is_none) {
        scope(&mut measures, predictions, given, resampling);
    }
    Evaluated { measures, scores }
}

/// The F1 of one row's classes: 1 when both are empty.
pub(crate) fn row_f1(given: &[usize], found: &[usize]) -> f64 {
    if given.is_empty() && found.is_empty() {
        return 1.0;
    }
    let both = given.iter().filter(|class| found.contains(class)).count();
    2.0 * both as f64 / (given.len() + found.len()) as f64
}

/// What each class of one row was.
fn tallies(given: &[usize], found: &[usize]) -> Vec<Tally> {
    let mut all: Vec<usize> = given.iter().chain(found).copied().collect();
    all.sort_unstable();
    all.dedup();
    let tally = |label: usize| {
        let (gold, predicted) = (given.contains(&label), found.contains(&label));
        let count = usize::from;
        Tally { label, hits: count(gold && predicted), predicted: count(predicted), gold: count(gold) }
    };
    all.into_iter().map(tally).collect()
}

/// The chance that each row has each class, and whether it has it.
fn decisions(rows: &[(&Prediction, &Vec<usize>)], chances: fn(&Prediction) -> &Vec<f64>) -> Vec<(f64, bool)> {
    let of_row = |(prediction, given): &(&Prediction, &Vec<usize>)| -> Vec<(f64, bool)> {
        let classes = chances(prediction).iter().enumerate();
        classes.map(|(class, chance)| (*chance, given.contains(&class))).collect()
    };
    rows.iter().flat_map(of_row).collect()
}

fn confidence(
    measures: &mut BTreeMap<String, Metric>,
    rows: &[(&Prediction, &Vec<usize>)],
    resampling: &Resampling,
) {
    let sure = |of: fn(&Prediction) -> &Vec<f64>| -> Vec<Sure> {
        let one = |(prediction, given): &(&Prediction, &Vec<usize>)| {
            let best = argmax(of(prediction));
            Sure { confidence: of(prediction)[best], right: given.first() == Some(&best) }
        };
        rows.iter().map(one).collect()
    };
    let after = calibration(&sure(|one| &one.probabilities), resampling);
    let before = calibration(&sure(|one| &one.uncalibrated), resampling);
    measures.insert("ece".into(), after.ece.equal_width);
    measures.insert("ece_mass".into(), after.ece.equal_mass);
    measures.insert("brier".into(), after.brier);
    measures.insert("ece_uncalibrated".into(), before.ece.equal_width);
    let right =
        |one: &Prediction, given: &Vec<usize>| given.first().map_or(1.0, |&class| one.probabilities[class]);
    let nll: Vec<f64> = rows.iter().map(|(one, given)| -right(one, given).max(1e-12).ln()).collect();
    measures.insert("nll".into(), Metric::mean(&nll, resampling));
}

fn scope(
    measures: &mut BTreeMap<String, Metric>,
    predictions: &[Prediction],
    given: &[Option<Vec<usize>>],
    resampling: &Resampling,
) {
    let outside: Vec<bool> = given.iter().map(Option::is_none).collect();
    let scores: Vec<f64> = predictions.iter().map(|one| one.out_of_scope.unwrap_or(0.0)).collect();
    let told: Vec<(f64, bool)> = scores.iter().copied().zip(outside.iter().copied()).collect();
    measures.insert("out_of_scope_auroc".into(), auroc(&told, resampling));
    let rejected = |wanted: bool| -> Vec<f64> {
        let rows = predictions.iter().zip(&outside).filter(|(_, outside)| **outside == wanted);
        rows.map(|(one, _)| f64::from(u8::from(one.rejected))).collect()
    };
    measures.insert("out_of_scope_recall".into(), Metric::mean(&rejected(true), resampling));
    measures.insert("false_reject".into(), Metric::mean(&rejected(false), resampling));
    let mut at_home: Vec<f64> =
        scores.iter().zip(&outside).filter(|(_, outside)| !**outside).map(|(score, _)| *score).collect();
    at_home.sort_by(f64::total_cmp);
    if !at_home.is_empty() {
        let threshold = engraft_eval::quantile(&at_home, 0.95);
        let caught: Vec<f64> = scores
            .iter()
            .zip(&outside)
            .filter(|(_, outside)| **outside)
            .map(|(score, _)| f64::from(u8::from(*score > threshold)))
            .collect();
        measures.insert("out_of_scope_recall_at_5".into(), Metric::mean(&caught, resampling));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_f1_of_a_row() {
        assert_eq!((row_f1(&[], &[]), row_f1(&[0, 1], &[1]), row_f1(&[], &[1])), (1.0, 2.0 / 3.0, 0.0));
    }

    #[test]
    fn rows_out_of_scope_count_for_telling_them_and_for_nothing_else() {
        let says = |class: usize, out_of_scope: f64| {
            let mut probabilities = vec![0.1, 0.1];
            probabilities[class] = 0.9;
            Prediction {
                classes: vec![class],
                uncalibrated: probabilities.clone(),
                probabilities,
                out_of_scope: Some(out_of_scope),
                rejected: out_of_scope > 0.5,
            }
        };
        let predictions = [says(0, 0.1), says(1, 0.2), says(1, 0.3), says(0, 0.9)];
        let given = [Some(vec![0]), Some(vec![1]), Some(vec![0]), None];
        let labels = Labels::named(vec!["a".into(), "b".into()]);
        let few = Resampling { seed: 0, resamples: 50 };
        let found = evaluate(&predictions, &given, &labels, Labelling::Single, &few);
        let value = |name: &str| found.measures[name].value.unwrap();
        assert_eq!((found.scores, value("out_of_scope_auroc")), (vec![1.0, 1.0, 0.0], 1.0));
        assert_eq!((value("out_of_scope_recall"), value("false_reject")), (1.0, 0.0));
        assert!((value("macro_f1") - 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn where_rows_have_any_number_of_classes_each_is_a_decision_to_be_calibrated() {
        let says = |probabilities: [f64; 2]| Prediction {
            classes: vec![0],
            uncalibrated: vec![0.5, 0.5],
            probabilities: probabilities.to_vec(),
            out_of_scope: None,
            rejected: false,
        };
        let predictions = [says([0.9, 0.1]), says([0.9, 0.1])];
        let given = [Some(vec![0]), Some(Vec::new())];
        let labels = Labels::named(vec!["a".into(), "b".into()]);
        let few = Resampling { seed: 0, resamples: 50 };
        let found = evaluate(&predictions, &given, &labels, Labelling::Multi, &few).measures;
        // 0.9 was said twice and is so once, 0.1 twice and is never so; one half is so once of four times.
        let near = |name: &str, expected: f64| (found[name].value.unwrap() - expected).abs() < 1e-12;
        assert!(near("ece", (0.8 + 0.2) / 4.0) && near("ece_uncalibrated", 0.25), "{found:?}");
        assert_eq!((found["ece"].n, found["ece"].low), (4, None));
    }
}
