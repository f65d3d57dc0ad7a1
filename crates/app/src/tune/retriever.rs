//! `tune retriever`: questions are brought nearer to what answers them, by a matrix on their side or by the encoder itself.

mod adapter;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::str::FromStr;
use std::time::Instant;

use engraft_core::{Embed, content_hash};
use engraft_nn::train::{Body, BodyOptions};
use engraft_nn::{Embedder, Precision};
use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Probe, Trained};
use engraft_tune::data::OverLength;
use engraft_tune::export::{Behind, TOKENIZER_FILES, sentence_transformers};
use engraft_tune::retrieve::{Adapter, Contrast, ContrastOptions, ContrastTask, fit_contrasts};
use engraft_tune::trainer::{Plan, train};
use serde_json::{Value, json};

use crate::memory::give_back_memory;
use crate::people::{Act, Principal};
use crate::search::{embed_query, moved};
use crate::serving::{RETRIEVER, is_adapter};
use crate::tune::base::{self, BaseEncoder};
use crate::tune::ground::{Asked, Ranking, rank};
use crate::tune::judged::{
    self, Lesson, Made, draft, encoder_of, figures, lesson, register, seeds, start_of, vectors,
};
use crate::tune::mine::{nearest, wrong};
use crate::tune::report::TuneReport;
use crate::tune::{TuneRequest, served_if_proven};
use crate::{Context, Error, Workspace};

