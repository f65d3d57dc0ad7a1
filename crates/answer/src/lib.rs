//! Answers that can be checked: the sentences that answer, how far they are supported, and the citation verifier.
//!
//! [`extract`] quotes the best sentences of the sources without a language model; [`verify`] checks the citations of
//! any draft, whoever wrote it; [`answer`] does both and abstains when support is low. [`answer_found`] quotes the sentences that
//! hold what a trained reader found. What a language model is told is a [`Prompt`]: [`passages_prompt`] makes it answer,
//! [`support_prompt`] and [`preference_prompt`] judge.

mod conflict;
mod cue;
mod distinct;
mod extract;
mod found;
mod generate;
mod judge;
mod meaning;
mod prompt;
mod rank;
mod source;
mod support;
mod unit;
mod verify;

pub use extract::{ExtractOptions, Extraction, Scored, answer, explain, extract};
pub use found::{Found, answer_found, live};
pub use generate::{Shown, memory_prompt, passages_prompt, read_answer, read_draft, writing_prompt};
pub use judge::{
    Finding, Preference, Verdict, claims, preference_prompt, read_findings, read_preference, support_prompt,
};
pub use meaning::Meaning;
pub use prompt::{Prompt, Shape, Turn, without_markers};
pub use rank::Signals;
pub use source::Source;
pub use support::Evidence;
pub use verify::{ABSTENTION, abstain, verify};
