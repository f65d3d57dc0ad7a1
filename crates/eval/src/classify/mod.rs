//! Predicted labels, tags, spans and probabilities against what is right.

mod auroc;
mod calibration;
mod f1;
mod labels;
mod risk;
mod tags;
mod value;

pub use auroc::auroc;
pub use calibration::{Calibration, CalibrationBin, Ece, Prediction, calibration, calibration_of_groups};
pub use f1::{F1Report, LabelF1, Prf, Tally, f1_report};
pub use labels::{LabelReport, label_report};
pub use risk::{RiskCoverage, RiskPoint, risk_coverage, risk_coverage_of_groups};
pub use tags::{Entity, UnknownTag, entities, strict_entities};
pub use value::normalised_value;
