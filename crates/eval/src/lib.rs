//! Numbers in, numbers with intervals out.
//!
//! [`evaluate`] scores a ranked run against judgements as `trec_eval` does; [`Scores::metric`] makes of the scores one
//! [`Metric`] with its n and its 95 % interval. [`agreement`], [`span_agreement`] and [`ranking_agreement`] say how far
//! people agree, [`resolve`], [`bradley_terry`] and [`crowdlab`] what their answers come to, [`label_issues`] which of them
//! are probably wrong. [`paired_difference`] and [`gate`] judge two systems on the same questions, [`resample`] many at once.
//! Nothing here reads a file, a clock or the network.

mod aggregate;
mod agreement;
mod bradley_terry;
mod crowdlab;
mod digamma;
mod draws;
mod interval;
mod kendall;
mod labels;
mod measured;
mod metric;
mod noise;
mod optimise;
mod rank;
mod run;
mod spans;
mod state;
mod statistics;
mod trec;
mod wilson;

pub use aggregate::{
    Choice, Compared, Em, Gold, Method, Resolved, ResolvedItem, UnknownMethod, WorkerQuality, posterior,
    resolve,
};
pub use agreement::{
    Agreement, Coefficient, LabelAgreement, Scale, UnknownScale, WorkerAgreement, agreement, coefficient,
    coincidences,
};
pub use bradley_terry::{Chance, Comparison, Outcome, Strength, Strengths, bradley_terry};
pub use crowdlab::{Consensus, ConsensusItem, ConsensusWorker, crowdlab};
pub use interval::{Interval, Resampling, SplitMix, bootstrap_mean, quantile};
pub use kendall::{Ranks, kendall_tau, ranking_agreement};
pub use labels::{Given, Labels};
pub use measured::Measured;
pub use metric::Metric;
pub use noise::{LabelIssue, label_issues};
pub use optimise::minimise;
pub use rank::{Measure, average_precision, ndcg, precision, recall, reciprocal_rank, success};
pub use run::{Qrels, Run, Scores, Ties, evaluate, ranking};
pub use spans::{F1Counts, Mark, Marked, Matching, SpanAgreement, span_agreement, span_f1};
pub use state::{Score, State, States};
pub use statistics::{
    Bounds, Contrast, Difference, Draws, EmptyColumn, Gate, GateVerdict, IntervalMethod, SignFlip, Units,
    Verdict, detectable, difference, difference_bounds, equivalence_p, gate, holm, interval_by, mean_bounds,
    normal_below, normal_quantile, paired_difference, pairs_for_equivalence, pairs_for_means,
    pairs_for_shares, resample, sign_flip, student_below, student_quantile,
};
pub use trec::{TrecError, parse_qrels, parse_run};
pub use wilson::wilson;
