//! Closing the loop, simulated on a labelled file: `closing active|noise TRAIN EVAL MODEL_DIR [--seeds K]`, one JSON object.
//!
//! `active`: labels are bought in rounds, those the model is least sure of beside as many drawn by lot. `noise`: one label in
//! ten is made wrong; how many of those are among the tenth of the rows that held-out models find least plausible.

use std::error::Error;
use std::path::Path;

use engraft_core::Cancel;
use engraft_eval::label_issues;
use engraft_nn::train::Draw;
use engraft_nn::{Embedder, EncoderOptions};
use engraft_tune::calibrate::{argmax, softmax};
use engraft_tune::classifier::Logistic;
use engraft_tune::data::{Labelling, Labels, folds, read_classified};
use engraft_tune::{Matrix, Watch, embed};
use serde_json::{Value, json};

/// Weighs a row in the head, as the frozen tier does.
const C: f64 = 20.0;
/// Labels bought at first, and in every round.
const ROUND: usize = 1000;
/// Rounds: half of the labels of BANKING77.
const ROUNDS: usize = 5;

struct World {
    classes: usize,
    train: Matrix,
    given: Vec<Vec<usize>>,
    texts: Vec<String>,
    eval: Matrix,
    right: Vec<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, train, eval, model] = &words[..4] else {
        return Err("active|noise TRAIN EVAL MODEL_DIR".into());
    };
    let seeds: u64 =
        words.iter().position(|word| word == "--seeds").map_or(Ok(10), |at| words[at + 1].parse())?;
    let (train, _) = read_classified(Path::new(train))?;
    let (eval, _) = read_classified(Path::new(eval))?;
    let labels = Labels::of(&train.rows);
    let threads = rayon::current_num_threads();
    let encoder =
        Embedder::open(Path::new(model), "base", EncoderOptions { threads, ..EncoderOptions::default() })?;
    let cancel = Cancel::default();
    let watch = Watch::quiet(&cancel);
    let texts: Vec<String> = train.rows.iter().map(|row| row.text.clone()).collect();
    let of = |texts: &[&str]| embed(watch, &encoder, texts);
    let world = World {
        classes: labels.names().len(),
        train: of(&texts.iter().map(String::as_str).collect::<Vec<_>>())?,
        given: labels.numbers(&train.rows)?,
        texts,
        eval: of(&eval.rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>())?,
        right: labels.numbers(&eval.rows)?.into_iter().map(|given| given[0]).collect(),
    };
    let report = match what.as_str() {
        "active" => active(&world, seeds),
        _ => noise(&world, seeds),
    };
    println!("{report}");
    Ok(())
}

fn fit(world: &World, rows: &[usize], given: &[Vec<usize>], start: Option<&Logistic>) -> Logistic {
    let given: Vec<Vec<usize>> = rows.iter().map(|&row| given[row].clone()).collect();
    Logistic::train(&world.train.pick(rows), &given, world.classes, Labelling::Single, C, start)
}

fn accuracy(world: &World, head: &Logistic) -> f64 {
    let scores = head.scores(&world.eval);
    let right = scores.iter().zip(&world.right).filter(|(scores, right)| argmax(scores) == **right).count();
    right as f64 / world.right.len() as f64
}

fn active(world: &World, seeds: u64) -> Value {
    let all: Vec<usize> = (0..world.given.len()).collect();
    let full = accuracy(world, &fit(world, &all, &world.given, None));
    let runs: Vec<Value> = (0..seeds)
        .map(|seed| {
            let mut order = all.clone();
            Draw::new(seed, 1).shuffle(&mut order);
            let curve = |chosen: bool| -> Vec<f64> {
                let mut bought: Vec<usize> = order[..ROUND].to_vec();
                let mut left: Vec<usize> = order[ROUND..].to_vec();
                let mut head = fit(world, &bought, &world.given, None);
                let mut curve = vec![accuracy(world, &head)];
                for _ in 1..ROUNDS {
                    if chosen {
                        left = by_margin(world, &head, &left);
                    }
                    bought.extend(left.drain(..ROUND));
                    head = fit(world, &bought, &world.given, Some(&head));
                    curve.push(accuracy(world, &head));
                }
                curve
            };
            let (chosen, random) = (curve(true), curve(false));
            let mean = |curve: &[f64]| curve[1..].iter().sum::<f64>() / (curve.len() - 1) as f64;
            json!({ "seed": seed, "chosen": chosen, "random": random, "better": mean(&chosen) > mean(&random) })
        })
        .collect();
    let better = runs.iter().filter(|run| run["better"] == true).count();
    let least = runs.iter().filter_map(|run| run["chosen"][ROUNDS - 1].as_f64()).fold(1.0, f64::min);
    json!({ "full": full, "rows": world.given.len(), "round": ROUND, "runs": runs, "better than random": better,
        "least share of full accuracy at the last round": least / full })
}

/// The rows with the smallest lead of the first over the second class first.
fn by_margin(world: &World, head: &Logistic, left: &[usize]) -> Vec<usize> {
    let scores = head.scores(&world.train.pick(left));
    let lead = |scores: &Vec<f64>| {
        let mut odds = softmax(scores, 1.0);
        odds.sort_by(|a, b| b.total_cmp(a));
        odds[0] - odds[1]
    };
    let mut rows: Vec<(f64, usize)> = scores.iter().map(lead).zip(left.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn noise(world: &World, seeds: u64) -> Value {
    let n = world.given.len();
    let runs: Vec<Value> = (0..seeds)
        .map(|seed| {
            let mut draw = Draw::new(seed, 2);
            let mut order: Vec<usize> = (0..n).collect();
            draw.shuffle(&mut order);
            let spoilt = &order[..n / 10];
            let mut given = world.given.clone();
            for &row in spoilt {
                given[row] = vec![(given[row][0] + 1 + draw.below(world.classes - 1)) % world.classes];
            }
            let texts: Vec<&str> = world.texts.iter().map(String::as_str).collect();
            let strata: Vec<usize> = given.iter().map(|given| given[0]).collect();
            let fold_of = folds(&texts, &vec![None; n], &strata, 3, seed);
            let mut odds = vec![Vec::new(); n];
            for fold in 0..3 {
                let side = |inside: bool| -> Vec<usize> { (0..n).filter(|&row| (fold_of[row] == fold) == inside).collect() };
                let head = fit(world, &side(false), &given, None);
                let asked = side(true);
                for (row, scores) in asked.iter().zip(head.scores(&world.train.pick(&asked))) {
                    odds[*row] = softmax(&scores, 1.0);
                }
            }
            let suspects: Vec<usize> = label_issues(&strata, &odds).iter().take(n / 10).map(|issue| issue.item).collect();
            let found = spoilt.iter().filter(|row| suspects.contains(row)).count();
            json!({ "seed": seed, "spoilt": spoilt.len(), "found": found, "share": found as f64 / spoilt.len() as f64 })
        })
        .collect();
    json!({ "rows": n, "runs": runs })
}
