//! Found items made records: each answer to its question, each value to its field, the rest counted.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::format::ImportOptions;
use crate::format::answer_fit::{self, Place};
use crate::format::found::{Found, FoundResponse, Said, What};
use crate::format::report::{ImportReport, Losses};
use crate::format::{field_fit, time};
use crate::{
    Answer, Answers, Given, Question, QuestionKind, Record, ResponseStatus, Schema, Suggestion, check_item,
    is_asked, item_id,
};

/// Fits items to one schema.
pub(crate) struct Fit<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) options: &'a ImportOptions,
    pub(crate) report: ImportReport,
    pub(crate) losses: Losses,
}

/// Whether an answer says which is better where it must say how much, too: tools without strengths write such answers, and
/// what else a response says is worth keeping.
fn lacks_strength(kind: &QuestionKind, value: &Value) -> bool {
    let asks = matches!(kind, QuestionKind::Preference { strength: 1.., .. });
    let choice = value.get("choice");
    let is_better = choice.is_some_and(|choice| *choice != "tie" && *choice != "both_bad");
    asks && is_better && value.get("strength").is_none_or(Value::is_null)
}

impl<'a> Fit<'a> {
    /// The record of an item; `None`, and a rejection, when its fields are not the schema's.
    pub(crate) fn record(&mut self, line: u64, mut found: Found) -> Option<Record> {
        let file = found.file.take().map(|file| format!("{file}: ")).unwrap_or_default();
        let mut record = Record { metadata: std::mem::take(&mut found.metadata), ..Record::default() };
        let mut answers = Vec::new();
        if let Some(text) = found.text.take() {
            match field_fit::main_text(self.schema) {
                Some(field) => _ = record.fields.insert(field.name.clone(), field_fit::of_text(field, text)),
                None => _ = record.metadata.insert("text".to_string(), Value::String(text)),
            }
        }
        field_fit::paired(self.schema, &mut found.data);
        for (key, value) in std::mem::take(&mut found.data) {
            if let Some(field) = self.schema.field(&key) {
                if !value.is_null() {
                    record.fields.insert(key, field_fit::shaped(field, value));
                }
            } else if found.flat && self.schema.question(&key).is_some() {
                if !value.is_null() {
                    answers.push(Said::to(&key, What::Ours(value)));
                }
            } else {
                record.metadata.insert(key, value);
            }
        }
        if !answers.is_empty() {
            found.responses.push(FoundResponse::submitted(answers));
        }
        if let Some(problem) = check_item(self.schema, &record.fields).first() {
            self.report.reject(line, format!("{file}{problem}"));
            return None;
        }
        record.id = found.id.take().unwrap_or_else(|| item_id(&record.fields));
        for response in found.responses {
            let who = response.user.clone().unwrap_or_else(|| self.options.user.clone());
            match self.given(&record.fields, who.clone(), response) {
                // A response whose every answer is lost says nothing any more.
                Ok(given) if given.status == ResponseStatus::Submitted && given.answers.is_empty() => {}
                Ok(given) => record.responses.push(given),
                Err(message) => self.report.reject(line, format!("{file}the response of {who}: {message}")),
            }
        }
        for suggestion in found.suggestions {
            match self.answers(&record.fields, suggestion.said, false) {
                Ok(answers) if answers.is_empty() => {}
                Ok(answers) => {
                    let (model, score) = (suggestion.model, suggestion.score);
                    record.suggestions.push(Suggestion { model, score, answers });
                }
                Err(message) => {
                    self.report
                        .reject(line, format!("{file}the suggestion of {}: {message}", suggestion.model));
                }
            }
        }
        if !found.gold.is_empty() {
            match self.answers(&record.fields, found.gold, false) {
                Ok(answers) => record.gold = Some(answers),
                Err(message) => self.report.reject(line, format!("{file}the known answer: {message}")),
            }
        }
        Some(record)
    }

