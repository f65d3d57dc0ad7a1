//! Texts as words.

use unicode_segmentation::UnicodeSegmentation;

use super::porter;

/// How a text becomes words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Words {
    /// As the package rouge-score: runs of a-z and 0-9, stemmed. A text in another script has no words.
    Compatible,
    /// Unicode's words (UAX 29), lower case; those of a-z are stemmed. Han characters are a word each.
    Unicode,
}

impl Words {
    /// The words of a text, in order.
    pub(super) fn of(self, text: &str) -> Vec<String> {
        let text = text.to_lowercase();
        match self {
            Words::Compatible => {
                let words = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit()));
                words.filter(|word| !word.is_empty()).map(stemmed).collect()
            }
            Words::Unicode => text.unicode_words().map(stemmed).collect(),
        }
    }
}

/// The stem of a word of more than three letters of a-z and digits; any other as it is.
pub(super) fn stemmed(word: &str) -> String {
    let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if plain && word.len() > 3 { porter::stem(word) } else { word.to_string() }
}

/// Whether Python's `str.split` splits here.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// A text split at white space, as Python's `str.split` does.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compatible_words_know_only_latin_letters() {
        assert_eq!(Words::Compatible.of("Café's prices: 3.5 runs"), ["caf", "s", "price", "3", "5", "run"]);
        assert!(Words::Compatible.of("东京都").is_empty());
    }

    #[test]
    fn unicode_words_know_every_script() {
        assert_eq!(Words::Unicode.of("Café prices: 3.5"), ["café", "price", "3.5"]);
        assert_eq!(Words::Unicode.of("东京都"), ["东", "京", "都"]);
        assert_eq!(Words::Unicode.of("नमस्ते दुनिया").len(), 2);
    }
}
