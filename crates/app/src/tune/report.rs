//! The report of a tuner, as `--json` prints it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use engraft_core::Diagnostic;
use engraft_eval::Metric;
use engraft_tune::artefact::{Artefact, Trained};
use engraft_tune::calibrate::Calibration;
use engraft_tune::classifier::TierReport;
use engraft_tune::data::{DataAudit, Fitted};
use serde::Serialize;

use crate::tune::feedback::FeedbackReport;

/// What a tuner did.
#[derive(Clone, Debug, Serialize)]
pub struct TuneReport {
    /// What the model is called.
    pub model: String,
    /// What it does, such as `classifier`.
    pub kind: String,
    /// How it was trained.
    pub method: String,
    /// The encoder it stands on, with its fingerprint.
    pub base: Option<String>,
    /// The content address of the training data.
    pub data_snapshot: String,
    /// Rows, steps, seconds.
    pub train: Trained,
    /// How good it is on the evaluation rows.
    pub eval: BTreeMap<String, Metric>,
    /// What it was compared with.
    pub against: String,
    /// Paired differences from that, on the same rows.
    pub against_base: BTreeMap<String, Metric>,
    /// Whether it is proven better.
    pub ship: bool,
    /// Whether search, or answers, use it from now on.
    pub served: bool,
    /// Why, or why not.
    pub why: String,
    /// Content addresses of everything it was made from.
    pub lineage: Vec<String>,
    /// Every seed that took part.
    pub seeds: Vec<u64>,
    /// The tiers that were tried, the lowest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<TierReport>,
    /// Why no higher tier was tried, with `--method auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// The temperature and what it did on held-out training rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// What the data is like.
    pub data: DataReport,
    /// The model's folder.
    pub path: PathBuf,
}

/// What there was to know of the data.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DataReport {
    /// Duplicates, contradictions, classes or labels, lengths, of all rows but those named to evaluate on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<DataAudit>,
    /// What feedback came to, where models learn from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<FeedbackReport>,
    /// Evaluation rows.
    pub eval_rows: usize,
    /// Evaluation rows that say the same as a training row.
    pub leaked: usize,
    /// Items of the dataset without a resolution, and judged questions none of whose answers is here; they were passed over.
    pub unresolved: usize,
    /// What was done to texts beyond the window.
    pub over_length: Fitted,
    /// Training rows beyond as many as the model's encoder learns from.
    pub rows_unused: usize,
    /// Training rows, where all are of one group, such as a document: what is held out among them to fit temperatures, to weigh
    /// and to compare is then of that group too.
    #[serde(skip_serializing_if = "is_none")]
    pub one_group_rows: usize,
    /// Rows that could not be read, the first hundred.
    pub rejected: Vec<Diagnostic>,
    /// How many could not be read.
    pub rejected_total: usize,
    /// Training rows whose label is probably wrong, the least plausible first: the first hundred, or as many as a tenth of the rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label_issues: Vec<SuspectLabel>,
    /// How many there are.
    pub label_issues_total: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// A row whose label is probably wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SuspectLabel {
    /// The row.
    pub item: String,
    /// Its label.
    pub given: String,
    /// What a model that had not seen the row says.
    pub suggested: String,
    /// The probability that model gives the label.
    pub score: f64,
}

/// What was done to two parts of the data.
pub(crate) fn sum(a: Fitted, b: Fitted) -> Fitted {
    Fitted {
        too_long: a.too_long + b.too_long,
        dropped: a.dropped + b.dropped,
        split: a.split + b.split,
        truncated: a.truncated + b.truncated,
        tokens_lost: a.tokens_lost + b.tokens_lost,
    }
}

impl TuneReport {
    /// The report of a model that was registered.
    pub(crate) fn of(artefact: &Artefact, data: DataReport) -> TuneReport {
        let manifest = &artefact.manifest;
        TuneReport {
            model: manifest.name.clone(),
            kind: manifest.kind.clone(),
            method: manifest.method.clone(),
            base: manifest.base.as_ref().map(|base| format!("{}@{}", base.name, base.fingerprint)),
            data_snapshot: manifest.data_snapshot.clone(),
            train: manifest.train.clone(),
            eval: manifest.eval.clone(),
            against: manifest.against.clone(),
            against_base: manifest.against_base.clone(),
            ship: manifest.ship,
            served: false,
            why: manifest.why.clone(),
            lineage: manifest.lineage.clone(),
            seeds: manifest.seeds.clone(),
            tiers: Vec::new(),
            stopped: None,
            calibration: None,
            data,
            path: artefact.dir.clone(),
        }
    }
}
