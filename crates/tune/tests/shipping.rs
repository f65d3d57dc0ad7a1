//! Data without a real gain: what tuners do is done 200 times, and hardly ever do they say that there is one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use engraft_core::Cancel;
use engraft_eval::{Resampling, SplitMix};
use engraft_tune::classifier::{ClassifierJob, Method, tune_classifier};
use engraft_tune::data::{Example, Labelling};
use engraft_tune::ship::paired_difference;
use engraft_tune::{Watch, choose};
use rayon::prelude::*;

/// Resamples behind an interval, as tuners take them.
const RESAMPLES: usize = 1000;
/// Of 200 simulations: 5 in 100.
const AT_MOST: usize = 10;

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
    assert!(proven >= 160, "{proven} of 200");
}
