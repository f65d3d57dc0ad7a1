//! What a schema's parts say about one another: names, references, and settings that contradict themselves.

use std::collections::BTreeSet;

use serde_json::Value;

use super::choices;
use crate::distance::suggest;
use crate::form::FormSchema;
use crate::problem::Problem;
use crate::{Condition, Field, FieldKind, Question, QuestionKind};

/// The most numbers a rating may have to choose from.
const RATING_STEPS: i128 = 1000;

const TEXTS: &[FieldKind] = &[FieldKind::Text, FieldKind::Markdown];
const SPANNABLE: &[FieldKind] = &[FieldKind::Text, FieldKind::Markdown, FieldKind::Document];
const WRITTEN: &[FieldKind] = &[FieldKind::Text, FieldKind::Markdown, FieldKind::Answers];

/// Collects what does not fit together. Parts whose own shape is wrong are `None` and were complained about before.
pub(super) fn check(fields: &[Option<Field>], questions: &[Option<Question>], problems: &mut Vec<Problem>) {
    let field_names: Vec<Option<&str>> = fields.iter().map(|f| f.as_ref().map(|f| f.name.as_str())).collect();
    let question_names: Vec<Option<&str>> =
        questions.iter().map(|q| q.as_ref().map(|q| q.name.as_str())).collect();
    names("fields", &field_names, problems);
    names("questions", &question_names, problems);
    let known: Vec<&Field> = fields.iter().flatten().collect();
    // A reference to a part that is itself wrong must not be called unknown.
    let all_known = fields.iter().all(Option::is_some);
    for (number, question) in questions.iter().enumerate() {
        let Some(question) = question else { continue };
        let checker = Checker { at: format!("questions[{number}]"), fields: &known, all_known };
        let earlier: Vec<&Question> = questions[..number].iter().flatten().collect();
        let complete = questions[..number].iter().all(Option::is_some);
        if let Some(condition) = &question.visible_when {
            checker.condition(condition, &earlier, complete, problems);
        }
        checker.kind(&question.kind, &earlier, complete, problems);
    }
}

fn names(list: &str, names: &[Option<&str>], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (number, name) in names.iter().enumerate() {
        let Some(name) = name else { continue };
        let at = format!("{list}[{number}].name");
        if name.is_empty() || name.trim() != *name || name.chars().any(char::is_control) {
            let what = "is blank, or has space around it or control characters in it";
            problems.push(Problem::new(at, what, "give it a short name, such as `topic`"));
        } else if !seen.insert(*name) {
            problems.push(Problem::new(
                at,
                format!("`{name}` is taken by an earlier one"),
                "give it another name",
            ));
        }
    }
}

struct Checker<'a> {
    at: String,
    fields: &'a [&'a Field],
    all_known: bool,
}

