//! The encoder's states of words: the mean of a word's tokens, each read in the window it is nearest the middle of.

use std::path::Path;

use engraft_nn::{Config, Encoder, EncoderOptions, Tokenizer};

use crate::TuneError;
use crate::extractor::pieces::{Pieced, pieced};
use crate::extractor::words::Word;

/// An encoder that reads words.
#[derive(Debug)]
pub(crate) struct States {
    tokenizer: Tokenizer,
    encoder: Encoder,
}

/// Texts encoded at a time, so that the states of many are never in memory twice.
const BATCH: usize = 256;

/// A text in the words of the encoder's own tokenizer.
#[derive(Debug)]
pub(crate) struct Cut<'t> {
    /// Each has at least one token.
    pub(crate) words: Vec<Word<'t>>,
    pieced: Pieced,
}

impl Cut<'_> {
    /// How many tokens each word has.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = usize> {
        self.pieced.words.iter().map(|(_, tokens)| tokens.len())
    }
}

impl States {
    /// Opens a model folder.
    pub(crate) fn open(dir: &Path, threads: usize) -> Result<States, TuneError> {
        States::open_first(None, dir, threads)
    }

    /// Opens the first half of its layers. A sentence encoder turns its last ones to what a whole text says; what a word is
    /// stands in the middle (docs/design/0012).
    pub(crate) fn open_half(dir: &Path, threads: usize) -> Result<States, TuneError> {
        States::open_first(Some(Config::open(dir)?.layers.div_ceil(2)), dir, threads)
    }

    /// Opens as many layers, from the first; `None`: all.
    pub(crate) fn open_first(layers: Option<usize>, dir: &Path, threads: usize) -> Result<States, TuneError> {
        let tokenizer = Tokenizer::open(dir).map_err(engraft_nn::ModelError::from)?;
        let encoder = Encoder::open(dir, EncoderOptions { threads, layers, ..EncoderOptions::default() })?;
        Ok(States { tokenizer, encoder })
    }

    /// How many layers are run.
    pub(crate) fn layers(&self) -> usize {
        self.encoder.config().layers
    }

    /// The length of a state.
    pub(crate) fn width(&self) -> usize {
        self.encoder.config().hidden
    }

    /// Twelve hex digits that tell the weights.
    pub(crate) fn fingerprint(&self) -> String {
        self.encoder.fingerprint()
    }

    /// The windows of a text.
    pub(crate) fn pieced(&self, words: &[Word], context: &[String]) -> Result<Pieced, TuneError> {
        pieced(&self.tokenizer, self.encoder.config().positions, words, context)
    }

    /// The words of a text as the encoder's own tokenizer has them, and their windows.
    pub(crate) fn cut<'t>(&self, text: &'t str) -> Result<Cut<'t>, TuneError> {
        let (mut words, mut bytes, mut points) = (Vec::new(), 0, 0);
        for range in self.tokenizer.words(text) {
            let start = points + text[bytes..range.start].chars().count();
            let own = &text[range.clone()];
            let end = start + own.chars().count();
            words.push(Word { text: own, start, end, spaced: range.start > bytes });
            (bytes, points) = (range.end, end);
        }
        let pieced = self.pieced(&words, &[])?;
        Ok(Cut { words, pieced })
    }

    /// The states of all tokens of each text's words, end to end: tokens × width.
    pub(crate) fn tokens(&self, cuts: &[Cut]) -> Result<Vec<Vec<f32>>, TuneError> {
        let windows: Vec<Vec<u32>> = cuts.iter().flat_map(|cut| cut.pieced.windows.iter().cloned()).collect();
        let (states, width) = (self.encoder.encode_states(&windows)?, self.width());
        let mut first = 0;
        let read = cuts.iter().map(|cut| {
            let starts: Vec<usize> =
                cut.pieced.windows.iter().map(|window| start(&mut first, window)).collect();
            let words = cut.pieced.words.iter();
            let own =
                words.map(|(window, tokens)| starts[*window] + tokens.start..starts[*window] + tokens.end);
            own.flat_map(|rows| &states[rows.start * width..rows.end * width]).copied().collect()
        });
        Ok(read.collect())
    }

    /// The state of every token of a text that fits one window, special tokens included.
    pub(crate) fn whole(&self, text: &str) -> Result<Vec<f32>, TuneError> {
        let mut ids = Vec::new();
        self.tokenizer.encode(text, &mut ids);
        Ok(self.encoder.encode_states(&[ids])?)
    }

    /// Words × width, for each text; a word that the model drops has a state of zeros.
    pub(crate) fn read(&self, texts: &[(&[Word], &[String])]) -> Result<Vec<Vec<f32>>, TuneError> {
        let mut read = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let pieced: Vec<Pieced> =
                batch.iter().map(|(words, context)| self.pieced(words, context)).collect::<Result<_, _>>()?;
            let windows: Vec<Vec<u32>> =
                pieced.iter().flat_map(|text| text.windows.iter().cloned()).collect();
            let states = self.encoder.encode_states(&windows)?;
            let mut first = 0;
            for text in &pieced {
                let starts: Vec<usize> =
                    text.windows.iter().map(|window| start(&mut first, window)).collect();
                read.push(means(text, &starts, &states, self.width()));
            }
        }
        Ok(read)
    }
}

/// Where a window's states begin; `first` moves on to the next window's.
fn start(first: &mut usize, window: &[u32]) -> usize {
    let start = *first;
    *first += window.len();
    start
}

/// The mean state of each word's tokens; `starts` is the row of each window's first token in `states`.
pub(crate) fn means(text: &Pieced, starts: &[usize], states: &[f32], width: usize) -> Vec<f32> {
    let mut means = vec![0.0; text.words.len() * width];
    for ((window, tokens), mean) in text.words.iter().zip(means.chunks_exact_mut(width)) {
        let share = 1.0 / tokens.len().max(1) as f32;
        for token in tokens.clone() {
            let state = &states[(starts[*window] + token) * width..][..width];
            mean.iter_mut().zip(state).for_each(|(mean, x)| *mean += share * x);
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_as_its_tokenizer_cuts_it_and_no_token_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(dir.path()).unwrap();
        let states = States::open(dir.path(), 1).unwrap();
        let text = "  Zoë's\n12pm, ok";
        let cut = states.cut(text).unwrap();
        let shown: Vec<String> =
            cut.words.iter().map(|word| format!("{}:{}-{}", word.text, word.start, word.end)).collect();
        assert_eq!(shown.join(" "), "Zoë:2-5 ':5-6 s:6-7 12pm:8-12 ,:12-13 ok:14-16");
        assert_eq!(cut.lengths().collect::<Vec<_>>(), [3, 1, 1, 4, 1, 2]);
        let (whole, width) = (states.whole(text).unwrap(), states.width());
        // Without the tokens around a text.
        assert_eq!(states.tokens(&[cut]).unwrap()[0], whole[width..whole.len() - width]);
        // A text of several windows keeps every token, each once.
        let long = "seven chairs, please. ".repeat(40);
        let (cut, empty) = (states.cut(&long).unwrap(), states.cut(" \n").unwrap());
        let tokens: usize = cut.lengths().sum();
        assert!(tokens > 600, "{tokens}");
        let read = states.tokens(&[empty, cut]).unwrap();
        assert_eq!((read[0].len(), read[1].len()), (0, tokens * width));
    }
}
