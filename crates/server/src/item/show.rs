//! Answers as one reads them: in a suggestion, a conflict, an adjudication column, a list of items.

use std::collections::BTreeMap;

use engraft_app::annotate::{Answers, Field, LabelOption, Question, QuestionKind};
use engraft_app::work::ItemView;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::grade::{GRADES, VERDICTS};
use super::marked::{self, Voice};
use super::said::{Reading, said};
use super::{Sheet, field};

/// All answers of one person, question by question, to be read and not changed.
pub(crate) fn show_answers(questions: &[Question], fields: &Map<String, Value>, answers: &Answers) -> Markup {
    let reading = Reading { questions, fields, presented: &BTreeMap::new() };
    html! {
        dl.answers {
            @for question in questions {
                @if let Some(said) = said(&reading, question, answers) {
                    dt { (question.title()) }
                    dd data-answer=(question.name) dir="auto" { (said.draw(&[])) }
                }
            }
        }
    }
}

/// What one person says to a question beside the others who answered it; `None` when they do not.
pub(crate) fn show_beside(
    reading: &Reading,
    question: &Question,
    answers: &Answers,
    others: &[&Answers],
) -> Option<Markup> {
    let others: Vec<_> = others.iter().filter_map(|answers| said(reading, question, answers)).collect();
    Some(said(reading, question, answers)?.draw(&others))
}

/// What an item shows, to be read only, with what people marked in its texts.
pub(crate) fn show_fields(
    layout: &[Field],
    questions: &[Question],
    fields: &Map<String, Value>,
    voices: &[Voice],
) -> Markup {
    let presented = BTreeMap::new();
    let reading = Reading { questions, fields, presented: &presented };
    let view = ItemView { read_only: true, ..ItemView::bare(layout, questions, fields) };
    let sheet = Sheet::of(&view);
    html! {
        @for shown in layout {
            @if marked::is_marked(questions, &shown.name) {
                section.shown data-field=(shown.name) {
                    h2 { (field::title(shown)) }
                    (marked::render(&reading, &shown.name, voices))
                }
            } @else { (field::render(&sheet, shown)) }
        }
    }
}

/// A record by the titles its schema gives, each with its value as HTML; lists in one line, records in records.
pub(crate) fn filled(schema: &Value, record: &Value) -> Vec<(String, String)> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    let inside = |schema: &Value, value: &Value| {
        let pairs = filled(schema, value);
        html! { dl.answers { @for (name, value) in pairs { dt { (name) } dd { (maud::PreEscaped(value)) } } } }
    };
    let pair = |(name, value): (&String, &Value)| {
        let inner = &schema["properties"][name];
        let shown = match value {
            Value::Object(_) => inside(inner, value),
            Value::Array(parts) if parts.iter().any(Value::is_object) => {
                html! { @for part in parts { (inside(&inner["items"], part)) } }
            }
            Value::Array(parts) => html! { (parts.iter().map(plain).collect::<Vec<_>>().join(", ")) },
            Value::Bool(yes) => html! { (if *yes { "yes" } else { "no" }) },
            value => html! { (plain(value)) },
        };
        (inner["title"].as_str().unwrap_or(name).to_string(), shown.into_string())
    };
    record.as_object().into_iter().flatten().map(pair).collect()
}

/// What people read of a class that figures count: an option by its words, an outcome in words, several by each of theirs.
pub(crate) fn words_of(question: Option<&Question>, class: &str) -> String {
    let Some(question) = question else { return class.to_string() };
    let word = |class: &str| match (&question.kind, class) {
        (QuestionKind::Preference { .. }, "tie") => "equally good".to_string(),
        (QuestionKind::Preference { .. }, "both_bad") => "all bad".to_string(),
        (QuestionKind::Relevance { .. }, grade) => {
            let words = grade.parse().ok().and_then(|grade: usize| GRADES.get(grade));
            words.map_or_else(|| grade.to_string(), |words| (*words).to_string())
        }
        (QuestionKind::Support { .. }, name) => {
            let words = VERDICTS.iter().find(|(_, value, _)| *value == name);
            words.map_or_else(|| name.to_string(), |(_, _, words)| (*words).to_string())
        }
        _ => option(question, class).to_string(),
    };
    match word(class) {
        whole if whole != class => whole,
        _ => class.split(" + ").map(word).collect::<Vec<_>>().join(" + "),
    }
}

/// The words of an option, or its value when the schema has no such option any more.
pub(crate) fn option<'q>(question: &'q Question, value: &'q str) -> &'q str {
    let options: &[LabelOption] = match &question.kind {
        QuestionKind::Label { options }
        | QuestionKind::Labels { options }
        | QuestionKind::Spans { options, .. }
        | QuestionKind::Relations { options, .. }
        | QuestionKind::Ranking { options, .. }
        | QuestionKind::Turns { options, .. } => options,
        _ => &[],
    };
    options.iter().find(|option| option.value == value).map_or(value, LabelOption::words)
}
