//! Retrieval, fine-tuning or both: effects, cost, utility, and the report that says why.
//!
//! [`decide`] turns an [`Experiment`] (questions, arms, and one row for each of both) into a [`Decision`];
//! [`html`] and [`markdown`] show it, [`tile`] and [`pictures`] what of it another page may hold. Nothing here reads a file, a clock or the network.

mod against;
mod analyse;
mod contrast;
mod cost;
mod curve;
mod decision;
mod deployment;
mod draws;
mod effects;
mod experiment;
mod failures;
mod fixed;
mod flip;
mod growth;
mod judge;
mod lag;
mod load;
mod paired;
mod preference;
mod random;
mod reliability;
mod report;
mod router;
mod scale;
mod series;
mod target;
mod terms;
mod utility;
mod verdict;
mod words;
#[cfg(test)]
mod worlds;

pub use analyse::{Resampled, decide};
pub use contrast::Contrast;
pub use cost::{BreakEven, CostLine};
pub use curve::{Curve, CurveBand, CurveMean};
pub use decision::{Against, ArmReport, Constraint, Decision, SliceReport};
pub use deployment::Deployment;
pub use effects::{Cells, Effect, Effects};
pub use experiment::{
    Arm, ArmRun, CurvePoint, DataFact, EVIDENCE_RECALL, Experiment, FALSE_ANSWER, GROUNDEDNESS, JUDGED,
    LEAST_CLUSTERS, LEAST_QUESTIONS, Measure, NDCG, NOT_PROVEN, Question, RECALL, Renewed, Role, Row, Style,
    Unfit, UpdateTrial, Upkeep,
};
pub use failures::{Confusion, Missing, Regression, Said};
pub use flip::{FlipPoint, Sensitivity};
pub use growth::{Growth, SizeMean};
pub use judge::Judge;
pub use lag::Lag;
pub use load::{Load, RateMean};
pub use preference::{Preference, Vote};
pub use reliability::{Reliability, ReliabilityBin};
pub use report::{html, markdown, pictures, tile};
pub use router::ROUTER;
pub use scale::{LoadTrial, Scale, SizeRun, WaitingLimit};
pub use target::Target;
pub use terms::{Amount, Basis, Limits, Prices, Terms, Volume, Weights};
pub use utility::Anchor;
pub use verdict::Rule;
pub use words::{chance, percent};
