//! What retrieval does, what tuning does, and whether together they do more or less than the sum of both.

use engraft_eval::{Metric, Resampling, holm, sign_flip, student_below};
use serde::{Deserialize, Serialize};

use crate::draws::{Draws, Series, clusters};
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

/// One contrast of arms, in points of the first measure (a share of 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Value, 95 % interval and n.
    #[serde(flatten)]
    pub metric: Metric,
    /// Two-sided sign-flip p over clusters; where an arm has several training seeds no less than Student's, with one degree of
    /// freedom less than there are seeds. `null` where the contrast is not defined.
    pub p: Option<f64>,
    /// The same after Holm's correction within its family.
    pub p_holm: Option<f64>,
    /// The difference that this many questions find in 80 of 100 cases.
    pub mde: Option<f64>,
}

impl Effect {
    fn missing(why: &str) -> Effect {
        let metric = Metric { value: None, low: None, high: None, n: 0, why: Some(why.into()) };
        Effect { metric, p: None, p_holm: None, mde: None }
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

/// The effects on all questions (`slice` absent) or on one slice, by number and name.
pub(crate) fn effects(
    experiment: &Experiment,
    draws: &Draws,
    cells: Cells,
    slice: Option<(usize, &str)>,
) -> Effects {
    let arms = [cells.base, cells.retrieval, cells.tuned, cells.both];
    let flips = Flips::of(experiment, arms, slice.map(|(_, name)| name));
    let resampling = Resampling { seed: experiment.seed, resamples: experiment.resamples };
    let contrast = |weights: [f64; 4]| {
        let parts: Option<Vec<(f64, &Series)>> = weights
            .iter()
            .zip(arms)
            .filter(|(weight, _)| **weight != 0.0)
            .map(|(weight, arm)| {
                let series = match slice {
                    Some((slice, _)) => draws.slice(arm?, slice),
                    None => draws.measure(arm?, 0),
                };
                series.map(|series| (*weight, series))
            })
            .collect();
        let Some(parts) = parts else {
            return Effect::missing("a cell of the design has not been measured");
        };
        let series = Series::sum(&parts);
        let deviation = series.deviation();
        let mde = 2.8 * deviation;
        let flipped = flips.p(weights, &resampling);
        let runs = weights
            .iter()
            .zip(arms)
            .filter(|(weight, _)| **weight != 0.0)
            .filter_map(|(_, arm)| Some(experiment.arms[arm?].runs.len()));
        // Flipping signs of questions knows nothing of other seeds; the deviation of the draws does.
        let p = match runs.filter(|runs| *runs > 1).min() {
            Some(seeds) if deviation > 0.0 => {
                let t = (series.point / deviation).abs();
                flipped.max(2.0 * student_below(-t, (seeds - 1) as f64))
            }
            _ => flipped,
        };
        Effect { metric: series.metric(), p: Some(p), p_holm: None, mde: Some(mde) }
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

/// Per cluster and cell, the sum of qualities (averaged over seeds): what the sign-flip test flips.
struct Flips(Vec<[f64; 4]>);

impl Flips {
    fn of(experiment: &Experiment, arms: [Option<usize>; 4], slice: Option<&str>) -> Flips {
        let kept = experiment.kept();
        let inside = |question: usize| slice.is_none_or(|name| experiment.questions[question].slice == name);
        let quality = |arm: Option<usize>, question: usize| {
            let Some(arm) = arm.map(|arm| &experiment.arms[arm]) else { return 0.0 };
            let all = arm.runs.iter().filter_map(|run| run.rows[question].quality());
            all.sum::<f64>() / arm.runs.len() as f64
        };
        let sums = clusters(experiment, &kept).into_iter().filter_map(|questions| {
            let mut sums = [0.0; 4];
            let mut any = false;
            for at in questions.into_iter().filter(|&at| inside(kept[at])) {
                any = true;
                for (sum, arm) in sums.iter_mut().zip(arms) {
                    *sum += quality(arm, kept[at]);
                }
            }
            any.then_some(sums)
        });
        Flips(sums.collect())
    }

    /// How often random signs of the clusters' contrasts sum to as much as was measured.
    fn p(&self, weights: [f64; 4], resampling: &Resampling) -> f64 {
        let of = |sums: &[f64; 4]| sums.iter().zip(weights).map(|(sum, weight)| sum * weight).sum::<f64>();
        let contrasts: Vec<f64> = self.0.iter().map(of).collect();
        sign_flip(&contrasts, resampling).two_sided
    }
}
