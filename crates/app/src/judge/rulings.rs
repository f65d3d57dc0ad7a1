//! What the judge says: from what is kept where it was asked before, else from the endpoint, one reply in JSON or one more try.

use engraft_answer::{Finding, Preference, Prompt, read_findings, read_preference};
use engraft_store::{ReplyRow, Store};
use serde::{Deserialize, Serialize};

use crate::endpoint::{Budget, Chat, Failure, Purse, Spent, each};
use crate::{Context, Error};

/// A question to the judge.
pub(super) struct Ask {
    /// The item it is about.
    pub(super) place: usize,
    pub(super) prompt: Prompt,
    pub(super) wanted: Wanted,
}

/// What a reply has to hold.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    Findings { claims: usize, passages: usize },
    Preference,
}

/// What the judge said; what is kept of its reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ruling {
    Findings(Vec<Finding>),
    Preference(Preference),
    /// Twice no reply that can be read, and what was wrong with the second.
    Unparsed(String),
}

/// What came of a question.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Ruled(Ruling),
    Failed(Failure),
    /// The budget did not reach.
    NoMoney,
}

/// What it took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Questions that were asked before.
    pub(super) cached: usize,
    pub(super) spent: Spent,
    /// Replies that could not be read at first.
    pub(super) again: usize,
    pub(super) no_money: bool,
}

impl Wanted {
    /// How many verdicts it asks for.
    pub(super) fn verdicts(self) -> usize {
        match self {
            Wanted::Findings { claims, .. } => claims,
            Wanted::Preference => 1,
        }
    }

    fn read(self, reply: &str) -> Result<Ruling, String> {
        match self {
            Wanted::Findings { claims, passages } => {
                read_findings(reply, claims, passages).map(Ruling::Findings)
            }
            Wanted::Preference => read_preference(reply).map(Ruling::Preference),
        }
    }
}

/// Where the judge sits.
pub(super) struct Bench<'a> {
    pub(super) context: Context<'a>,
    pub(super) store: &'a Store,
    pub(super) chat: &'a Chat,
}

/// A reply as it comes from a thread.
struct Came {
    outcome: Outcome,
    used: Spent,
    again: usize,
}

impl Bench<'_> {
    /// The outcome of each question, in order. An endpoint that nobody can ask ends it; what was ruled is kept.
    pub(super) fn rule(&self, asks: &[Ask], budget: Budget) -> Result<(Vec<Outcome>, Tally), Error> {
        let model = self.chat.endpoint.judge();
        let keys: Vec<String> = asks.iter().map(|ask| self.chat.key_of(model, &ask.prompt)).collect();
        let (mut outcomes, _) = ruled(self.store, &keys)?;
        let open = (0..keys.len()).filter(|&at| matches!(outcomes[at], Outcome::NoMoney));
        let open: Vec<usize> = open.collect();
        let mut tally = Tally { cached: keys.len() - open.len(), ..Tally::default() };
        self.context.progress.stage("judge", Some(asks.len() as u64));
        self.context.progress.advance(tally.cached as u64);
        let purse = Purse::new(&self.chat.endpoint, budget);
        let ask = |at: &usize| self.ask(&purse, model, &asks[*at]);
        each(&open, self.chat.endpoint.concurrency, &ask, &mut |place, came| {
            let at = open[place];
            tally.spent.add(&came.used);
            tally.again += came.again;
            match &came.outcome {
                Outcome::Ruled(ruling) => {
                    let row = ReplyRow {
                        key: keys[at].clone(),
                        model: model.to_string(),
                        body: serde_json::to_string(ruling).map_err(|error| Error::Bug(error.to_string()))?,
                        tokens_in: came.used.tokens_in as u32,
                        tokens_out: came.used.tokens_out as u32,
                    };
                    self.store.put_reply(&row, &(self.context.now)())?;
                }
                Outcome::Failed(failure) if failure.stops() => {
                    return Err(failure.error(&self.chat.endpoint));
                }
                Outcome::Failed(_) | Outcome::NoMoney => {}
            }
            outcomes[at] = came.outcome;
            self.context.progress.advance(1);
            Ok(())
        })?;
        tally.no_money = purse.is_empty();
        Ok((outcomes, tally))
    }

    /// Asks, and once more when what comes cannot be read.
    fn ask(&self, purse: &Purse, model: &str, ask: &Ask) -> Came {
        let mut came = Came { outcome: Outcome::NoMoney, used: Spent::default(), again: 0 };
        let mut prompt = ask.prompt.clone();
        loop {
            let most = purse.most(&prompt);
            if !purse.set_aside(most) {
                came.outcome = Outcome::NoMoney;
                return came;
            }
            let reply = match self.chat.say(self.context, model, &prompt) {
                Ok(reply) => reply,
                Err(failure) => {
                    purse.settle(most, if failure.is_free() { [0, 0] } else { most });
                    came.outcome = Outcome::Failed(failure);
                    return came;
                }
            };
            let used = [u64::from(reply.tokens_in), u64::from(reply.tokens_out)];
            purse.settle(most, used);
            came.used.add(&Spent { requests: 1, tokens_in: used[0], tokens_out: used[1] });
            let why = match ask.wanted.read(&reply.text) {
                Ok(ruling) => {
                    came.outcome = Outcome::Ruled(ruling);
                    return came;
                }
                Err(why) if reply.cut => format!("{why}; it was cut off at {} tokens", reply.tokens_out),
                Err(why) => why,
            };
            if came.again > 0 {
                came.outcome = Outcome::Ruled(Ruling::Unparsed(why));
                return came;
            }
            came.again = 1;
            prompt = ask.prompt.again(&reply.text, &why);
        }
    }
}

/// What was ruled before under each key, in order, and what that took then; [`Outcome::NoMoney`] where nothing was.
pub(super) fn ruled(store: &Store, keys: &[String]) -> Result<(Vec<Outcome>, Spent), Error> {
    let (mut outcomes, mut spent) = (Vec::new(), Spent::default());
    for key in keys {
        let Some((ruling, used)) = kept(store, key)? else {
            outcomes.push(Outcome::NoMoney);
            continue;
        };
        outcomes.push(Outcome::Ruled(ruling));
        spent.add(&used);
    }
    Ok((outcomes, spent))
}

/// What was ruled before under that key, and what it took then; how often it was asked again is not kept.
pub(super) fn kept(store: &Store, key: &str) -> Result<Option<(Ruling, Spent)>, Error> {
    let Some(row) = store.reply(key)? else { return Ok(None) };
    let ruling = serde_json::from_str(&row.body)
        .map_err(|_| Error::Bug(format!("the reply kept under {key} cannot be read")))?;
    let (tokens_in, tokens_out) = (u64::from(row.tokens_in), u64::from(row.tokens_out));
    Ok(Some((ruling, Spent { requests: 1, tokens_in, tokens_out })))
}
