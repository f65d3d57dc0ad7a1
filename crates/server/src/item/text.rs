//! A stored text as blocks of lines, so that a browser lays out only what is in sight.

use maud::{Markup, html};

use super::markup::exact;

/// Blocks grow to at least this many bytes before they end at a line break.
const BLOCK: usize = 1500;

/// A text in which spans can be marked. The blocks' contents, joined, are the text to the letter.
pub(crate) fn render(field: &str, title: &str, text: &str) -> Markup {
    html! {
        div.text role="group" aria-label=(title) data-text=(field) tabindex="0" {
            @for block in blocks(text) { div.block dir="auto" { (exact(block)) } }
        }
    }
}

/// Cuts behind line feeds only. A text without any is one block.
pub(crate) fn blocks(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices('\n') {
        if at + 1 - start >= BLOCK {
            found.push(&text[start..=at]);
            start = at + 1;
        }
    }
    if start < text.len() {
        found.push(&text[start..]);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_joined_are_the_text() {
        let text = "line\r\n".repeat(1000) + "end";
        assert!(blocks(&text).len() > 2);
        assert_eq!(blocks(&text).concat(), text);
        assert!(blocks(&text).iter().rev().skip(1).all(|block| block.ends_with('\n')));
    }

    #[test]
    fn carriage_returns_reach_the_browser() {
        assert_eq!(exact("a\r\n<b>").into_string(), "a&#13;\n&lt;b&gt;");
    }
}
