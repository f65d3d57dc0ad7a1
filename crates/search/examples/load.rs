//! Measures the index under load: `load CHUNKS [FOLDER]`, where FOLDER holds real `chunks.jsonl` and `chunks.f32`.
//!
//! Texts are real sentences put together anew, vectors blends of real ones (without FOLDER: made-up words and random
//! vectors). Prints JSON: latencies in milliseconds, sizes in megabytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use engraft_core::{Metadata, Mode};
use engraft_search::{Change, DocFacts, Entry, Filter, Index, Request, Settings, Snapshot};
use serde_json::{Value, json};

const DIM: usize = 384;
const PER_DOC: u32 = 4;
const QUESTIONS: usize = 200;
/// Questions whose answers are compared with an exact scan.
const CHECKED: usize = 60;

/// Numbers that look random and are the same every time (Steele, Lea and Flood, 2014: SplitMix).
struct Mix(u64);

impl Mix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }
}

/// What texts and vectors are made from.
struct Source {
    sentences: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= norm);
    vector
}

impl Source {
    fn load(folder: Option<&Path>) -> Result<Source> {
        let Some(folder) = folder else { return Ok(Source::invented()) };
        let chunks = fs::read_to_string(folder.join("chunks.jsonl"))?;
        let mut sentences = Vec::new();
        for line in chunks.lines() {
            let value: Value = serde_json::from_str(line)?;
            let text = value["text"].as_str().context("text")?.to_string();
            sentences.extend(text.split(". ").filter(|sentence| sentence.len() > 20).map(str::to_string));
        }
        let bytes = fs::read(folder.join("chunks.f32"))?;
        let numbers: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        Ok(Source { sentences, vectors: numbers.chunks_exact(DIM).map(<[f32]>::to_vec).collect() })
    }

    fn invented() -> Source {
        let mut mix = Mix(1);
        let word = |mix: &mut Mix| format!("word{}", (mix.unit().powi(4) * 50_000.0) as u32);
        let sentences =
            (0..20_000).map(|_| (0..15).map(|_| word(&mut mix)).collect::<Vec<_>>().join(" ")).collect();
        let vectors = (0..10_000).map(|_| unit((0..DIM).map(|_| mix.unit() - 0.5).collect())).collect();
        Source { sentences, vectors }
    }

    fn vector(&self, chunk: u32) -> Vec<f32> {
        let mut mix = Mix(u64::from(chunk) << 20);
        let (a, b) =
            (&self.vectors[mix.below(self.vectors.len())], &self.vectors[mix.below(self.vectors.len())]);
        let share = mix.unit();
        unit(
            a.iter().zip(b).map(|(a, b)| a * share + b * (1.0 - share) + (mix.unit() - 0.5) * 0.02).collect(),
        )
    }

    fn text(&self, chunk: u32) -> String {
        let mut mix = Mix(u64::from(chunk) << 20 | 1);
        let mut text = String::new();
        while text.len() < 650 {
            text.push_str(&self.sentences[mix.below(self.sentences.len())]);
            text.push_str(". ");
        }
        text
    }

    fn entry(&self, chunk: u32) -> Entry {
        let doc = chunk / PER_DOC;
        let vector = Some(self.vector(chunk));
        Entry {
            chunk,
            doc,
            title: format!("Document {doc}"),
            heading: String::new(),
            body: self.text(chunk),
            vector,
        }
    }

    fn question(&self, at: usize) -> (String, Vec<f32>) {
        let mut mix = Mix(0xabcd_0000 + at as u64);
        let sentence = &self.sentences[mix.below(self.sentences.len())];
        let words: Vec<&str> = sentence.split_whitespace().take(9).collect();
        (words.join(" "), self.vector(u32::MAX - at as u32))
    }
}

fn facts(doc: u32) -> DocFacts {
    let metadata = Metadata::from([
        ("bucket".to_string(), json!(doc.wrapping_mul(2_654_435_761) % 1000)),
        ("uri".to_string(), json!(format!("file:///handbook/{doc}.md"))),
        ("title".to_string(), json!(format!("Document {doc}"))),
        ("source".to_string(), json!(["handbook", "wiki", "mail"][doc as usize % 3])),
    ]);
    let acl = match doc % 10 {
        0 => vec!["board".to_string()],
        1..=3 => vec!["*".to_string()],
        _ => vec!["staff".to_string(), "board".to_string()],
    };
    DocFacts { doc, acl, metadata }
}

fn build(index: &Index, source: &Source, chunks: u32) -> Result<()> {
    for (batch, from) in (0..chunks).step_by(4000).enumerate() {
        let numbers = from..chunks.min(from + 4000);
        let docs = (numbers.start / PER_DOC..numbers.end / PER_DOC).map(facts).collect();
        let add = numbers.map(|chunk| source.entry(chunk)).collect();
        index.apply(&Change { version: batch as u64 + 1, docs, add, ..Change::default() })?;
        index.merge()?;
    }
    while index.merge()? {}
    Ok(())
}

