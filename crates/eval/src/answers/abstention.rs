//! Whether a system answers what it can and keeps silent where it cannot.

use serde::Serialize;

use crate::measured::estimate;
use crate::{Metric, Resampling};

/// One question and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whether the documents answer it.
    pub answerable: bool,
    /// Whether it was answered, rightly or not.
    pub answered: bool,
    /// Whether the answer is right; an answer to what cannot be answered never is.
    pub right: bool,
}

/// How well a system knows what it does not know. Shares in `[0, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Abstention {
    /// Of the unanswerable questions, those it kept silent on.
    pub correct_refusal_rate: Metric,
    /// Of the unanswerable questions, those it answered all the same.
    pub false_answer_rate: Metric,
    /// Of the answerable questions, those it kept silent on.
    pub over_refusal_rate: Metric,
    /// F1 of silence as a guess that a question is unanswerable.
    pub abstention_f1: Metric,
    /// The share of questions it answered.
    pub coverage: Metric,
    /// Of the answers, those that are wrong.
    pub selective_risk: Metric,
    /// The mean worth of a question when a right answer is worth 1, a wrong one -1 and silence nothing; in `[-1, 1]`.
    pub utility_1: Metric,
    /// The same when a wrong answer costs 4; in `[-4, 1]`.
    pub utility_4: Metric,
}

/// All of it, each with its interval over questions.
pub fn abstention(attempts: &[Attempt], resampling: &Resampling) -> Abstention {
    let right = |one: &Attempt| one.answered && one.answerable && one.right;
    let estimates = estimate(attempts.len(), resampling, |weights| {
        let count = |fits: &dyn Fn(&Attempt) -> bool| -> f64 {
            attempts.iter().zip(weights).filter(|(one, _)| fits(one)).map(|(_, weight)| weight).sum()
        };
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let all = count(&|_| true);
        let (unanswerable, answered) = (count(&|one| !one.answerable), count(&|one| one.answered));
        let refused = count(&|one| !one.answerable && !one.answered);
        let over = count(&|one| one.answerable && !one.answered);
        let correct = count(&right);
        let wrong = answered - correct;
        vec![
            share(refused, unanswerable),
            share(unanswerable - refused, unanswerable),
            share(over, all - unanswerable),
            share(2.0 * refused, unanswerable + all - answered),
            share(answered, all),
            share(wrong, answered),
            share(correct - wrong, all),
            share(correct - 4.0 * wrong, all),
        ]
    });
    let counted = |fits: fn(&Attempt) -> bool| attempts.iter().filter(|one| fits(one)).count();
    let metric =
        |place: usize, used: usize, why: &str| estimates[place].covering(used, attempts.len(), why).metric;
    let unanswerable = counted(|one| !one.answerable);
    let (answered, all) = (counted(|one| one.answered), attempts.len());
    Abstention {
        correct_refusal_rate: metric(0, unanswerable, "no question is unanswerable"),
        false_answer_rate: metric(1, unanswerable, "no question is unanswerable"),
        over_refusal_rate: metric(2, all - unanswerable, "no question is answerable"),
        abstention_f1: metric(3, all, "no question is unanswerable and none was refused"),
        coverage: metric(4, all, "nothing to measure"),
        selective_risk: metric(5, answered, "no question was answered"),
        utility_1: metric(6, all, "nothing to measure"),
        utility_4: metric(7, all, "nothing to measure"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn measure(rows: &[(bool, bool, bool)]) -> Abstention {
        let attempt =
            |&(answerable, answered, right): &(bool, bool, bool)| Attempt { answerable, answered, right };
        abstention(&rows.iter().map(attempt).collect::<Vec<_>>(), &Resampling { seed: 0, resamples: 20 })
    }

    #[test]
    fn each_corner_of_the_table_is_told_apart() {
        let found = measure(&[
            (true, true, true),
            (true, true, false),
            (true, false, false),
            (false, false, false),
            (false, true, true),
        ]);
        let value = |metric: &Metric| metric.value.unwrap();
        assert_eq!((value(&found.correct_refusal_rate), value(&found.false_answer_rate)), (0.5, 0.5));
        assert_eq!((value(&found.over_refusal_rate), value(&found.abstention_f1)), (1.0 / 3.0, 0.5));
        assert_eq!((value(&found.coverage), value(&found.selective_risk)), (0.6, 2.0 / 3.0));
        assert!(
            (value(&found.utility_1) + 0.2).abs() < 1e-12
                && (value(&found.utility_4) + 7.0 / 5.0).abs() < 1e-12
        );
    }

    #[test]
    fn a_rate_of_nothing_is_a_state_with_its_reason() {
        let found = measure(&[(true, false, false)]);
        assert_eq!(found.false_answer_rate.why.unwrap(), "no question is unanswerable");
        assert_eq!(found.selective_risk.value, None);
        assert_eq!(measure(&[]).coverage.value, None);
    }

    proptest! {
        #[test]
        fn always_silent_and_always_right_are_the_two_ends(answerable in prop::collection::vec(any::<bool>(), 1..20)) {
            let silent = measure(&answerable.iter().map(|one| (*one, false, false)).collect::<Vec<_>>());
            prop_assert_eq!((silent.coverage.value, silent.utility_1.value), (Some(0.0), Some(0.0)));
            let perfect = measure(&answerable.iter().map(|one| (*one, *one, *one)).collect::<Vec<_>>());
            prop_assert!(perfect.false_answer_rate.value.is_none_or(|rate| rate == 0.0));
            prop_assert!(perfect.abstention_f1.value.is_none_or(|f1| f1 == 1.0));
        }
    }
}
