//! From labelled claims to a calibrated model: each tier heard on claims it was not fitted to, the best proven one kept.

use std::collections::BTreeMap;

use engraft_core::{Cancel, Embed, Progress};
use engraft_eval::{Metric, Resampling};

use crate::TuneError;
use crate::calibrate::sigmoid;
use crate::data::folds;
use crate::groundedness::doubt::Truth;
use crate::groundedness::features::{FEATURES, Features, LEXICAL, Sign};
use crate::groundedness::fit::{Linear, Row, fit};
use crate::groundedness::model::{Groundedness, Verdict, shipped, verdict};
use crate::groundedness::{Claim, ClaimRow, measures};
use crate::seeds::seeds;
use crate::ship;

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
}

impl Tier {
    /// All, from the bottom up.
    pub const ALL: [Tier; 4] = [Tier::Coverage, Tier::Shipped, Tier::Features, Tier::Meaning];

    /// Its name as a method.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Coverage => "coverage",
            Tier::Shipped => "shipped",
            Tier::Features => "features",
            Tier::Meaning => "meaning",
        }
    }
}

/// How to tune.
#[derive(Clone, Copy, Debug)]
pub struct GroundednessOptions {
    /// The tier; `None` climbs as far as the gain is real.
    pub tier: Option<Tier>,
    /// How many times claims are dealt into folds anew; what they say is averaged.
    pub seeds: usize,
    /// Chooses folds.
    pub seed: u64,
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
    /// How many models were fitted on the way.
    pub fits: usize,
    /// How good it is: on the evaluation claims, or on its own when they were held out.
    pub eval: BTreeMap<String, Metric>,
    /// Gains over the weights shipped with engraft as they are, and over coverage, on the same claims; positive is better.
    pub against_base: BTreeMap<String, Metric>,
    /// Whether it is proven better, and why.
    pub verdict: ship::Verdict,
    /// Which tiers were not taken and why, with no tier named.
    pub stopped: Option<String>,
}

/// What [`TunedGroundedness::against_base`] compares with.
pub const BASE: &str = "the weights shipped with engraft, uncalibrated";

/// Labels below which no verdict is given.
pub const ENOUGH: usize = 100;
/// The area under the ROC curve below which no verdict is given.
pub const TRUSTED: f64 = 0.7;
const FOLDS: usize = 10;
/// Of each kind, to fit anything at all.
const LEAST: usize = 5;
/// The ridge of the fit: on WiCE, BEGIN, QAGS and SciFact 10 is best or next to it with 100 labels as with all.
const RIDGE: f64 = 10.0;

/// Claims, measured.
struct Material {
    features: Vec<Features>,
    grades: Vec<f64>,
    truth: Truth,
}

