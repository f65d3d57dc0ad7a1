//! Statistics of paired comparisons: intervals, tests, power, and what to say when some scores are missing.
//!
//! [`paired_difference`] judges two sides on the same questions, [`difference`] any contrast of more; [`resample`] draws the
//! means of many columns at once. All of them resample documents, not questions, where questions share documents.

mod bounds;
mod difference;
mod distributions;
mod draws;
mod holm;
mod power;
mod sign_flip;
mod spread;
mod units;

pub use bounds::{Bounds, difference_bounds, mean_bounds};
pub use difference::{
    Difference, Gate, GateVerdict, Verdict, difference, equivalence_p, gate, interval_by, paired_difference,
};
pub use distributions::{normal_below, normal_quantile, student_below, student_quantile};
pub use draws::{Contrast, Draws, EmptyColumn, resample};
pub use holm::holm;
pub use power::{detectable, pairs_for_equivalence, pairs_for_means, pairs_for_shares};
pub use sign_flip::{SignFlip, sign_flip};
pub use spread::Method as IntervalMethod;
pub use units::Units;
