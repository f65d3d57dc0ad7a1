//! How the tuned arm grows with training questions: its parts are tuned again on a half, a quarter and an eighth of them.
//!
//! Only parts that take part on all questions are tuned again, each with its proof, so that the arm on fewer questions is what it would
//! have been: `retrieval` where nothing is proven.

use std::time::Instant;

use engraft_core::content_hash;
use engraft_decide::{CurvePoint, Row};
use engraft_tune::artefact::remove;
use serde::{Deserialize, Serialize};

use super::asker::Asker;
use super::how::How;
use super::parts::{Course, LEAST, Tuned};
use super::questions::Posed;
use crate::decide::asking::Asking;
use crate::decide::curve::{PARTS, SEEDS, rounded};
use crate::decide::draw::subset;
use crate::{Error, Workspace};

/// The arm that grows.
const ARM: &str = "both";
/// With the arm on all questions, a curve takes so many sizes beside it.
const SIZES: usize = 2;

/// The curve as measured, and what the report has to say about it.
#[derive(Default)]
pub(super) struct Curve {
    pub(super) points: Vec<CurvePoint>,
    pub(super) notes: Vec<String>,
}

/// The arm on all training questions.
pub(super) struct Whole<'w> {
    pub(super) course: Course<'w>,
    pub(super) tuned: &'w Tuned,
    /// How `retrieval` answers.
    pub(super) usual: &'w How,
    pub(super) asked: &'w [Posed],
    /// What `retrieval` and `both` answered.
    pub(super) arms: [&'w [Row]; 2],
}

/// A point with the seconds that making it took.
#[derive(Serialize, Deserialize)]
struct Made {
    point: CurvePoint,
    s: f64,
}

/// Makes the arm from fewer questions until all sizes are made or the next would go beyond the budget; points that are kept are not
/// made again.
pub(super) fn curve(asking: &Asking, workspace: &mut Workspace, whole: &Whole) -> Result<Curve, Error> {
    let Course { task, training, .. } = whole.course;
    let jobs = jobs(training, task.seed);
    if jobs.is_empty() {
        let part = PARTS[PARTS.len() - SIZES];
        let need = LEAST * part - part / 2;
        let note = format!(
            "No learning curve: it takes about {need} training questions, so that there are {LEAST} in a quarter."
        );
        return Ok(Curve { points: Vec::new(), notes: vec![note] });
    }
    let (mut made, mut more) = asking.kept.results::<Made>("curve", asking.fingerprint)?;
    made.truncate(jobs.len());
    let (parts, tuning_s) = whole.tuned.carrying();
    let asking_s = whole.arms[1].iter().map(Row::ms).sum::<f64>() / 1e3;
    for (number, (seed, places)) in jobs.iter().enumerate().skip(made.len()) {
        asking.go_on()?;
        let share = places.len() as f64 / training.len() as f64;
        let spent: f64 = made.iter().map(|made| made.s).sum();
        if spent + share * tuning_s + asking_s > task.curve_budget_s {
            break;
        }
        let stage = format!("learning curve, {} of {}", number + 1, jobs.len());
        asking.context.progress.stage(&stage, None);
        let began = Instant::now();
        let some: Vec<Posed> = places.iter().map(|&at| training[at].clone()).collect();
        let fingerprint = content_hash(format!("{} {seed} {}", asking.fingerprint, places.len()).as_bytes());
        let mut asker = Asker { asking: Asking::new(asking.context, asking.kept, &fingerprint) };
        whole.usual.apply(workspace);
        let tuned = asker.tune(workspace, Course { parts: &parts, training: &some, ..whole.course })?;
        let quality = match tuned.differs() {
            true => mean(&asker.run(workspace, "curve", &tuned.how, (whole.asked, &[]))?),
            false => mean(whole.arms[0]),
        };
        let point = CurvePoint { arm: ARM.into(), labels: places.len(), seed: *seed, quality };
        let one = Made { point, s: began.elapsed().as_secs_f64() };
        more.keep(&one)?;
        made.push(one);
        // Nine sets of weights would stay for nothing.
        whole.usual.apply(workspace);
        for model in tuned.parts.iter().filter_map(|done| done.model.as_deref()) {
            remove(&workspace.models(), model)?;
        }
    }
    let named: Vec<&str> = parts.iter().map(|part| part.name()).collect();
    let mut notes = vec![format!(
        "On fewer questions than all, the learning curve of `{ARM}` tunes the parts that take part: {}. Where none is proven on fewer, \
         the arm is `retrieval`.",
        named.join(", ")
    )];
    if made.len() < jobs.len() {
        notes.push(format!(
            "The learning curve of `{ARM}` rests on {} of {} smaller trainings: the next would go beyond `curve_budget_s`, {} s.",
            made.len(),
            jobs.len(),
            task.curve_budget_s
        ));
    }
    let mut points: Vec<CurvePoint> = made.into_iter().map(|made| made.point).collect();
    points.push(CurvePoint {
        arm: ARM.into(),
        labels: training.len(),
        seed: 0,
        quality: mean(whole.arms[1]),
    });
    Ok(Curve { points, notes })
}

/// Which questions are learned from, small ones first, once for each seed; none where there are too few for a curve.
fn jobs(training: &[Posed], seed: u64) -> Vec<(u64, Vec<usize>)> {
    let strata: Vec<usize> = training.iter().map(|posed| usize::from(posed.answerable)).collect();
    let all: Vec<usize> = (0..training.len()).collect();
    let some = |at: u64, part: usize| subset(&strata, &all, &|n| rounded(n, part), seed ^ (at + 1));
    let parts: Vec<usize> = PARTS.into_iter().filter(|part| some(0, *part).len() >= LEAST).collect();
    if parts.len() < SIZES {
        return Vec::new();
    }
    let parts = parts.iter();
    (0..SEEDS)
        .flat_map(|at| parts.clone().map(move |&part| (at, part)))
        .map(|(at, part)| (at, some(at, part)))
        .collect()
}

/// The mean quality of the questions that can be scored.
fn mean(rows: &[Row]) -> f64 {
    let scored: Vec<f64> = rows.iter().filter_map(Row::quality).collect();
    scored.iter().sum::<f64>() / scored.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(questions: usize, sizes: &[usize]) {
        let line =
            |at: usize| format!(r#"{{"id":"{at}","question":"?","answerable":{}}}"#, !at.is_multiple_of(4));
        let posed = |at: usize| serde_json::from_str(&line(at)).unwrap();
        let training: Vec<Posed> = (0..questions).map(posed).collect();
        let jobs = jobs(&training, 7);
        let found: Vec<(u64, usize)> = jobs.iter().map(|(seed, places)| (*seed, places.len())).collect();
        let expected: Vec<(u64, usize)> =
            (0..3).flat_map(|seed| sizes.iter().map(move |size| (seed, *size))).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn of_enough_questions_a_half_a_quarter_and_an_eighth_are_learned_from_three_times() {
        check(160, &[20, 40, 80]);
    }

    #[test]
    fn parts_are_rounded_as_those_of_other_tasks_are() {
        // Sixty that can be answered and 21 that cannot.
        check(81, &[20, 41]);
    }

    #[test]
    fn parts_on_which_nothing_is_tuned_are_left_out_and_one_alone_makes_no_curve() {
        check(80, &[20, 40]);
        check(78, &[20, 39]);
        check(77, &[]);
        check(10, &[]);
    }
}
