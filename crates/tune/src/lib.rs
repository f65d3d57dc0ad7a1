//! Small models from a team's own judgements: data, trainers, the verdict whether to ship.
//!
//! [`data`] reads rows, looks them over and splits them; a tuner ([`classifier`], [`extractor`]) makes a model of them; [`ship`]
//! compares it with what there was; [`artefact`] keeps it. Progress, cancellation and the seed are arguments; nothing here prints.

pub mod artefact;
pub mod calibrate;
mod choose;
pub mod classifier;
mod climb;
mod clusters;
pub mod data;
mod dense;
mod embed;
mod error;
pub mod export;
pub mod extractor;
pub mod groundedness;
mod guard;
mod halves;
pub mod import;
mod keep;
pub mod linear;
pub mod reader;
pub mod rerank;
pub mod retrieve;
pub mod reward;
mod seeds;
pub mod ship;
mod still;
pub mod trainer;
mod two_passes;
mod watch;

pub use choose::{Chosen, choose};
pub use dense::{Matrix, dot};
pub use embed::{LongTexts, embed};
pub use error::TuneError;
pub use keep::Keep;
pub use seeds::seeds;
pub use watch::Watch;
