//! `write`: a language model alone, shown the nearest examples, tuned on them, and both, asked for the same texts.

mod arms;
mod data;
mod format;
mod nearest;
mod schema;
mod style;

use std::path::Path;

use engraft_core::Embed;
use engraft_decide::{Experiment, Measure};
use engraft_nn::Embedder;

use self::arms::{STAGES, Writer, cells, is_shown, is_tuned, text_measures};
use self::data::Data;
use self::format::Format;
use self::nearest::Nearest;
use super::Plan;
use super::cells::Cell;
use super::frame::{self, Frame, Measured};
use super::generator::priced;
use super::kept::Kept;
use super::load;
use super::material::From;
use crate::Error;
use crate::endpoint::{Chat, Endpoint};

/// Measures every arm that the endpoint has a model for.
pub(super) fn measure(
    from: From,
    frame: &Frame,
    encoder: Option<&Embedder>,
    endpoint: &Endpoint,
    kept: &Kept,
) -> Result<Measured, Error> {
    let From { context, task, .. } = from;
    let (data, format) = (Data::read(from)?, Format::of(task)?);
    let terms = priced(task.terms(), endpoint)?;
    let chat = Chat::open(endpoint)?;
    let k = task.writing.examples;
    let fingerprint = data.fingerprint(&format!("{:?} {k}", encoder.map(Embed::name)));
    let nearest = Nearest::find(context, &data, encoder, kept, (&fingerprint, k))?;
    let writer =
        Writer { context, task, data: &data, chat: &chat, kept, format: format.as_ref(), nearest: &nearest };
    let wrote = writer.arms()?;
    let mut notes = data.notes.clone();
    notes.push(format!(
        "Texts are asked for at temperature 0, {} at a time; a request's time is that of the endpoint under this load.",
        endpoint.concurrency
    ));
    notes.push(
        "How fast a change of the examples shows was not measured: the tuned model is trained elsewhere. What that training took is in no cost."
            .into(),
    );
    let mut measures: Vec<Measure> = text_measures(task).into_iter().map(|(_, measure)| measure).collect();
    if format.is_some() {
        measures.push(Measure::new("format", "the text has the form the task asks for", true));
    }
    let setup = frame::setup([
        ("Encoder", frame::encoder(encoder.map(Embed::name))),
        ("Model", endpoint.model.clone()),
        ("Tuned model", endpoint.tuned_model.clone().unwrap_or_else(|| "none".into())),
        ("Examples shown", k.to_string()),
        ("Tokens of a reply", format!("at most {}", endpoint.max_tokens)),
    ]);
    let experiment = Experiment {
        setup,
        data: data.facts.clone(),
        unasked: data.unasked.clone(),
        measures,
        stages: STAGES.map(str::to_string).to_vec(),
        questions: data.questions(),
        routed_by: data.routes.by.clone(),
        arms: wrote.arms,
        scale: load::paid(wrote.loads, endpoint.concurrency),
        styles: wrote.styles,
        notes,
        terms,
        ..frame.experiment()
    };
    Ok(Measured { experiment, reused: wrote.reused, asked: wrote.asked })
}

/// What [`measure`] would do.
pub(super) fn plan(from: From, endpoint: &Endpoint, out: &Path) -> Result<Plan, Error> {
    let data = Data::read(from)?;
    Format::of(from.task)?;
    let asked =
        cells(from.task).into_iter().filter(|cell| endpoint.tuned_model.is_some() || !is_tuned(*cell));
    let asked: Vec<Cell> = asked.collect();
    let example = mean_length(&data);
    let paid = |cell: &Cell| {
        let shown = if is_shown(*cell) { from.task.writing.examples * example } else { 0 };
        let rows = data.asked.iter().map(|row| row.input.len() + row.output.len());
        rows.map(|own| (own + shown + from.task.writing.instructions.len()) / 4).sum::<usize>()
    };
    let most = if from.task.scale.paid_load_s > 0.0 { load::most() } else { 0 };
    let loaded = asked.iter().filter(|cell| **cell != Cell::RandomExamples);
    let loaded = loaded.map(|cell| most * paid(cell) / data.asked.len()).sum::<usize>();
    let paid_tokens = asked.iter().map(paid).sum::<usize>() + loaded;
    let arms: Vec<String> = asked.iter().map(|cell| cell.name().to_string()).collect();
    Ok(Plan {
        name: from.task.name.clone(),
        kind: from.task.kind.name(),
        questions: data.asked.len(),
        examples: data.draws[0].len(),
        labels: 0,
        seeds: 1,
        answers: data.asked.len() * arms.len(),
        arms,
        changes: 0,
        paid_tokens: paid_tokens as u64,
        out: out.to_path_buf(),
        tuned: Vec::new(),
    })
}

/// Bytes of an example, in and out, on average.
fn mean_length(data: &Data) -> usize {
    let all: usize = data.examples.iter().map(|row| row.input.len() + row.output.len()).sum();
    all / data.examples.len().max(1)
}
