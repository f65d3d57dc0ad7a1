//! Free text and corrections.

use serde_json::{Map, Value};

use super::shape::{field_text, wrong};
use super::{Amount, AnswerError};
use crate::Answer;

pub(super) fn text(max_chars: Option<usize>, value: &Value, amount: Amount) -> Result<Answer, AnswerError> {
    let text = words(value, amount)?;
    let chars = text.chars().count();
    if let Some(most) = max_chars.filter(|most| chars > *most) {
        let what = format!("has {chars} characters, {} too many", chars - most);
        return Err(AnswerError::Forbidden { at: String::new(), what, hint: "shorten it" });
    }
    Ok(Answer::Text(text))
}

/// The text may be the original: then there was nothing to correct.
pub(super) fn correction(
    field: &str,
    value: &Value,
    fields: &Map<String, Value>,
    amount: Amount,
) -> Result<Answer, AnswerError> {
    field_text(fields, field)?;
    Ok(Answer::Correction(words(value, amount)?))
}

/// Kept to the letter: whoever trims a text moves what others have marked in it.
fn words(value: &Value, amount: Amount) -> Result<String, AnswerError> {
    let Some(text) = value.as_str() else { return wrong("", value, "a string") };
    if text.trim().is_empty() && amount == Amount::Whole {
        let hint = "write something, or leave the question out";
        return Err(AnswerError::Missing { at: String::new(), what: "is blank".to_string(), hint });
    }
    Ok(text.to_string())
}
