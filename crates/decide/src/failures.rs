//! Where the front arm goes wrong: the questions it loses against its rival, its usual mistakes, and every missing row.

use std::collections::BTreeMap;

use engraft_eval::State;
use serde::{Deserialize, Serialize};

use crate::{Arm, Experiment, Row};

/// A question on which the front arm does worse than its rival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regression {
    /// The question's id.
    pub id: String,
    /// As asked.
    pub question: String,
    /// The right answer.
    pub gold: String,
    /// Its slice.
    pub slice: String,
    /// Quality lost, averaged over training seeds.
    pub lost: f64,
    /// What the front arm said.
    pub said: Said,
    /// What the rival said.
    pub rival_said: Said,
}

/// An answer with what it stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// The answer.
    pub answer: String,
    /// How sure.
    pub confidence: Option<f64>,
    /// What was looked at, best first.
    pub evidence: Vec<String>,
    /// Milliseconds.
    pub ms: f64,
    /// Milliseconds of each stage that took any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<(String, f64)>,
}

/// A wrong answer the front arm gives often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// The right answer.
    pub gold: String,
    /// What was said.
    pub said: String,
    /// How often.
    pub count: usize,
}

/// A row without a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Missing {
    /// The arm.
    pub arm: String,
    /// The training seed.
    pub seed: u64,
    /// The question's id.
    pub id: String,
    /// What became of it.
    pub state: State,
    /// Why.
    pub why: String,
}

const REGRESSIONS: usize = 20;
const CONFUSIONS: usize = 12;

fn quality(arm: &Arm, at: usize) -> f64 {
    arm.runs.iter().filter_map(|run| run.rows[at].quality()).sum::<f64>() / arm.runs.len() as f64
}

/// The worst of the paired differences, with wins and losses counted: (regressions, wins, losses).
pub(crate) fn regressions(
    experiment: &Experiment,
    front: &Arm,
    rival: &Arm,
    kept: &[usize],
) -> (Vec<Regression>, usize, usize) {
    let differences = kept.iter().map(|&at| (at, quality(front, at) - quality(rival, at)));
    let differences: Vec<(usize, f64)> = differences.collect();
    let wins = differences.iter().filter(|(_, difference)| *difference > 0.0).count();
    let mut lost: Vec<(usize, f64)> =
        differences.into_iter().filter(|(_, difference)| *difference < 0.0).collect();
    let losses = lost.len();
    // The seed at which it shows: the first where the front arm is worse.
    let at_seed = |arm: &Arm, run: usize, at: usize| arm.runs[run % arm.runs.len()].rows[at].clone();
    let shows = |at: usize| {
        let worse = |run: &usize| {
            at_seed(front, *run, at).quality().unwrap_or(0.0)
                < at_seed(rival, *run, at).quality().unwrap_or(0.0)
        };
        (0..front.runs.len().max(rival.runs.len())).find(worse).unwrap_or(0)
    };
    // Among equal losses the surest wrong answer is the worst.
    let sure = |at: usize| at_seed(front, shows(at), at).confidence.unwrap_or(0.0);
    lost.sort_by(|a, b| a.1.total_cmp(&b.1).then(sure(b.0).total_cmp(&sure(a.0))).then(a.0.cmp(&b.0)));
    let said = |row: Row| {
        let ms = row.ms();
        let stages =
            experiment.stages.iter().cloned().zip(row.stage_ms).filter(|(_, ms)| *ms > 0.0).collect();
        let mut evidence = row.evidence;
        evidence.truncate(3);
        Said { answer: row.said, confidence: row.confidence, evidence, ms, stages }
    };
    let shown = lost.into_iter().take(REGRESSIONS).map(|(at, difference)| {
        let question = &experiment.questions[at];
        Regression {
            id: question.id.clone(),
            question: question.text.clone(),
            gold: question.gold.clone(),
            slice: question.slice.clone(),
            lost: -difference,
            said: said(at_seed(front, shows(at), at)),
            rival_said: said(at_seed(rival, shows(at), at)),
        }
    });
    (shown.collect(), wins, losses)
}

/// The most frequent wrong answers of the arm's first run.
pub(crate) fn confusions(experiment: &Experiment, arm: &Arm, kept: &[usize]) -> Vec<Confusion> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let Some(run) = arm.runs.first() else { return Vec::new() };
    for &at in kept {
        let row = &run.rows[at];
        if row.quality().is_some_and(|quality| quality < 0.5) {
            *counts.entry((&experiment.questions[at].gold, &row.said)).or_default() += 1;
        }
    }
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    all.into_iter()
        .take(CONFUSIONS)
        .map(|((gold, said), count)| Confusion { gold: gold.into(), said: said.into(), count })
        .collect()
}

/// Every row that could not be asked, or is neither scored nor an abstention, and every cell that could not be filled.
pub(crate) fn missing(experiment: &Experiment) -> Vec<Missing> {
    let mut missing = experiment.unasked.clone();
    for arm in &experiment.arms {
        if let Some(why) = &arm.absent {
            let (arm, why) = (arm.name.clone(), why.clone());
            missing.push(Missing { arm, seed: 0, id: "every question".into(), state: State::Skipped, why });
        }
        for run in &arm.runs {
            for (row, question) in run.rows.iter().zip(&experiment.questions) {
                if matches!(row.state, State::Scored | State::Abstained) {
                    continue;
                }
                missing.push(Missing {
                    arm: arm.name.clone(),
                    seed: run.seed,
                    id: question.id.clone(),
                    state: row.state,
                    why: row.why.clone().unwrap_or_default(),
                });
            }
        }
    }
    missing
}
