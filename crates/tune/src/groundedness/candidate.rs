//! A tier of the tuner: fitted, calibrated, and heard on claims it never saw.

use engraft_core::{Cancel, Embed, Progress};

use super::doubt::Truth;
use super::features::{FEATURES, Features, LEXICAL, Sign};
use super::fit::{Linear, Row, fit};
use super::model::shipped;
use super::tuner::Tier;
use super::{Claim, ClaimRow, Measuring};
use crate::TuneError;
use crate::calibrate::sigmoid;

/// Parts that claims are dealt into, each heard by what was fitted to the others.
pub(crate) const FOLDS: usize = 10;
/// The ridge of the fit: on WiCE, BEGIN, QAGS and SciFact 10 is best or next to it with 100 labels as with all.
const RIDGE: f64 = 10.0;

/// Claims, measured.
pub(crate) struct Material {
    pub(crate) claims: Vec<Claim>,
    pub(crate) features: Vec<Features>,
    pub(crate) grades: Vec<f64>,
    pub(crate) truth: Truth,
}

impl Material {
    pub(crate) fn of(
        rows: &[ClaimRow],
        encoder: Option<&dyn Embed>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Material, TuneError> {
        let claims: Vec<Claim> = rows.iter().map(|row| row.claim.clone()).collect();
        let (measuring, mut features) = (Measuring::default(), Vec::with_capacity(claims.len()));
        for chunk in claims.chunks(if encoder.is_some() { 64 } else { 1024 }) {
            if cancel.is_cancelled() {
                return Err(TuneError::Cancelled);
            }
            features.extend(measuring.measures(chunk, encoder)?);
            progress.advance(chunk.len() as u64);
        }
        let supported = rows.iter().map(|row| row.supported() == Some(true)).collect();
        let names: Vec<String> = rows.iter().map(ClaimRow::grouped_by).collect();
        Ok(Material {
            claims,
            features,
            grades: rows.iter().map(|row| row.grade.unwrap_or(0.0)).collect(),
            truth: Truth::new(supported, names.iter().map(String::as_str)),
        })
    }

    fn rows(&self, at: &[usize], width: usize) -> Vec<Row<'_>> {
        at.iter()
            .map(|&i| Row { values: &self.features[i].values[..width], target: self.grades[i], counts: 1.0 })
            .collect()
    }
}

/// A tier, fitted, and what it says of the claims it is judged by.
pub(crate) struct Candidate {
    pub(crate) tier: Tier,
    pub(crate) model: Linear,
    /// What the encoder of its own adds is taken so many times; 0 where there is none.
    pub(crate) reads: f64,
    /// The chance it gives each of those to be supported, never having been fitted to it.
    pub(crate) chances: Vec<f64>,
}

impl Candidate {
    pub(crate) fn make(
        tier: Tier,
        train: &Material,
        held: Option<&Material>,
        deals: &[Vec<usize>],
    ) -> Candidate {
        let n = train.grades.len();
        let everything: Vec<usize> = (0..n).collect();
        let learn = |at: &[usize]| learn(tier, train, at);
        let mut scores = vec![0.0; n];
        let mut calibrated = vec![0.0; n];
        for deal in deals {
            let mut told = vec![0.0; n];
            let (inside, outside) = (
                |fold: usize| everything.iter().copied().filter(|&i| deal[i] == fold).collect::<Vec<_>>(),
                |fold: usize| everything.iter().copied().filter(|&i| deal[i] != fold).collect::<Vec<_>>(),
            );
            for fold in 0..FOLDS {
                let model = learn(&outside(fold));
                inside(fold).into_iter().for_each(|i| told[i] = model.score(&train.features[i].values));
            }
            // Calibrated on the other folds too, so that the chances are as held out as the scores.
            for fold in 0..FOLDS {
                let (slope, start) = calibrate(&told, &train.grades, &outside(fold));
                for i in inside(fold) {
                    calibrated[i] += (slope * told[i] + start) / deals.len() as f64;
                    scores[i] += told[i] / deals.len() as f64;
                }
            }
        }
        let (slope, start) = calibrate(&scores, &train.grades, &everything);
        let full = learn(&everything);
        let model = Linear {
            weights: full.weights.iter().map(|weight| weight * slope).collect(),
            start: full.start * slope + start,
        };
        let chances = match held {
            Some(held) => held.features.iter().map(|one| sigmoid(model.score(&one.values))).collect(),
            None => calibrated.into_iter().map(sigmoid).collect(),
        };
        Candidate { tier, model, reads: 0.0, chances }
    }
}

/// The tier's weights, before calibration, from the claims at `at`.
pub(crate) fn learn(tier: Tier, train: &Material, at: &[usize]) -> Linear {
    let fitted = |width: usize| {
        let signs: Vec<Sign> = FEATURES[..width].iter().map(|feature| feature.sign).collect();
        let mut model = fit(&train.rows(at, width), &signs, RIDGE);
        model.weights.resize(FEATURES.len(), 0.0);
        model
    };
    match tier {
        Tier::Coverage => {
            let mut weights = vec![0.0; FEATURES.len()];
            weights[0] = 1.0;
            Linear { weights, start: 0.0 }
        }
        Tier::Shipped => shipped().linear(),
        Tier::Features | Tier::Encoder => fitted(LEXICAL),
        Tier::Meaning => fitted(FEATURES.len()),
    }
}

/// A slope, never negative, and a start that make chances of scores (Platt 1999).
pub(crate) fn calibrate(scores: &[f64], grades: &[f64], at: &[usize]) -> (f64, f64) {
    let values: Vec<[f32; 1]> = at.iter().map(|&i| [scores[i] as f32]).collect();
    let rows: Vec<Row<'_>> =
        values.iter().zip(at).map(|(values, &i)| Row { values, target: grades[i], counts: 1.0 }).collect();
    let line = fit(&rows, &[Sign::For], 0.1);
    (line.weights[0], line.start)
}
