//! The order in which answers stand side by side: the item's view says it, another for each person and item.

use serde_json::Value;

use super::Sheet;
use super::markup::{list, string};

/// The answers of a field in the order this person sees them; one that is not named in it keeps its place at the end.
pub(crate) fn order<'v>(sheet: &Sheet<'v>, field: &str) -> Vec<&'v Value> {
    let mut answers: Vec<&Value> = list(sheet.view.fields.get(field)).iter().collect();
    if let Some(order) = sheet.view.presented.get(field) {
        answers.sort_by_key(|answer| {
            order.iter().position(|id| id == string(answer, "id")).unwrap_or(order.len())
        });
    }
    answers
}
