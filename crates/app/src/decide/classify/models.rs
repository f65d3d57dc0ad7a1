//! The models of the arms: label meanings, nearest examples, a trained head, and head and examples together.

use engraft_decide::Upkeep;
use engraft_tune::calibrate::{softmax, temperature};
use engraft_tune::classifier::{Logistic, mix_weights};
use engraft_tune::data::{Labelling, folds};
use engraft_tune::{Matrix, dot};

use super::data::Data;
use crate::decide::meter::{Used, metered};
use crate::decide::nearest::nearest;

/// How strongly a row pulls against the length of a head's weights, as the classifier tuner has it.
const HEAD_C: f64 = 20.0;
/// Cosines with label meanings are multiplied by this, as sentence encoders are trained to.
const SCALE: f64 = 20.0;
/// How much more a nearer example counts: a vote is `exp(SHARPNESS · cosine)`.
const SHARPNESS: f64 = 24.0;
/// Votes that every label has for nothing, as a part of the nearest example's.
const PRIOR: f64 = 1e-3;
/// Held out, one of so many folds, to weigh head and examples against each other.
const FOLDS: usize = 5;

/// Examples one can look up: rows of `vectors` that are in use, each with its label.
#[derive(Clone)]
pub(super) struct Memory {
    pub(super) rows: Vec<(usize, usize)>,
}

/// What was found for a question.
pub(super) struct Found {
    /// Probabilities of the labels.
    pub(super) probabilities: Vec<f64>,
    /// The examples that voted, nearest first: (example, label).
    pub(super) examples: Vec<(usize, usize)>,
}

impl Memory {
    /// Every example of `places` with its label.
    pub(super) fn of(data: &Data, places: &[usize]) -> Memory {
        Memory { rows: places.iter().map(|&at| (at, data.examples[at].label)).collect() }
    }

    /// The `k` nearest examples and what they vote for.
    pub(super) fn look_up(&self, vectors: &Matrix, question: &[f32], k: usize, labels: usize) -> Found {
        let found = nearest(vectors, self.rows.iter().map(|(row, _)| *row), question, k);
        let labelled = found.iter().map(|(likeness, place)| (*likeness, self.rows[*place].1));
        Found {
            probabilities: votes(labelled, labels),
            examples: found.iter().map(|(_, place)| self.rows[*place]).collect(),
        }
    }
}

fn votes(nearest: impl Iterator<Item = (f32, usize)>, labels: usize) -> Vec<f64> {
    let mut votes = vec![PRIOR; labels];
    let mut first = None;
    for (likeness, label) in nearest {
        let first = *first.get_or_insert(likeness);
        votes[label] += (SHARPNESS * f64::from(likeness - first)).exp();
    }
    let sum: f64 = votes.iter().sum();
    votes.into_iter().map(|vote| vote / sum).collect()
}

/// The probabilities of the labels by what they mean; `known` says which label each meaning stands for.
pub(super) fn by_meaning(meanings: &Matrix, known: &[usize], question: &[f32], labels: usize) -> Vec<f64> {
    let mut scores = vec![f64::NEG_INFINITY; labels];
    for (row, &label) in known.iter().enumerate() {
        let score = SCALE * f64::from(dot(meanings.row(row), question));
        scores[label] = scores[label].max(score);
    }
    softmax(&scores, 1.0)
}

/// A head trained on examples.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) logistic: Logistic,
    pub(super) temperature: f64,
    /// How much the head counts beside looked-up examples, in `[0, 1]`.
    pub(super) weight: f64,
}

impl Head {
    /// Trains on the rows of `memory`; temperature and weight from a held-out fold.
    pub(super) fn train(data: &Data, vectors: &Matrix, memory: &Memory, k: usize, seed: u64) -> (Head, Used) {
        metered(|| {
            let labels = data.labels.len();
            let texts: Vec<&str> =
                memory.rows.iter().map(|(row, _)| data.examples[*row].text.as_str()).collect();
            let strata: Vec<usize> = memory.rows.iter().map(|(_, label)| *label).collect();
            let fold = folds(&texts, &vec![None; texts.len()], &strata, FOLDS, seed);
            let side = |held: bool| Memory {
                rows: memory
                    .rows
                    .iter()
                    .zip(&fold)
                    .filter(|(_, fold)| (**fold == 0) == held)
                    .map(|(row, _)| *row)
                    .collect(),
            };
            let (learned, held) = (side(false), side(true));
            let first = fit(vectors, &learned, labels, None);
            let right: Vec<usize> = held.rows.iter().map(|(_, label)| *label).collect();
            let rows: Vec<usize> = held.rows.iter().map(|(row, _)| *row).collect();
            let scores = first.scores(&vectors.pick(&rows));
            let temperature = temperature(&scores, &right);
            let likelihoods: Vec<Vec<f64>> = held
                .rows
                .iter()
                .zip(&scores)
                .map(|((row, label), scores)| {
                    let found = learned.look_up(vectors, vectors.row(*row), k, labels);
                    vec![softmax(scores, temperature)[*label], found.probabilities[*label]]
                })
                .collect();
            let weight = mix_weights(&likelihoods, 2)[0];
            let logistic = fit(vectors, memory, labels, Some(&first));
            Head { logistic, temperature, weight }
        })
    }

    /// Trains again after a change, keeping temperature and weight.
    pub(super) fn again(&self, vectors: &Matrix, memory: &Memory, labels: usize) -> Head {
        Head { logistic: fit(vectors, memory, labels, Some(&self.logistic)), ..self.clone() }
    }

    /// Probabilities of the labels.
    pub(super) fn predict(&self, question: &[f32]) -> Vec<f64> {
        let one = Matrix { columns: question.len(), data: question.to_vec() };
        softmax(&self.logistic.scores(&one)[0], self.temperature)
    }

    /// The head's probabilities together with what was looked up.
    pub(super) fn together(&self, head: &[f64], found: &[f64]) -> Vec<f64> {
        head.iter().zip(found).map(|(head, found)| self.weight * head + (1.0 - self.weight) * found).collect()
    }

    /// Bytes of its weights.
    pub(super) fn bytes(&self) -> u64 {
        4 * (self.logistic.weights.len() + self.logistic.bias.len()) as u64
    }
}

/// A head alone, without calibration.
pub(super) fn fit(vectors: &Matrix, memory: &Memory, labels: usize, start: Option<&Logistic>) -> Logistic {
    let rows: Vec<usize> = memory.rows.iter().map(|(row, _)| *row).collect();
    let given: Vec<Vec<usize>> = memory.rows.iter().map(|(_, label)| vec![*label]).collect();
    Logistic::train(&vectors.pick(&rows), &given, labels, Labelling::Single, HEAD_C, start)
}

/// The most probable label.
pub(super) fn best(probabilities: &[f64]) -> usize {
    (1..probabilities.len())
        .fold(0, |best, at| if probabilities[at] > probabilities[best] { at } else { best })
}

/// What an arm takes up beside its questions.
pub(super) fn upkeep(labels: usize, built: Used, bytes: u64) -> Upkeep {
    let build_s = Some(built.ms / 1e3);
    Upkeep { labels, build_cpu_s: built.cpu_s, build_s, bytes, ..Upkeep::default() }
}
