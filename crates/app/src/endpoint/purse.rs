//! What may be spent, what is set aside for requests under way, and what was spent.

use std::sync::{Condvar, Mutex};

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
    taken: Mutex<Taken>,
    settled: Condvar,
}

/// Tokens in and out.
#[derive(Clone, Copy, Default)]
struct Taken {
    spent: [u64; 2],
    aside: [u64; 2],
    /// A request was refused; from then on all are.
    empty: bool,
}

impl<'a> Purse<'a> {
    pub(crate) fn new(endpoint: &'a Endpoint, budget: Budget) -> Purse<'a> {
        Purse { endpoint, budget, taken: Mutex::default(), settled: Condvar::new() }
    }

    /// What a prompt may cost at most, in tokens in and out.
    pub(crate) fn most(&self, prompt: &Prompt) -> [u64; 2] {
        [tokens_of_prompt(prompt), u64::from(self.endpoint.max_tokens)]
    }

    /// Sets so many tokens aside; false, now and from now on, when they would exceed the budget. Where only what others have set
    /// aside is in the way, it waits for them: they mostly use less.
    pub(crate) fn set_aside(&self, most: [u64; 2]) -> bool {
        let Ok(mut taken) = self.taken.lock() else { return false };
        while !taken.empty && self.fits(plus(taken.spent, most)) {
            let with = plus(plus(taken.spent, taken.aside), most);
            if self.fits(with) {
                taken.aside = plus(taken.aside, most);
                return true;
            }
            taken = match self.settled.wait(taken) {
                Ok(taken) => taken,
                Err(_) => return false,
            };
        }
        taken.empty = true;
        false
    }

    fn fits(&self, tokens: [u64; 2]) -> bool {
        let cost = self.endpoint.cost(tokens[0], tokens[1]);
        let dear = self.budget.cost.zip(cost).is_some_and(|(most, cost)| cost > most);
        !dear && self.budget.tokens.is_none_or(|most| tokens[0] + tokens[1] <= most)
    }

    /// Puts in the place of what was set aside what was used. Everything that is set aside has to be settled.
    pub(crate) fn settle(&self, most: [u64; 2], used: [u64; 2]) {
        if let Ok(mut taken) = self.taken.lock() {
            taken.aside = [0, 1].map(|side| taken.aside[side].saturating_sub(most[side]));
            taken.spent = plus(taken.spent, used);
        }
        self.settled.notify_all();
    }

    /// Whether a request was refused.
    pub(crate) fn is_empty(&self) -> bool {
        self.taken.lock().is_ok_and(|taken| taken.empty)
    }
}

fn plus(a: [u64; 2], b: [u64; 2]) -> [u64; 2] {
    [a[0] + b[0], a[1] + b[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        toml::from_str("url = 'http://x'\nmodel = 'm'\nprice_in = 1.0\nprice_out = 2.0").unwrap()
    }

    #[test]
    fn what_was_used_counts_and_not_what_was_set_aside() {
        let endpoint = endpoint();
        let purse = Purse::new(&endpoint, Budget { tokens: Some(100), cost: None });
        assert!(purse.set_aside([30, 30]));
        purse.settle([30, 30], [20, 5]);
        assert!(purse.set_aside([45, 30]), "25 are spent, 75 are left");
        purse.settle([45, 30], [45, 29]);
        assert!(!purse.is_empty() && !purse.set_aside([1, 1]));
        assert!(purse.is_empty() && !purse.set_aside([0, 0]), "what has stopped stays stopped");
    }

    #[test]
    fn one_that_only_what_others_set_aside_keeps_out_waits_for_them() {
        let endpoint = endpoint();
        let purse = Purse::new(&endpoint, Budget { tokens: Some(100), cost: None });
        assert!(purse.set_aside([40, 40]));
        std::thread::scope(|scope| {
            let second = scope.spawn(|| purse.set_aside([40, 40]));
            purse.settle([40, 40], [10, 10]);
            assert!(second.join().unwrap(), "20 are spent and 80 fit");
        });
        assert!(!purse.is_empty());
    }

    #[test]
    fn a_budget_in_money_goes_by_the_prices() {
        let endpoint = endpoint();
        let purse = Purse::new(&endpoint, Budget { cost: Some(0.0003), tokens: None });
        assert!(purse.set_aside([100, 100]));
        purse.settle([100, 100], [100, 100]);
        assert!(!purse.set_aside([1, 0]));
    }
}
