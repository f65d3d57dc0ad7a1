//! What an item's responses come to for a format that holds one set of answers: what is settled, or all of it.

use std::collections::BTreeMap;

use crate::resolve::on_spans;
use crate::{
    Answer, Answers, Conflict, DEFAULT_ACCURACY, Merge, MergePolicy, Question, QuestionKind, Record, Schema,
    aggregate_one, is_asked, merge, vote_posterior,
};

/// Why an answer is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsettled {
    /// Fewer people answered than the schema's distribution asks.
    Missing,
    /// They say different things, and nobody has decided.
    Disputed,
    /// They agree, and the merge policy asks for more than that, or for a reviewer.
    Waiting,
}

impl Unsettled {
    /// As a loss: what, and why it is left out.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Unsettled::Missing => ("an item that misses answers", "not as many people answered as it asks"),
            Unsettled::Disputed => ("an item people disagree on", "nobody has decided it"),
            Unsettled::Waiting => ("an item that waits for a reviewer", "its answers alone do not settle it"),
        }
    }
}

/// Answers, and the questions left out of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settled {
    pub(crate) answers: Answers,
    pub(crate) open: Vec<(String, Unsettled)>,
}

/// What the submitted responses settle by the schema's distribution and merge policy.
pub(crate) fn settled(schema: &Schema, record: &Record, given: &[&Answers]) -> Settled {
    let all = |why| {
        let named = schema.questions.iter().map(|question| &question.name);
        let answered = named.filter(|name| given.iter().any(|answers| answers.contains_key(*name)));
        Settled { answers: Answers::new(), open: answered.map(|name| (name.clone(), why)).collect() }
    };
    if given.len() < schema.distribution.overlap as usize {
        return all(Unsettled::Missing);
    }
    match (schema.merge, given) {
        (MergePolicy::Unanimous, [only]) => Settled { answers: (*only).clone(), open: Vec::new() },
        (MergePolicy::Never, _) => all(Unsettled::Waiting),
        _ => {
            let merged = merged(schema, record, given);
            let why = |conflict: &Conflict| match conflict.candidates.len() {
                0 | 1 => Unsettled::Waiting,
                _ => Unsettled::Disputed,
            };
            let open = merged.conflicts.iter().map(|conflict| (conflict.question.clone(), why(conflict)));
            Settled { open: open.collect(), answers: merged.agreed }
        }
    }
}

/// What the submitted responses come to, question by question, as `resolve` aggregates them where they differ.
pub(crate) fn aggregated(schema: &Schema, record: &Record, given: &[&Answers]) -> Settled {
    if let [only] = given {
        return Settled { answers: (*only).clone(), open: Vec::new() };
    }
    let merged = merged(schema, record, given);
    let mut whole = Settled { answers: merged.agreed, open: Vec::new() };
    for conflict in &merged.conflicts {
        let Some(question) = schema.question(&conflict.question) else { continue };
        let left_open = conflict.candidates.first().is_some_and(|most| most.answer.is_none());
        if left_open || !is_asked(schema, question, &record.fields, &whole.answers) {
            continue;
        }
        match one(schema, record, given, question, &whole.answers) {
            Some(answer) => {
                whole.answers.insert(question.name.clone(), answer);
            }
            None => whole.open.push((question.name.clone(), Unsettled::Disputed)),
        }
    }
    whole
}

fn merged(schema: &Schema, record: &Record, given: &[&Answers]) -> Merge {
    let votes: Vec<(&Answers, f64)> = given.iter().map(|answers| (*answers, DEFAULT_ACCURACY)).collect();
    let belief = |question: &Question| {
        Some((question.name.clone(), vote_posterior(question, &record.fields, &votes)?))
    };
    let beliefs: BTreeMap<_, _> = schema.questions.iter().filter_map(belief).collect();
    merge(schema, &record.fields, given, &beliefs)
}

/// The aggregate of a question; arrows with their ends at the spans that are written, `None` when those are not all there.
fn one(
    schema: &Schema,
    record: &Record,
    given: &[&Answers],
    question: &Question,
    written: &Answers,
) -> Option<Answer> {
    let answer = aggregate_one(question, &record.fields, given)?.answer;
    let QuestionKind::Relations { spans, .. } = &question.kind else { return Some(answer) };
    let Some(Answer::Spans(ends)) = written.get(spans) else { return None };
    let joined = aggregate_one(schema.question(spans)?, &record.fields, given)?.answer;
    let both = Answers::from([(spans.clone(), joined), (question.name.clone(), answer)]);
    on_spans(question, &both, ends).map(Answer::Relations)
}

/// The answers with the known ones in their place. What then is not asked any more goes, and so do arrows between spans that
/// the known answer does not have.
pub(crate) fn known_first(schema: &Schema, record: &Record, rest: Settled, known: &Answers) -> Settled {
    let (fields, Settled { answers: before, mut open }) = (&record.fields, rest);
    open.retain(|(name, _)| !known.contains_key(name));
    let mut answers = before.clone();
    answers.extend(known.clone());
    for question in schema.questions.iter().filter(|question| !known.contains_key(&question.name)) {
        if let QuestionKind::Relations { spans, .. } = &question.kind
            && let (Some(Answer::Spans(ends)), true) = (known.get(spans), before.contains_key(&question.name))
        {
            match on_spans(question, &before, ends) {
                Some(moved) => {
                    answers.insert(question.name.clone(), Answer::Relations(moved));
                }
                None => {
                    answers.remove(&question.name);
                    open.push((question.name.clone(), Unsettled::Waiting));
                }
            }
        }
        let hangs = question.visible_when.as_ref().is_some_and(|when| known.contains_key(&when.question));
        if hangs && !is_asked(schema, question, fields, &answers) {
            answers.remove(&question.name);
        }
    }
    Settled { answers, open }
}
