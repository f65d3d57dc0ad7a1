//! The decision: what is recommended, how sure that is, and everything it rests on; what `decision.json` holds.

use std::collections::BTreeMap;

use engraft_eval::{IntervalMethod, Metric};
use serde::{Deserialize, Serialize};

use crate::contrast::Contrast;
use crate::cost::{BreakEven, CostLine};
use crate::curve::Curve;
use crate::deployment::Deployment;
use crate::effects::Effects;
use crate::failures::{Confusion, Missing, Regression};
use crate::flip::{FlipPoint, Sensitivity};
use crate::growth::Growth;
use crate::judge::Judge;
use crate::lag::Lag;
use crate::load::Load;
use crate::preference::Preference;
use crate::reliability::Reliability;
use crate::utility::Anchor;
use crate::verdict::Rule;

/// What is recommended and why; written as `decision.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The task.
    pub name: String,
    /// `classify`, `extract`, `answer` or `write`.
    pub kind: String,
    /// When it was measured.
    pub created: String,
    /// The arm to use; `null`: the evidence is not enough, or no arm meets the must-haves.
    pub recommendation: Option<String>,
    /// The verdict in one or two sentences.
    pub verdict: String,
    /// Why.
    pub rule: Rule,
    /// How likely the recommended arm (or the one in front) is the best of those that meet the must-haves.
    pub p_best: Option<f64>,
    /// What is lost on average by choosing it, in points of utility from 0 to 1.
    pub expected_regret: Option<f64>,
    /// The arm in front, recommended or not.
    pub front: Option<String>,
    /// Every arm.
    pub arms: Vec<ArmReport>,
    /// The effects on all questions.
    pub effects: Effects,
    /// The effects and qualities of each slice; exploratory.
    pub slices: Vec<SliceReport>,
    /// What would change the recommendation, nearest first.
    pub flip_points: Vec<FlipPoint>,
    /// How many more questions a verdict needs; 0 when there is one, `null` when more questions alone would not do.
    pub need_n: Option<usize>,
    /// What deciding right away could lose, in right answers a month, at most; the value of knowing more.
    pub value_of_more: f64,
    /// What is needed from the team, in plain words.
    pub needs: Vec<String>,
    /// Each must-have with who breaks it.
    pub constraints: Vec<Constraint>,
    /// Must-haves that no arm meets together, although each or fewer of them can be met.
    pub conflict: Vec<String>,
    /// The criteria with their anchors and weights.
    pub criteria: Vec<Anchor>,
    /// How the lead depends on each number; longest bar first.
    pub sensitivity: Vec<Sensitivity>,
    /// Where monthly costs cross.
    pub break_even: Vec<BreakEven>,
    /// Each diagnostic against the arm beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Contrast>,
    /// What more labels would bring.
    pub curves: Vec<Curve>,
    /// How arms bear it where there is more to look through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub growth: Vec<Growth>,
    /// How many questions a second they bear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loads: Vec<Load>,
    /// Which answers people prefer, who saw two at a time without names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preferences: Vec<Preference>,
    /// A judge and how far people agree with it, where the task names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<Judge>,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// Why there is no router, when there is none.
    pub no_router: Option<String>,
    /// What the router goes by, in words, where there is one: something that is known of a question before it is answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed_by: Option<String>,
    /// Measures that cannot come out otherwise, each with why: their numbers are no findings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_construction: BTreeMap<String, String>,
    /// The 20 questions on which the recommended arm loses most against its rival.
    pub regressions: Vec<Regression>,
    /// How many questions the front arm wins and loses against its rival, and the rival's name.
    pub against: Option<Against>,
    /// The wrong answers of the front arm, most frequent first.
    pub confusions: Vec<Confusion>,
    /// Every row without a score, with its reason.
    pub missing: Vec<Missing>,
    /// Questions compared.
    pub questions: usize,
    /// Independent clusters among them.
    pub clusters: usize,
    /// Resamples drawn.
    pub resamples: usize,
    /// Their seed.
    pub seed: u64,
    /// The sha256 of the record this was made from, in hex.
    pub record_sha256: String,
}

/// Wins and losses of the front arm against its rival.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// The rival.
    pub rival: String,
    /// Questions it does better.
    pub wins: usize,
    /// Questions the rival does better.
    pub losses: usize,
    /// The rest.
    pub ties: usize,
    /// The difference in quality, paired.
    pub difference: Metric,
    /// How its interval was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<IntervalMethod>,
    /// How many questions show a difference of this size in 80 of 100 cases; `null` where it is zero, and where more questions alone
    /// would not do.
    pub needed: Option<usize>,
    /// Why more questions alone would not do, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_why: Option<String>,
}

/// One arm with everything measured on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmReport {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Whether it looks things up.
    pub retrieval: bool,
    /// Whether it was trained.
    pub tuned: bool,
    /// False for a diagnostic.
    pub candidate: bool,
    /// Why there are no numbers, for a cell that cannot be filled.
    pub absent: Option<String>,
    /// Mean quality; failures count as wrong.
    pub quality: Metric,
    /// Lowest and highest mean quality, had the failed questions been answered wrong or right.
    pub quality_bounds: Option<[f64; 2]>,
    /// The 95th percentile of milliseconds.
    pub latency_ms: Metric,
    /// The median of milliseconds.
    pub latency_p50_ms: Option<f64>,
    /// The 99th percentile; of fewer than a hundred answers the slowest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_p99_ms: Option<Metric>,
    /// What 1,000 questions cost.
    pub cost_per_1k: Metric,
    /// What a month costs at the team's volume.
    pub cost_per_month: Metric,
    /// What one change costs.
    pub cost_per_update: Option<f64>,
    /// Median seconds until a change shows.
    pub update_lag_s: Metric,
    /// Answers that stand on what was retrieved.
    pub groundedness: Metric,
    /// All other measures by name.
    pub measures: BTreeMap<String, Metric>,
    /// Rows in each state.
    pub states: BTreeMap<String, usize>,
    /// Set when half of its questions or more failed.
    pub broken: Option<String>,
    /// Mean milliseconds of each stage.
    pub stages: Vec<(String, f64)>,
    /// Where the money goes.
    pub ledger: Vec<CostLine>,
    /// How well its texts can be told from the team's, where it writes: 0.5 is not at all, 1 always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<Metric>,
    /// How long it takes until it can be used, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
    /// How it follows changes.
    pub lag: Option<Lag>,
    /// How its confidence relates to being right.
    #[serde(default)]
    pub confidence: Option<Reliability>,
    /// Must-haves it breaks.
    pub dropped: Vec<String>,
    /// Whether no other arm is at least as good in everything.
    pub pareto: bool,
    /// Its utility on average over the draws.
    pub utility: Option<f64>,
    /// How likely it is the best one.
    pub p_best: Option<f64>,
    /// What is lost on average by choosing it.
    pub expected_regret: Option<f64>,
    /// Labels it was trained on.
    pub labels: usize,
    /// Training seeds.
    pub seeds: usize,
}

/// The effects and qualities within one slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceReport {
    /// Its name.
    pub slice: String,
    /// Questions compared.
    pub n: usize,
    /// Its effects; Holm within the slice.
    pub effects: Effects,
    /// Quality by arm.
    pub quality: BTreeMap<String, Metric>,
}

/// One must-have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// Such as `cost_per_month`.
    pub name: String,
    /// Its limit, in words.
    pub limit: String,
    /// Who breaks it and by how much.
    pub broken_by: Vec<(String, String)>,
}
