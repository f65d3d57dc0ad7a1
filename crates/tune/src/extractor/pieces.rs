//! Words as the encoder reads them: word pieces in windows that overlap, so that no word of a long text is left out.

use std::ops::Range;

use engraft_nn::Tokenizer;

use crate::TuneError;
use crate::extractor::words::Word;

/// Tokens a window has at most, special tokens and what was known beforehand included. The encoder could take more; twice
/// the length costs more than twice the time, and a word rarely needs one 200 tokens away.
const WINDOW: usize = 256;
/// Tokens of what was known beforehand, at most.
const CONTEXT: usize = 64;

/// A text as windows of token ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Pieced {
    /// The ids of each window, special tokens included; none for a text without words.
    pub(crate) windows: Vec<Vec<u32>>,
    /// Where each word is read: its window, and its tokens there. The range is empty for a word the model drops.
    pub(crate) words: Vec<(usize, Range<usize>)>,
}

impl Pieced {
    /// What the encoder reads of it.
    pub(crate) fn tokens(&self) -> usize {
        self.windows.iter().map(Vec::len).sum()
    }
}

/// Cuts the words of a text into windows for an encoder of so many positions. `context` goes before the text in each of
/// them.
pub(crate) fn pieced(
    tokenizer: &Tokenizer,
    positions: usize,
    words: &[Word],
    context: &[String],
) -> Result<Pieced, TuneError> {
    let (before, after) = tokenizer.around();
    let mut lead = before.to_vec();
    for told in context {
        tokenizer.pieces(&told.replace('_', " "), &mut lead);
    }
    let window = WINDOW.min(positions);
    let most = CONTEXT.min(window / 4);
    if lead.len() > most {
        return Err(TuneError::data(
            format!("the context of a row has {} tokens, at most {most} are read", lead.len()),
            "say in a few words what was known beforehand",
        ));
    }
    if !context.is_empty() {
        lead.extend_from_slice(after);
    }
    let mut ids = Vec::new();
    let mut starts = vec![0];
    for word in words {
        tokenizer.pieces(word.text, &mut ids);
        starts.push(ids.len());
    }
    let room = window - lead.len() - after.len();
    let ranges = windows(&starts, room);
    let mut pieced = Pieced::default();
    for range in &ranges {
        let window = lead.iter().chain(&ids[starts[range.start]..starts[range.end]]).chain(after);
        pieced.windows.push(window.copied().collect());
    }
    for word in 0..words.len() {
        let window = nearest_middle(&ranges, &starts, word);
        let place = |at: usize| at + lead.len() - starts[ranges[window].start];
        pieced.words.push((window, place(starts[word])..place(starts[word + 1])));
    }
    Ok(pieced)
}

/// Ranges of words, each of at most `room` tokens, each sharing about a quarter of its tokens with the one before.
///
/// `starts` holds the first token of each word and the number of tokens. A word of more tokens than `room` has a window of
/// its own; the tokenizer makes none.
pub(crate) fn windows(starts: &[usize], room: usize) -> Vec<Range<usize>> {
    let words = starts.len() - 1;
    let mut ranges = Vec::new();
    let mut from = 0;
    while from < words {
        let fitting = starts.partition_point(|&start| start <= starts[from] + room) - 1;
        let to = fitting.clamp(from + 1, words);
        ranges.push(from..to);
        if to == words {
            break;
        }
        // The next one starts a quarter before this one's end, and always further on.
        let wanted = starts[to].saturating_sub(room / 4);
        from = starts.partition_point(|&start| start < wanted).clamp(from + 1, to);
    }
    ranges
}

/// Of the windows that hold the word, the one in which it is farthest from both ends.
fn nearest_middle(ranges: &[Range<usize>], starts: &[usize], word: usize) -> usize {
    let margin = |range: &Range<usize>| {
        let left = if range.start == 0 { usize::MAX } else { starts[word] - starts[range.start] };
        let last = range.end + 1 == starts.len();
        let right = if last { usize::MAX } else { starts[range.end] - starts[word + 1] };
        left.min(right)
    };
    let holding = ranges.iter().enumerate().filter(|(_, range)| range.contains(&word));
    // Of equals the first.
    holding
        .fold((0, None), |best, (at, range)| match best.1 {
            Some(most) if margin(range) <= most => best,
            _ => (at, Some(margin(range))),
        })
        .0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn windows_hold_every_word_and_share_their_edges(lengths in prop::collection::vec(0usize..9, 1..200), room in 9usize..60) {
            let mut starts = vec![0];
            for length in &lengths {
                starts.push(starts[starts.len() - 1] + length);
            }
            let ranges = windows(&starts, room);
            for (at, range) in ranges.iter().enumerate() {
                prop_assert!(starts[range.end] - starts[range.start] <= room);
                let next = ranges.get(at + 1).map_or(lengths.len(), |next| next.start);
                prop_assert!(range.start < next && next <= range.end);
            }
            prop_assert_eq!(ranges[0].start, 0);
            prop_assert_eq!(ranges[ranges.len() - 1].end, lengths.len());
            for word in 0..lengths.len() {
                prop_assert!(ranges[nearest_middle(&ranges, &starts, word)].contains(&word));
            }
        }
    }

    #[test]
    fn a_word_is_read_where_it_has_most_around_it() {
        let starts: Vec<usize> = (0..=30).collect();
        let ranges = windows(&starts, 12);
        assert_eq!(ranges, [0..12, 9..21, 18..30]);
        let of = |word| nearest_middle(&ranges, &starts, word);
        assert_eq!([of(0), of(9), of(10), of(11), of(29)], [0, 0, 0, 1, 2]);
    }
}
