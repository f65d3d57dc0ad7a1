//! Rank measures, as `trec_eval` defines them: one query's ranking in, one number out.

mod gain;
mod hits;
mod measure;
mod name;
mod pool;
mod ranking;
mod recall_levels;

pub use measure::{Measure, Share};
pub use name::UnknownMeasure;
pub use ranking::{Ranking, Rules, Ties};
