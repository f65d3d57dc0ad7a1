//! Long texts as one line of a report.

/// Characters shown of each.
const BRIEFLY: usize = 160;

/// The beginning of a text on one line.
pub(super) fn briefly(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(BRIEFLY) {
        None => flat,
        Some((end, _)) => format!("{}…", &flat[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(briefly(" two\n words "), "two words");
        assert_eq!(briefly(&"é".repeat(161)), format!("{}…", "é".repeat(160)));
    }
}
