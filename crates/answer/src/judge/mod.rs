//! A language model as judge: what it is asked, and what its replies say. Whether it is to be believed is another matter.

mod preference;
mod support;

pub use preference::{Preference, preference_prompt, read_preference};
pub use support::{Finding, Verdict, claims, read_findings, support_prompt};
