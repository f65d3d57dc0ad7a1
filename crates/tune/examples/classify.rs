//! Classifier tiers on files, as one JSON object: `classify TRAIN EVAL METHOD MODEL_DIR [--shots N] [--seeds K] [--seed N] [--oos LABEL]`.

use std::error::Error;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use engraft_core::{Cancel, Embed, Silent};
use engraft_nn::{Embedder, EncoderOptions};
use engraft_tune::Watch;
use engraft_tune::classifier::{BaseModel, ClassifierJob, Method, tune_classifier};
use engraft_tune::data::{Example, read_classified};
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [train, eval, method, model] = &words[..4] else { return Err("TRAIN EVAL METHOD MODEL_DIR".into()) };
    let flag = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let number = |name: &str, default: u64| flag(name).map_or(Ok(default), |word| word.parse());
    let (seed, threads) = (number("--seed", 0)?, rayon::current_num_threads());
    let (train, labelling) = read_classified(Path::new(train))?;
    let (eval, _) = read_classified(Path::new(eval))?;
    let out_of_scope = flag("--oos").map(String::as_str);
    let shots = number("--shots", 0)? as usize;
    let rows = if shots > 0 { few(&train.rows, shots, seed) } else { train.rows };
    let dir = Path::new(model);
    let encoder = Embedder::open(dir, "base", EncoderOptions { threads, ..EncoderOptions::default() })?;
    let cancel = Cancel::default();
    let now_ns = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_nanos() as i64);
    let watch = Watch { progress: &Silent, cancel: &cancel, now_ns: &now_ns };
    let job = ClassifierJob {
        train: &rows,
        eval: &eval.rows,
        labelling,
        method: method.parse::<Method>()?,
        encoder: Some(&encoder as &dyn Embed),
        base: Some(BaseModel { dir, threads }),
        seeds: number("--seeds", 1)? as usize,
        out_of_scope,
        seed,
        resamples: 1000,
    };
    let tuned = tune_classifier(watch, &job)?;
    let report = json!({
        "method": tuned.method, "seed": seed, "seeds": tuned.seeds, "shots": shots, "rows": tuned.trained.rows,
        "steps": tuned.trained.steps, "seconds": tuned.trained.seconds, "cpu_s": cpu_seconds(), "threads": threads,
        "eval": tuned.eval, "against": tuned.against, "against_base": tuned.against_base,
        "ship": tuned.verdict.ship, "why": tuned.verdict.why, "tiers": tuned.tiers, "calibration": tuned.calibration,
        "parts": tuned.classifier.parts(), "issues": tuned.issues.len(),
    });
    println!("{report}");
    Ok(())
}

/// The first `n` rows of every class in the order that the seed draws.
fn few(rows: &[Example], n: usize, seed: u64) -> Vec<Example> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    engraft_nn::train::Draw::new(seed, 5).shuffle(&mut order);
    let mut taken = std::collections::BTreeMap::new();
    let mut take = |&row: &usize| {
        let count = taken.entry(&rows[row].labels).or_insert(0);
        *count += 1;
        *count <= n
    };
    let mut kept: Vec<usize> = order.into_iter().filter(|row| take(row)).collect();
    kept.sort_unstable();
    kept.into_iter().map(|row| rows[row].clone()).collect()
}

/// Seconds of processor time of this process, by the kernel's count of 1/100 s.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks =
        |at: usize| after.split_whitespace().nth(at).and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
