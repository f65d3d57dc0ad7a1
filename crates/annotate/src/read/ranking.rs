//! Rankings and preferences.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::shape::{entries, ids, unknown, wrong};
use super::{Amount, AnswerError};
use crate::{Answer, Choice, LabelOption, Placed, Preference};

/// A ranking in normal form: ranks 1, 1, 2 – the next rank is one more, however many share the one before.
///
/// Ranks 1, 1, 3, where a tie leaves a gap, mean the same and are read too. A draft may rank some of the options, with gaps.
pub(super) fn ranking(
    field: Option<&str>,
    options: &[LabelOption],
    value: &Value,
    fields: &Map<String, Value>,
    amount: Amount,
) -> Result<Answer, AnswerError> {
    let known: Vec<&str> = match field {
        Some(field) => ids(fields, field)?,
        None => options.iter().map(|option| option.value.as_str()).collect(),
    };
    let mut placed: Vec<Placed> = entries(value, "[{\"value\", \"rank\"}], rank 1 for the best")?;
    let mut seen = BTreeSet::new();
    for (number, place) in placed.iter().enumerate() {
        let at = format!("[{number}].value");
        if !known.contains(&place.value.as_str()) {
            return unknown(&at, &place.value, &known, "thing to rank");
        }
        if !seen.insert(place.value.clone()) {
            return Err(AnswerError::Twice { at, what: format!("`{}`", place.value) });
        }
    }
    if let Some(missing) =
        known.iter().find(|value| !seen.contains(**value)).filter(|_| amount == Amount::Whole)
    {
        let what = format!("`{missing}` has no rank");
        return Err(AnswerError::Missing { at: String::new(), what, hint: "rank everything that is there" });
    }
    placed.sort();
    let ranks: Vec<u32> = placed.iter().map(|place| place.rank).collect();
    let Some(dense) = dense(&ranks, amount) else { return Err(AnswerError::Ranks { ranks }) };
    for (place, rank) in placed.iter_mut().zip(dense) {
        place.rank = rank;
    }
    placed.sort();
    Ok(Answer::Ranking(placed))
}

/// Ranks without gaps, given ranks in order; `None` when they are neither 1, 1, 2 nor 1, 1, 3.
fn dense(ranks: &[u32], amount: Amount) -> Option<Vec<u32>> {
    let mut dense: Vec<u32> = Vec::with_capacity(ranks.len());
    let mut with_gaps: Vec<u32> = Vec::with_capacity(ranks.len());
    for (number, rank) in ranks.iter().enumerate() {
        let tied = number > 0 && ranks[number - 1] == *rank;
        let before = dense.last().copied().unwrap_or(0);
        dense.push(if tied { before } else { before + 1 });
        let skipped = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
        with_gaps.push(with_gaps.last().copied().filter(|_| tied).unwrap_or(skipped));
    }
    match amount {
        Amount::Some => Some(ranks.to_vec()),
        Amount::Whole => (ranks == dense || ranks == with_gaps).then_some(dense),
    }
}

pub(super) struct Rules {
    pub(super) strength: u8,
    pub(super) tie: bool,
    pub(super) both_bad: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    choice: Value,
    #[serde(default)]
    strength: Option<i64>,
}

pub(super) fn preference(
    rules: &Rules,
    ids: &[&str],
    value: &Value,
    amount: Amount,
) -> Result<Answer, AnswerError> {
    let wanted = "{\"choice\": {\"id\": …}, \"strength\": …}; \"tie\" and \"both_bad\" are choices too";
    if !value.is_object() {
        return wrong("", value, wanted);
    }
    let words = Words::deserialize(value).map_err(|error| AnswerError::Shape {
        at: String::new(),
        what: format!("cannot be read: {error}"),
        wanted,
    })?;
    let forbidden = |what: &str, hint: &'static str| {
        Err(AnswerError::Forbidden { at: ".choice".to_string(), what: what.to_string(), hint })
    };
    let choice = match &words.choice {
        Value::String(word) if word == "tie" => Choice::Tie,
        Value::String(word) if word == "both_bad" => Choice::BothBad,
        Value::String(id) => Choice::Id(id.clone()),
        Value::Object(entries) if entries.len() == 1 => match entries.get("id").and_then(Value::as_str) {
            Some(id) => Choice::Id(id.to_string()),
            None => return wrong(".choice", &words.choice, wanted),
        },
        other => return wrong(".choice", other, wanted),
    };
    match &choice {
        Choice::Tie if !rules.tie => return forbidden("the question takes no tie", "choose the better one"),
        Choice::BothBad if !rules.both_bad => {
            return forbidden("the question does not take \"both_bad\"", "choose the better one");
        }
        Choice::Id(id) if !ids.contains(&id.as_str()) => {
            return unknown(".choice", id, ids, "answer of the item");
        }
        _ => {}
    }
    let asked = matches!(choice, Choice::Id(_)) && rules.strength > 0;
    let strength = match words.strength {
        Some(_) if !asked => {
            let what = "a strength was given where none is asked".to_string();
            return Err(AnswerError::Forbidden { at: ".strength".to_string(), what, hint: "leave it out" });
        }
        Some(strength) => {
            Some(u8::try_from(strength).ok().filter(|s| (1..=rules.strength).contains(s)).ok_or(
                AnswerError::Range {
                    at: ".strength".to_string(),
                    value: strength,
                    min: 1,
                    max: rules.strength.into(),
                },
            )?)
        }
        None if asked && amount == Amount::Whole => {
            let what = "no strength was given".to_string();
            return Err(AnswerError::Missing {
                at: ".strength".to_string(),
                what,
                hint: "say how much better it is",
            });
        }
        None => None,
    };
    Ok(Answer::Preference(Preference { choice, strength }))
}
