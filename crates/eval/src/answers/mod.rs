//! Answers beyond their words: abstaining, citing, being preferred, being judged by a model.

mod abstention;
mod citations;
mod judge;
mod ppi;
mod preference;
mod quotes;
mod validated;

pub use abstention::{Abstention, Attempt, abstention};
pub use citations::{CitationScores, CitedAnswer, CitedSentence, Citing, citations};
pub use judge::{JUDGED_BY_PEOPLE, JudgeCard, Judged, judge_card};
pub use ppi::{PowerTuned, ppi_mean, ppi_mean_of_clusters};
pub use preference::{Preferred, Vote, preferred};
pub use quotes::{QuoteCheck, quote_is_exact, quotes_exact, quotes_fresh};
pub use validated::{Opinion, Validated, validated};
