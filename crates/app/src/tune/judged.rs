//! What the tuners of search have in common: judged questions to learn from and to evaluate on, figures, and registration.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use engraft_core::{DocNo, content_hash};
use engraft_eval::{Measure, Metric, Resampling};
use engraft_nn::Embedder;
use engraft_tune::artefact::{Artefact, Base, Draft, FORMAT, Manifest, Probe, Trained};
use engraft_tune::data::{Audited, Judged, JudgedQuestion, audit_rows, split};
use engraft_tune::ship::{Verdict, paired_difference, verdict};
use engraft_tune::{Keep, TuneError};
use rayon::prelude::*;
use serde_json::Value;

use crate::people::Principal;
use crate::search::embed_query;
use crate::serving::{RETRIEVER, is_adapter};
use crate::tune::base::{self, BaseEncoder};
use crate::tune::feedback::key;
use crate::tune::ground::{Asked, Ground, Ranking, measure};
use crate::tune::relevance::{Judgements, judgements, of_path};
use crate::tune::report::DataReport;
use crate::tune::{HELD_OUT, LISTED, TuneRequest, judging, leftovers};
use crate::{Context, Error, Workspace};

/// Resamples behind every interval.
pub(crate) const RESAMPLES: usize = 2000;
/// The measure that decides.
pub(crate) const DECIDES: &str = "nDCG@10";
/// The same on questions none of whose answers were judged in training.
pub(crate) const ON_NEW: &str = "nDCG@10 where no answer was seen in training";

/// What decides, of the search before.
pub(crate) const BEFORE: &str = "nDCG@10 before";

/// Judged questions, in two parts that do not leak, and what they are ranked against.
pub(crate) struct Lesson {
    pub(crate) ground: Ground,
    pub(crate) train: Vec<Asked>,
    pub(crate) eval: Vec<Asked>,
    pub(crate) passages: bool,
    pub(crate) snapshot: String,
    pub(crate) lineage: Vec<String>,
    pub(crate) stem: String,
    pub(crate) data: DataReport,
}

impl Lesson {
    /// Where trainings of `asked` that start from `start` keep what is done of them. What seems to answer a question and does not
    /// depends on all there is to find, and on how it is found.
    pub(crate) fn keep(
        &self,
        workspace: &Workspace,
        asked: &dyn Debug,
        start: &BaseEncoder,
    ) -> Result<Keep, Error> {
        let found = content_hash(self.ground.texts.join("\n").as_bytes());
        let serving = format!("{:?}", workspace.serving());
        let start = start.remembered().fingerprint;
        base::keep(workspace, asked, &[&self.snapshot, &self.lineage.join(" "), &start, &found, &serving])
    }
}

/// What a tuner of search is asked to learn from, as it was read: nothing of it is looked up or embedded.
pub(crate) struct Source {
    pub(crate) judgements: Judgements,
    /// Those to evaluate on, where they are named.
    named: Option<Judgements>,
}

/// Reads what a tuner of search is asked to learn from.
pub(crate) fn read(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    asked: &TuneRequest,
) -> Result<Source, Error> {
    leftovers::begin(context, workspace, asked)?;
    context.progress.stage("read", None);
    let judgements = judgements(context, workspace, who, asked)?;
    let named = asked.eval.as_deref().map(|path| of_path(workspace, path)).transpose()?;
    Ok(Source { judgements, named })
}

