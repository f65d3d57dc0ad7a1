//! How quality grows with labels: the arms that use them, on a half, a quarter and an eighth of them.

use engraft_decide::{Arm, CurvePoint};

use super::arms::Asker;
use super::data::subset;
use super::models::{Head, Memory, best, fit};
use crate::decide::kept::Kept;
use crate::decide::meter::Used;
use crate::{Context, Error};

/// Parts of the labels, as one of so many.
const PARTS: [usize; 3] = [8, 4, 2];
/// Subsets drawn of each size.
const SEEDS: u64 = 3;

/// Quality of `retrieval` and `tuned` on parts of the labels and on all of them.
pub(super) fn curve(
    context: Context,
    kept: &Kept,
    fingerprint: &str,
    asker: &Asker,
    heads: &[(Head, Used)],
    arms: &[Arm],
) -> Result<Vec<CurvePoint>, Error> {
    let data = asker.data;
    let labels = data.labels.len();
    let (mut points, mut more) = kept.results::<CurvePoint>("curve", fingerprint)?;
    context.progress.stage("learning curve", Some(PARTS.len() as u64 * SEEDS));
    let done = points.len() / 2;
    points.truncate(2 * done);
    context.progress.advance(done as u64);
    let jobs = PARTS.iter().flat_map(|part| (0..SEEDS).map(move |seed| (*part, seed)));
    for (part, seed) in jobs.skip(done) {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let draw = &data.draws[seed as usize % data.draws.len()];
        let wanted = |n: usize| n.div_ceil(part);
        let places = subset(&data.examples, draw, labels, &wanted, asker.task.seed ^ (seed + 1));
        let memory = Memory::of(data, &places);
        let vectors = &asker.examples.vectors;
        let head = Head { logistic: fit(vectors, &memory, labels, None), ..heads[0].0.clone() };
        let asked = 0..data.questions.len();
        let right = |answer: &dyn Fn(&[f32]) -> usize| {
            let hits = asked
                .clone()
                .filter(|&at| answer(asker.questions.vectors.row(at)) == data.questions[at].gold);
            hits.count() as f64 / data.questions.len() as f64
        };
        let retrieval = right(&|question| {
            best(&memory.look_up(vectors, question, asker.task.neighbours, labels).probabilities)
        });
        let tuned = right(&|question| best(&head.predict(question)));
        for (arm, quality) in [("retrieval", retrieval), ("tuned", tuned)] {
            let point = CurvePoint { arm: arm.into(), labels: places.len(), seed, quality };
            more.keep(&point)?;
            points.push(point);
        }
        context.progress.advance(1);
    }
    for arm in arms.iter().filter(|arm| ["retrieval", "tuned"].contains(&arm.name.as_str())) {
        for (run, draw) in arm.runs.iter().zip(&data.draws) {
            let quality: f64 = run.rows.iter().filter_map(|row| row.quality()).sum();
            let quality = quality / run.rows.len().max(1) as f64;
            points.push(CurvePoint { arm: arm.name.clone(), labels: draw.len(), seed: run.seed, quality });
        }
    }
    Ok(points)
}
