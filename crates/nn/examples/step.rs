//! Trains an encoder by multiple negatives ranking on given ids, and says what it cost.
//!
//! ```text
//! step MODEL BATCHES.json [--lora R] [--rate 2e-5]
//! ```
//!
//! `BATCHES.json` is a list of `[queries, documents]`, each a list of lists of ids. Prints one JSON object: the loss and the
//! CPU seconds of each step, and the peak memory in bytes. RAYON_NUM_THREADS chooses the threads.

use std::path::PathBuf;

use anyhow::{Context, Result};
use engraft_nn::Pooling;
use engraft_nn::train::loss::in_batch;
use engraft_nn::train::{
    AdamW, Adapt, Body, BodyOptions, Lora, Parameter, Sequence, clip_gradients, pool, pool_grad, unit,
    unit_grad, zero_gradients,
};
use rustix::time::{ClockId, clock_gettime};

/// Queries and documents, as ids.
type Batch = (Vec<Vec<u32>>, Vec<Vec<u32>>);

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1));
    let model = PathBuf::from(words.first().context("MODEL is missing")?);
    let batches = std::fs::read(words.get(1).context("BATCHES.json is missing")?)?;
    let batches: Vec<Batch> = serde_json::from_slice(&batches)?;
    let rate: f64 = after("--rate").map_or(Ok(2e-5), |rate| rate.parse())?;
    let adapt = match after("--lora") {
        Some(rank) => Adapt::Lora(Lora { rank: rank.parse()?, ..Lora::default() }),
        None => Adapt::Full,
    };
    let mut body = Body::open(&model, BodyOptions { adapt, embeddings: true })?;
    let mut optimiser = AdamW { weight_decay: 0.01, ..AdamW::default() };
    let (mut losses, mut seconds) = (Vec::new(), Vec::new());
    for (queries, documents) in &batches {
        let began = cpu_seconds();
        zero_gradients(body.parameters_mut());
        losses.push(step(&mut body, queries, documents)?);
        let mut parameters: Vec<&mut Parameter> = body.parameters_mut().iter_mut().collect();
        clip_gradients(&mut parameters, 1.0);
        optimiser.next_step();
        optimiser.update(body.parameters_mut(), rate);
        seconds.push(cpu_seconds() - began);
    }
    let peak = peak_memory()?;
    println!("{}", serde_json::json!({ "losses": losses, "cpu_seconds": seconds, "peak_bytes": peak }));
    Ok(())
}

fn step(body: &mut Body, queries: &[Vec<u32>], documents: &[Vec<u32>]) -> Result<f64> {
    let dim = body.config().hidden;
    let all: Vec<Sequence> = queries.iter().chain(documents).cloned().map(Sequence::single).collect();
    let forward = body.forward(&all)?;
    let mut vectors = pool(&forward, Pooling::Mean);
    let norms = unit(&mut vectors, dim);
    let (q, d) = vectors.split_at(queries.len() * dim);
    let (loss, q_grad, d_grad) = in_batch(q, d, dim, 20.0);
    let mut grads = [q_grad, d_grad].concat();
    unit_grad(&vectors, &norms, &mut grads);
    let states = pool_grad(&forward, Pooling::Mean, &grads);
    body.backward(forward, states);
    Ok(loss)
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn peak_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM")).context("no VmHWM")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kilobytes * 1024)
}
