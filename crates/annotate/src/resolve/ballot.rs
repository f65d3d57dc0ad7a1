//! An answer as votes, each about one unit – an option, a turn, a passage, a leaf –, and votes as an answer again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::canonical::canonical_json;
use crate::form::{build, leaves};
use crate::{
    Answer, Choice, Graded, LabelOption, Preference, Question, QuestionKind, Supported, TaxonomyNode, Turn,
    Verdict,
};

/// What a vote is about: the place within the item, and the table of those that share their classes and their difficulty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    /// An option, a leaf; empty where all places are alike.
    pub(crate) table: String,
    /// A turn, a passage, a sentence; empty where there is but one.
    pub(crate) place: String,
}

/// A class for each unit.
pub(crate) type Ballot = BTreeMap<Unit, String>;

const YES: &str = "1";
const NO: &str = "0";

fn unit(table: impl ToString, place: impl ToString) -> Unit {
    Unit { table: table.to_string(), place: place.to_string() }
}

fn yes_no(yes: bool) -> String {
    (if yes { YES } else { NO }).to_string()
}

/// The votes of an answer; `None` for types whose answers are no votes: spans, relations, ranking, texts.
pub(crate) fn ballot(question: &Question, fields: &Map<String, Value>, answer: &Answer) -> Option<Ballot> {
    Some(match (&question.kind, answer) {
        (_, Answer::Label(label)) => [(unit("", ""), label.clone())].into(),
        (_, Answer::Rating(rating)) => [(unit("", ""), rating.to_string())].into(),
        (QuestionKind::Preference { field, .. }, Answer::Preference(preference)) => {
            [(unit("", ""), side(fields, field, &preference.choice)?)].into()
        }
        (QuestionKind::Labels { options }, Answer::Labels(labels)) => {
            let vote =
                |option: &LabelOption| (unit(&option.value, ""), yes_no(labels.contains(&option.value)));
            options.iter().map(vote).collect()
        }
        (QuestionKind::Taxonomy { options, .. }, Answer::Taxonomy(paths)) => {
            // A path says yes to every class on its way.
            let on_the_way = |node: &Vec<String>| paths.iter().any(|path| path.starts_with(node));
            nodes(options)
                .iter()
                .map(|node| (unit(canonical_json(node), ""), yes_no(on_the_way(node))))
                .collect()
        }
        (QuestionKind::Turns { field, options, multiple, role }, Answer::Turns(turns)) => {
            let labels = |turn: usize| turns.iter().find(|said| said.turn == turn).map(|said| &said.labels);
            let mut votes = Ballot::new();
            for turn in asked_turns(fields, field, role.as_deref()) {
                let given = labels(turn);
                if *multiple {
                    for option in options {
                        let yes = given.is_some_and(|labels| labels.contains(&option.value));
                        votes.insert(unit(&option.value, turn), yes_no(yes));
                    }
                } else {
                    let label = given.and_then(|labels| labels.first()).cloned().unwrap_or_default();
                    votes.insert(unit("", turn), label);
                }
            }
            votes
        }
        (_, Answer::Relevance(graded)) => {
            graded.iter().map(|graded| (unit("", &graded.id), graded.grade.to_string())).collect()
        }
        (_, Answer::Support(verdicts)) => {
            verdicts.iter().map(|said| (unit("", said.char_start), said.verdict.name().to_string())).collect()
        }
        (_, Answer::Form(form)) => {
            let leaves = leaves(form).into_iter();
            leaves.map(|(leaf, value)| (unit(canonical_json(&leaf), ""), canonical_json(&value))).collect()
        }
        _ => return None,
    })
}

/// Makes ballots speak of the same units: a leaf that one form lacks counts as a vote for its absence.
pub(crate) fn fill(ballots: &mut [Ballot]) {
    let units: BTreeSet<Unit> = ballots.iter().flat_map(|ballot| ballot.keys().cloned()).collect();
    for ballot in ballots {
        for unit in &units {
            ballot.entry(unit.clone()).or_default();
        }
    }
}

