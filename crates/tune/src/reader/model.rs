//! A reader ready to read.

use std::path::Path;

use engraft_core::Span;
use engraft_nn::{Encoder, EncoderOptions, Tokenizer, Weights};
use serde::{Deserialize, Serialize};

use super::spans::{Best, Logits};
use super::windows::{Passage, Window};
use crate::TuneError;
use crate::artefact::Artefact;
use crate::calibrate::sigmoid;

/// The layer's name in a transformers file.
pub(crate) const HEAD: &str = "qa_outputs";
/// The folder of its encoder within a model.
pub(crate) const ENCODER: &str = "encoder";
/// Passages read at a time: the states of all their tokens are in memory together.
const BATCH: usize = 32;

/// The lead where there is nothing to read.
const NOTHING: f64 = -40.0;

/// The part of a manifest that is a reader's own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Divides the lead of an answer over there being none.
    pub temperature: f64,
    /// Words of an answer, at most.
    pub longest: usize,
    /// The support from which on there is an answer, where several passages are read for one question; in `[0, 1]`.
    #[serde(default = "even")]
    pub threshold: f64,
}

/// As likely as not.
pub(crate) fn even() -> f64 {
    0.5
}

/// What a reader finds in a passage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The best answer, in code points of the passage, whether or not it is one; `None` where the passage has no words.
    pub span: Option<Span>,
    /// By how much its logits are above those of there being none.
    pub lead: f64,
    /// How probable it is that the passage answers, in `[0, 1]`, calibrated.
    pub support: f64,
}

impl Reading {
    /// The answer, where there rather is one.
    pub fn answer(&self) -> Option<Span> {
        self.span.filter(|_| self.support > 0.5)
    }
}

/// Finds answers in passages.
#[derive(Debug)]
pub struct Reader {
    tokenizer: Tokenizer,
    encoder: Encoder,
    /// Weights and bias of being the first word, and of being the last.
    head: [(Vec<f32>, f32); 2],
    settings: Settings,
}

impl Reader {
    /// Opens an encoder with its layer in a folder, or any `BertForQuestionAnswering`.
    pub fn open(dir: &Path, settings: Settings, threads: usize) -> Result<Reader, TuneError> {
        let tokenizer = Tokenizer::open(dir).map_err(engraft_nn::ModelError::from)?;
        let encoder = Encoder::open(dir, EncoderOptions { threads, ..EncoderOptions::default() })?;
        let hidden = encoder.config().hidden;
        let weights = Weights::open(&dir.join("model.safetensors"))?;
        let tensor = weights.tensor(&format!("{HEAD}.weight"), &[2, hidden])?;
        let bias = weights.vector(&format!("{HEAD}.bias"), 2)?;
        let side = |side: usize| {
            let mut row = vec![0.0; hidden];
            weights.row(tensor, side, &mut row);
            (row, bias[side])
        };
        Ok(Reader { tokenizer, encoder, head: [side(0), side(1)], settings })
    }

    /// Reads a registered one.
    pub fn load(artefact: &Artefact, threads: usize) -> Result<Reader, TuneError> {
        let damaged = |reason: String| TuneError::Damaged { path: artefact.dir.clone(), reason };
        let settings: Settings = serde_json::from_value(artefact.manifest.settings.clone())
            .map_err(|error| damaged(format!("settings: {error}")))?;
        if settings.temperature.is_nan() || settings.temperature <= 0.0 {
            return Err(damaged("its temperature is not above 0".into()));
        }
        Reader::open(&artefact.dir.join(ENCODER), settings, threads)
    }

    /// How its scores are to be read.
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// What it finds for each question in its passage. A question of more than 64 tokens is an error.
    pub fn read(&self, asked: &[(&str, &str)]) -> Result<Vec<Reading>, TuneError> {
        let mut readings = Vec::with_capacity(asked.len());
        for batch in asked.chunks(BATCH) {
            let laid = batch.iter().map(|(question, passage)| self.lay(question, passage));
            let passages: Vec<Passage> = laid.collect::<Result<_, _>>()?;
            let windows: Vec<&Window> = passages.iter().flat_map(|passage| &passage.windows).collect();
            let mut logits = self.logits_of(&windows)?.into_iter();
            readings.extend(passages.iter().map(|passage| {
                let own: Vec<[Vec<f32>; 2]> = logits.by_ref().take(passage.windows.len()).collect();
                self.reading(passage, &own)
            }));
        }
        Ok(readings)
    }

    /// Refuses a question it cannot read.
    pub fn fits(&self, question: &str, passage: &str) -> Result<(), TuneError> {
        self.lay(question, passage).map(drop)
    }

    /// The logits of every token of a short passage behind its question: to be the first of the answer, then to be the last.
    pub fn logits(&self, question: &str, passage: &str) -> Result<Vec<f32>, TuneError> {
        let laid = self.lay(question, passage)?;
        let Some(window) = laid.windows.first() else { return Ok(Vec::new()) };
        let states = self.encoder.encode_pair_states(std::slice::from_ref(&window.ids), &[window.second])?;
        let rows = || states.chunks_exact(self.encoder.config().hidden);
        Ok((0..2).flat_map(|side| rows().map(move |row| self.logit(side, row))).collect())
    }

    fn lay(&self, question: &str, passage: &str) -> Result<Passage, TuneError> {
        Passage::new(&self.tokenizer, self.encoder.config().positions, question, passage)
    }

    fn logit(&self, side: usize, state: &[f32]) -> f32 {
        let (weight, bias) = &self.head[side];
        state.iter().zip(weight).map(|(x, w)| x * w).sum::<f32>() + bias
    }

    /// For each window the logits of there being no answer and of each word, to be the first and to be the last.
    fn logits_of(&self, windows: &[&Window]) -> Result<Vec<[Vec<f32>; 2]>, TuneError> {
        let ids: Vec<Vec<u32>> = windows.iter().map(|window| window.ids.clone()).collect();
        let seconds: Vec<usize> = windows.iter().map(|window| window.second).collect();
        let states = self.encoder.encode_pair_states(&ids, &seconds)?;
        let hidden = self.encoder.config().hidden;
        let mut from = 0;
        let each = windows.iter().map(|window| {
            let own = &states[from * hidden..(from + window.ids.len()) * hidden];
            from += window.ids.len();
            let row = |token: usize| &own[token * hidden..][..hidden];
            let first = window.words.iter().map(|(_, tokens)| self.logit(0, row(tokens.start)));
            let last = window.words.iter().map(|(_, tokens)| self.logit(1, row(tokens.end - 1)));
            [
                std::iter::once(self.logit(0, row(0))).chain(first).collect(),
                std::iter::once(self.logit(1, row(0))).chain(last).collect(),
            ]
        });
        Ok(each.collect())
    }

    fn reading(&self, passage: &Passage, logits: &[[Vec<f32>; 2]]) -> Reading {
        let mut found: Option<(Best, &Window)> = None;
        for (window, [first, last]) in passage.windows.iter().zip(logits) {
            let best = Logits { first, last }.best(self.settings.longest);
            if let Some(best) = best.filter(|best| found.is_none_or(|(other, _)| best.lead > other.lead)) {
                found = Some((best, window));
            }
        }
        let Some((Best { words: (from, to), lead }, window)) = found else {
            return Reading { span: None, lead: NOTHING, support: 0.0 };
        };
        let word = |at: usize| passage.words[window.words[at].0];
        let span = Span::new(word(from).start(), word(to).end());
        Reading { span, lead, support: sigmoid(lead / self.settings.temperature) }
    }
}
