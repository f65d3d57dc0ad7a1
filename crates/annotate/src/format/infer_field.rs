//! What a column of a file is: a field of some kind, an answer, or metadata.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::format::answer_fit::our_spans;
use crate::format::infer::option;
use crate::{FieldKind, LabelOption, QuestionKind};

/// Distinct values are collected up to here; a column with more is not one of labels.
const MOST_LABELS: usize = 200;

/// Names under which tables keep a class.
const LABEL_NAMES: [&str; 11] = [
    "label",
    "labels",
    "category",
    "class",
    "intent",
    "sentiment",
    "topic",
    "tag",
    "tags",
    "cats",
    "answer_label",
];

/// The values of one name.
#[derive(Default)]
pub(crate) struct Column {
    /// Items that have it.
    pub(crate) seen: u64,
    strings: u64,
    lists: u64,
    chats: u64,
    entries: u64,
    documents: u64,
    spans: u64,
    flat: bool,
    labels: BTreeSet<String>,
    several: bool,
    span_labels: BTreeSet<String>,
}

impl Column {
    pub(crate) fn see(&mut self, value: &Value, flat: bool) {
        if value.is_null() {
            return;
        }
        self.seen += 1;
        self.flat |= flat;
        // A table's cell may hold a list as JSON.
        let parsed: Option<Value> = value
            .as_str()
            .filter(|cell| cell.starts_with('['))
            .and_then(|cell| serde_json::from_str(cell).ok());
        let value = parsed.as_ref().unwrap_or(value);
        match value {
            Value::String(text) => {
                self.strings += 1;
                self.label(text);
            }
            Value::Array(entries) => self.list(value, entries),
            Value::Object(entries) => {
                self.documents += u64::from(entries.get("text").is_some_and(Value::is_string));
            }
            _ => {}
        }
    }

    fn list(&mut self, value: &Value, entries: &[Value]) {
        let all = |keys: &[&str]| {
            let has = |entry: &Value| keys.iter().any(|key| entry.get(key).is_some_and(Value::is_string));
            !entries.is_empty() && entries.iter().all(has)
        };
        if let Some(spans) = our_spans(value) {
            self.spans += 1;
            self.span_labels.extend(spans.into_iter().map(|span| span.label));
        } else if all(&["role", "from", "author", "speaker"]) && all(&["content", "value", "text"]) {
            self.chats += 1;
        } else if all(&["text", "body", "content", "html"]) {
            self.entries += 1;
        } else if entries.iter().all(Value::is_string) {
            self.lists += 1;
            self.several = true;
            entries.iter().filter_map(Value::as_str).for_each(|label| self.label(label));
        }
    }

    fn label(&mut self, label: &str) {
        if self.labels.len() <= MOST_LABELS {
            // Cut, since a text that long is no label, and only the number of labels counts then.
            self.labels.insert(label.chars().take(100).collect());
        }
    }

    /// The question it answers, in a table or flat row whose columns may be answers; spans are of the text `marked`.
    pub(crate) fn answer(&self, name: &str, marked: &str) -> Option<QuestionKind> {
        if !self.flat || self.seen == 0 {
            return None;
        }
        if self.spans == self.seen && !self.span_labels.is_empty() {
            let options = self.span_labels.iter().map(|label| option(label)).collect();
            return Some(QuestionKind::Spans {
                field: marked.to_string(),
                options,
                overlapping: true,
                discontinuous: false,
            });
        }
        let known =
            LABEL_NAMES.contains(&name) && !self.labels.is_empty() && self.labels.len() <= MOST_LABELS;
        if !known || self.labels.iter().any(|label| label.is_empty() || label.chars().count() >= 100) {
            return None;
        }
        let single = self.labels.iter().filter(|label| !self.is_joined(label));
        let options: Vec<LabelOption> = single.map(|label| option(label)).collect();
        let joined = options.len() < self.labels.len();
        match (self.strings, self.lists) {
            (strings, 0) if strings == self.seen && !joined => Some(QuestionKind::Label { options }),
            (strings, lists) if strings + lists == self.seen => Some(QuestionKind::Labels { options }),
            _ => None,
        }
    }

    /// Whether it is several labels in one cell, as doccano joins them: each of them stands by itself elsewhere.
    fn is_joined(&self, label: &str) -> bool {
        label.contains('#') && label.split('#').all(|one| self.labels.contains(one))
    }

    /// The kind of field it is; `None` for metadata.
    pub(crate) fn field(&self, name: &str, compared: bool) -> Option<FieldKind> {
        let all = |count: u64| self.seen > 0 && count == self.seen;
        let answers = ["answer", "response", "completion", "candidate", "repl", "option"];
        if all(self.strings) {
            Some(FieldKind::Text)
        } else if all(self.chats + self.strings) && self.chats > 0 {
            // A text among chats is a chat of one turn.
            Some(FieldKind::Chat)
        } else if all(self.entries) || all(self.entries + self.lists) && self.entries > 0 {
            let named = answers.iter().any(|word| name.contains(word));
            Some(if named || compared { FieldKind::Answers } else { FieldKind::Passages })
        } else if all(self.documents) {
            Some(FieldKind::Document)
        } else {
            None
        }
    }
}
