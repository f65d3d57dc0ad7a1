//! Labels of single turns of a chat.

use serde_json::{Map, Value};

use super::AnswerError;
use super::shape::{entries, option};
use crate::{Answer, LabelOption, Turn};

pub(super) struct Rules<'a> {
    pub(super) options: &'a [LabelOption],
    pub(super) multiple: bool,
    pub(super) role: Option<&'a str>,
}

pub(super) fn turns(
    rules: &Rules,
    field: &str,
    value: &Value,
    fields: &Map<String, Value>,
) -> Result<Answer, AnswerError> {
    let Some(chat) = fields.get(field).and_then(Value::as_array) else {
        return Err(AnswerError::NoField { field: field.to_string() });
    };
    let mut turns: Vec<Turn> = entries(value, "[{\"turn\": 0, \"labels\": [\"…\"]}]")?;
    for (number, turn) in turns.iter().enumerate() {
        let at = format!("[{number}]");
        let Some(said) = chat.get(turn.turn) else {
            let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
            let (value, max) = (count(turn.turn), count(chat.len()) - 1);
            return Err(AnswerError::Range { at: format!("{at}.turn"), value, min: 0, max });
        };
        let role = said.get("role").and_then(Value::as_str).unwrap_or_default();
        if let Some(wanted) = rules.role.filter(|wanted| *wanted != role) {
            let what = format!(
                "turn {} is of role {role}, and only those of role {wanted} are asked about",
                turn.turn
            );
            return Err(AnswerError::Forbidden { at: format!("{at}.turn"), what, hint: "leave it out" });
        }
        for label in &turn.labels {
            option(&format!("{at}.labels"), label, rules.options, "label")?;
        }
        let (at, n) = (format!("{at}.labels"), turn.labels.len());
        if n == 0 {
            return Err(AnswerError::Missing {
                at,
                what: "has no label".to_string(),
                hint: "give one, or leave the turn out",
            });
        }
        if n > 1 && !rules.multiple {
            let what = format!("has {n} labels where one may be");
            return Err(AnswerError::Forbidden {
                at,
                what,
                hint: "keep one, or let the question allow `multiple`",
            });
        }
    }
    turns.sort();
    if let Some(pair) = turns.windows(2).find(|pair| pair[0].turn == pair[1].turn) {
        return Err(AnswerError::Twice { at: String::new(), what: format!("turn {}", pair[0].turn) });
    }
    Ok(Answer::Turns(turns))
}
