//! The rank measures, and which of them are defined for a query.

use super::Ranking;
use super::gain::{Gain, expected_reciprocal_rank, gain, ndcg};
use super::hits::{
    average_precision, binary_gain, r_precision, reciprocal_rank, relative_precision, set_ap, set_f, share,
    utility,
};
use super::pool::{bpref, inferred_ap, judged, rank_biased_precision, rank_biased_residual};
use super::recall_levels::{eleven_point, interpolated_precision};

/// A share with four places, such as the 0.8 of `RBP(p=0.8)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    ten_thousandths: u32,
}

impl Share {
    /// Rounded to four places; `None` outside `[0, 1]`.
    pub fn new(value: f64) -> Option<Share> {
        (0.0..=1.0).contains(&value).then(|| Share { ten_thousandths: (value * 10_000.0).round() as u32 })
    }

    /// As a number.
    pub fn value(self) -> f64 {
        f64::from(self.ten_thousandths) / 10_000.0
    }
}

/// A rank measure with its cutoff; `None` looks at the whole ranking. Named as `ir_measures` names them, and in `[0, 1]`
/// where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Normalised discounted cumulated gain, `nDCG@10`.
    Ndcg(Option<usize>),
    /// The same with gain `2^grade - 1`, `nDCG(dcg='exp-log2')@10`.
    ExponentialNdcg(Option<usize>),
    /// Share of the relevant documents found, `R@100`.
    Recall(Option<usize>),
    /// One over the rank of the first relevant document, `RR@10`.
    ReciprocalRank(Option<usize>),
    /// Average precision, `AP`.
    AveragePrecision(Option<usize>),
    /// Share of the first k that is relevant, over k even when fewer are ranked; `P@5`.
    Precision(usize),
    /// Whether any of the first k is relevant, `Success@5`.
    Success(usize),
    /// Precision over the best it could be, `RelP@5`.
    RelativePrecision(usize),
    /// Precision at as many documents as are relevant, `Rprec`.
    RPrecision,
    /// Precision at a share of as many documents as are relevant, `Rprec@0.4`.
    RPrecisionAt(Share),
    /// Preferences of relevant over non-relevant documents kept, `Bpref`.
    Bpref,
    /// Average precision where a sample was judged, `infAP`.
    InferredAp,
    /// Interpolated precision at a recall, `IPrec@0.1`.
    InterpolatedPrecision(Share),
    /// Its mean at eleven recalls, `IPrec`.
    ElevenPoint,
    /// Precision of all that was returned, `SetP`.
    SetPrecision,
    /// Recall of all that was returned, `SetR`.
    SetRecall,
    /// Their harmonic mean, `SetF`.
    SetF,
    /// Their product, `SetAP`.
    SetAp,
    /// Relevant documents returned over as many as could be, `SetRelP`.
    SetRelativePrecision,
    /// Relevant documents returned less others returned, `Utility`; any whole number.
    Utility,
    /// Gain relative to what was lost before, `G`.
    Gain,
    /// The same with gain 0 or 1, `BinG`.
    BinaryGain,
    /// Average precision, whose mean over queries is geometric: `GMAP`.
    GeometricAp,
    /// Bpref, whose mean over queries is geometric: `GMBpref`.
    GeometricBpref,
    /// Rank-biased precision, `RBP(p=0.8)`.
    RankBiasedPrecision(Share),
    /// How much higher it would be were everything unjudged relevant, `RBPResidual(p=0.8)`.
    RankBiasedResidual(Share),
    /// Expected reciprocal rank, `ERR@10`.
    ExpectedReciprocalRank(Option<usize>),
    /// Share of the first k returned that was judged, `Judged@10`.
    Judged(usize),
    /// How many documents were returned, `NumRet`.
    Returned,
    /// How many judged documents are relevant, `NumRel`.
    Relevant,
    /// How many relevant documents were returned, `NumRelRet`.
    RelevantReturned,
}

impl Measure {
    /// Its value for one query; `None` when no judged document is relevant, except where counting makes sense without.
    pub fn of(self, ranking: &Ranking) -> Option<f64> {
        let counts = match self {
            Measure::Judged(k) => Some(judged(ranking, k)),
            Measure::Returned => Some(ranking.returned.len() as f64),
            Measure::Relevant => Some(ranking.relevant as f64),
            Measure::RelevantReturned => Some(ranking.hits(None) as f64),
            Measure::Utility => Some(utility(ranking)),
            _ => None,
        };
        counts.or_else(|| ranking.has_relevant().then(|| self.of_relevant(ranking)))
    }

