//! Fields: what an item shows, by kind.

use engraft_app::annotate::{Field, FieldKind, Question, QuestionKind};
use maud::{Markup, html};
use serde_json::Value;

use super::marked::is_marked;
use super::markup::{list, prose, string};
use super::{Sheet, sides, text};

/// One field with its title. A field that spans are marked in shows its stored text, whatever its kind.
pub(crate) fn render(sheet: &Sheet, field: &Field) -> Markup {
    let Some(value) = sheet.view.fields.get(&field.name).filter(|value| !value.is_null()) else {
        return html! {};
    };
    let title = title(field);
    html! {
        section.shown data-field=(field.name) {
            h2 { (title) }
            @if is_marked(&sheet.view.questions, &field.name) {
                (text::render(&field.name, title, text_of(value)))
            } @else {
                (plain(sheet, field, value))
            }
        }
    }
}

/// What people read above a field.
pub(crate) fn title(field: &Field) -> &str {
    field.title.as_deref().unwrap_or(&field.name)
}

/// The text of a text, Markdown or document value, or of the first of a list of answers.
pub(crate) fn text_of(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        Value::Array(answers) => answers.first().map_or("", |answer| string(answer, "text")),
        _ => string(value, "text"),
    }
}

fn plain(sheet: &Sheet, field: &Field, value: &Value) -> Markup {
    match field.kind {
        FieldKind::Text => prose(text_of(value)),
        FieldKind::Markdown => html! { div.prose dir="auto" { (crate::markdown::render(text_of(value))) } },
        FieldKind::Chat => html! {
            ol.chat { @for turn in list(Some(value)) { li.turn data-role=(string(turn, "role")) { (said(turn)) } } }
        },
        FieldKind::Document => document(value),
        FieldKind::Passages => html! {
            ol.passages { @for (place, passage) in list(Some(value)).iter().enumerate() {
                li.passage { span.badge { (if is_ranked(sheet, &field.name) { letter(place).to_string() } else { (place + 1).to_string() }) } (source(passage)) (prose(string(passage, "text"))) }
            } }
        },
        FieldKind::Answers => html! {
            div.sides data-sides=(field.name) {
                @for (place, answer) in sides::order(sheet, &field.name).into_iter().enumerate() {
                    section.side data-side=(string(answer, "id")) {
                        h3 { (letter(place)) }
                        div.written dir="auto" tabindex="0" aria-label={ "Answer " (letter(place)) } { (super::markup::exact(string(answer, "text"))) }
                    }
                }
            }
        },
    }
}

/// One turn of a chat: who spoke, and what they said.
pub(crate) fn said(turn: &Value) -> Markup {
    html! { h3.role { (string(turn, "role")) } (prose(string(turn, "content"))) }
}

/// Where a passage or document comes from: its title, and its address as text.
pub(crate) fn source(value: &Value) -> Markup {
    let (title, uri) = (string(value, "title"), string(value, "uri"));
    html! {
        @if !title.is_empty() || !uri.is_empty() {
            p.source { @if !title.is_empty() { b dir="auto" { (title) } } " " span.muted { (uri) } }
        }
    }
}

/// The letter an answer goes by: A, B, …
pub(crate) fn letter(place: usize) -> char {
    char::from(b'A' + u8::try_from(place.min(25)).unwrap_or(25))
}

fn document(value: &Value) -> Markup {
    html! { (source(value)) (prose(string(value, "text"))) }
}

/// Whether the form speaks of its passages by letters.
fn is_ranked(sheet: &Sheet, name: &str) -> bool {
    let ranks = |question: &Question| matches!(&question.kind, QuestionKind::Ranking { field: Some(field), .. } if field == name);
    sheet.view.questions.iter().any(ranks)
}