/// Milliseconds by the clock, and of this thread's processor time: the latter is what a quiet machine would show.
#[derive(Clone, Copy)]
struct Time {
    wall: f64,
    cpu: f64,
}

fn spread(times: &[Time]) -> Value {
    let of = |pick: fn(&Time) -> f64| {
        let mut times: Vec<f64> = times.iter().map(pick).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| (times[((times.len() - 1) as f64 * share) as usize] * 1000.0).round() / 1000.0;
        json!([at(0.5), at(0.99)])
    };
    let cpu = times.iter().map(|time| time.cpu).sum::<f64>() / times.len() as f64;
    json!({"p50, p99": of(|time| time.wall), "mean cpu": (cpu * 1000.0).round() / 1000.0, "n": times.len()})
}

fn cpu() -> f64 {
    let ran = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    ran.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn timed<T>(run: impl FnOnce() -> T) -> (T, Time) {
    let (start, before) = (Instant::now(), cpu());
    let result = run();
    let wall = start.elapsed().as_secs_f64() * 1000.0;
    (result, Time { wall, cpu: cpu() - before })
}

fn searches(snapshot: &Snapshot, source: &Source) -> Result<Value> {
    let principals = vec!["staff".to_string()];
    let mut table = serde_json::Map::new();
    for (name, limit) in
        [("no filter", None), ("50 %", Some(500)), ("10 %", Some(100)), ("1 %", Some(10)), ("0.1 %", Some(1))]
    {
        let filter = limit.map(|limit| Filter::parse(&json!({"bucket": {"$lt": limit}}))).transpose()?;
        for mode in [Mode::Hybrid, Mode::Lexical, Mode::Dense] {
            let mut times = Vec::new();
            for at in 0..QUESTIONS {
                let (text, vector) = source.question(at);
                let request = Request {
                    text: &text,
                    vector: Some(&vector),
                    mode,
                    filter: filter.as_ref(),
                    principals: Some(&principals),
                    ..Request::default()
                };
                let (found, time) = timed(|| snapshot.search(&request));
                ensure!(
                    mode == Mode::Lexical || found.hits.len() == found.explain.allowed.min(10),
                    "too few hits"
                );
                times.push(time);
            }
            table.insert(format!("{mode:?}, {name}").to_lowercase(), spread(&times));
        }
    }
    Ok(Value::Object(table))
}

/// The share of the exact ten nearest that the dense leg finds.
fn recall(snapshot: &Snapshot, source: &Source, chunks: u32) -> f64 {
    let questions: Vec<Vec<f32>> = (0..CHECKED).map(|at| source.question(at).1).collect();
    let mut exact: Vec<Vec<(f32, u32)>> = vec![Vec::new(); CHECKED];
    for chunk in 0..chunks {
        let vector = source.vector(chunk);
        for (question, best) in questions.iter().zip(&mut exact) {
            let product: f32 = question.iter().zip(&vector).map(|(a, b)| a * b).sum();
            best.push((product, chunk));
            if best.len() > 1000 {
                best.sort_by(|a, b| b.0.total_cmp(&a.0));
                best.truncate(10);
            }
        }
    }
    let mut found = 0;
    for (question, best) in questions.iter().zip(&mut exact) {
        best.sort_by(|a, b| b.0.total_cmp(&a.0));
        let hits = snapshot
            .search(&Request { vector: Some(question), mode: Mode::Dense, ..Request::default() })
            .hits;
        found += hits.iter().filter(|hit| best.iter().take(10).any(|one| one.1 == hit.chunk)).count();
    }
    found as f64 / (10 * CHECKED) as f64
}

/// One document replaced a time: milliseconds until visible.
fn updates(index: &Index, source: &Source, chunks: u32) -> Result<Value> {
    let mut times = Vec::new();
    let mut mix = Mix(5);
    for at in 0..1500 {
        let doc = mix.below((chunks / PER_DOC) as usize) as u32;
        let first = chunks + at * PER_DOC;
        let add: Vec<Entry> =
            (first..first + PER_DOC).map(|chunk| Entry { doc, ..source.entry(chunk) }).collect();
        let remove = (doc * PER_DOC..(doc + 1) * PER_DOC).collect();
        let change =
            Change { version: index.version() + 1, docs: vec![facts(doc)], add, remove, forget: Vec::new() };
        let (result, time) = timed(|| index.apply(&change));
        result?;
        times.push(time);
    }
    Ok(spread(&times))
}

/// Two threads ask for a few seconds while a third replaces documents.
fn throughput(index: &Index, source: &Source, chunks: u32) -> Result<Value> {
    let (stop, asked, written) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let principals = vec!["staff".to_string()];
    let questions: Vec<(String, Vec<f32>)> = (0..QUESTIONS).map(|at| source.question(at)).collect();
    let start = Instant::now();
    let ask = |thread: usize| {
        let mut times = Vec::new();
        let mut at = thread * 31;
        while !stop.load(Ordering::Relaxed) {
            at += 1;
            let (text, vector) = &questions[at % QUESTIONS];
            let request =
                Request { text, vector: Some(vector), principals: Some(&principals), ..Request::default() };
            times.push(timed(|| index.snapshot().search(&request)).1);
            asked.fetch_add(1, Ordering::Relaxed);
        }
        times
    };
    let times = std::thread::scope(|scope| -> Result<Vec<Time>> {
        let (ask, stop, written) = (&ask, &stop, &written);
        let readers: Vec<_> = (0..2).map(|thread| scope.spawn(move || ask(thread))).collect();
        let writer = scope.spawn(move || -> Result<()> {
            let mut number = chunks + 100_000;
            while !stop.load(Ordering::Relaxed) {
                let doc = number % (chunks / PER_DOC);
                let change = Change {
                    version: index.version() + 1,
                    docs: vec![facts(doc)],
                    add: vec![Entry { doc, ..source.entry(number) }],
                    remove: vec![doc * PER_DOC],
                    forget: Vec::new(),
                };
                index.apply(&change)?;
                number += 1;
                written.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
            Ok(())
        });
        std::thread::sleep(Duration::from_secs(5));
        stop.store(true, Ordering::Relaxed);
        writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
        let mut times = Vec::new();
        for reader in readers {
            times.extend(reader.join().map_err(|_| anyhow::anyhow!("a reader panicked"))?);
        }
        Ok(times)
    })?;
    let seconds = start.elapsed().as_secs_f64();
    Ok(json!({
        "questions per second": (asked.load(Ordering::Relaxed) as f64 / seconds).round(),
        "reader CPU ms per question": times.iter().map(|time| time.cpu).sum::<f64>() / times.len() as f64,
        "changes per second": (written.load(Ordering::Relaxed) as f64 / seconds).round(),
        "latency": spread(&times),
    }))
}

fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    let kilobytes: f64 = line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0.0);
    (kilobytes / 1024.0).round()
}

