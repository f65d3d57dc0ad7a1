//! `decide`: retrieval, fine-tuning or both, measured on the team's own questions; with a record that can be replayed.

mod answer;
mod asking;
mod brief;
mod cells;
mod changes;
mod classify;
mod curve;
mod deploy;
mod draw;
mod drawn;
mod extract;
mod frame;
mod generator;
mod grow;
mod judged;
mod kept;
mod leak;
mod left_out;
mod load;
mod material;
mod meter;
mod nearest;
mod output;
mod preference;
mod ranked;
mod route;
mod shared;
mod task;
mod vectors;
mod watched;
mod write;

use std::path::{Path, PathBuf};

pub use engraft_decide::{Anchor, ArmReport, Decision, Rule, Weights, chance};
use engraft_decide::{Experiment, Unfit};
use engraft_nn::{Embedder, EncoderOptions};
use serde::Serialize;

pub use drawn::{Drawn, drawn, drawn_from};
pub use output::{Replayed, replay};
pub use task::{
    Generator, Judging, Leakage, Part, RouteBy, Scaling, Slices, Task, TaskKind, Updates, Writing,
    WritingMeasure,
};
pub use watched::{DecisionNo, DecisionRow, DecisionState, Scales, decision, decision_report, decisions};

use self::cells::Cell;
use self::frame::Frame;
use self::kept::Kept;
use self::material::From;
use self::task::request;
use crate::endpoint::{Endpoint, configured};
use crate::isolate::Parsers;
use crate::{Context, Error, Workspace, models};

/// What was decided, and where it is written.
#[derive(Clone, Debug, Serialize)]
pub struct Decided {
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// The folder with `decision.json`, `report.html`, `report.md` and `record.json`.
    pub out: PathBuf,
    /// Answers asked for in this run.
    pub asked: usize,
    /// Answers kept from an interrupted run.
    pub reused: usize,
}

/// What `decide` would do.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The task.
    pub name: String,
    /// What an answer is.
    pub kind: &'static str,
    /// Questions that would be asked.
    pub questions: usize,
    /// Labelled examples.
    pub examples: usize,
    /// Labels.
    pub labels: usize,
    /// Training seeds.
    pub seeds: usize,
    /// The arms.
    pub arms: Vec<String>,
    /// The parts of an answering arm that would be tuned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tuned: Vec<Part>,
    /// Scripted changes an arm.
    pub changes: usize,
    /// Answers in all.
    pub answers: usize,
    /// Tokens that would be paid for.
    pub paid_tokens: u64,
    /// Where it would write.
    pub out: PathBuf,
}

impl Plan {
    /// A plan with the arms of a task that learns from examples: the four cells, perfect use of what is found, and chance.
    fn of_examples(task: &Task, questions: usize, draws: &[Vec<usize>], labels: usize, out: &Path) -> Plan {
        let arms = Cell::ALL.map(|cell| cell.name().to_string());
        Plan {
            name: task.name.clone(),
            kind: task.kind.name(),
            questions,
            examples: draws.iter().map(Vec::len).max().unwrap_or(0),
            labels,
            seeds: draws.len(),
            arms: arms.to_vec(),
            tuned: Vec::new(),
            changes: task.updates.trials,
            answers: Cell::ALL.map(|cell| questions * cell.seeds(draws.len())).iter().sum(),
            paid_tokens: 0,
            out: out.to_path_buf(),
        }
    }
}

/// Where and how.
#[derive(Clone, Copy)]
pub struct DecideRequest<'a> {
    /// What to decide.
    pub task: &'a Task,
    /// The folder to write into; what an interrupted run measured there is kept.
    pub out: &'a Path,
    /// The command that does this again, for the report.
    pub command: &'a str,
    /// Threads of the encoder.
    pub threads: usize,
    /// Where datasets are, for a task that reads them, what names the language model, for one that asks it, and whose studio
    /// shows how far it is.
    pub workspace: Option<&'a Workspace>,
    /// Reads the documents of a task that asks them.
    pub parsers: &'a Parsers,
}

/// Measures every arm of the task and decides. In a workspace, those who look at its studio see how far it is.
pub fn decide(context: Context, request: &DecideRequest) -> Result<Decided, Error> {
    match request.workspace {
        Some(workspace) => watched::watched(context, workspace, request.task, request.out, |context| {
            measure(context, request)
        }),
        None => measure(context, request),
    }
}

