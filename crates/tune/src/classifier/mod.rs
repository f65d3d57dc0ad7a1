//! Classifiers: members that each score every class, mixed by how well they did on rows they were not trained on.

mod body;
mod files;
mod foreign;
mod held_out;
mod job;
mod logistic;
mod measures;
mod member;
mod method;
mod mixture;
mod names;
mod neighbours;
mod pairs;
mod rows;
mod scope;
mod tiers;
mod tuned;

pub use body::BaseModel;
pub use foreign::FirstToken;
pub use job::{ClassifierJob, ClassifierTuned, TierReport};
pub use logistic::Logistic;
pub use measures::{Evaluated, evaluate};
pub use member::{Member, Model, Seen, Space};
pub use method::{Method, UnknownMethod};
pub use mixture::mix_weights;
pub use neighbours::{Neighbours, Voted};
pub use rows::leaked;
pub use scope::Scope;
pub use tiers::tune_classifier;

use serde::{Deserialize, Serialize};

use crate::TuneError;
use crate::calibrate::{argmax, sigmoid, softmax};
use crate::data::{Labelling, Labels};

/// A classifier of texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    /// Its classes.
    pub labels: Labels,
    /// Whether a text has one or any number.
    pub labelling: Labelling,
    /// What it is mixed of; weights sum to 1.
    pub members: Vec<Member>,
    /// Divides the mixture's log-probabilities.
    pub temperature: f64,
    /// Tells texts that belong to none of the classes, where that was learned.
    pub scope: Option<Scope>,
    /// How an encoder of its own reads texts.
    pub reading: Reading,
}

/// What becomes of a text's token states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// They are pooled, and brought to length 1.
    #[default]
    Pooled,
    /// The first goes through a layer and tanh.
    FirstToken,
}

/// What a classifier says of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Its classes by number: one, or those at least as probable as not.
    pub classes: Vec<usize>,
    /// The probability of every class; they sum to 1 where a text has one class.
    pub probabilities: Vec<f64>,
    /// The probabilities without the last temperature and with every member's at 1.
    pub uncalibrated: Vec<f64>,
    /// How likely the text belongs to none of the classes, in `[0, 1]`, where that was learned.
    pub out_of_scope: Option<f64>,
    /// Whether that is above the threshold.
    pub rejected: bool,
}

impl Classifier {
    /// What it says of each text.
    pub fn predict(&self, seen: &Seen) -> Result<Vec<Prediction>, TuneError> {
        let classes = self.labels.names().len();
        let heard = self
            .members
            .iter()
            .map(|member| member.model.hear(seen, member.space, classes, self.labelling))
            .collect::<Result<Vec<_>, _>>()?;
        let temperatures: Vec<f64> = self.members.iter().map(|member| member.temperature).collect();
        let weights: Vec<f64> = self.members.iter().map(|member| member.weight).collect();
        let ones = vec![1.0; weights.len()];
        let predict = |row: usize| {
            let scores: Vec<&[f64]> = heard.iter().map(|member| &member[row].scores[..]).collect();
            let mixed = mixture::mix(&scores, &temperatures, &weights, self.labelling);
            let plain = mixture::mix(&scores, &ones, &weights, self.labelling);
            let clues: Vec<f64> = heard.iter().flat_map(|member| member[row].clues.iter().copied()).collect();
            let out_of_scope = self.scope.as_ref().map(|scope| scope.score(&clues, &mixed));
            let rejected =
                self.scope.as_ref().zip(out_of_scope).is_some_and(|(scope, score)| score > scope.threshold);
            let probabilities = probabilities(&mixed, self.temperature, self.labelling);
            let uncalibrated = probabilities_of(&plain, self.labelling);
            let classes = match self.labelling {
                Labelling::Single => vec![argmax(&mixed)],
                Labelling::Multi => (0..mixed.len()).filter(|&class| mixed[class] >= 0.0).collect(),
            };
            Prediction { classes, probabilities, uncalibrated, out_of_scope, rejected }
        };
        Ok((0..seen.texts.len()).map(predict).collect())
    }

    /// Whether it reads vectors of that space.
    pub fn reads(&self, space: Space) -> bool {
        self.members.iter().any(|member| member.space == Some(space))
    }
}

/// Probabilities of log-probabilities (one class a text) or log-odds (any number).
fn probabilities(scores: &[f64], temperature: f64, labelling: Labelling) -> Vec<f64> {
    match labelling {
        Labelling::Single => softmax(scores, temperature),
        Labelling::Multi => scores.iter().map(|score| sigmoid(score / temperature)).collect(),
    }
}

fn probabilities_of(scores: &[f64], labelling: Labelling) -> Vec<f64> {
    probabilities(scores, 1.0, labelling)
}
