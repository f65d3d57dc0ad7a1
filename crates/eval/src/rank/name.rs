//! Measures by name, as `ir_measures` writes them: `nDCG@10`, `AP`, `RBP(p=0.8)`.

use std::fmt;
use std::str::FromStr;

use super::{Measure, Share};

/// A name no measure has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no measure; try nDCG@10, R@100, RR, AP, P@5, Success@5, Rprec, Bpref, RBP(p=0.8) or ERR@10 \
     (docs/reference/metrics.md has them all)"
)]
pub struct UnknownMeasure(pub String);

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, k) = match *self {
            Measure::Ndcg(k) => ("nDCG", k),
            Measure::ExponentialNdcg(k) => ("nDCG(dcg='exp-log2')", k),
            Measure::Recall(k) => ("R", k),
            Measure::ReciprocalRank(k) => ("RR", k),
            Measure::AveragePrecision(k) => ("AP", k),
            Measure::ExpectedReciprocalRank(k) => ("ERR", k),
            Measure::Precision(k) => ("P", Some(k)),
            Measure::Success(k) => ("Success", Some(k)),
            Measure::RelativePrecision(k) => ("RelP", Some(k)),
            Measure::Judged(k) => ("Judged", Some(k)),
            Measure::RPrecisionAt(share) => return write!(f, "Rprec@{}", share.value()),
            Measure::InterpolatedPrecision(share) => return write!(f, "IPrec@{}", share.value()),
            Measure::RankBiasedPrecision(p) => return write!(f, "RBP(p={})", p.value()),
            Measure::RankBiasedResidual(p) => return write!(f, "RBPResidual(p={})", p.value()),
            Measure::RPrecision => ("Rprec", None),
            Measure::Bpref => ("Bpref", None),
            Measure::InferredAp => ("infAP", None),
            Measure::ElevenPoint => ("IPrec", None),
            Measure::SetPrecision => ("SetP", None),
            Measure::SetRecall => ("SetR", None),
            Measure::SetF => ("SetF", None),
            Measure::SetAp => ("SetAP", None),
            Measure::SetRelativePrecision => ("SetRelP", None),
            Measure::Utility => ("Utility", None),
            Measure::Gain => ("G", None),
            Measure::BinaryGain => ("BinG", None),
            Measure::GeometricAp => ("GMAP", None),
            Measure::GeometricBpref => ("GMBpref", None),
            Measure::Returned => ("NumRet", None),
            Measure::Relevant => ("NumRel", None),
            Measure::RelevantReturned => ("NumRelRet", None),
        };
        match k {
            Some(k) => write!(f, "{name}@{k}"),
            None => write!(f, "{name}"),
        }
    }
}

impl FromStr for Measure {
    type Err = UnknownMeasure;

    /// Also reads `recall@100`, `MRR@10`, `MAP`, `hit@5` and the like; capitals do not matter.
    fn from_str(text: &str) -> Result<Measure, UnknownMeasure> {
        read(&text.trim().to_lowercase()).ok_or_else(|| UnknownMeasure(text.to_string()))
    }
}

fn read(text: &str) -> Option<Measure> {
    let (name, cutoff) = match text.split_once('@') {
        Some((name, cutoff)) => (name, Some(cutoff)),
        None => (text, None),
    };
    let (name, parameter) = match name.strip_suffix(')').and_then(|name| name.split_once('(')) {
        Some((name, parameter)) => (name, Some(parameter.split_once('=')?)),
        None => (name, None),
    };
    if let Some((key, value)) = parameter {
        let value = value.trim().trim_matches(['\'', '"']);
        return match (name, key.trim(), cutoff) {
            ("ndcg", "dcg", _) if value == "exp-log2" => Some(Measure::ExponentialNdcg(whole(cutoff)?)),
            ("ndcg", "dcg", _) if value == "log2" => Some(Measure::Ndcg(whole(cutoff)?)),
            ("rbp", "p", None) => Some(Measure::RankBiasedPrecision(share(value)?)),
            ("rbpresidual", "p", None) => Some(Measure::RankBiasedResidual(share(value)?)),
            _ => None,
        };
    }
    match (name, cutoff) {
        ("rprec", Some(multiple)) => return Some(Measure::RPrecisionAt(share(multiple)?)),
        ("iprec", Some(recall)) => return Some(Measure::InterpolatedPrecision(share(recall)?)),
        _ => {}
    }
    let k = whole(cutoff)?;
    Some(match (name, k) {
        ("ndcg", k) => Measure::Ndcg(k),
        ("r" | "recall", k) => Measure::Recall(k),
        ("rr" | "mrr", k) => Measure::ReciprocalRank(k),
        ("ap" | "map", k) => Measure::AveragePrecision(k),
        ("err", k) => Measure::ExpectedReciprocalRank(k),
        ("p" | "precision", Some(k)) => Measure::Precision(k),
        ("success" | "hit", Some(k)) => Measure::Success(k),
        ("relp", Some(k)) => Measure::RelativePrecision(k),
        ("judged", Some(k)) => Measure::Judged(k),
        ("rprec", None) => Measure::RPrecision,
        ("bpref", None) => Measure::Bpref,
        ("infap", None) => Measure::InferredAp,
        ("iprec", None) => Measure::ElevenPoint,
        ("setp", None) => Measure::SetPrecision,
        ("setr", None) => Measure::SetRecall,
        ("setf", None) => Measure::SetF,
        ("setap", None) => Measure::SetAp,
        ("setrelp", None) => Measure::SetRelativePrecision,
        ("utility", None) => Measure::Utility,
        ("g", None) => Measure::Gain,
        ("bing", None) => Measure::BinaryGain,
        ("gmap", None) => Measure::GeometricAp,
        ("gmbpref", None) => Measure::GeometricBpref,
        ("rbp", None) => Measure::RankBiasedPrecision(Share::new(0.8)?),
        ("numret", None) => Measure::Returned,
        ("numrel", None) => Measure::Relevant,
        ("numrelret", None) => Measure::RelevantReturned,
        _ => return None,
    })
}

/// A cutoff from 1, where there is one; `None` when it is no such number.
fn whole(cutoff: Option<&str>) -> Option<Option<usize>> {
    match cutoff {
        None => Some(None),
        Some(text) => text.parse().ok().filter(|k| *k > 0).map(Some),
    }
}

fn share(text: &str) -> Option<Share> {
    text.parse().ok().and_then(Share::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_as_it_is_written() {
        let names = "nDCG nDCG@10 nDCG(dcg='exp-log2')@10 R@100 RR RR@10 AP AP@100 P@5 Success@1 RelP@5 Rprec Rprec@0.4 \
            Bpref infAP IPrec@0.1 IPrec SetP SetR SetF SetAP SetRelP Utility G BinG GMAP GMBpref RBP(p=0.8) \
            RBPResidual(p=0.95) ERR@20 Judged@10 NumRet NumRel NumRelRet";
        for name in names.split_whitespace() {
            assert_eq!(name.parse::<Measure>().unwrap().to_string(), name);
        }
        assert_eq!("mrr@10".parse(), Ok(Measure::ReciprocalRank(Some(10))));
    }

    #[test]
    fn what_is_no_measure_is_refused_with_examples() {
        for name in
            ["nDCG@0", "P", "F1", "nDCG@ten", "", "RBP(p=2)", "RBP(q=0.8)", "IPrec@1.5", "Bpref@5", "nDCG@-1"]
        {
            assert!(name.parse::<Measure>().is_err(), "{name}");
        }
        assert!("F1".parse::<Measure>().unwrap_err().to_string().contains("`F1` is no measure; try nDCG@10"));
    }
}
