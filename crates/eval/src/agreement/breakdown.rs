//! Agreement label by label and person by person: where to look when the whole is too low.

use std::collections::BTreeMap;

use serde::Serialize;

use super::patterns::Patterns;
use crate::draws::{Block, LANES, Lanes, tally};
use crate::measured::Estimate;
use crate::{Labels, Measured};

/// How far people agree on one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelAgreement {
    /// How often it was given.
    pub answers: usize,
    /// The probability that another person gives it to an item too, given that one did (specific agreement, Dice 1945;
    /// Cicchetti and Feinstein 1990). Uses the items where it was given and that have at least two labels.
    pub specific: Measured,
    /// Krippendorff's alpha of this label against all others.
    pub alpha: Measured,
}

/// How far one person agrees with the others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerAgreement {
    /// How many labels they gave.
    pub answers: usize,
    /// The share of the others on an item who gave the same label, mean over their items that others labelled too.
    pub percent: Measured,
}

pub(super) struct PerLabel<'a> {
    patterns: &'a Patterns,
}

impl<'a> PerLabel<'a> {
    pub(super) fn of(patterns: &'a Patterns) -> PerLabel<'a> {
        PerLabel { patterns }
    }

    /// Specific agreement and alpha, label by label, when patterns are drawn this often.
    pub(super) fn values(&self, drawn: &[f64]) -> Vec<Option<f64>> {
        let labels = self.patterns.labels;
        let (mut given, mut agreeing, mut seen) = (vec![0.0; labels], vec![0.0; labels], vec![0.0; labels]);
        for ((counts, size), times) in self.patterns.counts.iter().zip(&self.patterns.sizes).zip(drawn) {
            if *size < 2.0 || *times == 0.0 {
                continue;
            }
            for (label, n) in counts {
                let (label, n) = (*label as usize, f64::from(*n));
                given[label] += times * n;
                agreeing[label] += times * n * (n - 1.0) / (size - 1.0);
                seen[label] += times * 2.0 * n * (size - n) / (size - 1.0);
            }
        }
        let all: f64 = given.iter().sum();
        let one = |label: usize| {
            let specific = (given[label] > 0.0).then(|| agreeing[label] / given[label]);
            let expected = 2.0 * given[label] * (all - given[label]);
            [specific, (expected > 0.0).then(|| 1.0 - seen[label] * (all - 1.0) / expected)]
        };
        (0..labels).flat_map(one).collect()
    }

    /// Joins the labels' names with the estimates of [`PerLabel::values`].
    pub(super) fn named(&self, labels: &Labels, estimates: &[Estimate]) -> BTreeMap<String, LabelAgreement> {
        let (given, _) = labels.all();
        let mut answers = vec![0; self.patterns.labels];
        given.iter().for_each(|given| answers[given.label as usize] += 1);
        let shared = self.patterns.items(|size| size >= 2.0);
        let mut with_label = vec![0; self.patterns.labels];
        for pattern in &self.patterns.of_item {
            if self.patterns.sizes[*pattern as usize] >= 2.0 {
                let counts = &self.patterns.counts[*pattern as usize];
                counts.iter().for_each(|(label, _)| with_label[*label as usize] += 1);
            }
        }
        let of = labels.tasks().len();
        let one = |(label, name): (usize, &String)| {
            let agreement = LabelAgreement {
                answers: answers[label],
                specific: estimates[2 * label].covering(
                    with_label[label],
                    of,
                    "it was given to no shared item",
                ),
                alpha: estimates[2 * label + 1].covering(
                    shared,
                    of,
                    "all or none of the shared items' labels are it",
                ),
            };
            (name.clone(), agreement)
        };
        labels.labels().iter().enumerate().map(one).collect()
    }
}

/// How many of a worker's tasks others labelled too, by how many of the others agreed.
pub(super) struct PerWorker {
    /// The worker of each cell, and which share of the others agreed.
    cells: Vec<(u32, f64)>,
    /// The tasks, each with the cell it counts in.
    of_task: Vec<(u32, u32)>,
    /// By worker: labels given, and those on tasks that others labelled too.
    answers: Vec<(usize, usize)>,
}

impl PerWorker {
    pub(super) fn of(labels: &Labels) -> PerWorker {
        let mut known: BTreeMap<(u32, usize, usize), u32> = BTreeMap::new();
        let mut all = PerWorker {
            cells: Vec::new(),
            of_task: Vec::new(),
            answers: vec![(0, 0); labels.workers().len()],
        };
        for task in 0..labels.tasks().len() {
            let given = labels.of_task(task);
            for one in given {
                let answers = &mut all.answers[one.worker as usize];
                answers.0 += 1;
                if given.len() < 2 {
                    continue;
                }
                answers.1 += 1;
                let same = given.iter().filter(|other| other.label == one.label).count() - 1;
                let cell = *known.entry((one.worker, same, given.len() - 1)).or_insert_with(|| {
                    all.cells.push((one.worker, same as f64 / (given.len() - 1) as f64));
                    all.cells.len() as u32 - 1
                });
                all.of_task.push((task as u32, cell));
            }
        }
        all
    }

    /// The mean share of each worker; `None` where none of their shared tasks was drawn.
    pub(super) fn values(&self, block: &Block) -> Vec<Lanes<Option<f64>>> {
        let mut counts = vec![[0; LANES]; self.cells.len()];
        tally(&mut counts, block, self.of_task.iter().copied());
        let mut sums = vec![([0.0; LANES], [0.0; LANES]); self.answers.len()];
        for ((worker, share), counts) in self.cells.iter().zip(&counts) {
            let (tasks, agreeing) = &mut sums[*worker as usize];
            for lane in 0..LANES {
                let times = f64::from(counts[lane]);
                tasks[lane] += times;
                agreeing[lane] += times * share;
            }
        }
        let mean = |(tasks, agreeing): &(Lanes<f64>, Lanes<f64>)| {
            std::array::from_fn(|lane| (tasks[lane] > 0.0).then(|| agreeing[lane] / tasks[lane]))
        };
        sums.iter().map(mean).collect()
    }

    /// Joins the workers' names with the estimates of [`PerWorker::values`].
    pub(super) fn named(
        &self,
        labels: &Labels,
        estimates: impl Iterator<Item = Estimate>,
    ) -> BTreeMap<String, WorkerAgreement> {
        let each = labels.workers().iter().zip(&self.answers).zip(estimates);
        each.map(|((name, (answers, shared)), estimate)| {
            let percent = estimate.covering(*shared, *answers, "nobody else labelled their items");
            (name.clone(), WorkerAgreement { answers: *answers, percent })
        })
        .collect()
    }
}
