//! The arm in front beside its rival: where each does better, by how much, and how many questions it takes to show that.

use engraft_eval::{Difference, detectable};

use crate::Experiment;
use crate::decision::{Against, ArmReport};
use crate::failures::{Regression, regressions};
use crate::paired::{Paired, paired};

/// No plan is longer than this.
const MOST: f64 = 1e9;

/// The arm to compare the front one with: the candidate with the highest utility, or quality, beside it.
pub(crate) fn rival(arms: &[ArmReport], front: usize) -> Option<usize> {
    let others =
        (0..arms.len()).filter(|&at| at != front && arms[at].candidate && arms[at].quality.value.is_some());
    let rank = |at: usize| (arms[at].utility.unwrap_or(-1.0), arms[at].quality.value.unwrap_or(0.0));
    others.max_by(|&a, &b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal))
}

/// What the front arm loses against its rival, worst first, and both counted on the questions `kept`.
pub(crate) fn compared(
    experiment: &Experiment,
    front: usize,
    rival: usize,
    kept: &[usize],
) -> (Vec<Regression>, Option<Against>) {
    let (mine, other) = (&experiment.arms[front], &experiment.arms[rival]);
    let (regressions, wins, losses) = regressions(experiment, mine, other, kept);
    let against = paired(experiment, &[(1.0, front), (-1.0, rival)], kept).map(|paired| {
        let (needed, needed_why) = needed(&paired, kept.len());
        let Difference { metric, method, .. } = paired.found;
        Against {
            rival: other.name.clone(),
            wins,
            losses,
            ties: kept.len() - wins - losses,
            difference: metric,
            rule: method,
            needed,
            needed_why,
        }
    });
    (regressions, against)
}

/// How many questions show the measured difference in 80 of 100 cases, with the degrees of freedom that there are; where no number of
/// them does because training seeds differ, that.
fn needed(paired: &Paired, questions: usize) -> (Option<usize>, Option<String>) {
    let Difference { metric, mde, standard_error, .. } = &paired.found;
    let (Some(value), Some(mde), Some(error)) = (metric.value, *mde, *standard_error) else {
        return (None, None);
    };
    // What questions add to the squared error shrinks as they grow in number, and what training seeds add does not.
    let of_seeds = paired.error_of_seeds();
    let far = (mde / value).powi(2);
    let fixed = if error > 0.0 { (of_seeds / error).powi(2) } else { 0.0 };
    let alone = detectable(of_seeds, Some((paired.seeds.len() as f64 - 1.0).max(1.0)));
    if value != 0.0 && far > 1.0 && (alone >= value.abs() || fixed * far >= 1.0) {
        return (None, Some("more questions alone would not do: training seeds differ too much".into()));
    }
    let needed = far * questions as f64 * (1.0 - fixed) / (1.0 - fixed * far);
    (Some(needed).filter(|needed| *needed < MOST).map(|needed| needed.ceil() as usize), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::worlds::{measured, truths};

    const QUESTIONS: usize = 120;

    /// A tuned arm, each training right on its own of the questions, beside retrieval that is right on six of ten.
    fn beside(right: &[fn(usize) -> bool]) -> Experiment {
        let mut random = Random::new(5, 5);
        let truths = truths(&mut random);
        let mut experiment = measured(&truths, QUESTIONS, 1, right.len(), &mut random);
        let mut set = |arm: usize, run: usize, right: fn(usize) -> bool| {
            for (at, row) in experiment.arms[arm].runs[run].rows.iter_mut().enumerate() {
                row.values[0] = Some(f64::from(u8::from(right(at))));
            }
        };
        set(1, 0, |at| at % 5 < 3);
        for (run, right) in right.iter().enumerate() {
            set(2, run, *right);
        }
        experiment
    }

    fn found(experiment: &Experiment) -> Paired {
        paired(experiment, &[(1.0, 2), (-1.0, 1)], &experiment.kept()).unwrap()
    }

    /// As if seeds differed less with more questions, too.
    fn naive(paired: &Paired) -> f64 {
        let (mde, value) = (paired.found.mde.unwrap(), paired.found.metric.value.unwrap());
        (mde / value).powi(2) * QUESTIONS as f64
    }

    #[test]
    fn what_only_questions_hide_takes_more_of_them() {
        let alike: fn(usize) -> bool = |at| at % 10 < 7;
        for seeds in [1, 3] {
            let paired = found(&beside(&vec![alike; seeds]));
            let expected = naive(&paired).ceil() as usize;
            assert!(expected > QUESTIONS, "{expected}");
            assert_eq!(needed(&paired, QUESTIONS), (Some(expected), None));
        }
    }

    #[test]
    fn training_seeds_that_differ_a_little_take_more_questions_than_if_they_shrank_with_them() {
        let paired = found(&beside(&[|at| at % 10 < 7, |at| at % 10 < 7 && at > 4, |at| at % 10 < 7]));
        let naive = naive(&paired);
        let (needed, why) = needed(&paired, QUESTIONS);
        assert!(needed.is_some_and(|needed| needed as f64 > naive + 1.0), "{needed:?} {naive}");
        assert_eq!(why, None);
    }

    #[test]
    fn a_difference_that_training_seeds_hide_is_not_found_with_any_number_of_questions() {
        let experiment = beside(&[|at| at % 10 < 5, |at| at % 10 < 7, |at| at % 10 < 9]);
        let (_, against) = compared(&experiment, 2, 1, &experiment.kept());
        let against = against.unwrap();
        assert_eq!(against.needed, None, "{against:?}");
        assert!(against.needed_why.unwrap().starts_with("more questions alone would not do"));
    }
}
