//! `tune reranker`: a cross-encoder learns from judged questions to tell answers from what only seems to be one.

use std::time::Instant;

use engraft_nn::train::{Body, BodyOptions};
use engraft_nn::{Embedder, EncoderOptions, Tokenizer};
use engraft_tune::artefact::{Artefact, Probe, Trained};
use engraft_tune::data::{Fitted, folds};
use engraft_tune::rerank::{JudgedPair, RerankTask, Reranker, blend, fit_pairs, pair_ids};
use engraft_tune::trainer::{Plan, train};
use engraft_tune::{TuneError, choose};
use serde_json::{Value, json};

use crate::people::{Act, Principal};
use crate::reranking::DEPTH;
use crate::search::moved;
use crate::serving::RERANKER;
use crate::tune::base;
use crate::tune::ground::{Asked, Ranking, ndcg, rank};
use crate::tune::judged::{
    Lesson, Made, draft, encoder_of, figures, lesson, read, register, seeds, start_of, vectors,
};
use crate::tune::mine::{nearest, wrong};
use crate::tune::report::{TuneReport, sum};
use crate::tune::{TuneRequest, served_if_proven};
use crate::{Context, Error, Workspace};

/// Weights of the reranker in the blend that are tried.
const WEIGHTS: [f32; 7] = [0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8];
/// One in this many questions of training is kept back to choose the weight on.
const KEPT_BACK: usize = 5;
/// Tokens that pass through together in training.
const TOKENS: usize = 8192;
/// Pairs kept with what the model says of them.
const PROBES: usize = 3;

/// How a reranker reads, the one way there is: question and passage together.
const METHOD: &str = "cross-encoder";

/// What reranker to tune.
#[derive(Clone, Debug)]
pub struct RerankerRequest {
    /// What every tuner is asked.
    pub tune: TuneRequest,
    /// `cross-encoder`.
    pub method: String,
    /// Passes over the pairs.
    pub epochs: usize,
    /// Pairs a step.
    pub batch: usize,
    /// The highest rate.
    pub rate: f64,
    /// Wrong passages mined for each right one.
    pub wrong: usize,
    /// The most ids of a pair; passages are cut there.
    pub window: usize,
}

/// Search as it is now, for some questions.
struct Found {
    vectors: Vec<Vec<f32>>,
    rankings: Vec<Ranking>,
}

