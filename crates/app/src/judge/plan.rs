//! What judging would take: roughly before anything was asked, and by the endpoint's own count after.

use engraft_store::Store;
use serde::Serialize;

use super::Case;
use super::rulings::{Ask, kept};
use crate::Error;
use crate::endpoint::{Chat, Endpoint, Spent, tokens_of_prompt};

/// Tokens that one verdict takes in a reply, roughly.
const VERDICT: u64 = 16;
/// From so many rulings on, what the endpoint counted for them is gone by.
const ENOUGH: u64 = 8;

/// What judging would take, roughly.
#[derive(Clone, Debug, Serialize)]
pub struct JudgePlan {
    /// `support` or `preference`.
    pub kind: &'static str,
    /// The model that would judge.
    pub model: String,
    /// Answers, or pairs of them.
    pub items: usize,
    /// Claims.
    pub claims: usize,
    /// Requests that would be sent.
    pub requests: usize,
    /// Questions that were asked before.
    pub cached: usize,
    /// Tokens of prompts: one for four bytes, times what the endpoint counted for each such token so far, where it counted enough.
    pub tokens_in: u64,
    /// Tokens of replies: 16 a verdict, times the same.
    pub tokens_out: u64,
    /// Rulings whose tokens the endpoint counted and the estimate goes by; 0: there are too few.
    pub counted: u64,
    /// What that would cost; `null` without prices.
    pub cost: Option<f64>,
    /// In this.
    pub currency: String,
}

/// What asking `asks` would take.
pub(super) fn plan(
    store: &Store,
    endpoint: &Endpoint,
    case: &Case,
    asks: &[Ask],
) -> Result<JudgePlan, Error> {
    // Nothing is sent, so no key is needed.
    let chat = Chat::with_key(endpoint, None);
    let model = endpoint.judge();
    let (mut open, mut ahead, mut before, mut counted) = (0, [0; 2], [0; 2], Spent::default());
    for ask in asks {
        let rough = [tokens_of_prompt(&ask.prompt), VERDICT * ask.wanted.verdicts() as u64];
        let sum = match kept(store, &chat.key_of(model, &ask.prompt))? {
            None => {
                open += 1;
                &mut ahead
            }
            Some((_, used)) => {
                counted.add(&used);
                &mut before
            }
        };
        *sum = [sum[0] + rough[0], sum[1] + rough[1]];
    }
    let counted = Some(counted).filter(|counted| counted.requests >= ENOUGH);
    let [tokens_in, tokens_out] = scaled(ahead, before, counted);
    let (kind, items, claims) = match case {
        Case::Support(items) => ("support", items.len(), items.iter().map(|item| item.claims.len()).sum()),
        Case::Preference(pairs) => ("preference", pairs.len(), 0),
    };
    Ok(JudgePlan {
        kind,
        model: model.into(),
        items,
        claims,
        requests: open,
        cached: asks.len() - open,
        tokens_in,
        tokens_out,
        counted: counted.map_or(0, |counted| counted.requests),
        cost: endpoint.cost(tokens_in, tokens_out),
        currency: endpoint.currency.clone(),
    })
}

/// What lies ahead, in tokens in and out, by how many were `counted` for those roughly thought `before`.
fn scaled(ahead: [u64; 2], before: [u64; 2], counted: Option<Spent>) -> [u64; 2] {
    let Some(counted) = counted else { return ahead };
    let one = |ahead: u64, before: u64, counted: u64| match before {
        0 => ahead,
        before => (ahead as f64 * counted as f64 / before as f64).round() as u64,
    };
    [one(ahead[0], before[0], counted.tokens_in), one(ahead[1], before[1], counted.tokens_out)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_ahead_goes_by_what_was_counted() {
        let counted = Spent { requests: 10, tokens_in: 1500, tokens_out: 80 };
        assert_eq!(scaled([2000, 320], [1000, 160], Some(counted)), [3000, 160]);
        assert_eq!(scaled([2000, 320], [0, 0], Some(counted)), [2000, 320]);
        assert_eq!(scaled([2000, 320], [1000, 160], None), [2000, 320]);
    }
}
