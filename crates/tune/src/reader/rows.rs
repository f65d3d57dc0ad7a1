//! Rows of reading: a question, a passage, and where in it the answer stands.
//!
//! A line is `{"id","question","passage","answers":[{"char_start","char_end","quote"}]}`, with an empty list where the passage
//! does not answer. `context` and `text` stand for `passage`, `spans` for `answers`, `start` and `answer_start` for `char_start`,
//! `end` for `char_end`, `text` for `quote`, which may stand for the end; so rows of SQuAD are read as they are. Offsets are
//! half-open and count Unicode code points.

use std::path::Path;

use engraft_core::{CharMap, Span};
use serde_json::{Map, Value};

use crate::TuneError;
use crate::data::{Audited, Line, Rejection, Rows, place, read_rows, refuse_duplicate_ids, text_of};

/// A question and the passage to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// As given, or the line's number.
    pub id: String,
    /// Its line in the file, from 1; 0 where there is none.
    pub line: u64,
    /// The question.
    pub question: String,
    /// To the letter.
    pub passage: String,
}

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRow {
    /// What is asked of which passage.
    pub asked: Question,
    /// Where the answer stands, any of them being right; none where the passage does not answer. The first is learnt from.
    pub answers: Vec<Span>,
    /// Rows of one group are never parted by a split, and are drawn together: a document. The passage where it is not named.
    pub group: String,
}

impl QuestionRow {
    /// As an audit sees it: a question to a passage, answered or not; as long as the passage.
    ///
    /// That one row has other answers than another contradicts nothing: any of them may be right.
    pub fn audited(&self) -> Audited {
        let said = if self.answers.is_empty() { "no answer" } else { "answer" };
        Audited {
            id: self.asked.id.clone(),
            text: self.asked.passage.clone(),
            key: vec![self.asked.question.clone(), self.asked.passage.clone()],
            said: said.into(),
            labels: vec![said.into()],
        }
    }

    /// The answers' own words.
    pub fn quotes(&self) -> Vec<String> {
        let map = CharMap::new(&self.asked.passage);
        self.answers.iter().filter_map(|&span| map.quote(span)).map(str::to_string).collect()
    }
}

/// Reads questions with their answers; a row that does not say what answers it is put aside.
pub fn read_answers(path: &Path) -> Result<Rows<QuestionRow>, TuneError> {
    let read = read_rows(path, |line| {
        let asked = question(line)?;
        let answers = answers(line, &asked.passage)?;
        let group = ["group", "document", "doc_id"].into_iter().find_map(|name| word(line.fields.get(name)?));
        let group = group.unwrap_or_else(|| asked.passage.clone());
        Ok(QuestionRow { asked, answers, group })
    })?;
    refuse_duplicate_ids(read.rows.iter().map(|row| (row.asked.id.as_str(), row.asked.line)), path)?;
    Ok(read)
}

/// Reads questions to be answered.
pub fn read_questions(path: &Path) -> Result<Rows<Question>, TuneError> {
    read_rows(path, question)
}

