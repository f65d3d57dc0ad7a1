//! The manifest: what a tuned model is, what it was made from, how good it was found, and what its files are.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_eval::Metric;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TuneError;

/// The manifest's file name.
pub const MANIFEST: &str = "engraft-model.json";
/// The manifest format this build writes and reads.
pub const FORMAT: u32 = 1;

/// What a tuned model is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of this manifest; [`FORMAT`].
    pub format: u32,
    /// What people call it.
    pub name: String,
    /// What it does, such as `classifier`.
    pub kind: String,
    /// How it was trained, such as `linear`.
    pub method: String,
    /// The encoder it stands on, if any.
    pub base: Option<Base>,
    /// The content address of the training data: a dataset snapshot, or a file's SHA-256.
    pub data_snapshot: String,
    /// Every seed it was trained with.
    pub seeds: Vec<u64>,
    /// When, RFC 3339.
    pub created: String,
    /// The build that made it.
    pub build: String,
    /// Its classes, sorted; empty where it has none.
    pub labels: Vec<String>,
    /// What its kind needs besides: calibration, thresholds, hyperparameters.
    pub settings: Value,
    /// How it was trained.
    pub train: Trained,
    /// How good it is on the evaluation rows.
    pub eval: BTreeMap<String, Metric>,
    /// What it was compared with.
    pub against: String,
    /// Paired differences from that, on the same rows.
    pub against_base: BTreeMap<String, Metric>,
    /// Whether it is proven better.
    pub ship: bool,
    /// Why, or why not.
    pub why: String,
    /// Content addresses of everything it was made from.
    pub lineage: Vec<String>,
    /// Inputs with what came out when it was made.
    pub probes: Vec<Probe>,
    /// The SHA-256 of each of its files.
    pub files: BTreeMap<String, String>,
}

/// The encoder a model stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its name.
    pub name: String,
    /// What tells its revision.
    pub fingerprint: String,
}

/// How a model was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Rows it was trained on.
    pub rows: usize,
    /// Optimiser steps, or passes of a solver; summed over seeds.
    pub steps: usize,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// An input with what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// What went in.
    pub input: Value,
    /// What came out.
    pub output: Value,
}

impl Manifest {
    /// Reads a manifest and checks its format.
    pub fn read(path: &Path) -> Result<Manifest, TuneError> {
        let text = std::fs::read_to_string(path).map_err(TuneError::io("read", path))?;
        let damaged = |reason: String| TuneError::Damaged {
            path: path.parent().unwrap_or(path).into(),
            reason: format!("{MANIFEST}: {reason}"),
        };
        let value: Value = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        let format = value["format"].as_u64().unwrap_or(0);
        if format != u64::from(FORMAT) {
            return Err(damaged(format!("format {format}, this build reads {FORMAT}")));
        }
        serde_json::from_value(value).map_err(|error| damaged(error.to_string()))
    }
}
