//! `search`: ranked passages, each with the scores that put it there.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use engraft_core::{ChunkNo, Embed, EmbedError, Hit, Legs, Mode};
use engraft_search::{Explain, Filter, Pooling, Request, Snapshot};
use engraft_store::ChunkHit;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

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
    let Ranking { hits, explain, index_version, .. } = ranked(context, workspace, request)?;
    let hits = hits.into_iter().enumerate().map(|(at, (hit, view))| show(at + 1, hit, view)).collect();
    let explain = request.explain.then_some(explain);
    Ok(SearchReport { hits, index_version, took_ms: began.elapsed().as_secs_f64() * 1e3, explain })
}

/// Hits with what the store says of them, and the state of the workspace that was searched.
pub(crate) struct Ranking {
    pub(crate) hits: Vec<(Hit, ChunkHit)>,
    pub(crate) explain: Explain,
    pub(crate) index_version: u64,
    /// The query's vector, where meaning took part.
    pub(crate) vector: Option<Vec<f32>>,
}

/// Hits with what the store says of them now. A hit whose chunk is gone is no hit, whatever the index says.
pub(crate) fn ranked(
    context: Context,
    workspace: &Workspace,
    request: &SearchRequest,
) -> Result<Ranking, Error> {
    let snapshot = workspace.index(context)?.snapshot();
    let filter = request.filter.as_ref().map(Filter::parse).transpose()?;
    let vector = query_vector(context, workspace, request)?;
    let found = snapshot.search(&Request {
        text: &request.query,
        vector: vector.as_deref(),
        mode: request.mode,
        k: request.k,
        candidates: CANDIDATES.max(request.k),
        filter: filter.as_ref(),
        principals: request.principals.as_deref(),
        fusion: workspace.fusion(&request.query),
    });
    let numbers: Vec<ChunkNo> = found.hits.iter().map(|hit| hit.chunk).collect();
    let views = workspace.store.chunks_by_no(&numbers)?;
    let mut by_number: BTreeMap<ChunkNo, ChunkHit> =
        views.into_iter().map(|view| (view.row.no, view)).collect();
    let hits = found.hits.into_iter().filter_map(|hit| Some((hit, by_number.remove(&hit.chunk)?))).collect();
    Ok(Ranking { hits, explain: found.explain, index_version: snapshot.version(), vector })
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

fn show(rank: usize, hit: Hit, view: ChunkHit) -> FoundHit {
    FoundHit {
        rank,
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
    let lines: Vec<QueryLine> = read_lines(queries, "{\"_id\":\"q1\",\"text\":\"…\"}")?;
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
    let runs: Vec<String> = lines
        .par_iter()
        .enumerate()
        .map(|(at, line)| {
            let run = documents(
                &snapshot,
                line,
                vectors.get(at).map(Vec::as_slice),
                filter.as_ref(),
                request,
                workspace,
            );
            context.progress.advance(1);
            run.iter()
                .enumerate()
                .filter_map(|(rank, (doc, score))| {
                    let name = names.get(doc)?;
                    Some(format!("{} Q0 {name} {} {score} engraft\n", line.id, rank + 1))
                })
                .collect()
        })
        .collect();
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
) -> Vec<(u32, f32)> {
    let request = Request {
        text: &line.text,
        vector,
        mode: request.mode,
        k: RUN_DEPTH,
        candidates: RUN_DEPTH,
        filter,
        principals: request.principals.as_deref(),
        fusion: workspace.fusion(&line.text),
    };
    snapshot
        .search_documents(&request, Pooling::default())
        .hits
        .into_iter()
        .map(|hit| (hit.doc, hit.score))
        .collect()
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
