//! Growth and load: the same questions among fewer and more examples, and questions that come faster than they are answered.

use std::hint::black_box;

use engraft_core::Embed;
use engraft_decide::{Arm, Scale, SizeRun};
use engraft_eval::SplitMix;
use engraft_nn::Embedder;

use super::arms::Asker;
use super::models::{Head, Memory};
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::cells::Cell;
use crate::decide::draw::{at_most, shuffle};
use crate::decide::grow::{beyond, made_up, padded, parts};
use crate::decide::load::{self, Pressed, press};
use crate::decide::vectors::{Encoded, beginning};

/// The cells that look examples up and can be chosen.
const GROWING: [Cell; 2] = [Cell::Retrieval, Cell::Both];

/// What growth and load do to the arms; `None` when the task asks for neither.
pub(super) fn scale(
    asker: &Asker,
    asking: &Asking,
    (encoder, workers): (&Embedder, usize),
    head: &Head,
    arms: &[Arm],
) -> Result<Option<Scale>, Error> {
    let mut loads = Vec::new();
    let memory = Memory::of(asker.data, &asker.data.draws[0]);
    for arm in arms {
        let Some(pressed) = Pressed::of(arm, asker.task, workers) else { continue };
        let Some(cell) = Cell::ALL.into_iter().find(|cell| cell.name() == arm.name) else { continue };
        let answer = |at: usize| {
            let text = beginning(encoder, &asker.data.questions[at].text);
            let encoded = encoder.embed(&[text]);
            black_box(asker.ms(cell, at, head, &memory));
            encoded.is_ok()
        };
        loads.extend(press(asking, &pressed, &answer)?);
    }
    let sizes = sizes(asker, asking, head)?;
    let scale = Scale {
        unit: "examples".into(),
        how: "Examples were left out at random, and others made up where there were not ten times as many: vectors of the same \
              numbers in another order. Only time was taken; what more real examples do to quality is the learning curve"
            .into(),
        load_how: load::how(workers),
        sizes,
        loads,
    };
    Ok((!scale.sizes.is_empty() || !scale.loads.is_empty()).then_some(scale))
}

fn sizes(asker: &Asker, asking: &Asking, head: &Head) -> Result<Vec<SizeRun>, Error> {
    let Asker { data, task, questions, examples, .. } = *asker;
    let scaling = &task.scale;
    let asked = at_most((0..data.questions.len()).collect(), Some(scaling.questions), task.seed);
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut draw = data.draws[0].clone();
    shuffle(&mut draw, &mut SplitMix::new(task.seed, 0x6772_6f77));
    let real = draw.len();
    let sizes = [parts(real, task.neighbours), beyond(real, made_up(scaling))].concat();
    let name = format!("sizes-{}-{}", scaling.questions, scaling.made_up);
    let (mut runs, mut more) = asking.kept.results::<SizeRun>(&name, asking.fingerprint)?;
    asking.context.progress.stage("grow", Some((sizes.len() * GROWING.len()) as u64));
    asking.context.progress.advance(runs.len() as u64);
    let jobs = sizes.iter().flat_map(|&size| GROWING.map(|cell| (size, cell)));
    for (size, cell) in jobs.skip(runs.len()).collect::<Vec<_>>() {
        asking.go_on()?;
        let vectors = padded(&examples.vectors.pick(&draw[..real.min(size)]), size);
        let grown = Encoded { vectors, used: Vec::new(), cut: 0 };
        let label = |row: usize| data.examples[draw[row % real]].label;
        let memory = Memory { rows: (0..size).map(|row| (row, label(row))).collect() };
        let among = Asker { examples: &grown, data, task, questions, meanings: asker.meanings };
        let run = SizeRun {
            arm: cell.name().into(),
            size,
            made_up: size.saturating_sub(real),
            questions: asked.clone(),
            quality: Vec::new(),
            ms: asked.iter().map(|&at| among.ms(cell, at, head, &memory)).collect(),
        };
        more.keep(&run)?;
        runs.push(run);
        asking.context.progress.advance(1);
    }
    Ok(runs)
}
