//! `extract`: what the labels ask for, annotated examples looked up, a trained extractor, and both together, given the same
//! texts.

mod arms;
mod data;
mod lookup;
mod models;
mod scale;
mod updates;

use std::path::Path;

use engraft_core::Embed;
use engraft_decide::Experiment;
use engraft_nn::Embedder;
use engraft_tune::data::ExtractionRow;
use engraft_tune::extractor::BaseEncoder;

use self::arms::Asker;
use self::data::Data;
use self::lookup::Memory;
use self::models::{Schema, Tuned, f1};
use self::updates::Stage;
use super::Plan;
use super::asking::Asking;
use super::curve::{Lessons, curve};
use super::frame::{self, Frame, Measured};
use super::kept::Kept;
use super::material::From;
use super::task::Task;
use super::vectors::{self, Encoded};
use crate::tune::base::watch;
use crate::{Error, models as stored};

/// Measures every arm.
pub(super) fn measure(from: From, frame: &Frame, encoder: &Embedder, kept: &Kept) -> Result<Measured, Error> {
    let From { context, task, .. } = from;
    let data = Data::read(from)?;
    let fingerprint = data.fingerprint(task, &format!("{} {}", encoder.name(), arms::measures().len()));
    let texts: Vec<&str> = data.asked.iter().map(|row| row.text.as_str()).collect();
    let questions = vectors::one_by_one(context, encoder, kept, &fingerprint, &texts)?;
    let texts: Vec<&str> = data.examples.iter().map(|row| row.text.as_str()).collect();
    let examples = vectors::in_batches(context, encoder, kept, "examples", &fingerprint, &texts)?;
    let schema = Schema::of(task, &data.labels, task.values.clone());

    let mut asking = Asking::new(context, kept, &fingerprint);
    let folder = match task.extractor.needs_encoder() {
        true => Some(stored::find_or_pull(context, &task.encoder)?),
        false => None,
    };
    let base = folder.as_deref().map(|dir| BaseEncoder { name: encoder.name(), dir });
    let mut trained = Vec::new();
    for (seed, draw) in data.draws.iter().enumerate() {
        asking.go_on()?;
        let seed = task.seed + seed as u64;
        trained.push(Tuned::train(
            watch(&context, None),
            &data,
            &examples.vectors,
            draw,
            task,
            (base, seed),
        )?);
    }
    let asker = Asker { data: &data, task, schema: &schema, questions: &questions, examples: &examples };
    let (arms, pooled) = asker.arms(&mut asking, &trained)?;
    let setup = frame::setup([
        ("Encoder", frame::encoder(Some(encoder.name()))),
        ("Examples looked up", task.neighbours.to_string()),
        ("Tuned extractor", task.extractor.to_string()),
    ]);
    let mut experiment = Experiment {
        setup,
        data: data.facts.clone(),
        unasked: data.unasked.clone(),
        measures: arms::measures(),
        stages: arms::STAGES.map(str::to_string).to_vec(),
        questions: data.questions(),
        routed_by: data.routes.by.clone(),
        arms,
        label_s: Some(task.label_s(data.label_s)),
        ..frame.experiment()
    };
    kept.show(&experiment);
    let tuned = &trained[0].0;
    let stage = Stage {
        watch: watch(&context, None),
        data: &data,
        task,
        encoder,
        examples: &examples,
        questions: &questions,
        schema: &schema,
        tuned,
        base,
    };
    stage.try_on(&asking, &mut experiment.arms)?;
    kept.show(&experiment);
    let strata: Vec<usize> = data.examples.iter().map(|row| usize::from(row.spans.is_empty())).collect();
    let mut learn = |places: &[usize], seed: u64| learned(&stage, places, seed);
    let lessons = Lessons { strata: &strata, draws: &data.draws, seed: task.seed, varies: true };
    if task.learning_curve {
        experiment.curve = curve(&asking, &lessons, &experiment.arms, &mut learn)?;
        kept.show(&experiment);
    }
    experiment.scale =
        scale::scale(&asker, &asking, (encoder, frame.threads), &trained[0].0, &experiment.arms)?;
    experiment.notes = notes(&data, task, &pooled, (encoder, &questions, &examples));
    let (reused, asked) = (asking.reused, asking.asked);
    Ok(Measured { experiment, reused, asked })
}

fn notes(
    data: &Data,
    task: &Task,
    pooled: &str,
    (encoder, questions, examples): (&Embedder, &Encoded, &Encoded),
) -> Vec<String> {
    let mut notes = data.notes.clone();
    notes.push(format!(
        "Pooled over all texts, as `metrics spans` has it, the span F1 (first seed) is {pooled}."
    ));
    let cut = questions.cut + examples.cut;
    if cut > 0 {
        notes.push(format!(
            "{cut} texts were cut to the {} tokens the encoder reads, for looking up; spans are found in the whole text.",
            encoder.window()
        ));
    }
    let texts: std::collections::BTreeSet<&String> = data.clusters.iter().collect();
    if texts.len() == data.asked.len() {
        notes.push("No two texts share a `group`: each is taken to be independent of the others.".into());
    }
    notes.push(format!(
        "A model trained anew is looked at for {} minutes before it goes live; time spent on annotating is not in the lag.",
        task.updates.review_minutes
    ));
    notes
}

/// The mean F1 of `retrieval` and `tuned` with the examples at `places`; scores are read as the full extractor's are.
fn learned(stage: &Stage, places: &[usize], seed: u64) -> Result<[f64; 2], Error> {
    let (data, task) = (stage.data, stage.task);
    let memory = Memory::of(&data.examples, places.iter().copied());
    let rows: Vec<&ExtractionRow> = memory.rows.iter().map(|(_, row)| &**row).collect();
    let extractor = stage.tuned.extractor.again(stage.watch, &rows, seed)?;
    let asked: Vec<&ExtractionRow> = data.asked.iter().collect();
    let tuned: f64 = asked.iter().zip(extractor.find(&asked)?).map(|(row, found)| f1(row, &found)).sum();
    let looked_up = |(at, row): (usize, &&ExtractionRow)| {
        let question = stage.questions.vectors.row(at);
        f1(row, &memory.look_up(&stage.examples.vectors, question, task.neighbours).spans(&row.text))
    };
    let retrieval: f64 = asked.iter().enumerate().map(looked_up).sum();
    Ok([retrieval, tuned].map(|sum| sum / asked.len() as f64))
}

/// What [`measure`] would do.
pub(super) fn plan(from: From, out: &Path) -> Result<Plan, Error> {
    let data = Data::read(from)?;
    Ok(Plan::of_examples(from.task, data.asked.len(), &data.draws, data.labels.len(), out))
}
