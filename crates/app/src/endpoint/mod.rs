//! A language model behind an OpenAI-compatible endpoint: configured by name, asked over HTTP, never told more than a verb
//! says.
//!
//! [`Chat`] asks one [`Prompt`](engraft_answer::Prompt) and tries again where that may help; [`each`] asks many at once, a
//! bounded number of them at a time; [`Purse`] keeps what is spent below what may be.

mod chat;
mod failure;
mod pool;
mod purse;
mod settings;
mod wire;

#[cfg(test)]
mod tests;

pub(crate) use chat::{Chat, Reply};
pub(crate) use failure::Failure;
pub(crate) use pool::each;
pub use purse::Spent;
pub(crate) use purse::{Budget, Purse, tokens_of_prompt};
pub(crate) use settings::configured;
pub use settings::{Constrained, Endpoint};
