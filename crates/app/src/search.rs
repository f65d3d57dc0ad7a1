//! `search`: ranked passages, each with the scores that put it there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use engraft_core::{ChunkNo, Embed, EmbedError, Hit, Legs, Mode};
use engraft_search::{DocHit, Explain, Filter, Pooling, Request, Snapshot};
use engraft_store::ChunkHit;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::reranking::{DEPTH, Reranked, Reranking, passage};
use crate::serving::READER;
use crate::workspace::Workspace;
use crate::{Context, Error};

/// How many chunks each leg proposes.
pub(crate) const CANDIDATES: usize = 200;
/// How deep a TREC run goes.
const RUN_DEPTH: usize = 1000;

/// What to search for.
#[derive(Clone, Debug, Default)]
pub struct SearchRequest {
    /// The query.
    pub query: String,
    /// How many hits.
    pub k: usize,
    /// Which legs.
    pub mode: Mode,
    /// Mongo-style JSON over metadata.
    pub filter: Option<serde_json::Value>,
    /// `None`: the workspace's owner, who sees all.
    pub principals: Option<Vec<String>>,
    /// Whether to tell how the result came about.
    pub explain: bool,
    /// Whether the workspace's reranker takes a second look.
    pub rerank: bool,
}

/// What `search` found.
#[derive(Clone, Debug, Serialize)]
pub struct SearchReport {
    /// Best first.
    pub hits: Vec<FoundHit>,
    /// The state of the workspace that was searched.
    pub index_version: u64,
    /// Milliseconds, the query's encoding included.
    pub took_ms: f64,
    /// How the result came about, when asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<Explain>,
    /// The tuned models that took part, by kind, when asked how the result came about.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, String>,
    /// Whether there is no document to find.
    #[serde(skip)]
    pub nothing_yet: bool,
}

/// One hit, as people and scripts see it.
#[derive(Clone, Debug, Serialize)]
pub struct FoundHit {
    /// From 1.
    pub rank: usize,
    /// The fused score; comparable within one list.
    pub score: f32,
    /// The chunk.
    pub chunk_id: String,
    /// Its document.
    pub doc_id: String,
    /// That document's version.
    pub doc_version: u32,
    /// Where the document is.
    pub uri: String,
    /// What it is called.
    pub title: Option<String>,
    /// The headings above, outermost first.
    pub heading: String,
    /// The page, from 1.
    pub page: Option<u32>,
    /// Where in a sheet or archive.
    pub place: Option<String>,
    /// First code point of the document's stored text.
    pub char_start: usize,
    /// One past the last.
    pub char_end: usize,
    /// That span, to the letter.
    pub text: String,
    /// What each leg said.
    pub legs: Legs,
    /// What the reranker said, where it took a second look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerank: Option<Reranked>,
}

/// Ranked passages for one query.
pub fn search(
    context: Context,
    workspace: &Workspace,
    request: &SearchRequest,
) -> Result<SearchReport, Error> {
    let began = Instant::now();
    if request.query.trim().is_empty() {
        return Err(Error::Request {
            message: "the query is empty".into(),
            hint: "write some words to look for".into(),
        });
    }
    if request.k == 0 {
        return Err(Error::Request { message: "-k is 0".into(), hint: "ask for at least one hit".into() });
    }
    let reranking = request.rerank.then(|| workspace.reranking()).transpose()?;
    let deeper = SearchRequest { k: request.k.max(DEPTH), ..request.clone() };
    let wanted = if reranking.is_some() { &deeper } else { request };
    let Ranking { hits, explain, index_version, .. } = ranked(context, workspace, wanted)?;
    let mut shown: Vec<FoundHit> = match reranking {
        Some(reranking) => second_look(reranking, &request.query, hits)?,
        None => hits.into_iter().map(|(hit, view)| show(hit, view)).collect(),
    };
    shown.truncate(request.k);
    shown.iter_mut().enumerate().for_each(|(at, hit)| hit.rank = at + 1);
    let mut models = if request.explain { workspace.serving().models() } else { BTreeMap::new() };
    // It answers, and takes no part in search.
    models.remove(READER);
    let explain = request.explain.then_some(explain);
    let nothing_yet = shown.is_empty() && workspace.store.is_empty()?;
    let took_ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(SearchReport { hits: shown, index_version, took_ms, explain, models, nothing_yet })
}

