//! Rewards: a number for a response, fitted so that chosen responses score above rejected ones (Bradley and Terry 1952).
//!
//! [`tune_reward`] climbs from "the longer one" over how a response is written and its words to what it means beside its prompt;
//! each tier is heard on pairs it was not fitted to, compared with the best of the cheaper ones, and its bias to length is told.

mod fit;
mod model;
mod pair;
mod paired;
mod report;
mod rows;
mod seen;
mod style;
mod terms;
mod tuner;

pub use model::Reward;
pub use pair::{LONGEST, Lost, PairScorer, PairTask, pair_ids};
pub use paired::{PairBase, tune_pair_reward};
pub use rows::{Asked, PreferenceRow, Said, Turns, read_preferences, read_said};
pub use seen::{Seen, see};
pub use style::{STYLE, style};
pub use tuner::{BASE, RewardOptions, Tier, TunedReward, tune_reward};
