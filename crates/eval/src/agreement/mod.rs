//! Whether people who labelled the same tasks mean the same by their labels.
//!
//! Every coefficient comes with a bootstrap interval over items, or over the groups they are in, and with how many of the items it could use: a coefficient
//! that leaves out incomplete items can look perfect while people disagree.

mod alpha;
mod breakdown;
mod cohen;
mod coincidences;
mod fleiss;
mod gwet;
mod patterns;
mod scale;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measured::estimate_side_by_side;
use crate::{Labels, Measured, Resampling};
use alpha::Alpha;
use breakdown::{PerLabel, PerWorker};
use cohen::Cohen;
use fleiss::Fleiss;
use gwet::Gwet;
use patterns::Patterns;

pub use breakdown::{LabelAgreement, WorkerAgreement};
pub use coincidences::coincidences;
pub use scale::{Coefficient, Scale, UnknownScale};

/// How far people agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Agreement {
    /// The coefficients that make sense on the scale.
    pub coefficients: BTreeMap<Coefficient, Measured>,
    /// Tasks with at least one label.
    pub n_items: usize,
    /// People who gave at least one label.
    pub n_workers: usize,
    /// Labels given, one a person and task.
    pub n_answers: usize,
    /// Rows that a later row of the same person on the same task overwrote.
    pub replaced: usize,
    /// By label.
    pub per_label: BTreeMap<String, LabelAgreement>,
    /// By person.
    pub per_worker: BTreeMap<String, WorkerAgreement>,
}

/// All that can be said about the agreement of people who used labels of this scale.
pub fn agreement(labels: &Labels, scale: Scale, resampling: &Resampling) -> Agreement {
    let patterns = Patterns::of(labels);
    let (coefficients, (per_label, per_worker)) =
        measure(labels, &patterns, scale.coefficients(), true, resampling);
    Agreement {
        coefficients,
        n_items: labels.tasks().len(),
        n_workers: labels.workers().len(),
        n_answers: labels.len(),
        replaced: labels.replaced(),
        per_label,
        per_worker,
    }
}

/// One coefficient alone, for a page that shows no other.
pub fn coefficient(labels: &Labels, which: Coefficient, resampling: &Resampling) -> Measured {
    let (mut found, _) = measure(labels, &Patterns::of(labels), &[which], false, resampling);
    found.remove(&which).unwrap_or_else(|| Measured::undefined(labels.tasks().len(), "not measured"))
}

/// A coefficient of patterns made ready: its value when they are drawn this often, and what it can use of the items.
trait Ready {
    /// `drawn` is how often each pattern was drawn.
    fn value(&self, drawn: &[f64]) -> Option<f64>;
    /// How many items it can use.
    fn used(&self) -> usize;
    /// Why it is undefined, where it is.
    fn undefined(&self) -> &'static str;
}

/// What is reported beside the coefficients.
type Breakdown = (BTreeMap<String, LabelAgreement>, BTreeMap<String, WorkerAgreement>);

/// All of it from the same resamples: drawing them costs more than any coefficient.
fn measure(
    labels: &Labels,
    patterns: &Patterns,
    which: &[Coefficient],
    broken_down: bool,
    resampling: &Resampling,
) -> (BTreeMap<Coefficient, Measured>, Breakdown) {
    let items = labels.tasks().len();
    let mut found = BTreeMap::new();
    let mut ready: Vec<(Coefficient, Box<dyn Ready + '_>)> = Vec::new();
    let (mut kappas, mut distances) = (Vec::new(), Vec::new());
    for &coefficient in which {
        if let Some(distance) = distance(coefficient) {
            kappas.push(coefficient);
            distances.push(distance);
            continue;
        }
        match prepare(labels, patterns, coefficient) {
            Ok(one) => ready.push((coefficient, one)),
            Err(why) => {
                found.insert(coefficient, Measured::undefined(items, why));
            }
        }
    }
    let cohen = (!kappas.is_empty()).then(|| Cohen::of(labels, distances));
    let by_label = PerLabel::of(patterns);
    let by_worker = broken_down.then(|| PerWorker::of(labels));
    let estimates = estimate_side_by_side(items, labels.groups(), resampling, |block| {
        let mut values = cohen.as_ref().map_or_else(Vec::new, |cohen| cohen.values(block));
        let of_patterns = |drawn: &[f64]| {
            let mut values: Vec<_> = ready.iter().map(|(_, one)| one.value(drawn)).collect();
            if broken_down {
                values.extend(by_label.values(drawn));
            }
            values
        };
        values.extend(patterns.each_lane(block, of_patterns));
        values.extend(by_worker.iter().flat_map(|by_worker| by_worker.values(block)));
        values
    });
    let mut estimates = estimates.into_iter();
    for coefficient in kappas {
        if let Some((cohen, estimate)) = cohen.as_ref().zip(estimates.next()) {
            found.insert(coefficient, estimate.covering(cohen.used(), items, cohen.undefined()));
        }
    }
    for ((coefficient, one), estimate) in ready.iter().zip(estimates.by_ref()) {
        found.insert(*coefficient, estimate.covering(one.used(), items, one.undefined()));
    }
    let Some(by_worker) = by_worker else { return (found, Breakdown::default()) };
    let of_labels: Vec<_> = estimates.by_ref().take(2 * patterns.labels).collect();
    (found, (by_label.named(labels, &of_labels), by_worker.named(labels, estimates)))
}

fn distance(coefficient: Coefficient) -> Option<cohen::Distance> {
    match coefficient {
        Coefficient::Cohen => Some(cohen::plain),
        Coefficient::CohenLinear => Some(cohen::linear),
        Coefficient::CohenQuadratic => Some(cohen::quadratic),
        _ => None,
    }
}

fn prepare<'a>(
    labels: &Labels,
    patterns: &'a Patterns,
    coefficient: Coefficient,
) -> Result<Box<dyn Ready + 'a>, &'static str> {
    let values = || labels.values().ok_or("the labels are not numbers");
    let not_negative = || {
        let values = values()?;
        let fits = values.iter().all(|value| *value >= 0.0);
        if fits { Ok(values) } else { Err("a ratio scale has no numbers below zero") }
    };
    Ok(match coefficient {
        Coefficient::Percent => Box::new(gwet::Percent::of(patterns)),
        Coefficient::Fleiss => Box::new(Fleiss::of(patterns)),
        Coefficient::Cohen | Coefficient::CohenLinear | Coefficient::CohenQuadratic => {
            return Err("kappas are counted by pairs of people");
        }
        Coefficient::AlphaNominal => Box::new(Alpha::nominal(patterns)),
        Coefficient::AlphaOrdinal => Box::new(Alpha::ordinal(patterns)),
        Coefficient::AlphaInterval => Box::new(Alpha::interval(patterns, values()?)),
        Coefficient::AlphaRatio => Box::new(Alpha::ratio(patterns, not_negative()?)),
        Coefficient::Ac1 => Box::new(Gwet::identity(patterns)),
        Coefficient::Ac2Ordinal => Box::new(Gwet::ordinal(patterns)),
        Coefficient::Ac2Quadratic => Box::new(Gwet::quadratic(patterns, &values()?)),
        Coefficient::Ac2Ratio => Box::new(Gwet::ratio(patterns, &not_negative()?)),
    })
}
