//! Whether people who labelled the same tasks mean the same by their labels.
//!
//! Every coefficient comes with a bootstrap interval over items and with how many of the items it could use: a coefficient
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

use crate::measured::estimate;
use crate::{Labels, Measured, Resampling};
use alpha::Alpha;
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
    let (coefficients, per_label) = measure(labels, &patterns, scale.coefficients(), true, resampling);
    Agreement {
        coefficients,
        n_items: labels.tasks().len(),
        n_workers: labels.workers().len(),
        n_answers: labels.len(),
        replaced: labels.replaced(),
        per_label,
        per_worker: breakdown::per_worker(labels, resampling),
    }
}

/// One coefficient alone, for a page that shows no other.
pub fn coefficient(labels: &Labels, which: Coefficient, resampling: &Resampling) -> Measured {
    let (mut found, _) = measure(labels, &Patterns::of(labels), &[which], false, resampling);
    found.remove(&which).unwrap_or_else(|| Measured::undefined(labels.tasks().len(), "not measured"))
}

/// A coefficient made ready: its value when items are drawn this often, and what it can use of them.
trait Ready {
    /// `items` is how often each item was drawn, `patterns` how often each pattern was.
    fn value(&self, items: &[f64], patterns: &[f64]) -> Option<f64>;
    /// How many items it can use.
    fn used(&self) -> usize;
    /// Why it is undefined, where it is.
    fn undefined(&self) -> &'static str;
    /// Why it is not resampled, where it is not.
    fn unresampled(&self) -> Option<&'static str> {
        None
    }
}

fn measure(
    labels: &Labels,
    patterns: &Patterns,
    which: &[Coefficient],
    with_labels: bool,
    resampling: &Resampling,
) -> (BTreeMap<Coefficient, Measured>, BTreeMap<String, LabelAgreement>) {
    let items = labels.tasks().len();
    let mut found = BTreeMap::new();
    let mut ready: Vec<(Coefficient, Box<dyn Ready + '_>)> = Vec::new();
    for &coefficient in which {
        match prepare(labels, patterns, coefficient) {
            Ok(one) => ready.push((coefficient, one)),
            Err(why) => {
                found.insert(coefficient, Measured::undefined(items, why));
            }
        }
    }
    let (still, moving): (Vec<_>, Vec<_>) = ready.iter().partition(|(_, one)| one.unresampled().is_some());
    for (coefficient, one) in still {
        let once = Resampling { resamples: 0, ..*resampling };
        let all = estimate(items, &once, |items| vec![one.value(items, &patterns.drawn(items))]);
        let mut measured = all[0].covering(one.used(), items, one.undefined());
        if measured.metric.value.is_some() {
            measured.metric.why = one.unresampled().map(str::to_string);
        }
        found.insert(*coefficient, measured);
    }
    let by_label = breakdown::PerLabel::of(patterns);
    let estimates = estimate(items, resampling, |items| {
        let drawn = patterns.drawn(items);
        let mut values: Vec<_> = moving.iter().map(|(_, one)| one.value(items, &drawn)).collect();
        if with_labels {
            values.extend(by_label.values(&drawn));
        }
        values
    });
    let (of_coefficients, of_labels) = estimates.split_at(moving.len());
    for ((coefficient, one), estimate) in moving.iter().zip(of_coefficients) {
        found.insert(*coefficient, estimate.covering(one.used(), items, one.undefined()));
    }
    (found, if with_labels { by_label.named(labels, of_labels) } else { BTreeMap::new() })
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
        Coefficient::Cohen => Box::new(Cohen::plain(labels)),
        Coefficient::CohenLinear => Box::new(Cohen::linear(labels)),
        Coefficient::CohenQuadratic => Box::new(Cohen::quadratic(labels)),
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
