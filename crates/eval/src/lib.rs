//! Numbers in, numbers with intervals out.
//!
//! [`evaluate`] scores a ranked run against judgements as `trec_eval` does; [`Scores::metric`] makes of the scores one
//! [`Metric`] with its n and its 95 % interval. [`agreement`], [`span_agreement`] and [`ranking_agreement`] say how far
//! people agree, [`resolve`], [`bradley_terry`] and [`crowdlab`] what their answers come to, [`label_issues`] which of them
//! are probably wrong. [`paired_difference`] and [`gate`] judge two systems on the same questions, [`resample`] many at once.
//! Nothing here reads a file, a clock or the network.

mod aggregate;
mod agreement;
mod answers;
mod bradley_terry;
mod classify;
mod crowdlab;
mod digamma;
mod draws;
mod evidence;
mod interval;
mod kendall;
mod labels;
mod means;
mod measured;
mod metric;
mod noise;
mod optimise;
mod rank;
mod run;
mod share;
mod spans;
mod state;
mod statistics;
mod text;
mod threads;
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
pub use answers::{
    Abstention, Attempt, CitationScores, CitedAnswer, CitedSentence, Citing, JUDGED_BY_PEOPLE, JudgeCard,
    Judged, Opinion, PowerTuned, Preferred, QuoteCheck, Validated, Vote, abstention, citations, judge_card,
    ppi_mean, ppi_mean_of_clusters, preferred, quote_is_exact, quotes_exact, quotes_fresh, validated,
};
pub use bradley_terry::{Chance, Comparison, Outcome, Strength, Strengths, bradley_terry};
pub use classify::{
    Calibration, CalibrationBin, Ece, Entity, F1Report, LabelF1, LabelReport, Prediction, Prf, RiskCoverage,
    RiskPoint, Tally, UnknownTag, auroc, calibration, calibration_of_groups, entities, f1_report,
    label_report, normalised_value, risk_coverage, risk_coverage_of_groups, strict_entities,
};
pub use crowdlab::{Consensus, ConsensusItem, ConsensusWorker, crowdlab};
pub use evidence::{Evidence, Passage, evidence};
pub use interval::{Interval, Resampling, SplitMix, bootstrap_mean, quantile};
pub use kendall::{Ranks, kendall_tau, ranking_agreement};
pub use labels::{Given, Labels};
pub use means::means;
pub use measured::Measured;
pub use metric::Metric;
pub use noise::{LabelIssue, label_issues};
pub use optimise::minimise;
pub use rank::{Measure, Ranking, Rules, Share, Ties, UnknownMeasure};
pub use run::{Evaluation, Qrels, Run, Scores, evaluate, evaluate_tables};
pub use spans::{F1Counts, Mark, Marked, Matching, SpanAgreement, span_agreement, span_f1};
pub use state::{Score, State, States};
pub use statistics::{
    Bounds, Contrast, Difference, Draws, EmptyColumn, Gate, GateVerdict, IntervalMethod, SignFlip, Units,
    Verdict, detectable, difference, difference_bounds, equivalence_p, gate, holm, interval_by, mean_bounds,
    normal_below, normal_quantile, paired_difference, pairs_for_equivalence, pairs_for_means,
    pairs_for_shares, resample, sign_flip, student_below, student_quantile,
};
pub use text::{Overlap, Rouge, TextItem, TextMeasure, TextMetric, UnknownTextMeasure, Words, text_metrics};
pub use trec::{Table, TrecError, parse_qrels, parse_run, read_qrels, read_run};
pub use wilson::wilson;
