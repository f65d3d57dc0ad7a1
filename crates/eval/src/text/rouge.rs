//! ROUGE (Lin 2004), as the package rouge-score computes it.

use std::collections::HashMap;

use super::Words;
use super::overlap::{Overlap, counts};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rouge {
    /// Runs of so many words, 1 or more.
    N(usize),
    /// The longest common subsequence of words.
    L,
    /// The same sentence by sentence, a line each: of each sentence the union of what it shares with any.
    Lsum,
}

/// Precision, recall and F1 of a prediction.
pub(super) fn rouge(kind: Rouge, words: Words, prediction: &str, reference: &str) -> Overlap {
    match kind {
        Rouge::N(n) => {
            let (said, wanted) = (words.of(prediction), words.of(reference));
            Overlap::of_bags(said.windows(n), wanted.windows(n))
        }
        Rouge::L => {
            let (said, wanted) = (words.of(prediction), words.of(reference));
            Overlap::of_counts(common(&wanted, &said).len(), said.len(), wanted.len())
        }
        Rouge::Lsum => {
            let sentences = |text: &str| -> Vec<Vec<String>> {
                text.split('\n').filter(|line| !line.is_empty()).map(|line| words.of(line)).collect()
            };
            summary(&sentences(prediction), &sentences(reference))
        }
    }
}

fn summary(said: &[Vec<String>], wanted: &[Vec<String>]) -> Overlap {
    let left =
        |sentences: &[Vec<String>]| -> HashMap<String, usize> { counts(sentences.iter().flatten().cloned()) };
    let (mut of_said, mut of_wanted) = (left(said), left(wanted));
    let mut hits = 0;
    for reference in wanted {
        let mut union: Vec<usize> = said.iter().flat_map(|sentence| common(reference, sentence)).collect();
        union.sort_unstable();
        union.dedup();
        for place in union {
            // A word is a hit only as often as both texts have it.
            let word = &reference[place];
            if let (Some(a @ 1..), Some(b @ 1..)) = (of_said.get_mut(word), of_wanted.get_mut(word)) {
                *a -= 1;
                *b -= 1;
                hits += 1;
            }
        }
    }
    let length = |sentences: &[Vec<String>]| sentences.iter().map(Vec::len).sum();
    Overlap::of_counts(hits, length(said), length(wanted))
}

/// The places in `reference` of one longest common subsequence: of several, the one the package's way back finds.
fn common(reference: &[String], said: &[String]) -> Vec<usize> {
    let width = said.len() + 1;
    let mut longest = vec![0u32; (reference.len() + 1) * width];
    for row in 1..=reference.len() {
        for column in 1..=said.len() {
            longest[row * width + column] = if reference[row - 1] == said[column - 1] {
                longest[(row - 1) * width + column - 1] + 1
            } else {
                longest[(row - 1) * width + column].max(longest[row * width + column - 1])
            };
        }
    }
    let (mut row, mut column) = (reference.len(), said.len());
    let mut places = Vec::new();
    while row > 0 && column > 0 {
        if reference[row - 1] == said[column - 1] {
            places.push(row - 1);
            (row, column) = (row - 1, column - 1);
        } else if longest[row * width + column - 1] > longest[(row - 1) * width + column] {
            column -= 1;
        } else {
            row -= 1;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f1(kind: Rouge, words: Words, prediction: &str, reference: &str) -> f64 {
        rouge(kind, words, prediction, reference).f1
    }

    #[test]
    fn order_counts_for_runs_and_subsequences() {
        let score =
            |kind| f1(kind, Words::Compatible, "the gunman killed police", "police killed the gunman");
        assert_eq!((score(Rouge::N(1)), score(Rouge::N(2)), score(Rouge::L)), (1.0, 1.0 / 3.0, 0.5));
    }

    #[test]
    fn identical_texts_of_any_script_score_one_with_unicode_words() {
        for text in ["東京は晴れ", "Привет мир", "مرحبا بالعالم"] {
            assert_eq!(f1(Rouge::L, Words::Unicode, text, text), 1.0, "{text}");
            assert_eq!(f1(Rouge::L, Words::Compatible, text, text), 0.0, "{text}");
        }
    }

    #[test]
    fn nothing_said_scores_0() {
        for kind in [Rouge::N(1), Rouge::N(2), Rouge::L, Rouge::Lsum] {
            assert_eq!(f1(kind, Words::Compatible, "", "a b"), 0.0);
        }
    }
}
