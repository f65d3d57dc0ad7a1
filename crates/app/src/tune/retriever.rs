//! `tune retriever`: questions are brought nearer to what answers them, by a matrix on their side or by the encoder itself.

mod adapter;
mod encoder;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use engraft_core::Embed;
use engraft_nn::{Embedder, Precision};
use engraft_search::Snapshot;
use engraft_tune::artefact::{Artefact, Probe};
use engraft_tune::retrieve::Adapter;
use serde_json::{Value, json};

use crate::people::{Act, Principal};
use crate::search::{embed_query, moved};
use crate::serving::{RETRIEVER, is_adapter};
use crate::tune::ground::{Asked, Ranking, rank};
use crate::tune::judged::{Lesson, encoder_of, lesson, read, start_of, vectors};
use crate::tune::report::TuneReport;
use crate::tune::{TuneRequest, served_if_proven};
use crate::{Context, Error, Workspace};

/// Questions kept with what the model makes of them.
const PROBES: usize = 3;
/// Numbers of a vector that a probe keeps.
const SHOWN: usize = 8;
/// Texts embedded, or vectors kept, at a time.
const BATCH: usize = 256;
/// The least that a passage may be cut to in training.
const LEAST: usize = 16;

/// What is tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetrieverMethod {
    /// A matrix that questions go through; passages and index stay.
    Adapter,
    /// The encoder; every passage is embedded anew.
    Encoder,
}

impl FromStr for RetrieverMethod {
    type Err = Error;

    fn from_str(word: &str) -> Result<RetrieverMethod, Error> {
        match word {
            "adapter" => Ok(RetrieverMethod::Adapter),
            "encoder" => Ok(RetrieverMethod::Encoder),
            other => Err(Error::Request {
                message: format!("--method {other} is not one of adapter, encoder"),
                hint: "adapter takes seconds and keeps the index; encoder takes minutes and embeds everything anew".into(),
            }),
        }
    }
}

/// What retriever to tune.
#[derive(Clone, Debug)]
pub struct RetrieverRequest {
    /// What every tuner is asked.
    pub tune: TuneRequest,
    /// What is tuned.
    pub method: RetrieverMethod,
    /// Passes over the questions, where the encoder is trained.
    pub epochs: usize,
    /// Questions a step, where the encoder is trained.
    pub batch: usize,
    /// The highest rate, where the encoder is trained.
    pub rate: f64,
    /// Shorter lengths at which vectors should be good too, where the encoder is trained.
    pub dims: Vec<usize>,
    /// The most tokens of a passage that training reads, where the encoder is trained: as many as it reads, or fewer, which takes less
    /// time. What is indexed is read as a whole.
    pub window: Option<usize>,
}

/// Tunes a retriever and registers it; search uses it from then on where it is proven better.
pub fn tune_retriever(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    request: &RetrieverRequest,
) -> Result<TuneReport, Error> {
    who.must(Act::Manage)?;
    let began = Instant::now();
    let asked = &request.tune;
    let policy = asked.policy_of_judged()?;
    let encoder = encoder_of(context, workspace)?;
    let in_use = workspace.served(RETRIEVER)?.filter(|artefact| !is_adapter(&artefact.manifest));
    if let Some(artefact) = in_use.filter(|_| request.method == RetrieverMethod::Adapter) {
        return Err(Error::Request {
            message: format!(
                "`{}` changed the encoder, and an adapter stands on the one before",
                artefact.manifest.name
            ),
            hint: "run `engraft model rollback retriever` first, or tune with `--method encoder`".into(),
        });
    }
    let start = match request.method {
        RetrieverMethod::Adapter => None,
        RetrieverMethod::Encoder => Some(start_of(context, workspace, asked)?),
    };
    match &start {
        Some(start) => {
            must_be_lengths(&request.dims, start.encoder.dim())?;
            must_hold_a_passage(request.window)?;
        }
        None if request.dims.is_empty() => {}
        None => {
            return Err(Error::Request {
                message: "--dims says nothing to an adapter, which leaves vectors as long as they are".into(),
                hint: "add `--method encoder`, or leave --dims out".into(),
            });
        }
    }
    let source = read(context, workspace, who, asked)?;
    let mut lesson = lesson(context, workspace, encoder, asked, source)?;
    let before = Before::of(context, workspace, encoder, &lesson)?;
    let artefact = match &start {
        None => adapter::tune(context, workspace, encoder, &lesson, &before, asked, began)?,
        Some(start) => {
            encoder::tune(context, workspace, start, &mut lesson, before, (request, policy), began)?
        }
    };
    // Passages that came with the judgements are not what the workspace searches.
    let served = !lesson.passages && served_if_proven(context, workspace, who, &artefact)?;
    Ok(TuneReport { served, ..TuneReport::of(&artefact, lesson.data) })
}

/// Refuses lengths that a vector of `dim` numbers cannot be cut to.
fn must_be_lengths(dims: &[usize], dim: usize) -> Result<(), Error> {
    match dims.iter().find(|short| !(1..=dim).contains(*short)) {
        None => Ok(()),
        Some(short) => Err(Error::Request {
            message: format!("--dims {short} is not within 1 to {dim}, the length of the encoder's vectors"),
            hint: format!("name lengths up to {dim}, such as `--dims {dim},{}`", dim.div_ceil(2)),
        }),
    }
}

/// Refuses to cut passages to next to nothing.
fn must_hold_a_passage(window: Option<usize>) -> Result<(), Error> {
    let Some(window) = window.filter(|window| *window < LEAST) else { return Ok(()) };
    Err(Error::Request {
        message: format!("--window {window} leaves too little of a passage to learn from"),
        hint: format!("name {LEAST} tokens or more, or none: passages are then read as a whole"),
    })
}

