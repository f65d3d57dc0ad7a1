//! Forms against their JSON Schema.

use serde_json::Value;

use super::{Amount, AnswerError};
use crate::Answer;
use crate::form::FormSchema;

pub(super) fn form(schema: &Value, value: &Value, amount: Amount) -> Result<Answer, AnswerError> {
    // A dataset's schema was read with its forms; only one made by hand can fail here.
    let schema = FormSchema::read(schema).map_err(AnswerError::Form)?;
    schema.validate(value, amount == Amount::Some).map_err(AnswerError::Form)?;
    Ok(Answer::Form(value.clone()))
}