/// The hits in the order of the reranker's blend; those beyond its depth follow as they were.
fn second_look(
    reranking: &Reranking,
    query: &str,
    hits: Vec<(Hit, ChunkHit)>,
) -> Result<Vec<FoundHit>, Error> {
    let mut shown: Vec<FoundHit> = Vec::with_capacity(hits.len());
    let (mut lowest, mut place) = (f32::INFINITY, 0);
    for ((hit, view), again) in reranking.look_again(query, hits)? {
        match again {
            Some((score, told)) => {
                lowest = lowest.min(score);
                shown.push(FoundHit { score, rerank: Some(told), ..show(hit, view) });
            }
            None => {
                shown.push(FoundHit { score: below(lowest, place), ..show(hit, view) });
                place += 1;
            }
        }
    }
    Ok(shown)
}

/// The score of what was not read again, at this place from 0 of its own order: below the `lowest` of what was, and falling.
/// Its old score says nothing beside those of the blend: that of BM25 has no upper end.
fn below(lowest: f32, place: usize) -> f32 {
    lowest - 1.0 - place as f32
}

/// Hits with what the store says of them, and the state of the workspace that was searched.
pub(crate) struct Ranking {
    pub(crate) hits: Vec<(Hit, ChunkHit)>,
    pub(crate) explain: Explain,
    pub(crate) index_version: u64,
    /// The query's vector as the encoder made it, where meaning took part.
    pub(crate) vector: Option<Vec<f32>>,
    /// Milliseconds that making it took.
    pub(crate) encode_ms: f64,
}

/// Hits with what the store says of them now. A hit whose chunk is gone is no hit, whatever the index says.
pub(crate) fn ranked(
    context: Context,
    workspace: &Workspace,
    request: &SearchRequest,
) -> Result<Ranking, Error> {
    let snapshot = workspace.index(context)?.snapshot();
    let filter = request.filter.as_ref().map(Filter::parse).transpose()?;
    let began = Instant::now();
    let vector = query_vector(context, workspace, request)?;
    let encode_ms = began.elapsed().as_secs_f64() * 1e3;
    let asked = vector.clone().map(|vector| moved(workspace, vector)).transpose()?;
    let found = snapshot.search(&Request {
        text: &request.query,
        vector: asked.as_deref(),
        mode: request.mode,
        k: request.k,
        candidates: CANDIDATES.max(request.k),
        filter: filter.as_ref(),
        principals: request.principals.as_deref(),
        fusion: workspace.fusion(&request.query)?,
        count: request.explain,
    });
    let numbers: Vec<ChunkNo> = found.hits.iter().map(|hit| hit.chunk).collect();
    let views = workspace.store.chunks_by_no(&numbers)?;
    let mut by_number: BTreeMap<ChunkNo, ChunkHit> =
        views.into_iter().map(|view| (view.row.no, view)).collect();
    let hits = found.hits.into_iter().filter_map(|hit| Some((hit, by_number.remove(&hit.chunk)?))).collect();
    Ok(Ranking { hits, explain: found.explain, index_version: snapshot.version(), vector, encode_ms })
}

fn query_vector(
    context: Context,
    workspace: &Workspace,
    request: &SearchRequest,
) -> Result<Option<Vec<f32>>, Error> {
    if request.mode == Mode::Lexical {
        return Ok(None);
    }
    match workspace.encoder(context)? {
        Some(encoder) => embed_query(encoder, &request.query).map(Some),
        None if request.mode == Mode::Hybrid => Ok(None),
        None => Err(Error::Request {
            message: "dense search needs an encoder, and this workspace has none".into(),
            hint: "set encoder.model in engraft.toml and run `engraft sync`, or use `--mode lexical`".into(),
        }),
    }
}

/// The vector of a question as it is searched for: where an adapter was tuned, moved by it.
pub(crate) fn moved(workspace: &Workspace, vector: Vec<f32>) -> Result<Vec<f32>, Error> {
    match &workspace.in_use()?.adapter {
        Some(adapter) if adapter.dim() == vector.len() => Ok(adapter.apply(&vector)),
        Some(adapter) => Err(Error::Request {
            message: format!(
                "the tuned retriever moves vectors of {} numbers, this encoder makes {}",
                adapter.dim(),
                vector.len()
            ),
            hint: "run `engraft model rollback retriever`, or tune one on this encoder".into(),
        }),
        None => Ok(vector),
    }
}

