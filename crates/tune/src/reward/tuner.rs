//! From preferences to a calibrated reward model: each tier heard on pairs it was not fitted to, the best proven one kept.

use std::collections::BTreeMap;

use engraft_core::Embed;
use engraft_eval::{Metric, Resampling};

use super::fit::{Difference, calibrate, fit};
use super::model::{Reward, row};
use super::pair::PairTask;
use super::report::{climb, report};
use super::rows::{PreferenceRow, Said};
use super::seen::{Seen, see};
use super::style::STYLE;
use super::terms::Terms;
use crate::clusters::Clusters;
use crate::data::{Fitted, folds, groups_of_folds, one_group};
use crate::seeds::seeds;
use crate::ship;
use crate::{TuneError, Watch};

/// How a model is made; each tier knows more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// The longer response, in characters.
    Longer,
    /// How a response is written.
    Style,
    /// That, and its words and pairs of words.
    Words,
    /// Those, and what it means beside its prompt.
    Meaning,
    /// Style, words, and an encoder trained to read prompt and response together.
    Encoder,
}

impl Tier {
    /// All, from the bottom up.
    pub const ALL: [Tier; 5] = [Tier::Longer, Tier::Style, Tier::Words, Tier::Meaning, Tier::Encoder];

    /// Its name as a method.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Longer => "longer",
            Tier::Style => "style",
            Tier::Words => "words",
            Tier::Meaning => "meaning",
            Tier::Encoder => "encoder",
        }
    }
}

/// How to tune.
#[derive(Clone, Copy, Debug)]
pub struct RewardOptions {
    /// The tier; `None` climbs as far as the gain is real.
    pub tier: Option<Tier>,
    /// How many times pairs are dealt into folds anew; what they say is averaged.
    pub seeds: usize,
    /// Chooses folds.
    pub seed: u64,
    /// For intervals.
    pub resampling: Resampling,
}

/// A model with what is known of it.
#[derive(Debug)]
pub struct TunedReward {
    /// The model.
    pub model: Reward,
    /// The tier it is of.
    pub tier: Tier,
    /// Pairs it learned from.
    pub rows: usize,
    /// Pairs it is judged by.
    pub judged: usize,
    /// How many models were fitted on the way.
    pub fits: usize,
    /// How good it is: on the evaluation pairs, or on its own when they were held out.
    pub eval: BTreeMap<String, Metric>,
    /// Gains on the same pairs over [`BASE`], and over the best of the cheaper tiers; positive is better.
    pub against_base: BTreeMap<String, Metric>,
    /// Whether it is proven better than both, and why.
    pub verdict: ship::Verdict,
    /// Which tiers were not taken and why, with no tier named.
    pub stopped: Option<String>,
    /// The pair encoder, of the tier that has one.
    pub pair: Option<PairTask>,
    /// What was done to responses that did not fit into it, of all pairs.
    pub over_length: Fitted,
    /// Prompts of which it reads only the end.
    pub cut_prompts: usize,
}

/// What every reward model is compared with.
pub const BASE: &str = "preferring the longer response";

const FOLDS: usize = 5;
/// Pairs to fit anything at all.
const LEAST: usize = 20;
/// The ridge of the fit, and how long a deviation of a style counts beside a row of terms, whose length is 1: the best of 1, 3
/// and 10 on HH-helpful is 3 to 10.
const RIDGE: f64 = 3.0;
const STYLE_LENGTH: f64 = 0.3;

/// Pairs as they are seen.
pub(super) struct Material {
    pub(super) chosen: Vec<Seen>,
    pub(super) rejected: Vec<Seen>,
    margins: Vec<f64>,
    pub(super) clusters: Clusters,
}

