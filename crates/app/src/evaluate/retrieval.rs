//! `eval retrieval`: are the documents found that people judged relevant?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use engraft_core::{Embed, EmbedError, Mode, content_hash};
use engraft_eval::{Measure, Qrels, Run, Score, State, Ties, UnknownMeasure, evaluate, parse_qrels};
use engraft_nn::Embedder;
use engraft_search::Snapshot;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::evaluate::measured::Measured;
use crate::evaluate::recorder::{EvalReport, Recorder};
use crate::search::{QueryLine, SearchRequest, documents, embed_query, moved, read_queries};
use crate::workspace::Workspace;
use crate::{Context, Error};

/// Queries encoded and searched together.
const BLOCK: usize = 64;

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct RetrievalRequest {
    /// `{"_id","text"}` a line.
    pub queries: PathBuf,
    /// TREC's four columns or BEIR's three.
    pub qrels: PathBuf,
    /// Which legs.
    pub mode: Mode,
    /// Such as `nDCG@10`; empty: the usual ones.
    pub measures: Vec<String>,
    /// Seed of the intervals.
    pub seed: u64,
    /// `None`: the workspace's owner, who sees all.
    pub principals: Option<Vec<String>>,
}

/// A query to measure: its id and, where the file has it, its text.
struct Asked<'a> {
    id: &'a str,
    text: Option<&'a str>,
}

/// Searches for every judged query, 1,000 documents deep, and scores what comes. Queries without judgements are left out;
/// a judged query whose text is missing is `skipped`.
pub fn retrieval(
    context: Context,
    workspace: &Workspace,
    request: &RetrievalRequest,
) -> Result<EvalReport, Error> {
    let measures = measures(&request.measures)?;
    let qrels = judgements(&request.qrels)?;
    let lines = read_queries(&request.queries)?;
    let texts: BTreeMap<&str, &str> =
        lines.iter().map(|line| (line.id.as_str(), line.text.as_str())).collect();
    if !qrels.keys().any(|query| texts.contains_key(query.as_str())) {
        return Err(Error::Request {
            message: format!(
                "no query of {} is judged in {}",
                request.queries.display(),
                request.qrels.display()
            ),
            hint: "the `_id` of a query is the first column of the judgements".into(),
        });
    }
    let asked: Vec<Asked> =
        qrels.keys().map(|id| Asked { id, text: texts.get(id.as_str()).copied() }).collect();
    let snapshot = workspace.index(context)?.snapshot();
    let encoder = match request.mode {
        Mode::Lexical => None,
        _ => workspace.encoder(context)?,
    };
    let search = SearchRequest {
        mode: request.mode,
        principals: request.principals.clone(),
        ..SearchRequest::default()
    };
    let about = json!({
        "queries": fingerprint(&request.queries)?,
        "qrels": fingerprint(&request.qrels)?,
        "mode": request.mode,
        "measures": measures.iter().map(Measure::to_string).collect::<Vec<_>>(),
        "principals": request.principals,
        "seed": request.seed,
        "index_version": snapshot.version(),
        "model": encoder.map(named),
        "config": deciding(workspace),
    });
    let name = about["mode"].as_str().unwrap_or_default().to_string();
    let mut recorder = Recorder::begin(context, workspace, ("retrieval", &name), &about, asked.len())?;
    let names: BTreeMap<u32, String> =
        workspace.store.documents(None)?.into_iter().map(|row| (row.no, row.uri)).collect();
    let left: Vec<(u32, &Asked)> = (0..).zip(&asked).filter(|(ordinal, _)| !recorder.has(*ordinal)).collect();
    let one = Searching { workspace, snapshot: &snapshot, search: &search, names: &names };
    for block in left.chunks(BLOCK) {
        let began = Instant::now();
        let texts: Vec<&str> = block.iter().filter_map(|(_, asked)| asked.text).collect();
        let vectors = encoder.map(|encoder| vectors(workspace, encoder, &texts)).transpose()?;
        let encoding_ms = began.elapsed().as_secs_f64() * 1e3 / texts.len().max(1) as f64;
        let mut vectors = vectors.unwrap_or_default().into_iter();
        let with: Vec<(&Asked, Option<Vec<f32>>)> = block
            .iter()
            .map(|(_, asked)| (*asked, asked.text.and_then(|_| vectors.next()).flatten()))
            .collect();
        let found: Vec<Measured> = with
            .par_iter()
            .map(|(asked, vector)| {
                one.measure(asked, vector.as_deref(), &qrels[asked.id], &measures, encoding_ms)
            })
            .collect();
        for ((ordinal, _), measured) in block.iter().zip(found) {
            recorder.put(context, *ordinal, measured)?;
        }
    }
    Ok(recorder.finish(context, request.seed, |_| BTreeMap::new())?.0)
}

