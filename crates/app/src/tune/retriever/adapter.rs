//! `tune retriever --method adapter`: a matrix that questions go through; passages and index stay.

use std::time::Instant;

use engraft_core::Embed;
use engraft_nn::Embedder;
use engraft_tune::artefact::{Artefact, Trained};
use engraft_tune::choose;
use engraft_tune::data::folds;
use engraft_tune::retrieve::{Adapter, AdapterOptions, Lessons, adapter_steps, train_adapter};
use serde_json::{Value, json};

use crate::serving::RETRIEVER;
use crate::tune::TuneRequest;
use crate::tune::ground::{Asked, ndcg};
use crate::tune::judged::{Lesson, Made, draft, figures, register, remembered, seeds};
use crate::tune::retriever::{Before, PROBES, once, probes, rank_now, shown};
use crate::{Context, Error, Workspace};

/// Passes over the pairs that are tried; 0 leaves questions as they are.
const EPOCHS: [usize; 4] = [0, 3, 10, 20];
/// Parts of the cross-validation that chooses among them.
const FOLDS: usize = 4;

/// Trains matrices, as long as is best on questions of training that they did not learn from, and registers the first.
pub(super) fn tune(
    context: Context,
    workspace: &Workspace,
    encoder: &Embedder,
    lesson: &Lesson,
    before: &Before,
    asked: &TuneRequest,
    began: Instant,
) -> Result<Artefact, Error> {
    let dim = encoder.dim();
    let passages: Vec<f32> = lesson
        .ground
        .entries
        .iter()
        .flat_map(|entry| entry.vector.clone().unwrap_or_else(|| vec![0.0; dim]))
        .collect();
    let questions: Vec<f32> = before.train.concat();
    let pairs = |rows: &dyn Fn(usize) -> bool| -> Vec<(usize, Vec<usize>)> {
        let chosen = lesson.train.iter().enumerate().filter(|(at, _)| rows(*at));
        let of = |(at, one): (usize, &Asked)| {
            let answers: Vec<Vec<usize>> =
                one.answers().map(|doc| lesson.ground.rows(doc).collect()).collect();
            answers.into_iter().map(move |rows| (at, rows))
        };
        chosen.flat_map(of).collect()
    };
    let options = AdapterOptions { seed: asked.seed, ..AdapterOptions::default() };
    let most = EPOCHS[EPOCHS.len() - 1];
    let trained = |pairs: &[(usize, Vec<usize>)], epochs: &[usize], seed: u64| {
        let lessons = Lessons { dim, questions: &questions, passages: &passages, pairs };
        let options = AdapterOptions { seed, ..options };
        train_adapter(&lessons, epochs, &options, context.progress, context.cancel)
    };
    // How long to train is chosen on the questions of training alone.
    let texts: Vec<&str> = lesson.train.iter().map(|one| one.text.as_str()).collect();
    let fold = folds(&texts, &vec![None; texts.len()], &[], FOLDS, asked.seed);
    let all = pairs(&|_| true);
    let steps = adapter_steps(all.len(), most, &options) * FOLDS;
    context.progress.stage("choose", Some(steps as u64));
    let mut scores = vec![vec![0.0; texts.len()]; EPOCHS.len()];
    for out in 0..FOLDS {
        let kept = pairs(&|at| fold[at] != out);
        if kept.is_empty() {
            continue;
        }
        let held: Vec<usize> = (0..texts.len()).filter(|&at| fold[at] == out).collect();
        let questions: Vec<Asked> = held.iter().map(|&at| lesson.train[at].clone()).collect();
        for (setting, adapter) in trained(&kept, &EPOCHS, asked.seed)?.iter().enumerate() {
            let vectors: Vec<Vec<f32>> = held.iter().map(|&at| adapter.apply(&before.train[at])).collect();
            let ranked = once(rank_now(workspace, &before.snapshot, &questions, &vectors)?);
            for ((&at, question), ranking) in held.iter().zip(&questions).zip(&ranked) {
                scores[setting][at] = ndcg(question, ranking.iter().map(|hit| hit.doc));
            }
        }
    }
    let chosen =
        choose(&scores, 0, &fold).ok_or_else(|| Error::Bug("there is nothing to choose from".into()))?;
    let epochs = EPOCHS[chosen.setting];
    let mut tuned = Vec::new();
    let mut first = None;
    for seed in seeds(asked) {
        let steps = adapter_steps(all.len(), epochs, &options);
        context.progress.stage("train", Some(steps as u64));
        let adapter = trained(&all, &[epochs], seed)?
            .pop()
            .ok_or_else(|| Error::Bug("training gave no adapter".into()))?;
        let vectors: Vec<Vec<f32>> = before.eval.iter().map(|vector| adapter.apply(vector)).collect();
        tuned.push(once(rank_now(workspace, &before.snapshot, &lesson.eval, &vectors)?));
        first.get_or_insert(adapter);
    }
    let adapter = first.unwrap_or_else(|| Adapter::identity(dim));
    let says = |adapter: &Adapter| -> Vec<Value> {
        before.eval.iter().take(PROBES).map(|vector| shown(&adapter.apply(vector))).collect()
    };
    let draft = draft(workspace, lesson, asked, RETRIEVER)?;
    adapter.save(&draft.path().join("adapter.safetensors"))?;
    let per_seed = adapter_steps(all.len(), epochs, &options);
    let made = Made {
        kind: RETRIEVER,
        method: "adapter",
        base: Some(remembered(workspace, encoder)?),
        seeds: seeds(asked),
        settings: json!({ "dim": dim, "epochs": epochs, "rate": options.rate, "ridge": options.ridge }),
        train: Trained {
            rows: all.len(),
            steps: per_seed * tuned.len(),
            seconds: began.elapsed().as_secs_f64(),
        },
        figures: figures(&lesson.eval, &lesson.train, &before.rankings, &tuned, asked.seed),
        against: "hybrid search before".into(),
        probes: probes(&lesson.eval, says(&adapter)),
    };
    register(context, draft, lesson, made, |read| {
        Ok(says(&Adapter::open(&read.file("adapter.safetensors")?, dim)?))
    })
}
