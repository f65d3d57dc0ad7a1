//! From labelled claims to a calibrated model: each tier heard on claims it was not fitted to, the best proven one kept.

use std::collections::BTreeMap;

use engraft_core::Embed;
use engraft_eval::{Metric, Resampling};

use super::ClaimRow;
use super::candidate::{Candidate, FOLDS, Material};
use super::model::Groundedness;
use super::reading::{self, Reading};
use super::report::{climb, report};
use crate::data::{folds, groups_of_folds};
use crate::seeds::seeds;
use crate::ship;
use crate::{TuneError, Watch};

/// How a model is made; each tier knows more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The share of the claim's content words that the evidence has, calibrated.
    Coverage,
    /// The weights shipped with engraft, calibrated.
    Shipped,
    /// Weights of all measures of words, fitted.
    Features,
    /// Those, and how close the meanings are.
    Meaning,
    /// Those of words, and an encoder of its own, trained to read claim and evidence together.
    Encoder,
}

impl Tier {
    /// All, from the bottom up.
    pub const ALL: [Tier; 5] = [Tier::Coverage, Tier::Shipped, Tier::Features, Tier::Meaning, Tier::Encoder];

    /// Its name as a method.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Coverage => "coverage",
            Tier::Shipped => "shipped",
            Tier::Features => "features",
            Tier::Meaning => "meaning",
            Tier::Encoder => "encoder",
        }
    }
}

/// How to tune.
#[derive(Clone, Copy, Debug)]
pub struct GroundednessOptions<'a> {
    /// The tier; `None` climbs as far as the gain is real.
    pub tier: Option<Tier>,
    /// How many times claims are dealt into folds anew; what they say is averaged.
    pub seeds: usize,
    /// Chooses folds.
    pub seed: u64,
    /// What the highest tier starts from and where it goes; without it there is no such tier.
    pub reading: Option<Reading<'a>>,
    /// For intervals.
    pub resampling: Resampling,
}

/// A model with what is known of it.
#[derive(Clone, Debug)]
pub struct TunedGroundedness {
    /// The model.
    pub model: Groundedness,
    /// The tier it is of.
    pub tier: Tier,
    /// Claims it was fitted to.
    pub rows: usize,
    /// Of those, beyond what its encoder learns from at most: only the weights of words learnt from them.
    pub unused: usize,
    /// How many models were fitted on the way.
    pub fits: usize,
    /// How good it is: on the evaluation claims, or on its own when they were held out.
    pub eval: BTreeMap<String, Metric>,
    /// Gains on the same claims over the weights shipped with engraft as they are, over coverage, and over the best of the tiers
    /// below; positive is better.
    pub against_base: BTreeMap<String, Metric>,
    /// Whether it is proven better than those weights and than the best of the tiers below, and why.
    pub verdict: ship::Verdict,
    /// Which tiers were not taken and why, with no tier named.
    pub stopped: Option<String>,
}

/// What every model is compared with.
pub const BASE: &str = "the weights shipped with engraft, uncalibrated";

/// Labels below which no verdict is given.
pub const ENOUGH: usize = 100;
/// The area under the ROC curve below which no verdict is given.
pub const TRUSTED: f64 = 0.7;
/// Of each kind, to fit anything at all.
const LEAST: usize = 5;

/// Tunes on labelled `rows`. With `eval`, measures on those claims; else on each of `rows` when it was held out.
///
/// Groups never part between folds, unless all of `rows` are of one. An `encoder` opens the highest tier. Rows without a label are an error of the caller.
pub fn tune_groundedness(
    rows: &[ClaimRow],
    eval: Option<&[ClaimRow]>,
    options: &GroundednessOptions<'_>,
    encoder: Option<&dyn Embed>,
    watch: Watch<'_>,
) -> Result<TunedGroundedness, TuneError> {
    let Watch { progress, cancel, .. } = watch;
    must_tell(rows, "training", LEAST)?;
    if let Some(eval) = eval {
        must_tell(eval, "evaluation", 1)?;
    }
    let lacks = match options.tier {
        Some(Tier::Meaning) => encoder.is_none(),
        Some(Tier::Encoder) => options.reading.is_none(),
        _ => false,
    };
    if let Some(tier) = options.tier.filter(|_| lacks) {
        return Err(TuneError::Request {
            message: format!("the method `{}` needs an encoder", tier.name()),
            hint: "run `engraft model pull all-MiniLM-L6-v2`, or use `--method features`".into(),
        });
    }
    let encoder = encoder.filter(|_| options.tier.is_none_or(|tier| tier == Tier::Meaning));
    progress.stage("measure claims", Some((rows.len() + eval.map_or(0, <[ClaimRow]>::len)) as u64));
    let train = Material::of(rows, encoder, progress, cancel)?;
    let held = eval.map(|eval| Material::of(eval, encoder, progress, cancel)).transpose()?;
    let texts: Vec<&str> = rows.iter().map(|row| row.claim.text.as_str()).collect();
    let names: Vec<String> = rows.iter().map(ClaimRow::grouped_by).collect();
    let own: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    let groups = groups_of_folds(&texts, own.clone());
    let strata: Vec<usize> = train.truth.supported.iter().map(|&yes| usize::from(yes)).collect();
    let deals: Vec<Vec<usize>> = seeds(options.seed, options.seeds.max(1))
        .into_iter()
        .map(|seed| folds(&texts, &groups, &strata, FOLDS, seed))
        .collect();
    let tiers = Tier::ALL.into_iter().filter(|tier| *tier < Tier::Meaning || encoder.is_some());
    progress.stage("fit", None);
    let mut candidates = Vec::new();
    for tier in tiers {
        watch.go_on()?;
        candidates.push(Candidate::make(tier, &train, held.as_ref(), &deals));
    }
    let mut fits = candidates.len() * (options.seeds.max(1) * FOLDS + 1);
    if let Some(start) = options.reading.filter(|_| options.tier == Some(Tier::Encoder)) {
        // Claims of one group alone are refused by an encoder: minutes of training could prove nothing.
        let parts = folds(&texts, &own, &strata, reading::FOLDS, options.seed);
        candidates.push(reading::candidate(&train, held.as_ref(), &parts, &start, options.seed, watch)?);
        fits += reading::FOLDS + 1;
    }
    let judged = held.as_ref().unwrap_or(&train);
    let mean = |gains: &[f64]| judged.truth.gain(gains, &options.resampling);
    let (chosen, stopped) = match options.tier {
        Some(tier) => (candidates.iter().position(|one| one.tier == tier).unwrap_or(0), None),
        None => climb(&candidates, &judged.truth, &mean).highest(),
    };
    Ok(report(&candidates, chosen, judged, rows.len(), fits, stopped, &options.resampling))
}

/// Refuses claims that cannot tell supported from not.
fn must_tell(rows: &[ClaimRow], part: &str, least: usize) -> Result<(), TuneError> {
    let supported = rows.iter().filter(|row| row.supported() == Some(true)).count();
    let not = rows.len() - supported;
    if supported.min(not) >= least {
        return Ok(());
    }
    let message = format!(
        "the {part} data has {supported} supported claims and {not} that are not; {least} of each are needed"
    );
    Err(TuneError::data(message, "label claims of both kinds; a hundred or more make a model that decides"))
}

#[cfg(test)]
mod tests;
