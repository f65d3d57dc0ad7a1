//! A groundedness model: weights of measures, and what it makes of a claim.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::TuneError;
use crate::artefact::{Artefact, write};
use crate::calibrate::sigmoid;
use crate::groundedness::features::{FEATURES, Features, LEXICAL};
use crate::groundedness::fit::Linear;

/// The file that holds it.
pub(crate) const FILE: &str = "groundedness.json";
/// Between these chances it is unsure.
pub const UNSURE: (f64, f64) = (1.0 / 3.0, 2.0 / 3.0);

/// What a model makes of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The evidence supports it.
    Supported,
    /// It does not.
    Unsupported,
    /// Ask a person.
    Unsure,
}

/// The chance that a claim is supported, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The chance, calibrated on the project's own labels; 0 to 1.
    pub score: f64,
    /// What follows.
    pub verdict: Verdict,
    /// The claim's content words that are not in the two sentences which hold most of it.
    pub missing: Vec<String>,
}

/// Log-odds from measures, fitted to a project's labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groundedness {
    /// The log-odds where every measure is 0.
    pub start: f64,
    /// What each measure adds, by name; measures that add nothing are left out.
    pub weights: BTreeMap<String, f64>,
    /// How many times what its own encoder reads is added; 0 where it has none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reads: f64,
    /// Whether it has proven itself on enough labels; if not, every verdict is unsure.
    pub trusted: bool,
}

impl Groundedness {
    pub(crate) fn new(linear: &Linear, reads: f64, trusted: bool) -> Groundedness {
        let named = FEATURES.iter().zip(&linear.weights).filter(|(_, weight)| **weight != 0.0);
        let weights = named.map(|(feature, weight)| (feature.name.to_string(), *weight)).collect();
        Groundedness { start: linear.start, weights, reads, trusted }
    }

    /// The weights in the order of [`FEATURES`].
    pub(crate) fn linear(&self) -> Linear {
        let weight = |name: &str| self.weights.get(name).copied().unwrap_or(0.0);
        Linear { weights: FEATURES.iter().map(|feature| weight(feature.name)).collect(), start: self.start }
    }

    /// Whether it compares meanings, for which an encoder is needed.
    pub fn needs_encoder(&self) -> bool {
        FEATURES[LEXICAL..].iter().any(|feature| self.weights.contains_key(feature.name))
    }

    /// The log-odds that a claim with these measures is supported; `read` is what its own encoder says of it, 0 without one.
    pub fn log_odds(&self, features: &Features, read: f32) -> f64 {
        let told = FEATURES.iter().zip(&features.values);
        let each =
            told.filter_map(|(feature, value)| Some(self.weights.get(feature.name)? * f64::from(*value)));
        self.start + each.sum::<f64>() + self.reads * f64::from(read)
    }

    /// What it makes of a claim with these measures, of which its own encoder says `read`; 0 without one.
    pub fn judge(&self, features: &Features, read: f32) -> Judged {
        let score = sigmoid(self.log_odds(features, read));
        let verdict = if self.trusted { verdict(score) } else { Verdict::Unsure };
        Judged { score, verdict, missing: features.missing.clone() }
    }

    /// Writes it into a folder.
    pub fn save(&self, dir: &Path) -> Result<(), TuneError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| TuneError::Bug(error.to_string()))?;
        write(&dir.join(FILE), (text + "\n").as_bytes())
    }

    /// Reads a registered one.
    pub fn load(artefact: &Artefact) -> Result<Groundedness, TuneError> {
        let path = artefact.file(FILE)?;
        let text = std::fs::read_to_string(&path).map_err(TuneError::io("read", &path))?;
        let damaged = |reason: String| TuneError::Damaged {
            path: artefact.dir.clone(),
            reason: format!("{FILE}: {reason}"),
        };
        let model: Groundedness = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        let unknown = model.weights.keys().find(|name| FEATURES.iter().all(|feature| feature.name != **name));
        match unknown {
            Some(name) => Err(damaged(format!("this build does not measure `{name}`"))),
            None => Ok(model),
        }
    }
}

/// What follows from a chance that can be trusted.
pub(crate) fn verdict(score: f64) -> Verdict {
    match score {
        sure if sure >= UNSURE.1 => Verdict::Supported,
        sure if sure <= UNSURE.0 => Verdict::Unsupported,
        _ => Verdict::Unsure,
    }
}

/// The weights that need no labels: fitted on SciFact (Wadden et al. 2020; 1,253 claims against cited abstracts, CC BY 4.0)
/// by `examples/ground.rs`, with a ridge of 100 on 400 claims' worth of weight.
pub fn shipped() -> Groundedness {
    let weights = SHIPPED.iter().map(|(name, weight)| ((*name).to_string(), *weight)).collect();
    Groundedness { start: SHIPPED_START, weights, reads: 0.0, trusted: false }
}

fn is_zero(x: &f64) -> bool {
    *x == 0.0
}

const SHIPPED_START: f64 = -1.752;
const SHIPPED: [(&str, f64); 24] = [
    ("content_coverage", 0.535),
    ("weighted_coverage", 0.575),
    ("best_sentence", 0.273),
    ("best_two_sentences", 0.546),
    ("bigrams", 0.211),
    ("figures", 0.121),
    ("figures_in_best_two", 0.094),
    ("names", 0.061),
    ("names_in_best_two", 0.035),
    ("longest_missing_run", -0.619),
    ("worst_missing_word", -0.260),
    ("missing_words", -0.183),
    ("length", 0.279),
    ("negation_mismatch", -0.238),
    ("opposites", -0.593),
    ("order_in_best_sentence", 0.086),
    ("order_in_best_two", 0.286),
    ("new_name", -0.044),
    ("new_figure", -0.109),
    ("word_coverage", 0.410),
    ("word_bigrams", 0.064),
    ("personal", -0.330),
    ("opinion", -0.226),
    ("new_function_words", -0.185),
];
