//! Encodes files of ids on request and says what it cost, so that a benchmark can take turns with other engines.
//!
//! `passes MODEL_DIR PRECISION THREADS` reads requests from stdin, one JSON object a line:
//! `{"ids": "FILE", "batch": 32}`, and `"vectors": "FILE"` to have the vectors written as little-endian f32. The file
//! holds one JSON list of ids a line. The answer, one line: tokens, CPU and wall seconds, and the milliseconds of each
//! call.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use engraft_nn::{Encoder, EncoderOptions};
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Request {
    ids: PathBuf,
    batch: usize,
    vectors: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, precision, threads] = args.as_slice() else {
        anyhow::bail!("usage: passes MODEL_DIR PRECISION THREADS");
    };
    let options = EncoderOptions {
        precision: serde_json::from_value(Value::String(precision.clone()))?,
        threads: threads.parse()?,
        ..EncoderOptions::default()
    };
    let encoder = Encoder::open(Path::new(model), options)?;
    let mut files: BTreeMap<PathBuf, Vec<Vec<u32>>> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        if !files.contains_key(&request.ids) {
            files.insert(request.ids.clone(), read(&request.ids)?);
        }
        let answer = pass(&encoder, &files[&request.ids], &request)?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<Vec<u32>>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn pass(encoder: &Encoder, sequences: &[Vec<u32>], request: &Request) -> anyhow::Result<Value> {
    let mut calls = Vec::new();
    let mut vectors = Vec::new();
    let (wall, cpu) = (Instant::now(), cpu_time());
    for batch in sequences.chunks(request.batch) {
        let call = Instant::now();
        vectors.extend(encoder.encode_flat(batch)?);
        calls.push(call.elapsed().as_secs_f64() * 1e3);
    }
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), (cpu_time() - cpu).as_secs_f64());
    if let Some(path) = &request.vectors {
        let bytes: Vec<u8> = vectors.iter().flat_map(|number| number.to_le_bytes()).collect();
        std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let tokens: usize = sequences.iter().map(Vec::len).sum();
    Ok(json!({
        "tokens": tokens, "cpu_s": cpu, "wall_s": wall, "call_ms": calls,
        "precision": encoder.precision(), "instructions": encoder.instructions(),
    }))
}

/// CPU time of all threads of this process, ended ones included.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