/// Tunes on `rows`. With `eval`, measures on those pairs; else on each of `rows` when it was held out.
///
/// The cheaper tiers are fitted too: a model ships where it is proven better than [`BASE`] and than the best of them. An
/// `encoder` opens the tier `meaning`.
pub fn tune_reward(
    rows: &[PreferenceRow],
    eval: Option<&[PreferenceRow]>,
    options: &RewardOptions,
    encoder: Option<&dyn Embed>,
    watch: Watch<'_>,
) -> Result<TunedReward, TuneError> {
    if rows.len() < LEAST || eval.is_some_and(<[_]>::is_empty) {
        let message = format!("{} pairs are too few to learn from, {LEAST} are needed", rows.len());
        return Err(TuneError::data(message, "compare more answers; some hundreds make a model"));
    }
    if options.tier == Some(Tier::Meaning) && encoder.is_none() {
        return Err(TuneError::Request {
            message: "the method `meaning` needs an encoder".into(),
            hint: "run `engraft model pull all-MiniLM-L6-v2`, or use `--method words`".into(),
        });
    }
    if options.tier == Some(Tier::Encoder) {
        return Err(TuneError::Bug("the tier `encoder` is tuned by `tune_pair_reward`".into()));
    }
    let encoder = encoder.filter(|_| options.tier.is_none_or(|tier| tier == Tier::Meaning));
    let responses = 2 * (rows.len() + eval.map_or(0, <[_]>::len));
    watch.progress.stage("read responses", Some(responses as u64));
    let mut go_on = |read: usize| {
        watch.progress.advance(read as u64);
        watch.go_on()
    };
    let train = Material::of(rows, encoder, &mut go_on)?;
    let held = eval.map(|eval| Material::of(eval, encoder, &mut go_on)).transpose()?;
    let deals = deals(rows, options);
    let judged = held.as_ref().unwrap_or(&train);
    let wanted = |tier: &Tier| match options.tier {
        Some(wanted) => *tier <= wanted,
        None => *tier < Tier::Meaning || *tier == Tier::Meaning && encoder.is_some(),
    };
    let tiers: Vec<Tier> = Tier::ALL.into_iter().filter(wanted).collect();
    watch.progress.stage("fit", Some((tiers.len() * deals.len() * FOLDS) as u64));
    let mut candidates = Vec::new();
    for tier in tiers {
        candidates.push(Candidate::make(tier, &train, held.as_ref(), &deals, &mut go_on)?);
    }
    let mean = |gains: &[f64]| judged.clusters.gain(gains, &options.resampling);
    let (chosen, stopped) = match options.tier {
        Some(_) => (candidates.len() - 1, None),
        None => climb(candidates.iter(), &mean).highest(),
    };
    let fits = candidates.len() * (deals.len() * FOLDS + 1);
    candidates.truncate(chosen + 1);
    let Some(candidate) = candidates.pop() else { return Err(TuneError::Bug("no tier was fitted".into())) };
    Ok(report(candidate, &candidates, judged, rows.len(), fits, stopped, &options.resampling))
}

/// The fold of each pair, dealt anew for every seed; pairs of one group never part, unless all are of one.
pub(super) fn deals(rows: &[PreferenceRow], options: &RewardOptions) -> Vec<Vec<usize>> {
    let names: Vec<String> = rows.iter().map(PreferenceRow::grouped_by).collect();
    let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    // What says nearly the same never parts either: prompts, or where there is one for all, responses.
    let texts: Vec<&str> = match one_group(&groups) {
        true => rows.iter().map(|row| row.chosen.as_str()).collect(),
        false => names.iter().map(String::as_str).collect(),
    };
    let groups = groups_of_folds(&texts, groups);
    let strata = vec![0; rows.len()];
    let seeds = seeds(options.seed, options.seeds.max(1));
    seeds.into_iter().map(|seed| folds(&texts, &groups, &strata, FOLDS, seed)).collect()
}

impl Material {
    pub(super) fn of(
        rows: &[PreferenceRow],
        encoder: Option<&dyn Embed>,
        go_on: &mut dyn FnMut(usize) -> Result<(), TuneError>,
    ) -> Result<Material, TuneError> {
        // Both responses of a pair side by side, so that their prompt is encoded once.
        let said: Vec<Said> = rows
            .iter()
            .flat_map(|row| [&row.chosen, &row.rejected].map(|text| (row.prompt.clone(), text.clone())))
            .map(|(prompt, response)| Said { prompt, response })
            .collect();
        let mut chosen = Vec::with_capacity(rows.len());
        let mut rejected = Vec::with_capacity(rows.len());
        for (place, seen) in see(&said, encoder, go_on)?.into_iter().enumerate() {
            if place % 2 == 0 { chosen.push(seen) } else { rejected.push(seen) }
        }
        let names: Vec<String> = rows.iter().map(PreferenceRow::grouped_by).collect();
        let clusters = Clusters::new(names.iter().map(String::as_str));
        Ok(Material { chosen, rejected, margins: rows.iter().map(|row| row.margin).collect(), clusters })
    }

    /// By how many characters the chosen response is longer.
    pub(super) fn longer(&self) -> Vec<f64> {
        let chars = |seen: &Seen| seen.text.chars().count() as f64;
        self.chosen.iter().zip(&self.rejected).map(|(a, b)| chars(a) - chars(b)).collect()
    }
}

/// A tier, fitted, and what it says of the pairs it is judged by.
pub(super) struct Candidate {
    pub(super) tier: Tier,
    pub(super) model: Reward,
    /// By how much it scores each chosen response above the rejected one, never having been fitted to the pair.
    pub(super) leads: Vec<f64>,
}

