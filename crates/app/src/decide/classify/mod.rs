//! `classify`: label meanings, nearest examples, a trained head, and both together, asked the same questions.

mod arms;
mod curve;
mod data;
mod models;
mod updates;
mod vectors;

use std::path::Path;

use engraft_core::Embed;
use engraft_decide::{Experiment, Role};
use engraft_nn::Embedder;

use self::arms::Asker;
use self::data::{Data, From};
use self::models::{Head, Memory};
use self::updates::Stage;
use super::Plan;
use super::frame::{Frame, Measured};
use super::kept::Kept;
use super::task::Task;
use crate::{Context, Error, Workspace};

/// Measures every arm.
pub(super) fn measure(
    context: Context,
    workspace: Option<&Workspace>,
    task: &Task,
    frame: &Frame,
    encoder: &Embedder,
    kept: &Kept,
) -> Result<Measured, Error> {
    let data = Data::read(From { context, workspace, task })?;
    let fingerprint = data.fingerprint(&format!(
        "{} {} {} {:?}",
        encoder.name(),
        task.neighbours,
        task.seed,
        task.out_of_scope
    ));
    let texts: Vec<&str> = data.questions.iter().map(|question| question.text.as_str()).collect();
    let questions = vectors::one_by_one(context, encoder, kept, &fingerprint, &texts)?;
    let texts: Vec<&str> = data.examples.iter().map(|example| example.text.as_str()).collect();
    let examples = vectors::in_batches(context, encoder, kept, "examples", &fingerprint, &texts)?;
    let texts: Vec<&str> = data.meanings.iter().map(String::as_str).collect();
    let meanings = vectors::in_batches(context, encoder, kept, "labels", &fingerprint, &texts)?;

    let mut asker = Asker {
        data: &data,
        task,
        questions: &questions,
        examples: &examples,
        meanings: &meanings,
        reused: 0,
        asked: 0,
    };
    let mut heads = Vec::new();
    context.progress.stage("train", Some(data.draws.len() as u64));
    for (seed, draw) in data.draws.iter().enumerate() {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let memory = Memory::of(&data, draw);
        heads.push(Head::train(&data, &examples.vectors, &memory, task.neighbours, task.seed + seed as u64));
        context.progress.advance(1);
    }
    let mut arms = asker.arms(context, kept, &fingerprint, &heads)?;
    let stage = Stage {
        data: &data,
        encoder,
        examples: &examples.vectors,
        questions: &questions.vectors,
        meanings: &meanings.vectors,
        head: &heads[0].0,
        task,
    };
    for arm in arms.iter_mut().filter(|arm| arm.role == Role::Candidate) {
        stage.try_on(context, kept, &fingerprint, arm)?;
    }
    let curve = match task.learning_curve {
        true => curve::curve(context, kept, &fingerprint, &asker, &heads, &arms)?,
        false => Vec::new(),
    };
    let mut notes = data.notes.clone();
    let cut = questions.cut + examples.cut;
    if cut > 0 {
        notes.push(format!("{cut} texts were cut to the {} tokens the encoder reads.", encoder.window()));
    }
    notes.push(
        "The trained head is a convex fit: the same labels give the same head, so seeds differ only in the labels drawn.".into(),
    );
    notes.push(format!(
        "A model trained anew is looked at for {} minutes before it goes live; time spent on writing labels is not in the lag.",
        task.updates.review_minutes
    ));
    let (reused, asked) = (asker.reused, asker.asked);
    let experiment = Experiment {
        data: data.facts.clone(),
        measures: arms::measures(&data),
        stages: arms::STAGES.map(str::to_string).to_vec(),
        questions: asker.questions(),
        arms,
        curve,
        notes,
        ..frame.experiment()
    };
    Ok(Measured { experiment, reused, asked })
}

/// What [`measure`] would do.
pub(super) fn plan(
    context: Context,
    workspace: Option<&Workspace>,
    task: &Task,
    out: &Path,
) -> Result<Plan, Error> {
    let data = Data::read(From { context, workspace, task })?;
    let arms = ["base", "retrieval", "tuned", "both", "perfect-reader", "random-examples"];
    let seeds = data.draws.len();
    Ok(Plan {
        name: task.name.clone(),
        kind: task.kind.name(),
        questions: data.questions.len(),
        examples: data.draws.iter().map(Vec::len).max().unwrap_or(0),
        labels: data.labels.len(),
        seeds,
        arms: arms.map(str::to_string).to_vec(),
        changes: task.updates.trials,
        answers: data.questions.len() * (1 + (arms.len() - 1) * seeds),
        paid_tokens: 0,
        out: out.to_path_buf(),
    })
}
