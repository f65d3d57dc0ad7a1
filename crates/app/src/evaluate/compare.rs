//! `metrics compare` and `gate`: two systems on the same questions.

use engraft_eval::{
    Bounds, Difference, Gate, Metric, Resampling, Score, State, States, Units, difference_bounds,
    paired_difference, resample,
};
use serde::Serialize;

use crate::evaluate::scores::{Pairs, load, pair};
use crate::workspace::Workspace;
use crate::{Context, Error};

/// What to compare, and how.
#[derive(Clone, Debug)]
pub struct CompareRequest {
    /// A run or a file of scores.
    pub a: String,
    /// What it is compared with.
    pub b: String,
    /// The measure; `None`: the only one, or the main one of its kind of run.
    pub metric: Option<String>,
    /// Differences smaller than this do not matter; 0 or more.
    pub margin: f64,
    /// Chooses the resamples.
    pub seed: u64,
    /// How many resamples.
    pub resamples: usize,
}

impl CompareRequest {
    fn resampling(&self) -> Resampling {
        Resampling { seed: self.seed, resamples: self.resamples }
    }
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// The mean over its scored items.
    pub mean: Metric,
    /// What became of its items.
    pub states: States,
    /// Items the other side lacks.
    pub only_here: usize,
}

/// What a comparison comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CompareReport {
    /// A less B, with its test and its verdict on A.
    #[serde(flatten)]
    pub difference: Difference,
    /// The measure.
    pub metric: String,
    /// The first.
    pub a: Side,
    /// What it is compared with.
    pub b: Side,
    /// Where items are missing: the difference if all of them were the worst for A, or the best.
    pub bounds: Option<Bounds>,
    /// Documents the items come from; as many independent voices there are.
    pub documents: usize,
    /// Training seeds.
    pub seeds: usize,
}

/// What a gate says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateReport {
    /// The verdict, its reason and the difference.
    #[serde(flatten)]
    pub gate: Gate,
    /// The measure.
    pub metric: String,
}

/// Compares A with B, pair by pair; the verdict is on A. `open` opens the workspace, where a side is a run.
pub fn compare(
    context: Context,
    open: &dyn Fn() -> Result<Workspace, Error>,
    request: &CompareRequest,
) -> Result<CompareReport, Error> {
    let pairs = pairs(context, open, request)?;
    let resampling = &request.resampling();
    let difference = paired_difference(&pairs.a, &pairs.b, &pairs.units, request.margin, resampling);
    let bounds = difference_bounds(&pairs.a, &pairs.b, pairs.range).filter(|bounds| bounds.missing > 0);
    Ok(CompareReport {
        difference,
        a: side(&pairs.a, &pairs.units, pairs.only_a, resampling),
        b: side(&pairs.b, &pairs.units, pairs.only_b, resampling),
        metric: pairs.measure,
        bounds,
        documents: pairs.units.document_count(),
        seeds: pairs.units.seed_count(),
    })
}

/// Says whether run A may replace baseline B.
pub fn gate(
    context: Context,
    open: &dyn Fn() -> Result<Workspace, Error>,
    request: &CompareRequest,
) -> Result<GateReport, Error> {
    let pairs = pairs(context, open, request)?;
    let Pairs { measure, a, b, units, range, .. } = pairs;
    let gate = engraft_eval::gate(&a, &b, &units, request.margin, range, &request.resampling());
    Ok(GateReport { gate, metric: measure })
}

fn pairs(
    context: Context,
    open: &dyn Fn() -> Result<Workspace, Error>,
    request: &CompareRequest,
) -> Result<Pairs, Error> {
    if !(request.margin >= 0.0 && request.margin.is_finite()) {
        return Err(Error::Request {
            message: format!("a margin of {} makes no sense", request.margin),
            hint: "give the smallest difference that matters, such as 0.02 for two points".into(),
        });
    }
    let (a, b) = (load(context, open, &request.a)?, load(context, open, &request.b)?);
    pair(&a, &b, request.metric.as_deref())
}

fn side(scores: &[Score], units: &Units, only_here: usize, resampling: &Resampling) -> Side {
    let column: Vec<Option<f64>> = scores.iter().map(|score| score.value()).collect();
    let mean = match resample(units, &[column], resampling) {
        Ok(draws) => draws.metric(0),
        Err(_) => Metric { value: None, low: None, high: None, n: 0, why: Some("nothing is scored".into()) },
    };
    let states: Vec<State> = scores.iter().map(|score| score.state()).collect();
    Side { mean, states: States::of(states), only_here }
}
