//! Measures the encoder, or writes the vectors of given ids.
//!
//! ```text
//! throughput MODEL [--precision f32|bf16|int8] [--threads N] [--isa NAME] [--batch 32] [--rounds 5]
//!            [--lengths 128,256,mixed,N] [--ids FILE.jsonl --vectors OUT.jsonl]
//! ```
//!
//! Prints one JSON object: tokens per wall second and per CPU second for each length (median of the rounds), the rate of
//! the bare matrix product in the same run, and the latency of a query of 12 tokens. With `--ids`, one JSON list of ids
//! a line, it writes one JSON list of numbers a line instead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use engraft_nn::{Encoder, EncoderOptions, Peak, Precision};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

struct Args {
    model: PathBuf,
    precision: Precision,
    threads: usize,
    isa: Option<&'static str>,
    batch: usize,
    rounds: usize,
    lengths: Vec<String>,
    ids: Option<PathBuf>,
    vectors: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = parse()?;
    let (precision, threads, instructions) = (args.precision, args.threads, args.isa);
    let options = EncoderOptions { precision, threads, instructions, layers: None };
    let start = Instant::now();
    let encoder = Encoder::open(&args.model, options)?;
    let open_ms = start.elapsed().as_secs_f64() * 1e3;
    encoder.encode_flat(&batch(1, &|_| 12))?;
    let first_query_ms = start.elapsed().as_secs_f64() * 1e3;
    if let (Some(ids), Some(vectors)) = (&args.ids, &args.vectors) {
        return write_vectors(&encoder, ids, vectors);
    }
    let mut lengths: BTreeMap<&str, Vec<Rate>> = BTreeMap::new();
    let mut peaks = Vec::new();
    let mut peak = Peak::new(args.precision, encoder.instructions(), 768, 384, 1536);
    for _ in 0..args.rounds {
        peaks.push(gflops(&mut peak));
        for name in &args.lengths {
            lengths.entry(name).or_default().push(rate(&encoder, name, args.batch)?);
        }
    }
    let peak = median(peaks);
    let lengths: BTreeMap<&str, Value> =
        lengths.into_iter().map(|(name, rates)| (name, report(&rates, peak))).collect();
    let query = batch(1, &|_| 12);
    let (mut latencies, mut cpu_latencies) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let (start, cpu) = (Instant::now(), cpu_time());
        encoder.encode_flat(&query)?;
        latencies.push(start.elapsed().as_secs_f64() * 1e3);
        cpu_latencies.push((cpu_time() - cpu).as_secs_f64() * 1e3);
    }
    let report = json!({
        "precision": encoder.precision(), "instructions": encoder.instructions(), "threads": args.threads,
        "batch": args.batch, "rounds": args.rounds, "lengths": lengths, "gemm_gflops": peak,
        "open_ms": open_ms, "open_and_first_query_ms": first_query_ms, "query_12_tokens_ms": median(latencies), "query_12_tokens_cpu_ms": median(cpu_latencies),
    });
    println!("{report}");
    Ok(())
}

fn parse() -> Result<Args> {
    let mut words = std::env::args().skip(1);
    let model = words.next().context("name the model folder")?.into();
    let mut args = Args {
        model,
        precision: Precision::F32,
        threads: 1,
        isa: None,
        batch: 32,
        rounds: 5,
        lengths: ["128", "256", "mixed"].map(String::from).to_vec(),
        ids: None,
        vectors: None,
    };
    while let Some(flag) = words.next() {
        let value = words.next().with_context(|| format!("{flag} wants a value"))?;
        match flag.as_str() {
            "--precision" => args.precision = serde_json::from_value(Value::String(value))?,
            "--threads" => args.threads = value.parse()?,
            "--isa" => {
                let sets = Encoder::instruction_sets();
                let found = sets.iter().copied().find(|set| *set == value);
                args.isa = Some(found.with_context(|| format!("this CPU has {sets:?}"))?);
            }
            "--batch" => args.batch = value.parse()?,
            "--rounds" => args.rounds = value.parse()?,
            "--lengths" => args.lengths = value.split(',').map(String::from).collect(),
            "--ids" => args.ids = Some(value.into()),
            "--vectors" => args.vectors = Some(value.into()),
            _ => bail!("unknown option {flag}"),
        }
    }
    Ok(args)
}

