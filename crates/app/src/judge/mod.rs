//! `eval judge`: a language model as judge of answers, believed only as far as people agree with it.
//!
//! Of one run it says whether the evidence supports each claim; of two, which answer is better, asked in both orders. Every
//! ruling is kept under the hash of what was asked, so that a second run asks nothing. Nothing here is shown as quality
//! before a hundred people's labels are there to correct it.

mod gathered;
mod items;
mod labels;
mod plan;
mod report;
mod rulings;
mod sheet;

use std::path::PathBuf;

use engraft_answer::{Turn, preference_prompt, support_prompt};
use engraft_core::{content_hash, short_id};

pub use self::plan::JudgePlan;
pub use self::report::{JudgeReport, JudgeStates, JudgedClaim, JudgedItem, Ruled};
pub use self::sheet::{Sheet, sheet};

use self::gathered::Gathered;
use self::items::{Item, Pair};
use self::rulings::{Ask, Bench, Tally, Wanted, ruled};
pub use crate::endpoint::Spent;
use crate::endpoint::{Budget, Chat, configured};
use crate::{Context, Error, Workspace};

/// What to judge, and with how much.
#[derive(Clone, Debug, Default)]
pub struct JudgeRequest {
    /// A run of `eval answers`, by its id or how that begins, or a file of answers.
    pub run: String,
    /// The run it is compared with; `None`: its claims are judged.
    pub against: Option<String>,
    /// What people say of the same claims or pairs.
    pub labels: Option<PathBuf>,
    /// The most that may be spent now, in the endpoint's currency.
    pub budget: Option<f64>,
    /// The most tokens that may be used now.
    pub budget_tokens: Option<u64>,
    /// Orders the items, so that what a budget lets through is a fair sample; chooses resamples.
    pub seed: u64,
}

/// What is judged.
enum Case {
    /// Whether claims are supported.
    Support(Vec<Item>),
    /// Which of two answers is better.
    Preference(Vec<Pair>),
}

impl Case {
    fn read(workspace: &Workspace, request: &JudgeRequest) -> Result<Case, Error> {
        let order = |id: &str| short_id(&[&request.seed.to_string(), id]);
        let mut items = items::read(workspace, &request.run)?;
        match &request.against {
            None => {
                items.sort_by_cached_key(|item| order(&item.id));
                Ok(Case::Support(items))
            }
            Some(other) => {
                let mut pairs = items::pairs(items, items::read(workspace, other)?);
                if pairs.is_empty() {
                    return Err(Error::Request {
                        message: format!("{} and {other} answer no question in common", request.run),
                        hint: "answers are paired by the `id` of their question".into(),
                    });
                }
                pairs.sort_by_cached_key(|pair| order(&pair.left.id));
                Ok(Case::Preference(pairs))
            }
        }
    }

    /// The prompts, each with the place of the item it belongs to.
    fn asks(&self) -> Vec<Ask> {
        match self {
            Case::Support(items) => {
                let judged = items.iter().enumerate().filter(|(_, item)| item.state.is_none());
                let ask = |(place, item): (usize, &Item)| {
                    let passages: Vec<&str> = item.evidence.iter().map(|one| one.text.as_str()).collect();
                    let prompt = support_prompt(&item.question, &item.claims, &passages);
                    let wanted = Wanted::Findings { claims: item.claims.len(), passages: passages.len() };
                    Ask { place, prompt, wanted }
                };
                judged.map(ask).collect()
            }
            Case::Preference(pairs) => {
                let judged = pairs.iter().enumerate().filter(|(_, pair)| pair.differ());
                let asks = judged.flat_map(|(place, Pair { left, right })| {
                    [(left, right), (right, left)].map(|(first, second)| Ask {
                        place,
                        prompt: preference_prompt(&left.question, &first.answer, &second.answer),
                        wanted: Wanted::Preference,
                    })
                });
                asks.collect()
            }
        }
    }

    /// The hash of what the judge is told whatever the answers: its instructions, and the form of its reply.
    fn prompt(&self) -> String {
        let bare = match self {
            Case::Support(_) => support_prompt("", &[], &[]),
            Case::Preference(_) => preference_prompt("", "", ""),
        };
        let turns: String = bare.turns.iter().map(Turn::text).collect();
        let form = bare.shape.map(|shape| shape.schema).unwrap_or_default();
        content_hash(format!("{}\n{turns}\n{form}", bare.system).as_bytes())
    }

    fn report(&self, gathered: &Gathered) -> JudgeReport {
        match self {
            Case::Support(items) => gathered.support(items),
            Case::Preference(pairs) => gathered.preference(pairs),
        }
    }
}

/// Judges what can be judged within the budget; what was ruled before is not asked again.
pub fn judge(context: Context, workspace: &Workspace, request: &JudgeRequest) -> Result<JudgeReport, Error> {
    let endpoint = configured(workspace.config.endpoint.as_ref(), "`eval judge`")?;
    if request.budget.is_some() && endpoint.cost(0, 0).is_none() {
        return Err(Error::Request {
            message: "a budget in money needs prices, and engraft.toml names none".into(),
            hint: "set endpoint.price_in and endpoint.price_out, or use `--budget-tokens N`".into(),
        });
    }
    let labels = request.labels.as_deref().map(labels::read).transpose()?.unwrap_or_default();
    let case = Case::read(workspace, request)?;
    let chat = Chat::open(endpoint)?;
    let asks = case.asks();
    let budget = Budget { cost: request.budget, tokens: request.budget_tokens };
    let bench = Bench { context, store: &workspace.store, chat: &chat };
    let (rulings, tally) = bench.rule(&asks, budget)?;
    let prompt = case.prompt();
    Ok(case.report(&Gathered { request, endpoint, prompt, labels: &labels, asks: &asks, rulings, tally }))
}

/// What the judge said before of what `request` names, beside people's labels of now; nothing is asked. What it was not asked is
/// skipped, and what is told as spent was spent then.
pub(crate) fn recall(workspace: &Workspace, request: &JudgeRequest) -> Result<JudgeReport, Error> {
    let endpoint = configured(workspace.config.endpoint.as_ref(), "the card of a judge")?;
    let labels = request.labels.as_deref().map(labels::read).transpose()?.unwrap_or_default();
    let case = Case::read(workspace, request)?;
    // Nothing is sent, so no key is needed.
    let chat = Chat::with_key(endpoint, None);
    let asks = case.asks();
    let keys: Vec<String> = asks.iter().map(|ask| chat.key_of(endpoint.judge(), &ask.prompt)).collect();
    let (rulings, spent) = ruled(&workspace.store, &keys)?;
    let tally = Tally { cached: spent.requests as usize, spent, ..Tally::default() };
    let prompt = case.prompt();
    Ok(case.report(&Gathered { request, endpoint, prompt, labels: &labels, asks: &asks, rulings, tally }))
}

/// What [`judge`] would ask and what that would cost, roughly; nothing is asked.
pub fn plan_judge(workspace: &Workspace, request: &JudgeRequest) -> Result<JudgePlan, Error> {
    let endpoint = configured(workspace.config.endpoint.as_ref(), "`eval judge`")?;
    let case = Case::read(workspace, request)?;
    plan::plan(&workspace.store, endpoint, &case, &case.asks())
}
