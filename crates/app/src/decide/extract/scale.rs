//! Growth and load: the same texts among fewer and more annotated examples, and texts that come faster than they are read.

use std::borrow::Cow;
use std::hint::black_box;

use engraft_core::Embed;
use engraft_decide::{Arm, Scale, SizeRun};
use engraft_nn::Embedder;

use super::arms::Asker;
use super::lookup::Memory;
use super::models::Tuned;
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::cells::Cell;
use crate::decide::grow::sized::{GROWING, sizes, told};
use crate::decide::load::{Pressed, press};
use crate::decide::vectors::beginning;

/// What growth and load do to the arms; `None` when the task asks for neither.
pub(super) fn scale(
    asker: &Asker,
    asking: &Asking,
    (encoder, workers): (&Embedder, usize),
    tuned: &Tuned,
    arms: &[Arm],
) -> Result<Option<Scale>, Error> {
    let mut loads = Vec::new();
    let memory = Memory::of(&asker.data.examples, asker.data.draws[0].iter().copied());
    for arm in arms {
        let Some(pressed) = Pressed::of(arm, asker.task, workers) else { continue };
        let Some(cell) = Cell::ALL.into_iter().find(|cell| cell.name() == arm.name) else { continue };
        let answer = |at: usize| {
            let text = beginning(encoder, &asker.data.asked[at].text);
            let encoded = !GROWING.contains(&cell) || encoder.embed(&[text]).is_ok();
            encoded && black_box(asker.ms(cell, at, tuned, &memory)).is_ok()
        };
        loads.extend(press(asking, &pressed, &answer)?);
    }
    Ok(told("Annotated examples", workers, grow(asker, asking, tuned)?, loads))
}

fn grow(asker: &Asker, asking: &Asking, tuned: &Tuned) -> Result<Vec<SizeRun>, Error> {
    let Asker { data, task, questions, examples, schema } = *asker;
    sizes((asking, task), data.asked.len(), &data.draws[0], &examples.vectors, &|cell, grown| {
        let row = |(row, &example): (usize, &usize)| (row, Cow::Borrowed(&data.examples[example]));
        let memory = Memory { rows: grown.rows.iter().enumerate().map(row).collect() };
        let among = Asker { examples: &grown.examples, data, task, questions, schema };
        grown.asked.iter().map(|&at| among.ms(cell, at, tuned, &memory)).collect()
    })
}
