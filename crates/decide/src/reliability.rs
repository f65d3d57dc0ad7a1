//! How far an arm's confidence can be believed, and what it would gain by staying silent when unsure.

use serde::{Deserialize, Serialize};

use crate::Arm;

/// Confidence against being right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Ten bins of equal width.
    pub bins: Vec<ReliabilityBin>,
    /// Expected calibration error over these bins.
    pub ece: f64,
    /// Mean squared distance between confidence and being right.
    pub brier: f64,
    /// Share of questions answered, and the error rate among them, when the least sure ones stay unanswered.
    pub risk_coverage: Vec<(f64, f64)>,
    /// The mean error rate over all coverages.
    pub aurc: f64,
    /// The largest share that can be answered with at most 5 % errors.
    pub coverage_at_5: f64,
}

/// One bin of confidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Mean confidence in it.
    pub confidence: f64,
    /// Share of right answers in it.
    pub right: f64,
    /// Answers in it.
    pub n: usize,
}

const BINS: usize = 10;
const POINTS: usize = 50;

/// The reliability of the arm's first run on the kept questions; `None` when it gives no confidence.
pub(crate) fn reliability(arm: &Arm, kept: &[usize]) -> Option<Reliability> {
    let rows = &arm.runs.first()?.rows;
    let each = kept.iter().filter_map(|&at| Some((rows[at].confidence?, rows[at].quality()?)));
    let mut pairs: Vec<(f64, f64)> = each.collect();
    if pairs.len() < 2 * BINS {
        return None;
    }
    let n = pairs.len() as f64;
    let mut bins = Vec::new();
    let mut ece = 0.0;
    for bin in 0..BINS {
        let of = |confidence: f64| ((confidence * BINS as f64) as usize).min(BINS - 1);
        let inside: Vec<&(f64, f64)> =
            pairs.iter().filter(|(confidence, _)| of(*confidence) == bin).collect();
        if inside.is_empty() {
            continue;
        }
        let size = inside.len() as f64;
        let confidence = inside.iter().map(|pair| pair.0).sum::<f64>() / size;
        let right = inside.iter().map(|pair| pair.1).sum::<f64>() / size;
        ece += size / n * (confidence - right).abs();
        bins.push(ReliabilityBin { confidence, right, n: inside.len() });
    }
    let brier = pairs.iter().map(|(confidence, right)| (confidence - right).powi(2)).sum::<f64>() / n;
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut wrong, mut aurc, mut coverage_at_5) = (0.0, 0.0, 0.0);
    let mut curve = Vec::new();
    let step = (pairs.len() / POINTS).max(1);
    for (at, (_, right)) in pairs.iter().enumerate() {
        wrong += 1.0 - right;
        let risk = wrong / (at + 1) as f64;
        aurc += risk / n;
        if risk <= 0.05 {
            coverage_at_5 = (at + 1) as f64 / n;
        }
        if (at + 1) % step == 0 || at + 1 == pairs.len() {
            curve.push(((at + 1) as f64 / n, risk));
        }
    }
    Some(Reliability { bins, ece, brier, risk_coverage: curve, aurc, coverage_at_5 })
}
