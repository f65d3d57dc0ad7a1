//! Small pieces of HTML that several parts of the item view share.

use maud::{Markup, PreEscaped, html};
use serde_json::Value;

/// Text that the browser's parser gives back to the letter: it would turn a bare carriage return into a line feed.
pub(crate) fn exact(text: &str) -> Markup {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            _ => out.push(c),
        }
    }
    PreEscaped(out)
}

/// Prose with its line breaks, each paragraph in its own direction.
pub(crate) fn prose(text: &str) -> Markup {
    html! { div.written dir="auto" { (exact(text)) } }
}

/// A textarea whose content survives the line break that a parser drops behind its tag.
pub(crate) fn textarea(name: &str, label: &str, text: &str, rows: u8) -> Markup {
    html! { textarea name=(name) aria-label=(label) rows=(rows) dir="auto" { "\n" (exact(text)) } }
}

/// A string of a JSON object, empty when it is not there.
pub(crate) fn string<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The objects of a list field.
pub(crate) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A text as one segment of a path, or as one name or value of a form.
pub(crate) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
