//! A classifier on evaluation rows: measures with intervals, and the score of every row for the comparison.

use std::collections::BTreeMap;

use engraft_eval::{Metric, Resampling};

use crate::calibrate::{argmax, ece_by_mass, ece_by_width};
use crate::classifier::Prediction;
use crate::data::Labelling;
use crate::measure::{auroc, bootstrap, macro_f1, micro_f1, row_f1};

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
/// Single: `accuracy`, `macro_f1`, `nll`, `ece` and `ece_uncalibrated` (15 bins of equal width), `ece_mass`. Multi: `row_f1`,
/// `exact`, `micro_f1`, `macro_f1`. Where rows are out of scope: `out_of_scope_auroc`, `out_of_scope_recall` and `false_reject`
/// at the threshold, `out_of_scope_recall_at_5` with 5 % of these very rows in scope rejected.
pub fn evaluate(
    predictions: &[Prediction],
    given: &[Option<Vec<usize>>],
    classes: usize,
    labelling: Labelling,
    resampling: &Resampling,
) -> Evaluated {
    let inside: Vec<(&Prediction, &Vec<usize>)> =
        predictions.iter().zip(given).filter_map(|(one, given)| Some((one, given.as_ref()?))).collect();
    let right: Vec<Vec<usize>> = inside.iter().map(|(_, given)| (*given).clone()).collect();
    let found: Vec<Vec<usize>> = inside.iter().map(|(one, _)| one.classes.clone()).collect();
    let mut measures = BTreeMap::new();
    let scores: Vec<f64> = match labelling {
        Labelling::Single => right.iter().zip(&found).map(|(a, b)| f64::from(u8::from(a == b))).collect(),
        Labelling::Multi => right.iter().zip(&found).map(|(a, b)| row_f1(a, b)).collect(),
    };
    measures.insert(main_measure(labelling).into(), Metric::mean(&scores, resampling));
    measures.insert("macro_f1".into(), macro_f1(&right, &found, classes, resampling));
    match labelling {
        Labelling::Single => calibration(&mut measures, &inside, resampling),
        Labelling::Multi => {
            let exact: Vec<f64> =
                right.iter().zip(&found).map(|(a, b)| f64::from(u8::from(a == b))).collect();
            measures.insert("exact".into(), Metric::mean(&exact, resampling));
            measures.insert("micro_f1".into(), micro_f1(&right, &found, classes, resampling));
        }
    }
    let scored = predictions.iter().all(|one| one.out_of_scope.is_some());
    if scored && given.iter().any(Option::is_none) {
        scope(&mut measures, predictions, given, resampling);
    }
    Evaluated { measures, scores }
}

fn calibration(
    measures: &mut BTreeMap<String, Metric>,
    rows: &[(&Prediction, &Vec<usize>)],
    resampling: &Resampling,
) {
    let sure = |of: fn(&Prediction) -> &Vec<f64>| -> Vec<(f64, bool)> {
        let one = |(prediction, given): &(&Prediction, &Vec<usize>)| {
            let best = argmax(of(prediction));
            (of(prediction)[best], given.first() == Some(&best))
        };
        rows.iter().map(one).collect()
    };
    let (after, before) = (sure(|one| &one.probabilities), sure(|one| &one.uncalibrated));
    let drawn = |sure: &[(f64, bool)], measure: fn(&[(f64, bool)]) -> f64| {
        bootstrap(sure.len(), resampling, |weights| {
            let again = sure.iter().zip(weights).flat_map(|(one, n)| std::iter::repeat_n(*one, *n as usize));
            Some(measure(&again.collect::<Vec<_>>()))
        })
    };
    measures.insert("ece".into(), drawn(&after, ece_by_width));
    measures.insert("ece_mass".into(), drawn(&after, ece_by_mass));
    measures.insert("ece_uncalibrated".into(), drawn(&before, ece_by_width));
    let nll = rows
        .iter()
        .map(|(one, given)| -given.first().map_or(0.0, |&class| one.probabilities[class].max(1e-12).ln()));
    measures.insert("nll".into(), Metric::mean(&nll.collect::<Vec<_>>(), resampling));
}

fn scope(
    measures: &mut BTreeMap<String, Metric>,
    predictions: &[Prediction],
    given: &[Option<Vec<usize>>],
    resampling: &Resampling,
) {
    let outside: Vec<bool> = given.iter().map(Option::is_none).collect();
    let scores: Vec<f64> = predictions.iter().map(|one| one.out_of_scope.unwrap_or(0.0)).collect();
    measures.insert("out_of_scope_auroc".into(), auroc(&scores, &outside, resampling));
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
