//! Answers that can be checked: the sentences that answer, how far they are supported, and the citation verifier.
//!
//! [`extract`] quotes the best sentences of the sources without a language model; [`verify`] checks the citations of
//! any draft, whoever wrote it; [`answer`] does both and abstains when support is low. [`answer_found`] quotes the sentences that
//! hold what a trained reader found.

mod conflict;
mod cue;
mod distinct;
mod extract;
mod found;
mod meaning;
mod rank;
mod source;
mod support;
mod unit;
mod verify;

pub use extract::{ExtractOptions, Extraction, Scored, answer, explain, extract};
pub use found::{Found, answer_found, live};
pub use meaning::Meaning;
pub use rank::Signals;
pub use source::Source;
pub use support::Evidence;
pub use verify::{ABSTENTION, abstain, verify};