    fn of_relevant(self, ranking: &Ranking) -> f64 {
        match self {
            Measure::Ndcg(k) => ndcg(ranking, Gain::Linear, k),
            Measure::ExponentialNdcg(k) => ndcg(ranking, Gain::Exponential, k),
            Measure::Recall(k) => share(ranking.hits(k), ranking.relevant),
            Measure::ReciprocalRank(k) => reciprocal_rank(ranking, k),
            Measure::AveragePrecision(k) => average_precision(ranking, k),
            Measure::Precision(k) => share(ranking.hits(Some(k)), k),
            Measure::Success(k) => f64::from(u8::from(ranking.hits(Some(k)) > 0)),
            Measure::RelativePrecision(k) => relative_precision(ranking, k),
            Measure::RPrecision => r_precision(ranking, 1.0),
            Measure::RPrecisionAt(multiple) => r_precision(ranking, multiple.value()),
            Measure::Bpref | Measure::GeometricBpref => bpref(ranking),
            Measure::InferredAp => inferred_ap(ranking),
            Measure::InterpolatedPrecision(recall) => interpolated_precision(ranking, recall.value()),
            Measure::ElevenPoint => eleven_point(ranking),
            Measure::SetPrecision => share(ranking.hits(None), ranking.returned.len()),
            Measure::SetRecall => share(ranking.hits(None), ranking.relevant),
            Measure::SetF => set_f(ranking),
            Measure::SetAp => set_ap(ranking),
            Measure::SetRelativePrecision => relative_precision(ranking, ranking.returned.len()),
            Measure::Gain => gain(ranking),
            Measure::BinaryGain => binary_gain(ranking),
            Measure::GeometricAp => average_precision(ranking, None),
            Measure::RankBiasedPrecision(p) => rank_biased_precision(ranking, p.value()),
            Measure::RankBiasedResidual(p) => rank_biased_residual(ranking, p.value()),
            Measure::ExpectedReciprocalRank(k) => expected_reciprocal_rank(ranking, k),
            Measure::Judged(_)
            | Measure::Returned
            | Measure::Relevant
            | Measure::RelevantReturned
            | Measure::Utility => 0.0,
        }
    }

    /// Whether its mean over queries is geometric, of values no less than 0.00001.
    pub fn is_geometric(self) -> bool {
        matches!(self, Measure::GeometricAp | Measure::GeometricBpref)
    }

