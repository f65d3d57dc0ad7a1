//! Quality: known answers served unseen, how people do on them, and who is paused.

mod gold;
mod score;

pub use gold::{Standing, serve_gold, should_pause};
pub use score::{GoldResult, GoldScore, compare_with_gold};
