//! The tables of a task file as people write them, and what is taken where they say nothing.

use engraft_decide::Limits;
use engraft_tune::extractor::ExtractorMethod;
use serde::Deserialize;

pub(super) fn encoder() -> String {
    "all-MiniLM-L6-v2".into()
}
pub(super) fn seeds() -> usize {
    3
}
pub(super) fn resamples() -> usize {
    10_000
}
pub(super) fn neighbours() -> usize {
    16
}
pub(super) fn examples() -> usize {
    4
}
pub(super) fn yes() -> bool {
    true
}
pub(super) fn trials() -> usize {
    50
}
pub(super) fn budget() -> f64 {
    600.0
}
pub(super) fn curve_budget() -> f64 {
    600.0
}
pub(super) fn grown() -> usize {
    100
}
pub(super) fn load() -> f64 {
    10.0
}
pub(super) fn review() -> f64 {
    10.0
}

pub(super) fn extractor() -> ExtractorMethod {
    ExtractorMethod::Crf
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LimitWords {
    pub(super) quality: Option<f64>,
    pub(super) groundedness: Option<f64>,
    pub(super) p95_ms: Option<f64>,
    pub(super) cost_per_month: Option<f64>,
    pub(super) update_lag_s: Option<f64>,
    pub(super) on_premises: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WeightWords {
    pub(super) quality: Option<f64>,
    pub(super) groundedness: Option<f64>,
    pub(super) latency: Option<f64>,
    pub(super) cost: Option<f64>,
    pub(super) update_lag: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PriceWords {
    pub(super) currency: Option<String>,
    pub(super) core_hour: Option<f64>,
    pub(super) utilisation: Option<f64>,
    pub(super) tokens_in: Option<f64>,
    pub(super) tokens_out: Option<f64>,
    pub(super) label: Option<f64>,
    pub(super) label_seconds: Option<f64>,
    pub(super) person_hour: Option<f64>,
    pub(super) gigabyte_month: Option<f64>,
    pub(super) hosting_month: Option<f64>,
    pub(super) months: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct VolumeWords {
    pub(super) queries_per_month: Option<f64>,
    pub(super) updates_per_month: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DecisionWords {
    pub(super) margin: Option<f64>,
    pub(super) confidence: Option<f64>,
    pub(super) weight_certainty: Option<f64>,
}

impl LimitWords {
    pub(super) fn limits(&self) -> Limits {
        Limits {
            quality: self.quality,
            groundedness: self.groundedness,
            p95_ms: self.p95_ms,
            cost_per_month: self.cost_per_month,
            update_lag_s: self.update_lag_s,
            on_premises: self.on_premises,
        }
    }
}