/// The vector of a query. One longer than the encoder's window is read in halves, whose vectors are averaged.
pub(crate) fn embed_query(encoder: &dyn Embed, text: &str) -> Result<Vec<f32>, Error> {
    match encoder.embed(&[text]) {
        Ok(mut vectors) => vectors.pop().ok_or_else(|| Error::Bug("the encoder gave no vector".into())),
        Err(EmbedError::TooLong { .. }) if text.chars().nth(1).is_some() => {
            let middle = text.chars().count() / 2;
            let middle = text.char_indices().nth(middle).map_or(0, |(byte, _)| byte);
            let cut = text[..middle].rfind(char::is_whitespace).filter(|cut| *cut > 0).unwrap_or(middle);
            let halves = [embed_query(encoder, &text[..cut])?, embed_query(encoder, &text[cut..])?];
            let sum: Vec<f32> = halves[0].iter().zip(&halves[1]).map(|(a, b)| a + b).collect();
            let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            Ok(sum.into_iter().map(|x| x / norm).collect())
        }
        Err(error) => Err(error.into()),
    }
}

fn show(hit: Hit, view: ChunkHit) -> FoundHit {
    FoundHit {
        rank: 0,
        score: hit.score,
        chunk_id: view.row.chunk_id,
        doc_id: view.doc_id,
        doc_version: view.version,
        uri: view.uri,
        title: view.title,
        heading: view.row.chunk.heading_path(),
        page: view.row.chunk.page,
        place: view.row.chunk.place,
        char_start: view.row.chunk.span.start(),
        char_end: view.row.chunk.span.end(),
        text: view.text,
        legs: hit.legs,
        rerank: None,
    }
}

/// What `search --batch` did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BatchReport {
    /// How many queries ran.
    pub queries: usize,
    /// Wall time.
    pub seconds: f64,
    /// Queries a second.
    pub qps: f64,
}

/// A query of a file.
#[derive(Deserialize)]
pub(crate) struct QueryLine {
    /// Its id.
    #[serde(rename = "_id", alias = "id")]
    pub(crate) id: String,
    /// What is asked.
    #[serde(alias = "question", alias = "query")]
    pub(crate) text: String,
}

/// Runs every query of a JSONL file and writes a TREC run of documents (`uri` as id), 1,000 deep.
pub fn batch(
    context: Context,
    workspace: &Workspace,
    queries: &Path,
    out: &Path,
    request: &SearchRequest,
) -> Result<BatchReport, Error> {
    let lines = read_queries(queries)?;
    let snapshot = workspace.index(context)?.snapshot();
    let filter = request.filter.as_ref().map(Filter::parse).transpose()?;
    let names: BTreeMap<u32, String> =
        workspace.store.documents(None)?.into_iter().map(|row| (row.no, row.uri)).collect();
    let began = Instant::now();
    context.progress.stage("search", Some(lines.len() as u64));
    let vectors = match workspace.encoder(context)? {
        Some(encoder) if request.mode != Mode::Lexical => {
            let texts = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>();
            match encoder.embed(&texts) {
                Ok(vectors) => vectors,
                Err(EmbedError::TooLong { .. }) => {
                    texts.into_iter().map(|text| embed_query(encoder, text)).collect::<Result<_, _>>()?
                }
                Err(error) => return Err(error.into()),
            }
        }
        _ => Vec::new(),
    };
    let vectors: Vec<Vec<f32>> =
        vectors.into_iter().map(|vector| moved(workspace, vector)).collect::<Result<_, _>>()?;
    let reranking = request.rerank.then(|| workspace.reranking()).transpose()?;
    let runs = lines
        .par_iter()
        .enumerate()
        .map(|(at, line)| {
            let vector = vectors.get(at).map(Vec::as_slice);
            let mut found = documents(&snapshot, line, vector, filter.as_ref(), request, workspace)?;
            if let Some(reranking) = &reranking {
                found = reordered(workspace, reranking, &line.text, found)?;
            }
            context.progress.advance(1);
            let told = found.iter().enumerate().filter_map(|(rank, hit)| {
                let name = names.get(&hit.doc)?;
                Some(format!("{} Q0 {name} {} {} engraft\n", line.id, rank + 1, hit.score))
            });
            Ok(told.collect::<String>())
        })
        .collect::<Result<Vec<String>, Error>>()?;
    let seconds = began.elapsed().as_secs_f64();
    let mut file = std::fs::File::create(out).map_err(Error::io("create", out))?;
    file.write_all(runs.concat().as_bytes()).map_err(Error::io("write", out))?;
    Ok(BatchReport { queries: lines.len(), seconds, qps: lines.len() as f64 / seconds.max(1e-9) })
}

