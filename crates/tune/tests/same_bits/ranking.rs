//! What search learns: a matrix for questions, an encoder of its own, a reranker.

use engraft_core::Embed;
use engraft_nn::train::{Body, BodyOptions};
use engraft_nn::{Embedder, ModelError, Tokenizer};
use engraft_tune::data::OverLength;
use engraft_tune::rerank::{JudgedPair, PairIds, RerankTask, Reranker, pair_ids};
use engraft_tune::retrieve::{
    AdapterOptions, Contrast, ContrastOptions, ContrastTask, Lessons, Windows, fit_contrasts, train_adapter,
};
use engraft_tune::trainer::{Plan, train};
use engraft_tune::{TuneError, Watch, embed};

use crate::trial::Trial;

const PLAN: Plan = Plan {
    epochs: 3,
    batch: 16,
    rate: 1e-3,
    warmup: 0.1,
    weight_decay: 0.01,
    clip: 1.0,
    patience: None,
    seed: 3,
};
/// The most ids of a pair.
const WINDOW: usize = 96;
/// The most ids of texts a retriever learns from; every passage is longer.
const WINDOWS: Windows = Windows { question: 96, passage: 24 };

/// Questions, and for each the passage that answers it.
fn world(n: usize) -> (Vec<String>, Vec<String>) {
    let question = |at: usize| format!("where is thing {at}");
    let passage = |at: usize| format!("thing {at} lies in room {} of house {}", at * 7 % 31, at % 9);
    ((0..n).map(question).collect(), (0..n).map(passage).collect())
}

pub(crate) fn adapter(trial: &Trial<'_>) -> Result<(), TuneError> {
    let encoder = Embedder::open(trial.base, "tiny", trial.options())?;
    let vectors = |texts: &[String]| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        embed(trial.watch, &encoder, &texts)
    };
    let (questions, passages) = world(130);
    let (questions, passages) = (vectors(&questions)?, vectors(&passages)?);
    let pairs: Vec<(usize, Vec<usize>)> = (0..130).map(|at| (at, vec![at])).collect();
    let dim = encoder.dim();
    let lessons = Lessons { dim, questions: &questions.data, passages: &passages.data, pairs: &pairs };
    let options = AdapterOptions { batch: 100, ..AdapterOptions::default() };
    let Watch { progress, cancel, .. } = trial.watch;
    let trained = train_adapter(&lessons, &[2, 6], &options, progress, cancel)?;
    for (at, adapter) in trained.iter().enumerate() {
        adapter.save(&trial.out.join(format!("adapter-{at}.safetensors")))?;
    }
    trial.says(&trained[1].apply(&questions.data[..dim]));
    Ok(())
}

pub(crate) fn retriever(trial: &Trial<'_>) -> Result<(), TuneError> {
    let tokenizer = Tokenizer::open(trial.base).map_err(ModelError::from)?;
    let ids = |text: &str| {
        let mut ids = Vec::new();
        tokenizer.encode(text, &mut ids);
        ids
    };
    let (questions, passages) = world(40);
    let row = |at: usize| Contrast {
        question: ids(&questions[at]),
        answer: ids(&passages[at]),
        wrong: vec![ids(&passages[(at + 1) % 40])],
        keys: [at as u64].into(),
    };
    let (rows, cut) = fit_contrasts((0..40).map(row).collect(), WINDOWS, OverLength::Truncate)?;
    // Small enough that a batch passes in parts.
    let options = ContrastOptions { tokens: 300, dims: vec![16, 8], ..ContrastOptions::default() };
    let body = Body::open(trial.base, BodyOptions::default())?;
    let mut task = ContrastTask { body, rows: &rows, options };
    let trained = train(&mut task, &PLAN, trial.watch, |_| Ok(None))?;
    task.body.save(trial.out)?;
    trial.says(&(cut, trained));
    Ok(())
}

pub(crate) fn reranker(trial: &Trial<'_>) -> Result<(), TuneError> {
    let tokenizer = Tokenizer::open(trial.base).map_err(ModelError::from)?;
    let (questions, passages) = world(30);
    let judged = |(question, passage): (usize, usize)| JudgedPair {
        pair: pair_ids(&tokenizer, &questions[question], &passages[passage], WINDOW),
        relevance: f32::from(u8::from(question == passage)),
        prior: 0.0,
    };
    let pairs: Vec<JudgedPair> = (0..30).flat_map(|at| [(at, at), (at, (at + 1) % 30)]).map(judged).collect();
    let body = Body::open(trial.base, BodyOptions::default())?;
    let mut task = RerankTask::new(body, &pairs, 500, 0)?;
    let trained = train(&mut task, &PLAN, trial.watch, |_| Ok(None))?;
    task.save(trial.base, WINDOW, trial.out)?;
    let ids: Vec<PairIds> = pairs.iter().map(|judged| judged.pair.clone()).collect();
    let logits = Reranker::open(trial.out, trial.options())?.score_pairs(&ids)?;
    trial.says(&(trained, logits));
    Ok(())
}
