//! Retrieval, fine-tuning or both: effects, cost, utility, and the report that says why.
//!
//! [`decide`] turns an [`Experiment`] (questions, arms, and one row for each of both) into a [`Decision`];
//! [`html`] and [`markdown`] show it. Nothing here reads a file, a clock or the network.

mod analyse;
mod cost;
mod curve;
mod decision;
mod draws;
mod effects;
mod experiment;
mod failures;
mod flip;
mod lag;
mod random;
mod reliability;
mod report;
mod router;
mod series;
mod terms;
mod utility;
mod verdict;
mod words;
#[cfg(test)]
mod worlds;

pub use analyse::{Resampled, decide};
pub use cost::{BreakEven, CostLine};
pub use curve::{Curve, CurveBand, CurveMean};
pub use decision::{Against, ArmReport, Constraint, Decision, SliceReport};
pub use effects::{Cells, Effect, Effects};
pub use experiment::{
    Arm, ArmRun, CurvePoint, DataFact, Experiment, FALSE_ANSWER, GROUNDEDNESS, LEAST_CLUSTERS,
    LEAST_QUESTIONS, Measure, Question, Role, Row, Unfit, UpdateTrial, Upkeep,
};
pub use failures::{Confusion, Missing, Regression, Said};
pub use flip::{FlipPoint, Sensitivity};
pub use lag::Lag;
pub use reliability::{Reliability, ReliabilityBin};
pub use report::{html, markdown};
pub use router::ROUTER;
pub use terms::{Amount, Basis, Limits, Prices, Terms, Volume, Weights};
pub use utility::Anchor;
pub use verdict::Rule;
pub use words::percent;
