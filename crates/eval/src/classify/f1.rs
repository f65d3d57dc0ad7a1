//! Precision, recall and F1 by label and over all labels: of labels, of tagged entities and of spans alike.
//!
//! What is undefined for a label that is never predicted, or never right, is 0, as scikit-learn and seqeval have it with
//! `zero_division=0`. A label that is neither predicted nor right does not count.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measured::estimate;
use crate::{Metric, Resampling};

/// How often a label was predicted and right in one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Its place among the labels.
    pub label: usize,
    /// How often both.
    pub hits: usize,
    /// How often predicted.
    pub predicted: usize,
    /// How often it was right.
    pub gold: usize,
}

/// Three numbers in `[0, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prf {
    /// The share of predictions that are right.
    pub precision: Metric,
    /// The share of what is right that was predicted.
    pub recall: Metric,
    /// Their harmonic mean.
    pub f1: Metric,
}

/// One label's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelF1 {
    /// Its precision, recall and F1.
    #[serde(flatten)]
    pub prf: Prf,
    /// How often it is right.
    pub support: usize,
}

/// All labels together, and each.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct F1Report {
    /// Of all predictions.
    pub micro: Prf,
    /// The plain mean over labels.
    pub macro_average: Prf,
    /// The mean over labels weighed by how often each is right.
    pub weighted: Prf,
    /// By label, those that occur.
    pub per_label: BTreeMap<String, LabelF1>,
}

/// Sums over drawn items.
#[derive(Clone, Copy, Default)]
struct Sums {
    hits: f64,
    predicted: f64,
    gold: f64,
}

impl Sums {
    /// Precision, recall and F1; `None` when there is nothing to find and nothing found.
    fn prf(self) -> Option<[f64; 3]> {
        let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let f1 = share(2.0 * self.hits, self.predicted + self.gold);
        let any = self.predicted + self.gold > 0.0;
        any.then(|| [share(self.hits, self.predicted), share(self.hits, self.gold), f1])
    }
}

/// Precision, recall and F1 over `items`, each with its 95 % interval over items.
pub fn f1_report(items: &[Vec<Tally>], labels: &[String], resampling: &Resampling) -> F1Report {
    let estimates = estimate(items.len(), resampling, |weights| {
        let sums = sums(items, labels.len(), weights);
        let [micro, mean, weighted] = averages(&sums);
        let per_label = sums.iter().map(|sums| sums.prf());
        [micro, mean, weighted].into_iter().chain(per_label).flat_map(three).collect()
    });
    let prf = |place: usize| {
        let metric = |part: usize| {
            let why = "there is nothing to find and nothing was found";
            estimates[3 * place + part].covering(items.len(), items.len(), why).metric
        };
        Prf { precision: metric(0), recall: metric(1), f1: metric(2) }
    };
    let all = sums(items, labels.len(), &vec![1.0; items.len()]);
    let occurring = labels.iter().enumerate().filter(|(place, _)| all[*place].prf().is_some());
    let per_label = occurring
        .map(|(place, label)| {
            (label.clone(), LabelF1 { prf: prf(3 + place), support: all[place].gold as usize })
        })
        .collect();
    F1Report { micro: prf(0), macro_average: prf(1), weighted: prf(2), per_label }
}

fn sums(items: &[Vec<Tally>], labels: usize, weights: &[f64]) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); labels];
    for (tallies, weight) in items.iter().zip(weights).filter(|(_, weight)| **weight > 0.0) {
        for tally in tallies {
            let sums = &mut sums[tally.label];
            sums.hits += weight * tally.hits as f64;
            sums.predicted += weight * tally.predicted as f64;
            sums.gold += weight * tally.gold as f64;
        }
    }
    sums
}

/// Micro, macro and weighted.
fn averages(sums: &[Sums]) -> [Option<[f64; 3]>; 3] {
    let mut all = Sums::default();
    let (mut count, mut mean, mut weighted) = (0.0, [0.0; 3], [0.0; 3]);
    for one in sums {
        all.hits += one.hits;
        all.predicted += one.predicted;
        all.gold += one.gold;
        let Some(prf) = one.prf() else { continue };
        count += 1.0;
        for (part, value) in prf.into_iter().enumerate() {
            mean[part] += value;
            weighted[part] += value * one.gold;
        }
    }
    let over = |parts: [f64; 3], whole: f64| (whole > 0.0).then(|| parts.map(|part| part / whole));
    [all.prf(), over(mean, count), over(weighted, all.gold)]
}

fn three(values: Option<[f64; 3]>) -> [Option<f64>; 3] {
    values.map_or([None; 3], |values| values.map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: &[(usize, usize, usize, usize)]) -> F1Report {
        let tally = |(label, hits, predicted, gold): &(usize, usize, usize, usize)| {
            vec![Tally { label: *label, hits: *hits, predicted: *predicted, gold: *gold }]
        };
        let items: Vec<Vec<Tally>> = rows.iter().map(tally).collect();
        f1_report(&items, &["a".into(), "b".into(), "c".into()], &Resampling { seed: 0, resamples: 50 })
    }

    #[test]
    fn micro_pools_macro_and_weighted_average() {
        // a: 1 of 1 predicted, 2 right. b: predicted once, wrongly. c: nowhere.
        let report = report(&[(0, 1, 1, 1), (0, 0, 0, 1), (1, 0, 1, 0)]);
        let f1 = |prf: &Prf| prf.f1.value.unwrap();
        assert_eq!((f1(&report.micro), f1(&report.macro_average)), (0.5, 1.0 / 3.0));
        assert_eq!(f1(&report.weighted), 2.0 / 3.0);
        assert_eq!(report.per_label.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(report.per_label["a"].support, 2);
    }

    #[test]
    fn nothing_to_find_and_nothing_found_is_a_state() {
        let report = report(&[(0, 0, 0, 0)]);
        assert_eq!(report.micro.f1.value, None);
        assert!(report.micro.f1.why.unwrap().contains("nothing"));
    }
}
