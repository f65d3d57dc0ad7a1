//! Duplicates: documents that say the same in the same words, found without comparing all pairs.
//!
//! Broder's min-wise hashing (1997) over shingles of five words estimates the Jaccard similarity of two texts from 128
//! small numbers each; bands of them (Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*, 3.4) lead from a
//! text to its likely duplicates.

mod index;
mod signature;

pub use index::DuplicateIndex;
pub use signature::{Signature, SignatureError, signature, similarity};

/// The content address of what `text` says, whatever its letter case, white space and soft hyphens.
///
/// Two texts with the same key are exact duplicates.
pub fn text_key(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.extend(
            word.chars()
                .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}'))
                .flat_map(char::to_lowercase),
        );
    }
    engraft_core::content_hash(normal.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_space_and_line_ends_do_not_make_a_text_another() {
        assert_eq!(text_key("Annual  leave\r\nis 30 days."), text_key(" annual leave is 30 Days. "));
        assert_ne!(text_key("Annual leave is 30 days."), text_key("Annual leave is 3 0 days."));
    }
}
