//! The chain's trainer on texts of a few words: its loss, its steps, the same weights again.

use super::*;
use crate::extractor::chain::path_score;
use crate::extractor::tags;

/// Texts of words that are either key 1 or key 2; every run of key 2 is a span.
fn world(dense: bool) -> Vec<(Reading, Vec<usize>)> {
    let one = |n: u64| {
        let marked: Vec<bool> = (0..6).map(|at| (n * 7 + at * 5).is_multiple_of(4)).collect();
        let mut reading = Reading { starts: vec![0], ..Reading::default() };
        let mut spans = Vec::new();
        for (at, &marked) in marked.iter().enumerate() {
            if !dense {
                reading.keys.push(1 + u64::from(marked));
            }
            reading.starts.push(reading.keys.len());
            if dense {
                reading.dense.extend([f32::from(u8::from(marked)), 1.0]);
            }
            if marked {
                spans.push((at..at + 1, 0));
            }
        }
        let gold = tags::path(6, &spans);
        (reading, gold)
    };
    (0..40).map(one).collect()
}

fn train(world: &[(Reading, Vec<usize>)], settings: &Settings) -> Crf {
    let texts: Vec<&Reading> = world.iter().map(|(text, _)| text).collect();
    let gold: Vec<&[usize]> = world.iter().map(|(_, gold)| &gold[..]).collect();
    Crf::train(1, &texts, &gold, settings, &Cancel::default()).unwrap()
}

/// The mean loss of the gold paths, in nats a text.
fn loss(crf: &Crf, world: &[(Reading, Vec<usize>)]) -> f64 {
    let exp_moves: Vec<f64> = crf.moves.iter().map(|&x| f64::from(x).exp()).collect();
    let one = |(text, gold): &(Reading, Vec<usize>)| {
        let unary = crf.unary(text);
        let gold = path_score(gold, &unary, &crf.moves, crf.chain.tags());
        crf.chain.infer(&unary, &exp_moves).log_sum - gold
    };
    world.iter().map(one).sum::<f64>() / world.len() as f64
}

#[test]
fn the_loss_goes_down_by_words_and_by_states_alike() {
    for dense in [false, true] {
        let world = world(dense);
        let settings = |passes| Settings { passes, dense_rate: 0.2, ..Settings::default() };
        let (before, after) =
            (loss(&train(&world, &settings(0)), &world), loss(&train(&world, &settings(12)), &world));
        assert!(before > 5.0 && after < 0.3, "{before} {after}");
    }
}

/// A step moves a weight by its slope over the root of what was seen of it, from which the slope can be read off.
#[test]
fn a_step_goes_down_the_slope_of_every_weight() {
    const STEP: f32 = 1.0 / 256.0;
    // Every feature stands at one word, so that its weights move once; the states have mean 0 and deviation 1 already. All
    // numbers are multiples of one sixteenth, so nothing is rounded on the way to the loss.
    let text = Reading {
        keys: vec![1, 2, 3, 4, 5, 6],
        starts: vec![0, 2, 3, 4, 6],
        dense: vec![1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0],
    };
    let gold = tags::path(4, &[(1..3, 0)]);
    let settings = Settings {
        rate: 1.0,
        dense_rate: 1.0,
        pull: 0.0,
        dense_pull: 0.0,
        dropout: 0.0,
        least: 1,
        ..Settings::default()
    };
    let mut trainer = Trainer::new(1, &[&text], &settings);
    for weights in trainer.crf.weights() {
        let sixteenths = |n: usize| (n * 7 % 13) as f32 / 16.0 - 0.375;
        weights.iter_mut().enumerate().for_each(|(n, weight)| *weight = sixteenths(n));
    }
    trainer.crf.bias.fill(0.0);
    let start = trainer.crf.clone();
    trainer.step(0, &gold, 1.0, SplitMix::new(0, 0));

    let loss = |crf: &Crf| loss(crf, &[(text.clone(), gold.clone())]);
    let mut before = start.clone();
    let [sparse, dense, _, moves] = before.weights();
    let parts = [
        (0, sparse, &trainer.crf.sparse, &trainer.sparse_seen),
        (1, dense, &trainer.crf.dense, &trainer.dense_seen),
        (3, moves, &trainer.crf.moves, &trainer.moves_seen),
    ];
    for (part, before, after, seen) in parts {
        let slope = |n: usize| {
            let side = |step: f32| {
                let mut moved = start.clone();
                moved.weights()[part][n] += step;
                loss(&moved)
            };
            (side(STEP) - side(-STEP)) / f64::from(2.0 * STEP)
        };
        let slopes: Vec<f64> = (0..after.len()).map(slope).collect();
        let most = slopes.iter().fold(0.0, |most: f64, slope| most.max(slope.abs()));
        assert!(most > 0.0 && slopes.len() == seen.len(), "{part}: there is nothing to check");
        for (n, slope) in slopes.iter().enumerate() {
            let told = f64::from((before[n] - after[n]) * seen[n].sqrt());
            let allowed = 1e-3 * slope.abs().max(0.1 * most);
            assert!((slope - told).abs() <= allowed, "{part}: [{n}]: slope {slope}, stepped by {told}");
        }
    }
}

#[track_caller]
fn refused(world: &[(Reading, Vec<usize>)], message: &str) {
    let texts: Vec<&Reading> = world.iter().map(|(text, _)| text).collect();
    let gold: Vec<&[usize]> = world.iter().map(|(_, gold)| &gold[..]).collect();
    let trained = Crf::train(1, &texts, &gold, &Settings::default(), &Cancel::default());
    assert_eq!(trained.unwrap_err().to_string(), message);
}

#[test]
fn what_is_no_number_or_moves_nothing_stops_it() {
    let states = |state: [f32; 2]| -> Vec<(Reading, Vec<usize>)> {
        let each = world(true).into_iter();
        each.map(|(text, gold)| (Reading { dense: state.repeat(text.words()), ..text }, gold)).collect()
    };
    refused(&states([f32::NAN, 1.0]), "training failed: the loss of step 1 is NaN");
    let still = "training failed: states.weight has no gradient in step 40, so nothing would move it";
    refused(&states([0.5, 1.0]), still);
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    let weights = |seed| train(&world(false), &Settings { seed, ..Settings::default() }).sparse;
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}
