//! The encoder's states of words: the mean of a word's tokens, each read in the window it is nearest the middle of.

use std::path::Path;

use engraft_nn::{Encoder, EncoderOptions, Tokenizer};

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

impl States {
    /// Opens a model folder.
    pub(crate) fn open(dir: &Path, threads: usize) -> Result<States, TuneError> {
        let tokenizer = Tokenizer::open(dir).map_err(engraft_nn::ModelError::from)?;
        let encoder = Encoder::open(dir, EncoderOptions { threads, ..EncoderOptions::default() })?;
        Ok(States { tokenizer, encoder })
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

    /// Words × width, for each text; a word that the model drops has a state of zeros.
    pub(crate) fn read(&self, texts: &[(&[Word], &[String])]) -> Result<Vec<Vec<f32>>, TuneError> {
        let mut read = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let pieced: Vec<Pieced> =
                batch.iter().map(|(words, context)| self.pieced(words, context)).collect::<Result<_, _>>()?;
            let windows: Vec<Vec<u32>> =
                pieced.iter().flat_map(|text| text.windows.iter().cloned()).collect();
            let states = self.encoder.encode_states(&windows)?;
            let mut tokens = 0;
            for text in &pieced {
                let mut starts = Vec::with_capacity(text.windows.len());
                for window in &text.windows {
                    starts.push(tokens);
                    tokens += window.len();
                }
                read.push(means(text, &starts, &states, self.width()));
            }
        }
        Ok(read)
    }
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
