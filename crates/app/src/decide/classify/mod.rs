//! `classify`: label meanings, nearest examples, a trained head, and both together, asked the same questions.

mod arms;
mod data;
mod live;
mod models;
mod scale;
mod updates;

use std::path::Path;

use engraft_core::Embed;
use engraft_decide::Experiment;
use engraft_nn::Embedder;

use self::arms::Asker;
use self::data::Data;
use self::models::{Head, Memory, best, fit};
use self::updates::Stage;
use super::Plan;
use super::asking::Asking;
use super::curve::{Lessons, curve};
use super::frame::{self, Frame, Measured};
use super::kept::Kept;
use super::material::From;
use super::task::Task;
use super::vectors::{self, Encoded};
use crate::Error;

/// Measures every arm.
pub(super) fn measure(from: From, frame: &Frame, encoder: &Embedder, kept: &Kept) -> Result<Measured, Error> {
    let From { context, task, .. } = from;
    let data = Data::read(from)?;
    let fingerprint = data.fingerprint(&format!(
        "{} {} {} {:?} {}",
        encoder.name(),
        task.neighbours,
        task.seed,
        task.out_of_scope,
        arms::measures(&data).len()
    ));
    let texts: Vec<&str> = data.questions.iter().map(|question| question.text.as_str()).collect();
    let questions = vectors::one_by_one(context, encoder, kept, &fingerprint, &texts)?;
    let texts: Vec<&str> = data.examples.iter().map(|example| example.text.as_str()).collect();
    let examples = vectors::in_batches(context, encoder, kept, "examples", &fingerprint, &texts)?;
    let texts: Vec<&str> = data.meanings.iter().map(String::as_str).collect();
    let meanings = vectors::in_batches(context, encoder, kept, "labels", &fingerprint, &texts)?;

    let asker = Asker { data: &data, task, questions: &questions, examples: &examples, meanings: &meanings };
    let mut asking = Asking::new(context, kept, &fingerprint);
    let mut heads = Vec::new();
    context.progress.stage("train", Some(data.draws.len() as u64));
    for (seed, draw) in data.draws.iter().enumerate() {
        asking.go_on()?;
        let memory = Memory::of(&data, draw);
        heads.push(Head::train(&data, &examples.vectors, &memory, task.neighbours, task.seed + seed as u64));
        context.progress.advance(1);
    }
    let arms = asker.arms(&mut asking, &heads)?;
    let setup = frame::setup([
        ("Encoder", frame::encoder(Some(encoder.name()))),
        ("Examples looked up", task.neighbours.to_string()),
    ]);
    let mut experiment = Experiment {
        setup,
        data: data.facts.clone(),
        unasked: data.unasked.clone(),
        measures: arms::measures(&data),
        stages: arms::STAGES.map(str::to_string).to_vec(),
        questions: asker.questions(),
        routed_by: data.routes.by.clone(),
        arms,
        label_s: Some(task.label_s(data.label_s)),
        ..frame.experiment()
    };
    kept.show(&experiment);
    let stage = Stage {
        data: &data,
        encoder,
        examples: &examples.vectors,
        questions: &questions.vectors,
        meanings: &meanings.vectors,
        head: &heads[0].0,
        task,
    };
    stage.try_on(&asking, &mut experiment.arms)?;
    kept.show(&experiment);
    let mut learn =
        |places: &[usize], _: u64| Ok(learned(&data, task, &heads[0].0, (&questions, &examples), places));
    // The head is a convex fit: the same labels give the same head.
    let lessons = Lessons { strata: &data.strata(), draws: &data.draws, seed: task.seed, varies: false };
    if task.learning_curve {
        experiment.curve = curve(&asking, &lessons, &experiment.arms, &mut learn)?;
        kept.show(&experiment);
    }
    experiment.scale =
        scale::scale(&asker, &asking, (encoder, frame.threads), &heads[0].0, &experiment.arms)?;
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
    experiment.notes = notes;
    let (reused, asked) = (asking.reused, asking.asked);
    Ok(Measured { experiment, reused, asked })
}

/// The share of questions that `retrieval` and `tuned` get right with the examples at `places`; the head is read as `head` is.
fn learned(
    data: &Data,
    task: &Task,
    head: &Head,
    (questions, examples): (&Encoded, &Encoded),
    places: &[usize],
) -> [f64; 2] {
    let labels = data.labels.len();
    let memory = Memory::of(data, places);
    let vectors = &examples.vectors;
    let head = Head { logistic: fit(vectors, &memory, labels, None), ..head.clone() };
    let right = |answer: &dyn Fn(&[f32]) -> usize| {
        let asked = data.questions.iter().enumerate();
        let hits = asked.filter(|(at, question)| answer(questions.vectors.row(*at)) == question.gold);
        hits.count() as f64 / data.questions.len() as f64
    };
    let found = |question: &[f32]| memory.look_up(vectors, question, task.neighbours, labels).probabilities;
    [right(&|question| best(&found(question))), right(&|question| best(&head.predict(question)))]
}

/// What [`measure`] would do.
pub(super) fn plan(from: From, out: &Path) -> Result<Plan, Error> {
    let data = Data::read(from)?;
    Ok(Plan::of_examples(from.task, data.questions.len(), &data.draws, data.labels.len(), out))
}
