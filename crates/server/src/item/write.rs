//! Questions answered in words: free text, and a better version of a text.

use engraft_app::annotate::{Answer, Question};
use maud::{Markup, html};
use serde_json::Value;

use super::markup::{exact, textarea};
use super::{Sheet, field};

/// A text box, with the room that is left when there is a most.
pub(crate) fn text(sheet: &Sheet, asked: &Question, max_chars: Option<usize>) -> Markup {
    let given = match sheet.given(asked) {
        Some(Answer::Text(text)) => text,
        _ => "",
    };
    html! {
        div.writing data-max-chars=[max_chars] {
            (textarea(&format!("q.{}", asked.name), asked.title(), given, 3))
            @if let Some(most) = max_chars { p.help data-room { "at most " (most) " characters" } }
        }
    }
}

/// The text to correct, the corrected text, and what changed between them.
pub(crate) fn correction(sheet: &Sheet, asked: &Question, field: &str) -> Markup {
    let original = sheet.view.fields.get(field).map_or("", field::text_of);
    let given = match sheet.given(asked) {
        Some(Answer::Correction(text)) => text,
        _ => original,
    };
    html! {
        div.writing data-original=(Value::from(original)) {
            (textarea(&format!("q.{}", asked.name), asked.title(), given, 6))
            div.changes dir="auto" data-changes aria-label="What changed" role="group" { (exact(original)) }
            button.button.small type="button" data-do="revert" { "Start again from the original" }
        }
    }
}
