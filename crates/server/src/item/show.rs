//! Answers as one reads them: in a suggestion, a conflict, an adjudication column, a list of items.

use std::collections::BTreeMap;

use engraft_app::annotate::{Answer, Answers, Choice, LabelOption, Question, QuestionKind, Relation};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::field::letter;
use super::grade::{GRADES, VERDICTS};
use super::markup::{list, string};

/// All answers of one person, question by question, to be read and not changed.
pub(crate) fn show_answers(questions: &[Question], fields: &Map<String, Value>, answers: &Answers) -> Markup {
    html! {
        dl.answers {
            @for question in questions {
                @if let Some(given) = answers.get(&question.name) {
                    dt { (question.title()) }
                    dd data-answer=(question.name) dir="auto" {
                        @match given {
                            Answer::Relations(arrows) => (between(question, arrows, answers)),
                            given => (show_answer(question, given, fields)),
                        }
                    }
                }
            }
        }
    }
}

/// Arrows between the parts that the same person marked, by their quotes.
pub(crate) fn between(question: &Question, arrows: &[Relation], answers: &Answers) -> Markup {
    let spans = match &question.kind {
        QuestionKind::Relations { spans, .. } => answers.get(spans),
        _ => None,
    };
    let quote = |id: &str| match spans {
        Some(Answer::Spans(spans)) => spans.iter().find(|span| span.id == id).map(|span| span.quote.clone()),
        _ => None,
    };
    let end = |id: &str| html! { @match quote(id) { Some(quote) => q dir="auto" { (quote) }, None => (id) } };
    html! { ul.plain { @for one in arrows { li { (end(&one.from)) " → " (end(&one.to)) " " span.chip { (option(question, &one.label)) } } } } }
}

/// One answer in words, for people who see no order of sides.
pub(crate) fn show_answer(question: &Question, given: &Answer, fields: &Map<String, Value>) -> Markup {
    answer(question, given, fields, &BTreeMap::new())
}

/// One answer in words. `presented` says in which order a person sees the answers of a field; without it they go by
/// their ids.
pub(crate) fn answer(
    question: &Question,
    answer: &Answer,
    fields: &Map<String, Value>,
    presented: &BTreeMap<String, Vec<String>>,
) -> Markup {
    match answer {
        Answer::Label(value) => html! { span.chip { (option(question, value)) } },
        Answer::Labels(values) if values.is_empty() => html! { "none of these" },
        Answer::Spans(spans) if spans.is_empty() => html! { "nothing is marked" },
        Answer::Labels(values) => {
            html! { @for value in values { span.chip { (option(question, value)) } " " } }
        }
        Answer::Taxonomy(paths) => html! { @for path in paths { span.chip { (path.join(" › ")) } " " } },
        Answer::Spans(spans) => html! {
            ul.plain { @for span in spans { li { span.chip { (option(question, &span.label)) } " " q dir="auto" { (span.quote) } } } }
        },
        Answer::Relations(relations) => html! {
            ul.plain { @for one in relations { li { (one.from) " → " (one.to) " " span.chip { (option(question, &one.label)) } } } }
        },
        Answer::Rating(rating) => html! { b { (rating) } " " (meaning(question, *rating)) },
        Answer::Ranking(placed) => html! {
            ol.plain { @for one in placed { li { (one.rank) ". " (seen_as(question, option(question, &one.value), presented)) } } }
        },
        Answer::Preference(preference) => {
            let words = match &preference.choice {
                Choice::Tie => "equally good".to_string(),
                Choice::BothBad => "all bad".to_string(),
                Choice::Id(id) => format!("{} is better", seen_as(question, id, presented)),
            };
            html! { (words) @if let Some(strength) = preference.strength { " (strength " (strength) ")" } }
        }
        Answer::Text(text) | Answer::Correction(text) => super::markup::prose(text),
        Answer::Turns(turns) => html! {
            ul.plain { @for turn in turns { li { "Turn " (turn.turn + 1) ": "
                @for label in &turn.labels { span.chip { (option(question, label)) } " " } } } }
        },
        Answer::Relevance(graded) => html! {
            ul.plain { @for one in graded { li { (name_of(question, fields, &one.id)) ": "
                (GRADES.get(usize::from(one.grade)).unwrap_or(&"?")) @if !one.evidence.is_empty() { ", " (one.evidence.len()) " evidence" } } } }
        },
        Answer::Support(supported) => html! {
            ul.plain { @for one in supported {
                @let words = VERDICTS.iter().find(|(verdict, ..)| *verdict == one.verdict).map_or("", |verdict| verdict.2);
                li { span.chip { (words) } " " q { (one.quote) } } } }
        },
        Answer::Form(record) => match &question.kind {
            QuestionKind::Form { schema } => filled(schema, record),
            _ => filled(&Value::Null, record),
        },
    }
}

/// A record by the titles its schema gives; lists in one line, records in records.
fn filled(schema: &Value, record: &Value) -> Markup {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
    html! {
        dl.answers { @for (name, value) in record.as_object().into_iter().flatten() {
            @let inner = &schema["properties"][name];
            dt { (inner["title"].as_str().unwrap_or(name)) }
            dd { @match value {
                Value::Object(_) => (filled(inner, value)),
                Value::Array(parts) if parts.iter().any(Value::is_object) => @for part in parts { (filled(&inner["items"], part)) },
                Value::Array(parts) => (parts.iter().map(plain).collect::<Vec<_>>().join(", ")),
                Value::Bool(yes) => (if *yes { "yes" } else { "no" }),
                value => (plain(value)),
            } }
        } }
    }
}

/// The words of an option, or its value when the schema has no such option any more.
fn option<'q>(question: &'q Question, value: &'q str) -> &'q str {
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

/// The letter a person sees above an answer, or its id where nobody sees it.
fn seen_as(question: &Question, id: &str, presented: &BTreeMap<String, Vec<String>>) -> String {
    let field = match &question.kind {
        QuestionKind::Preference { field, .. } | QuestionKind::Ranking { field: Some(field), .. } => field,
        _ => return id.to_string(),
    };
    let place = presented.get(field).and_then(|order| order.iter().position(|one| one == id));
    place.map_or_else(|| id.to_string(), |place| letter(place).to_string())
}

fn meaning(question: &Question, rating: i64) -> &str {
    match &question.kind {
        QuestionKind::Rating { meaning, .. } => meaning.get(&rating).map_or("", String::as_str),
        _ => "",
    }
}

/// A passage's title, or its id when it has none.
fn name_of<'v>(question: &Question, fields: &'v Map<String, Value>, id: &'v str) -> &'v str {
    let QuestionKind::Relevance { field, .. } = &question.kind else { return id };
    let passage = list(fields.get(field)).iter().find(|passage| string(passage, "id") == id);
    passage.map(|passage| string(passage, "title")).filter(|title| !title.is_empty()).unwrap_or(id)
}
