//! Words that carry meaning, in a form that inflections share.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_segmentation::UnicodeSegmentation;

/// The content words of `text` in order: lower case, English ones stemmed, function and question words left out.
///
/// Text without spaces gives its ideographs one by one.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for word in text.unicode_words() {
        for part in word.split(['_', '.', ':', '\'', '’']).filter(|part| !part.is_empty()) {
            let lower = part.to_lowercase();
            if STOP.contains(lower.as_str()) || (part.is_ascii() && part.len() < 2 && !is_digits(part)) {
                continue;
            }
            found.push(stem(lower));
        }
    }
    found
}

fn is_digits(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
}

thread_local! {
    /// Stems by word: the same few words come again and again, and stemming each costs a microsecond.
    static STEMS: RefCell<BTreeMap<String, String>> = const { RefCell::new(BTreeMap::new()) };
}

fn stem(lower: String) -> String {
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