/// Tunes a reranker and registers it; `search --rerank` uses it from then on where it is proven better.
pub fn tune_reranker(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    request: &RerankerRequest,
) -> Result<TuneReport, Error> {
    who.must(Act::Manage)?;
    let began = Instant::now();
    let asked = &request.tune;
    if request.method != METHOD {
        let message = format!("`{}` is no method for a reranker", request.method);
        return Err(Error::Request { message, hint: format!("{METHOD} is the one there is") });
    }
    let policy = asked.policy_of_judged()?;
    let encoder = encoder_of(context, workspace)?;
    let start = start_of(context, workspace, asked)?;
    let positions = start.encoder.encoder().config().positions;
    if !(16..=positions).contains(&request.window) {
        return Err(Error::Request {
            message: format!(
                "--window {} is not within 16 to {positions}, what the encoder can read",
                request.window
            ),
            hint: "256 is enough for most passages".into(),
        });
    }
    let source = read(context, workspace, who, asked)?;
    let mut lesson = lesson(context, workspace, encoder, asked, source)?;
    let snapshot = lesson.ground.index(&workspace.settings(Some(encoder)), None)?;
    let plain = workspace.fusion_plain()?;
    let find = |questions: &[Asked]| -> Result<Found, Error> {
        let vectors: Vec<Vec<f32>> = vectors(encoder, questions)?
            .into_iter()
            .map(|vector| moved(workspace, vector))
            .collect::<Result<_, _>>()?;
        let ranked = rank(&snapshot, questions, &vectors, |one| vec![workspace.for_script(plain, &one.text)]);
        let rankings = ranked.into_iter().map(|mut all| all.pop().unwrap_or_default()).collect();
        Ok(Found { vectors, rankings })
    };
    context.progress.stage("rank", None);
    let (of_train, of_eval) = (find(&lesson.train)?, find(&lesson.eval)?);
    // The weight is chosen on questions that the cross-encoder did not learn from.
    let texts: Vec<&str> = lesson.train.iter().map(|one| one.text.as_str()).collect();
    let fold = folds(&texts, &vec![None; texts.len()], &[], KEPT_BACK, asked.seed);
    let back: Vec<usize> = (0..texts.len()).filter(|&at| fold[at] == 0).collect();
    let learnt: Vec<usize> = (0..texts.len()).filter(|&at| fold[at] != 0).collect();
    let pairs = pairs(&start.encoder, workspace, &lesson, &snapshot, &of_train, &learnt, request)?;
    let (pairs, done) = fit_pairs(pairs, request.window, policy)?;
    let all: Vec<usize> = (0..lesson.eval.len()).collect();
    // Where it is measured it reads as search does, which cuts what does not fit, whatever it learnt from.
    let (tokenizer, window) = (start.encoder.tokenizer(), request.window);
    let of_back = unread(tokenizer, &lesson, &lesson.train, &of_train.rankings, &back, window);
    let of_all = unread(tokenizer, &lesson, &lesson.eval, &of_eval.rankings, &all, window);
    lesson.data.over_length = sum(done, sum(of_back, of_all));
    let plan = Plan { epochs: request.epochs, batch: request.batch, rate: request.rate, ..Plan::default() };
    let draft = draft(workspace, &lesson, asked, RERANKER)?;
    let scratch =
        tempfile::tempdir_in(draft.path()).map_err(Error::io("create a folder in", draft.path()))?;
    let into = draft.path().join("encoder");
    let keep = lesson.keep(workspace, request, &start)?;
    let (mut tuned, mut steps, mut weight) = (Vec::new(), 0, None);
    for (nth, seed) in seeds(asked).into_iter().enumerate() {
        let body = Body::open(&start.dir, BodyOptions::default()).map_err(TuneError::from)?;
        let mut task = RerankTask::new(body, &pairs, TOKENS, seed)?;
        let plan = Plan { seed, ..plan };
        let done = train(&mut task, &plan, base::watch(&context, Some(&keep)), |_| Ok(None))?;
        steps += done.steps as usize;
        let target = if nth == 0 { into.clone() } else { scratch.path().join(nth.to_string()) };
        std::fs::create_dir_all(&target).map_err(Error::io("create", &target))?;
        task.save(&start.dir, request.window, &target)?;
        let options = EncoderOptions { threads: workspace.threads(), ..EncoderOptions::default() };
        let model = Reranker::open(&target, options)?;
        let weight = match weight {
            Some(weight) => weight,
            None => {
                let said = say(context, &model, &lesson, &lesson.train, &of_train.rankings, &back)?;
                *weight.insert(best_weight(&lesson.train, &of_train.rankings, &back, &said)?)
            }
        };
        let said = say(context, &model, &lesson, &lesson.eval, &of_eval.rankings, &all)?;
        let reordered =
            of_eval.rankings.iter().zip(&said).map(|(ranking, said)| reorder(ranking, said, weight));
        tuned.push(reordered.collect());
    }
    drop(scratch);
    let weight = weight.unwrap_or(0.0);
    let says = |dir: &std::path::Path| -> Result<Vec<Value>, TuneError> {
        let model = Reranker::open(dir, EncoderOptions::default())?;
        let one = |(asked, ranking): (&Asked, &Ranking)| -> Result<Value, TuneError> {
            let passages: Vec<&str> = passages(&lesson, ranking).into_iter().take(1).collect();
            Ok(model.score(&asked.text, &passages)?.into_iter().map(f64::from).collect())
        };
        lesson.eval.iter().zip(&of_eval.rankings).take(PROBES).map(one).collect()
    };
    let outputs = says(&into)?;
    let probes = lesson.eval.iter().zip(outputs);
    let made = Made {
        kind: RERANKER,
        method: METHOD,
        base: Some(start.remembered()),
        seeds: seeds(asked),
        settings: json!({ "weight": weight, "depth": DEPTH, "window": request.window, "plan": plan }),
        train: Trained { rows: pairs.len(), steps, seconds: began.elapsed().as_secs_f64() },
        figures: figures(&lesson.eval, &lesson.train, &of_eval.rankings, &tuned, asked.seed),
        against: "hybrid search before".into(),
        probes: probes
            .map(|(one, output)| Probe { input: json!({ "query": one.text, "rank": 1 }), output })
            .collect(),
    };
    let artefact = register(context, draft, &lesson, made, |read| says(&read.dir.join("encoder")))?;
    keep.clear();
    // Passages that came with the judgements are like those the workspace searches, for a reranker reads any.
    let served = served_if_proven(context, workspace, who, &artefact)?;
    Ok(TuneReport { served, ..TuneReport::of(&artefact, lesson.data) })
}

