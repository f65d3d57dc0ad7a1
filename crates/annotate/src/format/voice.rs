//! Which answers are written where a format holds one set of them an item.

use crate::format::Voices;
use crate::format::report::Losses;
use crate::{Answer, Answers, Record, ResponseStatus};

/// The sets of answers to write: none for an item that nobody answered.
pub(crate) fn heard(record: &Record, voices: Voices) -> Vec<Answers> {
    match (voices, &record.resolution) {
        (Voices::Resolved, Some(resolution)) => vec![resolution.answers.clone()],
        (Voices::Resolved, None) => majority(record).into_iter().collect(),
        (Voices::Every, _) => submitted(record).cloned().collect(),
    }
}

fn submitted(record: &Record) -> impl Iterator<Item = &Answers> {
    let counted = |response: &&crate::Given| response.status == ResponseStatus::Submitted;
    record.responses.iter().filter(counted).map(|response| &response.answers)
}

/// Question by question, what most submitted responses say, and of a tie what was given first. Passages are counted one by
/// one; of their ties the lower grade holds.
fn majority(record: &Record) -> Option<Answers> {
    let given: Vec<&Answers> = submitted(record).collect();
    let first = given.first()?;
    if given.len() == 1 {
        return Some((*first).clone());
    }
    let mut answers = Answers::new();
    let questions: std::collections::BTreeSet<&String> =
        given.iter().flat_map(|answers| answers.keys()).collect();
    for question in questions {
        let said: Vec<&Answer> = given.iter().filter_map(|answers| answers.get(question)).collect();
        let mut best = most(&said);
        if let Answer::Relevance(graded) = &mut best {
            for passage in graded {
                let mut grades: Vec<u8> = said
                    .iter()
                    .filter_map(|answer| match answer {
                        Answer::Relevance(graded) => graded.iter().find(|other| other.id == passage.id),
                        _ => None,
                    })
                    .map(|other| other.grade)
                    .collect();
                grades.sort_unstable();
                passage.grade = most(&grades);
            }
        }
        answers.insert(question.clone(), best);
    }
    // Relations join the spans of one response: with another response's spans they would join at random.
    let spans_of = |answers: &Answers| -> Vec<Answer> {
        answers.values().filter(|answer| matches!(answer, Answer::Spans(_))).cloned().collect()
    };
    let has_relations = answers.values().any(|answer| matches!(answer, Answer::Relations(_)));
    if has_relations {
        let wanted = spans_of(&answers);
        let donor = given.iter().find(|given| spans_of(given) == wanted);
        for (question, answer) in
            answers.iter_mut().filter(|(_, answer)| matches!(answer, Answer::Relations(_)))
        {
            let own = donor.and_then(|donor| donor.get(question)).cloned();
            *answer = own.unwrap_or(Answer::Relations(Vec::new()));
        }
    }
    Some(answers)
}

/// The most frequent, and of several the first.
fn most<T: PartialEq + Clone>(values: &[impl std::borrow::Borrow<T>]) -> T {
    let count = |value: &T| values.iter().filter(|other| (*other).borrow() == value).count();
    let mut best = (values[0].borrow(), 0);
    for value in values {
        let times = count(value.borrow());
        if times > best.1 {
            best = (value.borrow(), times);
        }
    }
    best.0.clone()
}

/// Counts the answers to questions that the rows of a format are not made of.
pub(crate) fn unused(answers: &Answers, used: &[&str], losses: &mut Losses) {
    for question in answers.keys().filter(|question| !used.contains(&question.as_str())) {
        losses.add(format!("an answer to `{question}`"), "the rows are made of other questions");
    }
}

/// Counts what a format with one set of answers an item leaves out beside them.
pub(crate) fn beside(record: &Record, voices: Voices, written: usize, losses: &mut Losses) {
    const ONE: &str = "the format holds one set of answers an item";
    let count = |status| record.responses.iter().filter(|response| response.status == status).count();
    let submitted = count(ResponseStatus::Submitted);
    let resolved = voices == Voices::Resolved && record.resolution.is_some();
    let own = if resolved { 0 } else { written.min(submitted) };
    losses.add_many("a response", ONE, (submitted - own) as u64);
    losses.add_many("a draft", ONE, count(ResponseStatus::Draft) as u64);
    losses.add_many("a skipped item", ONE, count(ResponseStatus::Skipped) as u64);
    losses.add_many("a suggestion", ONE, record.suggestions.len() as u64);
    losses.add_many("a known answer", ONE, u64::from(record.gold.is_some()));
    losses.add_many(
        "a resolution",
        "every response is written instead",
        u64::from(record.resolution.is_some() && !resolved),
    );
    losses.add_many("how a resolution came about", "the format has no place for it", u64::from(resolved));
    let named = record.responses.iter().filter(|response| response.status == ResponseStatus::Submitted);
    for response in named.take(own) {
        losses.add_many("who responded", "the format has no place for it", 1);
        losses.add_many(
            "when somebody responded",
            "the format has no place for it",
            u64::from(response.at.is_some()),
        );
        losses.add_many(
            "how long a response took",
            "the format has no place for it",
            u64::from(response.active_ms.is_some()),
        );
    }
}
