//! Groundedness: whether a statement is supported by the passages it rests on, by what can be measured of both.
//!
//! [`measures`] makes numbers of a claim and its evidence; [`tune_groundedness`] fits their weights to a project's own labels
//! and calibrates them; a [`Groundedness`] model gives a chance and a verdict, which is "unsure" where it does not know.

mod candidate;
mod claim;
pub(crate) mod doubt;
mod features;
mod fit;
mod fitting;
mod model;
mod places;
mod reading;
mod report;
mod rows;
mod tuner;
mod words;

pub use claim::{Claim, Measuring, measures};
pub use features::{FEATURES, Feature, Features, LEXICAL, Sign};
pub use fitting::{FittedClaims, fit_claims};
pub use model::{Groundedness, Judged, UNSURE, Verdict, shipped};
pub use reading::{LONGEST, Reader, Reading};
pub use rows::{ClaimRow, read_claims};
pub use tuner::{BASE, ENOUGH, GroundednessOptions, TRUSTED, Tier, TunedGroundedness, tune_groundedness};