/// Right and wrong passages for the questions at `rows`, as ids of the encoder `start`.
fn pairs(
    start: &Embedder,
    workspace: &Workspace,
    lesson: &Lesson,
    snapshot: &engraft_search::Snapshot,
    found: &Found,
    rows: &[usize],
    request: &RerankerRequest,
) -> Result<Vec<JudgedPair>, Error> {
    let ground = &lesson.ground;
    let plain = workspace.fusion_plain()?;
    let grades = lesson.train.iter().flat_map(|one| one.gains.values());
    let most = grades.copied().max().unwrap_or(1).max(1) as f32;
    let mut pairs = Vec::new();
    for &row in rows {
        let (one, question) = (&lesson.train[row], &found.vectors[row]);
        let mut add = |at: usize, relevance: f32| {
            let pair = pair_ids(start.tokenizer(), &one.text, &ground.texts[at], request.window);
            pairs.push(JudgedPair { pair, relevance, prior: 0.0 });
        };
        for (&doc, &gain) in one.gains.iter().filter(|(_, gain)| **gain > 0) {
            let Some(right) = nearest(ground, doc, question) else { continue };
            add(right, gain as f32 / most);
            let fusion = workspace.for_script(plain, &one.text);
            let wrong = wrong(ground, snapshot, one, question, fusion, right, request.wrong);
            wrong.into_iter().for_each(|at| add(at, 0.0));
        }
    }
    Ok(pairs)
}

/// What stands for each of the best documents of a ranking.
fn passages<'l>(lesson: &'l Lesson, ranking: &Ranking) -> Vec<&'l str> {
    let ground = &lesson.ground;
    let text = |hit: &engraft_search::DocHit| {
        let at = ground.rows(hit.doc).find(|&at| ground.entries[at].chunk == hit.best);
        at.map_or("", |at| ground.texts[at].as_str())
    };
    ranking.iter().take(DEPTH).map(text).collect()
}

/// What is not read of the pairs that are scored for the questions at `rows`.
fn unread(
    tokenizer: &Tokenizer,
    lesson: &Lesson,
    asked: &[Asked],
    rankings: &[Ranking],
    rows: &[usize],
    window: usize,
) -> Fitted {
    let mut done = Fitted::default();
    for &row in rows {
        for passage in passages(lesson, &rankings[row]) {
            let lost = pair_ids(tokenizer, &asked[row].text, passage, window).lost;
            done.too_long += usize::from(lost > 0);
            done.truncated += usize::from(lost > 0);
            done.tokens_lost += lost;
        }
    }
    done
}

/// What the reranker says of the best documents of the questions at `rows`.
fn say(
    context: Context,
    model: &Reranker,
    lesson: &Lesson,
    asked: &[Asked],
    rankings: &[Ranking],
    rows: &[usize],
) -> Result<Vec<Vec<f32>>, Error> {
    context.progress.stage("rerank", Some(rows.len() as u64));
    let mut said = Vec::with_capacity(rows.len());
    for &row in rows {
        if context.cancel.is_cancelled() {
            return Err(TuneError::Cancelled.into());
        }
        said.push(model.score(&asked[row].text, &passages(lesson, &rankings[row]))?);
        context.progress.advance(1);
    }
    Ok(said)
}

/// A ranking whose best are put in the order of the blend.
fn reorder(ranking: &Ranking, said: &[f32], weight: f32) -> Ranking {
    let search: Vec<f32> = ranking.iter().take(said.len()).map(|hit| hit.score).collect();
    let blended = blend(&search, said, weight);
    let mut order: Vec<usize> = (0..blended.len()).collect();
    order.sort_by(|&a, &b| blended[b].total_cmp(&blended[a]).then(a.cmp(&b)));
    let mut out: Ranking = order.into_iter().map(|at| ranking[at]).collect();
    out.extend(ranking.iter().skip(said.len()));
    out
}

/// The weight that is best on the questions kept back.
fn best_weight(
    asked: &[Asked],
    rankings: &[Ranking],
    back: &[usize],
    said: &[Vec<f32>],
) -> Result<f32, Error> {
    let scores: Vec<Vec<f64>> = WEIGHTS
        .iter()
        .map(|&weight| {
            let each = back.iter().zip(said);
            each.map(|(&row, said)| {
                let ranking = reorder(&rankings[row], said, weight);
                ndcg(&asked[row], ranking.iter().map(|hit| hit.doc))
            })
            .collect()
        })
        .collect();
    let chosen = choose(&scores, 0, &vec![0; back.len()])
        .ok_or_else(|| Error::Bug("there is nothing to choose a weight on".into()))?;
    Ok(WEIGHTS[chosen.setting])
}

/// Logits of rows `{query, text}` under a tuned reranker, for `predict`, and how many tokens of each pair were cut off.
pub(crate) fn logits(
    workspace: &Workspace,
    artefact: &Artefact,
    pairs: &[(String, String)],
) -> Result<Vec<(f32, usize)>, Error> {
    let model = Reranker::open(
        &artefact.dir.join("encoder"),
        EncoderOptions { threads: workspace.threads(), ..EncoderOptions::default() },
    )?;
    let window = model.window();
    let ids: Vec<_> =
        pairs.iter().map(|(query, text)| pair_ids(model.tokenizer(), query, text, window)).collect();
    let logits = model.score_pairs(&ids)?;
    Ok(logits.into_iter().zip(&ids).map(|(logit, pair)| (logit, pair.lost)).collect())
}
