//! What a decision says however the criteria are weighed: worked out once, since it takes most of the time after the resamples.

use rayon::prelude::*;

use crate::Experiment;
use crate::contrast::{Contrast, contrasts};
use crate::decision::SliceReport;
use crate::draws::Draws;
use crate::effects::{Cells, Effects, effects};
use crate::reliability::{Reliability, reliability};

/// Effects, diagnostics and what confidence is worth.
pub(crate) struct Fixed {
    /// On all questions.
    pub(crate) effects: Effects,
    /// On those of each slice; none where there is one slice.
    pub(crate) slices: Vec<SliceReport>,
    pub(crate) diagnostics: Vec<Contrast>,
    /// One an arm.
    pub(crate) confidence: Vec<Option<Reliability>>,
}

impl Fixed {
    pub(crate) fn of(experiment: &Experiment, draws: &Draws, slices: &[String]) -> Fixed {
        let (kept, cells) = (experiment.kept(), Cells::of(experiment));
        let report = |(number, slice): (usize, &String)| SliceReport {
            slice: slice.clone(),
            n: kept.iter().filter(|&&at| experiment.questions[at].slice == *slice).count(),
            effects: effects(experiment, cells, Some(slice.as_str())),
            quality: experiment
                .arms
                .iter()
                .enumerate()
                .filter_map(|(at, arm)| Some((arm.name.clone(), draws.slice(at, number)?.metric())))
                .collect(),
        };
        let apart = slices.iter().enumerate().filter(|_| slices.len() > 1);
        Fixed {
            effects: effects(experiment, cells, None),
            slices: apart.map(report).collect(),
            diagnostics: contrasts(experiment),
            confidence: experiment.arms.par_iter().map(|arm| reliability(experiment, arm, &kept)).collect(),
        }
    }
}