/// Divides what was read into two parts that do not leak, and looks up what they name; passages that came along are embedded.
pub(crate) fn lesson(
    context: Context,
    workspace: &Workspace,
    encoder: &Embedder,
    asked: &TuneRequest,
    source: Source,
) -> Result<Lesson, Error> {
    let Source { judgements, named } = source;
    let Judgements { judged, feedback, lineage, stem, unresolved, elsewhere } = judgements;
    let both: Vec<&Judged> =
        std::iter::once(&judged).chain(named.as_ref().map(|named| &named.judged)).collect();
    let ground = Ground::of(context, workspace, encoder, &both)?;
    let (mut train, mut lost) = ground.asked(&judged.questions);
    let mut lineage = vec![lineage];
    let seen: Vec<Audited> = judged.questions.iter().map(JudgedQuestion::audited).collect();
    let mut data = DataReport { audit: Some(audit_rows(&seen)), feedback, ..DataReport::default() };
    let mut rejected = judged.rejected;
    let eval = match named {
        Some(named) => {
            lineage.push(format!("eval-{}", named.lineage));
            rejected.extend(named.judged.rejected);
            let (eval, without) = ground.asked(&named.judged.questions);
            lost += without;
            if let Some(feedback) = &mut data.feedback {
                // People ask the same again and again: what is evaluated on is not learned from.
                let asked: BTreeSet<String> = eval.iter().map(|one| key(&one.text)).collect();
                let before = train.len();
                train.retain(|one| !asked.contains(&key(&one.text)));
                feedback.left_out = before - train.len();
            }
            eval
        }
        None => {
            let texts: Vec<&str> = train.iter().map(|one| one.text.as_str()).collect();
            let parts = split(&texts, &vec![None; texts.len()], &[], HELD_OUT, asked.seed);
            let pick = |places: &[usize]| places.iter().map(|&at| train[at].clone()).collect::<Vec<_>>();
            let (kept, held) = (pick(&parts.train), pick(&parts.held));
            train = kept;
            held
        }
    };
    let known: BTreeSet<&str> = train.iter().map(|one| one.text.as_str()).collect();
    data.leaked = eval.iter().filter(|one| known.contains(one.text.as_str())).count();
    data.eval_rows = eval.len();
    data.unresolved = unresolved + lost;
    data.rejected_total = rejected.len();
    rejected.truncate(LISTED);
    data.rejected = rejected;
    if train.is_empty() || eval.is_empty() {
        let message = format!(
            "{} questions to learn from and {} to evaluate on are left; {lost} have no answer among the documents here",
            train.len(),
            eval.len()
        );
        let hint = match lost {
            0 => "judge more questions, or name a file of others with `--eval`".into(),
            _ => elsewhere,
        };
        return Err(TuneError::data(message, hint).into());
    }
    let (passages, snapshot) = (judged.passages, judged.sha256);
    Ok(Lesson { ground, train, eval, passages, snapshot, lineage, stem, data })
}

/// The encoder whose vectors search compares, or an error that says why there is none.
pub(crate) fn encoder_of<'w>(context: Context, workspace: &'w Workspace) -> Result<&'w Embedder, Error> {
    workspace.encoder(context)?.ok_or_else(no_encoder)
}

/// The encoder whose weights are trained: the one asked for, else the one that engraft.toml names.
pub(crate) fn start_of(
    context: Context,
    workspace: &Workspace,
    asked: &TuneRequest,
) -> Result<BaseEncoder, Error> {
    base::open(context, workspace, asked.base.as_deref())?.ok_or_else(no_encoder)
}

fn no_encoder() -> Error {
    Error::Request {
        message: "this workspace has no encoder, so there is no meaning to tune".into(),
        hint: "set encoder.model in engraft.toml and run `engraft sync`".into(),
    }
}

/// The questions' vectors. One question keeps one thread busy, so they are read side by side.
pub(crate) fn vectors(encoder: &Embedder, asked: &[Asked]) -> Result<Vec<Vec<f32>>, Error> {
    asked.par_iter().map(|one| embed_query(encoder, &one.text)).collect()
}

/// The documents that training saw as answers.
pub(crate) fn seen(train: &[Asked]) -> BTreeSet<DocNo> {
    train.iter().flat_map(Asked::answers).collect()
}

/// Figures of rankings, one a seed, and how they compare with those of the search before.
pub(crate) struct Figures {
    pub(crate) eval: BTreeMap<String, Metric>,
    pub(crate) against_base: BTreeMap<String, Metric>,
    pub(crate) verdict: Verdict,
}

/// `base` and each of `tuned` (one a seed) hold a ranking of each question of `eval`.
pub(crate) fn figures(
    eval: &[Asked],
    train: &[Asked],
    base: &[Ranking],
    tuned: &[Vec<Ranking>],
    seed: u64,
) -> Figures {
    let resampling = Resampling { seed, resamples: RESAMPLES };
    let seen = seen(train);
    let new: Vec<usize> =
        (0..eval.len()).filter(|&at| !eval[at].answers().any(|doc| seen.contains(&doc))).collect();
    let all: Vec<usize> = (0..eval.len()).collect();
    let mut out = Figures {
        eval: BTreeMap::new(),
        against_base: BTreeMap::new(),
        verdict: Verdict { ship: false, why: String::new() },
    };
    let scores = |rankings: &[Ranking], what: Measure, rows: &[usize]| -> Vec<f64> {
        rows.iter().map(|&at| measure(what, &eval[at], rankings[at].iter().map(|hit| hit.doc))).collect()
    };
    let ndcg = Measure::Ndcg(Some(10));
    let measures = [
        (DECIDES, ndcg, &all),
        ("R@100", Measure::Recall(Some(100)), &all),
        ("RR", Measure::ReciprocalRank(None), &all),
        (ON_NEW, ndcg, &new),
    ];
    for (name, what, rows) in measures {
        let before = scores(base, what, rows);
        let after: Vec<Vec<f64>> = tuned.iter().map(|one| scores(one, what, rows)).collect();
        let mean: Vec<f64> = (0..rows.len())
            .map(|row| after.iter().map(|seed| seed[row]).sum::<f64>() / after.len().max(1) as f64)
            .collect();
        out.eval.insert(name.into(), Metric::mean(&mean, &resampling));
        out.against_base.insert(name.into(), paired_difference(&[before], &after, &resampling));
    }
    out.eval.insert(BEFORE.into(), Metric::mean(&scores(base, ndcg, &all), &resampling));
    let (whole, on_new) = (&out.against_base[DECIDES], &out.against_base[ON_NEW]);
    out.verdict = verdict(whole, DECIDES, "the search before");
    if out.verdict.ship {
        if on_new.high.is_some_and(|high| high < 0.0) {
            out.verdict.ship = false;
            out.verdict.why.push_str("; but it is worse where no answer was seen in training");
        } else {
            out.verdict.why.push_str(&told_on_new(on_new));
        }
    }
    out
}