impl Checker<'_> {
    fn kind(&self, kind: &QuestionKind, earlier: &[&Question], complete: bool, problems: &mut Vec<Problem>) {
        let at = |key: &str| format!("{}.{key}", self.at);
        match kind {
            QuestionKind::Label { options } | QuestionKind::Labels { options } => {
                choices::options(&at("options"), options, problems);
            }
            QuestionKind::Taxonomy { options, .. } => choices::nodes(&at("options"), options, problems),
            QuestionKind::Spans { field, options, .. } => {
                choices::options(&at("options"), options, problems);
                self.field("field", field, SPANNABLE, problems);
            }
            QuestionKind::Relations { spans, options } => {
                choices::options(&at("options"), options, problems);
                self.spans_question(spans, earlier, complete, problems);
            }
            QuestionKind::Rating { min, max, meaning } => {
                if min >= max {
                    let what = format!("{min} is not below `max` {max}");
                    problems.push(Problem::new(at("min"), what, "swap them, or widen the scale"));
                } else if i128::from(*max) - i128::from(*min) >= RATING_STEPS {
                    let what = format!("{max} leaves more than {RATING_STEPS} numbers to choose from");
                    problems.push(Problem::new(at("max"), what, "use a shorter scale"));
                }
                for number in meaning.keys().filter(|number| !(min..=max).contains(number)) {
                    let what = format!("{number} is not between `min` {min} and `max` {max}");
                    problems.push(Problem::new(at(&format!("meaning.{number}")), what, "leave it out"));
                }
            }
            QuestionKind::Ranking { field, options } => match (field, options.is_empty()) {
                (Some(field), true) => {
                    self.field("field", field, &[FieldKind::Answers, FieldKind::Passages], problems);
                }
                (None, false) => choices::options(&at("options"), options, problems),
                (Some(_), false) => problems.push(Problem::new(
                    &self.at,
                    "ranks a field and options at once",
                    "keep `field` or `options`, not both",
                )),
                (None, true) => problems.push(Problem::new(
                    &self.at,
                    "says nothing to rank",
                    "name a `field` of answers or passages, or list `options`",
                )),
            },
            QuestionKind::Preference { field, .. } => {
                self.field("field", field, &[FieldKind::Answers], problems)
            }
            QuestionKind::Text { max_chars } => {
                if *max_chars == Some(0) {
                    problems.push(Problem::new(at("max_chars"), "is 0", "allow at least 1, or leave it out"));
                }
            }
            QuestionKind::Correction { field } => self.field("field", field, WRITTEN, problems),
            QuestionKind::Turns { field, options, .. } => {
                choices::options(&at("options"), options, problems);
                self.field("field", field, &[FieldKind::Chat], problems);
            }
            QuestionKind::Relevance { field, query } => {
                self.field("field", field, &[FieldKind::Passages], problems);
                self.field("query", query, TEXTS, problems);
            }
            QuestionKind::Support { answer, passages } => {
                self.field("answer", answer, WRITTEN, problems);
                self.field("passages", passages, &[FieldKind::Passages], problems);
            }
            QuestionKind::Form { schema } => {
                if let Err(problem) = FormSchema::read(schema) {
                    let place = format!("{}{}", at("schema"), problem.at);
                    problems.push(Problem { at: place, ..problem });
                }
            }
        }
    }

    fn field(&self, key: &str, name: &str, wanted: &[FieldKind], problems: &mut Vec<Problem>) {
        let at = format!("{}.{key}", self.at);
        let Some(field) = self.fields.iter().find(|field| field.name == name) else {
            if self.all_known {
                let names: Vec<&str> = self.fields.iter().map(|field| field.name.as_str()).collect();
                problems.push(Problem::new(at, format!("names no field: `{name}`"), suggest(name, &names)));
            }
            return;
        };
        if !wanted.contains(&field.kind) {
            let kinds: Vec<&str> = wanted.iter().map(|kind| kind.name()).collect();
            let what = format!("`{name}` is a field of type {}", field.kind.name());
            problems.push(Problem::new(at, what, format!("name a field of type {}", kinds.join(" or "))));
        }
    }

    fn spans_question(&self, name: &str, earlier: &[&Question], complete: bool, problems: &mut Vec<Problem>) {
        let at = format!("{}.spans", self.at);
        match earlier.iter().find(|question| question.name == name) {
            Some(question) if matches!(question.kind, QuestionKind::Spans { .. }) => {}
            Some(question) => {
                let what = format!("`{name}` is a question of type {}", question.kind.name());
                problems.push(Problem::new(at, what, "name a question of type spans"));
            }
            None if complete => {
                let names: Vec<&str> = earlier.iter().map(|question| question.name.as_str()).collect();
                let what = format!("names no earlier question: `{name}`");
                problems.push(Problem::new(at, what, suggest(name, &names)));
            }
            None => {}
        }
    }

    fn condition(
        &self,
        condition: &Condition,
        earlier: &[&Question],
        complete: bool,
        problems: &mut Vec<Problem>,
    ) {
        let at = format!("{}.visible_when", self.at);
        let Some(question) = earlier.iter().find(|question| question.name == condition.question) else {
            if complete {
                let names: Vec<&str> = earlier.iter().map(|question| question.name.as_str()).collect();
                let what = format!("names no earlier question: `{}`", condition.question);
                let hint = format!(
                    "{}; a condition looks back, never forward",
                    suggest(&condition.question, &names)
                );
                problems.push(Problem::new(format!("{at}.question"), what, hint));
            }
            return;
        };
        for (number, value) in condition.any_of.iter().enumerate() {
            if let Err((what, hint)) = choices::can_be_answered(&question.kind, value) {
                let what = format!("{what} of `{}`", condition.question);
                problems.push(Problem::new(format!("{at}.any_of[{number}]"), what, hint));
            }
        }
        duplicates(&format!("{at}.any_of"), &condition.any_of, problems);
    }
}

fn duplicates(at: &str, values: &[Value], problems: &mut Vec<Problem>) {
    for (number, value) in values.iter().enumerate() {
        if values[..number].contains(value) {
            problems.push(Problem::new(format!("{at}[{number}]"), "is there twice", "leave one out"));
        }
    }
}
