//! How quality grows with labels: the arms that use them, on a half, a quarter and an eighth of them.

use engraft_decide::{Arm, CurvePoint};

use super::asking::Asking;
use super::draw::subset;
use crate::Error;

/// Parts of the labels, as one of so many.
pub(super) const PARTS: [usize; 3] = [8, 4, 2];
/// Subsets drawn of each size.
pub(super) const SEEDS: u64 = 3;
/// The arms that learn.
const ARMS: [&str; 2] = ["retrieval", "tuned"];

/// The quality of both arms with the examples at some places.
type Learn<'a> = &'a mut dyn FnMut(&[usize]) -> Result<[f64; 2], Error>;

/// Quality of `retrieval` and `tuned` on parts of each of `draws` (of places with these strata) and on all of it.
pub(super) fn curve(
    asking: &Asking,
    strata: &[usize],
    draws: &[Vec<usize>],
    seed: u64,
    arms: &[Arm],
    learn: Learn<'_>,
) -> Result<Vec<CurvePoint>, Error> {
    let (mut points, mut more) = asking.kept.results::<CurvePoint>("curve", asking.fingerprint)?;
    let progress = asking.context.progress;
    progress.stage("learning curve", Some(PARTS.len() as u64 * SEEDS));
    let done = points.len() / ARMS.len();
    points.truncate(ARMS.len() * done);
    progress.advance(done as u64);
    let jobs = PARTS.iter().flat_map(|part| (0..SEEDS).map(move |at| (*part, at)));
    for (part, at) in jobs.skip(done) {
        asking.go_on()?;
        let draw = &draws[at as usize % draws.len()];
        let places = subset(strata, draw, &|n| n.div_ceil(part), seed ^ (at + 1));
        for (arm, quality) in ARMS.into_iter().zip(learn(&places)?) {
            let point = CurvePoint { arm: arm.into(), labels: places.len(), seed: at, quality };
            more.keep(&point)?;
            points.push(point);
        }
        progress.advance(1);
    }
    for arm in arms.iter().filter(|arm| ARMS.contains(&arm.name.as_str())) {
        for (run, draw) in arm.runs.iter().zip(draws) {
            let quality: f64 = run.rows.iter().filter_map(|row| row.quality()).sum();
            let quality = quality / run.rows.len().max(1) as f64;
            points.push(CurvePoint { arm: arm.name.clone(), labels: draw.len(), seed: run.seed, quality });
        }
    }
    Ok(points)
}