/// Whether the gain holds for documents that training never saw as answers.
fn told_on_new(on_new: &Metric) -> String {
    match (on_new.value, on_new.low, on_new.high) {
        (Some(value), Some(low), Some(high)) => format!(
            "; on the {} questions none of whose answers was seen in training {:+.1} points ({:+.1} to {:+.1})",
            on_new.n,
            value * 100.0,
            low * 100.0,
            high * 100.0
        ),
        _ => format!("; only {} questions ask for answers that training did not see", on_new.n),
    }
}

/// What a tuner of search knows of the model it made.
pub(crate) struct Made {
    pub(crate) kind: &'static str,
    pub(crate) method: &'static str,
    pub(crate) base: Option<Base>,
    pub(crate) seeds: Vec<u64>,
    pub(crate) settings: Value,
    pub(crate) train: Trained,
    pub(crate) figures: Figures,
    pub(crate) against: String,
    pub(crate) probes: Vec<Probe>,
}

/// Begins the model's folder, under the name asked for or one that is free.
pub(crate) fn draft(
    workspace: &Workspace,
    lesson: &Lesson,
    asked: &TuneRequest,
    what: &str,
) -> Result<Draft, Error> {
    let name = judging::name(workspace, asked, &lesson.stem, what);
    Ok(Draft::begin(&workspace.models(), &name)?)
}

/// Registers the model, whatever the verdict; `reload` answers the probes from its files.
pub(crate) fn register(
    context: Context,
    draft: Draft,
    lesson: &Lesson,
    made: Made,
    reload: impl FnOnce(&Artefact) -> Result<Vec<Value>, TuneError>,
) -> Result<Artefact, Error> {
    context.progress.stage("register", None);
    let mut lineage = lesson.lineage.clone();
    lineage.extend(made.base.as_ref().map(|base| format!("base:{}@{}", base.name, base.fingerprint)));
    let verdict = made.figures.verdict.unless_learned(lesson.data.leaked, lesson.data.eval_rows);
    let manifest = Manifest {
        format: FORMAT,
        name: String::new(),
        kind: made.kind.into(),
        method: made.method.into(),
        base: made.base,
        data_snapshot: lesson.snapshot.clone(),
        seeds: made.seeds,
        created: (context.now)(),
        build: env!("CARGO_PKG_VERSION").into(),
        labels: Vec::new(),
        settings: made.settings,
        train: made.train,
        eval: made.figures.eval,
        against: made.against,
        against_base: made.figures.against_base,
        ship: verdict.ship,
        why: verdict.why,
        lineage,
        probes: made.probes,
        files: BTreeMap::new(),
    };
    Ok(draft.register(manifest, reload)?)
}

/// The seeds asked for.
pub(crate) fn seeds(asked: &TuneRequest) -> Vec<u64> {
    engraft_tune::seeds(asked.seed, asked.seeds)
}

/// How the artefact remembers the encoder whose vectors search compares: by the retriever whose own it is, else by the name in
/// engraft.toml.
pub(crate) fn remembered(workspace: &Workspace, encoder: &Embedder) -> Result<Base, Error> {
    let tuned = workspace.served(RETRIEVER)?.filter(|artefact| !is_adapter(&artefact.manifest));
    let name = tuned.map_or_else(|| workspace.config.encoder.model.clone(), |own| own.manifest.name);
    Ok(Base { name, fingerprint: encoder.encoder().fingerprint() })
}
