//! Text to terms: what the lexical leg sees of a chunk and of a question.
//!
//! Decided by script, never by a guessed language, so the same words always give the same terms. Latin words are folded
//! (case, diacritics) and stemmed as English, Cyrillic ones as Russian, Arabic and Devanagari ones lightly; scripts that
//! write no spaces become pairs of neighbouring characters; numbers and identifiers are kept whole and in parts.

mod scan;
mod stem;
mod stop;

use std::collections::{BTreeMap, HashMap};

use scan::Piece;
pub(crate) use stem::Stemmers;

/// Turns texts into terms; remembers stems it has computed.
#[derive(Default)]
pub(crate) struct Analyzer {
    stemmers: Stemmers,
    stems: HashMap<Box<str>, Box<str>>,
    term: String,
}

/// Forget remembered stems beyond this many: identifiers never repeat.
const REMEMBERED: usize = 1 << 16;

impl Analyzer {
    /// Calls `see` with every term of `text` to index, and returns how many count towards its length.
    ///
    /// Alternatives (an identifier's parts, single ideographs) and stop words are indexed but do not count.
    pub(crate) fn index(&mut self, text: &str, mut see: impl FnMut(&str)) -> u32 {
        let mut counted = 0;
        scan::pieces(text, &mut |piece| {
            let single = matches!(piece, Piece::Ideograph { alone: false, .. });
            let (term, counts) = self.term(piece);
            counted += u32::from(counts && !single);
            see(term);
        });
        counted
    }

    /// The distinct terms of a question, sorted, with how often each occurs.
    ///
    /// Stop words are left out unless there is nothing else.
    pub(crate) fn question(&mut self, text: &str) -> BTreeMap<String, u32> {
        let (mut terms, mut stops) = (BTreeMap::new(), BTreeMap::new());
        scan::pieces(text, &mut |piece| {
            if matches!(piece, Piece::Ideograph { alone: false, .. }) {
                return;
            }
            let stop = matches!(piece, Piece::Word { word, .. } if stop::is_stop_word(word));
            let into = if stop { &mut stops } else { &mut terms };
            let (term, _) = self.term(piece);
            *into.entry(term.to_string()).or_insert(0) += 1;
        });
        if terms.is_empty() { stops } else { terms }
    }

    fn term(&mut self, piece: Piece<'_>) -> (&str, bool) {
        match piece {
            Piece::Word { word, script } => {
                let counts = !stop::is_stop_word(word);
                if !self.stems.contains_key(word) {
                    if self.stems.len() >= REMEMBERED {
                        self.stems.clear();
                    }
                    let stem = self.stemmers.stem(word, script);
                    self.stems.insert(word.into(), stem.into());
                }
                (&self.stems[word], counts)
            }
            Piece::Whole(term) => {
                self.term.clear();
                self.term.push_str(term);
                (&self.term, true)
            }
            Piece::Variant(term) => {
                self.term.clear();
                self.term.push_str(term);
                (&self.term, false)
            }
            Piece::Pair(first, second) => {
                self.term.clear();
                self.term.push_str(first);
                self.term.push_str(second);
                (&self.term, true)
            }
            Piece::Ideograph { char, .. } => {
                self.term.clear();
                self.term.push_str(char);
                (&self.term, true)
            }
        }
    }
}

/// The terms a question is searched by, sorted, with how often each occurs in it.
pub fn terms(question: &str) -> BTreeMap<String, u32> {
    Analyzer::default().question(question)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let mut seen = Vec::new();
        let counted = Analyzer::default().index(text, |term| seen.push(term.to_string()));
        expected.assert_eq(&format!("{} ({counted})", seen.join(" ")));
    }

    #[test]
    fn english_words_are_folded_and_stemmed() {
        check("Running the Cafés’ engines", expect!["run the cafe engin (3)"]);
    }

    #[test]
    fn identifiers_are_kept_whole_and_in_parts() {
        check(
            "COVID-19 G100 v1.2.3 3.14 1,234 state-of-the-art a@b.org",
            expect![
                "covid 19 covid19 g100 g 100 v1 v 1 2 3 v123 3.14 1234 state of the art stateoftheart a b org aborg (12)"
            ],
        );
    }

    #[test]
    fn chinese_becomes_pairs() {
        check("黑豹队 队 3分", expect!["黑 黑豹 豹 豹队 队 队 3 分 (5)"]);
    }

    #[test]
    fn thai_becomes_pairs_of_syllable_parts() {
        check("ภาษาไทย", expect!["ภ ภา า าษ ษ ษา า าไ ไ ไท ท ทย ย (6)"]);
    }

    #[test]
    fn russian_arabic_and_hindi_are_stemmed() {
        check("новые книги Ёлки", expect!["нов книг елк (3)"]);
        check("المدرسة والمدارس كِتَاب", expect!["مدرس مدارس كتاب (3)"]);
        check("लड़कियाँ किताबों में", expect!["लडक किताब में (3)"]);
    }

    #[test]
    fn width_and_compatibility_forms_do_not_matter() {
        check("ＡＢＣ ﬁle ①", expect!["abc file 1 (3)"]);
    }

    #[test]
    fn stop_words_are_asked_only_when_nothing_else_is() {
        assert_eq!(terms("to be or not to be").len(), 4);
        assert_eq!(terms("the cat is on the mat").into_keys().collect::<Vec<_>>(), ["cat", "mat"]);
    }
}
