//! A schema for every question type to start from, and an item to try it on.

use engraft_app::annotate::{FieldKind, Schema};
use serde_json::{Map, Value, json};

/// Name, what it is for, and the schema.
pub(crate) fn all() -> Vec<(&'static str, &'static str, Value)> {
    let text = || json!([{ "name": "text", "type": "text" }]);
    let rag = || {
        json!([
            { "name": "question", "type": "text" },
            { "name": "passages", "type": "passages" },
        ])
    };
    let answers = || json!([{ "name": "prompt", "type": "text" }, { "name": "answers", "type": "answers" }]);
    let one = |fields: Value, question: Value| json!({ "fields": fields, "questions": [question], "guidelines": GUIDELINES, "distribution": { "overlap": 2 } });
    vec![
        (
            "label",
            "One label",
            one(
                text(),
                json!({ "name": "topic", "type": "label", "options": ["billing", "bug", "praise", "other"] }),
            ),
        ),
        (
            "labels",
            "Several labels",
            one(
                text(),
                json!({ "name": "topics", "type": "labels", "options": ["billing", "bug", "praise", "urgent"] }),
            ),
        ),
        (
            "taxonomy",
            "A class in a tree",
            one(
                text(),
                json!({ "name": "class", "type": "taxonomy", "options": [
            { "value": "Finance", "children": [{ "value": "Invoices" }, { "value": "Refunds" }] },
            { "value": "Product", "children": [{ "value": "Bug" }, { "value": "Wish" }] },
        ] }),
            ),
        ),
        (
            "spans",
            "Spans in a text",
            one(
                text(),
                json!({ "name": "entities", "type": "spans", "field": "text", "options": ["person", "organisation", "place", "date"] }),
            ),
        ),
        (
            "relations",
            "Relations between spans",
            json!({ "fields": text(), "guidelines": GUIDELINES, "distribution": { "overlap": 2 }, "questions": [
            { "name": "entities", "type": "spans", "field": "text", "options": ["person", "organisation", "place"] },
            { "name": "relations", "type": "relations", "spans": "entities", "options": ["works for", "located in"], "required": false },
        ] }),
        ),
        (
            "rating",
            "A rating",
            one(
                text(),
                json!({ "name": "clarity", "type": "rating", "min": 1, "max": 5, "meaning": { "1": "not at all", "5": "entirely" } }),
            ),
        ),
        (
            "ranking",
            "A ranking with ties",
            one(answers(), json!({ "name": "order", "type": "ranking", "field": "answers" })),
        ),
        (
            "preference",
            "The better of two answers",
            one(
                answers(),
                json!({ "name": "better", "type": "preference", "field": "answers", "strength": 3 }),
            ),
        ),
        ("text", "Free text", one(text(), json!({ "name": "summary", "type": "text", "max_chars": 500 }))),
        (
            "correction",
            "A better version",
            one(text(), json!({ "name": "corrected", "type": "correction", "field": "text" })),
        ),
        (
            "turns",
            "Labels for turns of a chat",
            one(
                json!([{ "name": "chat", "type": "chat" }]),
                json!({ "name": "faults", "type": "turns", "field": "chat", "role": "assistant", "multiple": true, "options": ["wrong", "rude", "unsafe", "good"] }),
            ),
        ),
        (
            "relevance",
            "Relevance of passages",
            one(
                rag(),
                json!({ "name": "relevant", "type": "relevance", "field": "passages", "query": "question" }),
            ),
        ),
        (
            "support",
            "Citations of an answer",
            one(
                json!([{ "name": "answer", "type": "text" }, { "name": "passages", "type": "passages" }]),
                json!({ "name": "supported", "type": "support", "answer": "answer", "passages": "passages" }),
            ),
        ),
        (
            "form",
            "A record to extract",
            one(
                text(),
                json!({ "name": "record", "type": "form", "schema": { "type": "object", "required": ["amount"], "properties": {
            "amount": { "type": "number", "title": "Amount" }, "currency": { "type": "string", "enum": ["EUR", "USD", "CHF"] }, "due": { "type": "string", "format": "date", "title": "Due" },
        } } }),
            ),
        ),
    ]
}

const GUIDELINES: &str = "## What to do\n\nRead the whole text first. When two answers fit, choose the one that the person who wrote it would choose.\n\n## When you are not sure\n\nSkip the item and say why.";

/// An item with a value for every field.
pub(crate) fn sample(schema: &Schema) -> Map<String, Value> {
    schema.fields.iter().map(|field| (field.name.clone(), value(field.kind))).collect()
}

fn value(kind: FieldKind) -> Value {
    let words = "Ada Lovelace wrote to the bank in London on 3 May: the invoice of 120 EUR was paid twice. She asks for a refund.";
    let passage = |id: &str, title: &str, text: &str| json!({ "id": id, "title": title, "text": text });
    match kind {
        FieldKind::Text => words.into(),
        FieldKind::Markdown => {
            format!("## A letter\n\n{words}\n\n- paid **twice**\n- asks for a *refund*").into()
        }
        FieldKind::Chat => json!([
            { "role": "user", "content": "My invoice was paid twice." },
            { "role": "assistant", "content": "I am sorry. A refund takes five working days." },
            { "role": "user", "content": "Thank you!" },
        ]),
        FieldKind::Document => json!({ "text": words, "uri": "letters/ada.txt", "title": "A letter" }),
        FieldKind::Passages => json!([
            passage(
                "p1",
                "Refunds",
                "Refunds take five working days. They go back to the card that was charged."
            ),
            passage("p2", "Invoices", "An invoice is due within 30 days."),
        ]),
        FieldKind::Answers => json!([
            { "id": "a", "text": "A refund takes five working days." },
            { "id": "b", "text": "Please write to the bank; we cannot help." },
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_app::dataset::check_schema;

    #[test]
    fn every_template_is_a_schema_that_its_sample_fits() {
        for (name, _, json) in all() {
            let schema = check_schema(&json.to_string(), None)
                .schema
                .unwrap_or_else(|| panic!("{name} cannot be read"));
            let checked = check_schema(&json.to_string(), Some(&Value::Object(sample(&schema))));
            assert!(checked.problems.is_empty(), "{name}: {:?}", checked.problems);
        }
    }

    #[test]
    fn there_is_a_template_for_every_question_type() {
        let types: std::collections::BTreeSet<String> = all()
            .iter()
            .flat_map(|(_, _, json)| json["questions"].as_array().unwrap().clone())
            .map(|question| question["type"].as_str().unwrap().to_string())
            .collect();
        assert_eq!(types.len(), 14);
    }
}