/// Search as it is now.
struct Before {
    /// What is searched.
    snapshot: Arc<Snapshot>,
    /// Vectors of the questions, as the encoder makes them.
    train: Vec<Vec<f32>>,
    eval: Vec<Vec<f32>>,
    rankings: Vec<Ranking>,
}

impl Before {
    fn of(
        context: Context,
        workspace: &Workspace,
        encoder: &Embedder,
        lesson: &Lesson,
    ) -> Result<Before, Error> {
        context.progress.stage("rank", None);
        let (train, eval) = (vectors(encoder, &lesson.train)?, vectors(encoder, &lesson.eval)?);
        let as_searched: Vec<Vec<f32>> =
            eval.iter().map(|vector| moved(workspace, vector.clone())).collect::<Result<_, _>>()?;
        let snapshot = lesson.ground.index(&workspace.settings(Some(encoder)), None)?;
        let rankings = once(rank_now(workspace, &snapshot, &lesson.eval, &as_searched)?);
        Ok(Before { snapshot, train, eval, rankings })
    }
}

fn rank_now(
    workspace: &Workspace,
    snapshot: &Snapshot,
    asked: &[Asked],
    vectors: &[Vec<f32>],
) -> Result<Vec<Vec<Ranking>>, Error> {
    let plain = workspace.fusion_plain()?;
    Ok(rank(snapshot, asked, vectors, |one| vec![workspace.for_script(plain, &one.text)]))
}

fn once(ranked: Vec<Vec<Ranking>>) -> Vec<Ranking> {
    ranked.into_iter().map(|mut all| all.pop().unwrap_or_default()).collect()
}

/// The beginning of a vector, as a probe keeps it.
fn shown(vector: &[f32]) -> Value {
    vector.iter().take(SHOWN).map(|x| f64::from(*x)).collect()
}

fn probes(asked: &[Asked], outputs: Vec<Value>) -> Vec<Probe> {
    let pairs = asked.iter().zip(outputs);
    pairs.map(|(one, output)| Probe { input: json!({ "query": one.text }), output }).collect()
}

/// Gets a retriever ready to serve while the one before it goes on, or search without one: every passage has a vector in the
/// space of its encoder, and the index holds them.
pub(crate) fn make_ready(
    context: Context,
    workspace: &Workspace,
    artefact: Option<&Artefact>,
) -> Result<(), Error> {
    let base = encoder_of_config(context, workspace)?;
    let own;
    let own = match artefact {
        Some(artefact) if !is_adapter(&artefact.manifest) => {
            let folder = artefact.dir.join("encoder");
            own = workspace.open_folder(&folder, &artefact.manifest.name, base.encoder().precision())?;
            &own
        }
        Some(artefact) => {
            artefact.must_fit(&workspace.config.encoder.model, &base.encoder().fingerprint())?;
            &base
        }
        None => &base,
    };
    let mut lacking: Vec<(String, String)> = Vec::new();
    let mut known = BTreeSet::new();
    workspace.store.for_each_live_chunk(own.name(), &mut |live| {
        if live.vector.is_none() && known.insert(live.row.embed_hash.clone()) {
            let body = live.row.chunk.plain.as_deref().unwrap_or(live.text);
            let text = engraft_ingest::encoder_text(&live.row.context, body);
            lacking.push((live.row.embed_hash.clone(), text));
        }
        ControlFlow::Continue(())
    })?;
    context.progress.stage("embed", Some(lacking.len() as u64));
    for batch in lacking.chunks(BATCH) {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let texts: Vec<&str> = batch.iter().map(|one| one.1.as_str()).collect();
        let hashes = batch.iter().map(|one| one.0.clone());
        let vectors: Vec<(String, Vec<f32>)> = hashes.zip(own.embed(&texts)?).collect();
        workspace.store.apply(&[], &vectors, own.name(), &(context.now)())?;
        context.progress.advance(batch.len() as u64);
    }
    workspace.build_index(context, Some(own))?;
    Ok(())
}

/// The encoder that engraft.toml names, whatever was tuned since.
fn encoder_of_config(context: Context, workspace: &Workspace) -> Result<Embedder, Error> {
    workspace.configured_encoder(context)?.ok_or_else(|| Error::Request {
        message: "this workspace has no encoder, so no retriever can serve".into(),
        hint: "set encoder.model in engraft.toml and run `engraft sync`".into(),
    })
}

/// Cosines of rows `{query, text}` under a tuned retriever, for `predict`.
pub(crate) fn cosines(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
    pairs: &[(String, String)],
) -> Result<Vec<f32>, Error> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let own;
    let adapter = if is_adapter(&artefact.manifest) {
        own = encoder_of_config(context, workspace)?;
        artefact.must_fit(&workspace.config.encoder.model, &own.encoder().fingerprint())?;
        Some(Adapter::open(&artefact.file("adapter.safetensors")?, own.dim())?)
    } else {
        own =
            workspace.open_folder(&artefact.dir.join("encoder"), &artefact.manifest.name, Precision::F32)?;
        None
    };
    let encoder = &own;
    let score = |(query, text): &(String, String)| -> Result<f32, Error> {
        let question = embed_query(encoder, query)?;
        let question = adapter.as_ref().map_or(question.clone(), |adapter| adapter.apply(&question));
        Ok(dot(&question, &embed_query(encoder, text)?))
    };
    pairs.iter().map(score).collect()
}
