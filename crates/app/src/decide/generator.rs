//! The language model of an experiment: asked ahead of the row that is due, so that a few requests are under way at once.

use std::collections::VecDeque;

use engraft_answer::Prompt;
use engraft_core::content_hash;
use engraft_decide::{Basis, Terms};
use engraft_eval::State;

use super::meter::metered;
use super::task::request;
use crate::endpoint::{Chat, Endpoint, Failure, Reply, each};
use crate::{Context, Error};

/// What came of one prompt, or the state of its row and why.
pub(super) struct Came {
    pub(super) reply: Result<Reply, (State, String)>,
    /// Seconds of processor time of this machine.
    pub(super) cpu_s: f64,
}

/// One arm's replies, in the order of the questions.
pub(super) struct Ahead<'a> {
    pub(super) context: Context<'a>,
    pub(super) chat: &'a Chat,
    pub(super) model: &'a str,
    pub(super) prompts: &'a [Prompt],
    // Replies from the next due one on.
    waiting: VecDeque<Came>,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(
        context: Context<'a>,
        chat: &'a Chat,
        model: &'a str,
        prompts: &'a [Prompt],
    ) -> Ahead<'a> {
        Ahead { context, chat, model, prompts, waiting: VecDeque::new() }
    }

    /// A hash of every request it would send.
    pub(super) fn fingerprint(&self, more: &str) -> String {
        let mut all = more.to_string();
        self.prompts.iter().for_each(|prompt| all += &self.chat.key_of(self.model, prompt));
        content_hash(all.as_bytes())
    }

    /// The reply to the prompt at `at`; places are asked for one after another.
    pub(super) fn reply(&mut self, at: usize) -> Result<Came, Error> {
        if self.waiting.is_empty() {
            let chunk = &self.prompts[at..(at + self.chat.endpoint.concurrency).min(self.prompts.len())];
            self.waiting = self.ask(chunk)?;
        }
        self.waiting.pop_front().ok_or_else(|| Error::Bug(format!("no prompt is at {at}")))
    }

    fn ask(&self, chunk: &[Prompt]) -> Result<VecDeque<Came>, Error> {
        let mut replies: Vec<Option<Result<Reply, Failure>>> = vec![None; chunk.len()];
        let say = |prompt: &Prompt| self.chat.say(self.context, self.model, prompt);
        let (done, used) = metered(|| {
            each(chunk, chunk.len(), &say, &mut |place, reply| match reply {
                Err(failure) if failure.stops() => Err(failure.error(&self.chat.endpoint)),
                reply => {
                    replies[place] = Some(reply);
                    Ok(())
                }
            })
        });
        done?;
        let cpu_s = used.cpu_s / chunk.len() as f64;
        let came = |reply: Option<Result<Reply, Failure>>| Came {
            reply: match reply {
                Some(reply) => reply.map_err(|failure| (failure.state(), failure.words())),
                None => Err((State::Failed, "it was not asked".into())),
            },
            cpu_s,
        };
        Ok(replies.into_iter().map(came).collect())
    }
}

/// The terms with the endpoint's prices where the task says none.
pub(super) fn priced(terms: Terms, endpoint: &Endpoint) -> Result<Terms, Error> {
    let mut terms = terms;
    let prices = &mut terms.prices;
    let sides = [(&mut prices.tokens_in, endpoint.price_in), (&mut prices.tokens_out, endpoint.price_out)];
    for (amount, price) in sides {
        if let (Basis::Assumed, Some(price)) = (amount.basis, price) {
            *amount = engraft_decide::Amount::given(price);
            if prices.currency != endpoint.currency {
                let (ours, theirs) = (&prices.currency, &endpoint.currency);
                return Err(request(
                    format!("the task's prices are in {ours} and the endpoint's in {theirs}"),
                    "set `currency` under `[prices]` with all prices in it, or endpoint.currency",
                ));
            }
        }
    }
    Ok(terms)
}
