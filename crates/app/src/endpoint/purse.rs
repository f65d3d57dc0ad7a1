//! What may be spent, what is set aside for requests under way, and what was spent.

use std::sync::Mutex;

use engraft_answer::Prompt;
use serde::Serialize;

use super::settings::Endpoint;

/// Tokens of a text, roughly: one for four bytes, which counts English about right and other scripts too high.
pub(crate) fn tokens_of(text: &str) -> u64 {
    text.len().div_ceil(4) as u64
}

/// Tokens that surround a message.
const AROUND: u64 = 4;

/// Tokens of a whole prompt, roughly.
pub(crate) fn tokens_of_prompt(prompt: &Prompt) -> u64 {
    let turns = prompt.turns.iter().map(|turn| AROUND + tokens_of(turn.text())).sum::<u64>();
    AROUND
        + tokens_of(&prompt.system)
        + turns
        + prompt.shape.as_ref().map_or(0, |shape| tokens_of(&shape.schema))
}

/// The most that may be spent in one go; `None`: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Budget {
    /// In the endpoint's currency.
    pub(crate) cost: Option<f64>,
    /// Of prompts and replies together.
    pub(crate) tokens: Option<u64>,
}

/// What was spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spent {
    /// Requests that were answered.
    pub requests: u64,
    /// Tokens of prompts.
    pub tokens_in: u64,
    /// Tokens of replies.
    pub tokens_out: u64,
}

impl Spent {
    pub(crate) fn add(&mut self, more: &Spent) {
        self.requests += more.requests;
        self.tokens_in += more.tokens_in;
        self.tokens_out += more.tokens_out;
    }
}

/// Money for requests: each sets aside what it may cost at most before it is sent.
pub(crate) struct Purse<'a> {
    endpoint: &'a Endpoint,
    budget: Budget,
    // Tokens in and out: spent or set aside. Once empty it stays so.
    taken: Mutex<Taken>,
}

#[derive(Clone, Copy, Default)]
struct Taken {
    tokens: [u64; 2],
    empty: bool,
}

impl<'a> Purse<'a> {
    pub(crate) fn new(endpoint: &'a Endpoint, budget: Budget) -> Purse<'a> {
        Purse { endpoint, budget, taken: Mutex::default() }
    }

    /// What a prompt may cost at most, in tokens in and out.
    pub(crate) fn most(&self, prompt: &Prompt) -> [u64; 2] {
        [tokens_of_prompt(prompt), u64::from(self.endpoint.max_tokens)]
    }

    /// Sets so many tokens aside; false, now and from now on, when that would exceed the budget.
    pub(crate) fn set_aside(&self, most: [u64; 2]) -> bool {
        let Ok(mut taken) = self.taken.lock() else { return false };
        let with = [taken.tokens[0] + most[0], taken.tokens[1] + most[1]];
        let cost = self.endpoint.cost(with[0], with[1]);
        let dear = self.budget.cost.zip(cost).is_some_and(|(most, cost)| cost > most);
        let many = self.budget.tokens.is_some_and(|tokens| with[0] + with[1] > tokens);
        taken.empty |= dear || many;
        if !taken.empty {
            taken.tokens = with;
        }
        !taken.empty
    }

    /// Puts what was set aside right by what was used.
    pub(crate) fn settle(&self, most: [u64; 2], used: [u64; 2]) {
        if let Ok(mut taken) = self.taken.lock() {
            taken.tokens = [0, 1].map(|side| (taken.tokens[side] + used[side]).saturating_sub(most[side]));
        }
    }

    /// Whether a request was refused.
    pub(crate) fn is_empty(&self) -> bool {
        self.taken.lock().is_ok_and(|taken| taken.empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        toml::from_str("url = 'http://x'\nmodel = 'm'\nprice_in = 1.0\nprice_out = 2.0").unwrap()
    }

    #[test]
    fn what_is_set_aside_counts_until_it_is_settled() {
        let endpoint = endpoint();
        let purse = Purse::new(&endpoint, Budget { tokens: Some(100), cost: None });
        assert!(purse.set_aside([30, 30]));
        purse.settle([30, 30], [20, 5]);
        assert!(purse.set_aside([45, 30]), "25 are spent, 75 are left");
        assert!(!purse.is_empty() && !purse.set_aside([1, 0]));
        purse.settle([45, 30], [0, 0]);
        assert!(purse.is_empty() && !purse.set_aside([1, 0]), "what has stopped stays stopped");
    }

    #[test]
    fn a_budget_in_money_goes_by_the_prices() {
        let endpoint = endpoint();
        let purse = Purse::new(&endpoint, Budget { cost: Some(0.0003), tokens: None });
        assert!(purse.set_aside([100, 100]));
        assert!(!purse.set_aside([1, 0]));
    }
}