/// In a process of its own: how long opening takes, and how much memory it and a hundred questions need.
fn open(folder: &Path, source: &Source) -> Result<()> {
    let before = resident();
    let (index, time) = timed(|| Index::open(folder, &Settings::new(DIM)));
    let index = index?;
    let opened = resident();
    let (text, vector) = source.question(0);
    let ask = Request { text: &text, vector: Some(&vector), ..Request::default() };
    let (_, first) = timed(|| index.snapshot().search(&ask));
    for at in 0..100 {
        let (text, vector) = source.question(at);
        index.snapshot().search(&Request { text: &text, vector: Some(&vector), ..Request::default() });
    }
    let report = json!({"open ms": [time.wall, time.cpu], "first search ms": [first.wall, first.cpu], "MB before": before, "MB opened": opened, "MB after 100 searches": resident()});
    println!("{report}");
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chunks: u32 = arguments.first().map_or(Ok(100_000), |number| number.parse())?;
    let folder = arguments.get(1).filter(|word| !word.starts_with("--")).map(PathBuf::from);
    let source = Source::load(folder.as_deref())?;
    let place = std::env::temp_dir().join(format!("engraft-load-{chunks}"));
    if arguments.iter().any(|argument| argument == "--open") {
        return open(&place, &source);
    }
    let _ = fs::remove_dir_all(&place);
    let index = Index::create(&place, &Settings::new(DIM))?;
    let (result, building) = timed(|| build(&index, &source, chunks));
    result?;
    let (result, persisting) = timed(|| index.persist());
    result?;
    let disk: u64 =
        fs::read_dir(&place)?.flatten().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    let mut child = Command::new(std::env::current_exe()?);
    child.arg(chunks.to_string()).args(arguments.get(1)).arg("--open");
    let opened: Value = serde_json::from_slice(&child.output()?.stdout)?;
    let searched = searches(&index.snapshot(), &source)?;
    let recall = recall(&index.snapshot(), &source, chunks);
    let applied = updates(&index, &source, chunks)?;
    let after = searches(&index.snapshot(), &source)?;
    let served = throughput(&index, &source, chunks)?;
    let (result, merging) = timed(|| -> Result<()> {
        while index.merge()? {}
        index.persist()?;
        Ok(())
    });
    result?;
    let report = json!({
        "chunks": chunks, "threads": rayon::current_num_threads(), "dim": DIM,
        "build and merge s": building.wall / 1000.0, "persist s": persisting.wall / 1000.0, "disk MB": disk >> 20, "open": opened,
        "search ms (ACL staff)": searched, "recall@10": recall, "replace a document ms": applied,
        "search ms after 1500 replacements": after, "two threads and a writer": served, "merge and persist after s": merging.wall / 1000.0,
    });
    println!("{report:#}");
    fs::remove_dir_all(&place)?;
    Ok(())
}
