//! Words that carry meaning, in a form that inflections share.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// The content words of `text` in order: lower case, English ones stemmed, function and question words left out.
///
/// Text without spaces gives its ideographs one by one.
pub fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.unicode_words() {
        for part in word.split(['_', '.', ':', '\'', '’']).filter(|part| !part.is_empty()) {
            let lower = part.to_lowercase();
            if says_nothing(&lower) {
                continue;
            }
            found.push(stem(lower));
        }
    }
    found
}

/// Whether a lower-case word says nothing about the subject: a function or question word, or a single Latin letter.
pub fn says_nothing(lower: &str) -> bool {
    STOP.contains(lower) || (lower.len() < 2 && lower.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

thread_local! {
    /// Stems by word: the same few words come again and again, and stemming each costs a microsecond.
    static STEMS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

/// The form that inflections of a lower-case word share: Porter's English stem, an Arabic word without its article.
pub fn stem(lower: String) -> String {
    if lower.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return STEMS.with_borrow_mut(|stems| {
            if let Some(stem) = stems.get(&lower) {
                return stem.clone();
            }
            if stems.len() > 20_000 {
                stems.clear();
            }
            let stem = Stemmer::create(Algorithm::English).stem(&lower).into_owned();
            stems.insert(lower, stem.clone());
            stem
        });
    }
    let article =
        ["وال", "بال", "كال", "فال", "لل", "ال"].into_iter().find_map(|article| lower.strip_prefix(article));
    article.filter(|rest| rest.chars().count() > 2).map_or(lower.clone(), str::to_string)
}

/// Words that say nothing about the subject: English, German, Spanish, French, Russian, Chinese, Arabic and Hindi
/// function and question words.
static STOP: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| include_str!("words/stop.txt").split_whitespace().collect());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflections_share_a_term_and_question_words_have_none() {
        assert_eq!(terms("How many refunds were issued?"), terms("The refund is issued."));
        assert_eq!(terms("Wie viele?"), Vec::<String>::new());
        assert_eq!(terms("年假"), ["年", "假"]);
    }
}
