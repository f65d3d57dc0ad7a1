//! The one answer of several, and how sure it is.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::ballot::{Ballot, Unit, answer_of, ballot, fill};
use super::details::with_details;
use super::{key, likeness, ranks, spans, words};
use crate::canonical::canonical_json;
use crate::{Answer, Answers, LabelledSpan, Placed, Question, QuestionKind, Relation, text_of};

/// An answer and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Belief {
    /// What several answers come to.
    pub answer: Answer,
    /// Its probability, in `[0, 1]`; for types without a model of the annotators the share of their votes it agrees with.
    pub posterior: f64,
}

/// How often people whose accuracy is not known yet are taken to be right.
pub const DEFAULT_ACCURACY: f64 = 0.8;

/// What the responses to one question of one item come to by plain vote; `None` when nobody answered it, or when nothing
/// that may be answered has a majority (no class of a tree).
///
/// | question | an aggregate is | its posterior is |
/// |---|---|---|
/// | label, preference | the class by majority or a model of the annotators | the class's probability |
/// | labels, taxonomy, turns with several labels | each option by itself, yes or no | that of the least sure option |
/// | turns, relevance, support | each turn, passage, sentence by itself | that of the least sure one |
/// | form | each leaf by itself, by majority; the form most like that where it would break its schema | share of the least sure leaf |
/// | rating | the lower median | share of responses that say so |
/// | spans | spans that more than half marked alike; else what more than half marked, character by character | share of the marked characters' votes it agrees with |
/// | relations | arrows that more than half drew between the aggregated spans | share of the arrows' votes it agrees with |
/// | ranking | Borda count with ties | share of the ordered pairs it agrees with |
/// | text, correction | the medoid: least sum of edit distances to the others | mean likeness to the others |
///
/// With two classes of equal share, the one that sorts first wins, at a posterior that says how little that means.
///
/// Responses that left the question open have no vote.
pub fn aggregate_one(
    question: &Question,
    fields: &Map<String, Value>,
    responses: &[&Answers],
) -> Option<Belief> {
    let given: Vec<&Answers> =
        responses.iter().copied().filter(|answers| answers.contains_key(&question.name)).collect();
    let answers: Vec<&Answer> = given.iter().filter_map(|answers| answers.get(&question.name)).collect();
    match (&question.kind, answers.first()?) {
        (_, Answer::Rating(_)) => median(&answers),
        (_, Answer::Ranking(_)) => {
            let rankings: Vec<&[Placed]> = answers.iter().filter_map(|answer| placed(answer)).collect();
            let (placed, posterior) = ranks::borda(&rankings)?;
            Some(Belief { answer: Answer::Ranking(placed), posterior })
        }
        (QuestionKind::Spans { field, .. }, _) => {
            let (spans, posterior) = spans_of(fields, field, &question.name, &given)?;
            Some(Belief { answer: Answer::Spans(spans), posterior })
        }
        (QuestionKind::Relations { spans, .. }, _) => arrows(question, spans, &given),
        (_, Answer::Text(_) | Answer::Correction(_)) => {
            let texts: Vec<&str> = answers.iter().filter_map(|answer| text(answer)).collect();
            let (at, posterior) = words::medoid(&texts)?;
            Some(Belief { answer: answers[at].clone(), posterior })
        }
        _ => by_votes(question, fields, &given, &answers),
    }
}

fn placed(answer: &Answer) -> Option<&[Placed]> {
    match answer {
        Answer::Ranking(placed) => Some(placed),
        _ => None,
    }
}

fn text(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Text(text) | Answer::Correction(text) => Some(text),
        _ => None,
    }
}

fn median(answers: &[&Answer]) -> Option<Belief> {
    let rating = |answer: &&Answer| match answer {
        Answer::Rating(rating) => Some(*rating),
        _ => None,
    };
    let mut ratings: Vec<i64> = answers.iter().filter_map(rating).collect();
    ratings.sort_unstable();
    // The lower of two: a rating that somebody gave.
    let median = *ratings.get(ratings.len().checked_sub(1)? / 2)?;
    let same = ratings.iter().filter(|rating| **rating == median).count();
    Some(Belief { answer: Answer::Rating(median), posterior: same as f64 / ratings.len() as f64 })
}

fn spans_of(
    fields: &Map<String, Value>,
    field: &str,
    question: &str,
    given: &[&Answers],
) -> Option<(Vec<LabelledSpan>, f64)> {
    let marked: Vec<&[LabelledSpan]> = given.iter().map(|answers| spans_in(answers, question)).collect();
    Some(spans::vote(text_of(fields, field)?, &marked))
}

fn spans_in<'a>(answers: &'a Answers, question: &str) -> &'a [LabelledSpan] {
    match answers.get(question) {
        Some(Answer::Spans(spans)) => spans,
        _ => &[],
    }
}

fn arrows_in<'a>(answers: &'a Answers, question: &str) -> &'a [Relation] {
    match answers.get(question) {
        Some(Answer::Relations(relations)) => relations,
        _ => &[],
    }
}

fn arrows(question: &Question, spans: &str, given: &[&Answers]) -> Option<Belief> {
    let marked: Vec<&[LabelledSpan]> = given.iter().map(|answers| spans_in(answers, spans)).collect();
    // Without the text the spans have no quotes; here only their places and their names matter.
    let (won, _) = spans::vote("", &marked);
    let both: Vec<(&[LabelledSpan], &[Relation])> = given
        .iter()
        .zip(&marked)
        .map(|(answers, spans)| (*spans, arrows_in(answers, &question.name)))
        .collect();
    let (relations, posterior) = spans::vote_arrows(&won, &both);
    Some(Belief { answer: Answer::Relations(relations), posterior })
}

