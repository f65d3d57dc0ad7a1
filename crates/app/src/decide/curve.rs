//! How quality grows with labels: the arms that use them, on all, a half, a quarter and an eighth of those of each class.

use engraft_decide::{Arm, CurvePoint};

use super::asking::Asking;
use super::draw::subset;
use crate::Error;

/// Parts of the labels, as one of so many.
pub(super) const PARTS: [usize; 3] = [8, 4, 2];
/// Trainings of each size.
pub(super) const SEEDS: u64 = 3;
/// The arms that learn.
const ARMS: [&str; 2] = ["retrieval", "tuned"];
/// Of them, the one whose training draws on a seed.
const TRAINED: usize = 1;

/// How many of `n` are one of so many parts: rounded, but one at least.
pub(super) fn rounded(n: usize, part: usize) -> usize {
    ((n + part / 2) / part).max(1)
}

/// The quality of both arms with the examples at some places, trained with a seed.
type Learn<'a> = &'a mut dyn FnMut(&[usize], u64) -> Result<[f64; 2], Error>;

/// What is learned from, and how often.
pub(super) struct Lessons<'l> {
    /// The class of each example.
    pub(super) strata: &'l [usize],
    /// The examples of each training seed, by place.
    pub(super) draws: &'l [Vec<usize>],
    pub(super) seed: u64,
    /// Whether the same examples give another model under another seed.
    pub(super) varies: bool,
}

/// One training: the arms, and the quality of each.
#[derive(serde::Serialize, serde::Deserialize)]
struct Learned(Vec<CurvePoint>);

/// Quality of `retrieval` and `tuned` on parts of the labels and, as `arms` have it, on all of them.
pub(super) fn curve(
    asking: &Asking,
    lessons: &Lessons,
    arms: &[Arm],
    learn: Learn<'_>,
) -> Result<Vec<CurvePoint>, Error> {
    let jobs = lessons.jobs();
    let (mut learned, mut more) = asking.kept.results::<Learned>("learned", asking.fingerprint)?;
    learned.truncate(jobs.len());
    let progress = asking.context.progress;
    progress.stage("learning curve", Some(jobs.len() as u64));
    progress.advance(learned.len() as u64);
    for (part, at) in jobs.into_iter().skip(learned.len()) {
        asking.go_on()?;
        let places = lessons.part(part, at);
        let of_both = ARMS.into_iter().zip(learn(&places, lessons.seed + at)?).enumerate();
        // On all labels looking up is the same under every seed.
        let differ = of_both.filter(|(arm, _)| part > 1 || *arm == TRAINED);
        let point = |(_, (arm, quality)): (usize, (&str, f64))| CurvePoint {
            arm: arm.into(),
            labels: places.len(),
            seed: at,
            quality,
        };
        let one = Learned(differ.map(point).collect());
        more.keep(&one)?;
        learned.push(one);
        progress.advance(1);
    }
    let mut points: Vec<CurvePoint> = learned.into_iter().flat_map(|one| one.0).collect();
    for arm in arms.iter().filter(|arm| ARMS.contains(&arm.name.as_str())) {
        for (run, draw) in arm.runs.iter().zip(lessons.draws) {
            let quality: f64 = run.rows.iter().filter_map(|row| row.quality()).sum();
            let quality = quality / run.rows.len().max(1) as f64;
            points.push(CurvePoint { arm: arm.name.clone(), labels: draw.len(), seed: run.seed, quality });
        }
    }
    Ok(points)
}

impl Lessons<'_> {
    /// The part and the seed of each training beside those of the arms: small ones first, sizes that come out alike once.
    fn jobs(&self) -> Vec<(usize, u64)> {
        let sized = |part: usize| (self.part(part, 0).len(), part);
        let mut parts: Vec<(usize, usize)> = PARTS.map(sized).to_vec();
        parts.dedup_by_key(|(labels, _)| *labels);
        parts.retain(|(labels, _)| *labels < self.draws[0].len());
        let fewer = parts.into_iter().flat_map(|(_, part)| (0..SEEDS).map(move |at| (part, at)));
        let all = self.draws.len() as u64..if self.varies { SEEDS } else { 0 };
        fewer.chain(all.map(|at| (1, at))).collect()
    }

    /// The places of one of so many parts of each class, rounded, but one example at least.
    fn part(&self, part: usize, at: u64) -> Vec<usize> {
        let draw = &self.draws[at as usize % self.draws.len()];
        subset(self.strata, draw, &|n| rounded(n, part), self.seed ^ (at + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many examples of each of two classes; the sizes of all trainings beside those of the arms.
    #[track_caller]
    fn check(classes: [usize; 2], seeds: usize, varies: bool, expected: &[usize]) {
        let strata: Vec<usize> = (0..2).flat_map(|class| vec![class; classes[class]]).collect();
        let all: Vec<usize> = (0..strata.len()).collect();
        let lessons = Lessons { strata: &strata, draws: &vec![all; seeds], seed: 7, varies };
        let sizes: Vec<usize> =
            lessons.jobs().into_iter().map(|(part, at)| lessons.part(part, at).len()).collect();
        assert_eq!(sizes, expected);
    }

    #[test]
    fn ten_shots_a_label_are_learned_from_as_one_three_and_five() {
        check([10, 10], 3, false, &[2, 2, 2, 6, 6, 6, 10, 10, 10]);
        check([16, 16], 3, false, &[4, 4, 4, 8, 8, 8, 16, 16, 16]);
    }

    #[test]
    fn sizes_that_come_out_alike_are_learned_from_once() {
        check([5, 5], 3, false, &[2, 2, 2, 6, 6, 6]);
        check([1, 1], 3, false, &[]);
    }

    #[test]
    fn a_class_of_few_keeps_one_example() {
        check([80, 2], 1, false, &[11, 11, 11, 21, 21, 21, 41, 41, 41]);
    }

    #[test]
    fn all_labels_are_learned_from_three_times_where_a_seed_makes_another_model() {
        check([8, 8], 1, true, &[2, 2, 2, 4, 4, 4, 8, 8, 8, 16, 16]);
        check([8, 8], 3, true, &[2, 2, 2, 4, 4, 4, 8, 8, 8]);
    }

    #[test]
    fn smaller_parts_lie_within_larger_ones() {
        let strata = vec![0; 40];
        let lessons = Lessons { strata: &strata, draws: &[(0..40).collect()], seed: 1, varies: false };
        let [few, many] = [8, 2].map(|part| lessons.part(part, 2));
        assert!(few.iter().all(|place| many.contains(place)), "{few:?} {many:?}");
    }
}