/// Questions kept with what the model makes of them.
const PROBES: usize = 3;
/// Numbers of a vector that a probe keeps.
const SHOWN: usize = 8;
/// Wrong passages a right one, where the encoder is trained.
const WRONG: usize = 1;
/// Texts embedded between two looks at whether to stop.
const BATCH: usize = 256;
/// What says how the encoder reads and pools.
const FILES: [&str; 3] = ["config.json", "sentence_bert_config.json", "1_Pooling/config.json"];

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
        Some(start) => must_be_lengths(&request.dims, start.encoder.dim())?,
        None if request.dims.is_empty() => {}
        None => {
            return Err(Error::Request {
                message: "--dims says nothing to an adapter, which leaves vectors as long as they are".into(),
                hint: "add `--method encoder`, or leave --dims out".into(),
            });
        }
    }
    let mut lesson = lesson(context, workspace, who, encoder, asked)?;
    let before = Before::of(context, workspace, encoder, &lesson)?;
    let artefact = match &start {
        None => adapter::tune(context, workspace, encoder, &lesson, &before, asked, began)?,
        Some(start) => {
            own_encoder(context, workspace, start, &mut lesson, &before, (request, policy), began)?
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

/// Search as it is now.
struct Before {
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
        Ok(Before { train, eval, rankings })
    }
}

fn rank_now(
    workspace: &Workspace,
    snapshot: &engraft_search::Snapshot,
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

/// Trains the encoder `start`; what it learns from is found by the encoder that searches now.
fn own_encoder(
    context: Context,
    workspace: &Workspace,
    start: &BaseEncoder,
    lesson: &mut Lesson,
    before: &Before,
    (request, policy): (&RetrieverRequest, OverLength),
    began: Instant,
) -> Result<Artefact, Error> {
    let asked = &request.tune;
    let encoder = encoder_of(context, workspace)?;
    let rows = contrasts(workspace, encoder, &start.encoder, lesson, before)?;
    let (rows, done) = fit_contrasts(rows, start.encoder.window(), policy)?;
    lesson.data.over_length = done;
    let plan = Plan { epochs: request.epochs, batch: request.batch, rate: request.rate, ..Plan::default() };
    let draft = draft(workspace, lesson, asked, RETRIEVER)?;
    let name = asked.name.clone().unwrap_or_else(|| "tuned".into());
    let keep = lesson.keep(workspace, request, start);
    let (mut tuned, mut steps) = (Vec::new(), 0);
    let into = draft.path().join("encoder");
    let scratch =
        tempfile::tempdir_in(draft.path()).map_err(Error::io("create a folder in", draft.path()))?;
    for (nth, seed) in seeds(asked).into_iter().enumerate() {
        let target = if nth == 0 { into.clone() } else { scratch.path().join(format!("{nth}")) };
        steps += {
            let body = Body::open(&start.dir, BodyOptions::default()).map_err(TuneError::from)?;
            let options = ContrastOptions { dims: request.dims.clone(), ..ContrastOptions::default() };
            let mut task = ContrastTask { body, rows: &rows, options };
            let plan = Plan { seed, ..plan };
            let done = train(&mut task, &plan, base::watch(&context, Some(&keep)), |_| Ok(None))?;
            write_encoder(&task.body, &start.dir, &target)?;
            done.steps as usize
        };
        // Training takes gigabytes, which what follows must not be added to.
        give_back_memory();
        let own = workspace.open_folder(&target, &name, encoder.encoder().precision())?;
        let vectors = lesson.ground.embed(context, &own)?;
        let snapshot = lesson.ground.index(&workspace.settings(Some(&own)), Some(&vectors))?;
        let questions = judged::vectors(&own, &lesson.eval)?;
        tuned.push(once(rank_now(workspace, &snapshot, &lesson.eval, &questions)?));
    }
    drop(scratch);
    let texts: Vec<String> = lesson.eval.iter().take(PROBES).map(|one| one.text.clone()).collect();
    let says = |dir: &Path| -> Result<Vec<Value>, TuneError> {
        let own = Embedder::open(dir, &name, engraft_nn::EncoderOptions::default())?;
        let vector = |text: &String| -> Result<Value, TuneError> {
            let all = own.embed(&[text])?;
            Ok(shown(all.first().map_or(&[][..], Vec::as_slice)))
        };
        texts.iter().map(vector).collect()
    };
    let figures = figures(&lesson.eval, &lesson.train, &before.rankings, &tuned, asked.seed);
    let made = Made {
        kind: RETRIEVER,
        method: "encoder",
        base: Some(start.remembered()),
        seeds: seeds(asked),
        settings: json!({ "dim": start.encoder.dim(), "plan": plan, "dims": request.dims }),
        train: Trained { rows: rows.len(), steps, seconds: began.elapsed().as_secs_f64() },
        figures,
        against: "hybrid search before".into(),
        probes: probes(&lesson.eval, says(&into)?),
    };
    let artefact = register(context, draft, lesson, made, |read| says(&read.dir.join("encoder")))?;
    keep.clear();
    Ok(artefact)
}

/// Questions with a right and wrong passages, found with `encoder`, as ids of `start`, however many those are.
fn contrasts(
    workspace: &Workspace,
    encoder: &Embedder,
    start: &Embedder,
    lesson: &Lesson,
    before: &Before,
) -> Result<Vec<Contrast>, Error> {
    let ground = &lesson.ground;
    let snapshot = ground.index(&workspace.settings(Some(encoder)), None)?;
    let plain = workspace.fusion_plain()?;
    let ids = |text: &str| {
        let mut ids = Vec::new();
        start.tokenizer().encode(text, &mut ids);
        ids
    };
    let mut rows = Vec::new();
    for (one, question) in lesson.train.iter().zip(&before.train) {
        for doc in one.answers() {
            let Some(right) = nearest(ground, doc, question) else { continue };
            let fusion = workspace.for_script(plain, &one.text);
            let wrong = wrong(ground, &snapshot, one, question, fusion, right, WRONG);
            let mut keys: BTreeSet<u64> = [key(&one.text), key(&ground.texts[right])].into_iter().collect();
            keys.extend(one.answers().map(|doc| key(&format!("document {doc}"))));
            rows.push(Contrast {
                question: ids(&one.text),
                answer: ids(&ground.texts[right]),
                wrong: wrong.iter().map(|&at| ids(&ground.texts[at])).collect(),
                keys,
            });
        }
    }
    Ok(rows)
}

fn key(text: &str) -> u64 {
    u64::from_str_radix(&content_hash(text.as_bytes())[..16], 16).unwrap_or(0)
}

/// Writes an encoder in the classic layout of sentence-transformers: the base's files with new weights.
fn write_encoder(body: &Body, base: &Path, target: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(target).map_err(Error::io("create", target))?;
    let plain = tempfile::tempdir_in(target).map_err(Error::io("create a folder in", target))?;
    for file in FILES.into_iter().chain(TOKENIZER_FILES) {
        let (from, to) = (base.join(file), plain.path().join(file));
        if from.is_file() {
            let parent = to.parent().unwrap_or(target);
            std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
            std::fs::copy(&from, &to).map_err(Error::io("copy", &from))?;
        }
    }
    body.save(plain.path()).map_err(TuneError::from)?;
    Ok(sentence_transformers(plain.path(), Behind::default(), target)?)
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
