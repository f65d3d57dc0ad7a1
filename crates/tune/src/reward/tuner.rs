//! From preferences to a calibrated reward model: each tier heard on pairs it was not fitted to, the best proven one kept.

use std::collections::BTreeMap;

use engraft_core::Embed;
use engraft_eval::{Metric, Resampling};

use super::fit::{Difference, calibrate, fit};
use super::model::{Reward, row};
use super::pair::PairTask;
use super::rows::{PreferenceRow, Said};
use super::seen::{Seen, see};
use super::style::STYLE;
use super::terms::Terms;
use crate::calibrate::{BINS, sigmoid, softplus};
use crate::clusters::Clusters;
use crate::data::{Fitted, folds};
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
    /// Gains over [`BASE`] on the same pairs; positive is better.
    pub against_base: BTreeMap<String, Metric>,
    /// Whether it is proven better, and why.
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

/// What a reward model is compared with.
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
    clusters: Clusters,
}

/// Tunes on `rows`. With `eval`, measures on those pairs; else on each of `rows` when it was held out.
///
/// An `encoder` opens the highest tier.
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
    let texts: Vec<String> = rows.iter().map(PreferenceRow::grouped_by).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let groups: Vec<Option<&str>> = texts.iter().map(|text| Some(*text)).collect();
    let strata = vec![0; rows.len()];
    let deals: Vec<Vec<usize>> = seeds(options.seed, options.seeds.max(1))
        .into_iter()
        .map(|seed| folds(&texts, &groups, &strata, FOLDS, seed))
        .collect();
    let judged = held.as_ref().unwrap_or(&train);
    let wanted = |tier: &Tier| match options.tier {
        Some(wanted) => *tier == wanted || *tier == Tier::Longer,
        None => *tier < Tier::Meaning || *tier == Tier::Meaning && encoder.is_some(),
    };
    let tiers: Vec<Tier> = Tier::ALL.into_iter().filter(wanted).collect();
    watch.progress.stage("fit", Some((tiers.len() * deals.len() * FOLDS) as u64));
    let mut candidates = Vec::new();
    for tier in tiers {
        candidates.push(Candidate::make(tier, &train, held.as_ref(), &deals, &mut go_on)?);
    }
    let (chosen, stopped) = match options.tier {
        Some(tier) => (candidates.iter().position(|one| one.tier == tier).unwrap_or(0), None),
        None => climb(&candidates, judged, &options.resampling),
    };
    let fits = candidates.len() * (deals.len() * FOLDS + 1);
    let candidate = candidates.swap_remove(chosen);
    Ok(report(candidate, judged, rows.len(), fits, stopped, &options.resampling))
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
    fn longer(&self) -> Vec<f64> {
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
    fn make(
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

/// The highest tier that is proven better than what stands below it, and in words why no higher one is.
fn climb(candidates: &[Candidate], judged: &Material, resampling: &Resampling) -> (usize, Option<String>) {
    let mut standing = 0;
    let mut words = Vec::new();
    for next in 1..candidates.len() {
        let base = &candidates[standing];
        let gain = likelihood_gain(&candidates[next].leads, &base.leads, judged, resampling);
        let told = ship::verdict(&gain, "its log-likelihood a pair", &format!("`{}`", base.tier.name()));
        if told.ship {
            standing = next;
        } else {
            words.push(format!("`{}` was not taken: {}", candidates[next].tier.name(), told.why));
        }
    }
    (standing, (!words.is_empty()).then(|| words.join(". ")))
}

/// How much less each pair surprises, in nats.
fn likelihood_gain(leads: &[f64], base: &[f64], judged: &Material, resampling: &Resampling) -> Metric {
    let gains: Vec<f64> =
        leads.iter().zip(base).map(|(lead, base)| softplus(-base) - softplus(-lead)).collect();
    judged.clusters.mean(&gains, resampling)
}

/// 1 for a pair in the right order, ½ for a tie.
fn right(leads: &[f64]) -> Vec<f64> {
    let one = |lead: &f64| match *lead {
        above if above > 0.0 => 1.0,
        below if below < 0.0 => 0.0,
        _ => 0.5,
    };
    leads.iter().map(one).collect()
}

pub(super) fn report(
    candidate: Candidate,
    judged: &Material,
    rows: usize,
    fits: usize,
    stopped: Option<String>,
    resampling: &Resampling,
) -> TunedReward {
    let Candidate { tier, model, leads } = candidate;
    let longer = judged.longer();
    let (own, base) = (right(&leads), right(&longer));
    let mean = |values: &[f64]| judged.clusters.mean(values, resampling);
    let accuracy_where = |kind: &dyn Fn(f64) -> bool| {
        judged.clusters.measure(resampling, "there is no such pair", |weights| {
            let of = (0..own.len()).filter(|&pair| kind(longer[pair]));
            let (all, won) = of
                .fold((0.0, 0.0), |(all, won), pair| (all + weights[pair], won + weights[pair] * own[pair]));
            (all > 0.0).then(|| won / all)
        })
    };
    let scores: Vec<f64> =
        judged.chosen.iter().chain(&judged.rejected).map(|seen| model.score(seen)).collect();
    let bare = |value: Option<f64>, why: &str| Metric {
        value,
        low: None,
        high: None,
        n: scores.len(),
        why: Some(why.to_string()),
    };
    let mean_score = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
    let extreme = "an extreme has no interval";
    let losses: Vec<f64> = leads.iter().map(|lead| softplus(-lead)).collect();
    let correlation = |weights: &[f64]| correlation(&leads, &longer, weights);
    let eval = BTreeMap::from([
        ("accuracy".to_string(), mean(&own)),
        ("accuracy_where_chosen_is_longer".to_string(), accuracy_where(&|longer| longer > 0.0)),
        ("accuracy_where_chosen_is_shorter".to_string(), accuracy_where(&|longer| longer < 0.0)),
        ("accuracy_of_longer".to_string(), mean(&base)),
        ("ece".to_string(), calibration_error(&leads)),
        (
            "length_correlation".to_string(),
            judged.clusters.measure(resampling, "lengths or scores are all the same", correlation),
        ),
        ("log_loss".to_string(), mean(&losses)),
        ("margin".to_string(), mean(&leads)),
        ("reward_max".to_string(), bare(scores.iter().copied().reduce(f64::max), extreme)),
        ("reward_mean".to_string(), bare(Some(mean_score), "only differences of rewards mean something")),
        ("reward_min".to_string(), bare(scores.iter().copied().reduce(f64::min), extreme)),
    ]);
    let gain: Vec<f64> = own.iter().zip(&base).map(|(own, base)| own - base).collect();
    let gain = mean(&gain);
    let verdict = ship::verdict(&gain, "its accuracy", BASE);
    let against_base = BTreeMap::from([("accuracy".to_string(), gain)]);
    TunedReward {
        model,
        tier,
        rows,
        judged: judged.chosen.len(),
        fits,
        eval,
        against_base,
        verdict,
        stopped,
        pair: None,
        over_length: Fitted::default(),
        cut_prompts: 0,
    }
}

/// Pearson's correlation of rows drawn so often; `None` where one side does not vary.
fn correlation(a: &[f64], b: &[f64], weights: &[f64]) -> Option<f64> {
    let all: f64 = weights.iter().sum();
    let mean = |values: &[f64]| values.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>() / all;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut own, mut other) = (0.0, 0.0, 0.0);
    for ((x, y), weight) in a.iter().zip(b).zip(weights) {
        let (x, y) = (x - mean_a, y - mean_b);
        both += weight * x * y;
        own += weight * x * x;
        other += weight * y * y;
    }
    (own > 0.0 && other > 0.0).then(|| both / (own * other).sqrt())
}

/// How far the chances of the preferred side are from how often it was chosen, in 15 bins of equal width from one half to 1.
fn calibration_error(leads: &[f64]) -> Metric {
    let mut bins = [[0.0; 3]; BINS];
    for lead in leads {
        let chance = sigmoid(lead.abs());
        let bin = &mut bins[(((chance - 0.5) * 2.0 * BINS as f64) as usize).min(BINS - 1)];
        bin[0] += 1.0;
        bin[1] += chance;
        bin[2] += if *lead > 0.0 { 1.0 } else { f64::from(u8::from(*lead == 0.0)) / 2.0 };
    }
    let n = leads.len();
    let value = bins.iter().map(|[_, told, seen]| (told - seen).abs()).sum::<f64>() / n.max(1) as f64;
    let why = "resampling shows more of this error than there is".to_string();
    Metric { value: (n > 0).then_some(value), low: None, high: None, n, why: Some(why) }
}

#[cfg(test)]
mod tests;
