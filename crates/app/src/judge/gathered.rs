//! Rulings into a report: item by item, with people's labels where there are any.

use std::collections::BTreeMap;

use engraft_answer::{Preference, Verdict};
use engraft_core::Diagnostic;
use engraft_eval::{Metric, Opinion, Outcome as Won, Resampling, State, States, Vote, preferred, validated};
use serde_json::json;

use super::JudgeRequest;
use super::items::{Item, Pair};
use super::labels::People;
use super::report::{JudgeReport, JudgeStates, JudgedClaim, JudgedItem, Ruled, UNPARSED};
use super::rulings::{Ask, Outcome, Ruling, Tally};
use crate::endpoint::Endpoint;

/// Everything a report is made from.
pub(super) struct Gathered<'a> {
    pub(super) request: &'a JudgeRequest,
    pub(super) endpoint: &'a Endpoint,
    /// The hash of what the judge is told beside the answers.
    pub(super) prompt: String,
    pub(super) labels: &'a People,
    pub(super) asks: &'a [Ask],
    pub(super) rulings: Vec<Outcome>,
    pub(super) tally: Tally,
}

/// A report while it is filled.
#[derive(Default)]
struct Draft<'a> {
    opinions: Vec<Opinion<'a>>,
    verdicts: BTreeMap<&'static str, usize>,
    states: Vec<State>,
    unparsed: usize,
    items: Vec<JudgedItem>,
    failures: Vec<Diagnostic>,
    used: usize,
}

impl Draft<'_> {
    fn put(&mut self, id: &str, state: State, why: &str) -> JudgedItem {
        let word = json!(state).as_str().unwrap_or_default().to_string();
        if state.is_missing() {
            let hint = match state {
                State::Skipped if why == NO_MONEY => {
                    "run it again with a larger budget: what was judged is kept"
                }
                State::Skipped => "run `engraft eval answers` again and judge that run",
                _ => "run the same command again: what was judged is kept",
            };
            let (uri, message) = (id.to_string(), why.to_string());
            self.failures.push(Diagnostic { uri, kind: word.clone(), message, hint: hint.into() });
        }
        self.states.push(state);
        JudgedItem { id: id.into(), state: word, claims: Vec::new(), preferred: None }
    }

    fn unread(&mut self, id: &str, why: &str) -> JudgedItem {
        self.unparsed += 1;
        self.failures.push(Diagnostic {
            uri: id.into(),
            kind: UNPARSED.into(),
            message: why.into(),
            hint: "look at endpoint.json in docs/reference/config.md, or choose another endpoint.judge_model"
                .into(),
        });
        JudgedItem { id: id.into(), state: UNPARSED.into(), claims: Vec::new(), preferred: None }
    }

    fn count(&mut self, verdict: &'static str) {
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    fn label(&mut self, labels: &People, id: &str) -> Option<f64> {
        let found = labels.get(id).copied();
        self.used += usize::from(found.is_some());
        found
    }
}

/// Why an item was not judged.
const NO_MONEY: &str = "the budget was spent before its turn";

/// The state and the reason of an outcome without a ruling.
fn missing(outcome: &Outcome) -> Option<(State, String)> {
    match outcome {
        Outcome::Ruled(_) => None,
        Outcome::Failed(failure) => Some((failure.state(), failure.words())),
        Outcome::NoMoney => Some((State::Skipped, NO_MONEY.into())),
    }
}

