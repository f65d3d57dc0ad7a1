//! When two answers say the same, and how alike two are that do not.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{Mark, Matching, span_f1};
use serde_json::{Map, Value};

use super::ballot::{ballot, fill};
use super::ranks::{pairs, ranks};
use super::words;
use crate::canonical::canonical_json;
use crate::split::normalised;
use crate::{Answer, Answers, LabelledSpan, Question, QuestionKind, Relation};

/// Equal for answers that say the same: span ids, strengths, evidence, and the case and spacing of free text aside.
///
/// `answers` is the whole response: what a relation says depends on where its spans are.
pub(crate) fn key(question: &Question, answers: &Answers) -> Option<String> {
    let answer = answers.get(&question.name)?;
    Some(match answer {
        Answer::Spans(spans) => canonical_json(&spans.iter().map(place).collect::<BTreeSet<_>>()),
        Answer::Relations(_) => canonical_json(&triples(question, answers)),
        Answer::Text(text) => normalised(text),
        Answer::Correction(text) => spaced(text),
        Answer::Preference(preference) => canonical_json(&preference.choice),
        Answer::Relevance(graded) => canonical_json(
            &graded.iter().map(|graded| (&graded.id, graded.grade)).collect::<BTreeMap<_, _>>(),
        ),
        Answer::Support(verdicts) => {
            let said = verdicts.iter().map(|said| (said.char_start, said.verdict.name()));
            canonical_json(&said.collect::<Vec<_>>())
        }
        other => canonical_json(other),
    })
}

/// Whether two responses answer a question and say the same: span ids, strengths, evidence, and the case and spacing of free
/// text aside.
pub fn says_same(question: &Question, one: &Answers, other: &Answers) -> bool {
    key(question, one).is_some_and(|said| key(question, other) == Some(said))
}

/// Of a correction, case counts; how lines are broken does not.
fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

type Place = (String, Vec<(usize, usize)>);

fn place(span: &LabelledSpan) -> Place {
    let whole = vec![(span.char_start, span.char_end)];
    (span.label.clone(), if span.parts.is_empty() { whole } else { span.parts.clone() })
}

/// The arrows of a relations question by what they join rather than by ids.
pub(crate) fn triples(question: &Question, answers: &Answers) -> BTreeSet<(Place, String, Place)> {
    let QuestionKind::Relations { spans, .. } = &question.kind else { return BTreeSet::new() };
    let (Some(Answer::Relations(relations)), Some(Answer::Spans(spans))) =
        (answers.get(&question.name), answers.get(spans))
    else {
        return BTreeSet::new();
    };
    let of = |id: &str| spans.iter().find(|span| span.id == id).map(place);
    let triple = |relation: &Relation| Some((of(&relation.from)?, relation.label.clone(), of(&relation.to)?));
    relations.iter().filter_map(triple).collect()
}

/// A response's arrows with their ends at these spans instead of its own; `None` when one of its ends is not among them.
pub(crate) fn on_spans(
    question: &Question,
    answers: &Answers,
    spans: &[LabelledSpan],
) -> Option<Vec<Relation>> {
    let id = |end: &Place| spans.iter().find(|span| place(span) == *end).map(|span| span.id.clone());
    let moved = |(from, label, to): &(Place, String, Place)| {
        Some(Relation { from: id(from)?, to: id(to)?, label: label.clone() })
    };
    let mut relations: Vec<Relation> = triples(question, answers).iter().map(moved).collect::<Option<_>>()?;
    relations.sort();
    Some(relations)
}

/// How alike two responses' answers to a question are, in `[0, 1]`; 1 exactly when they say the same.
///
/// Classes: equal or not. Labels and classes of a tree: Jaccard. Spans and relations: F1 of exact matches. Rating:
/// 1 minus the distance over the scale's length. Ranking: the share of pairs in the same order. Texts: 1 minus the edit
/// distance in words over the longer. Turns, passages, sentences, leaves: the mean over them. `None` when either lacks it.
pub(crate) fn likeness(
    question: &Question,
    fields: &Map<String, Value>,
    a: &Answers,
    b: &Answers,
) -> Option<f64> {
    let (left, right) = (a.get(&question.name)?, b.get(&question.name)?);
    Some(match (&question.kind, left, right) {
        (_, Answer::Labels(a), Answer::Labels(b)) => jaccard(a, b),
        (_, Answer::Taxonomy(a), Answer::Taxonomy(b)) if a == b => jaccard(a, b),
        (_, Answer::Taxonomy(a), Answer::Taxonomy(b)) => {
            let on_the_way = |paths: &BTreeSet<Vec<String>>| -> BTreeSet<Vec<String>> {
                paths.iter().flat_map(|path| (1..=path.len()).map(|depth| path[..depth].to_vec())).collect()
            };
            // Two answers that differ only in naming a broader class as well are nearly, not quite, the same.
            jaccard(&on_the_way(a), &on_the_way(b)).min(0.99)
        }
        (_, Answer::Spans(a), Answer::Spans(b)) => {
            span_f1(&marks(a), &marks(b), Matching::Exact).f1().unwrap_or(1.0)
        }
        (_, Answer::Relations(_), Answer::Relations(_)) => f1(&triples(question, a), &triples(question, b)),
        (QuestionKind::Rating { min, max, .. }, Answer::Rating(a), Answer::Rating(b)) => {
            1.0 - a.abs_diff(*b) as f64 / max.abs_diff(*min).max(1) as f64
        }
        (_, Answer::Ranking(a), Answer::Ranking(b)) => {
            let (a, b) = (pairs(&ranks(a)), pairs(&ranks(b)));
            let same = a.iter().filter(|(pair, order)| b.get(*pair) == Some(order)).count();
            share(same, a.len().max(b.len()))
        }
        (_, Answer::Preference(a), Answer::Preference(b)) => f64::from(u8::from(a.choice == b.choice)),
        (_, Answer::Text(a), Answer::Text(b)) => words::likeness(&normalised(a), &normalised(b)),
        (_, Answer::Correction(a), Answer::Correction(b)) => words::likeness(&spaced(a), &spaced(b)),
        (_, Answer::Relevance(a), Answer::Relevance(b)) => {
            let grade = |id: &str| b.iter().find(|graded| graded.id == id).map(|graded| graded.grade);
            let alike = |grade: u8, other: u8| 1.0 - f64::from(grade.abs_diff(other)) / 3.0;
            let sum: f64 = a.iter().filter_map(|one| Some(alike(one.grade, grade(&one.id)?))).sum();
            let n = a.len().max(b.len());
            if n == 0 { 1.0 } else { sum / n as f64 }
        }
        _ => {
            let (Some(left), Some(right)) = (ballot(question, fields, left), ballot(question, fields, right))
            else {
                return Some(f64::from(u8::from(left == right)));
            };
            let mut both = [left, right];
            fill(&mut both);
            let same = both[0].iter().filter(|(unit, class)| both[1].get(*unit) == Some(class)).count();
            share(same, both[0].len())
        }
    })
}

pub(crate) fn marks(spans: &[LabelledSpan]) -> Vec<Mark> {
    spans.iter().map(place).map(|(label, parts)| Mark { label, parts }).collect()
}

fn jaccard<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> f64 {
    share(a.intersection(b).count(), a.union(b).count())
}

fn f1<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> f64 {
    share(2 * a.intersection(b).count(), a.len() + b.len())
}

/// 1 where there is nothing to differ about.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
