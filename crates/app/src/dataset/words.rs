//! Answers and items in a few words: what filters, counts and lists know of them.

use engraft_annotate::{Answer, Answers, FieldKind, Schema, tallied};
use engraft_store::Label;
use serde_json::{Map, Value};

/// The most characters of an item in a list.
const TITLE: usize = 120;

/// What lists can count and filter by: one entry for each value an answer holds.
pub(crate) fn labels(answers: &Answers) -> Vec<Label> {
    let each = answers.iter().flat_map(|(question, answer)| {
        tallied(answer).into_iter().map(|value| Label { question: question.clone(), value })
    });
    each.collect()
}

/// The answer as one word, for the questions whose answers are one of a few; `None` for all others.
pub(crate) fn one_word(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Label(_)
        | Answer::Labels(_)
        | Answer::Taxonomy(_)
        | Answer::Rating(_)
        | Answer::Preference(_) => Some(tallied(answer).into_iter().collect::<Vec<_>>().join(" + ")),
        _ => None,
    }
}

/// All the words of an item, for the full-text filter and for likeness.
pub(crate) fn text(schema: &Schema, fields: &Map<String, Value>) -> String {
    let mut parts = Vec::new();
    for field in &schema.fields {
        let Some(value) = fields.get(&field.name) else { continue };
        match field.kind {
            FieldKind::Text | FieldKind::Markdown => parts.extend(value.as_str()),
            FieldKind::Document => parts.extend(value["text"].as_str()),
            FieldKind::Chat => parts.extend(inner(value, "content")),
            FieldKind::Passages | FieldKind::Answers => parts.extend(inner(value, "text")),
        }
    }
    parts.join("\n")
}

fn inner<'a>(list: &'a Value, key: &'a str) -> impl Iterator<Item = &'a str> {
    list.as_array().into_iter().flatten().filter_map(move |entry| entry[key].as_str())
}

/// The first words of an item.
pub(crate) fn title(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.chars().count() > TITLE {
            let cut: String = words.chars().take(TITLE).collect();
            return format!("{cut}…");
        }
    }
    words
}
