//! Rerankers: cross-encoders that read question and passage together.

mod blend;
mod fitting;
mod model;
mod train;

pub use blend::blend;
pub use fitting::fit_pairs;
pub use model::{PairIds, Reranker, pair_ids};
pub use train::{JudgedPair, RerankTask};
