//! The members of a classifier, and what they go by.

use crate::TuneError;
use crate::classifier::logistic::Logistic;
use crate::classifier::neighbours::Neighbours;
use crate::data::Labelling;
use crate::dense::Matrix;
use crate::linear::LinearModel;

/// A member of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// What it is called in reports and files.
    pub name: String,
    /// Whose vectors it reads; `None`: the text itself.
    pub space: Option<Space>,
    /// How much it counts, in `[0, 1]`.
    pub weight: f64,
    /// Divides its scores.
    pub temperature: f64,
    /// The model.
    pub model: Model,
}

/// Whose vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Space {
    /// The base encoder's.
    Base,
    /// Those of the encoder tuned for this classifier.
    Own,
}

/// A model that scores every class.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Words and characters.
    Linear(LinearModel),
    /// A head on vectors.
    Logistic(Logistic),
    /// The most alike training texts.
    Neighbours(Neighbours),
}

/// Texts, as words and as vectors.
#[derive(Clone, Debug, Default)]
pub struct Seen<'a> {
    /// The texts.
    pub texts: Vec<&'a str>,
    /// Their vectors by the base encoder, where there is one.
    pub base: Option<Matrix>,
    /// Their vectors by the tuned encoder, where there is one.
    pub own: Option<Matrix>,
}

impl Seen<'_> {
    /// The vectors of a space.
    pub(crate) fn vectors(&self, space: Option<Space>) -> Result<&Matrix, TuneError> {
        let found = match space {
            Some(Space::Base) => self.base.as_ref(),
            Some(Space::Own) => self.own.as_ref(),
            None => None,
        };
        found
            .ok_or_else(|| TuneError::Bug(format!("a member wants vectors of {space:?}, and there are none")))
    }
}

/// What a member says of one text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Heard {
    /// One score a class.
    pub(crate) scores: Vec<f64>,
    /// What else tells whether the text belongs to any class at all; higher is more at home.
    pub(crate) clues: Vec<f64>,
}

impl Model {
    /// What it says of each text.
    pub(crate) fn hear(
        &self,
        seen: &Seen,
        space: Option<Space>,
        classes: usize,
        labelling: Labelling,
    ) -> Result<Vec<Heard>, TuneError> {
        Ok(match self {
            Model::Linear(model) => model.scores(&seen.texts).into_iter().map(of_margins).collect(),
            Model::Logistic(model) => model.scores(seen.vectors(space)?).into_iter().map(of_logits).collect(),
            Model::Neighbours(model) => {
                let voted = model.vote(seen.vectors(space)?, classes, labelling, |_, _| false);
                voted
                    .into_iter()
                    .map(|voted| Heard { scores: voted.scores, clues: vec![voted.nearest] })
                    .collect()
            }
        })
    }
}

/// The greatest margin is a clue.
pub(crate) fn of_margins(scores: Vec<f64>) -> Heard {
    let clues = vec![most(&scores)];
    Heard { scores, clues }
}

/// The free energy (Liu, Wang, Owens and Li 2020) and the greatest logit are clues.
pub(crate) fn of_logits(scores: Vec<f64>) -> Heard {
    let most = most(&scores);
    let energy = most + scores.iter().map(|score| (score - most).exp()).sum::<f64>().ln();
    Heard { clues: vec![most, energy], scores }
}

fn most(scores: &[f64]) -> f64 {
    scores.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