fn by_votes(
    question: &Question,
    fields: &Map<String, Value>,
    given: &[&Answers],
    answers: &[&Answer],
) -> Option<Belief> {
    let mut ballots: Vec<Ballot> =
        answers.iter().map(|answer| ballot(question, fields, answer)).collect::<Option<_>>()?;
    fill(&mut ballots);
    let mut counts: BTreeMap<&Unit, BTreeMap<&str, usize>> = BTreeMap::new();
    for (unit, class) in ballots.iter().flatten() {
        *counts.entry(unit).or_default().entry(class).or_default() += 1;
    }
    let mut won = BTreeMap::new();
    for (unit, classes) in counts {
        let n: usize = classes.values().sum();
        // Classes come in order; of equals the first stays.
        let best = classes.into_iter().reduce(|best, other| if other.1 > best.1 { other } else { best })?;
        won.insert(unit.clone(), (best.0.to_string(), best.1 as f64 / n as f64));
    }
    elected(question, fields, given, won)
}

/// The answer of the classes that won their units; what cannot be answered so is replaced by the response most like it.
pub(super) fn elected(
    question: &Question,
    fields: &Map<String, Value>,
    given: &[&Answers],
    won: BTreeMap<Unit, (String, f64)>,
) -> Option<Belief> {
    let posterior = won.values().map(|(_, posterior)| *posterior).fold(1.0, f64::min);
    let classes: Ballot = won.into_iter().map(|(unit, (class, _))| (unit, class)).collect();
    let answer = with_details(question, answer_of(question, fields, &classes)?, given);
    let may_fail = matches!(question.kind, QuestionKind::Form { .. } | QuestionKind::Taxonomy { .. });
    let valid = |answer: &Answer| {
        let json = serde_json::from_str(&canonical_json(answer));
        json.is_ok_and(|json: Value| Answer::read(question, &json, fields).is_ok())
    };
    if !may_fail || valid(&answer) {
        return Some(Belief { answer, posterior });
    }
    // No class of a tree has a majority: there is nothing most would say.
    if matches!(question.kind, QuestionKind::Taxonomy { .. }) {
        return None;
    }
    let elected: Answers = [(question.name.clone(), answer)].into();
    let scored =
        given.iter().filter_map(|answers| Some((likeness(question, fields, &elected, answers)?, answers)));
    let best = scored.reduce(|best, other| if other.0 > best.0 { other } else { best })?;
    Some(Belief { answer: best.1.get(&question.name)?.clone(), posterior })
}

/// The most probable answer of one item when each person is right with the probability given, else says any of the other
/// possible answers alike (the one-coin model of Dawid and Skene 1979 with known accuracies).
///
/// Cheap enough for every submit. Label, preference and rating have as many possible answers as their settings allow; for
/// all others one more than were given. Accuracies are taken into `[0.01, 0.99]`, so that nobody is beyond doubt.
pub fn vote_posterior(
    question: &Question,
    fields: &Map<String, Value>,
    responses: &[(&Answers, f64)],
) -> Option<Belief> {
    let mut groups: BTreeMap<String, Vec<&Answers>> = BTreeMap::new();
    let mut votes = Vec::new();
    for (answers, accuracy) in responses {
        let Some(key) = key(question, answers) else { continue };
        groups.entry(key.clone()).or_default().push(*answers);
        votes.push((key, accuracy.clamp(0.01, 0.99)));
    }
    let classes = classes(question, fields).unwrap_or(groups.len() + 1).max(groups.len()).max(2);
    let others = (classes - 1) as f64;
    let log_likelihood = |class: Option<&String>| -> f64 {
        let of = |(key, accuracy): &(String, f64)| {
            if Some(key) == class { accuracy.ln() } else { ((1.0 - accuracy) / others).ln() }
        };
        votes.iter().map(of).sum()
    };
    let scored: Vec<(f64, &Vec<&Answers>)> =
        groups.iter().map(|(key, group)| (log_likelihood(Some(key)), group)).collect();
    let best = *scored.iter().reduce(|best, other| if other.0 > best.0 { other } else { best })?;
    let unheard = classes.saturating_sub(groups.len()) as f64 * (log_likelihood(None) - best.0).exp();
    let total: f64 = scored.iter().map(|(score, _)| (score - best.0).exp()).sum::<f64>() + unheard;
    let answer = aggregate_one(question, fields, best.1)?.answer;
    Some(Belief { answer, posterior: 1.0 / total })
}

/// How many answers a question of few possible answers has.
fn classes(question: &Question, fields: &Map<String, Value>) -> Option<usize> {
    match &question.kind {
        QuestionKind::Label { options } => Some(options.len()),
        QuestionKind::Rating { min, max, .. } => {
            usize::try_from(max.abs_diff(*min)).ok().map(|steps| steps + 1)
        }
        QuestionKind::Preference { field, tie, both_bad, .. } => {
            let answers = fields.get(field)?.as_array()?.len();
            Some(answers + usize::from(*tie) + usize::from(*both_bad))
        }
        _ => None,
    }
}
