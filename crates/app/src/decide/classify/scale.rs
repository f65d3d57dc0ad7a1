//! Growth and load: the same questions among fewer and more examples, and questions that come faster than they are answered.

use std::hint::black_box;

use engraft_core::Embed;
use engraft_decide::{Arm, Scale, SizeRun};
use engraft_nn::Embedder;

use super::arms::Asker;
use super::models::{Head, Memory};
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::cells::Cell;
use crate::decide::grow::sized::{sizes, told};
use crate::decide::load::{Pressed, press};
use crate::decide::vectors::beginning;

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
    Ok(told("Examples", workers, grow(asker, asking, head)?, loads))
}

fn grow(asker: &Asker, asking: &Asking, head: &Head) -> Result<Vec<SizeRun>, Error> {
    let Asker { data, task, questions, examples, meanings } = *asker;
    sizes((asking, task), data.questions.len(), &data.draws[0], &examples.vectors, &|cell, grown| {
        let label = |(row, &example): (usize, &usize)| (row, data.examples[example].label);
        let memory = Memory { rows: grown.rows.iter().enumerate().map(label).collect() };
        let among = Asker { examples: &grown.examples, data, task, questions, meanings };
        Ok(grown.asked.iter().map(|&at| among.ms(cell, at, head, &memory)).collect())
    })
}