/// What every query is searched in.
struct Searching<'a> {
    workspace: &'a Workspace,
    snapshot: &'a Snapshot,
    search: &'a SearchRequest,
    names: &'a BTreeMap<u32, String>,
}

impl Searching<'_> {
    fn measure(
        &self,
        asked: &Asked,
        vector: Option<&[f32]>,
        judged: &BTreeMap<String, i64>,
        measures: &[Measure],
        encoding_ms: f64,
    ) -> Measured {
        let began = Instant::now();
        let names: Vec<String> = measures.iter().map(Measure::to_string).collect();
        let Some(text) = asked.text.filter(|text| !text.trim().is_empty()) else {
            let why = "it is judged, but the queries have no text for it";
            return Measured::without(asked.id, asked.id, State::Skipped, &names, why);
        };
        let line = QueryLine { id: asked.id.to_string(), text: text.to_string() };
        let ranked = match documents(self.snapshot, &line, vector, None, self.search, self.workspace) {
            Ok(ranked) => ranked,
            Err(error) => {
                return Measured::without(asked.id, asked.id, State::Failed, &names, &error.to_string());
            }
        };
        let found =
            ranked.iter().filter_map(|hit| Some((self.names.get(&hit.doc)?.clone(), f64::from(hit.score))));
        let run: Run = [(asked.id.to_string(), found.collect())].into();
        let qrels: Qrels = [(asked.id.to_string(), judged.clone())].into();
        let scores = evaluate(&qrels, &run, measures, Ties::Trec10);
        let score = |values: &BTreeMap<String, f64>| {
            values.get(asked.id).map_or(Score::None(State::Undefined), |value| Score::of(*value))
        };
        let scores: BTreeMap<String, Score> =
            names.into_iter().zip(scores.iter().map(|scores| score(&scores.scored))).collect();
        let any = judged.values().any(|grade| *grade > 0);
        Measured {
            item: asked.id.to_string(),
            document: asked.id.to_string(),
            seed: 0,
            state: if any { State::Scored } else { State::Undefined },
            ms: Some(encoding_ms + began.elapsed().as_secs_f64() * 1e3),
            scores,
            detail: json!({ "found": ranked.len() }),
        }
    }
}

fn measures(named: &[String]) -> Result<Vec<Measure>, Error> {
    let usual = ["nDCG@10", "R@100", "RR@10", "AP", "Judged@10"].map(String::from);
    let named = if named.is_empty() { &usual[..] } else { named };
    let read = |name: &String| {
        name.parse().map_err(|error: UnknownMeasure| Error::Request {
            message: error.to_string(),
            hint: "name measures such as `--measures nDCG@10,R@100`".into(),
        })
    };
    named.iter().map(read).collect()
}

fn judgements(path: &Path) -> Result<Qrels, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    parse_qrels(&text).map_err(|error| Error::Request {
        message: format!("{}: {error}", path.display()),
        hint: engraft_core::Fault::hint(&error).unwrap_or_default(),
    })
}

/// The vectors of a block, as search compares them; where one text is too long for the encoder, each by itself.
fn vectors(
    workspace: &Workspace,
    encoder: &Embedder,
    texts: &[&str],
) -> Result<Vec<Option<Vec<f32>>>, Error> {
    let vectors: Vec<Vec<f32>> = match encoder.embed(texts) {
        Ok(vectors) => vectors,
        Err(EmbedError::TooLong { .. }) => {
            texts.iter().map(|text| embed_query(encoder, text)).collect::<Result<_, _>>()?
        }
        Err(error) => return Err(error.into()),
    };
    vectors.into_iter().map(|vector| moved(workspace, vector).map(Some)).collect()
}

/// An encoder by its name and the fingerprint of its weights: two of one name are told apart.
pub(crate) fn named(encoder: &Embedder) -> Value {
    json!({ "name": encoder.name(), "fingerprint": encoder.encoder().fingerprint() })
}

/// The configuration without what decides nothing: what the workspace is called and where its encoder lies.
pub(crate) fn deciding(workspace: &Workspace) -> Value {
    let config = &workspace.config;
    json!({ "precision": config.encoder.precision, "search": config.search, "answer": config.answer,
        "models": workspace.serving().models() })
}

/// A file's name and the hash of what it holds; its folder decides nothing.
pub(crate) fn fingerprint(path: &Path) -> Result<Value, Error> {
    let hash = content_hash(&std::fs::read(path).map_err(Error::io("read", path))?);
    Ok(json!({ "file": path.file_name().map(|name| name.to_string_lossy()), "hash": hash }))
}
