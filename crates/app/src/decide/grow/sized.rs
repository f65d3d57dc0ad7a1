//! The cells that look examples up, timed among fewer and more of them.

use engraft_decide::{Scale, SizeRun};
use engraft_eval::SplitMix;
use engraft_tune::Matrix;

use super::{beyond, padded, parts};
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::cells::Cell;
use crate::decide::draw::{at_most, shuffle};
use crate::decide::load;
use crate::decide::task::Task;
use crate::decide::vectors::Encoded;

/// The cells that look examples up and can be chosen.
pub(in crate::decide) const GROWING: [Cell; 2] = [Cell::Retrieval, Cell::Both];

/// As many examples as are tried at a time.
pub(in crate::decide) struct Grown {
    /// Their vectors, those that are made up at the end.
    pub(in crate::decide) examples: Encoded,
    /// Which real example each is; those that are made up are somebody's too.
    pub(in crate::decide) rows: Vec<usize>,
    /// The questions to ask among them.
    pub(in crate::decide) asked: Vec<usize>,
}

/// Asks a cell and returns the milliseconds of each question.
type Timing<'a> = &'a dyn Fn(Cell, &Grown) -> Result<Vec<f64>, Error>;

/// What growth did to the cells.
///
/// `draw` names the examples there are, of which `vectors` has all; `questions` says how many there are to ask.
pub(in crate::decide) fn sizes(
    (asking, task): (&Asking, &Task),
    questions: usize,
    draw: &[usize],
    vectors: &Matrix,
    ms: Timing<'_>,
) -> Result<Vec<SizeRun>, Error> {
    let scaling = &task.scale;
    let asked = at_most((0..questions).collect(), Some(scaling.questions), task.seed);
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut draw = draw.to_vec();
    shuffle(&mut draw, &mut SplitMix::new(task.seed, 0x6772_6f77));
    let real = draw.len();
    let sizes = [parts(real, task.neighbours), beyond(real, scaling.vectors())].concat();
    let name = format!("grown-{}-{}", scaling.questions, scaling.vectors());
    let (mut runs, mut more) = asking.kept.results::<SizeRun>(&name, asking.fingerprint)?;
    asking.context.progress.stage("grow", Some((sizes.len() * GROWING.len()) as u64));
    asking.context.progress.advance(runs.len() as u64);
    let jobs = sizes.iter().flat_map(|&size| GROWING.map(|cell| (size, cell)));
    for (size, cell) in jobs.skip(runs.len()).collect::<Vec<_>>() {
        asking.go_on()?;
        let vectors = padded(&vectors.pick(&draw[..real.min(size)]), size);
        let grown = Grown {
            examples: Encoded { vectors, used: Vec::new(), cut: 0 },
            rows: (0..size).map(|row| draw[row % real]).collect(),
            asked: asked.clone(),
        };
        let run = SizeRun {
            arm: cell.name().into(),
            size,
            made_up: size.saturating_sub(real),
            questions: asked.clone(),
            quality: Vec::new(),
            ms: ms(cell, &grown)?,
        };
        more.keep(&run)?;
        runs.push(run);
        asking.context.progress.advance(1);
    }
    Ok(runs)
}

/// Growth and load as the record tells of them; `None` when neither was asked for.
pub(in crate::decide) fn told(
    examples: &str,
    workers: usize,
    sizes: Vec<SizeRun>,
    loads: Vec<engraft_decide::LoadTrial>,
) -> Option<Scale> {
    let how = format!(
        "{examples} were left out at random, and others made up where there were not ten times as many: vectors of the same \
         numbers in another order. Only time was taken; what more real examples do to quality is the learning curve"
    );
    let scale = Scale { unit: "examples".into(), how, load_how: load::how(workers), sizes, loads };
    (!scale.sizes.is_empty() || !scale.loads.is_empty()).then_some(scale)
}
