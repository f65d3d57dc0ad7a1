//! How far an arm's confidence can be believed, and what it would gain by staying silent when unsure.

use engraft_eval::{
    Calibration, Metric, Prediction, Resampling, RiskCoverage, calibration_of_groups, risk_coverage_of_groups,
};
use serde::{Deserialize, Serialize};

use crate::draws::clusters;
use crate::{Arm, Experiment};

/// Confidence against being right, over the answers of all training seeds; intervals are over clusters of questions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Bins of equal width, of 15 those that hold anything.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error over these bins.
    pub ece: Metric,
    /// The same over 15 bins of equal size.
    pub ece_equal_mass: Metric,
    /// Mean squared distance between confidence and being right.
    pub brier: Metric,
    /// Share of all questions answered, and the error rate among them, when the least sure ones stay unanswered; answers that are
    /// equally sure stay together. What has no confidence, such as an abstention, is never answered: then the last share is below 1.
    pub risk_coverage: Vec<(f64, f64)>,
    /// The mean error rate over all coverages of what has a confidence.
    pub aurc: Metric,
    /// The largest share of all questions that can be answered with at most 5 % errors, those without a confidence never being
    /// answered; the interval takes how many have one as given.
    pub coverage_at_5: Metric,
}

/// One bin of confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Mean confidence in it.
    pub confidence: f64,
    /// Share of right answers in it.
    pub right: f64,
    /// Answers in it.
    pub n: usize,
}

/// Fewer answers say nothing of confidence.
const LEAST: usize = 20;
/// Points of a curve that are kept.
const POINTS: usize = 50;
/// Resamples of an interval.
const RESAMPLES: usize = 1000;

/// The reliability of the arm on the kept questions; `None` when it gives too few answers with a confidence.
///
/// An answer is right when all of it is (a quality of 1).
pub(crate) fn reliability(experiment: &Experiment, arm: &Arm, kept: &[usize]) -> Option<Reliability> {
    let (mut predictions, mut groups, mut group) = (Vec::new(), Vec::new(), 0);
    let all = arm.runs.len() * kept.len();
    for questions in clusters(experiment, kept) {
        let before = predictions.len();
        for run in &arm.runs {
            let rows = questions.iter().map(|&at| &run.rows[kept[at]]);
            let sure = rows.filter_map(|row| Some((row.confidence?, row.quality()?)));
            predictions
                .extend(sure.map(|(confidence, quality)| Prediction { confidence, right: quality >= 1.0 }));
        }
        groups.resize(predictions.len(), group);
        group += u32::from(predictions.len() > before);
    }
    if predictions.len() < LEAST {
        return None;
    }
    let resampling = Resampling { seed: experiment.seed, resamples: experiment.resamples.min(RESAMPLES) };
    let Calibration { ece, brier, bins, .. } = calibration_of_groups(&predictions, &groups, &resampling);
    let RiskCoverage { aurc, coverage_at_5, curve } =
        risk_coverage_of_groups(&predictions, &groups, &resampling);
    let bins =
        bins.iter().map(|bin| ReliabilityBin { confidence: bin.confidence, right: bin.right, n: bin.n });
    let answered = predictions.len() as f64 / all as f64;
    let of_all = |share: Option<f64>| share.map(|share| answered * share);
    let Metric { value, low, high, why, .. } = coverage_at_5;
    let (last, step) = (curve.len() - 1, curve.len().div_ceil(POINTS));
    let drawn = curve.iter().enumerate().filter(|(at, _)| at % step == 0 || *at == last);
    Some(Reliability {
        bins: bins.collect(),
        ece: ece.equal_width,
        ece_equal_mass: ece.equal_mass,
        brier,
        risk_coverage: drawn.map(|(_, point)| (answered * point.coverage, point.risk)).collect(),
        aurc,
        coverage_at_5: Metric { value: of_all(value), low: of_all(low), high: of_all(high), n: all, why },
    })
}

#[cfg(test)]
mod tests {
    use engraft_eval::{calibration, risk_coverage};

    use super::*;
    use crate::random::Random;
    use crate::worlds::{measured, truths};

