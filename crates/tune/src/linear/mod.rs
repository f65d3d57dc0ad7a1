//! The linear tier: weighted word and character n-grams, one support vector machine a class. No encoder is needed.

mod features;
mod svm;

pub use features::{Features, Sparse};
pub use svm::{Machine, train_machines};

use std::path::Path;

use engraft_nn::{Weights, write_tensors};
use rayon::prelude::*;

use crate::TuneError;

/// How strongly a row pulls against the length of the weights.
const C: f64 = 1.0;

/// A linear classifier of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    features: Features,
    /// For each feature one weight a class.
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl LinearModel {
    /// Learns `classes` classes; `given` are each text's, any number of them. The result is the same for every seed: each
    /// problem has one lowest point.
    pub fn train(texts: &[&str], given: &[Vec<usize>], classes: usize, seed: u64) -> LinearModel {
        let features = Features::of(texts);
        let rows = features.rows(texts);
        let machines = train_machines(&rows, features.len(), given, classes, C, seed);
        let mut weights = vec![0.0; features.len() * classes];
        for (class, machine) in machines.iter().enumerate() {
            for (feature, weight) in machine.weights.iter().enumerate() {
                weights[feature * classes + class] = *weight as f32;
            }
        }
        let bias = machines.iter().map(|machine| machine.bias as f32).collect();
        LinearModel { features, weights, bias }
    }

    /// For each text the margin of every class.
    pub fn scores(&self, texts: &[&str]) -> Vec<Vec<f64>> {
        let classes = self.bias.len();
        let rows = self.features.rows(texts);
        (0..texts.len())
            .into_par_iter()
            .map(|row| {
                let mut scores = self.bias.clone();
                for (feature, value) in rows.row(row) {
                    let weights = &self.weights[feature as usize * classes..][..classes];
                    scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += value * weight);
                }
                scores.into_iter().map(f64::from).collect()
            })
            .collect()
    }

    /// Writes `linear.json` (the n-grams) and `linear.safetensors` into a folder.
    pub fn save(&self, dir: &Path) -> Result<(), TuneError> {
        let path = dir.join("linear.json");
        let text =
            serde_json::to_vec(&self.features.terms()).map_err(|error| TuneError::Bug(error.to_string()))?;
        crate::artefact::write(&path, &text)?;
        let (features, classes) = (self.features.len(), self.bias.len());
        let tensors = [
            ("weights".to_string(), vec![features, classes], self.weights.clone()),
            ("bias".to_string(), vec![classes], self.bias.clone()),
            ("idf".to_string(), vec![features], self.features.idf().to_vec()),
        ];
        Ok(write_tensors(&dir.join("linear.safetensors"), &tensors)?)
    }

    /// Reads what [`LinearModel::save`] wrote.
    pub fn load(dir: &Path, classes: usize) -> Result<LinearModel, TuneError> {
        let path = dir.join("linear.json");
        let text = std::fs::read(&path).map_err(TuneError::io("read", &path))?;
        let terms: [Vec<String>; 2] = serde_json::from_slice(&text).map_err(|error| TuneError::Damaged {
            path: dir.into(),
            reason: format!("linear.json: {error}"),
        })?;
        let tensors = Weights::open(&dir.join("linear.safetensors"))?;
        let features = terms[0].len() + terms[1].len();
        let weights = crate::dense::read_matrix(&tensors, "weights", features, classes)?.data;
        let (bias, idf) = (tensors.vector("bias", classes)?, tensors.vector("idf", features)?);
        Ok(LinearModel { features: Features::from_terms(terms, idf), weights, bias })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> (Vec<&'static str>, Vec<Vec<usize>>) {
        let texts = vec![
            "where is my card",
            "my card did not come",
            "card still missing",
            "the card has not arrived",
            "transfer failed",
            "money transfer was declined",
            "the transfer did not go through",
            "failed transfer",
        ];
        (texts, (0..8).map(|place| vec![usize::from(place >= 4)]).collect())
    }

    #[test]
    fn it_learns_words_and_parts_of_words() {
        let (texts, given) = rows();
        let model = LinearModel::train(&texts, &given, 2, 0);
        let scores = model.scores(&["cards missing", "a failing transfr", ""]);
        assert!(scores[0][0] > scores[0][1] && scores[1][1] > scores[1][0], "{scores:?}");
        assert!(scores[2].iter().all(|score| score.is_finite()));
    }

    #[test]
    fn the_seed_orders_the_work_and_leaves_the_result() {
        let (texts, given) = rows();
        let scores = |seed| LinearModel::train(&texts, &given, 2, seed).scores(&texts);
        for (a, b) in scores(0).iter().flatten().zip(scores(9).iter().flatten()) {
            assert!((a - b).abs() < 1e-2, "{a} {b}");
        }
        assert_eq!(scores(3), scores(3));
    }

    #[test]
    fn what_is_saved_scores_the_same_when_loaded() {
        let (texts, given) = rows();
        let model = LinearModel::train(&texts, &given, 2, 0);
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        assert_eq!(LinearModel::load(folder.path(), 2).unwrap(), model);
        assert!(LinearModel::load(folder.path(), 3).is_err());
    }
}
