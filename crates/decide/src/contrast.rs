//! What a diagnostic shows: its quality less that of the arm beside it, question by question.

use engraft_eval::{IntervalMethod, Metric};
use serde::{Deserialize, Serialize};

use crate::analyse::is_sure;
use crate::paired::paired;
use crate::words::points;
use crate::{Experiment, Role};

/// A diagnostic against the arm it is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contrast {
    /// The diagnostic.
    pub diagnostic: String,
    /// The arm.
    pub beside: String,
    /// The quality of the diagnostic less that of the arm, paired; as a share.
    pub difference: Metric,
    /// How the interval was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<IntervalMethod>,
    /// In plain words.
    pub words: String,
}

/// Every diagnostic that was measured beside an arm that was, in the order of the arms.
pub(crate) fn contrasts(experiment: &Experiment) -> Vec<Contrast> {
    let kept = experiment.kept();
    let contrast = |at: usize| {
        let arm = &experiment.arms[at];
        let beside = arm.beside.as_ref().filter(|_| arm.role == Role::Diagnostic)?;
        let other = experiment.arms.iter().position(|arm| arm.name == *beside)?;
        let paired = paired(experiment, &[(1.0, at), (-1.0, other)], &kept)?;
        let (difference, rule) = (paired.found.metric, paired.found.method);
        let (diagnostic, beside) = (arm.name.clone(), beside.clone());
        let words = words(&diagnostic, &beside, &difference, paired.nowhere);
        Some(Contrast { diagnostic, beside, difference, rule, words })
    };
    (0..experiment.arms.len()).filter_map(contrast).collect()
}

fn words(diagnostic: &str, beside: &str, difference: &Metric, nowhere: bool) -> String {
    let by = points(difference);
    if nowhere {
        return format!("`{diagnostic}` does as well as `{beside}` on every question.");
    }
    if difference.low.is_some() && !is_sure(difference) {
        return format!("`{diagnostic}` and `{beside}` are not told apart in quality ({by}).");
    }
    format!("`{diagnostic}` against `{beside}`: {by} of quality.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide;
    use crate::random::Random;
    use crate::worlds::{measured, truths};

    /// A diagnostic like the second arm, which gets so many of 200 questions right that it got wrong.
    fn check(gained: usize, expected: &str) {
        let mut random = Random::new(4, 4);
        let mut experiment = measured(&truths(&mut random), 200, 1, 1, &mut random);
        let mut diagnostic = experiment.arms[1].clone();
        (diagnostic.name, diagnostic.role) = ("perfect-reader".into(), Role::Diagnostic);
        diagnostic.beside = Some(experiment.arms[1].name.clone());
        let rows = diagnostic.runs[0].rows.iter_mut();
        rows.filter(|row| row.values[0] == Some(0.0)).take(gained).for_each(|row| row.values[0] = Some(1.0));
        experiment.arms.push(diagnostic);
        let decision = decide(&experiment, "").unwrap();
        let [contrast] = decision.diagnostics.as_slice() else { panic!("{:?}", decision.diagnostics) };
        assert_eq!((contrast.diagnostic.as_str(), contrast.beside.as_str()), ("perfect-reader", "retrieval"));
        let gain = contrast.difference.value.unwrap();
        assert!((gain - gained as f64 / 200.0).abs() < 1e-12, "{gain}");
        assert!(contrast.words.contains(expected), "{}", contrast.words);
    }

    #[test]
    fn a_diagnostic_is_told_with_what_it_gains_over_its_arm_question_by_question() {
        check(20, "`perfect-reader` against `retrieval`: +10.0 points [+");
        check(1, "are not told apart in quality (+0.5 points");
        check(0, "does as well as `retrieval` on every question");
    }
}