    fn given(
        &mut self,
        fields: &Map<String, Value>,
        user: String,
        found: FoundResponse,
    ) -> Result<Given, String> {
        let draft = found.status == ResponseStatus::Draft;
        let mut answers = self.answers(fields, found.said, draft)?;
        if found.complete && found.status == ResponseStatus::Submitted {
            self.mark_nothing(fields, &mut answers);
        }
        let at = found.at.filter(|at| {
            let known = time::unix_seconds(at).is_some();
            if !known {
                self.losses.add("the time of a response", "it is no RFC 3339 moment");
            }
            known
        });
        let accepted = found.accepted.into_iter().filter(|question| answers.contains_key(question)).collect();
        Ok(Given {
            user,
            status: found.status,
            answers,
            at,
            active_ms: found.active_ms,
            guideline: None,
            accepted,
            reason: None,
        })
    }

    /// Where people were asked to mark spans and the file has none, they found none.
    fn mark_nothing(&self, fields: &Map<String, Value>, answers: &mut Answers) {
        for question in &self.schema.questions {
            let none = match question.kind {
                QuestionKind::Spans { .. } => Answer::Spans(Vec::new()),
                QuestionKind::Relations { .. } => Answer::Relations(Vec::new()),
                _ => continue,
            };
            if !answers.contains_key(&question.name) && is_asked(self.schema, question, fields, answers) {
                answers.insert(question.name.clone(), none);
            }
        }
    }

    fn answers(
        &mut self,
        fields: &Map<String, Value>,
        said: Vec<Said>,
        draft: bool,
    ) -> Result<Answers, String> {
        let mut answers = Answers::new();
        // Arrows come last: by then the spans they join have their names here, by those in the file.
        let mut names = BTreeMap::new();
        let joins = |name: &String| {
            let asked = self.schema.question(name);
            asked.is_some_and(|question| matches!(question.kind, QuestionKind::Relations { .. }))
        };
        let is_arrow =
            |said: &Said| matches!(said.what, What::Arrows(_)) || said.question.as_ref().is_some_and(joins);
        let (arrows, others): (Vec<Said>, Vec<Said>) = said.into_iter().partition(is_arrow);
        for said in others.into_iter().chain(arrows) {
            let Some(question) = self.question(&said, fields, &answers) else { continue };
            let told = |message: String| format!("`{}`: {message}", question.name);
            let place = Place { question, fields, unit: self.options.offset_unit, names: &mut names };
            let value = place.value(said.what, &mut self.losses, &mut self.report.repaired).map_err(told)?;
            let Some(value) = value else { continue };
            if !draft && lacks_strength(&question.kind, &value) {
                let what = format!("an answer to `{}`", question.name);
                self.losses.add(what, "it does not say how much better, and the question asks for that");
                continue;
            }
            let read = if draft { Answer::read_draft } else { Answer::read };
            let answer = read(question, &value, fields).map_err(|error| told(error.to_string()))?;
            answers.insert(question.name.clone(), answer);
        }
        Ok(answers)
    }

    /// The question of this name; or the first without an answer yet that takes such an answer.
    fn question(
        &mut self,
        said: &Said,
        fields: &Map<String, Value>,
        answers: &Answers,
    ) -> Option<&'a Question> {
        let open = |question: &&Question| !answers.contains_key(&question.name);
        let found = match &said.question {
            Some(name) => self.schema.question(name).filter(|question| said.what.suits(&question.kind) > 0),
            None => {
                let suits = |question: &&Question| said.what.suits(&question.kind);
                let asked = self.schema.questions.iter().filter(open);
                // `max_by_key` keeps the last of equals: go backwards to get the first.
                asked.rev().filter(|question| suits(question) > 0).max_by_key(suits)
            }
        };
        if found.is_none() && !said.what.is_nothing() && !said.idle {
            let what = said.question.as_ref().map_or_else(
                || format!("an answer ({})", said.what.words()),
                |name| format!("an answer to `{name}` ({})", said.what.words()),
            );
            self.losses.add(what, "the schema asks no such question");
        }
        found.filter(|question| {
            let about = answer_fit::field_of(&question.kind);
            about.is_none_or(|field| fields.contains_key(field))
        })
    }
}