/// Tunes on labelled `rows`. With `eval`, measures on those claims; else on each of `rows` when it was held out.
///
/// An `encoder` opens the highest tier. Rows without a label are an error of the caller.
pub fn tune_groundedness(
    rows: &[ClaimRow],
    eval: Option<&[ClaimRow]>,
    options: &GroundednessOptions,
    encoder: Option<&dyn Embed>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<TunedGroundedness, TuneError> {
    must_tell(rows, "training", LEAST)?;
    if let Some(eval) = eval {
        must_tell(eval, "evaluation", 1)?;
    }
    if options.tier == Some(Tier::Meaning) && encoder.is_none() {
        return Err(TuneError::Request {
            message: "the method `meaning` needs an encoder".into(),
            hint: "run `engraft model pull all-MiniLM-L6-v2`, or use `--method features`".into(),
        });
    }
    let encoder = encoder.filter(|_| options.tier.is_none_or(|tier| tier == Tier::Meaning));
    progress.stage("measure claims", Some((rows.len() + eval.map_or(0, <[ClaimRow]>::len)) as u64));
    let train = Material::of(rows, encoder, progress, cancel)?;
    let held = eval.map(|eval| Material::of(eval, encoder, progress, cancel)).transpose()?;
    let texts: Vec<&str> = rows.iter().map(|row| row.claim.text.as_str()).collect();
    let names: Vec<String> = rows.iter().map(ClaimRow::grouped_by).collect();
    let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    let strata: Vec<usize> = train.truth.supported.iter().map(|&yes| usize::from(yes)).collect();
    let deals: Vec<Vec<usize>> = seeds(options.seed, options.seeds.max(1))
        .into_iter()
        .map(|seed| folds(&texts, &groups, &strata, FOLDS, seed))
        .collect();
    let tiers = Tier::ALL.into_iter().filter(|tier| *tier < Tier::Meaning || encoder.is_some());
    progress.stage("fit", None);
    let mut candidates = Vec::new();
    for tier in tiers {
        if cancel.is_cancelled() {
            return Err(TuneError::Cancelled);
        }
        candidates.push(Candidate::make(tier, &train, held.as_ref(), &deals));
    }
    let judged = held.as_ref().unwrap_or(&train);
    let (chosen, stopped) = match options.tier {
        Some(tier) => (candidates.iter().position(|one| one.tier == tier).unwrap_or(0), None),
        None => climb(&candidates, &judged.truth, &options.resampling),
    };
    let fits = candidates.len() * (options.seeds.max(1) * FOLDS + 1);
    Ok(report(&candidates[chosen], &candidates[0], judged, rows.len(), fits, stopped, &options.resampling))
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

impl Material {
    fn of(
        rows: &[ClaimRow],
        encoder: Option<&dyn Embed>,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Material, TuneError> {
        let claims: Vec<Claim> = rows.iter().map(|row| row.claim.clone()).collect();
        let mut features = Vec::with_capacity(claims.len());
        for chunk in claims.chunks(if encoder.is_some() { 64 } else { 1024 }) {
            if cancel.is_cancelled() {
                return Err(TuneError::Cancelled);
            }
            features.extend(measures(chunk, encoder)?);
            progress.advance(chunk.len() as u64);
        }
        let supported = rows.iter().map(|row| row.supported() == Some(true)).collect();
        let names: Vec<String> = rows.iter().map(ClaimRow::grouped_by).collect();
        Ok(Material {
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
struct Candidate {
    tier: Tier,
    model: Linear,
    /// The chance it gives each of those to be supported, never having been fitted to it.
    chances: Vec<f64>,
}

impl Candidate {
    fn make(tier: Tier, train: &Material, held: Option<&Material>, deals: &[Vec<usize>]) -> Candidate {
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
        Candidate { tier, model, chances }
    }
}

/// The tier's weights, before calibration, from the claims at `at`.
fn learn(tier: Tier, train: &Material, at: &[usize]) -> Linear {
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
        Tier::Features => fitted(LEXICAL),
        Tier::Meaning => fitted(FEATURES.len()),
    }
}

/// A slope, never negative, and a start that make chances of scores (Platt 1999).
fn calibrate(scores: &[f64], grades: &[f64], at: &[usize]) -> (f64, f64) {
    let values: Vec<[f32; 1]> = at.iter().map(|&i| [scores[i] as f32]).collect();
    let rows: Vec<Row<'_>> =
        values.iter().zip(at).map(|(values, &i)| Row { values, target: grades[i], counts: 1.0 }).collect();
    let line = fit(&rows, &[Sign::For], 0.1);
    (line.weights[0], line.start)
}

/// The highest tier that is proven better than what stands below it, and in words why no higher one is.
fn climb(candidates: &[Candidate], truth: &Truth, resampling: &Resampling) -> (usize, Option<String>) {
    let mut standing = 0;
    let mut words = Vec::new();
    for next in 1..candidates.len() {
        let gain = brier_gain(&candidates[next].chances, &candidates[standing].chances, truth, resampling);
        let told =
            ship::verdict(&gain, "its Brier score", &format!("`{}`", candidates[standing].tier.name()));
        if told.ship {
            standing = next;
        } else {
            words.push(format!("`{}` was not taken: {}", candidates[next].tier.name(), told.why));
        }
    }
    (standing, (!words.is_empty()).then(|| words.join(". ")))
}

/// How much smaller the mean squared error of `chances` is than that of `base`.
fn brier_gain(chances: &[f64], base: &[f64], truth: &Truth, resampling: &Resampling) -> Metric {
    let gains: Vec<f64> =
        truth.errors(base).iter().zip(truth.errors(chances)).map(|(base, own)| base - own).collect();
    truth.mean(&gains, resampling)
}

fn report(
    chosen: &Candidate,
    coverage: &Candidate,
    judged: &Material,
    rows: usize,
    fits: usize,
    stopped: Option<String>,
    resampling: &Resampling,
) -> TunedGroundedness {
    let (truth, chances) = (&judged.truth, &chosen.chances);
    let auroc = truth.auroc(chances, resampling);
    let told = auroc.value.unwrap_or(0.5);
    let trusted = rows >= ENOUGH && told >= TRUSTED;
    let verdicts: Vec<Verdict> =
        chances.iter().map(|&chance| if trusted { verdict(chance) } else { Verdict::Unsure }).collect();
    let decided: Vec<f64> =
        verdicts.iter().map(|verdict| f64::from(u8::from(*verdict != Verdict::Unsure))).collect();
    let right: Vec<f64> = verdicts
        .iter()
        .zip(&truth.supported)
        .map(|(verdict, &yes)| f64::from(u8::from((*verdict == Verdict::Supported) == yes)))
        .collect();
    let decided_accuracy = truth.measure(resampling, |weights| {
        let of =
            |values: &dyn Fn(usize) -> f64| (0..weights.len()).map(|i| weights[i] * values(i)).sum::<f64>();
        let all = of(&|i| decided[i]);
        (all > 0.0).then(|| of(&|i| decided[i] * right[i]) / all)
    });
    let eval = BTreeMap::from([
        ("auroc".to_string(), auroc),
        ("balanced_accuracy".to_string(), truth.balanced_accuracy(chances, resampling)),
        ("brier".to_string(), truth.mean(&truth.errors(chances), resampling)),
        ("ece".to_string(), calibration_error(chances, truth)),
        ("decided".to_string(), truth.mean(&decided, resampling)),
        ("decided_accuracy".to_string(), decided_accuracy),
    ]);
    let base: Vec<f64> =
        judged.features.iter().map(|features| sigmoid(shipped().log_odds(features))).collect();
    let gain = brier_gain(chances, &base, truth, resampling);
    let verdict = decide(&gain, rows, told);
    let against_base = BTreeMap::from([
        ("brier".to_string(), gain),
        ("auroc".to_string(), truth.auroc_gain(chances, &base, resampling)),
        ("auroc_over_coverage".to_string(), truth.auroc_gain(chances, &coverage.chances, resampling)),
    ]);
    let model = Groundedness::new(&chosen.model, trusted);
    TunedGroundedness { model, tier: chosen.tier, rows, fits, eval, against_base, verdict, stopped }
}

fn decide(gain: &Metric, rows: usize, auroc: f64) -> ship::Verdict {
    let mut told = ship::verdict(gain, "its Brier score", BASE);
    if rows < ENOUGH {
        told.ship = false;
        told.why = format!("{rows} labels are too few to decide by, {ENOUGH} are needed; {}", told.why);
    } else if auroc < TRUSTED {
        told.ship = false;
        told.why = format!(
            "its AUROC of {auroc:.3} is below {TRUSTED}, so it says `unsure` to every claim; {}",
            told.why
        );
    }
    told
}

/// The expected calibration error of the chances in 15 bins of equal width.
fn calibration_error(chances: &[f64], truth: &Truth) -> Metric {
    const BINS: usize = crate::calibrate::BINS;
    let mut bins = [[0.0; 2]; BINS];
    for (chance, &yes) in chances.iter().zip(&truth.supported) {
        let bin = &mut bins[((chance * BINS as f64) as usize).min(BINS - 1)];
        bin[0] += chance;
        bin[1] += f64::from(u8::from(yes));
    }
    let n = chances.len();
    let value = bins.iter().map(|[told, seen]| (told - seen).abs()).sum::<f64>() / n.max(1) as f64;
    let why = "resampling shows more of this error than there is".to_string();
    Metric { value: (n > 0).then_some(value), low: None, high: None, n, why: Some(why) }
}

#[cfg(test)]
mod tests;