/// Made-up ids within the vocabulary, between the special tokens of BERT.
fn batch(size: usize, length: &dyn Fn(usize) -> usize) -> Vec<Vec<u32>> {
    let id = |i: usize| 1000 + (i * 7919 % 28_000) as u32;
    let text = |text: usize| {
        let middle = (2..length(text)).map(|i| id(text * 1009 + i));
        [101].into_iter().chain(middle).chain([102]).collect()
    };
    (0..size).map(text).collect()
}

#[derive(Clone, Copy)]
struct Rate {
    per_wall: f64,
    per_cpu: f64,
    flops_per_token: f64,
}

/// Tokens per second over at least a second and a half of work.
fn rate(encoder: &Encoder, name: &str, size: usize) -> Result<Rate> {
    let texts = match name {
        // From 16 to 256 tokens, every length as often.
        "mixed" => batch(size, &|text| 16 + text * 240 / (size.max(2) - 1)),
        fixed => {
            let length = fixed.parse().with_context(|| format!("{fixed} is not a length"))?;
            batch(size, &|_| length)
        }
    };
    let tokens: usize = texts.iter().map(Vec::len).sum();
    let config = encoder.config();
    let weights = 4 * config.hidden * config.hidden + 2 * config.hidden * config.inner;
    let pairs: usize = texts.iter().map(|ids| ids.len() * ids.len()).sum();
    let flops = 2 * config.layers * (tokens * weights + 2 * pairs * config.hidden);
    encoder.encode_flat(&texts)?;
    let (wall, cpu) = (Instant::now(), cpu_time());
    let mut done = 0;
    while wall.elapsed() < Duration::from_millis(1500) {
        encoder.encode_flat(&texts)?;
        done += tokens;
    }
    Ok(Rate {
        per_wall: done as f64 / wall.elapsed().as_secs_f64(),
        per_cpu: done as f64 / (cpu_time() - cpu).as_secs_f64(),
        flops_per_token: flops as f64 / tokens as f64,
    })
}

fn report(rates: &[Rate], peak: f64) -> Value {
    let per_cpu = median(rates.iter().map(|rate| rate.per_cpu).collect());
    let gflops = per_cpu * rates[0].flops_per_token / 1e9;
    json!({
        "tokens_per_wall_second": median(rates.iter().map(|rate| rate.per_wall).collect()),
        "tokens_per_cpu_second": per_cpu,
        "gflops": gflops,
        "share_of_gemm": gflops / peak,
    })
}

/// The rate of the bare product, per CPU second, best of several half-tenths of a second.
fn gflops(peak: &mut Peak) -> f64 {
    let mut best = 0f64;
    for _ in 0..10 {
        let start = cpu_time();
        let mut flops = 0.0;
        while cpu_time() - start < Duration::from_millis(40) {
            flops += peak.run();
        }
        best = best.max(flops / (cpu_time() - start).as_secs_f64() / 1e9);
    }
    best
}

fn write_vectors(encoder: &Encoder, ids: &Path, vectors: &Path) -> Result<()> {
    let text = std::fs::read_to_string(ids).with_context(|| format!("cannot read {}", ids.display()))?;
    let sequences: Vec<Vec<u32>> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut out = String::new();
    for vector in encoder.encode_ids(&sequences)? {
        out.push_str(&serde_json::to_string(&vector)?);
        out.push('\n');
    }
    std::fs::write(vectors, out).with_context(|| format!("cannot write {}", vectors.display()))
}

/// CPU time of all threads of this process, ended ones included.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
