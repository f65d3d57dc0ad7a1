//! Numbers in, numbers with intervals out.
//!
//! [`evaluate`] scores a ranked run against judgements as `trec_eval` does; [`Scores::metric`] makes of the scores one
//! [`Metric`] with its n and its 95 % interval. Nothing here reads a file, a clock or the network.

mod interval;
mod metric;
mod rank;
mod run;
mod trec;

pub use interval::{Interval, Resampling, bootstrap_mean};
pub use metric::Metric;
pub use rank::{Measure, average_precision, ndcg, precision, recall, reciprocal_rank, success};
pub use run::{Qrels, Run, Scores, Ties, evaluate, ranking};
pub use trec::{TrecError, parse_qrels, parse_run};