fn question(line: &Line) -> Result<Question, Rejection> {
    let named = |names: [&'static str; 3]| names.into_iter().find(|name| line.fields.contains_key(*name));
    let asked = text_of(line, named(["question", "query", "question"]).unwrap_or("question"))?.to_string();
    let passage = text_of(line, named(["passage", "context", "text"]).unwrap_or("passage"))?.to_string();
    let id = line.fields.get("id").and_then(word).unwrap_or_else(|| line.number.to_string());
    Ok(Question { id, line: line.number, question: asked, passage })
}

const SHAPE: &str =
    "write \"answers\":[{\"char_start\",\"char_end\",\"quote\"}], or [] where the passage does not answer";

fn answers(line: &Line, passage: &str) -> Result<Vec<Span>, Rejection> {
    let map = CharMap::new(passage);
    let given = ["answers", "spans"].into_iter().find_map(|name| line.fields.get(name));
    let all: Vec<Map<String, Value>> = match given {
        Some(Value::Array(all)) => {
            let one = |one: &Value| one.as_object().cloned();
            all.iter().map(one).collect::<Option<_>>().ok_or_else(|| no_answers("an answer is no object"))?
        }
        // SQuAD as tables have it: a list of texts and one of starts.
        Some(Value::Object(columns)) => {
            let column =
                |name: &str| columns.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            let (texts, starts) = (column("text"), column("answer_start"));
            if texts.len() != starts.len() {
                return Err(no_answers("`text` and `answer_start` are not of one length"));
            }
            let pairs = texts.into_iter().zip(starts);
            pairs
                .map(|(text, start)| Map::from_iter([("text".into(), text), ("start".into(), start)]))
                .collect()
        }
        _ => return Err(no_answers("the row does not say what answers its question")),
    };
    let mut answers = Vec::with_capacity(all.len());
    for one in all {
        let number = |names: [&str; 3]| names.into_iter().find_map(|name| one.get(name)?.as_u64());
        let quote = ["quote", "text"].into_iter().find_map(|name| one.get(name)?.as_str());
        let start = number(["char_start", "start", "answer_start"]);
        let start = start.ok_or_else(|| no_answers("an answer has no `char_start`"))? as usize;
        let end = number(["char_end", "end", "char_end"]).map(|end| end as usize);
        let end = end.or_else(|| Some(start + quote?.chars().count()));
        let end = end.ok_or_else(|| no_answers("an answer has neither `char_end` nor `quote`"))?;
        answers.push(place(&map, start, end, quote)?.0);
    }
    answers.dedup();
    Ok(answers)
}

fn no_answers(message: &str) -> Rejection {
    Rejection::new("no_answers", message, SHAPE)
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(word) if !word.is_empty() => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answers of one line, or what is wrong with it.
    #[track_caller]
    fn check(line: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.jsonl");
        std::fs::write(&path, line).unwrap();
        let read = read_answers(&path).unwrap();
        let found = match (read.rows.first(), read.rejected.first()) {
            (Some(row), None) => format!("{} of {}", row.quotes().join("|"), row.group),
            (None, Some(wrong)) => format!("{}: {}", wrong.kind, wrong.message),
            both => panic!("{both:?}"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn answers_are_spans_of_the_passage_in_code_points() {
        check(
            r#"{"question":"Who?","passage":"Zoë won.","answers":[{"char_start":0,"char_end":3,"quote":"Zoë"}],"document":"d1"}"#,
            "Zoë of d1",
        );
        check(r#"{"question":"Who?","passage":"Zoë won.","spans":[{"start":4,"end":7}]}"#, "won of Zoë won.");
        check(r#"{"question":"Who?","text":"Zoë won.","answers":[],"group":7}"#, " of 7");
    }

    #[test]
    fn rows_of_squad_are_read_as_they_are() {
        check(
            r#"{"id":"5","question":"Who?","context":"Zoë won.","answers":{"text":["won","Zoë won"],"answer_start":[4,0]}}"#,
            "won|Zoë won of Zoë won.",
        );
        check(
            r#"{"question":"Who?","context":"Zoë won.","answers":[{"text":"won","answer_start":4}]}"#,
            "won of Zoë won.",
        );
    }

    #[test]
    fn a_row_that_says_nothing_of_answers_or_the_wrong_thing_is_put_aside() {
        check(
            r#"{"question":"Who?","passage":"Zoë won."}"#,
            "no_answers: the row does not say what answers its question",
        );
        check(
            r#"{"question":"Who?","passage":"Zoë won.","answers":[{"char_start":0,"char_end":3,"quote":"Ana"}]}"#,
            "quote: the quote \"Ana\" is nowhere in the text",
        );
        check(
            r#"{"question":"Who?","passage":"Zoë won.","answers":[{"char_start":6,"char_end":30}]}"#,
            "span_outside: the span [6, 30) is empty or outside the text of 8 code points",
        );
        check(r#"{"question":"?","passage":"Zoë won.","answers":[]}"#, "empty: `question` says nothing");
    }
}
