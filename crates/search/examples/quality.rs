//! Scores rankings on judged collections: `quality FOLDER…`, each with `chunks.jsonl` (doc, title, heading, text),
//! `queries.jsonl` (_id, text), `qrels.tsv` (query, doc, gain) and, for the dense leg, `chunks.f32` and `queries.f32`.
//!
//! Prints nDCG@10 (linear gains) and recall@100 of every leg and of a grid of fusions, by document.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use engraft_core::Mode;
use engraft_search::{
    Change, Entry, FieldWeights, Fusion, Index, Pooling, Request, Scaling, Settings, Snapshot,
};
use rayon::prelude::*;
use serde_json::Value;

struct Collection {
    entries: Vec<Entry>,
    names: Vec<String>,
    queries: Vec<(String, String)>,
    vectors: Option<Vec<Vec<f32>>>,
    gains: HashMap<String, HashMap<String, f64>>,
}

fn lines(path: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn vectors(path: &Path, count: usize) -> Option<Vec<Vec<f32>>> {
    let bytes = fs::read(path).ok()?;
    let dim = bytes.len() / 4 / count;
    let numbers: Vec<f32> =
        bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    Some(numbers.chunks_exact(dim).map(<[f32]>::to_vec).collect())
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_string()
}

fn load(folder: &Path) -> Result<Collection> {
    let chunks = lines(&folder.join("chunks.jsonl"))?;
    let queries = lines(&folder.join("queries.jsonl"))?;
    let embedded = vectors(&folder.join("chunks.f32"), chunks.len());
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut names = Vec::new();
    let mut entries = Vec::new();
    for (at, chunk) in chunks.iter().enumerate() {
        let name = text(chunk, "doc");
        let doc = *numbers.entry(name.clone()).or_insert_with(|| {
            names.push(name);
            names.len() as u32 - 1
        });
        entries.push(Entry {
            chunk: at as u32,
            doc,
            title: text(chunk, "title"),
            heading: text(chunk, "heading"),
            body: text(chunk, "text"),
            vector: embedded.as_ref().map(|all| all[at].clone()),
        });
    }
    let mut gains: HashMap<String, HashMap<String, f64>> = HashMap::new();
    for line in fs::read_to_string(folder.join("qrels.tsv"))?.lines() {
        let mut parts = line.split('\t');
        let (Some(query), Some(doc), Some(gain)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        gains.entry(query.into()).or_default().insert(doc.into(), gain.parse()?);
    }
    let vectors = vectors(&folder.join("queries.f32"), queries.len()).filter(|_| embedded.is_some());
    let queries = queries.iter().map(|query| (text(query, "_id"), text(query, "text"))).collect();
    Ok(Collection { entries, names, queries, vectors, gains })
}

/// Mean nDCG@10 and recall@100 over the judged queries.
fn score(
    collection: &Collection,
    snapshot: &Snapshot,
    mode: Mode,
    fusion: Fusion,
    pooling: Pooling,
) -> (f64, f64) {
    let each = collection.queries.par_iter().enumerate().filter_map(|(at, (id, words))| {
        let gains = collection.gains.get(id)?;
        let vector = collection.vectors.as_ref().map(|vectors| &vectors[at][..]);
        let request = Request { text: words, vector, mode, k: 100, fusion, ..Request::default() };
        let found = snapshot.search_documents(&request, pooling);
        let gain = |doc: u32| gains.get(&collection.names[doc as usize]).copied().unwrap_or(0.0);
        let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
        let dcg: f64 =
            found.hits.iter().take(10).enumerate().map(|(rank, hit)| gain(hit.doc) * discount(rank)).sum();
        let mut best: Vec<f64> = gains.values().copied().collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let ideal: f64 = best.iter().take(10).enumerate().map(|(rank, gain)| gain * discount(rank)).sum();
        let found = found.hits.iter().filter(|hit| gain(hit.doc) > 0.0).count() as f64;
        Some((dcg / ideal, found / best.iter().filter(|&&gain| gain > 0.0).count() as f64))
    });
    let all: Vec<(f64, f64)> = each.collect();
    let mean = |pick: fn(&(f64, f64)) -> f64| all.iter().map(pick).sum::<f64>() / all.len() as f64;
    (mean(|one| one.0), mean(|one| one.1))
}

fn main() -> Result<()> {
    for folder in std::env::args().skip(1) {
        let collection = load(Path::new(&folder))?;
        let dim = collection.entries.iter().find_map(|entry| entry.vector.as_ref()).map_or(1, Vec::len);
        println!("== {folder}: {} chunks, {} documents", collection.entries.len(), collection.names.len());
        for (k1, b, title, heading, body) in [
            (0.9, 0.4, 1, 1, 1),
            (1.2, 0.75, 1, 1, 1),
            (1.2, 0.4, 1, 1, 1),
            (0.9, 0.4, 2, 2, 1),
            (0.9, 0.4, 1, 2, 2),
        ] {
            let settings =
                Settings { k1, b, weights: FieldWeights { title, heading, body }, ..Settings::new(dim) };
            let index = Index::in_memory(&settings)?;
            index.apply(&Change { version: 1, add: collection.entries.clone(), ..Change::default() })?;
            let snapshot = index.snapshot();
            print!("k1 {k1} b {b} weights {title}/{heading}/{body}:");
            for pooling in [Pooling::Whole, Pooling::Best] {
                let (ndcg, recall) = score(&collection, &snapshot, Mode::Lexical, Fusion::default(), pooling);
                print!("  {pooling:?} {ndcg:.4} R {recall:.3}");
            }
            println!();
            if collection.vectors.is_none() || std::env::var_os("LEXICAL").is_some() {
                continue;
            }
            let (ndcg, recall) = score(&collection, &snapshot, Mode::Dense, Fusion::default(), Pooling::Best);
            println!("  dense {ndcg:.4} R {recall:.3}");
            for pooling in [Pooling::Whole] {
                let rrf = score(&collection, &snapshot, Mode::Hybrid, Fusion::Rrf { k: 60.0 }, pooling).0;
                println!("  {pooling:?} RRF {rrf:.4}");
                for scaling in [Scaling::MinMax, Scaling::Standard] {
                    print!("  {pooling:?} {scaling:?}");
                    for alpha in [0.4, 0.5, 0.55, 0.6, 0.7, 0.8] {
                        let fused = score(
                            &collection,
                            &snapshot,
                            Mode::Hybrid,
                            Fusion::Convex { alpha, scaling },
                            pooling,
                        )
                        .0;
                        print!("  {alpha}: {fused:.4}");
                    }
                    println!();
                }
            }
        }
    }
    Ok(())
}
