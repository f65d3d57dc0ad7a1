//! Questions about parts of a text: labelled spans, and labelled arrows between them.

use engraft_app::annotate::{Answer, LabelOption, Question, option_keys};
use maud::{Markup, html};
use serde_json::{Value, to_value};

use super::{Sheet, choice, palette};

/// The labels, the hidden answer and the list of spans. The text stands with the fields.
pub(crate) fn spans(
    sheet: &Sheet,
    question: &Question,
    field: &str,
    options: &[LabelOption],
    overlapping: bool,
    discontinuous: bool,
) -> Markup {
    html! {
        div data-spans=(field) data-overlapping[overlapping] data-discontinuous[discontinuous] {
            (hidden(sheet, question))
            (labels(question, options, "label"))
            p.help.by-mouse {
                "Drag over words, then press a label, or the other way round. " kbd { "Shift" } " marks single characters."
            }
            p.help.by-touch { "Hold a word and move the handles, then press a label." }
            p.row {
                button.button.small type="button" data-press="alike" { "Mark all identical" kbd data-command="alike" {} }
            }
            p.help data-count-marks {}
            ol.marks data-marks aria-label="Marked parts" {}
            p.muted data-empty { "Nothing is marked. Submitting it so says that there is nothing to mark." }
            noscript { p.notice { "Marking parts of a text needs JavaScript; the other questions work without." } }
        }
    }
}

/// The labels of arrows, and the list of arrows.
pub(crate) fn relations(sheet: &Sheet, question: &Question, spans: &str, options: &[LabelOption]) -> Markup {
    html! {
        div data-relations=(spans) {
            (hidden(sheet, question))
            (labels(question, options, "arrow"))
            p.help { "Choose a marked part, press this, choose another part, then a label." }
            p.row { button.button.small type="button" data-press="relate" { "Arrow from here" kbd data-command="relate" {} } }
            ol.marks data-marks aria-label="Arrows" {}
            p.muted data-empty { "No arrows yet." }
        }
    }
}

fn hidden(sheet: &Sheet, question: &Question) -> Markup {
    let given = match sheet.given(question) {
        Some(answer @ (Answer::Spans(_) | Answer::Relations(_))) => to_value(answer).unwrap_or_default(),
        _ => Value::Array(Vec::new()),
    };
    html! { input type="hidden" name={ "q." (question.name) } value=(given) data-json; }
}

fn labels(question: &Question, options: &[LabelOption], what: &str) -> Markup {
    html! {
        (choice::filter(question, options.len()))
        div.options.chips role="group" aria-label="Labels" {
            @for (place, (option, key)) in options.iter().zip(option_keys(options)).enumerate() {
                button.option.(palette::class(place)) type="button" data-key=[key] data-label=(option.value)
                    data-what=(what) data-place=(place % palette::COLOURS) data-colour=[palette::own(option)]
                    title=[option.meaning()] aria-pressed="false" {
                    span.words dir="auto" { (option.words()) }
                    @if let Some(key) = key { kbd aria-hidden="true" { (key) } }
                }
            }
        }
    }
}