/// The documents of one query, best first, 1,000 deep.
pub(crate) fn documents(
    snapshot: &Snapshot,
    line: &QueryLine,
    vector: Option<&[f32]>,
    filter: Option<&Filter>,
    request: &SearchRequest,
    workspace: &Workspace,
) -> Result<Vec<DocHit>, Error> {
    let request = Request {
        text: &line.text,
        vector,
        mode: request.mode,
        k: RUN_DEPTH,
        candidates: RUN_DEPTH,
        filter,
        principals: request.principals.as_deref(),
        fusion: workspace.fusion(&line.text)?,
        count: false,
    };
    Ok(snapshot.search_documents(&request, Pooling::default()).hits)
}

/// Documents in the order of the reranker's blend, which reads the best passage of each; those beyond its depth follow.
fn reordered(
    workspace: &Workspace,
    reranking: &Reranking,
    query: &str,
    mut found: Vec<DocHit>,
) -> Result<Vec<DocHit>, Error> {
    let rest = found.split_off(found.len().min(DEPTH));
    let best: Vec<ChunkNo> = found.iter().map(|hit| hit.best).collect();
    let views = workspace.store.chunks_by_no(&best)?;
    let texts: BTreeMap<ChunkNo, String> = views.iter().map(|view| (view.row.no, passage(view))).collect();
    let passages: Vec<&str> =
        found.iter().map(|hit| texts.get(&hit.best).map_or("", String::as_str)).collect();
    let scores: Vec<f32> = found.iter().map(|hit| hit.score).collect();
    let order = reranking.order(query, &scores, &passages)?;
    let mut out: Vec<DocHit> =
        order.into_iter().map(|(at, score, _)| DocHit { score, ..found[at] }).collect();
    let lowest = out.iter().map(|hit| hit.score).fold(f32::INFINITY, f32::min);
    let rest = rest.into_iter().enumerate();
    out.extend(rest.map(|(place, hit)| DocHit { score: below(lowest, place), ..hit }));
    Ok(out)
}

/// The queries of a file, each with an id of its own: what is found is told by it.
pub(crate) fn read_queries(path: &Path) -> Result<Vec<QueryLine>, Error> {
    let lines: Vec<QueryLine> = read_lines(path, "{\"_id\":\"q1\",\"text\":\"…\"}")?;
    let mut seen = BTreeSet::new();
    match lines.iter().find(|line| !seen.insert(line.id.as_str())) {
        None => Ok(lines),
        Some(line) => Err(Error::Request {
            message: format!("{}: two queries have the `_id` `{}`", path.display(), line.id),
            hint: "give every query an `_id` of its own".into(),
        }),
    }
}

/// The objects of a JSONL file; an unreadable line is named with its number.
pub(crate) fn read_lines<T: for<'a> Deserialize<'a>>(path: &Path, example: &str) -> Result<Vec<T>, Error> {
    let file = std::fs::File::open(path).map_err(Error::io("open", path))?;
    let mut lines = Vec::new();
    for (at, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line.map_err(Error::io("read", path))?;
        if line.trim().is_empty() {
            continue;
        }
        let value = serde_json::from_str(&line).map_err(|error| Error::Request {
            message: format!("{}: line {}: {error}", path.display(), at + 1),
            hint: format!("each line is one object such as {example}"),
        })?;
        lines.push(value);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_again_falls_strictly_below_what_was() {
        for lowest in [0.0, 0.37, -3.5, 1.0] {
            let scores: Vec<f32> = (0..RUN_DEPTH).map(|place| below(lowest, place)).collect();
            assert!(scores[0] < lowest);
            assert!(scores.windows(2).all(|pair| pair[1] < pair[0]), "below {lowest}");
        }
    }
}