impl Gathered<'_> {
    /// The outcomes of each item, in the order they were asked for.
    fn of_items(&self, items: usize) -> Vec<Vec<&Outcome>> {
        let mut of_items = vec![Vec::new(); items];
        self.asks.iter().zip(&self.rulings).for_each(|(ask, outcome)| of_items[ask.place].push(outcome));
        of_items
    }

    /// Claim by claim.
    pub(super) fn support(&self, items: &[Item]) -> JudgeReport {
        let mut draft = Draft::default();
        for word in [
            Some(Verdict::Supported),
            Some(Verdict::Partly),
            Some(Verdict::Not),
            Some(Verdict::NoEvidence),
            None,
        ] {
            draft.verdicts.insert(Ruled(word).word(), 0);
        }
        for (item, outcomes) in items.iter().zip(self.of_items(items.len())) {
            let judged = match (item.state, outcomes.first()) {
                (Some(state), _) => draft.put(&item.id, state, item.why.as_deref().unwrap_or_default()),
                (None, Some(outcome)) => self.claims(&mut draft, item, outcome),
                (None, None) => continue,
            };
            draft.items.push(judged);
        }
        self.report("support", draft, None)
    }

    fn claims<'i>(&self, draft: &mut Draft<'i>, item: &'i Item, outcome: &Outcome) -> JudgedItem {
        if let Some((state, why)) = missing(outcome) {
            return draft.put(&item.id, state, &why);
        }
        let (findings, mut judged) = match outcome {
            Outcome::Ruled(Ruling::Findings(found)) => {
                (found.iter().copied().map(Some).collect(), draft.put(&item.id, State::Scored, ""))
            }
            Outcome::Ruled(Ruling::Unparsed(why)) => {
                (vec![None; item.claims.len()], draft.unread(&item.id, why))
            }
            _ => (Vec::new(), draft.put(&item.id, State::Failed, "the kept ruling is of another kind")),
        };
        for (at, (text, finding)) in item.claims.iter().zip(findings).enumerate() {
            let id = format!("{}#{}", item.id, at + 1);
            let verdict = Ruled(finding.map(|finding| finding.verdict));
            draft.count(verdict.word());
            let human = draft.label(self.labels, &id);
            let judge = verdict.0.map(|verdict| f64::from(u8::from(verdict == Verdict::Supported)));
            draft.opinions.push(Opinion { cluster: &item.document, judge, human });
            let evidence = finding.and_then(|finding| item.evidence.get(finding.evidence?));
            let evidence = evidence.map(|passage| passage.id.clone());
            judged.claims.push(JudgedClaim { id, text: text.clone(), verdict, evidence });
        }
        judged
    }

    /// Pair by pair, each judged in both orders.
    pub(super) fn preference(&self, pairs: &[Pair]) -> JudgeReport {
        let mut draft = Draft::default();
        for word in ["run", "against", "tie", "flipped", UNPARSED] {
            draft.verdicts.insert(word, 0);
        }
        let mut votes = Vec::new();
        for (pair, outcomes) in pairs.iter().zip(self.of_items(pairs.len())) {
            let judged = self.pair(&mut draft, &mut votes, pair, &outcomes);
            draft.items.push(judged);
        }
        let resampling = Resampling { seed: self.request.seed, ..Resampling::default() };
        self.report("preference", draft, Some(preferred(&votes, &resampling).inconsistency))
    }

    fn pair<'i>(
        &self,
        draft: &mut Draft<'i>,
        votes: &mut Vec<Vote>,
        pair: &'i Pair,
        outcomes: &[&Outcome],
    ) -> JudgedItem {
        let id = pair.left.id.as_str();
        if let Some((state, why)) = pair.missing() {
            return draft.put(id, state, why);
        }
        if let Some((state, why)) = outcomes.iter().find_map(|outcome| missing(outcome)) {
            return draft.put(id, state, &why);
        }
        let human = draft.label(self.labels, id);
        let cluster = pair.left.document.as_str();
        let unread = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Ruled(Ruling::Unparsed(why)) => Some(why),
            _ => None,
        });
        if let Some(why) = unread {
            draft.count(UNPARSED);
            draft.opinions.push(Opinion { cluster, judge: None, human });
            return draft.unread(id, why);
        }
        let won = |outcome: &Outcome, swapped: bool| match outcome {
            Outcome::Ruled(Ruling::Preference(Preference::Tie)) => Won::Tie,
            Outcome::Ruled(Ruling::Preference(first)) if (*first == Preference::First) != swapped => {
                Won::Left
            }
            _ => Won::Right,
        };
        // The same words twice need no judge.
        let [straight, turned] = match outcomes {
            [straight, turned] => [won(straight, false), won(turned, true)],
            _ => [Won::Tie; 2],
        };
        let word = |won: Won| match won {
            Won::Left => "run",
            Won::Right => "against",
            Won::Tie => "tie",
        };
        draft.count(if straight == turned { word(straight) } else { "flipped" });
        let points = match straight {
            _ if straight != turned => 0.5,
            Won::Left => 1.0,
            Won::Tie => 0.5,
            Won::Right => 0.0,
        };
        draft.opinions.push(Opinion { cluster, judge: Some(points), human });
        let swapped = (outcomes.len() == 2).then_some(turned);
        votes.push(Vote { prompt: cluster.to_string(), outcome: straight, swapped });
        JudgedItem { preferred: Some([word(straight), word(turned)]), ..draft.put(id, State::Scored, "") }
    }

    fn report(&self, kind: &'static str, draft: Draft, position_flips: Option<Metric>) -> JudgeReport {
        let Tally { cached, spent, again, no_money } = self.tally;
        let resampling = Resampling { seed: self.request.seed, ..Resampling::default() };
        JudgeReport {
            kind,
            run: self.request.run.clone(),
            against: self.request.against.clone(),
            model: self.endpoint.judge().into(),
            prompt: self.prompt.clone(),
            validated: validated(&draft.opinions, &resampling),
            verdicts: draft.verdicts,
            position_flips,
            states: JudgeStates { states: States::of(draft.states), unparsed: draft.unparsed },
            labels_unused: self.labels.len() - draft.used,
            spent,
            cost: self.endpoint.cost(spent.tokens_in, spent.tokens_out),
            currency: self.endpoint.currency.clone(),
            cached,
            asked_again: again,
            stopped: no_money.then_some("budget"),
            items: draft.items,
            failures: draft.failures,
        }
    }
}
