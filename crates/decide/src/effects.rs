//! What retrieval does, what tuning does, and whether together they do more or less than the sum of both.

use engraft_eval::{Difference, IntervalMethod, Metric, holm};
use serde::{Deserialize, Serialize};

use crate::analyse::is_sure;
use crate::paired::paired;
use crate::{Experiment, Role};

/// The four cells of the design: positions of arms in the experiment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Neither.
    pub base: Option<usize>,
    /// Retrieval alone.
    pub retrieval: Option<usize>,
    /// Tuning alone.
    pub tuned: Option<usize>,
    /// Both.
    pub both: Option<usize>,
}

impl Cells {
    /// The first measured candidate of each cell.
    pub fn of(experiment: &Experiment) -> Cells {
        let find = |retrieval, tuned| {
            experiment.arms.iter().position(|arm| {
                let cell = arm.retrieval == retrieval && arm.tuned == tuned;
                cell && arm.role == Role::Candidate && !arm.runs.is_empty() && arm.name != crate::ROUTER
            })
        };
        Cells {
            base: find(false, false),
            retrieval: find(true, false),
            tuned: find(false, true),
            both: find(true, true),
        }
    }
}

/// The effects of one slice, or of all questions together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effects {
    /// What retrieval adds, averaged over base and tuned.
    pub rag: Effect,
    /// What tuning adds, averaged over with and without retrieval.
    pub tuning: Effect,
    /// How much more both add together than one by one; below 0: less than the sum.
    pub interaction: Effect,
    /// What retrieval adds to the base model.
    pub rag_at_base: Effect,
    /// What retrieval adds to the tuned model.
    pub rag_at_tuned: Effect,
    /// What tuning adds without retrieval.
    pub tuning_alone: Effect,
    /// What tuning adds with retrieval.
    pub tuning_with_rag: Effect,
}

/// An effect with a p above this, after Holm's correction, may be none.
pub(crate) const ALPHA: f64 = 0.05;

/// One contrast of arms, in points of the first measure (a share of 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Value, 95 % interval and n.
    #[serde(flatten)]
    pub metric: Metric,
    /// How the interval was made: the rule of `metrics compare`. Absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<IntervalMethod>,
    /// Two-sided, of the sign-flip test over clusters; where an arm has several training seeds Student's, with the degrees of
    /// freedom of the interval. `null` where the contrast is not defined.
    pub p: Option<f64>,
    /// The same after Holm's correction within its family.
    pub p_holm: Option<f64>,
    /// The difference that this many questions find in 80 of 100 cases, with the degrees of freedom of the interval.
    pub mde: Option<f64>,
}

impl Effect {
    fn missing(why: &str) -> Effect {
        let metric = Metric { value: None, low: None, high: None, n: 0, why: Some(why.into()) };
        Effect { metric, rule: None, p: None, p_holm: None, mde: None }
    }

    /// Whether it is surely not zero: its interval leaves out 0, and Holm's correction leaves its p at or below .05.
    pub fn is_sure(&self) -> bool {
        is_sure(&self.metric) && self.p_holm.is_some_and(|p| p <= ALPHA)
    }
}

impl Effects {
    /// Name and contrast, main effects first.
    pub fn list(&self) -> [(&'static str, &Effect); 7] {
        [
            ("Retrieval, on average", &self.rag),
            ("Tuning, on average", &self.tuning),
            ("Interaction", &self.interaction),
            ("Retrieval on the base model", &self.rag_at_base),
            ("Retrieval on the tuned model", &self.rag_at_tuned),
            ("Tuning without retrieval", &self.tuning_alone),
            ("Tuning with retrieval", &self.tuning_with_rag),
        ]
    }

    fn family(&mut self) -> [&mut Effect; 3] {
        [&mut self.rag, &mut self.tuning, &mut self.interaction]
    }

    fn simple(&mut self) -> [&mut Effect; 4] {
        [&mut self.rag_at_base, &mut self.rag_at_tuned, &mut self.tuning_alone, &mut self.tuning_with_rag]
    }
}

/// Weights of (base, retrieval, tuned, both) in each contrast, in the order of [`Effects`]' fields.
const CONTRASTS: [[f64; 4]; 7] = [
    [-0.5, 0.5, -0.5, 0.5],
    [-0.5, -0.5, 0.5, 0.5],
    [1.0, -1.0, -1.0, 1.0],
    [-1.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, -1.0, 1.0],
    [-1.0, 0.0, 1.0, 0.0],
    [0.0, -1.0, 0.0, 1.0],
];

/// The effects on all questions (`slice` absent) or on one slice.
pub(crate) fn effects(experiment: &Experiment, cells: Cells, slice: Option<&str>) -> Effects {
    let arms = [cells.base, cells.retrieval, cells.tuned, cells.both];
    let inside = |at: &usize| slice.is_none_or(|name| experiment.questions[*at].slice == name);
    let asked: Vec<usize> = experiment.kept().into_iter().filter(inside).collect();
    let contrast = |weights: [f64; 4]| {
        let weighed = weights.into_iter().zip(arms).filter(|(weight, _)| *weight != 0.0);
        let parts: Option<Vec<(f64, usize)>> = weighed.map(|(weight, arm)| Some((weight, arm?))).collect();
        let Some(paired) = parts.and_then(|parts| paired(experiment, &parts, &asked)) else {
            return Effect::missing("a cell of the design has not been measured");
        };
        let Difference { metric, method, p, mde, .. } = paired.found;
        Effect { metric, rule: method, p, p_holm: None, mde }
    };
    let [rag, tuning, interaction, rag_at_base, rag_at_tuned, tuning_alone, tuning_with_rag] =
        CONTRASTS.map(contrast);
    let mut effects =
        Effects { rag, tuning, interaction, rag_at_base, rag_at_tuned, tuning_alone, tuning_with_rag };
    correct(effects.family());
    correct(effects.simple());
    effects
}

/// Holm's step-down correction (Holm 1979) over the effects that have a p.
fn correct<const N: usize>(family: [&mut Effect; N]) {
    let mut tested: Vec<&mut Effect> = family.into_iter().filter(|effect| effect.p.is_some()).collect();
    let ps: Vec<f64> = tested.iter().filter_map(|effect| effect.p).collect();
    for (effect, corrected) in tested.iter_mut().zip(holm(&ps)) {
        effect.p_holm = Some(corrected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(low: f64, high: f64, p_holm: Option<f64>, expected: bool) {
        let metric =
            Metric { value: Some(0.5 * (low + high)), low: Some(low), high: Some(high), n: 100, why: None };
        let effect = Effect { metric, rule: None, p: p_holm, p_holm, mde: None };
        assert_eq!(effect.is_sure(), expected, "{effect:?}");
    }

    #[test]
    fn an_effect_is_sure_where_both_its_interval_and_holm_s_correction_leave_zero_out() {
        check(0.01, 0.05, Some(0.03), true);
        check(-0.05, -0.01, Some(0.05), true);
        check(0.01, 0.05, Some(0.074), false);
        check(-0.01, 0.05, Some(0.03), false);
        check(0.01, 0.05, None, false);
    }
}
