//! Data without a real gain: what tuners do is done 200 times, and hardly ever do they say that there is one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use engraft_core::Cancel;
use engraft_eval::{Resampling, SplitMix};
use engraft_tune::calibrate::sigmoid;
use engraft_tune::classifier::{ClassifierJob, Method, tune_classifier};
use engraft_tune::data::{Example, Labelling};
use engraft_tune::groundedness::{self, Claim, ClaimRow, GroundednessOptions, tune_groundedness};
use engraft_tune::reward::{self, PreferenceRow, RewardOptions, tune_reward};
use engraft_tune::ship::paired_difference;
use engraft_tune::{Watch, choose};
use rayon::prelude::*;

/// Resamples behind an interval, as tuners take them.
const RESAMPLES: usize = 1000;
/// Of 200 simulations: 5 in 100, and 80 in 100.
const AT_MOST: usize = 10;
const AT_LEAST: usize = 160;

/// How often something happens, of 200 seeds.
fn times(happens: impl Fn(u64) -> bool + Sync) -> usize {
    (0..200_u64).into_par_iter().filter(|&seed| happens(seed)).count()
}

/// Five words of two hundred, and a class that has nothing to do with them.
fn noise(n: usize, seed: u64, stream: u64) -> Vec<Example> {
    let mut draw = SplitMix::new(seed, stream);
    let mut row = |place: usize| {
        let words: Vec<String> = (0..5).map(|_| format!("word{}", draw.below(200))).collect();
        let label = ["arrival", "fee", "transfer"][draw.below(3)];
        Example { id: place.to_string(), text: words.join(" "), labels: vec![label.into()], group: None }
    };
    (0..n).map(&mut row).collect()
}

#[test]
fn a_classifier_of_labels_drawn_by_lot_ships_in_at_most_5_of_100() {
    let ships = |seed: u64| {
        let (train, eval, cancel) = (noise(60, seed, 0), noise(200, seed, 1), Cancel::default());
        let job = ClassifierJob {
            train: &train,
            eval: &eval,
            labelling: Labelling::Single,
            method: Method::Linear,
            encoder: None,
            base: None,
            seeds: 1,
            out_of_scope: None,
            seed,
            resamples: RESAMPLES,
        };
        tune_classifier(Watch::quiet(&cancel), &job).unwrap().verdict.ship
    };
    let count = times(ships);
    assert!(count <= AT_MOST, "{count} of 200");
}

/// Documents that could answer a question.
const DOCS: usize = 50;
/// Shares of meaning that are tried, under each of two scalings; the first scaling's middle is used now.
const SHARES: usize = 21;
const NOW: usize = 10;

fn deviation(scores: &[f64]) -> f64 {
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    (scores.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / scores.len() as f64).sqrt().max(1e-9)
}

fn range(scores: &[f64]) -> f64 {
    let (low, high) = scores.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    (high - low).max(1e-9)
}

/// nDCG@10 of every way to mix words and meaning, for each of `n` questions whose one answer is drawn by lot; meaning thinks better
/// of it than of another document by so many deviations.
fn mixed(n: usize, known: f64, seed: u64) -> Vec<Vec<f64>> {
    let mut draw = SplitMix::new(seed, 1);
    let mut uniform = move || draw.below(1 << 40) as f64 / (1u64 << 40) as f64;
    let mut scores = vec![Vec::new(); 2 * SHARES];
    for _ in 0..n {
        let words: Vec<f64> =
            (0..DOCS).map(|_| if uniform() < 0.3 { 1.0 + uniform() } else { 0.0 }).collect();
        // The sum of three uniform numbers has a deviation of one half.
        let mut meaning: Vec<f64> = (0..DOCS).map(|_| uniform() + uniform() + uniform()).collect();
        let right = (uniform() * DOCS as f64) as usize;
        meaning[right] += known / 2.0;
        for (scaling, spread) in [deviation as fn(&[f64]) -> f64, range].into_iter().enumerate() {
            for share in 0..SHARES {
                let part = share as f64 / (SHARES - 1) as f64;
                let (by_meaning, by_words) = (part / spread(&meaning), (1.0 - part) / spread(&words));
                let score = |doc: usize| by_meaning * meaning[doc] + by_words * words[doc];
                let above =
                    |doc: &usize| score(*doc) > score(right) || (score(*doc) == score(right) && *doc < right);
                let rank = (0..DOCS).filter(above).count();
                let gain = if rank < 10 { 1.0 / (rank as f64 + 2.0).log2() } else { 0.0 };
                scores[scaling * SHARES + share].push(gain);
            }
        }
    }
    scores
}

/// Whether another way to mix is taken than the one used now: by the interval of held-out scores alone, and as fusion is.
fn taken(known: f64, seed: u64) -> (bool, bool) {
    let scores = mixed(60, known, seed);
    let folds: Vec<usize> = (0..60).map(|row| row % 10).collect();
    let chosen = choose(&scores, NOW, &folds).unwrap();
    let resampling = Resampling { seed, resamples: RESAMPLES };
    let now = std::slice::from_ref(&scores[NOW]);
    let gain = paired_difference(now, std::slice::from_ref(&chosen.held_out), &resampling);
    let alone = chosen.setting != NOW && gain.low.is_some_and(|low| low > 0.0);
    (alone, chosen.is_proven(&scores, NOW, &gain, &resampling))
}

