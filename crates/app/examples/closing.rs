//! Closing the loop, simulated on a labelled file: `closing active|noise TRAIN EVAL MODEL_DIR [--seeds K]`, one JSON object.
//!
//! `active`: labels are bought a thousand at a time, by lot or in the order in which `dataset order --by margin` puts what is left
//! once `predict` has suggested its labels. `noise`: one label in ten is made wrong; how many of those are among the tenth of the
//! rows that `tune classifier` lists first under `data.label_issues`. The classifier is that of the method `frozen`.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use engraft_annotate::{Candidate, Strategy, select, shared};
use engraft_core::{Cancel, Embed, EmbedError};
use engraft_nn::train::Draw;
use engraft_nn::{Embedder, EncoderOptions};
use engraft_tune::classifier::{ClassifierJob, ClassifierTuned, Method, Seen, tune_classifier};
use engraft_tune::data::{Example, Labelling, Labels, read_classified};
use engraft_tune::{TuneError, Watch, embed};
use serde_json::{Value, json};

const USAGE: &str = "closing active|noise TRAIN EVAL MODEL_DIR [--seeds K]";
/// Labels bought at first, and in every round.
const ROUND: usize = 1000;
/// Rounds: half of the labels of BANKING77.
const ROUNDS: usize = 5;

/// An encoder that remembers what it made of each text: the same texts are asked for in every round.
struct Remembering {
    encoder: Embedder,
    known: Mutex<HashMap<String, Vec<f32>>>,
}

impl Embed for Remembering {
    fn name(&self) -> &str {
        self.encoder.name()
    }

    fn dim(&self) -> usize {
        self.encoder.dim()
    }

    fn window(&self) -> usize {
        self.encoder.window()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&str> = texts.iter().copied().filter(|text| !known.contains_key(*text)).collect();
        if !new.is_empty() {
            let vectors = self.encoder.embed(&new)?;
            known.extend(new.iter().map(|text| (*text).to_string()).zip(vectors));
        }
        Ok(texts.iter().map(|text| known[*text].clone()).collect())
    }
}

struct World {
    train: Vec<Example>,
    eval: Vec<Example>,
    labels: Labels,
    encoder: Remembering,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [what, train, eval, model, ..] = &words[..] else {
        return Err(USAGE.into());
    };
    let seeds: u64 = match words.iter().position(|word| word == "--seeds") {
        Some(at) => words.get(at + 1).ok_or(USAGE)?.parse()?,
        None => 10,
    };
    let (train, eval) = (labelled(train)?, labelled(eval)?);
    let options = EncoderOptions { threads: rayon::current_num_threads(), ..EncoderOptions::default() };
    let encoder = Embedder::open(Path::new(model), "base", options)?;
    let world = World {
        labels: Labels::of(&train),
        train,
        eval,
        encoder: Remembering { encoder, known: Mutex::default() },
    };
    let report = match what.as_str() {
        "active" => active(&world, seeds)?,
        "noise" => noise(&world, seeds)?,
        _ => return Err(USAGE.into()),
    };
    println!("{report}");
    Ok(())
}

/// The rows of a file in which each has one label.
fn labelled(path: &str) -> Result<Vec<Example>, TuneError> {
    let (read, labelling) = read_classified(Path::new(path))?;
    if read.rows.is_empty() || labelling != Labelling::Single {
        let message = format!("{path} has no rows, or a list of labels in some");
        return Err(TuneError::data(message, "give it rows {text, label} with one label each"));
    }
    Ok(read.rows)
}

/// An error where there are fewer than `least` rows, or one label alone.
fn must_hold(world: &World, least: usize) -> Result<(), TuneError> {
    let (rows, labels) = (world.train.len(), world.labels.names().len());
    if rows < least || labels < 2 {
        let message = format!("there are {rows} rows with {labels} labels to learn from");
        return Err(TuneError::data(message, format!("bring {least} rows and two labels at least")));
    }
    Ok(())
}

impl World {
    /// The classifier of these rows, measured on those evaluation rows whose labels it can know, and the share of all of them that
    /// it has right.
    fn tuned(&self, rows: &[Example], seed: u64) -> Result<(ClassifierTuned, f64), TuneError> {
        let cancel = Cancel::default();
        let seen: BTreeSet<&Vec<String>> = rows.iter().map(|row| &row.labels).collect();
        let eval: Vec<Example> = self.eval.iter().filter(|row| seen.contains(&row.labels)).cloned().collect();
        let job = ClassifierJob {
            train: rows,
            eval: &eval,
            labelling: Labelling::Single,
            method: Method::Frozen,
            encoder: Some(&self.encoder),
            base: None,
            seeds: 1,
            out_of_scope: None,
            seed,
            // What is told here are shares over many runs, each without an interval of its own.
            resamples: 0,
        };
        let tuned = tune_classifier(Watch::quiet(&cancel), &job)?;
        let right = tuned.eval["accuracy"].value.unwrap_or(0.0) * eval.len() as f64;
        Ok((tuned, right / self.eval.len() as f64))
    }

