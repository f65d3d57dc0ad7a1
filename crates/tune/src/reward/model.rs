//! A reward model: weights of style, words and meaning; a score a response.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::fit::{Difference, score};
use super::seen::Seen;
use super::style::STYLE;
use super::terms::Terms;
use crate::TuneError;
use crate::artefact::{Artefact, write};
use crate::import::{HEAD, layer};

/// The file that holds it.
pub(crate) const FILE: &str = "reward.json";

/// Scores responses; the difference of two scores is the log-odds that the first is preferred.
#[derive(Clone, Debug, PartialEq)]
pub struct Reward {
    pub(crate) terms: Terms,
    /// Style, then meaning, then terms.
    pub(crate) weights: Vec<f64>,
    /// How many numbers a meaning has; 0 where none is read.
    pub(crate) meaning: usize,
    /// What is added of a pair encoder's score, where there is one.
    pub(crate) pair: Option<Pair>,
}

/// A pair encoder's part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    /// What one unit of its score adds.
    pub(crate) share: f64,
    /// The layer on top of it.
    pub(crate) head: Vec<f32>,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    style: BTreeMap<String, f64>,
    meaning: Vec<f64>,
    /// Each term with its inverse document frequency and its weight.
    terms: Vec<(String, f32, f64)>,
    pair: Option<Pair>,
}

impl Reward {
    /// The pair encoder in a folder that [`crate::export`] wrote, alone.
    pub fn of_folder(dir: &Path) -> Result<Reward, TuneError> {
        let width = engraft_nn::Config::open(dir)?.hidden;
        // The bias is the same for every response.
        let (head, _) = layer(dir, HEAD, 1, width)?;
        let (terms, pair) = (Terms::known(std::iter::empty()), Some(Pair { share: 1.0, head }));
        Ok(Reward { terms, weights: vec![0.0; STYLE.len()], meaning: 0, pair })
    }

    /// Whether an encoder is needed.
    pub fn needs_encoder(&self) -> bool {
        self.meaning > 0
    }

    /// The layer on top of its pair encoder, where it has one.
    pub fn pair_head(&self) -> Option<&[f32]> {
        self.pair.as_ref().map(|pair| pair.head.as_slice())
    }

    /// The score of a response; only differences mean something.
    pub fn score(&self, seen: &Seen) -> f64 {
        let read_together = self.pair.as_ref().map_or(0.0, |pair| pair.share * seen.pair);
        score(&self.weights, &row(seen, &self.terms, self.meaning)) + read_together
    }

    /// The weights of style by name, and the terms that speak most for and against a response.
    pub fn explain(&self, most: usize) -> (BTreeMap<String, f64>, Vec<(String, f64)>) {
        let style = STYLE.iter().zip(&self.weights).map(|(name, weight)| ((*name).to_string(), *weight));
        let from = STYLE.len() + self.meaning;
        let mut terms: Vec<(String, f64)> = self
            .terms
            .entries()
            .zip(&self.weights[from..])
            .map(|((term, _), weight)| (term.to_string(), *weight))
            .collect();
        terms.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
        terms.truncate(most);
        (style.collect(), terms)
    }

    /// Writes it into a folder.
    pub fn save(&self, dir: &Path) -> Result<(), TuneError> {
        let from = STYLE.len() + self.meaning;
        let written = Written {
            style: STYLE.iter().map(|name| (*name).to_string()).zip(self.weights.iter().copied()).collect(),
            meaning: self.weights[STYLE.len()..from].to_vec(),
            terms: self
                .terms
                .entries()
                .zip(&self.weights[from..])
                .map(|((term, idf), weight)| (term.to_string(), idf, *weight))
                .collect(),
            pair: self.pair.clone(),
        };
        let text = serde_json::to_string(&written).map_err(|error| TuneError::Bug(error.to_string()))?;
        write(&dir.join(FILE), (text + "\n").as_bytes())
    }

    /// Reads a registered one.
    pub fn load(artefact: &Artefact) -> Result<Reward, TuneError> {
        let path = artefact.file(FILE)?;
        let text = std::fs::read_to_string(&path).map_err(TuneError::io("read", &path))?;
        let damaged = |reason: String| TuneError::Damaged {
            path: artefact.dir.clone(),
            reason: format!("{FILE}: {reason}"),
        };
        let written: Written = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        let style: Option<Vec<f64>> = STYLE.iter().map(|name| written.style.get(*name).copied()).collect();
        let mut weights = style
            .filter(|_| written.style.len() == STYLE.len())
            .ok_or_else(|| damaged("it measures style otherwise than this build".into()))?;
        if !written.terms.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(damaged("its terms are out of order".into()));
        }
        let meaning = written.meaning.len();
        weights.extend(written.meaning);
        weights.extend(written.terms.iter().map(|(_, _, weight)| *weight));
        let terms = Terms::known(written.terms.into_iter().map(|(term, idf, _)| (term, idf)));
        Ok(Reward { terms, weights, meaning, pair: written.pair })
    }
}

/// A response as values by place: style, then meaning, then terms.
pub(crate) fn row(seen: &Seen, terms: &Terms, meaning: usize) -> Difference {
    let mut row: Difference = (0..).zip(seen.style).collect();
    row.extend((STYLE.len() as u32..).zip(seen.meaning.iter().copied().take(meaning)));
    if terms.len() > 0 {
        let from = (STYLE.len() + meaning) as u32;
        row.extend(terms.row(&seen.text).into_iter().map(|(at, value)| (from + at, value)));
    }
    row
}
