//! The answers of a whole dataset to one question, aggregated with a model of the annotators where their answers are votes.

use std::collections::BTreeMap;

use engraft_eval::{Comparison, Labels, Method, Outcome, Resampling, Strengths, bradley_terry, resolve};
use serde_json::{Map, Value};

use super::ballot::{Ballot, Unit, ballot, fill};
use super::belief::{Belief, aggregate_one, elected};
use crate::{Answer, Answers, Choice, Question, QuestionKind};

/// An item with the responses that count.
#[derive(Clone, Debug)]
pub struct Judged<'a> {
    /// Names the item.
    pub item: &'a str,
    /// What it shows.
    pub fields: &'a Map<String, Value>,
    /// Who said what.
    pub responses: Vec<(&'a str, &'a Answers)>,
}

/// Keeps an item's name and a place within it apart in the name of a task.
const BETWEEN: char = '\u{1f}';

/// The item that a task of [`tables`] is a place of.
pub(crate) fn item_of(task: &str) -> &str {
    task.rsplit_once(BETWEEN).map_or(task, |(item, _)| item)
}

/// The rows (task, worker, class) of each table of a question whose answers are votes.
pub(crate) fn tables<'a>(
    question: &Question,
    items: &[Judged<'a>],
) -> BTreeMap<String, Vec<(String, &'a str, String)>> {
    let mut tables: BTreeMap<String, Vec<(String, &str, String)>> = BTreeMap::new();
    for judged in items {
        let votes = judged.responses.iter().filter_map(|(worker, answers)| {
            Some((*worker, ballot(question, judged.fields, answers.get(&question.name)?)?))
        });
        let (workers, mut ballots): (Vec<&str>, Vec<Ballot>) = votes.unzip();
        if matches!(question.kind, QuestionKind::Form { .. }) {
            fill(&mut ballots);
        }
        for (worker, ballot) in workers.into_iter().zip(ballots) {
            for (unit, class) in ballot {
                let task = format!("{}{BETWEEN}{}", judged.item, unit.place);
                tables.entry(unit.table).or_default().push((task, worker, class));
            }
        }
    }
    tables
}

/// What the responses to one question come to, by item; items that nobody answered are absent.
///
/// `method` is used where answers are votes on classes that items share: labels, options, classes of a tree, turns,
/// preferences, grades, verdicts – each option's table by itself. All other types, ratings and forms among them, are
/// aggregated item by item, see [`aggregate_one`].
pub fn aggregate(
    question: &Question,
    items: &[Judged],
    method: Method,
    resampling: &Resampling,
) -> BTreeMap<String, Belief> {
    let item_by_item = method == Method::Majority
        || matches!(question.kind, QuestionKind::Form { .. } | QuestionKind::Rating { .. });
    let tables = if item_by_item { BTreeMap::new() } else { tables(question, items) };
    let mut won: BTreeMap<&str, BTreeMap<Unit, (String, f64)>> = BTreeMap::new();
    let names: BTreeMap<&str, &str> = items.iter().map(|judged| (judged.item, judged.item)).collect();
    for (table, rows) in &tables {
        let rows = rows.iter().map(|(task, worker, class)| (task.as_str(), *worker, class.as_str()));
        for resolved in resolve(&Labels::from_rows(rows), method, None, resampling).items {
            let Some((item, place)) = resolved.task.rsplit_once(BETWEEN) else { continue };
            let Some(item) = names.get(item) else { continue };
            let unit = Unit { table: table.clone(), place: place.to_string() };
            won.entry(item).or_default().insert(unit, (resolved.label, resolved.posterior));
        }
    }
    let mut beliefs = BTreeMap::new();
    for judged in items {
        let given: Vec<&Answers> = judged.responses.iter().map(|(_, answers)| *answers).collect();
        let modelled = won.remove(judged.item).and_then(|won| elected(question, judged.fields, &given, won));
        let belief = modelled.or_else(|| aggregate_one(question, judged.fields, &given));
        beliefs.extend(belief.map(|belief| (judged.item.to_string(), belief)));
    }
    beliefs
}

/// How good the answers of a preference question are across items, by the model that wrote them, or by id where no model is
/// named (Bradley and Terry 1952, ties after Davidson 1970). "Both bad" compares nothing. `None` for other questions.
pub fn strengths(question: &Question, items: &[Judged], resampling: &Resampling) -> Option<Strengths> {
    let QuestionKind::Preference { field, .. } = &question.kind else { return None };
    let mut comparisons = Vec::new();
    for (item, judged) in (0..).zip(items) {
        let shown = judged.fields.get(field).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let text = |answer: &Value, key: &str| answer.get(key).and_then(Value::as_str).map(str::to_string);
        let name = |answer: &Value| text(answer, "model").or_else(|| text(answer, "id")).unwrap_or_default();
        for (_, answers) in &judged.responses {
            let Some(Answer::Preference(preference)) = answers.get(&question.name) else { continue };
            for (number, left) in shown.iter().enumerate() {
                for right in &shown[number + 1..] {
                    let is = |answer: &Value, id: &String| text(answer, "id").as_ref() == Some(id);
                    let outcome = match &preference.choice {
                        Choice::Tie => Outcome::Tie,
                        Choice::Id(id) if is(left, id) => Outcome::Left,
                        Choice::Id(id) if is(right, id) => Outcome::Right,
                        // Both bad, or two of three answers of which neither won: nothing was said about them.
                        Choice::Id(_) | Choice::BothBad => continue,
                    };
                    let (left, right) = (name(left), name(right));
                    if left != right {
                        comparisons.push(Comparison { left, right, outcome, item });
                    }
                }
            }
        }
    }
    Some(bradley_terry(&comparisons, resampling))
}