impl Candidate {
    /// Fitted to `train`, calibrated on pairs of it that are held out, and heard on those of `held`, else on these.
    pub(super) fn make(
        tier: Tier,
        train: &Material,
        held: Option<&Material>,
        deals: &[Vec<usize>],
        go_on: &mut dyn FnMut(usize) -> Result<(), TuneError>,
    ) -> Result<Candidate, TuneError> {
        let n = train.chosen.len();
        let everything: Vec<usize> = (0..n).collect();
        let mut leads = vec![0.0; n];
        for deal in deals {
            for fold in 0..FOLDS {
                let (inside, outside): (Vec<usize>, Vec<usize>) =
                    everything.iter().partition(|&&pair| deal[pair] == fold);
                let model = learn(tier, train, &outside);
                for pair in inside {
                    let lead = model.score(&train.chosen[pair]) - model.score(&train.rejected[pair]);
                    leads[pair] += lead / deals.len() as f64;
                }
                go_on(1)?;
            }
        }
        let mut model = learn(tier, train, &everything);
        let factor = calibrate(&leads);
        model.weights.iter_mut().for_each(|weight| *weight *= factor);
        let leads = match held {
            Some(held) => {
                held.chosen.iter().zip(&held.rejected).map(|(a, b)| model.score(a) - model.score(b)).collect()
            }
            None => calibrated(&leads, &deals[0]),
        };
        Ok(Candidate { tier, model, leads })
    }
}

/// Leads times the factor of the other folds, so that what a pair is told by has not seen it.
fn calibrated(leads: &[f64], deal: &[usize]) -> Vec<f64> {
    let factors: Vec<f64> = (0..FOLDS)
        .map(|fold| {
            let others: Vec<f64> =
                leads.iter().zip(deal).filter(|(_, of)| **of != fold).map(|(lead, _)| *lead).collect();
            calibrate(&others)
        })
        .collect();
    leads.iter().zip(deal).map(|(lead, fold)| lead * factors[*fold]).collect()
}

/// The tier's model of the pairs at `at`, before calibration.
pub(super) fn learn(tier: Tier, train: &Material, at: &[usize]) -> Reward {
    let texts = at.iter().flat_map(|&pair| [&train.chosen[pair], &train.rejected[pair]]);
    let terms = match tier {
        Tier::Longer | Tier::Style => Terms::default(),
        Tier::Words | Tier::Meaning | Tier::Encoder => Terms::of(texts.map(|seen| seen.text.as_str())),
    };
    let meaning = match tier {
        Tier::Meaning => train.chosen.first().map_or(0, |seen| seen.meaning.len()),
        _ => 0,
    };
    let width = STYLE.len() + meaning + terms.len();
    let apart: Vec<Difference> = at
        .iter()
        .map(|&pair| {
            difference(
                row(&train.chosen[pair], &terms, meaning),
                &row(&train.rejected[pair], &terms, meaning),
            )
        })
        .collect();
    // Styles are measured in all sorts of units.
    let square = |style: usize| -> f64 {
        let values = apart.iter().flat_map(|row| row.iter().find(|entry| entry.0 as usize == style));
        values.map(|entry| f64::from(entry.1).powi(2)).sum::<f64>() / apart.len().max(1) as f64
    };
    let scales: Vec<f64> = (0..STYLE.len())
        .map(|style| match square(style).sqrt() {
            _ if tier == Tier::Longer && style > 0 => 0.0,
            deviation if deviation > 1e-9 => STYLE_LENGTH / deviation,
            _ => 0.0,
        })
        .collect();
    let scaled: Vec<Difference> = apart
        .iter()
        .map(|row| {
            let scale = |at: u32| scales.get(at as usize).copied().unwrap_or(1.0) as f32;
            row.iter().map(|&(at, value)| (at, value * scale(at))).collect()
        })
        .collect();
    let rows: Vec<&Difference> = scaled.iter().collect();
    let margins: Vec<f64> = at.iter().map(|&pair| train.margins[pair]).collect();
    let mut weights = fit(&rows, &margins, width, RIDGE);
    weights.iter_mut().zip(&scales).for_each(|(weight, scale)| *weight *= scale);
    Reward { terms, weights, meaning, pair: None }
}

/// What one row has more than another; both by place.
fn difference(more: Difference, less: &Difference) -> Difference {
    let mut all: BTreeMap<u32, f32> = more.into_iter().collect();
    less.iter().for_each(|&(at, value)| *all.entry(at).or_insert(0.0) -= value);
    all.into_iter().filter(|(_, value)| *value != 0.0).collect()
}

#[cfg(test)]
mod tests;
