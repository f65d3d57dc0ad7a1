//! What is asked of tuning a classifier, and what comes of it.

use std::collections::BTreeMap;

use engraft_core::Embed;
use engraft_eval::{LabelIssue, Metric};
use serde::Serialize;

use crate::artefact::Trained;
use crate::calibrate::Calibration;
use crate::classifier::body::BaseModel;
use crate::classifier::{Classifier, Method};
use crate::data::{Example, Labelling};
use crate::ship::Verdict;

/// What to tune.
#[derive(Clone, Copy)]
pub struct ClassifierJob<'a> {
    /// To train on.
    pub train: &'a [Example],
    /// To evaluate on; never trained on.
    pub eval: &'a [Example],
    /// Whether a text has one class or any number.
    pub labelling: Labelling,
    /// How.
    pub method: Method,
    /// The base encoder, where there is one.
    pub encoder: Option<&'a dyn Embed>,
    /// Its folder, for the methods that move it.
    pub base: Option<BaseModel<'a>>,
    /// How many seeds the methods train with that draw lots; the first model is the one that is kept.
    pub seeds: usize,
    /// The label that means none of the classes.
    pub out_of_scope: Option<&'a str>,
    /// Chooses folds and resamples.
    pub seed: u64,
    /// Behind every interval.
    pub resamples: usize,
}

/// A tuned classifier, and how it came about.
#[derive(Debug)]
pub struct ClassifierTuned {
    /// The classifier.
    pub classifier: Classifier,
    /// The tier it is of.
    pub method: Method,
    /// Every seed that took part.
    pub seeds: Vec<u64>,
    /// How it was trained; of all tiers that were climbed, the time together.
    pub trained: Trained,
    /// How good it is.
    pub eval: BTreeMap<String, Metric>,
    /// What it was compared with.
    pub against: String,
    /// The paired differences.
    pub against_base: BTreeMap<String, Metric>,
    /// Ship or not.
    pub verdict: Verdict,
    /// Every tier that was tried.
    pub tiers: Vec<TierReport>,
    /// Why no higher tier was tried, with the method `auto`.
    pub stopped: Option<String>,
    /// Its temperature, on held-out training rows.
    pub calibration: Calibration,
    /// Training rows whose label is probably wrong, by their place; for one class a text.
    pub issues: Vec<LabelIssue>,
    /// The folder of the encoder that was tuned, where one was.
    pub encoder: Option<tempfile::TempDir>,
}

/// One tier that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TierReport {
    /// Which.
    pub method: Method,
    /// What it was compared with.
    pub against: String,
    /// The share of each of its parts.
    pub parts: BTreeMap<String, f64>,
    /// How many names of classes it learnt from as if they were texts, which it does with few rows a class where that tells
    /// held-out rows better.
    #[serde(skip_serializing_if = "is_none")]
    pub names: usize,
    /// How good it is, by the main measure.
    pub value: Metric,
    /// The paired difference from what it was compared with.
    pub difference: Metric,
    /// Whether it is proven better.
    pub ship: bool,
    /// Why, or why not.
    pub why: String,
    /// The main measure of every seed, where several were trained.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_seed: Vec<f64>,
    /// Optimiser steps of all seeds.
    pub steps: usize,
    /// Wall-clock seconds.
    pub seconds: f64,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}
