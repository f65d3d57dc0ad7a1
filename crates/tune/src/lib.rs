//! Small models from a team's own judgements: data, trainers, the verdict whether to ship.
//!
//! [`data`] reads rows, looks them over and splits them; a tuner makes a model of them; [`ship`] compares it with what there
//! was; [`artefact`] keeps it. Progress, cancellation and the seed are arguments; nothing here prints.

pub mod artefact;
pub mod calibrate;
pub mod data;
mod error;
pub mod export;
pub mod ship;
pub mod trainer;

pub use error::TuneError;
