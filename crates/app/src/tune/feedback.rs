//! Feedback: what people said of answers that `ask` gave, and what becomes of it where models learn from it.
//!
//! A row is `{inference_id, metric_name, value, tags}`, as TensorZero has it; `inference_id` is an answer's `trace_id`.

pub(crate) mod judgements;
pub(crate) mod pairs;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{BufRead, BufReader};
use std::path::Path;

use engraft_core::Diagnostic;
use engraft_store::Store;
use engraft_tune::data::{Line, Rejection};
use serde::Serialize;
use serde_json::Value;

use crate::Error;

/// What names the answer that a row is about.
const TRACE: [&str; 3] = ["inference_id", "trace_id", "traceId"];

/// What feedback came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FeedbackReport {
    /// Rows there are.
    pub rows: usize,
    /// How many are from whom, as `tags.user` says; `unnamed` together.
    pub by: BTreeMap<String, usize>,
    /// Rows that became judgements.
    pub used: usize,
    /// Rows that did not, by why.
    pub unused: BTreeMap<String, usize>,
    /// Pairs of a question and a document that are judged.
    pub judgements: usize,
    /// Pairs that as many people judged one way as the other; they are left out.
    pub contradicted: usize,
    /// Questions left out of training because they are evaluated on.
    pub left_out: usize,
}

/// Whether a file holds feedback: its first row names an answer and has a value.
pub(crate) fn is_feedback(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    let mut lines = BufReader::new(file).lines().map_while(Result::ok);
    let first = lines.find(|line| !line.trim().is_empty());
    let row = first.and_then(|line| serde_json::from_str::<Value>(line.trim_start_matches('\u{feff}')).ok());
    row.is_some_and(|row| TRACE.iter().any(|name| row[*name].is_string()) && row.get("value").is_some())
}

/// The words of a question, by which the same is known again however it is written.
pub(crate) fn key(question: &str) -> String {
    let words = question.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

impl FeedbackReport {
    /// Counts a row as one of that person's.
    fn note(&mut self, person: Option<String>) {
        *self.by.entry(person.unwrap_or_else(|| "unnamed".into())).or_default() += 1;
    }

    /// Counts why rows became nothing.
    fn account(&mut self, rejected: &[Diagnostic]) {
        for bad in rejected {
            *self.unused.entry(bad.kind.clone()).or_default() += 1;
        }
    }
}

/// Why the row or question at `place` of a file became nothing.
fn diagnostic(path: &Path, place: impl Display, why: Rejection) -> Diagnostic {
    let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let Rejection { kind, message, hint } = why;
    Diagnostic { uri: format!("{file}:{place}"), kind: kind.into(), message, hint }
}

/// What is kept of the answer of that name, or that there is none.
fn answer_of(store: &Store, trace: &str) -> Result<Result<Value, Rejection>, Error> {
    Ok(store.trace(trace)?.ok_or_else(|| {
        let message = format!("`{trace}` is no answer that this workspace gave");
        Rejection::new("unknown_answer", message, "give the `trace_id` that `engraft ask --json` prints")
    }))
}

/// The name of the answer that a row is about.
fn trace(line: &Line) -> Result<String, Rejection> {
    let hint = "give the `trace_id` of the answer it is about";
    let found = TRACE.iter().find_map(|name| word(line.fields.get(*name)));
    found.ok_or_else(|| Rejection::new("no_trace", "there is no `inference_id`", hint))
}

/// What sort of feedback it is.
fn metric(line: &Line) -> String {
    word(line.fields.get("metric_name").or_else(|| line.fields.get("name"))).unwrap_or_default()
}

/// A text or a number as a word.
pub(crate) fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_string()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn tag(line: &Line, name: &str) -> Option<String> {
    word(line.fields.get("tags")?.get(name))
}

fn person(line: &Line) -> Option<String> {
    tag(line, "user")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_the_same_however_it_is_written() {
        assert_eq!(key("Where is the  rake?"), key("where is the RAKE"));
        assert_ne!(key("Where is the rake?"), key("Where was the rake?"));
    }
}
