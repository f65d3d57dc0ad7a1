//! Items: whether their fields are what the schema says, and what text a question is about.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::check::kind;
use crate::distance::suggest;
use crate::problem::Problem;
use crate::{Field, FieldKind, QuestionKind, Schema};

/// What is wrong with an item's fields; empty when nothing is.
pub fn check_item(schema: &Schema, fields: &Map<String, Value>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    for name in fields.keys().filter(|name| !names.contains(&name.as_str())) {
        let hint = format!("{}; what is not shown belongs into the metadata", suggest(name, &names));
        problems.push(Problem::new(format!("fields.{name}"), "is no field of the schema", hint));
    }
    for field in &schema.fields {
        let at = format!("fields.{}", field.name);
        match fields.get(&field.name) {
            None | Some(Value::Null) if field.required => {
                problems.push(Problem::new(at, "is missing", "give it, or make the field optional"));
            }
            None | Some(Value::Null) => {}
            Some(value) => check(&at, field, compared(schema, field), value, &mut problems),
        }
    }
    problems
}

/// Whether a question compares the field's answers, which takes two.
fn compared(schema: &Schema, field: &Field) -> bool {
    let mut kinds = schema.questions.iter().map(|question| &question.kind);
    kinds.any(|kind| matches!(kind, QuestionKind::Preference { field: name, .. } if *name == field.name))
}

fn check(at: &str, field: &Field, compared: bool, value: &Value, problems: &mut Vec<Problem>) {
    let mut wrong = |what: String, hint: &str| problems.push(Problem::new(at, what, hint));
    match field.kind {
        FieldKind::Text | FieldKind::Markdown if value.is_string() => {}
        FieldKind::Text | FieldKind::Markdown => wrong(format!("is {}", kind(value)), "write a string"),
        FieldKind::Chat => {
            list(at, value, &["role", "content"], false, "[{\"role\", \"content\"}]", problems)
        }
        FieldKind::Passages => list(at, value, &["id", "text"], true, "[{\"id\", \"text\"}]", problems),
        FieldKind::Answers if compared && value.as_array().is_some_and(|answers| answers.len() < 2) => {
            wrong("has fewer than two answers to compare".to_string(), "give two or more");
        }
        FieldKind::Answers => list(at, value, &["id", "text"], true, "[{\"id\", \"text\"}]", problems),
        FieldKind::Document if value.get("text").is_some_and(Value::is_string) => {}
        FieldKind::Document => wrong("has no `text`".to_string(), "write {\"text\": …}"),
    }
}

/// A list of at least one object with these strings; with `ids`, the `id` of each is its own.
fn list(at: &str, value: &Value, keys: &[&str], ids: bool, wanted: &str, problems: &mut Vec<Problem>) {
    let Some(entries) = value.as_array().filter(|entries| !entries.is_empty()) else {
        let what = if value.is_array() { "is empty".to_string() } else { format!("is {}", kind(value)) };
        return problems.push(Problem::new(at, what, format!("write {wanted}")));
    };
    let mut seen = BTreeSet::new();
    for (number, entry) in entries.iter().enumerate() {
        for key in keys {
            if !entry.get(key).is_some_and(Value::is_string) {
                let at = format!("{at}[{number}].{key}");
                problems.push(Problem::new(at, "is no string", format!("write {wanted}")));
            }
        }
        let id = entry.get("id").and_then(Value::as_str).filter(|_| ids);
        if let Some(id) = id.filter(|id| !seen.insert(*id)) {
            let what = format!("`{id}` is the id of an earlier one");
            problems.push(Problem::new(format!("{at}[{number}].id"), what, "give each its own id"));
        }
    }
}

/// The text that spans, sentences and corrections of a field count in: a string, a document's text, the first answer's.
pub fn text_of<'a>(fields: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    match fields.get(field)? {
        Value::String(text) => Some(text),
        Value::Array(answers) => answers.first()?.get("text")?.as_str(),
        document => document.get("text")?.as_str(),
    }
}

/// The words of the field that a query stands in: as above; of a chat, its last turn.
pub fn query_of<'a>(fields: &'a Map<String, Value>, field: &str) -> Option<&'a str> {
    let last = fields.get(field).and_then(|chat| chat.as_array()?.last()?.get("content")?.as_str());
    last.or_else(|| text_of(fields, field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use serde_json::json;

    #[track_caller]
    fn check(fields: &Value, expected: &Expect) {
        let schema = r#"{
            "fields": [
                {"name": "prompt", "type": "text"},
                {"name": "replies", "type": "answers"},
                {"name": "chat", "type": "chat", "required": false},
                {"name": "page", "type": "document", "required": false}
            ],
            "questions": [{"name": "better", "type": "preference", "field": "replies"}]
        }"#;
        let schema = Schema::read(schema).unwrap();
        let problems: Vec<String> =
            check_item(&schema, fields.as_object().unwrap()).iter().map(ToString::to_string).collect();
        expected.assert_eq(&problems.join("\n"));
    }

    #[test]
    fn an_item_that_fits_has_no_problem() {
        let replies = json!([{"id": "a", "text": "1", "model": "x"}, {"id": "b", "text": "2"}]);
        check(&json!({"prompt": "p", "replies": replies, "chat": null}), &expect![""]);
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let fields = json!({
            "promt": "p",
            "replies": [{"id": "a", "text": "1"}, {"id": "a"}],
            "chat": [],
            "page": {"txt": "x"}
        });
        check(
            &fields,
            &expect![[r#"
            fields.promt: is no field of the schema; did you mean `prompt`?; what is not shown belongs into the metadata
            fields.prompt: is missing; give it, or make the field optional
            fields.replies[1].text: is no string; write [{"id", "text"}]
            fields.replies[1].id: `a` is the id of an earlier one; give each its own id
            fields.chat: is empty; write [{"role", "content"}]
            fields.page: has no `text`; write {"text": …}"#]],
        );
    }

    #[test]
    fn a_query_is_a_text_or_the_last_turn_of_a_chat() {
        let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
        let fields = json!({
            "text": "who?",
            "chat": [turn("user", "hello"), turn("user", "where?")],
            "page": { "text": "a page" },
            "none": null,
        });
        let query = |field| query_of(fields.as_object().unwrap(), field);
        assert_eq!(
            [query("text"), query("chat"), query("page")],
            [Some("who?"), Some("where?"), Some("a page")]
        );
        assert_eq!([query("none"), query("other")], [None, None]);
    }

    #[test]
    fn one_answer_cannot_be_compared() {
        check(
            &json!({"prompt": "p", "replies": [{"id": "a", "text": "1"}]}),
            &expect!["fields.replies: has fewer than two answers to compare; give two or more"],
        );
    }
}