    /// The rows that are labelled next: the first of those left, in the order of their suggestions' margins.
    fn next(&self, tuned: &ClassifierTuned, left: &[usize], seed: u64) -> Result<Vec<usize>, TuneError> {
        let cancel = Cancel::default();
        let texts: Vec<&str> = left.iter().map(|&row| self.train[row].text.as_str()).collect();
        let base = embed(Watch::quiet(&cancel), &self.encoder, &texts)?;
        let said = tuned.classifier.predict(&Seen { texts, base: Some(base), own: None })?;
        let options = self.labels.names().len();
        // A suggestion names one answer and says how sure it is of that.
        let known: Vec<Vec<f64>> =
            said.iter().map(|one| shared(one.probabilities[one.classes[0]], options)).collect();
        let candidates: Vec<Candidate> = left
            .iter()
            .zip(&known)
            .map(|(&row, probabilities)| Candidate { item: &self.train[row].id, probabilities, vector: &[] })
            .collect();
        let order = select(Strategy::Margin, &candidates, ROUND, seed);
        Ok(order.into_iter().map(|at| left[at]).collect())
    }

    fn pick(&self, rows: &[usize]) -> Vec<Example> {
        rows.iter().map(|&row| self.train[row].clone()).collect()
    }
}

fn active(world: &World, seeds: u64) -> Result<Value, TuneError> {
    must_hold(world, ROUND * ROUNDS)?;
    let (_, full) = world.tuned(&world.train, 0)?;
    let mut runs = Vec::new();
    for seed in 0..seeds {
        let mut order: Vec<usize> = (0..world.train.len()).collect();
        Draw::new(seed, 1).shuffle(&mut order);
        let curve = |chosen: bool| -> Result<Vec<f64>, TuneError> {
            let (mut bought, mut left) = (order[..ROUND].to_vec(), order[ROUND..].to_vec());
            let mut curve = Vec::new();
            loop {
                let (tuned, accuracy) = world.tuned(&world.pick(&bought), seed)?;
                curve.push(accuracy);
                if curve.len() == ROUNDS {
                    return Ok(curve);
                }
                let next = match chosen {
                    true => world.next(&tuned, &left, seed)?,
                    false => left[..ROUND].to_vec(),
                };
                let taken: BTreeSet<usize> = next.iter().copied().collect();
                left.retain(|row| !taken.contains(row));
                bought.extend(next);
            }
        };
        let (chosen, random) = (curve(true)?, curve(false)?);
        let mean = |curve: &[f64]| curve[1..].iter().sum::<f64>() / (curve.len() - 1) as f64;
        let better = mean(&chosen) > mean(&random);
        runs.push(json!({ "seed": seed, "chosen": chosen, "random": random, "better": better }));
    }
    let better = runs.iter().filter(|run| run["better"] == true).count();
    let least = runs.iter().filter_map(|run| run["chosen"][ROUNDS - 1].as_f64()).fold(1.0, f64::min);
    Ok(json!({ "full": full, "rows": world.train.len(), "round": ROUND, "runs": runs,
        "better than random": better, "least share of full accuracy at the last round": least / full }))
}

fn noise(world: &World, seeds: u64) -> Result<Value, TuneError> {
    // Of fewer there is no tenth.
    must_hold(world, 10)?;
    let (n, names) = (world.train.len(), world.labels.names());
    let mut runs = Vec::new();
    for seed in 0..seeds {
        let mut draw = Draw::new(seed, 2);
        let mut order: Vec<usize> = (0..n).collect();
        draw.shuffle(&mut order);
        let spoilt = &order[..n / 10];
        let mut rows = world.train.clone();
        for &row in spoilt {
            let given = names.binary_search(&rows[row].labels[0]).unwrap_or(0);
            let wrong = (given + 1 + draw.below(names.len() - 1)) % names.len();
            rows[row].labels = vec![names[wrong].clone()];
        }
        let (tuned, _) = world.tuned(&rows, seed)?;
        let suspects: BTreeSet<usize> = tuned.issues.iter().take(n / 10).map(|issue| issue.item).collect();
        let found = spoilt.iter().filter(|row| suspects.contains(*row)).count();
        runs.push(json!({ "seed": seed, "spoilt": spoilt.len(), "suspects": suspects.len(), "found": found,
            "share": found as f64 / spoilt.len() as f64 }));
    }
    Ok(json!({ "rows": n, "runs": runs }))
}
