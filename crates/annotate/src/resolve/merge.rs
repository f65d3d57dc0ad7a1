//! Merging an item's responses: what is agreed is settled, what is not goes to a reviewer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::belief::{Belief, aggregate_one};
use super::key::{key, on_spans};
use crate::{
    Answer, Answers, MergePolicy, Question, QuestionKind, Resolution, ResolutionSource, Schema, is_asked,
};

/// What an item's responses come to, question by question.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Merge {
    /// The answers that the policy settles; for an adjudication page, the parts already merged.
    pub agreed: Answers,
    /// The questions it leaves open, in the schema's order.
    pub conflicts: Vec<Conflict>,
    /// The least posterior of the agreed answers, where beliefs were given for them.
    pub posterior: Option<f64>,
    /// How the agreed answers came about.
    source: Option<ResolutionSource>,
}

/// A question whose answers do not agree as far as the policy asks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// Its name.
    pub question: String,
    /// What was said, what most said first.
    pub candidates: Vec<Said>,
}

/// One of the things said about a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The answer; `None` for leaving an optional question open.
    pub answer: Option<Answer>,
    /// Who said so, by place among the responses.
    pub responses: Vec<usize>,
}

impl Merge {
    /// The item's resolution, if the policy settles all of it without a reviewer.
    pub fn resolution(&self) -> Option<Resolution> {
        let source = self.source.filter(|_| self.conflicts.is_empty())?;
        Some(Resolution { answers: self.agreed.clone(), source, by: None, posterior: self.posterior })
    }
}

/// Merges the submitted responses of an item by the schema's policy.
///
/// Answers agree when they say the same: span ids, strengths, evidence, and case and spacing of free text aside. A question
/// that hangs on another is judged by those who were asked it, and only where the other is agreed to ask it. `beliefs` are
/// the aggregates by question, from a model of the annotators or from [`super::vote_posterior`]; the posterior policy needs
/// them, and without one settles only what is unanimous. Under the policy `never` unanimous answers are merged for the
/// reviewer, and there is no resolution.
pub fn merge(
    schema: &Schema,
    fields: &Map<String, Value>,
    responses: &[&Answers],
    beliefs: &BTreeMap<String, Belief>,
) -> Merge {
    let mut merge = Merge::default();
    let mut unanimous = true;
    for question in &schema.questions {
        let asked = |at: &usize| is_asked(schema, question, fields, responses[*at]);
        let pool: Vec<usize> = (0..responses.len()).filter(asked).collect();
        let open = |name: &String| merge.conflicts.iter().any(|conflict| conflict.question == *name);
        let hangs = leans_on(question).any(open);
        // Agreed not to be asked: what single people said about it has no place.
        if pool.is_empty() || !hangs && !is_asked(schema, question, fields, &merge.agreed) {
            continue;
        }
        let candidates = candidates(question, fields, responses, &pool);
        let settled = if hangs { None } else { settle(schema.merge, question, &candidates, beliefs) };
        let fitting = settled.and_then(|answer| fit(question, answer, responses, &candidates, &merge.agreed));
        match fitting {
            Some(answer) => {
                unanimous &= candidates.len() == 1;
                merge.agreed.extend(answer.map(|answer| (question.name.clone(), answer)));
            }
            None => merge.conflicts.push(Conflict { question: question.name.clone(), candidates }),
        }
    }
    let sure = merge.agreed.keys().filter_map(|name| beliefs.get(name)).map(|belief| belief.posterior);
    merge.posterior = sure.reduce(f64::min);
    merge.source = match schema.merge {
        _ if responses.is_empty() => None,
        MergePolicy::Never => None,
        MergePolicy::Posterior { .. } if !unanimous => Some(ResolutionSource::Aggregated),
        _ => Some(ResolutionSource::Agreed),
    };
    merge
}

fn leans_on(question: &Question) -> impl Iterator<Item = &String> {
    let spans = match &question.kind {
        QuestionKind::Relations { spans, .. } => Some(spans),
        _ => None,
    };
    spans.into_iter().chain(question.visible_when.iter().map(|condition| &condition.question))
}

/// What was said, most first, then in the order of the responses.
fn candidates(
    question: &Question,
    fields: &Map<String, Value>,
    responses: &[&Answers],
    pool: &[usize],
) -> Vec<Said> {
    let mut groups: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
    for at in pool {
        groups.entry(key(question, responses[*at])).or_default().push(*at);
    }
    let mut candidates: Vec<Said> = groups
        .into_values()
        .map(|group| {
            let said: Vec<&Answers> = group.iter().map(|at| responses[*at]).collect();
            // Alone, a response keeps its own words and ids; of several that say the same, the details are merged.
            let answer = match said.as_slice() {
                [only] => only.get(&question.name).cloned(),
                _ => aggregate_one(question, fields, &said).map(|belief| belief.answer),
            };
            Said { answer, responses: group }
        })
        .collect();
    candidates.sort_by_key(|candidate| {
        (std::cmp::Reverse(candidate.responses.len()), candidate.responses.first().copied())
    });
    candidates
}

/// The answer the policy settles on; `Some(None)` for leaving the question open.
fn settle(
    policy: MergePolicy,
    question: &Question,
    candidates: &[Said],
    beliefs: &BTreeMap<String, Belief>,
) -> Option<Option<Answer>> {
    let best = candidates.first()?;
    let votes = |at: usize| candidates.get(at).map_or(0, |candidate| candidate.responses.len());
    let settled = match (policy, beliefs.get(&question.name)) {
        (MergePolicy::Quorum { quorum }, _) => votes(0) >= quorum as usize && votes(0) > votes(1),
        (MergePolicy::Posterior { least }, Some(belief)) => {
            return (belief.posterior >= least).then(|| Some(belief.answer.clone()));
        }
        (MergePolicy::Unanimous | MergePolicy::Never | MergePolicy::Posterior { .. }, _) => {
            candidates.len() == 1
        }
    };
    settled.then(|| best.answer.clone())
}

/// The answer as it stands; arrows with their ends at the spans that were agreed, `None` when those are not all there.
fn fit(
    question: &Question,
    answer: Option<Answer>,
    responses: &[&Answers],
    candidates: &[Said],
    agreed: &Answers,
) -> Option<Option<Answer>> {
    let QuestionKind::Relations { spans, .. } = &question.kind else { return Some(answer) };
    let Some(Answer::Relations(relations)) = &answer else { return Some(answer) };
    if relations.is_empty() {
        return Some(answer);
    }
    let Some(Answer::Spans(spans)) = agreed.get(spans) else { return None };
    // Ids differ from response to response; what the arrows join is read from one who drew them.
    let Some(said) = candidates.iter().find(|candidate| candidate.answer == answer) else {
        // A belief nobody stated: its ends are the names that aggregated spans have.
        let named = |id: &String| spans.iter().any(|span| span.id == *id);
        return relations.iter().all(|arrow| named(&arrow.from) && named(&arrow.to)).then_some(answer);
    };
    let who = said.responses.first()?;
    on_spans(question, responses[*who], spans).map(|relations| Some(Answer::Relations(relations)))
}
