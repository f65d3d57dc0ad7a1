//! How soon a change is seen: `visible WORKSPACE [CHANGES]` replaces documents, one a time, durably, and searches until each is
//! found. Prints JSON, in milliseconds.
//!
//! A change's time runs from handing it to the store until a search has returned it: the transaction with its wait for the
//! disk, the index following the log, one search over words. Parsing and the encoder are left out; the vectors are made up.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use engraft_app::{Context, SearchRequest, Workspace, search};
use engraft_core::{Cancel, Chunk, Embed, Mode, Silent, Span, content_hash};
use engraft_store::{NewChunk, PutDocument, Write};
use serde_json::{Value, json};

/// Passages of a document.
const PASSAGES: usize = 4;
/// Documents that are replaced in turn.
const DOCUMENTS: usize = 50;

/// A word of one edition alone; with figures in it, its parts would be words too.
fn word(n: usize) -> String {
    let letter = |at: usize| char::from(b'a' + (at % 26) as u8);
    format!("qx{}{}{}v", letter(n / 676), letter(n / 26), letter(n))
}

fn document(source: u32, n: usize) -> PutDocument {
    let mut text = String::new();
    let mut chunks = Vec::new();
    for passage in 0..PASSAGES {
        let start = text.chars().count();
        let words = "The travel desk books trains and hotels for all who work here. ".repeat(8);
        text.push_str(&format!("Edition {} of this rule, part {passage}. {words}", word(n)));
        let span = Span::new(start, text.chars().count()).expect("a passage has words");
        let chunk = Chunk { span, heading: vec!["Rules".into()], page: None, place: None, plain: None };
        let embed_hash = content_hash(format!("{n} {passage}").as_bytes());
        chunks.push(NewChunk {
            chunk,
            chunk_id: embed_hash[..16].into(),
            embed_hash,
            context: "Rules".into(),
        });
        text.push_str("\n\n");
    }
    let uri = format!("file:///rules/{}.md", n % DOCUMENTS);
    let acl = vec!["*".to_string()];
    PutDocument {
        source,
        uri,
        title: Some("Rules".into()),
        mime: "text/markdown".into(),
        text,
        chunks,
        acl,
        ..PutDocument::default()
    }
}

/// A vector of norm 1 that differs from text to text.
fn vector(n: usize, dim: usize) -> Vec<f32> {
    let raw: Vec<f32> = (0..dim).map(|at| (((n * 31 + at * 17) % 101) as f32 - 50.0) / 50.0).collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.into_iter().map(|x| x / norm).collect()
}

fn spread(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| (times[((times.len() - 1) as f64 * share) as usize] * 1000.0).round() / 1000.0;
    json!({"p50": at(0.5), "p99": at(0.99), "max": at(1.0), "n": times.len()})
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = arguments.first().context("visible WORKSPACE [CHANGES]")?;
    let changes: usize = arguments.get(1).map_or(Ok(1000), |number| number.parse())?;
    let workspace = Workspace::open(Path::new(root), 1)?;
    let cancel = Cancel::default();
    let now = || "2026-01-01T00:00:00.000Z".to_string();
    let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
    let encoder = workspace.encoder(context)?.context("the workspace has no encoder")?;
    let source = workspace.store.sources()?.first().context("the workspace has no source")?.id;
    let find = |n: usize| -> Result<bool> {
        let request = SearchRequest {
            query: word(n),
            k: 10,
            mode: Mode::Lexical,
            filter: None,
            principals: Some(vec!["staff".into()]),
            explain: false,
            rerank: false,
        };
        Ok(search(context, &workspace, &request)?.hits.len() == PASSAGES)
    };
    ensure!(!find(0)?, "an earlier run has left its documents here");
    let chunks = workspace.store.stats()?.chunks;
    let (mut committed, mut seen) = (Vec::new(), Vec::new());
    for n in 0..changes {
        let document = document(source, n);
        let vectors: Vec<(String, Vec<f32>)> = document
            .chunks
            .iter()
            .enumerate()
            .map(|(at, chunk)| (chunk.embed_hash.clone(), vector(n * PASSAGES + at, encoder.dim())))
            .collect();
        let began = Instant::now();
        workspace.store.apply(&[Write::Put(Box::new(document))], &vectors, encoder.name(), &now())?;
        committed.push(began.elapsed().as_secs_f64() * 1e3);
        ensure!(find(n)?, "change {n} was acknowledged and is not seen");
        seen.push(began.elapsed().as_secs_f64() * 1e3);
        ensure!(n < DOCUMENTS || !find(n - DOCUMENTS)?, "what change {n} replaced is still seen");
    }
    println!(
        "{:#}",
        json!({"chunks": chunks, "changes": changes, "committed_ms": spread(committed), "seen_ms": spread(seen)})
    );
    Ok(())
}