#[test]
fn fusion_by_judgements_drawn_by_lot_changes_in_at_most_5_of_100() {
    let all: Vec<(bool, bool)> = (0..200_u64).into_par_iter().map(|seed| taken(0.0, seed)).collect();
    let alone = all.iter().filter(|(alone, _)| *alone).count();
    let proven = all.iter().filter(|(_, proven)| *proven).count();
    assert!(proven <= AT_MOST, "{proven} of 200");
    assert!(alone > AT_MOST, "held-out scores alone would do: {alone} of 200");
}

#[test]
fn fusion_changes_in_at_least_80_of_100_where_meaning_knows_the_answer() {
    let proven = times(|seed| taken(1.5, seed).1);
    assert!(proven >= AT_LEAST, "{proven} of 200");
}

/// One of a thousand made-up words, all as long as one another.
fn word(number: usize) -> String {
    let part = |at: usize| ["ba", "do", "ke", "li", "mu", "na", "po", "ri", "su", "ta"][at % 10];
    format!("{}{}{}k", part(number), part(number / 10), part(number / 100))
}

/// Pairs of a response that asks back and one that does not, each of 3 to 22 words; that share of those that ask is preferred.
fn preferences(n: usize, asks: f64, seed: u64) -> Vec<PreferenceRow> {
    let mut draw = SplitMix::new(seed, 0);
    let mut row = |place: usize| {
        let mut words = || -> String {
            let words: Vec<String> = (0..3 + draw.below(20)).map(|_| word(draw.below(40))).collect();
            words.join(" ")
        };
        let (asking, telling) = (words() + "?", words() + ".");
        let asked = (draw.below(1000) as f64) < 1000.0 * asks;
        let (chosen, rejected) = if asked { (asking, telling) } else { (telling, asking) };
        let (id, group) = (place.to_string(), Some(place.to_string()));
        PreferenceRow { id, line: place as u64, prompt: Vec::new(), chosen, rejected, margin: 0.0, group }
    };
    (0..n).map(&mut row).collect()
}

/// How often a reward ships, told by pairs that it was not fitted to.
fn rewards(tier: Option<reward::Tier>, asks: f64) -> usize {
    times(|seed: u64| {
        let (rows, cancel) = (preferences(100, asks, seed), Cancel::default());
        let resampling = Resampling { seed, resamples: RESAMPLES };
        let options = RewardOptions { tier, seeds: 1, seed, resampling };
        tune_reward(&rows, None, &options, None, Watch::quiet(&cancel)).unwrap().verdict.ship
    })
}

#[test]
fn a_reward_of_preferences_drawn_by_lot_ships_in_at_most_5_of_100() {
    for tier in [Some(reward::Tier::Style), None] {
        let count = rewards(tier, 0.5);
        assert!(count <= AT_MOST, "{tier:?}: {count} of 200");
    }
}

#[test]
fn a_reward_ships_in_at_least_80_of_100_where_nine_of_ten_prefer_to_be_asked() {
    for tier in [Some(reward::Tier::Style), None] {
        let count = rewards(tier, 0.9);
        assert!(count >= AT_LEAST, "{tier:?}: {count} of 200");
    }
}

/// Claims of eight words beside evidence that has some of them: the more it has, the more often they are supported. To ask takes
/// `asking` from the log-odds of it, and not to ask adds as much.
fn claims(n: usize, asking: f64, seed: u64) -> Vec<ClaimRow> {
    let mut draw = SplitMix::new(seed, 0);
    let mut row = |place: usize| {
        let words: Vec<String> = (0..8).map(|_| word(draw.below(500))).collect();
        let (mut evidence, share) = (words.clone(), draw.below(9));
        for other in &mut evidence {
            if draw.below(8) >= share {
                *other = word(500 + draw.below(500));
            }
        }
        let held = words.iter().zip(&evidence).filter(|(claimed, there)| claimed == there).count();
        let asks = draw.below(2) == 0;
        let chance = sigmoid(held as f64 - 4.0 + if asks { -asking } else { asking });
        let supported = (draw.below(1 << 40) as f64) < chance * (1u64 << 40) as f64;
        let text = words.join(" ") + if asks { "?" } else { "." };
        ClaimRow {
            id: place.to_string(),
            line: place as u64,
            claim: Claim { text, evidence: vec![evidence.join(" ") + "."] },
            grade: Some(f64::from(u8::from(supported))),
            group: None,
        }
    };
    (0..n).map(&mut row).collect()
}

/// How often a judge with weights of its own ships, told by claims that it was not fitted to. Calibration alone is a gain over the
/// weights shipped with engraft, so what decides here is whether it is better than coverage and those weights, calibrated too.
fn judges(asking: f64) -> usize {
    times(|seed: u64| {
        let (rows, cancel) = (claims(120, asking, seed), Cancel::default());
        let resampling = Resampling { seed, resamples: RESAMPLES };
        let tier = Some(groundedness::Tier::Features);
        let options = GroundednessOptions { tier, seeds: 1, seed, reading: None, resampling };
        tune_groundedness(&rows, None, &options, None, Watch::quiet(&cancel)).unwrap().verdict.ship
    })
}

#[test]
fn a_judge_of_claims_that_coverage_alone_tells_ships_in_at_most_5_of_100() {
    let count = judges(0.0);
    assert!(count <= AT_MOST, "{count} of 200");
}

#[test]
fn a_judge_of_claims_ships_in_at_least_80_of_100_where_those_that_ask_are_seldom_supported() {
    let count = judges(3.0);
    assert!(count >= AT_LEAST, "{count} of 200");
}
