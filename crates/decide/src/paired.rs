//! What arms differ by, question by question, with the interval and the test that `metrics compare` has.

use engraft_eval::{Difference, Resampling, Units, difference};

use crate::{Arm, Experiment};

/// A weighted sum of the qualities of arms.
pub(crate) struct Paired {
    /// What it comes to; as a share.
    pub(crate) found: Difference,
    /// Whether it is 0 on every question.
    pub(crate) nowhere: bool,
    /// What each training seed comes to.
    pub(crate) seeds: Vec<f64>,
}

impl Paired {
    /// The standard error that training seeds alone make; 0 for a single one.
    pub(crate) fn error_of_seeds(&self) -> f64 {
        let n = self.seeds.len() as f64;
        let mean = self.seeds.iter().sum::<f64>() / n;
        let squares: f64 = self.seeds.iter().map(|seed| (seed - mean).powi(2)).sum();
        if self.seeds.len() > 1 { (squares / (n - 1.0) / n).sqrt() } else { 0.0 }
    }
}

/// The sum over `parts`, each a weight and the place of an arm, on the questions at `asked`; `None`: an arm was not measured, or
/// nothing was asked.
///
/// Every question is one row for each training seed; an arm that was not trained so often has the mean of its own seeds in each.
/// Questions of one cluster vary together, and so do all questions of a seed.
pub(crate) fn paired(experiment: &Experiment, parts: &[(f64, usize)], asked: &[usize]) -> Option<Paired> {
    let arms: Vec<(f64, &Arm)> = parts.iter().map(|(weight, at)| (*weight, &experiment.arms[*at])).collect();
    if asked.is_empty() || arms.iter().any(|(_, arm)| arm.runs.is_empty()) {
        return None;
    }
    let seeds = arms.iter().map(|(_, arm)| arm.runs.len()).max()?;
    let (mut units, mut differences) = (Vec::new(), Vec::new());
    for &at in asked {
        for seed in 0..seeds {
            let sum: Option<f64> =
                arms.iter().map(|(weight, arm)| Some(weight * quality(arm, at, seed, seeds)?)).sum();
            units.push((experiment.questions[at].cluster.as_str(), seed as u64));
            differences.push(sum);
        }
    }
    let resampling = Resampling { seed: experiment.seed, resamples: experiment.resamples };
    let of_seed = |seed: usize| {
        let own: Vec<f64> = differences.iter().skip(seed).step_by(seeds).flatten().copied().collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    Some(Paired {
        seeds: (0..seeds).map(of_seed).collect(),
        nowhere: differences.iter().flatten().all(|sum| *sum == 0.0),
        found: difference(&differences, &Units::with_seeds(&units), 0.0, &resampling),
    })
}

fn quality(arm: &Arm, question: usize, seed: usize, seeds: usize) -> Option<f64> {
    if arm.runs.len() == seeds {
        return arm.runs[seed].rows[question].quality();
    }
    let sum: Option<f64> = arm.runs.iter().map(|run| run.rows[question].quality()).sum();
    Some(sum? / arm.runs.len() as f64)
}

#[cfg(test)]
mod tests {
    use engraft_eval::{IntervalMethod, Score, paired_difference};

    use super::*;
    use crate::random::Random;
    use crate::worlds::{measured, truths};

    /// Base, retrieval, tuned and both on so many questions.
    fn world(n: usize, seeds: usize, wobble: f64) -> Experiment {
        let mut random = Random::new(11, n as u64);
        let mut truths = truths(&mut random);
        for (truth, threshold) in truths.iter_mut().zip([0.0, 0.3, 0.4, 0.6]) {
            (truth.threshold, truth.wobble) = (threshold, wobble);
        }
        measured(&truths, n, 1, seeds, &mut random)
    }

    #[track_caller]
    fn check(experiment: &Experiment, parts: &[(f64, usize)], expected: IntervalMethod) -> Difference {
        let found = paired(experiment, parts, &experiment.kept()).unwrap().found;
        assert_eq!(found.method, Some(expected), "{found:?}");
        found
    }

    #[test]
    fn each_difference_has_the_interval_that_fits_what_was_measured() {
        let simple = [(-1.0, 0), (1.0, 1)];
        let interaction = [(1.0, 0), (-1.0, 1), (-1.0, 2), (1.0, 3)];
        check(&world(40, 1, 0.0), &simple, IntervalMethod::AgrestiMin);
        check(&world(400, 1, 0.0), &simple, IntervalMethod::AgrestiMin);
        // Four cells differ by more than one answer; where few questions differ at all, resamples show too little.
        check(&world(400, 1, 0.0), &interaction, IntervalMethod::Studentised);
        check(&world(30, 1, 0.0), &interaction, IntervalMethod::AgrestiMin);
        check(&world(400, 3, 0.2), &[(-1.0, 0), (1.0, 2)], IntervalMethod::Student);
    }

    #[test]
    fn a_difference_of_two_arms_is_what_metrics_compare_says_of_their_scores() {
        let experiment = world(60, 1, 0.0);
        let scores = |arm: usize| -> Vec<Score> {
            let rows = &experiment.arms[arm].runs[0].rows;
            rows.iter().map(|row| Score::Value(row.quality().unwrap())).collect()
        };
        let resampling = Resampling { seed: experiment.seed, resamples: experiment.resamples };
        let compared = paired_difference(&scores(1), &scores(0), &Units::independent(60), 0.0, &resampling);
        let found = check(&experiment, &[(1.0, 1), (-1.0, 0)], IntervalMethod::AgrestiMin);
        assert_eq!((found.metric, found.p, found.mde), (compared.metric, compared.p, compared.mde));
    }

    #[test]
    fn three_seeds_that_differ_leave_few_degrees_of_freedom() {
        let tuning = [(-1.0, 0), (1.0, 2)];
        let (steady, wobbly) = (world(400, 3, 0.0), world(400, 3, 0.4));
        let [steady, wobbly] = [&steady, &wobbly].map(|world| check(world, &tuning, IntervalMethod::Student));
        let width = |found: &Difference| found.metric.high.unwrap() - found.metric.low.unwrap();
        assert!(width(&wobbly) > 2.0 * width(&steady), "{steady:?} {wobbly:?}");
        // The smallest difference seen is worked out with the same degrees of freedom: more of them than 2.8 errors.
        let errors = |found: &Difference| found.mde.unwrap() / found.standard_error.unwrap();
        assert!(errors(&wobbly) > 3.0 && (2.8..2.85).contains(&errors(&steady)), "{wobbly:?}");
    }

    #[test]
    fn an_arm_that_was_not_measured_or_no_question_makes_no_difference() {
        let mut experiment = world(40, 1, 0.0);
        assert!(paired(&experiment, &[(1.0, 0), (-1.0, 1)], &[]).is_none());
        experiment.arms[1].runs.clear();
        assert!(paired(&experiment, &[(1.0, 0), (-1.0, 1)], &experiment.kept()).is_none());
    }
}
