//! The report's pictures, as inline SVG: readable at 360 pixels, in print, and without colour.

mod axis;
mod bars;
mod canvas;
mod cost;
mod curves;
mod effects;
mod growth;

pub(crate) use bars::tornado;
pub(crate) use canvas::{Ink, whisker};
pub(crate) use cost::{break_even, pareto};
pub(crate) use curves::{latency, learning, reliability, risk_coverage, survival};
pub(crate) use effects::{forest, interaction, slices};
pub(crate) use growth::{grown_quality, grown_time, load};
