//! A passage behind its question, in windows that overlap, so that no word of a long passage is left out.

use std::ops::Range;

use engraft_core::Span;
use engraft_nn::Tokenizer;

use crate::TuneError;
use crate::extractor::pieces::windows;
use crate::extractor::words::{covering, words};

/// Tokens a window has at most, the question included.
pub(crate) const WINDOW: usize = 256;
/// Tokens a question has at most.
pub(crate) const QUESTION: usize = 64;

/// A passage to read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Passage {
    /// Its words, in code points.
    pub(crate) words: Vec<Span>,
    pub(crate) windows: Vec<Window>,
}

/// `[CLS] question [SEP] some words of the passage [SEP]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) ids: Vec<u32>,
    /// Where the passage begins.
    pub(crate) second: usize,
    /// The words read here that have tokens: each with its number in the passage and the places of its tokens.
    pub(crate) words: Vec<(usize, Range<usize>)>,
}

impl Passage {
    /// Lays a passage behind its question, for an encoder of so many positions.
    pub(crate) fn new(
        tokenizer: &Tokenizer,
        positions: usize,
        question: &str,
        passage: &str,
    ) -> Result<Passage, TuneError> {
        let (before, after) = tokenizer.around();
        let window = WINDOW.min(positions);
        let mut lead = before.to_vec();
        tokenizer.pieces(question, &mut lead);
        let (asked, most) = (lead.len() - before.len(), QUESTION.min(window / 2));
        if asked > most {
            let message = format!("a question has {asked} tokens, at most {most} are read");
            return Err(TuneError::data(message, "ask in fewer words"));
        }
        lead.extend_from_slice(after);
        let text = words(passage);
        let (mut ids, mut starts) = (Vec::new(), vec![0]);
        for word in &text {
            tokenizer.pieces(word.text, &mut ids);
            starts.push(ids.len());
        }
        let room = window - lead.len() - after.len();
        let laid = |range: Range<usize>| {
            let from = starts[range.start];
            let place = |at: usize| at - from + lead.len();
            let own = lead.iter().chain(&ids[from..starts[range.end]]).chain(after);
            let tokens = range.map(|word| (word, place(starts[word])..place(starts[word + 1])));
            Window {
                ids: own.copied().collect(),
                second: lead.len(),
                words: tokens.filter(|(_, tokens)| !tokens.is_empty()).collect(),
            }
        };
        let spans = text.iter().filter_map(|word| Span::new(word.start, word.end)).collect();
        Ok(Passage { words: spans, windows: windows(&starts, room).into_iter().map(laid).collect() })
    }

    /// The numbers of the words that cover a span of the passage `text`; none where only white space lies there.
    pub(crate) fn covering(text: &str, span: Span) -> Option<(usize, usize)> {
        let range = covering(&words(text), span.start(), span.end());
        range.end.checked_sub(1).filter(|last| *last >= range.start).map(|last| (range.start, last))
    }
}

impl Window {
    /// The places, among the words read here, of the first and the last word of an answer; `None` where it does not lie here as a
    /// whole.
    pub(crate) fn target(&self, answer: (usize, usize)) -> Option<(usize, usize)> {
        let at = |word: usize| self.words.iter().position(|(own, _)| *own == word);
        Some((at(answer.0)?, at(answer.1)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_a_long_passage_is_read_behind_the_question() {
        let Some(dir) = engraft_testkit::model() else { return };
        let tokenizer = Tokenizer::open(&dir).unwrap();
        let text: String = (0..300).map(|n| format!("word {n}, ")).collect();
        let passage = Passage::new(&tokenizer, 128, "Which number?", &text).unwrap();
        assert!(passage.windows.len() > 5 && passage.windows.iter().all(|window| window.ids.len() <= 128));
        assert_eq!(passage.words.len(), 900);
        for (number, span) in passage.words.iter().enumerate() {
            assert!(
                passage.windows.iter().any(|window| window.target((number, number)).is_some()),
                "{span:?}"
            );
        }
        let window = &passage.windows[1];
        assert_eq!((window.ids[0], window.ids[window.second - 1], window.ids[127]), (101, 102, 102));
        // The tokens of a word are those it has in the whole.
        let mut whole = Vec::new();
        tokenizer.pieces(&text, &mut whole);
        let first = &passage.windows[0];
        assert_eq!(
            &first.ids[first.second..first.ids.len() - 1],
            &whole[..first.ids.len() - 1 - first.second]
        );
        let long = Passage::new(&tokenizer, 128, &"why ".repeat(80), &text).unwrap_err();
        assert!(long.to_string().contains("at most 64 are read"), "{long}");
    }

    #[test]
    fn an_answer_that_a_window_cuts_is_no_answer_there() {
        let window = Window { ids: Vec::new(), second: 4, words: vec![(5, 4..6), (6, 6..7), (8, 7..8)] };
        assert_eq!(window.target((5, 6)), Some((0, 1)));
        assert_eq!(window.target((6, 8)), Some((1, 2)));
        assert_eq!(window.target((8, 9)), None);
        assert_eq!(Passage::covering("one two  three", Span::new(4, 14).unwrap()), Some((1, 2)));
        assert_eq!(Passage::covering("one two  three", Span::new(7, 9).unwrap()), None);
    }
}
