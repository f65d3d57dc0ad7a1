//! Measures the store on this machine: `cargo run --release -p engraft-store --example measure [FOLDER]`.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use engraft_core::{CharMap, Chunk, content_hash, short_id};
use engraft_store::{NewChunk, PutDocument, SourceRow, Store, StoreError, Write};

const MODEL: &str = "measure-384";
const NOW: &str = "2026-01-02T03:04:05Z";

fn main() -> Result<(), StoreError> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/measure".to_string());
    let path = Path::new(&folder).join("measure.db");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let store = Store::create_or_open(&path)?;
    store.upsert_source(&SourceRow { name: "measure".into(), ..SourceRow::default() })?;

    let batches: Vec<Vec<Write>> =
        (0..250).map(|batch| (0..200).map(|i| document(batch * 200 + i, 0)).collect()).collect();
    let began = Instant::now();
    let (mut docs, mut slowest) = (0, Duration::ZERO);
    for batch in &batches {
        let one = Instant::now();
        store.apply(batch, &vectors(batch), MODEL, NOW)?;
        slowest = slowest.max(one.elapsed());
        docs += batch.len();
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "{docs} documents of 2 KB, 2 chunks, 384-d vectors: {:.0} documents/s, slowest batch of 200 {slowest:.1?}",
        docs as f64 / took
    );

    let began = Instant::now();
    for batch in &batches[..50] {
        store.apply(batch, &[], MODEL, NOW)?;
    }
    println!("10000 unchanged documents put again: {:.1?}", began.elapsed());
    let began = Instant::now();
    let stamps = store.stamps(1)?.len();
    println!("{stamps} stamps read: {:.1?}", began.elapsed());

    let mut times: Vec<Duration> = (0..2000u32)
        .map(|i| {
            let write = [document(i * 7, 1 + i)];
            let vectors = vectors(&write);
            let one = Instant::now();
            store.apply(&write, &vectors, MODEL, NOW).map(|_| one.elapsed())
        })
        .collect::<Result<_, _>>()?;
    times.sort();
    println!(
        "1 changed document, durable: p50 {:.2?}, p99 {:.2?}, p99.9 {:.2?}, max {:.2?}",
        times[1000], times[1980], times[1998], times[1999]
    );

    let began = Instant::now();
    let (mut chunks, mut bytes, mut with) = (0, 0, 0);
    store.for_each_live_chunk(MODEL, &mut |chunk| {
        chunks += 1;
        bytes += chunk.text.len();
        with += usize::from(chunk.vector.is_some());
        ControlFlow::Continue(())
    })?;
    println!("{chunks} chunks streamed ({bytes} bytes, {with} vectors): {:.1?}", began.elapsed());

    let nos: Vec<u32> = (0..10).map(|i| i * 4999 + 1).collect();
    let began = Instant::now();
    for _ in 0..1000 {
        store.chunks_by_no(&nos)?;
    }
    println!("10 hits read: {:.1?}", began.elapsed() / 1000);
    drop(store);
    let began = Instant::now();
    let store = Store::open(&path)?;
    store.index_version()?;
    println!("opened: {:.1?}; {:?}", began.elapsed(), store.stats()?);
    Ok(())
}

/// Two chunks of about 1,000 characters, unlike every other document's.
fn document(number: u32, edition: u32) -> Write {
    let mut state = u64::from(number) << 32 | u64::from(edition);
    let mut text = String::new();
    while text.len() < 2000 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        text.push_str(WORDS[(state >> 33) as usize % WORDS.len()]);
        text.push(' ');
    }
    let uri = format!("folder/{number}.txt");
    let map = CharMap::new(&text);
    let spans = [map.span_of_bytes(0, 1000), map.span_of_bytes(1000, 2000)];
    let chunks = spans.into_iter().flatten().map(|span| {
        let words = map.quote(span).unwrap_or_default();
        NewChunk {
            chunk: Chunk { span, heading: vec!["Part".into()], page: None, place: None, plain: None },
            chunk_id: short_id(&[&uri, words]),
            embed_hash: content_hash(words.as_bytes()),
            context: "Part".into(),
        }
    });
    let chunks = chunks.collect();
    let file =
        engraft_store::FileStamp { size: 2000, mtime_ns: 1, hash: content_hash(&[]), container: uri.clone() };
    let mime = "text/plain".to_string();
    Write::Put(Box::new(PutDocument {
        source: 1,
        uri,
        mime,
        text,
        chunks,
        file: Some(file),
        ..Default::default()
    }))
}

fn vectors(writes: &[Write]) -> Vec<(String, Vec<f32>)> {
    let puts = writes.iter().filter_map(|write| match write {
        Write::Put(put) => Some(put),
        _ => None,
    });
    let hashes = puts.flat_map(|put| put.chunks.iter().map(|chunk| chunk.embed_hash.clone()));
    hashes.map(|hash| (hash, vec![0.05; 384])).collect()
}

const WORDS: &[&str] = &[
    "refund", "policy", "within", "thirty", "days", "of", "the", "purchase", "unless", "manager", "approves",
    "travel", "expense", "claims", "are", "filed", "before", "quarter", "ends", "and", "receipts",
    "attached", "to", "form",
];