/// The answer that votes so; `None` for ratings too, whose classes have an order that votes ignore. What is no vote – a strength, evidence, cited passages – is not in it.
pub(super) fn answer_of(question: &Question, fields: &Map<String, Value>, won: &Ballot) -> Option<Answer> {
    let said_yes = |value: &str| won.get(&unit(value, "")).is_some_and(|class| class == YES);
    let only = || won.values().next().cloned();
    Some(match &question.kind {
        QuestionKind::Label { .. } => Answer::Label(only()?),
        QuestionKind::Preference { field, .. } => {
            let choice = match only()?.as_str() {
                "tie" => Choice::Tie,
                "both_bad" => Choice::BothBad,
                place => {
                    Choice::Id(ids(fields, field).nth(place.strip_prefix('#')?.parse().ok()?)?.to_string())
                }
            };
            Answer::Preference(Preference { choice, strength: None })
        }
        QuestionKind::Labels { options } => Answer::Labels(
            options.iter().map(|option| option.value.clone()).filter(|value| said_yes(value)).collect(),
        ),
        QuestionKind::Taxonomy { options, .. } => {
            let chosen: Vec<Vec<String>> =
                nodes(options).into_iter().filter(|node| said_yes(&canonical_json(node))).collect();
            let narrower = |node: &Vec<String>| {
                chosen.iter().any(|other| other.len() > node.len() && other.starts_with(node))
            };
            Answer::Taxonomy(chosen.iter().filter(|node| !narrower(node)).cloned().collect())
        }
        QuestionKind::Turns { multiple, .. } => {
            let mut turns: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
            for (unit, class) in won {
                let label = if *multiple { (class == YES).then_some(&unit.table) } else { Some(class) };
                if let Some(label) = label.filter(|label| !label.is_empty()) {
                    turns.entry(unit.place.parse().ok()?).or_default().insert(label.clone());
                }
            }
            Answer::Turns(turns.into_iter().map(|(turn, labels)| Turn { turn, labels }).collect())
        }
        QuestionKind::Relevance { field, .. } => {
            let grade = |id: &str| won.get(&unit("", id))?.parse().ok();
            let graded =
                |id: &str| Some(Graded { id: id.to_string(), grade: grade(id)?, evidence: Vec::new() });
            Answer::Relevance(ids(fields, field).filter_map(graded).collect())
        }
        QuestionKind::Support { answer, .. } => Answer::Support(sentences(fields, answer, won)?),
        QuestionKind::Form { .. } => {
            let mut leaves = BTreeMap::new();
            for (unit, class) in won.iter().filter(|(_, class)| !class.is_empty()) {
                leaves.insert(serde_json::from_str(&unit.table).ok()?, serde_json::from_str(class).ok()?);
            }
            Answer::Form(build(&leaves))
        }
        _ => return None,
    })
}

/// A choice as a class that all items share: the place of the better answer, not its id, which may be of this item alone.
fn side(fields: &Map<String, Value>, field: &str, choice: &Choice) -> Option<String> {
    Some(match choice {
        Choice::Tie => "tie".to_string(),
        Choice::BothBad => "both_bad".to_string(),
        Choice::Id(better) => format!("#{}", ids(fields, field).position(|id| id == better)?),
    })
}

/// The ids of the answers or passages that a field shows, in order.
fn ids<'a>(fields: &'a Map<String, Value>, field: &str) -> impl Iterator<Item = &'a str> {
    let shown = fields.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    shown.iter().filter_map(|entry| entry.get("id")?.as_str())
}

fn sentences(fields: &Map<String, Value>, answer: &str, won: &Ballot) -> Option<Vec<Supported>> {
    let text = crate::text_of(fields, answer)?;
    let map = engraft_core::CharMap::new(text);
    let judged = engraft_core::sentences(text).into_iter().filter_map(|span| {
        let class = won.get(&unit("", span.start()))?;
        let verdict: Verdict = serde_json::from_value(Value::from(class.as_str())).ok()?;
        let quote = map.quote(span)?.to_string();
        Some(Supported {
            char_start: span.start(),
            char_end: span.end(),
            quote,
            verdict,
            passages: Vec::new(),
        })
    });
    Some(judged.collect())
}

/// Every class as its path from a root, broader before narrower.
fn nodes(roots: &[TaxonomyNode]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in roots {
        found.push(vec![root.value.clone()]);
        for below in nodes(&root.children) {
            found.push([vec![root.value.clone()], below].concat());
        }
    }
    found
}

fn asked_turns(fields: &Map<String, Value>, field: &str, role: Option<&str>) -> Vec<usize> {
    let chat = fields.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let fits = |said: &Value| role.is_none_or(|role| said.get("role").and_then(Value::as_str) == Some(role));
    chat.iter().enumerate().filter(|(_, said)| fits(said)).map(|(turn, _)| turn).collect()
}