    /// Tuned answers of three seeds, each as sure as one of ten, so that many are equally sure.
    fn world() -> Experiment {
        let mut random = Random::new(7, 7);
        let mut truths = truths(&mut random);
        truths[2].wobble = 0.3;
        let mut experiment = measured(&truths, 90, 1, 3, &mut random);
        for row in experiment.arms[2].runs.iter_mut().flat_map(|run| &mut run.rows) {
            row.confidence = Some(random.below(11) as f64 / 10.0);
        }
        experiment
    }

    fn predictions(arm: &Arm) -> Vec<Prediction> {
        let rows = arm.runs.iter().flat_map(|run| &run.rows);
        rows.map(|row| Prediction { confidence: row.confidence.unwrap(), right: row.values[0] == Some(1.0) })
            .collect()
    }

    #[test]
    fn it_is_what_the_metrics_say_of_the_answers_of_all_seeds() {
        let experiment = world();
        let arm = &experiment.arms[2];
        let found = reliability(&experiment, arm, &experiment.kept()).unwrap();
        let (all, none) = (predictions(arm), Resampling { seed: 0, resamples: 0 });
        let (expected, risk) = (calibration(&all, &none), risk_coverage(&all, &none));
        let pairs = [
            (&found.ece, &expected.ece.equal_width),
            (&found.ece_equal_mass, &expected.ece.equal_mass),
            (&found.brier, &expected.brier),
            (&found.aurc, &risk.aurc),
            (&found.coverage_at_5, &risk.coverage_at_5),
        ];
        for (found, expected) in pairs {
            assert!((found.value.unwrap() - expected.value.unwrap()).abs() < 1e-12, "{found:?} {expected:?}");
            assert_eq!(found.n, 270);
        }
        assert!(found.ece.low < found.ece.value && found.brier.high > found.brier.value, "{found:?}");
        // Eleven confidences are eleven bins and eleven points: equally sure answers are told apart by nothing.
        assert_eq!((found.bins.len(), found.risk_coverage.len()), (11, 11));
        assert_eq!(found.bins.iter().map(|bin| bin.n).sum::<usize>(), 270);
        assert_eq!(found.risk_coverage.last().unwrap().0, 1.0);
    }

    #[test]
    fn the_order_of_questions_changes_nothing_where_many_are_equally_sure() {
        let experiment = world();
        let mut turned = experiment.clone();
        turned.questions.reverse();
        for run in turned.arms.iter_mut().flat_map(|arm| &mut arm.runs) {
            run.rows.reverse();
        }
        let of = |experiment: &Experiment| {
            let found = reliability(experiment, &experiment.arms[2], &experiment.kept()).unwrap();
            [found.aurc, found.coverage_at_5, found.ece, found.brier].map(|metric| metric.value.unwrap())
        };
        let (straight, turned) = (of(&experiment), of(&turned));
        assert!(straight.iter().zip(turned).all(|(a, b)| (a - b).abs() < 1e-12), "{straight:?} {turned:?}");
    }

    #[test]
    fn what_has_no_confidence_counts_as_never_answered() {
        let mut experiment = world();
        // Two in five are answered, surely and right; of the rest nobody knows how sure it was.
        for run in &mut experiment.arms[2].runs {
            for (at, row) in run.rows.iter_mut().enumerate() {
                row.confidence = (at % 5 < 2).then_some(0.9);
                row.values[0] = Some(1.0);
            }
            run.rows[4].state = engraft_eval::State::Failed;
        }
        let found = reliability(&experiment, &experiment.arms[2], &experiment.kept()).unwrap();
        assert_eq!((found.coverage_at_5.value, found.coverage_at_5.n), (Some(0.4), 270), "{found:?}");
        assert_eq!(found.risk_coverage, [(0.4, 0.0)]);
        assert_eq!((found.aurc.value, found.aurc.n), (Some(0.0), 108));
    }

    #[test]
    fn an_arm_that_seldom_says_how_sure_it_is_has_none() {
        let mut experiment = world();
        for run in &mut experiment.arms[2].runs {
            run.rows.iter_mut().skip(6).for_each(|row| row.confidence = None);
        }
        assert!(reliability(&experiment, &experiment.arms[2], &experiment.kept()).is_none());
        assert!(reliability(&experiment, &experiment.arms[0], &experiment.kept()).is_none());
    }
}