fn measure(context: Context, request: &DecideRequest) -> Result<Decided, Error> {
    let DecideRequest { task, out, .. } = *request;
    let endpoint = endpoint(task, request.workspace)?;
    // Read first: what is wrong with it is told before anything is measured.
    let judge = judged::judge(task, request.workspace)?;
    let frame = Frame::new(context, task, request.command, request.threads);
    let kept = Kept::open(&out.join("work"))?.watched(request.workspace.is_some());
    // What an earlier run left may be of another task.
    kept.hide();
    let mut measured = match task.kind {
        TaskKind::Answer => match endpoint {
            Some(endpoint) => {
                let with = (request.parsers, endpoint);
                answer::generated::measure(context, task, &frame, with, out, &kept)?
            }
            None => answer::measure(context, task, &frame, request.parsers, out, &kept)?,
        },
        TaskKind::Extract => {
            let from = From { context, workspace: request.workspace, task };
            extract::measure(from, &frame, &encoder(context, task, request.threads)?, &kept)?
        }
        TaskKind::Write => {
            let from = From { context, workspace: request.workspace, task };
            let encoder = match task.encoder.as_str() {
                "none" => None,
                _ => Some(encoder(context, task, request.threads)?),
            };
            write::measure(from, &frame, encoder.as_ref(), named(endpoint)?, &kept)?
        }
        TaskKind::Classify => {
            let from = From { context, workspace: request.workspace, task };
            classify::measure(from, &frame, &encoder(context, task, request.threads)?, &kept)?
        }
    };
    context.progress.stage("decide", None);
    measured.experiment.not_measured = left_out::left_out(task, &measured.experiment);
    measured.experiment.votes = preference::votes(task, &measured.experiment)?;
    measured.experiment.judge = judge;
    let decision = output::write(out, &measured.experiment)?;
    kept.hide();
    preference::sheet(out, &measured.experiment, &decision)?;
    Ok(Decided { decision, out: out.to_path_buf(), asked: measured.asked, reused: measured.reused })
}

/// What [`decide`] would do; nothing is measured or written.
pub fn plan_decision(
    context: Context,
    workspace: Option<&Workspace>,
    task: &Task,
    out: &Path,
) -> Result<Plan, Error> {
    let endpoint = endpoint(task, workspace)?;
    judged::judge(task, workspace)?;
    let from = From { context, workspace, task };
    match task.kind {
        TaskKind::Answer => match endpoint {
            Some(endpoint) => answer::generated::plan(task, endpoint, out),
            None => answer::plan(task, out),
        },
        TaskKind::Extract => extract::plan(from, out),
        TaskKind::Write => write::plan(from, named(endpoint)?, out),
        TaskKind::Classify => classify::plan(from, out),
    }
}

/// The language model of a task that asks one; refused before anything is measured where there is none.
fn endpoint<'a>(task: &Task, workspace: Option<&'a Workspace>) -> Result<Option<&'a Endpoint>, Error> {
    if !task.asks_a_model() {
        return Ok(None);
    }
    let endpoint = workspace.and_then(|workspace| workspace.config.endpoint.as_ref());
    configured(endpoint, &format!("a task of kind `{}`", task.kind.name())).map(Some)
}

fn named(endpoint: Option<&Endpoint>) -> Result<&Endpoint, Error> {
    endpoint.ok_or_else(|| Error::Bug("a task that asks a model has none".into()))
}

fn encoder(context: Context, task: &Task, threads: usize) -> Result<Embedder, Error> {
    let folder = models::find_or_pull(context, &task.encoder)?;
    let name = Path::new(&task.encoder)
        .file_name()
        .map_or_else(|| task.encoder.clone(), |name| name.to_string_lossy().into_owned());
    Ok(Embedder::open(&folder, &name, EncoderOptions { threads, ..EncoderOptions::default() })?)
}

/// The decision on an experiment that was read from its record.
fn decided(experiment: &Experiment, sha256: &str) -> Result<Decision, Error> {
    engraft_decide::decide(experiment, sha256).map_err(unfit)
}

fn unfit(error: Unfit) -> Error {
    match &error {
        Unfit::Shape(_) => request(error.to_string(), "use a `record.json` that `engraft decide` wrote"),
        Unfit::TooFew { .. } => request(error.to_string(), "bring more questions with right answers"),
        Unfit::FewClusters { .. } => request(
            error.to_string(),
            "ask about more documents, or give rows that do not belong together another `group`",
        ),
        Unfit::NoArm => request(
            error.to_string(),
            "bring labelled examples or `documents`; `--dry-run` lists the arms a task can fill",
        ),
    }
}