    /// The cutoff, where it has one.
    pub fn cutoff(self) -> Option<usize> {
        match self {
            Measure::Ndcg(k)
            | Measure::ExponentialNdcg(k)
            | Measure::Recall(k)
            | Measure::ReciprocalRank(k)
            | Measure::AveragePrecision(k)
            | Measure::ExpectedReciprocalRank(k) => k,
            Measure::Precision(k)
            | Measure::Success(k)
            | Measure::RelativePrecision(k)
            | Measure::Judged(k) => Some(k),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;
    use proptest::prelude::*;

    /// The value of a measure; -9 stands for a document nobody judged.
    fn value(measure: &str, returned: &[i64], judged: &[i64]) -> Option<f64> {
        let returned = returned.iter().map(|grade| Some(*grade).filter(|grade| *grade != -9)).collect();
        let ranking = Ranking::new(returned, judged.iter().copied(), Rules::default());
        measure.parse::<Measure>().unwrap().of(&ranking)
    }

    #[track_caller]
    fn check(measure: &str, returned: &[i64], judged: &[i64], expected: Option<f64>) {
        let value = value(measure, returned, judged);
        assert_eq!(value.is_some(), expected.is_some());
        assert!(
            value.zip(expected).is_none_or(|(value, expected)| (value - expected).abs() < 1e-15),
            "{value:?}"
        );
    }

    #[test]
    fn gains_are_the_grades_and_the_discount_is_log2() {
        // The worked example of Wikipedia's article on DCG, printed there as 0.785.
        check("nDCG@6", &[3, 2, 3, 0, 1, 2], &[3, 2, 3, 0, 1, 2, 3, 2], Some(0.785002371969948));
        check("nDCG@1", &[1, 2], &[1, 2], Some(0.5));
        check("nDCG(dcg='exp-log2')@1", &[1, 2], &[1, 2], Some(1.0 / 3.0));
    }

    #[test]
    fn the_ideal_counts_documents_that_were_not_found() {
        check("nDCG@2", &[1], &[1, 1], Some(1.0 / (1.0 + 1.0 / 3f64.log2())));
        check("AP", &[-9, 1], &[1, 1], Some(0.25));
        check("R@5", &[0, 1], &[1, 1], Some(0.5));
    }

    #[test]
    fn a_cutoff_past_the_ranking_is_no_error() {
        check("P@4", &[1, 1], &[1, 1], Some(0.5));
        check("RR@9", &[0, 2], &[2], Some(0.5));
        check("RR@1", &[0, 2], &[2], Some(0.0));
    }

    #[test]
    fn without_a_relevant_document_only_counts_are_defined() {
        check("R@5", &[0, 0], &[0, -1], None);
        check("Judged@2", &[0, -9], &[0, -1], Some(0.5));
        check("Utility", &[0, -9], &[0, -1], Some(-2.0));
    }

    #[test]
    fn bpref_passes_over_what_nobody_judged_and_is_one_without_a_non_relevant() {
        check("Bpref", &[-9, 1, -9, 1], &[1, 1], Some(1.0));
        check("Bpref", &[0, -9, 1], &[1, 1, 0], Some(0.0));
    }

    #[test]
    fn rank_biased_precision_and_its_residual_make_one_when_all_found_is_relevant() {
        check("RBP(p=0.5)", &[1, -9], &[1], Some(0.5));
        check("RBPResidual(p=0.5)", &[1, -9], &[1], Some(0.25 + 0.25));
    }

    #[test]
    fn a_reader_stops_at_what_satisfies() {
        // The definition by hand: 1/16 at rank 1, then 15/16 of 15/16 at rank 2.
        check("ERR@2", &[1, 4], &[1, 4], Some(1.0 / 16.0 + 15.0 / 16.0 * 15.0 / 16.0 / 2.0));
    }

    #[test]
    fn a_level_decides_what_is_relevant_but_not_the_gains() {
        let ranking = |level| {
            Ranking::new(vec![Some(1), Some(2)], [1, 2].into_iter(), Rules { level, ..Rules::default() })
        };
        assert_eq!(Measure::ReciprocalRank(None).of(&ranking(2)), Some(0.5));
        assert_eq!(Measure::Ndcg(None).of(&ranking(2)), Measure::Ndcg(None).of(&ranking(1)));
        assert_eq!(Measure::AveragePrecision(None).of(&ranking(3)), None);
    }

    const BOUNDED: &str = "nDCG nDCG@3 nDCG(dcg='exp-log2')@4 R@2 RR AP AP@3 P@3 Success@2 RelP@3 Rprec Rprec@0.5 Bpref infAP \
        IPrec@0.3 IPrec SetP SetR SetF SetAP SetRelP G BinG GMAP RBP(p=0.8) RBPResidual(p=0.8) ERR@5 Judged@3";

    proptest! {
        #[test]
        fn all_are_numbers_within_0_and_1(
            returned in prop::collection::vec(prop::option::of(-1i64..6), 0..12), missed in prop::collection::vec(-1i64..6, 0..6),
            level in 1i64..3,
        ) {
            let judged = returned.iter().flatten().copied().chain(missed);
            let ranking = Ranking::new(returned.clone(), judged, Rules { level, ..Rules::default() });
            for name in BOUNDED.split_whitespace() {
                if let Some(value) = name.parse::<Measure>().unwrap().of(&ranking) {
                    prop_assert!((0.0..=1.0 + 1e-12).contains(&value), "{name} is {value}");
                }
            }
        }

        #[test]
        fn swapping_a_better_document_up_never_hurts(
            returned in prop::collection::vec(-1i64..4, 2..12), missed in prop::collection::vec(-1i64..4, 0..6), at in 0usize..11,
        ) {
            let judged: Vec<i64> = returned.iter().chain(&missed).copied().collect();
            let at = at % (returned.len() - 1);
            let mut better = returned.clone();
            if better[at] < better[at + 1] {
                better.swap(at, at + 1);
            }
            // Those that look at the grade 0 as different from -1 are left out: a swap of these two may move them either way.
            // So is G, which falls from .75 to .73 when grades 1, 2, 3 become 2, 1, 3: that is its definition.
            let indifferent = |name: &&str| !matches!(*name, "Bpref" | "infAP" | "RBPResidual(p=0.8)" | "Judged@3" | "G");
            for name in BOUNDED.split_whitespace().filter(indifferent) {
                if let (Some(before), Some(after)) = (value(name, &returned, &judged), value(name, &better, &judged)) {
                    prop_assert!(after >= before - 1e-12, "{name} fell from {before} to {after}");
                }
            }
        }

        #[test]
        fn the_perfect_ranking_scores_one(mut grades in prop::collection::vec(1i64..4, 1..9)) {
            grades.sort_unstable_by(|a, b| b.cmp(a));
            let names = "nDCG nDCG@3 nDCG(dcg='exp-log2') R@9 RR AP Success@1 RelP@3 Rprec Bpref IPrec SetP SetR SetF SetAP \
                SetRelP G BinG GMAP Judged@3";
            for name in names.split_whitespace() {
                let value = value(name, &grades, &grades).unwrap();
                prop_assert!((value - 1.0).abs() < 1e-12, "{name} is {value}");
            }
        }
    }
}
